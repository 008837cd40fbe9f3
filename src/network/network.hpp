#pragma once

#include "base/matrix.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ohmloom {

/// What values a weight may take, and so how it maps to a pair of cells.
enum class WeightKind {
    binary,  ///< −1 or +1
    ternary, ///< −1, 0 or +1
    real,    ///< any finite number
};

/// How an image becomes the network's input, one number in [0, 1] per pixel.
struct InputCoding {
    Index crop = 20;      ///< side of the central square that is used; the rest of the image is dropped
    bool binarise = true; ///< true: 1 where the pixel is above `threshold`, else 0; false: pixel / 255
    int threshold = 127;  ///< grey value of 0..255; used when binarising
    friend bool operator==(const InputCoding&, const InputCoding&) = default;
};

/// One fully connected layer: z = weights·x + bias, and for hidden layers a = 1 / (1 + exp(−slope·z)).
struct DenseLayer {
    Matrix<double> weights;   ///< [outputs x inputs]
    std::vector<double> bias; ///< [outputs]; the weight of an input that is always 1, so of the same kind
    double slope = 1.0;       ///< slope of the sigmoid in software; > 0
    double gain =
        0.0; ///< difference-stage gain the layer was trained with; 0 if it was trained without a circuit

    [[nodiscard]] Index inputs() const { return weights.cols(); }
    [[nodiscard]] Index outputs() const { return weights.rows(); }
    friend bool operator==(const DenseLayer&, const DenseLayer&) = default;
};

/// What a hidden layer hands on for the weighted sum z, bias included: a above.
double activation(const DenseLayer& layer, double z);

/// A trained multi-layer perceptron. The class of an image is the largest output of the last layer.
struct Network {
    std::string name;
    WeightKind weight_kind = WeightKind::real;
    InputCoding input;
    std::vector<DenseLayer> layers;
    double accuracy_software =
        0.0;              ///< fraction of the 10,000 test images, as plain arithmetic without any circuit
    std::string training; ///< how it was trained: the command and its options, for provenance
    friend bool operator==(const Network&, const Network&) = default;
};

/// Checks that a coding is possible. @throws InputError naming the field and its value.
void validate(const InputCoding& coding);

/// Checks that layers fit each other and the input, and that weights and biases are finite and of their kind.
/// @throws InputError naming layer, place and value.
void validate(const Network& network);

/// Reads a network file (schema "ohmloom-network-1"). @throws FileError, InputError naming file and data set.
Network read_network(const std::filesystem::path& file);

/// Writes a network file, complete or not at all; numbers are kept to the last bit.
/// @throws FileError; InputError if the network is not valid.
void write_network(const Network& network, const std::filesystem::path& file);

} // namespace ohmloom
