#include "training/torch_line_map.hpp"

#include "training/line_ladder.hpp"
#include "training/line_map.hpp"

#include <fmt/format.h>

#include <map>
#include <memory>

namespace ohmloom {

namespace detail {

namespace {

/// line_ladder_transfer() of every partition as one differentiable operation on [rows x lines].
template <class T>
struct Ladders {
    std::vector<IndexRange> partitions;
    T r_segment;
    std::vector<LadderTrace<T>> traces;

    [[nodiscard]] LadderShape shape(std::size_t p, const torch::Tensor& g) const {
        return {partitions[p].size(), g.size(1)};
    }
    static T* block(const torch::Tensor& t, const IndexRange& rows) {
        return t.template data_ptr<T>() + rows.begin * t.size(1);
    }

    torch::Tensor forward(const torch::Tensor& g) {
        torch::Tensor m = torch::empty_like(g);
        traces.resize(partitions.size());
        for (std::size_t p = 0; p < partitions.size(); ++p) {
            line_ladder_transfer(shape(p, g), static_cast<const T*>(block(g, partitions[p])), r_segment,
                                 block(m, partitions[p]), traces[p]);
        }
        return m;
    }

    [[nodiscard]] torch::Tensor backward(const torch::Tensor& g, const torch::Tensor& upstream) const {
        torch::Tensor gradient = torch::empty_like(g);
        for (std::size_t p = 0; p < partitions.size(); ++p) {
            line_ladder_gradient(shape(p, g), static_cast<const T*>(block(g, partitions[p])), r_segment,
                                 traces[p], static_cast<const T*>(block(upstream, partitions[p])),
                                 block(gradient, partitions[p]));
        }
        return gradient;
    }
};

template <class T>
struct LadderFunction : torch::autograd::Function<LadderFunction<T>> {
    /// Keeps the traces with the graph without giving them the life of a tensor.
    struct Holder : torch::CustomClassHolder {
        Ladders<T> ladders;
    };

    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& g,
                                 const std::vector<IndexRange>& partitions, double r_segment) {
        auto holder = c10::make_intrusive<Holder>();
        holder->ladders = {partitions, static_cast<T>(r_segment), {}};
        torch::Tensor m = holder->ladders.forward(g);
        context->save_for_backward({g});
        context->saved_data["ladders"] = c10::IValue::make_capsule(std::move(holder));
        return m;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& upstream) {
        const auto holder = context->saved_data["ladders"].toCapsule();
        const auto& ladders = static_cast<const Holder&>(*holder).ladders;
        return {ladders.backward(context->get_saved_variables()[0], upstream[0].contiguous()), {}, {}};
    }
};

} // namespace

TorchLineMap::TorchLineMap(Index rows, Index horizontal, double r_col, double r_input, torch::Dtype dtype)
    : partitions_(split_evenly(rows, horizontal)), membership_(torch::zeros({horizontal, rows}, dtype)),
      r_col_(r_col), r_input_(r_input) {
    for (std::size_t p = 0; p < partitions_.size(); ++p) {
        membership_[static_cast<std::int64_t>(p)]
            .slice(0, partitions_[p].begin, partitions_[p].end)
            .fill_(1.0);
    }
}

torch::Tensor TorchLineMap::operator()(const torch::Tensor& plus, const torch::Tensor& minus,
                                       const torch::Tensor& gain) const {
    const std::int64_t outputs = plus.size(1);
    const torch::Tensor g = torch::cat({plus, minus}, 1);
    const torch::Tensor transfer = g.scalar_type() == torch::kDouble
                                       ? LadderFunction<double>::apply(g, partitions_, r_col_)
                                       : LadderFunction<float>::apply(g, partitions_, r_col_);
    const torch::Tensor admittance = membership_.mm(transfer); // of every line's foot
    const torch::Tensor y_plus = admittance.slice(1, 0, outputs), y_minus = admittance.slice(1, outputs);
    const torch::Tensor r_feedback = gain * r_input_;
    const torch::Tensor loading_minus = 1.0 / (1.0 + r_input_ * y_minus);
    const torch::Tensor weight_plus =
        r_feedback * (1.0 + r_feedback * y_minus * loading_minus) / (1.0 + (r_input_ + r_feedback) * y_plus);
    const torch::Tensor weight_minus = r_feedback * loading_minus;
    const torch::Tensor weights = membership_.t().mm(torch::cat({weight_plus, -weight_minus}, 1));
    const torch::Tensor weighted = weights * transfer;
    return weighted.slice(1, 0, outputs) + weighted.slice(1, outputs);
}

} // namespace detail

namespace {

torch::Tensor transposed_tensor(const Matrix<double>& matrix) {
    return torch::from_blob(const_cast<double*>(matrix.data()), {matrix.rows(), matrix.cols()},
                            torch::kDouble)
        .t()
        .contiguous();
}

Matrix<double> transposed_matrix(const torch::Tensor& tensor) {
    const torch::Tensor values = tensor.detach().t().contiguous();
    const double* data = values.data_ptr<double>();
    return {values.size(0), values.size(1), std::vector<double>(data, data + values.numel())};
}

/// line_map() with its tensors still attached to the graph.
struct TracedMap {
    torch::Tensor plus, minus, gain, u;
};

TracedMap trace_map(const DifferentialConductances& conductances, Index horizontal, double r_col,
                    const ReadoutStage& stage) {
    if (stage.kind != StageKind::difference) {
        throw InputError(
            "training runs through difference stages: the read-out of this circuit is another one");
    }
    TracedMap traced{transposed_tensor(conductances.plus).requires_grad_(),
                     transposed_tensor(conductances.minus).requires_grad_(),
                     torch::tensor(stage.gain, torch::kDouble).requires_grad_(),
                     {}};
    const detail::TorchLineMap map(conductances.plus.cols(), horizontal, r_col, stage.r_input,
                                   torch::kDouble);
    traced.u = map(traced.plus, traced.minus, traced.gain);
    return traced;
}

} // namespace

Matrix<double> line_map(const DifferentialConductances& conductances, Index horizontal, double r_col,
                        const ReadoutStage& stage) {
    return transposed_matrix(trace_map(conductances, horizontal, r_col, stage).u);
}

LineMapGradient line_map_gradient(const DifferentialConductances& conductances, Index horizontal,
                                  double r_col, const ReadoutStage& stage, const Matrix<double>& upstream) {
    const TracedMap traced = trace_map(conductances, horizontal, r_col, stage);
    traced.u.backward(transposed_tensor(upstream));
    return {transposed_matrix(traced.plus.grad()), transposed_matrix(traced.minus.grad()),
            traced.gain.grad().item<double>()};
}

} // namespace ohmloom
