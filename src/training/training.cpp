#include "training/training.hpp"

#include "base/parallel.hpp"
#include "base/random.hpp"
#include "training/circuit_map.hpp"
#include "training/torch_model.hpp"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ohmloom {

namespace {

using detail::Pass;
using detail::TorchModel;
using torch::Tensor;

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

double accuracy_of(const TorchModel& model, const Tensor& inputs, const Tensor& labels) {
    const torch::NoGradGuard off;
    return model.forward(inputs, Pass::evaluation)
        .argmax(1)
        .eq(labels)
        .to(torch::kDouble)
        .mean()
        .item<double>();
}

Tensor loss_of(const Tensor& scores, const Tensor& labels, double smoothing) {
    namespace F = torch::nn::functional;
    return F::cross_entropy(scores, labels, F::CrossEntropyFuncOptions().label_smoothing(smoothing));
}

torch::optim::Adam make_optimiser(const TorchModel& model, const TrainingOptions& options) {
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

void decay_weights(const TorchModel& model, double share) {
    if (share <= 0.0) return;
    const torch::NoGradGuard off;
    for (const Tensor& weights : model.weights()) weights.mul_(1.0 - share);
}

/// One pass over the training images.
class Epoch {
public:
    Epoch(const TrainingOptions& options, int number, Index images)
        : options_(options), number_(number), steps_((images + options.batch - 1) / options.batch) {}

    void run(TorchModel& model, torch::optim::Adam& optimiser, const Tensor& inputs,
             const Tensor& labels) const {
        for (Index step = 0; step < steps_; ++step) {
            if (step % options_.refresh_steps == 0) model.refresh();
            const double rate = learning_rate(step);
            set_learning_rate(optimiser, rate);
            const Tensor x = inputs.slice(0, step * options_.batch, (step + 1) * options_.batch);
            const Tensor y = labels.slice(0, step * options_.batch, (step + 1) * options_.batch);
            optimiser.zero_grad();
            model.build_maps();
            loss_of(model.forward(x, Pass::training), y, options_.smoothing).backward();
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

/// Inputs that converters are set by: the first ones held back.
Matrix<double> calibration_inputs(const TrainingOptions& options, const Tensor& held_back) {
    if (!options.mixed) return {};
    const Tensor chosen =
        held_back.slice(0, 0, options.mixed->calibration_images).to(torch::kDouble).contiguous();
    const double* const data = chosen.data_ptr<double>();
    return {chosen.size(0), chosen.size(1), std::vector<double>(data, data + chosen.numel())};
}

TrainingResult train_split(const DataSet& images, const DataSplit& split, const TrainingOptions& options,
                           const EpochObserver& finished) {
    const Tensor validation_inputs =
        encode_images(images, split.validation, options.input, {}, options.seed, 0);
    TorchModel model(options, calibration_inputs(options, validation_inputs));
    torch::optim::Adam optimiser = make_optimiser(model, options);
    const Tensor validation_labels = labels_of(images, split.validation);
    const RandomStream order_random(options.seed, RandomPurpose::batch_order);

    TrainingResult result;
    for (int epoch = 0; epoch < options.epochs; ++epoch) {
        const std::vector<Index> order =
            shuffled(split.training, order_random, static_cast<std::uint32_t>(epoch));
        const Augmentation deformation = is_plain(options, epoch) ? Augmentation{} : options.augmentation;
        const Tensor inputs = encode_images(images, order, options.input, deformation, options.seed, epoch);
        Epoch(options, epoch, inputs.size(0)).run(model, optimiser, inputs, labels_of(images, order));

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

/// Gives a network that was trained through a circuit the slopes that plain arithmetic should use.
void set_fitted_slopes(Network& network, const TrainingCircuit& circuit, const DataSet& images,
                       std::span<const Index> which) {
    const Tensor encoded = encode_images(images, which, network.input, {}, 0, 0);
    const float* const data = encoded.data_ptr<float>();
    const Matrix<double> inputs(encoded.size(0), encoded.size(1),
                                std::vector<double>(data, data + encoded.numel()));
    const std::vector<double> slopes = fit_slopes(network, circuit, inputs);
    for (std::size_t l = 0; l < slopes.size(); ++l) network.layers[l].slope = slopes[l];
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
    validate(options, images);
    const SingleThreadedBlas single_threaded;
    const DataSplit split = split_validation(images.count(), options.validation_images, options.seed);
    TrainingResult result = train_split(images, split, options, [&](int epoch, double accuracy) {
        if (observer) observer(epoch, accuracy);
        if (progress) progress("training", epoch + 1, options.epochs);
    });
    if (options.circuit) {
        set_fitted_slopes(result.network, *options.circuit, images, split.validation);
    }
    return result;
}

} // namespace ohmloom
