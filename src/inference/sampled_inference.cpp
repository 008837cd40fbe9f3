#include "inference/sampled_inference.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "inference/classes.hpp"
#include "inference/inference.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

void add(Matrix<double>& to, const Matrix<double>& from) {
    for (std::size_t i = 0; i < to.values().size(); ++i) to.values()[i] += from.values()[i];
}

/// Rows of a matrix that holds something at one instant after the other, `shift` instants before first, first + step, … A run begins
/// anew every `period` instants; what would lie before it is `rest`.
struct Instants {
    Index first = 0, step = 1, count = 0, period = 0;

    [[nodiscard]] Matrix<double> back(const Matrix<double>& from, Index shift,
                                      std::span<const double> rest) const {
        Matrix<double> rows(count, from.cols());
        for (Index i = 0; i < count; ++i) {
            const Index here = first + i * step, r = here - shift;
            const auto source = r < here / period * period ? rest : from.row(r);
            std::copy(source.begin(), source.end(), rows.row(i).begin());
        }
        return rows;
    }
};

/// Differences of neighbouring instants.
Matrix<double> changes_of(const Matrix<double>& v, Index period, std::span<const double> rest) {
    Matrix<double> changes = Instants{0, 1, v.rows(), period}.back(v, 1, rest);
    for (std::size_t i = 0; i < changes.values().size(); ++i)
        changes.values()[i] = v.values()[i] - changes.values()[i];
    return changes;
}

/// A run of images through all layers, from rest.
class Run {
public:
    Run(std::span<const LayerSettling> layers, const Neuron& neuron, Index instants, ImageSequence sequence)
        : layers_(layers), neuron_(neuron), instants_(instants), resets_(sequence == ImageSequence::reset) {
        // At rest all signals are 0, and what neurons make of that.
        Matrix<double> v =
            with_bias_row(Matrix<double>(1, layers.front().settled.cols() - 1), 1.0, neuron.v_supply);
        for (const LayerSettling& layer : layers) {
            rest_.push_back(v.values());
            v = with_bias_row(transfer(neuron, multiply_transposed(v, layer.settled)), 1.0, neuron.v_supply);
        }
    }

    /// Stage outputs of the last layer at the end of each image, [images x outputs]. `v_first` [images x rows] are the first layer's
    /// row voltages.
    [[nodiscard]] Matrix<double> outputs(const Matrix<double>& v_first) const {
        Matrix<double> u = after_jumps(v_first);
        for (std::size_t l = 1; l < layers_.size(); ++l) {
            const Matrix<double> v = with_bias_row(transfer(neuron_, u), 1.0, neuron_.v_supply);
            u = after_ramps(l, v, l + 1 == layers_.size() ? instants_ : 1);
        }
        if (layers_.size() > 1) return u;
        return Instants{instants_ - 1, instants_, v_first.rows(), u.rows()}.back(u, 0, {});
    }

private:
    /// The first layer at every instant, [images·instants x outputs]: image k's change of the rows at k·T answered at (k + p)·T + j.
    [[nodiscard]] Matrix<double> after_jumps(const Matrix<double>& v) const {
        const LayerSettling& layer = layers_[0];
        const Index images = v.rows(), kept = static_cast<Index>(layer.jump.size());
        const Instants all{0, 1, images, resets_ ? 1 : images};
        const Matrix<double> changes = changes_of(v, all.period, rest_[0]);
        const std::vector<double> none(at(v.cols()), 0.0);
        Matrix<double> u(images * instants_, layer.settled.rows());
        for (Index j = 0; j < instants_; ++j) {
            const Index covered = (kept - j - 1) / instants_ + 1, slots = resets_ ? 1 : covered;
            Matrix<double> sum = multiply_transposed(all.back(v, slots, rest_[0]), layer.settled);
            for (Index p = 0; p < slots; ++p)
                add(sum, multiply_transposed(all.back(changes, p, none), layer.jump[at(p * instants_ + j)]));
            for (Index k = 0; k < images; ++k)
                std::copy(sum.row(k).begin(), sum.row(k).end(), u.row(k * instants_ + j).begin());
        }
        return u;
    }

    /// Layer l at every `step`-th instant, from row voltages at every instant.
    [[nodiscard]] Matrix<double> after_ramps(std::size_t l, const Matrix<double>& v, Index step) const {
        const LayerSettling& layer = layers_[l];
        const Instants asked{step - 1, step, v.rows() / step, resets_ ? instants_ : v.rows()};
        const Index kept = resets_ ? std::min(layer.memory(), instants_) : layer.memory();
        const Matrix<double> changes = changes_of(v, asked.period, rest_[l]);
        const std::vector<double> none(at(v.cols()), 0.0);
        Matrix<double> u = multiply_transposed(asked.back(v, kept, rest_[l]), layer.settled);
        for (Index m = 0; m < kept; ++m)
            add(u, multiply_transposed(asked.back(changes, m, none), layer.ramp[at(m)]));
        return u;
    }

    std::span<const LayerSettling> layers_;
    const Neuron& neuron_;
    Index instants_;
    bool resets_;
    std::vector<std::vector<double>> rest_; ///< row voltages of every layer
};

void require_fit(std::span<const LayerSettling> layers, const Matrix<double>& inputs, Index instants) {
    if (layers.empty()) throw InputError("a network without layers cannot be run");
    if (instants < 1) throw InputError(fmt::format("{} instants per image: expected at least one", instants));
    Index signals = inputs.cols();
    for (const LayerSettling& layer : layers) {
        if (layer.settled.cols() != signals + 1) {
            throw InputError(fmt::format(
                "a layer has {} rows for {} signals: expected one per signal and one for the bias",
                layer.settled.cols(), signals));
        }
        if (static_cast<Index>(layer.jump.size()) < instants || layer.step != layers.front().step) {
            throw InputError(
                fmt::format("a layer was followed over {} steps of {} s: expected at least {} steps of {} s",
                            layer.jump.size(), layer.step, instants, layers.front().step));
        }
        signals = layer.settled.rows();
    }
}

} // namespace

SampledInference infer_sampled(std::span<const LayerSettling> layers, const Neuron& neuron,
                               const Matrix<double>& inputs, Index instants, ImageSequence sequence) {
    validate(neuron);
    require_fit(layers, inputs, instants);
    const Run run(layers, neuron, instants, sequence);
    const Matrix<double> v = with_bias_row(inputs, neuron.v_supply, neuron.v_supply);
    const Index images = inputs.rows();
    // What an image can still feel of those before it: as many slots as each layer remembers, one layer after the other.
    Index memory = 0;
    for (const LayerSettling& layer : layers) memory += static_cast<Index>(layer.jump.size()) / instants + 1;
    const Index warm_up = sequence == ImageSequence::reset ? 0 : memory,
                part = std::max<Index>(256, 4 * warm_up);
    const double sign = polarity_for(neuron) == Polarity::inverted ? -1.0 : 1.0;
    SampledInference result;
    result.outputs = Matrix<double>(images, layers.back().settled.rows());
    parallel_for((images + part - 1) / part, [&](Index p) {
        const Index first = p * part, count = std::min(part, images - first),
                    before = std::min(first, warm_up);
        const Matrix<double> u =
            run.outputs(Instants{first - before, 1, count + before, images}.back(v, 0, {}));
        for (Index k = 0; k < count; ++k) {
            std::transform(u.row(before + k).begin(), u.row(before + k).end(),
                           result.outputs.row(first + k).begin(), [sign](double x) { return sign * x; });
        }
    });
    result.classes = largest_output(result.outputs);
    return result;
}

} // namespace ohmloom
