#include "inference/classes.hpp"
#include "inference/software.hpp"
#include "network/dataset.hpp"
#include "network/network.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace ohmloom;

namespace {

struct Shipped {
    std::string file;
    WeightKind kind;
    bool binary_inputs;
    bool through_circuit;
    double least_software_accuracy; ///< 0 for networks whose sums only mean something in their circuit
};

const std::vector<Shipped> shipped_networks{
    {"mnist-real.h5", WeightKind::real, false, false, 0.985},
    {"mnist-relu.h5", WeightKind::real, false, false, 0.99},
    {"mnist-tanh.h5", WeightKind::real, false, false, 0.985},
    {"mnist-real-adc4.h5", WeightKind::real, false, false, 0.7},
    {"mnist-binary.h5", WeightKind::binary, true, false, 0.97},
    {"mnist-binary-16x8x8.h5", WeightKind::binary, true, true, 0.0},
    {"mnist-binary-grey-16x8x8.h5", WeightKind::binary, false, true, 0.0},
    {"mnist-real-grey-16x8x8.h5", WeightKind::real, false, true, 0.0},
    {"mnist-binary-1x1x1.h5", WeightKind::binary, true, true, 0.0},
    {"mnist-binary-2x1x1.h5", WeightKind::binary, true, true, 0.0},
    {"mnist-binary-4x1x1.h5", WeightKind::binary, true, true, 0.0},
    {"mnist-binary-7x2x2.h5", WeightKind::binary, true, true, 0.0},
    {"mnist-binary-13x4x3.h5", WeightKind::binary, true, true, 0.0},
};

const std::filesystem::path examples = std::filesystem::path(OHMLOOM_SOURCE_DIR) / "examples";

} // namespace

TEST_CASE("the shipped network of signs has two layers of the whole image, and its software accuracy") {
    const DataSet digits = read_dataset((examples / "data").string());
    const Network network = read_network(examples / "networks" / "mnist-xnor.h5");
    CHECK(network.weight_kind == WeightKind::binary);
    CHECK(network.input.binarise);
    CHECK(network.training.starts_with("ohmloom train"));
    REQUIRE(network.layers.size() == 2);
    CHECK(network.layers[0].inputs() == 784);
    CHECK(network.layers[0].activation == Activation::sign);
    CHECK(network.layers[0].norm.has_value());
    const Matrix<double> inputs = encode_inputs(digits, network.input, 0, digits.count());
    const double accuracy = measure_accuracy(classify_in_software(network, inputs), digits.labels).value;
    CHECK(accuracy == testing::approx(network.accuracy_software).epsilon(1.01e-4));
    CHECK(accuracy == testing::approx(0.9524).epsilon(0.005)); // of the published network
}

TEST_CASE("every shipped network is what its name says, with the software accuracy that its file states") {
    const DataSet digits = read_dataset((examples / "data").string());
    for (const Shipped& shipped : shipped_networks) {
        CAPTURE(shipped.file);
        const Network network = read_network(examples / "networks" / shipped.file);
        CHECK(network.weight_kind == shipped.kind);
        CHECK(network.input.binarise == shipped.binary_inputs);
        CHECK(network.training.starts_with("ohmloom train"));
        REQUIRE(network.layers.size() == 3);
        CHECK(network.layers[0].inputs() == 400);
        CHECK(network.layers[1].inputs() == 120);
        CHECK(network.layers[2].inputs() == 84);
        CHECK(network.layers[2].outputs() == 10);
        for (const DenseLayer& layer : network.layers) CHECK((layer.gain > 0.0) == shipped.through_circuit);

        const Matrix<double> inputs = encode_inputs(digits, network.input, 0, digits.count());
        const double accuracy = measure_accuracy(classify_in_software(network, inputs), digits.labels).value;
        // One image in ten thousand may lie on the border between two classes in another machine's rounding.
        CHECK(accuracy == testing::approx(network.accuracy_software).epsilon(1.01e-4));
        CHECK(accuracy >= shipped.least_software_accuracy);
    }
}
