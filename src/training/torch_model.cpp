#include "training/torch_model.hpp"

#include "base/random.hpp"
#include "training/circuit_map.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ohmloom::detail {

using torch::Tensor;

Tensor quantise(const Tensor& latent, WeightKind kind) {
    switch (kind) {
    case WeightKind::binary: {
        const Tensor sign =
            torch::where(latent.detach() < 0, -torch::ones_like(latent), torch::ones_like(latent));
        return sign + (latent - latent.detach());
    }
    case WeightKind::ternary:
        return torch::round(latent.detach().clamp(-1, 1)) + (latent - latent.detach());
    case WeightKind::real:
        return latent;
    }
    return latent;
}

namespace {

/// Conductances are in mS and resistances in kOhm while training, which keeps single precision near 1.
constexpr double milli = 1e-3;
constexpr double kilo = 1e3;

/// Standard deviation of a layer's first weights.
double first_size(const TrainingOptions& options, Index inputs) {
    switch (options.weight_kind) {
    case WeightKind::binary:
        return options.initial_weight;
    case WeightKind::ternary:
        return 0.5; // about a third beyond what is rounded to 0
    case WeightKind::real:
        break;
    }
    switch (options.activation) {
    case Activation::sigmoid:
        return 4.0 / std::sqrt(static_cast<double>(inputs)); // a sigmoid is four times flatter than a tanh
    case Activation::relu:
        return std::sqrt(2.0 / static_cast<double>(inputs)); // half of the outputs are 0
    case Activation::tanh:
    case Activation::sign:
        return 1.0 / std::sqrt(static_cast<double>(inputs));
    }
    return 1.0;
}

/// A given weight; a binary one at the size of a random one, so that it can still turn.
double initial_weight(const TrainingOptions& options, const DenseLayer& layer, Index r, Index o,
                      double drawn) {
    const double w = r < layer.inputs() ? layer.weights(o, r) : layer.bias[static_cast<std::size_t>(o)];
    return options.weight_kind == WeightKind::binary ? w * std::abs(drawn) : w;
}

Tensor first_weights(const TrainingOptions& options, std::size_t l, Index inputs, Index outputs) {
    Tensor weights = torch::empty({inputs + 1, outputs});
    float* const data = weights.data_ptr<float>();
    const RandomStream random(options.seed, RandomPurpose::weight_initialisation);
    const double size = first_size(options, inputs);
    for (Index r = 0; r <= inputs; ++r) {
        for (Index o = 0; o < outputs; ++o) {
            double w = size * random.normal(static_cast<std::uint32_t>(l), static_cast<std::uint32_t>(r),
                                            static_cast<std::uint32_t>(o));
            if (options.initial) w = initial_weight(options, options.initial->layers[l], r, o, w);
            data[r * outputs + o] = static_cast<float>(w);
        }
    }
    return weights;
}

Tensor tensor_of(const std::vector<double>& values) {
    return torch::tensor(values, torch::kDouble).to(torch::kFloat);
}

std::vector<double> vector_of(const Tensor& tensor) {
    const Tensor doubles = tensor.detach().to(torch::kDouble).contiguous();
    const double* const data = doubles.data_ptr<double>();
    return {data, data + doubles.numel()};
}

void add_norm(const TrainingOptions& options, std::size_t l, Index outputs, TrainedLayer& layer) {
    layer.gamma = layer.variance = torch::ones({outputs});
    layer.beta = layer.mean = torch::zeros({outputs});
    if (options.initial && options.initial->layers[l].norm) {
        const Normalisation& norm = *options.initial->layers[l].norm;
        layer.gamma = tensor_of(norm.gamma);
        layer.beta = tensor_of(norm.beta);
        layer.mean = tensor_of(norm.mean);
        layer.variance = tensor_of(norm.variance);
    }
    layer.gamma = layer.gamma.clone().requires_grad_(!options.mixed);
    layer.beta = layer.beta.clone().requires_grad_(!options.mixed);
    layer.mean = layer.mean.clone();
    layer.variance = layer.variance.clone();
}

double epsilon_of(const TrainingOptions& options, std::size_t l) {
    const bool given = options.initial && options.initial->layers[l].norm;
    return given ? options.initial->layers[l].norm->epsilon : Normalisation{}.epsilon;
}

TrainedLayer make_layer(const TrainingOptions& options, std::size_t l, Index inputs, Index outputs) {
    TrainedLayer layer;
    layer.latent = first_weights(options, l, inputs, outputs).requires_grad_();
    const bool is_last = l + 2 == options.layers.size();
    const bool real = options.weight_kind == WeightKind::real;
    // Sums of n weights of size 1 grow as sqrt(n); this puts them where a sigmoid bends.
    const bool has_norm = options.batch_norm && !is_last;
    if (has_norm) add_norm(options, l, outputs, layer);
    const double slope = real || has_norm ? 1.0 : 2.0 / std::sqrt(static_cast<double>(inputs));
    layer.log_slope = torch::tensor(static_cast<float>(std::log(slope)));
    layer.log_slope.requires_grad_(!options.circuit && !real && !has_norm);
    if (options.circuit) {
        const TrainingCircuit& circuit = *options.circuit;
        double gain = circuit.gains[l];
        if (options.initial && options.initial->layers[l].gain > 0.0) gain = options.initial->layers[l].gain;
        layer.log_gain = torch::tensor(static_cast<float>(std::log(gain)));
        layer.log_gain.requires_grad_(circuit.train_gains && !is_last);
        layer.line_map.emplace(inputs + 1, circuit.partitions[l].horizontal, circuit.arrays.r_col / kilo,
                               circuit.arrays.stage.r_input / kilo, torch::kFloat);
        layer.correction = {torch::ones({inputs + 1, outputs}), torch::zeros({inputs + 1, outputs})};
    } else {
        layer.log_gain = torch::zeros({});
    }
    return layer;
}

struct CellPairs {
    Tensor plus, minus; // [mS], [rows x outputs]
};

/// map_weights() with inverted polarity, differentiable.
CellPairs conductances(const TrainingOptions& options, const TrainedLayer& layer) {
    const ConductanceWindow& window = options.circuit->window;
    const double middle = 0.5 * (window.g_max + window.g_min) / milli;
    const double half = 0.5 * (window.g_max - window.g_min) / milli;
    Tensor w = quantise(layer.latent, options.weight_kind);
    if (options.weight_kind == WeightKind::real) w = w / w.detach().abs().max();
    Tensor base = torch::full_like(w, middle).detach();
    if (options.weight_kind == WeightKind::ternary) base = base + half * (1.0 - w.detach().abs());
    return {base - half * w, base + half * w};
}

} // namespace

TorchModel::TorchModel(const TrainingOptions& options, Matrix<double> calibration_inputs)
    : options_(options) {
    if (options.mixed) mixed_.emplace(*options.mixed, std::move(calibration_inputs));
    const std::vector<Index>& sizes = options.layers;
    for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
        layers_.push_back(make_layer(options, l, sizes[l], sizes[l + 1]));
    }
    log_scale_ = torch::zeros({}).requires_grad_(options.circuit.has_value() || options.mixed.has_value());
}

std::vector<Tensor> TorchModel::weights() const {
    std::vector<Tensor> tensors;
    for (const TrainedLayer& layer : layers_) tensors.push_back(layer.latent);
    return tensors;
}

std::vector<Tensor> TorchModel::scalars() const {
    std::vector<Tensor> tensors{log_scale_};
    for (const TrainedLayer& layer : layers_)
        tensors.insert(tensors.end(), {layer.log_slope, layer.log_gain, layer.gamma, layer.beta});
    std::erase_if(tensors, [](const Tensor& t) { return !t.defined() || !t.requires_grad(); });
    return tensors;
}

void TorchModel::build_maps() {
    maps_.clear();
    if (mixed_) return;
    for (const TrainedLayer& layer : layers_) maps_.push_back(layer_map(layer));
}

Tensor TorchModel::forward(const Tensor& inputs, Pass pass) const {
    Tensor x = inputs;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
        const Tensor y = layer_sums(l, x, pass);
        x = l + 1 < layers_.size() ? activate(y) : y * log_scale_.exp();
    }
    return x;
}

Tensor TorchModel::activate(const Tensor& y) const {
    switch (options_.activation) {
    case Activation::sigmoid:
        return torch::sigmoid(y);
    case Activation::relu:
        return torch::relu(y);
    case Activation::tanh:
        return torch::tanh(y);
    case Activation::sign: { // gradients pass through within -1 and 1
        const Tensor straight = y.clamp(-1.0, 1.0);
        return quantise(y, WeightKind::binary).detach() + (straight - straight.detach());
    }
    }
    return y;
}

/// What the activation of a layer is taken of.
Tensor TorchModel::layer_sums(std::size_t l, const Tensor& x, Pass pass) const {
    const TrainedLayer& layer = layers_[l];
    // Units between converters have the normalisation, as it is, in their scales and offsets.
    if (mixed_)
        return mixed_->forward(l, quantise(layer.latent, options_.weight_kind), x) * layer.log_slope.exp();
    const Tensor z = torch::addmm(maps_.at(l).slice(0, -1).squeeze(0), x, maps_.at(l).slice(0, 0, -1));
    if (!layer.gamma.defined()) return z;
    constexpr double share_of_a_batch = 0.1; // in the running mean and variance
    return torch::batch_norm(z, layer.gamma, layer.beta, layer.mean, layer.variance, pass == Pass::training,
                             share_of_a_batch, epsilon_of(options_, l), false);
}

void TorchModel::clip_weights() {
    if (options_.weight_kind == WeightKind::real) return;
    const torch::NoGradGuard off;
    for (TrainedLayer& layer : layers_) layer.latent.clamp_(-1.0, 1.0);
}

void TorchModel::refresh() {
    const torch::NoGradGuard off;
    if (mixed_) mixed_->refresh(network());
    if (!options_.circuit) return;
    const std::vector<Matrix<double>> maps = exact_layer_maps(network(), *options_.circuit);
    for (std::size_t l = 0; l < layers_.size(); ++l) layers_[l].correction = correct(layers_[l], maps[l]);
}

Network TorchModel::network() const {
    const torch::NoGradGuard off;
    Network network;
    network.weight_kind = options_.weight_kind;
    network.input = options_.input;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
        const TrainedLayer& layer = layers_[l];
        DenseLayer dense = dense_layer(layer);
        if (l + 1 < layers_.size()) dense.activation = options_.activation;
        if (layer.gamma.defined()) {
            dense.norm = {vector_of(layer.gamma), vector_of(layer.beta), vector_of(layer.mean),
                          vector_of(layer.variance), epsilon_of(options_, l)};
        }
        network.layers.push_back(std::move(dense));
    }
    return network;
}

Tensor TorchModel::line_map(const TrainedLayer& layer) const {
    const CellPairs cells = conductances(options_, layer);
    return (*layer.line_map)(cells.plus, cells.minus, layer.log_gain.exp());
}

/// What the layer multiplies its inputs with, so that sigmoid(map·x) are its outputs: [rows x outputs].
Tensor TorchModel::layer_map(const TrainedLayer& layer) const {
    if (!options_.circuit) return quantise(layer.latent, options_.weight_kind) * layer.log_slope.exp();
    const TrainingCircuit& circuit = *options_.circuit;
    const auto parts = static_cast<double>(layer.line_map->partitions().size());
    const Tensor u = layer.correction.attenuation * line_map(layer) / parts + layer.correction.difference;
    return u * (-circuit.neuron_slope * circuit.supply);
}

/// Least-squares attenuation of each output in each partition, and what it leaves.
MapCorrection TorchModel::correct(const TrainedLayer& layer, const Matrix<double>& exact) const {
    const Tensor target = tensor_of(exact).t().to(torch::kFloat).contiguous();
    const Tensor& membership = layer.line_map->membership();
    const Tensor model = line_map(layer) / static_cast<double>(layer.line_map->partitions().size());
    const Tensor factor = membership.mm(model * target) / membership.mm(model * model).clamp_min(1e-30);
    const Tensor attenuation = membership.t().mm(factor);
    return {attenuation, target - attenuation * model};
}

DenseLayer TorchModel::dense_layer(const TrainedLayer& layer) const {
    const Tensor w =
        quantise(layer.latent, options_.weight_kind).detach().to(torch::kDouble).t().contiguous();
    const Index outputs = w.size(0), inputs = w.size(1) - 1;
    const double* const data = w.data_ptr<double>();
    DenseLayer dense{Matrix<double>(outputs, inputs), std::vector<double>(static_cast<std::size_t>(outputs)),
                     std::exp(layer.log_slope.item<double>()),
                     options_.circuit ? std::exp(layer.log_gain.item<double>()) : 0.0};
    for (Index o = 0; o < outputs; ++o) {
        const double* const row = data + o * (inputs + 1);
        std::copy(row, row + inputs, dense.weights.row(o).begin());
        dense.bias[static_cast<std::size_t>(o)] = row[inputs];
    }
    return dense;
}

} // namespace ohmloom::detail
