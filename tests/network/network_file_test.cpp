#include "network/network.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"
#include "tests/approx.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace ohmloom;

namespace {

/// Two layers on 2 x 2 pixels: 4 inputs, 3 hidden units, 2 outputs.
Network sample(WeightKind kind) {
    Network network;
    network.name = "sample";
    network.weight_kind = kind;
    network.input = {2, false, 99};
    network.accuracy_software = 0.9731;
    network.training = "ohmloom train --seed 1";
    const bool real = kind == WeightKind::real;
    const double off = kind == WeightKind::binary ? -1.0 : 0.0;
    network.layers.push_back(
        {Matrix<double>(3, 4, {1, -1, off, 1, 1, off, -1, real ? 0.1 : 1, -1, 1, 1, off}),
         {1, -1, real ? 1.0 / 3.0 : off},
         4.25,
         30.0});
    network.layers.push_back({Matrix<double>(2, 3, {1, -1, 1, -1, off, 1}), {-1, 1}, 1.0, 0.0});
    return network;
}

/// The same with a ReLU, and sums that are normalised.
Network normalised_sample() {
    Network network = sample(WeightKind::real);
    network.layers[0].activation = Activation::relu;
    network.layers[0].norm = {
        {1.5, -0.5, 0.25}, {0.1, 0.2, -1.0 / 3.0}, {0.5, -2.0, 1.0}, {4.0, 0.25, 1.0}, 1e-3};
    return network;
}

/// What reading says of a network file that differs from a good one by `change`.
template <class Change>
std::string error_of_file(const Change& change) {
    const TemporaryFolder folder;
    Hdf5Writer writer(folder / "net.h5");
    writer.set_attribute("/", "schema", "ohmloom-network-1");
    writer.set_attribute("/", "name", "sample");
    writer.set_attribute("/", "weight_kind", "real");
    writer.set_attribute("/", "training", "");
    writer.set_attribute("/", "accuracy_software", 0.5);
    writer.set_attribute("/", "input_crop", 2);
    writer.set_attribute("/", "input_binarise", 1);
    writer.set_attribute("/", "input_threshold", 127);
    writer.set_attribute("/", "layers", 1);
    change(writer);
    writer.commit();
    return message_of<Error>([&] { (void)read_network(folder / "net.h5"); });
}

void write_layer(Hdf5Writer& writer, const Matrix<double>& weights, const std::vector<double>& bias) {
    writer.write("/layer_0/weights", weights, "1");
    writer.write("/layer_0/bias", bias, "1");
    writer.write("/layer_0/slope", 1.0, "1");
    writer.write("/layer_0/gain", 0.0, "1");
}

} // namespace

TEST_CASE("a network of every kind is read back exactly") {
    const TemporaryFolder folder;
    for (const WeightKind kind : {WeightKind::binary, WeightKind::ternary, WeightKind::real}) {
        write_network(sample(kind), folder / "net.h5");
        CHECK(read_network(folder / "net.h5") == sample(kind));
        CHECK(folder.entries() == 1);
    }
}

TEST_CASE("activations and normalisation are kept, and only they need the second schema") {
    const TemporaryFolder folder;
    const auto schema_of = [&] { return Hdf5Reader(folder / "net.h5").attribute_text("/", "schema"); };
    for (const Activation activation :
         {Activation::relu, Activation::tanh, Activation::sign, Activation::sigmoid}) {
        Network network = sample(WeightKind::binary);
        network.layers[0].activation = activation;
        write_network(network, folder / "net.h5");
        CHECK(read_network(folder / "net.h5") == network);
        CHECK(schema_of() == (activation == Activation::sigmoid ? "ohmloom-network-1" : "ohmloom-network-2"));
    }
    write_network(normalised_sample(), folder / "net.h5");
    CHECK(read_network(folder / "net.h5") == normalised_sample());
    CHECK(schema_of() == "ohmloom-network-2");
}

TEST_CASE("activations and normalisation are what their formulas say") {
    const DenseLayer layer = normalised_sample().layers[0]; // slope 4.25
    // 1.5·(2.5 − 0.5)/sqrt(4.001) + 0.1
    CHECK(normalised(layer, 0, 2.5) == testing::approx(3.0 / std::sqrt(4.001) + 0.1));
    CHECK(normalised(layer, 1, 1.0) == testing::approx(-0.5 * 3.0 / std::sqrt(0.251) + 0.2));
    CHECK(activate(layer, 0.4) == testing::approx(1.7));
    CHECK(activate(layer, -0.4) == 0.0);
    DenseLayer other = sample(WeightKind::real).layers[0];
    CHECK(normalised(other, 1, -7.0) == -7.0);
    CHECK(activate(other, 0.4) == testing::approx(1.0 / (1.0 + std::exp(-1.7))));
    other.activation = Activation::tanh;
    CHECK(activate(other, -0.4) == testing::approx(-std::tanh(1.7)));
    other.activation = Activation::sign;
    CHECK(activate(other, -1e-300) == -1.0);
    CHECK(activate(other, 0.0) == 1.0);
}

TEST_CASE("turning a gamma's sign into weights changes no normalised sum") {
    const DenseLayer before = normalised_sample().layers[0];
    const DenseLayer after = with_positive_scales(normalised_sample()).layers[0];
    CHECK(after.norm->gamma == std::vector<double>{1.5, 0.5, 0.25});
    const std::vector<double> x{0.2, 0.9, 0.4, 0.7};
    for (Index o = 0; o < 3; ++o) {
        const auto sum = [&](const DenseLayer& layer) {
            double z = layer.bias[static_cast<std::size_t>(o)];
            for (Index i = 0; i < 4; ++i) z += layer.weights(o, i) * x[static_cast<std::size_t>(i)];
            return normalised(layer, o, z);
        };
        CHECK(sum(after) == testing::approx(sum(before)));
    }
}

TEST_CASE("every data set of a network file has a unit") {
    const TemporaryFolder folder;
    write_network(sample(WeightKind::binary), folder / "net.h5");
    const Hdf5Reader reader(folder / "net.h5");
    for (const std::string& group : reader.children("/")) {
        for (const std::string& name : reader.children("/" + group))
            CHECK(reader.attribute_text("/" + group + "/" + name, "unit") == "1");
    }
}

TEST_CASE("a network that is not valid is neither written nor left half written") {
    const TemporaryFolder folder;
    Network network = sample(WeightKind::real);
    network.layers[1].weights(0, 2) = std::nan("");
    CHECK(mentions(message_of<InputError>([&] { write_network(network, folder / "net.h5"); }),
                   "layer_1: weights[0, 2] is nan", "finite"));
    CHECK(folder.entries() == 0);
}

TEST_CASE("what does not fit in a network is named") {
    const auto error = [](WeightKind kind, const auto& change) {
        Network network = sample(kind);
        change(network);
        return message_of<InputError>([&] { validate(network); });
    };
    CHECK(error(WeightKind::ternary, [](Network&) {}).empty());
    CHECK(mentions(error(WeightKind::binary, [](Network& n) { n.layers[0].weights(2, 1) = 0.0; }),
                   "layer_0: weights[2, 1] is 0", "binary"));
    CHECK(mentions(error(WeightKind::ternary, [](Network& n) { n.layers[0].bias[1] = 0.5; }),
                   "layer_0: bias[1] is 0.5", "ternary"));
    CHECK(mentions(error(WeightKind::real,
                         [](Network& n) { n.layers[0].bias[1] = std::numeric_limits<double>::infinity(); }),
                   "layer_0: bias[1] is inf"));
    CHECK(mentions(error(WeightKind::real, [](Network& n) { n.layers[1].bias.pop_back(); }),
                   "layer_1: bias has 1 entries, expected 2"));
    CHECK(mentions(error(WeightKind::real, [](Network& n) { n.layers[1].weights = Matrix<double>(2, 4); }),
                   "layer_1", "[2 x 4]", "[outputs x 3]"));
    CHECK(
        mentions(error(WeightKind::real, [](Network& n) { n.input.crop = 3; }), "layer_0", "x 9]", "image"));
    CHECK(mentions(error(WeightKind::real, [](Network& n) { n.layers[1].weights = Matrix<double>(0, 3); }),
                   "layer_1", "at least one"));
    CHECK(mentions(error(WeightKind::real, [](Network& n) { n.layers[0].slope = 0.0; }), "slope is 0"));
    CHECK(mentions(error(WeightKind::real, [](Network& n) { n.layers[0].gain = -1.0; }), "gain is -1"));
    CHECK(mentions(error(WeightKind::real, [](Network& n) { n.layers.clear(); }), "no layers"));
    CHECK(mentions(error(WeightKind::real, [](Network& n) { n.accuracy_software = 97.0; }), "97"));
    CHECK(mentions(error(WeightKind::real,
                         [](Network& n) {
                             n.layers[0].norm = normalised_sample().layers[0].norm;
                             n.layers[0].norm->beta.pop_back();
                         }),
                   "layer_0: beta", "2 entries, expected 3"));
    CHECK(mentions(error(WeightKind::real,
                         [](Network& n) {
                             n.layers[0].norm = normalised_sample().layers[0].norm;
                             n.layers[0].norm->variance[1] = -1.0;
                         }),
                   "layer_0: variance[1]", "-1", "positive"));
}

TEST_CASE("a network file that is not as it should be is refused by name") {
    const Matrix<double> weights(2, 4, 0.5);
    const auto error = [](const auto& change) { return error_of_file(change); };
    CHECK(error([&](Hdf5Writer& w) { write_layer(w, weights, {1, 2}); }).empty());
    CHECK(mentions(error([&](Hdf5Writer& w) {
                       Matrix<double> wrong = weights;
                       wrong(1, 3) = std::nan("");
                       write_layer(w, wrong, {1, 2});
                   }),
                   "net.h5: layer_0: weights[1, 3] is nan"));
    CHECK(mentions(error([&](Hdf5Writer& w) {
                       write_layer(w, weights, {1, 2, 3});
                   }),
                   "net.h5", "/layer_0/bias", "[3]", "[2]"));
    CHECK(mentions(error([&](Hdf5Writer& w) {
                       write_layer(w, weights, {1, 2});
                       w.write("/layer_0/wieghts", 1.0, "1");
                   }),
                   "/layer_0/wieghts", "did you mean weights"));
    CHECK(mentions(error([&](Hdf5Writer& w) {
                       write_layer(w, weights, {1, 2});
                       w.set_attribute("/", "weight_kind", "quaternary");
                   }),
                   "'quaternary'", "binary, ternary, real"));
    CHECK(mentions(error([&](Hdf5Writer& w) {
                       write_layer(w, weights, {1, 2});
                       w.set_attribute("/", "layers", 2);
                   }),
                   "layer_1", "missing"));
    CHECK(mentions(error([&](Hdf5Writer& w) {
                       write_layer(w, weights, {1, 2});
                       w.set_attribute("/", "input_threshold", 1.5);
                   }),
                   "input_threshold", "1.5"));
    CHECK(mentions(error([&](Hdf5Writer& w) { w.set_attribute("/", "schema", "ohmloom-array-1"); }),
                   "'ohmloom-array-1'", "'ohmloom-network-1'"));
    const auto second = [&](Hdf5Writer& w) {
        write_layer(w, weights, {1, 2});
        w.set_attribute("/", "schema", "ohmloom-network-2");
    };
    CHECK(mentions(error(second), "activation"));
    CHECK(mentions(error([&](Hdf5Writer& w) {
                       second(w);
                       w.set_attribute("/layer_0", "activation", "softmax");
                   }),
                   "activation of /layer_0 is 'softmax'", "sigmoid, relu, tanh, sign"));
    CHECK(mentions(error([&](Hdf5Writer& w) {
                       second(w);
                       w.set_attribute("/layer_0", "activation", "relu");
                       w.write("/layer_0/gamma", std::vector<double>{1.0, 1.0}, "1");
                   }),
                   "/layer_0/beta", "missing"));
    CHECK(mentions(error([&](Hdf5Writer& w) {
                       write_layer(w, weights, {1, 2});
                       w.write("/layer_0/gamma", std::vector<double>{1.0, 1.0}, "1");
                   }),
                   "/layer_0/gamma"));
}
