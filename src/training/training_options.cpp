#include "training/training.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace ohmloom {

namespace {

void require(bool holds, const std::string& message) {
    if (!holds) throw InputError(message);
}

void check_circuit(const TrainingCircuit& circuit, std::size_t layers) {
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
    require(is_ideal(circuit.arrays.stage),
            "training runs through ideal stages: expected no offset_sigma, gain_sigma and open_loop_gain");
}

void check_mixed(const MixedTrainingCircuit& mixed, std::size_t layers) {
    const auto* resistive = std::get_if<ResistiveTiles>(&mixed.tiles);
    const std::size_t gains = resistive ? resistive->circuit.gain.size() : layers;
    require(mixed.partitions.size() == layers && gains == layers,
            fmt::format(
                "the circuit has {} partitions and {} gains for {} layers: expected one of each per layer",
                mixed.partitions.size(), gains, layers));
    require(mixed.readout.input != RowInput::bit_serial,
            "training runs through rows driven by levels or pulse widths: expected no bit-serial rows");
    require(mixed.calibration_images > 0,
            fmt::format("{} calibration images cannot set converters", mixed.calibration_images));
}

/// What hidden layers can be in the circuit that they are trained through.
void check_hidden_layers(const TrainingOptions& options) {
    require(!options.circuit || (options.activation == Activation::sigmoid && !options.batch_norm),
            "training through a circuit without converters knows sigmoid neurons without batch "
            "normalisation: expected those, or a study with [adc]");
    if (!options.mixed || !options.batch_norm) return;
    const bool given =
        options.initial && std::all_of(options.initial->layers.begin(), options.initial->layers.end() - 1,
                                       [](const DenseLayer& layer) { return layer.norm; });
    require(given, "training around converters keeps the batch normalisation that it is given: expected an "
                   "initial network with normalised hidden layers");
}

void check_initial(const Network& initial, const TrainingOptions& options) {
    bool fits = initial.layers.size() + 1 == options.layers.size();
    for (std::size_t l = 0; fits && l < initial.layers.size(); ++l) {
        fits = initial.layers[l].inputs() == options.layers[l] &&
               initial.layers[l].outputs() == options.layers[l + 1];
    }
    require(fits, fmt::format("the initial network '{}' has not the layers that are to be trained: {}",
                              initial.name, fmt::join(options.layers, ", ")));
    for (std::size_t l = 0; l + 1 < initial.layers.size(); ++l) {
        const DenseLayer& layer = initial.layers[l];
        require(
            layer.activation == options.activation,
            fmt::format("layer_{} of the initial network '{}' has {} activations, but {} is to be trained", l,
                        initial.name, to_string(layer.activation), to_string(options.activation)));
        require(!layer.norm || options.batch_norm,
                fmt::format("layer_{} of the initial network '{}' has batch normalisation, but none is to be "
                            "trained",
                            l, initial.name));
    }
    require(!initial.layers.back().norm,
            fmt::format("the last layer of the initial network '{}' has batch normalisation: expected that "
                        "of hidden layers only",
                        initial.name));
}

} // namespace

void validate(const TrainingOptions& options, const DataSet& images) {
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
    require(options.weight_decay >= 0.0 && std::isfinite(options.weight_decay),
            fmt::format("the weight decay is {}: expected a number of at least 0", options.weight_decay));
    require(options.plain_share >= 0.0 && options.plain_share <= 1.0,
            fmt::format("the share of epochs with undeformed images is {}: expected a number from 0 to 1",
                        options.plain_share));
    require(options.smoothing >= 0.0 && options.smoothing < 1.0,
            fmt::format("the label smoothing is {}: expected a number from 0 to below 1", options.smoothing));
    require(options.validation_images > 0 && options.validation_images < images.count(),
            fmt::format("{} of {} images cannot be held back for validation", options.validation_images,
                        images.count()));
    if (options.circuit) check_circuit(*options.circuit, options.layers.size() - 1);
    require(!options.circuit || !options.mixed,
            "a network is trained through one circuit: expected it with converters or without");
    if (options.mixed) check_mixed(*options.mixed, options.layers.size() - 1);
    if (options.initial) check_initial(*options.initial, options);
    check_hidden_layers(options);
}

} // namespace ohmloom
