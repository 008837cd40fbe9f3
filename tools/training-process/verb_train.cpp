#include "base/parallel.hpp"
#include "base/si.hpp"
#include "base/text.hpp"
#include "inference/classes.hpp"
#include "inference/inference.hpp"
#include "inference/software.hpp"
#include "network/dataset.hpp"
#include "output_file.hpp"
#include "progress_bar.hpp"
#include "study/study_file.hpp"
#include "training/training.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ohmloom::cli {

namespace {

const std::string example = R"(Example:
  ohmloom train -o mnist-binary-16x8x8.h5 --weights binary --inputs binary \
      --horizontal 16,8,8 --vertical 8,8,1 --epochs 60 --seed 1

  ohmloom train -o net.h5 --circuit examples/mnist-best.toml --augment 0.5

A study with [adc] is trained around its converters.
Without --circuit or --horizontal and --vertical the network is trained as plain arithmetic, without a circuit.)";

/// What the user asked for, as the flags say it.
struct TrainRequest {
    std::filesystem::path output;
    std::string name;
    std::string weights = "binary";
    std::string inputs = "binary";
    std::string activation; ///< empty: the initial network's, or sigmoid
    bool batch_norm = false;
    std::string data = "mnist-train";
    std::string test_data = "mnist-test";
    std::filesystem::path initial;
    std::filesystem::path study;
    std::vector<Index> horizontal, vertical;
    std::vector<double> gains; ///< empty: the study's, or those of the published study
    bool keep_gains = false;
    std::string r_low = "5k", r_high = "15k", r_row = "9.2416", r_col = "11.552", r_input = "1k",
                r_source = "0";
    double augment = 0.0;
    int threads = 0;
    bool json = false;
    TrainingOptions options;
};

/// What came of it.
struct TrainOutcome {
    double validation_accuracy = 0.0;
    int best_epoch = 0;
    Accuracy software;
    std::optional<Accuracy> circuit;
    double wall_s = 0.0;
};

template <class T>
T choose(const std::string& flag, const std::string& word,
         const std::vector<std::pair<std::string, T>>& choices) {
    std::vector<std::string> names;
    for (const auto& [name, value] : choices) {
        if (name == word) return value;
        names.push_back(name);
    }
    throw InputError(fmt::format("{} is '{}': expected one of {}", flag, word, join_words(names)));
}

double resistance(const std::string& flag, const std::string& text) {
    const double value = parse_si(text, "Ohm");
    if (value < 0.0) throw InputError(fmt::format("{} is {}: a resistance cannot be negative", flag, text));
    return value;
}

std::vector<LayerPartition> partitions_from_flags(const TrainRequest& request) {
    const std::size_t layers = request.options.layers.size() - 1;
    if (request.horizontal.size() != layers || request.vertical.size() != layers) {
        throw InputError(
            fmt::format("--horizontal has {} and --vertical {} numbers: expected one per layer, {} each",
                        request.horizontal.size(), request.vertical.size(), layers));
    }
    std::vector<LayerPartition> partitions;
    for (std::size_t l = 0; l < layers; ++l)
        partitions.push_back({request.horizontal[l], request.vertical[l]});
    return partitions;
}

/// The fewest partitions of the layers to be trained that fit the study's largest tile.
std::vector<LayerPartition> partitions_that_fit(const Study& study, const TrainingOptions& options) {
    const std::vector<Index>& sizes = options.layers;
    std::vector<LayerPartition> partitions;
    for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
        const bool is_signed =
            options.activation == Activation::tanh || options.activation == Activation::sign;
        const bool row_pairs = l > 0 && is_signed && study.mixed && study.mixed->signs == RowSigns::row_pairs;
        partitions.push_back(
            fit_partition(row_count(sizes[l], row_pairs), sizes[l + 1], study.max_rows, study.max_cols));
    }
    return partitions;
}

/// Arrays, cells, read-out and neuron of a study file, cut as its first scheme says unless the flags say otherwise.
TrainingCircuit circuit_from_study(const TrainRequest& request, const TrainingOptions& options) {
    Study study = read_study(request.study);
    study.tables = nullptr; // weights change under them
    if (study.neuron.kind != Neuron::Kind::sigmoid) {
        throw InputError(
            fmt::format("{}: training runs through sigmoid neurons: expected neuron = \"sigmoid\"",
                        request.study.string()));
    }
    TrainingCircuit circuit;
    circuit.partitions = study.schemes.front().partitions;
    if (circuit.partitions.empty()) circuit.partitions = partitions_that_fit(study, options);
    circuit.window = study.window;
    circuit.arrays = study.array;
    circuit.gains = study.gain;
    circuit.supply = study.neuron.v_supply;
    circuit.neuron_slope = study.neuron.slope;
    return circuit;
}

/// Converters of a study file with [adc], around its arrays.
MixedTrainingCircuit converters_from_study(const TrainRequest& request, const Study& study,
                                           const TrainingOptions& options) {
    if (study.devices.size() > 1) {
        throw InputError(fmt::format("{}: training takes one device, but there are {}",
                                     request.study.string(), study.devices.size()));
    }
    MixedTrainingCircuit mixed;
    mixed.partitions = study.schemes.front().partitions;
    if (!request.horizontal.empty() || !request.vertical.empty()) {
        mixed.partitions = partitions_from_flags(request);
    } else if (mixed.partitions.empty()) {
        mixed.partitions = partitions_that_fit(study, options);
    }
    if (study.charge) {
        if (!request.gains.empty())
            throw InputError(
                "--gain: arrays that compute in charge (array.kind = \"charge\") have no stages");
        mixed.tiles = *study.charge;
    } else {
        NetworkCircuit circuit{study.array, study.gain, study.neuron, study.devices.front().use};
        if (!request.gains.empty()) circuit.gain = request.gains;
        if (circuit.gain.empty()) circuit.gain = default_gain(request.options.layers.size() - 1);
        mixed.tiles = ResistiveTiles{study.window, std::move(circuit)};
    }
    mixed.readout = *study.mixed;
    mixed.calibration_images = study.calibration_images;
    return mixed;
}

TrainingCircuit circuit_from_flags(const TrainRequest& request) {
    const double r_low = resistance("--r-low", request.r_low),
                 r_high = resistance("--r-high", request.r_high);
    if (!(r_low > 0.0 && r_high > r_low)) {
        throw InputError(fmt::format("--r-low is {} and --r-high {}: expected 0 < low < high", request.r_low,
                                     request.r_high));
    }
    TrainingCircuit circuit;
    circuit.window = {1.0 / r_high, 1.0 / r_low};
    circuit.arrays.r_row = resistance("--r-row", request.r_row);
    circuit.arrays.r_col = resistance("--r-col", request.r_col);
    circuit.arrays.r_source = resistance("--r-source", request.r_source);
    circuit.arrays.stage.r_input = resistance("--r-input", request.r_input);
    return circuit;
}

std::optional<TrainingCircuit> circuit_of(const TrainRequest& request, const TrainingOptions& options) {
    const bool partitioned = !request.horizontal.empty() || !request.vertical.empty();
    if (request.study.empty() && !partitioned) return std::nullopt;
    TrainingCircuit circuit =
        request.study.empty() ? circuit_from_flags(request) : circuit_from_study(request, options);
    if (partitioned) circuit.partitions = partitions_from_flags(request);
    if (!request.gains.empty()) circuit.gains = request.gains;
    if (circuit.gains.empty()) circuit.gains = default_gain(request.options.layers.size() - 1);
    circuit.train_gains = !request.keep_gains;
    return circuit;
}

/// Deformations of a strength of 1 look like another person's handwriting of the same digit.
Augmentation augmentation_of(double strength) {
    if (!(strength >= 0.0 && strength <= 5.0)) {
        throw InputError(fmt::format("--augment is {}: expected a strength from 0 to 5", strength));
    }
    return {0.6 * strength, 0.1 * strength, 0.06 * strength, 0.08 * strength, 0.6 * strength};
}

/// Hidden layers as the flags say, or as those of the network to start from are.
void set_hidden_layers(const TrainRequest& request, TrainingOptions& options) {
    const auto& initial = options.initial;
    if (initial && initial->layers.size() > 1) {
        options.activation = initial->layers.front().activation;
        options.batch_norm = initial->layers.front().norm.has_value();
    }
    if (!request.activation.empty()) {
        options.activation = choose<Activation>("--activation", request.activation,
                                                {{"sigmoid", Activation::sigmoid},
                                                 {"relu", Activation::relu},
                                                 {"tanh", Activation::tanh},
                                                 {"sign", Activation::sign}});
    }
    options.batch_norm = options.batch_norm || request.batch_norm;
}

TrainingOptions training_options(const TrainRequest& request) {
    TrainingOptions options = request.options;
    options.weight_kind = choose<WeightKind>(
        "--weights", request.weights,
        {{"binary", WeightKind::binary}, {"ternary", WeightKind::ternary}, {"real", WeightKind::real}});
    options.input.binarise = choose<bool>("--inputs", request.inputs, {{"binary", true}, {"grey", false}});
    options.augmentation = augmentation_of(request.augment);
    if (!request.initial.empty()) options.initial = with_positive_scales(read_network(request.initial));
    set_hidden_layers(request, options);
    std::optional<Study> study;
    if (!request.study.empty()) {
        study = read_study(request.study);
        study->tables = nullptr; // weights change under them
    }
    if (study && study->mixed) {
        options.mixed = converters_from_study(request, *study, options);
    } else {
        options.circuit = circuit_of(request, options);
    }
    return options;
}

/// The command that the user gave, option by option, to be kept in the network file.
std::string command_text(const CLI::App& verb) {
    std::string text = "ohmloom train";
    for (const CLI::Option* option : verb.get_options()) {
        if (option->count() == 0) continue;
        text += fmt::format(" {}", option->get_name());
        if (option->get_items_expected_max() > 0)
            text += fmt::format(" {}", fmt::join(option->results(), ","));
    }
    return text;
}

Accuracy circuit_accuracy(const Network& network, const TrainingCircuit& circuit, const DataSet& images) {
    const Plan plan = make_plan(network, circuit.partitions, circuit.window, Polarity::inverted);
    NetworkCircuit built{circuit.arrays, {}, {}};
    built.neuron.v_supply = circuit.supply;
    built.neuron.slope = circuit.neuron_slope;
    for (const DenseLayer& layer : network.layers) built.gain.push_back(layer.gain);
    const Matrix<double> inputs = encode_inputs(images, network.input, 0, images.count());
    return measure_accuracy(infer(build_network(plan, built), built.neuron, inputs, {}, false).classes,
                            images.labels);
}

Accuracy converter_accuracy(const Network& network, const MixedTrainingCircuit& mixed,
                            const DataSet& calibration, const DataSet& images) {
    const Index count = std::min(mixed.calibration_images, calibration.count());
    const MixedNetwork built = build_mixed(network, mixed.partitions, mixed.tiles, mixed.readout,
                                           encode_inputs(calibration, network.input, 0, count), {}, false);
    const Matrix<double> inputs = encode_inputs(images, network.input, 0, images.count());
    return measure_accuracy(infer_mixed(built, inputs, {}, false).classes, images.labels);
}

/// Shows each epoch's accuracy above the progress bar, on a terminal.
EpochObserver make_epoch_lines() {
    if (isatty(STDERR_FILENO) == 0) return {};
    return [](int epoch, double accuracy) {
        fmt::print(stderr, "\r\033[Kepoch {:>3}: validation accuracy {:.2f} %\n", epoch + 1,
                   100.0 * accuracy);
    };
}

void print_outcome(const TrainRequest& request, const TrainOutcome& outcome) {
    if (request.json) {
        nlohmann::ordered_json result{{"schema", "ohmloom-train-1"},
                                      {"network", request.output.string()},
                                      {"epoch", outcome.best_epoch + 1},
                                      {"validation_accuracy", outcome.validation_accuracy},
                                      {"accuracy_software", outcome.software.value},
                                      {"accuracy_circuit", nullptr},
                                      {"wall_s", outcome.wall_s}};
        if (outcome.circuit) result["accuracy_circuit"] = outcome.circuit->value;
        fmt::print("{}\n", result.dump(2));
        return;
    }
    const auto test_line = [](const char* what, const Accuracy& accuracy) {
        fmt::print("{:<32} {:6.2f} %  ({:.2f} to {:.2f} %)\n", what, 100.0 * accuracy.value,
                   100.0 * accuracy.low, 100.0 * accuracy.high);
    };
    fmt::print("{:<32} {:6.2f} %  in epoch {}\n", "held-back training images",
               100.0 * outcome.validation_accuracy, outcome.best_epoch + 1);
    test_line("test images, plain arithmetic", outcome.software);
    if (outcome.circuit) test_line("test images, through the circuit", *outcome.circuit);
    fmt::print("wrote {} after {:.0f} s\n", request.output.string(), outcome.wall_s);
}

int train(const TrainRequest& request, const std::string& command) {
    const ThreadLimit threads(request.threads);
    const auto started = std::chrono::steady_clock::now();
    require_output(request.output, {request.initial, request.study}); // now, not after minutes of training
    const TrainingOptions options = training_options(request);
    const DataSet training_images = read_dataset(request.data), test_images = read_dataset(request.test_data);
    TrainingResult result = train_network(training_images, options, make_progress_bar(), make_epoch_lines());

    Network& network = result.network;
    network.name = request.name.empty() ? request.output.stem().string() : request.name;
    network.training = command;
    TrainOutcome outcome;
    outcome.best_epoch = result.best_epoch;
    outcome.validation_accuracy = result.validation_accuracy[static_cast<std::size_t>(result.best_epoch)];
    outcome.software = measure_accuracy(
        classify_in_software(network, encode_inputs(test_images, network.input, 0, test_images.count())),
        test_images.labels);
    network.accuracy_software = outcome.software.value;
    if (options.circuit) outcome.circuit = circuit_accuracy(network, *options.circuit, test_images);
    if (options.mixed)
        outcome.circuit = converter_accuracy(network, *options.mixed, training_images, test_images);
    write_network(network, request.output);
    outcome.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    print_outcome(request, outcome);
    return exit_good;
}

void add_options(CLI::App& verb, TrainRequest& request) {
    TrainingOptions& options = request.options;
    verb.add_option("-o,--output", request.output, "network file to write")->required();
    verb.add_option("--name", request.name, "name inside the file [name of the file]");
    verb.add_option("--weights", request.weights, "binary, ternary or real")->capture_default_str();
    verb.add_option("--inputs", request.inputs, "binary or grey")->capture_default_str();
    verb.add_option("--data", request.data, "data set, or folder, to train on")->capture_default_str();
    verb.add_option("--test-data", request.test_data, "data set, or folder, to report on")
        ->capture_default_str();
    verb.add_option("--layers", options.layers, "inputs, hidden units and classes")
        ->delimiter(',')
        ->capture_default_str();
    verb.add_option("--crop", options.input.crop,
                    "side of the square of pixels that is used; the first of --layers is its square")
        ->check(at_least(1))
        ->capture_default_str();
    verb.add_option("--activation", request.activation,
                    "of hidden layers: sigmoid, relu, tanh or sign [the initial network's, or sigmoid]");
    verb.add_flag("--batch-norm", request.batch_norm, "normalise the sums of hidden layers");
    verb.add_option("--init", request.initial, "network file to start from");
    verb.add_option("--seed", options.seed, "of every random choice")->capture_default_str();

    const std::string circuit = "Circuit";
    CLI::Option* study =
        verb.add_option(
                "--circuit", request.study,
                "study file with the circuit to train through: its arrays, cells, read-out and first scheme")
            ->group(circuit);
    const auto add_list = [&](const char* flag, auto& list, const char* meaning) {
        verb.add_option(flag, list, meaning)->delimiter(',')->group(circuit);
    };
    add_list("--horizontal", request.horizontal, "horizontal partitions of each layer");
    add_list("--vertical", request.vertical, "vertical partitions of each layer");
    add_list("--gain", request.gains,
             "gain of each layer's difference stages at the start [the study's, or 30,30,10]");
    verb.add_flag("--keep-gains", request.keep_gains, "do not train the gains")->group(circuit);
    const auto add_resistance = [&](const char* flag, std::string& text, const char* meaning) {
        verb.add_option(flag, text, meaning)->capture_default_str()->excludes(study)->group(circuit);
    };
    add_resistance("--r-low", request.r_low, "cell in its low-resistance state [Ohm]");
    add_resistance("--r-high", request.r_high, "cell in its high-resistance state [Ohm]");
    add_resistance("--r-row", request.r_row, "row segment [Ohm]");
    add_resistance("--r-col", request.r_col, "column segment [Ohm]");
    add_resistance("--r-source", request.r_source, "row driver [Ohm]");
    add_resistance("--r-input", request.r_input, "input resistor of the difference stage [Ohm]");
    verb.add_option("--refresh", options.refresh_steps, "steps between exact solutions of the arrays")
        ->capture_default_str()
        ->group(circuit);

    const std::string learning = "Learning";
    const auto add_number = [&](const char* flag, auto& number, const char* meaning) {
        verb.add_option(flag, number, meaning)->capture_default_str()->group(learning);
    };
    add_number("--epochs", options.epochs, "passes over the training images");
    add_number("--batch", options.batch, "images per step");
    add_number("--learning-rate", options.learning_rate, "of Adam, falling to 0 by a half cosine");
    add_number("--weight-decay", options.weight_decay, "of the weights, times the learning rate");
    add_number("--augment", request.augment, "strength of random deformations of the images, 0 to 5");
    add_number("--plain-share", options.plain_share, "share of the epochs, at the end, without deformations");
    add_number("--smoothing", options.smoothing, "label smoothing");
    add_number("--validation", options.validation_images, "training images held back to choose the epoch by");
    verb.add_option("--threads", request.threads, "threads to use; 0 for all")
        ->check(at_least(0))
        ->capture_default_str();
    verb.add_flag("--json", request.json, "print the result as one JSON object");
}

} // namespace

void add_train_verb(CommandLine& line) {
    CLI::App* verb = line.app.add_subcommand("train", "Train a network, through a circuit if one is given");
    verb->footer(example);
    const auto request = std::make_shared<TrainRequest>();
    add_options(*verb, *request);
    verb->callback([&line, verb, request] {
        line.chosen = [verb, request] { return train(*request, command_text(*verb)); };
    });
}

} // namespace ohmloom::cli
