#include "training/training.hpp"

#include "base/parallel.hpp"
#include "base/random.hpp"
#include "training/circuit_map.hpp"
#include "training/torch_line_map.hpp"

#include <cblas.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <string>

namespace ohmloom {

namespace {

using torch::Tensor;

/// The matrix as a tensor on the same memory.
Tensor tensor_of(const Matrix<double>& matrix) {
    return torch::from_blob(const_cast<double*>(matrix.data()), {matrix.rows(), matrix.cols()},
                            torch::kDouble);
}

// ---------------------------------------------------------------------------------------------------- images

Tensor encode_images(const DataSet& images, std::span<const Index> order, const InputCoding& coding,
                     const Augmentation& augmentation, std::uint64_t seed, int epoch) {
    const auto count = static_cast<Index>(order.size());
    const Index inputs = coding.crop * coding.crop;
    Tensor encoded = torch::empty({count, inputs});
    float* const data = encoded.data_ptr<float>();
    parallel_for(count, [&](Index i) {
        const Index image = order[static_cast<std::size_t>(i)];
        encode_deformed(images.images.row(image), images.rows, coding, augmentation,
                        {seed, static_cast<std::uint32_t>(epoch), static_cast<std::uint32_t>(image)},
                        {data + i * inputs, static_cast<std::size_t>(inputs)});
    });
    return encoded;
}

Tensor labels_of(const DataSet& images, std::span<const Index> order) {
    Tensor labels = torch::empty({static_cast<Index>(order.size())}, torch::kLong);
    std::int64_t* const data = labels.data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < order.size(); ++i)
        data[i] = images.labels[static_cast<std::size_t>(order[i])];
    return labels;
}

std::vector<Index> shuffled(std::vector<Index> order, const RandomStream& random, std::uint32_t round) {
    for (std::size_t i = order.size(); i > 1; --i) {
        const double u = random.uniform(round, static_cast<std::uint32_t>(i), 0);
        std::swap(order[i - 1], order[static_cast<std::size_t>(u * static_cast<double>(i))]);
    }
    return order;
}

// ---------------------------------------------------------------------------------------------------- layers

/// Rounds latent weights to the values their kind allows; gradients pass straight through.
Tensor quantise(const Tensor& latent, WeightKind kind) {
    switch (kind) {
    case WeightKind::binary: {
        const Tensor sign =
            torch::where(latent.detach() < 0, -torch::ones_like(latent), torch::ones_like(latent));
        return latent + (sign - latent.detach());
    }
    case WeightKind::ternary:
        return latent + (torch::round(latent.detach().clamp(-1, 1)) - latent.detach());
    case WeightKind::real:
        return latent;
    }
    return latent;
}

/// The exact map of a layer relative to its line map: M = attenuation o S + difference.
struct MapCorrection {
    Tensor attenuation, difference; // [rows x outputs]
};

/// One layer while it is trained.
struct TrainedLayer {
    Tensor latent;    // [rows x outputs]; the last row is the bias
    Tensor log_slope; // of the software sigmoid
    Tensor log_gain;  // of the difference stages
    std::optional<detail::TorchLineMap> line_map;
    MapCorrection correction;
};

/// Conductances are in mS and resistances in kOhm while training, which keeps single precision near 1.
constexpr double milli = 1e-3;
constexpr double kilo = 1e3;

class Model {
public:
    Model(const TrainingOptions& options, Index inputs) : options_(options) {
        std::vector<Index> sizes = options.layers;
        sizes.front() = inputs;
        for (std::size_t l = 0; l + 1 < sizes.size(); ++l)
            layers_.push_back(make_layer(l, sizes[l], sizes[l + 1]));
        log_scale_ = torch::zeros({}).requires_grad_(has_output_scale());
    }

    /// Latent weights, and the few scalars of slopes, gains and output scale.
    [[nodiscard]] std::vector<Tensor> weights() const {
        std::vector<Tensor> tensors;
        for (const TrainedLayer& layer : layers_) tensors.push_back(layer.latent);
        return tensors;
    }
    [[nodiscard]] std::vector<Tensor> scalars() const {
        std::vector<Tensor> tensors{log_scale_};
        for (const TrainedLayer& layer : layers_)
            tensors.insert(tensors.end(), {layer.log_slope, layer.log_gain});
        std::erase_if(tensors, [](const Tensor& t) { return !t.requires_grad(); });
        return tensors;
    }

    /// Scores [batch x classes]; the class is the largest.
    [[nodiscard]] Tensor forward(const Tensor& inputs) const {
        Tensor x = inputs;
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            const Tensor z = torch::addmm(map_.at(l).slice(0, -1).squeeze(0), x, map_.at(l).slice(0, 0, -1));
            x = l + 1 < layers_.size() ? torch::sigmoid(z) : z * log_scale_.exp();
        }
        return x;
    }

    /// Prepares forward(): the layers' maps of the present weights, as part of the graph unless gradients are off.
    void build_maps() {
        map_.clear();
        for (const TrainedLayer& layer : layers_) map_.push_back(layer_map(layer));
    }

    /// Keeps latent weights where their rounding still follows them.
    void clip_weights() {
        if (options_.weight_kind == WeightKind::real) return;
        const torch::NoGradGuard off;
        for (TrainedLayer& layer : layers_) layer.latent.clamp_(-1.0, 1.0);
    }

    /// Brings every layer's correction up to date with the exact circuit.
    void refresh() {
        if (!options_.circuit) return;
        const torch::NoGradGuard off;
        const std::vector<Matrix<double>> maps = exact_layer_maps(network(), *options_.circuit);
        for (std::size_t l = 0; l < layers_.size(); ++l) layers_[l].correction = correct(layers_[l], maps[l]);
    }

    [[nodiscard]] Network network() const {
        const torch::NoGradGuard off;
        Network network;
        network.weight_kind = options_.weight_kind;
        network.input = options_.input;
        for (const TrainedLayer& layer : layers_) network.layers.push_back(dense_layer(layer));
        return network;
    }

private:
    [[nodiscard]] bool has_output_scale() const { return options_.circuit.has_value(); }

    TrainedLayer make_layer(std::size_t l, Index inputs, Index outputs) const {
        TrainedLayer layer;
        layer.latent = first_weights(l, inputs, outputs).requires_grad_();
        const bool is_last = l + 2 == options_.layers.size();
        const bool real = options_.weight_kind == WeightKind::real;
        // Sums of n weights of size 1 grow as sqrt(n); this puts them where a sigmoid bends.
        const double slope = real ? 1.0 : 2.0 / std::sqrt(static_cast<double>(inputs));
        layer.log_slope = torch::tensor(static_cast<float>(std::log(slope)));
        layer.log_slope.requires_grad_(!options_.circuit && !real);
        if (options_.circuit) {
            const TrainingCircuit& circuit = *options_.circuit;
            double gain = circuit.gains[l];
            if (options_.initial && options_.initial->layers[l].gain > 0.0)
                gain = options_.initial->layers[l].gain;
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

    [[nodiscard]] Tensor first_weights(std::size_t l, Index inputs, Index outputs) const {
        Tensor weights = torch::empty({inputs + 1, outputs});
        float* const data = weights.data_ptr<float>();
        const RandomStream random(options_.seed, RandomPurpose::weight_initialisation);
        const double size = first_size(inputs);
        for (Index r = 0; r <= inputs; ++r) {
            for (Index o = 0; o < outputs; ++o) {
                double w = size * random.normal(static_cast<std::uint32_t>(l), static_cast<std::uint32_t>(r),
                                                static_cast<std::uint32_t>(o));
                if (options_.initial) w = initial_weight(options_.initial->layers[l], r, o, w);
                data[r * outputs + o] = static_cast<float>(w);
            }
        }
        return weights;
    }

    /// Standard deviation of a layer's first weights.
    [[nodiscard]] double first_size(Index inputs) const {
        switch (options_.weight_kind) {
        case WeightKind::binary:
            return options_.initial_weight;
        case WeightKind::ternary:
            return 0.5; // about a third beyond what is rounded to 0
        case WeightKind::real:
            return 4.0 /
                   std::sqrt(static_cast<double>(inputs)); // a sigmoid is four times flatter than a tanh
        }
        return 1.0;
    }

    /// A given weight; a binary one at the size of a random one, so that it can still turn.
    [[nodiscard]] double initial_weight(const DenseLayer& layer, Index r, Index o, double drawn) const {
        const double w = r < layer.inputs() ? layer.weights(o, r) : layer.bias[static_cast<std::size_t>(o)];
        return options_.weight_kind == WeightKind::binary ? w * std::abs(drawn) : w;
    }

    struct CellPairs {
        Tensor plus, minus; // [mS], [rows x outputs]
    };

    /// map_weights() with inverted polarity, differentiable.
    [[nodiscard]] CellPairs conductances(const TrainedLayer& layer) const {
        const ConductanceWindow& window = options_.circuit->window;
        const double middle = 0.5 * (window.g_max + window.g_min) / milli;
        const double half = 0.5 * (window.g_max - window.g_min) / milli;
        Tensor w = quantise(layer.latent, options_.weight_kind);
        if (options_.weight_kind == WeightKind::real) w = w / w.detach().abs().max();
        Tensor base = torch::full_like(w, middle).detach();
        if (options_.weight_kind == WeightKind::ternary) base = base + half * (1.0 - w.detach().abs());
        return {base - half * w, base + half * w};
    }

    [[nodiscard]] Tensor line_map(const TrainedLayer& layer) const {
        const CellPairs cells = conductances(layer);
        return (*layer.line_map)(cells.plus, cells.minus, layer.log_gain.exp());
    }

    /// What the layer multiplies its inputs with, so that sigmoid(map·x) are its outputs: [rows x outputs].
    [[nodiscard]] Tensor layer_map(const TrainedLayer& layer) const {
        if (!options_.circuit) return quantise(layer.latent, options_.weight_kind) * layer.log_slope.exp();
        const TrainingCircuit& circuit = *options_.circuit;
        const auto parts = static_cast<double>(layer.line_map->partitions().size());
        const Tensor u = layer.correction.attenuation * line_map(layer) / parts + layer.correction.difference;
        return u * (-circuit.neuron_slope * circuit.supply);
    }

    /// Least-squares attenuation of each output in each partition, and what it leaves.
    [[nodiscard]] MapCorrection correct(const TrainedLayer& layer, const Matrix<double>& exact) const {
        const Tensor target = tensor_of(exact).t().to(torch::kFloat).contiguous();
        const Tensor& membership = layer.line_map->membership();
        const Tensor model = line_map(layer) / static_cast<double>(layer.line_map->partitions().size());
        const Tensor factor = membership.mm(model * target) / membership.mm(model * model).clamp_min(1e-30);
        const Tensor attenuation = membership.t().mm(factor);
        return {attenuation, target - attenuation * model};
    }

    [[nodiscard]] DenseLayer dense_layer(const TrainedLayer& layer) const {
        const Tensor w =
            quantise(layer.latent, options_.weight_kind).detach().to(torch::kDouble).t().contiguous();
        const Index outputs = w.size(0), inputs = w.size(1) - 1;
        const double* const data = w.data_ptr<double>();
        DenseLayer dense{Matrix<double>(outputs, inputs),
                         std::vector<double>(static_cast<std::size_t>(outputs)),
                         std::exp(layer.log_slope.item<double>()),
                         options_.circuit ? std::exp(layer.log_gain.item<double>()) : 0.0};
        for (Index o = 0; o < outputs; ++o) {
            const double* const row = data + o * (inputs + 1);
            std::copy(row, row + inputs, dense.weights.row(o).begin());
            dense.bias[static_cast<std::size_t>(o)] = row[inputs];
        }
        return dense;
    }

    const TrainingOptions& options_;
    std::vector<TrainedLayer> layers_;
    std::vector<Tensor> map_; // of each layer, from build_maps()
    Tensor log_scale_;        // of the scores that the loss sees
};

double accuracy_of(const Model& model, const Tensor& inputs, const Tensor& labels) {
    const torch::NoGradGuard off;
    return model.forward(inputs).argmax(1).eq(labels).to(torch::kDouble).mean().item<double>();
}

// ---------------------------------------------------------------------------------------------------- training

/// Outputs of a teacher on a batch, already softened; empty without a teacher.
using Teacher = std::function<Tensor(const Tensor& inputs)>;

Tensor loss_of(const Tensor& scores, const Tensor& labels, const Tensor& inputs,
               const TrainingOptions& options, const Teacher& teacher) {
    namespace F = torch::nn::functional;
    const Tensor hard =
        F::cross_entropy(scores, labels, F::CrossEntropyFuncOptions().label_smoothing(options.smoothing));
    if (!teacher) return hard;
    const double t = options.teacher_temperature;
    const Tensor soft = -(teacher(inputs) * torch::log_softmax(scores / t, 1)).sum(1).mean() * (t * t);
    return (1.0 - options.teacher_share) * hard + options.teacher_share * soft;
}

torch::optim::Adam make_optimiser(const Model& model, const TrainingOptions& options) {
    std::vector<torch::optim::OptimizerParamGroup> groups;
    groups.emplace_back(model.weights());
    if (!model.scalars().empty()) groups.emplace_back(model.scalars());
    return torch::optim::Adam(groups, torch::optim::AdamOptions(options.learning_rate));
}

void set_learning_rate(torch::optim::Adam& optimiser, double rate) {
    for (auto& group : optimiser.param_groups()) {
        static_cast<torch::optim::AdamOptions&>(group.options()).lr(rate);
    }
}

void decay_weights(const Model& model, double share) {
    if (share <= 0.0) return;
    const torch::NoGradGuard off;
    for (const Tensor& weights : model.weights()) weights.mul_(1.0 - share);
}

/// One pass over the training images.
class Epoch {
public:
    Epoch(const TrainingOptions& options, int number, Index images)
        : options_(options), number_(number), steps_((images + options.batch - 1) / options.batch) {}

    void run(Model& model, torch::optim::Adam& optimiser, const Tensor& inputs, const Tensor& labels,
             const Teacher& teacher) const {
        for (Index step = 0; step < steps_; ++step) {
            if (step % options_.refresh_steps == 0) model.refresh();
            const double rate = learning_rate(step);
            set_learning_rate(optimiser, rate);
            const Tensor x = inputs.slice(0, step * options_.batch, (step + 1) * options_.batch);
            const Tensor y = labels.slice(0, step * options_.batch, (step + 1) * options_.batch);
            optimiser.zero_grad();
            model.build_maps();
            loss_of(model.forward(x), y, x, options_, teacher).backward();
            optimiser.step();
            decay_weights(model, rate * options_.weight_decay);
            model.clip_weights();
        }
    }

private:
    [[nodiscard]] double learning_rate(Index step) const {
        const double done =
            (static_cast<double>(number_) + static_cast<double>(step) / static_cast<double>(steps_)) /
            static_cast<double>(options_.epochs);
        return options_.learning_rate * 0.5 * (1.0 + std::cos(std::numbers::pi * done));
    }

    const TrainingOptions& options_;
    int number_;
    Index steps_;
};

bool is_plain(const TrainingOptions& options, int epoch) {
    return options.augmentation == Augmentation{} ||
           epoch >= static_cast<int>(std::lround((1.0 - options.plain_share) * options.epochs));
}

TrainingResult train_split(const DataSet& images, const DataSplit& split, const TrainingOptions& options,
                           const Teacher& teacher, const EpochObserver& finished) {
    Model model(options, options.input.crop * options.input.crop);
    torch::optim::Adam optimiser = make_optimiser(model, options);
    const Tensor validation_inputs =
        encode_images(images, split.validation, options.input, {}, options.seed, 0);
    const Tensor validation_labels = labels_of(images, split.validation);
    const RandomStream order_random(options.seed, RandomPurpose::batch_order);

    TrainingResult result;
    for (int epoch = 0; epoch < options.epochs; ++epoch) {
        const std::vector<Index> order =
            shuffled(split.training, order_random, static_cast<std::uint32_t>(epoch));
        const Augmentation deformation = is_plain(options, epoch) ? Augmentation{} : options.augmentation;
        const Tensor inputs = encode_images(images, order, options.input, deformation, options.seed, epoch);
        Epoch(options, epoch, inputs.size(0))
            .run(model, optimiser, inputs, labels_of(images, order), teacher);

        model.refresh();
        {
            const torch::NoGradGuard off;
            model.build_maps();
        }
        const double accuracy = accuracy_of(model, validation_inputs, validation_labels);
        const bool is_best =
            result.validation_accuracy.empty() ||
            accuracy > result.validation_accuracy[static_cast<std::size_t>(result.best_epoch)];
        result.validation_accuracy.push_back(accuracy);
        if (is_best) {
            result.best_epoch = epoch;
            result.network = model.network();
        }
        finished(epoch, accuracy);
    }
    return result;
}

// ---------------------------------------------------------------------------------------------------- teacher

/// A plain multi-layer perceptron with real weights, with two wide hidden layers.
Teacher train_teacher(const DataSet& images, const DataSplit& split, const TrainingOptions& student,
                      const Progress& progress) {
    TrainingOptions options = student;
    options.circuit.reset();
    options.initial.reset();
    options.weight_kind = WeightKind::real;
    options.layers = {student.layers.front(), student.teacher_width, student.teacher_width / 2,
                      student.layers.back()};
    options.epochs = student.teacher_epochs;
    options.learning_rate = 1e-3;
    const TrainingResult trained = train_split(images, split, options, {}, [&](int epoch, double) {
        if (progress) progress("training the teacher", epoch + 1, options.epochs);
    });

    std::vector<Tensor> maps, biases;
    for (const DenseLayer& layer : trained.network.layers) {
        maps.push_back(tensor_of(layer.weights).t().to(torch::kFloat).contiguous());
        biases.push_back(torch::tensor(layer.bias, torch::kFloat));
    }
    return [maps, biases, t = student.teacher_temperature](const Tensor& inputs) {
        const torch::NoGradGuard off;
        Tensor x = inputs;
        for (std::size_t l = 0; l < maps.size(); ++l) {
            x = torch::addmm(biases[l], x, maps[l]);
            if (l + 1 < maps.size()) x = torch::sigmoid(x);
        }
        return torch::softmax(x / t, 1);
    };
}

// ---------------------------------------------------------------------------------------------------- slopes

/// Sets the slope of every layer so that slope·(W·x + b) is nearest to the circuit's sigmoid argument.
void fit_slopes(Network& network, const TrainingCircuit& circuit, const Tensor& inputs) {
    const std::vector<Matrix<double>> maps = exact_layer_maps(network, circuit);
    const torch::NoGradGuard off;
    Tensor x = inputs.to(torch::kDouble);
    for (std::size_t l = 0; l < maps.size(); ++l) {
        DenseLayer& layer = network.layers[l];
        const Tensor rows = torch::cat({x, torch::ones({x.size(0), 1}, torch::kDouble)}, 1);
        const Tensor argument = rows.mm(tensor_of(maps[l]).t()) * (-circuit.neuron_slope * circuit.supply);
        const Tensor bias = torch::tensor(layer.bias, torch::kDouble);
        const Tensor sum = torch::addmm(bias, x, tensor_of(layer.weights).t());
        const double slope = (argument * sum).sum().item<double>() / (sum * sum).sum().item<double>();
        // A circuit whose sums run against the weights has no slope that helps; any positive one is as good.
        layer.slope = slope > 0.0 && std::isfinite(slope) ? slope : 1.0;
        x = torch::sigmoid(argument);
    }
}

// ---------------------------------------------------------------------------------------------------- checks

void require(bool holds, const std::string& message) {
    if (!holds) throw InputError(message);
}

void check(const TrainingCircuit& circuit, std::size_t layers) {
    require(circuit.partitions.size() == layers && circuit.gains.size() == layers,
            fmt::format(
                "the circuit has {} partitions and {} gains for {} layers: expected one of each per layer",
                circuit.partitions.size(), circuit.gains.size(), layers));
    for (const double gain : circuit.gains) {
        require(gain > 0.0 && std::isfinite(gain),
                fmt::format("a stage gain is {}: expected a positive number", gain));
    }
    require(circuit.arrays.stage.kind == StageKind::difference,
            "training runs through difference stages: the read-out of this circuit is of another kind");
}

void check(const Network& initial, const TrainingOptions& options) {
    bool fits = initial.layers.size() + 1 == options.layers.size();
    for (std::size_t l = 0; fits && l < initial.layers.size(); ++l) {
        fits = initial.layers[l].inputs() == options.layers[l] &&
               initial.layers[l].outputs() == options.layers[l + 1];
    }
    require(fits, fmt::format("the initial network '{}' has not the layers that are to be trained: {}",
                              initial.name, fmt::join(options.layers, ", ")));
}

void check(const TrainingOptions& options, const DataSet& images) {
    validate(options.input);
    require(options.layers.size() >= 2, "a network needs at least its inputs and its classes");
    require(options.layers.front() == options.input.crop * options.input.crop,
            fmt::format("the network has {} inputs, but a crop of {} gives {}", options.layers.front(),
                        options.input.crop, options.input.crop * options.input.crop));
    for (const Index size : options.layers) require(size > 0, fmt::format("a layer has {} units", size));
    require(options.input.crop <= std::min(images.rows, images.cols) && images.rows == images.cols,
            fmt::format("a square of {} pixels cannot be cut from images of {} x {}", options.input.crop,
                        images.rows, images.cols));
    for (const std::uint8_t label : images.labels) {
        require(label < options.layers.back(),
                fmt::format("an image is of class {}, but the network has {} classes", label,
                            options.layers.back()));
    }
    require(options.epochs > 0 && options.batch > 0 && options.refresh_steps > 0,
            fmt::format("epochs ({}), batch ({}) and refresh steps ({}) must be positive", options.epochs,
                        options.batch, options.refresh_steps));
    require(options.learning_rate > 0.0 && std::isfinite(options.learning_rate),
            fmt::format("the learning rate is {}: expected a positive number", options.learning_rate));
    require(options.validation_images > 0 && options.validation_images < images.count(),
            fmt::format("{} of {} images cannot be held back for validation", options.validation_images,
                        images.count()));
    require(options.teacher_width >= 0 && options.teacher_width != 1 && options.teacher_epochs > 0,
            fmt::format("a teacher of {} hidden units and {} epochs cannot be trained", options.teacher_width,
                        options.teacher_epochs));
    if (options.circuit) check(*options.circuit, options.layers.size() - 1);
    if (options.initial) check(*options.initial, options);
}

/// Keeps matrix products on one thread while it lives, so that their rounding does not depend on the machine's load.
class SingleThreadedBlas {
public:
    SingleThreadedBlas() : torch_threads_(at::get_num_threads()), blas_threads_(openblas_get_num_threads()) {
        at::set_num_threads(1);
        openblas_set_num_threads(1);
    }
    ~SingleThreadedBlas() {
        at::set_num_threads(torch_threads_);
        openblas_set_num_threads(blas_threads_);
    }
    SingleThreadedBlas(const SingleThreadedBlas&) = delete;
    SingleThreadedBlas& operator=(const SingleThreadedBlas&) = delete;

private:
    int torch_threads_;
    int blas_threads_;
};

} // namespace

TrainingResult train_network(const DataSet& images, const TrainingOptions& options, const Progress& progress,
                             const EpochObserver& observer) {
    check(options, images);
    const SingleThreadedBlas single_threaded;
    const DataSplit split = split_validation(images.count(), options.validation_images, options.seed);
    const Teacher teacher =
        options.teacher_width > 0 ? train_teacher(images, split, options, progress) : Teacher{};
    TrainingResult result = train_split(images, split, options, teacher, [&](int epoch, double accuracy) {
        if (observer) observer(epoch, accuracy);
        if (progress) progress("training", epoch + 1, options.epochs);
    });
    if (options.circuit) {
        fit_slopes(result.network, *options.circuit,
                   encode_images(images, split.validation, options.input, {}, 0, 0));
    }
    return result;
}

} // namespace ohmloom
