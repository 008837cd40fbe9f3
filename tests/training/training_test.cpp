#include "training/training.hpp"

#include "base/errors.hpp"
#include "inference/classes.hpp"
#include "inference/inference.hpp"
#include "inference/software.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace ohmloom;

namespace {

/// The first images of the shipped test set: enough to see that training learns.
DataSet some_digits(Index count) {
    const DataSet all = read_dataset(OHMLOOM_SOURCE_DIR "/examples/data");
    const auto pixels = static_cast<std::ptrdiff_t>(count * all.images.cols());
    const auto& values = all.images.values();
    return {"some digits",
            {count, all.images.cols(), {values.begin(), values.begin() + pixels}},
            all.rows,
            all.cols,
            {all.labels.begin(), all.labels.begin() + count}};
}

TrainingOptions small_training(WeightKind kind) {
    TrainingOptions options;
    options.layers = {196, 24, 10};
    options.input = {.crop = 14, .binarise = true};
    options.weight_kind = kind;
    options.epochs = 6;
    options.batch = 20;
    options.learning_rate = 5e-3;
    options.validation_images = 200;
    return options;
}

TrainingCircuit small_circuit() {
    TrainingCircuit circuit;
    circuit.partitions = {{4, 2}, {1, 1}};
    circuit.arrays.r_row = 9.2416;
    circuit.arrays.r_col = 11.552;
    circuit.gains = {30.0, 10.0};
    return circuit;
}

/// Converters of three bits with a strong curve, offsets and gains of their own around small tiles, which nobody calibrates.
MixedTrainingCircuit flawed_converters() {
    MixedTrainingCircuit mixed;
    mixed.partitions = {{4, 2}, {1, 1}};
    ResistiveTiles tiles;
    tiles.circuit.array.stage.kind = StageKind::virtual_ground;
    tiles.circuit.array.r_row = 9.2416;
    tiles.circuit.array.r_col = 11.552;
    tiles.circuit.gain = {10.0, 10.0};
    mixed.tiles = tiles;
    AdcDesign adc;
    adc.bits = 3;
    adc.front.curve.shape = TransferCurve::Shape::s_shape;
    adc.front.curve.strength = 1.0;
    adc.front.offset_sigma = 0.04;
    adc.front.gain_sigma = 0.1;
    mixed.readout.adc = adc;
    return mixed;
}

double mixed_accuracy(const Network& network, const MixedTrainingCircuit& mixed, const DataSet& data,
                      const DataSet& calibration) {
    const auto inputs_of = [&](const DataSet& set) {
        return encode_inputs(set, network.input, 0, set.count());
    };
    const MixedNetwork built =
        build_mixed(network, mixed.partitions, mixed.tiles, mixed.readout, inputs_of(calibration));
    return measure_accuracy(infer_mixed(built, inputs_of(data)).classes, data.labels).value;
}

/// Images taken out of a set, in the given order.
DataSet select(const DataSet& data, const std::vector<Index>& which) {
    DataSet chosen{
        data.name, {static_cast<Index>(which.size()), data.images.cols()}, data.rows, data.cols, {}};
    for (std::size_t i = 0; i < which.size(); ++i) {
        const auto image = data.images.row(which[i]);
        std::copy(image.begin(), image.end(), chosen.images.row(static_cast<Index>(i)).begin());
        chosen.labels.push_back(data.labels[static_cast<std::size_t>(which[i])]);
    }
    return chosen;
}

double software_accuracy(const Network& network, const DataSet& data) {
    const Matrix<double> inputs = encode_inputs(data, network.input, 0, data.count());
    return measure_accuracy(classify_in_software(network, inputs), data.labels).value;
}

double circuit_accuracy(const Network& network, const TrainingCircuit& circuit, const DataSet& data) {
    const Plan plan = make_plan(network, circuit.partitions, circuit.window, Polarity::inverted);
    NetworkCircuit built{circuit.arrays, {}, {}};
    for (const DenseLayer& layer : network.layers) built.gain.push_back(layer.gain);
    const Matrix<double> inputs = encode_inputs(data, network.input, 0, data.count());
    return measure_accuracy(infer(solve_network(plan, built), built.neuron, inputs).classes, data.labels)
        .value;
}

std::vector<double> all_weights(const Network& network) {
    std::vector<double> weights;
    for (const DenseLayer& layer : network.layers) {
        weights.insert(weights.end(), layer.weights.values().begin(), layer.weights.values().end());
        weights.insert(weights.end(), layer.bias.begin(), layer.bias.end());
    }
    return weights;
}

} // namespace

TEST_CASE("a few epochs teach a network of every kind of weights to tell digits apart") {
    const DataSet digits = some_digits(1200);
    for (const WeightKind kind : {WeightKind::binary, WeightKind::ternary, WeightKind::real}) {
        const TrainingResult result = train_network(digits, small_training(kind));
        CHECK(result.validation_accuracy.size() == 6);
        CHECK(result.validation_accuracy.back() > result.validation_accuracy.front());
        CHECK(*std::max_element(result.validation_accuracy.begin(), result.validation_accuracy.end()) > 0.6);
        CHECK_NOTHROW(validate(result.network));
    }
}

TEST_CASE("gradients pass straight through the rounding of weights to their kind") {
    const DataSet digits = some_digits(600);
    TrainingOptions options = small_training(WeightKind::ternary);
    options.epochs = 1;
    const std::vector<double> early = all_weights(train_network(digits, options).network);
    options.epochs = 4;
    const std::vector<double> later = all_weights(train_network(digits, options).network);
    const auto is_allowed = [](double w) { return w == -1.0 || w == 0.0 || w == 1.0; };
    CHECK(std::all_of(later.begin(), later.end(), is_allowed));
    CHECK(std::count(later.begin(), later.end(), 0.0) > 0);
    CHECK(later != early);
}

TEST_CASE("the accuracy that chooses the epoch is that of the exact circuit on the held-back images") {
    const DataSet digits = some_digits(1200);
    TrainingOptions options = small_training(WeightKind::binary);
    options.circuit = small_circuit();
    options.epochs = 1;
    options.learning_rate = 0.05;
    options.refresh_steps = 1000; // only the first step's and the validation's maps are exact
    const TrainingResult result = train_network(digits, options);
    const DataSplit split = split_validation(digits.count(), options.validation_images, options.seed);
    const double exact = circuit_accuracy(result.network, *options.circuit, select(digits, split.validation));
    // Single precision may turn one image of 200 whose two best outputs nearly tie.
    CHECK(std::abs(exact - result.validation_accuracy[0]) <= 0.0051);
}

TEST_CASE("gains are trained except the last layer's, whose scores only need an order") {
    TrainingOptions options = small_training(WeightKind::binary);
    options.epochs = 1;
    options.circuit = small_circuit();
    const DataSet digits = some_digits(600);
    const Network trained = train_network(digits, options).network;
    CHECK(trained.layers[0].gain != testing::approx(30.0));
    CHECK(trained.layers[1].gain == testing::approx(10.0));
    options.circuit->train_gains = false;
    CHECK(train_network(digits, options).network.layers[0].gain == testing::approx(30.0));
}

TEST_CASE("a network trained through its circuit does better on it than one trained without") {
    const DataSet digits = some_digits(1200);
    TrainingOptions options = small_training(WeightKind::binary);
    options.epochs = 15;
    TrainingResult without = train_network(digits, options);
    for (std::size_t l = 0; l < 2; ++l) without.network.layers[l].gain = small_circuit().gains[l];
    options.circuit = small_circuit();
    const TrainingResult through = train_network(digits, options);
    CHECK(circuit_accuracy(through.network, small_circuit(), digits) >
          circuit_accuracy(without.network, small_circuit(), digits) + 0.05);
}

TEST_CASE("the same options give the same network, another seed another one") {
    const DataSet digits = some_digits(600);
    TrainingOptions options = small_training(WeightKind::binary);
    options.epochs = 2;
    options.circuit = small_circuit();
    options.augmentation = {0.5, 0.1, 0.05, 0.05, 0.5};
    const TrainingResult once = train_network(digits, options), again = train_network(digits, options);
    CHECK(once.network == again.network);
    CHECK(once.validation_accuracy == again.validation_accuracy);
    options.seed = 2;
    CHECK(train_network(digits, options).network != once.network);
}

TEST_CASE("training goes on from an initial network") {
    const DataSet digits = some_digits(800);
    TrainingOptions options = small_training(WeightKind::real);
    options.epochs = 8;
    const Network first = train_network(digits, options).network;
    options.epochs = 1;
    options.learning_rate = 1e-6;
    options.initial = first;
    const TrainingResult second = train_network(digits, options);
    CHECK(software_accuracy(second.network, digits) ==
          testing::approx(software_accuracy(first, digits)).epsilon(0.005));
}

TEST_CASE("options that do not fit are refused in a sentence") {
    const DataSet digits = some_digits(300);
    const auto refused = [&](auto change) {
        TrainingOptions options = small_training(WeightKind::binary);
        options.circuit = small_circuit();
        change(options);
        CHECK_THROWS_AS((void)train_network(digits, options), InputError);
    };
    refused([](TrainingOptions& o) { o.layers = {195, 24, 10}; });
    refused([](TrainingOptions& o) { o.layers = {196, 24, 5}; });
    refused([](TrainingOptions& o) { o.layers = {196}; });
    refused([](TrainingOptions& o) { o.input.crop = 29; });
    refused([](TrainingOptions& o) { o.epochs = 0; });
    refused([](TrainingOptions& o) { o.batch = 0; });
    refused([](TrainingOptions& o) { o.learning_rate = 0.0; });
    refused([](TrainingOptions& o) { o.validation_images = 300; });
    refused([](TrainingOptions& o) { o.circuit->partitions.pop_back(); });
    refused([](TrainingOptions& o) { o.circuit->gains[0] = -1.0; });
    refused([](TrainingOptions& o) { o.circuit->partitions[0] = {198, 1}; });
    refused([](TrainingOptions& o) { o.circuit->arrays.stage.kind = StageKind::virtual_ground; });
    refused([](TrainingOptions& o) { o.initial = Network{}; });
    refused([](TrainingOptions& o) { o.activation = Activation::relu; });
    refused([](TrainingOptions& o) { o.batch_norm = true; });
}

TEST_CASE("between converters, too, the accuracy that chooses the epoch is that of the run on the held-back "
          "images") {
    const DataSet digits = some_digits(1200);
    TrainingOptions options = small_training(WeightKind::real);
    options.mixed = flawed_converters();
    options.mixed->calibration_images = options.validation_images;
    options.mixed->readout.dac = DacDesign{.bits = 4, .is_signed = false};
    options.mixed->readout.arithmetic = UnitArithmetic::fixed;
    options.epochs = 1;
    options.refresh_steps = 1000;
    const TrainingResult result = train_network(digits, options);
    const DataSplit split = split_validation(digits.count(), options.validation_images, options.seed);
    const DataSet held_back = select(digits, split.validation);
    const double run = mixed_accuracy(result.network, *options.mixed, held_back, held_back);
    // In single precision a number may fall on the other side of a code's edge: two images of 200.
    CHECK(std::abs(run - result.validation_accuracy[0]) <= 0.0101);
}

TEST_CASE("networks of ReLU, tanh and normalised sums learn, and plain arithmetic agrees with training") {
    const DataSet digits = some_digits(1200);
    for (const Activation activation : {Activation::relu, Activation::tanh, Activation::sigmoid}) {
        for (const bool batch_norm : {false, true}) {
            TrainingOptions options = small_training(WeightKind::real);
            options.activation = activation;
            options.batch_norm = batch_norm;
            const TrainingResult result = train_network(digits, options);
            CHECK(result.network.layers[0].activation == activation);
            CHECK(result.network.layers[0].norm.has_value() == batch_norm);
            CHECK(!result.network.layers[1].norm.has_value());
            const DataSplit split = split_validation(digits.count(), options.validation_images, options.seed);
            const double believed = result.validation_accuracy[static_cast<std::size_t>(result.best_epoch)];
            CHECK(believed > 0.6);
            // Single precision may turn one image of 200 whose two best outputs nearly tie.
            CHECK(std::abs(software_accuracy(result.network, select(digits, split.validation)) - believed) <=
                  0.0051);
            if (!batch_norm) continue;
            // Going on from a network is going on from its normalisation.
            options.initial = result.network;
            options.epochs = 1;
            options.learning_rate = 1e-6;
            CHECK(software_accuracy(train_network(digits, options).network, digits) ==
                  testing::approx(software_accuracy(result.network, digits)).epsilon(0.02));
        }
    }
}

TEST_CASE(
    "around converters, signs in phases or pairs of rows and folded normalisation are those of the run") {
    const DataSet digits = some_digits(1200);
    const DataSplit split = split_validation(digits.count(), 200, 1);
    const DataSet held_back = select(digits, split.validation);
    const auto check = [&](Activation activation, RowSigns signs) {
        TrainingOptions options = small_training(WeightKind::real);
        options.activation = activation;
        options.batch_norm = true;
        options.initial = train_network(digits, options).network;
        options.mixed = flawed_converters();
        options.mixed->calibration_images = options.validation_images;
        options.mixed->readout.adc->bits = 5;
        options.mixed->readout.signs = signs;
        options.mixed->readout.dac = DacDesign{.bits = 5, .is_signed = false};
        options.epochs = 2;
        options.refresh_steps = 1000;
        options.learning_rate = 1e-3;
        const TrainingResult result = train_network(digits, options);
        const double run = mixed_accuracy(result.network, *options.mixed, held_back, held_back);
        // In single precision a number may fall on the other side of a code's edge: two images of 200.
        CHECK(std::abs(run - result.validation_accuracy[static_cast<std::size_t>(result.best_epoch)]) <=
              0.0101);
        CHECK(run > mixed_accuracy(*options.initial, *options.mixed, held_back, held_back));
        CHECK(result.network.layers[0].norm == options.initial->layers[0].norm);
    };
    check(Activation::relu, RowSigns::two_phases);
    check(Activation::tanh, RowSigns::two_phases);
    check(Activation::tanh, RowSigns::row_pairs);
}

TEST_CASE("a network trained around its converters does better between them than one trained as arithmetic") {
    const DataSet digits = some_digits(1200);
    TrainingOptions options = small_training(WeightKind::real);
    const Network plain = train_network(digits, options).network;
    options.mixed = flawed_converters();
    options.initial = plain;
    options.refresh_steps = 50;
    options.epochs = 10;
    const Network around = train_network(digits, options).network;
    const double before = mixed_accuracy(plain, *options.mixed, digits, digits),
                 after = mixed_accuracy(around, *options.mixed, digits, digits);
    CAPTURE(before);
    CHECK(after > before + 0.2);
    CHECK(after > 0.6);
}

TEST_CASE(
    "a network trained around arrays in charge of two poor bits does better on them than one trained as "
    "arithmetic, and as well as the run says") {
    const DataSet digits = some_digits(1200);
    TrainingOptions options = small_training(WeightKind::real);
    const Network plain = train_network(digits, options).network;
    options.mixed = flawed_converters();
    ChargeTiles tiles;
    tiles.design.cell.bits = 2;
    tiles.design.cell.node_parasitic = 0.5;
    tiles.design.cell.unit_sigma = 0.15;
    options.mixed->tiles = tiles;
    options.mixed->readout.adc = AdcDesign{};
    options.mixed->calibration_images = options.validation_images;
    options.initial = plain;
    options.refresh_steps = 10;
    const TrainingResult result = train_network(digits, options);
    const DataSplit split = split_validation(digits.count(), options.validation_images, options.seed);
    const DataSet held_back = select(digits, split.validation);
    const double before = mixed_accuracy(plain, *options.mixed, held_back, held_back),
                 after = mixed_accuracy(result.network, *options.mixed, held_back, held_back);
    CAPTURE(before);
    CAPTURE(after);
    CHECK(after > before + 0.02);
    // In single precision a number may fall on the other side of a code's edge: three images of 200.
    CHECK(std::abs(after - result.validation_accuracy[static_cast<std::size_t>(result.best_epoch)]) <=
          0.0151);
}

TEST_CASE("training between converters refuses what it cannot see through") {
    const DataSet digits = some_digits(400);
    TrainingOptions options = small_training(WeightKind::real);
    options.mixed = flawed_converters();
    options.circuit = small_circuit();
    CHECK_THROWS_AS(train_network(digits, options), InputError);
    options.circuit.reset();
    options.mixed->readout.dac = DacDesign{.bits = 4, .is_signed = false};
    options.mixed->readout.input = RowInput::bit_serial;
    CHECK_THROWS_AS(train_network(digits, options), InputError);
    options.mixed->readout.input = RowInput::level;
    options.batch_norm = true; // but there is no network whose normalisation could be kept
    CHECK_THROWS_AS(train_network(digits, options), InputError);
}
