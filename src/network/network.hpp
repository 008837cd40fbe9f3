#pragma once

#include "base/matrix.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
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

/// What a hidden layer makes of its sums.
enum class Activation {
    sigmoid, ///< 1 / (1 + exp(−y)), from 0 to 1
    relu,    ///< max(0, y), without upper limit
    tanh,    ///< from −1 to 1
    sign,    ///< −1 below 0, else 1
};

/// An activation's name in network files and options, such as "relu".
std::string_view to_string(Activation activation);

/// Batch normalisation of a layer's sums: y = gamma·(z − mean) / sqrt(variance + epsilon) + beta, one of each per output.
/// Source: S. Ioffe and C. Szegedy, arXiv:1502.03167.
struct Normalisation {
    std::vector<double> gamma, beta, mean, variance; ///< [outputs]; variance + epsilon > 0
    double epsilon = 1e-5;
    friend bool operator==(const Normalisation&, const Normalisation&) = default;
};

/// One fully connected layer: z = weights·x + bias, normalised to y, and for hidden layers a = activation(slope·y).
struct DenseLayer {
    Matrix<double> weights;   ///< [outputs x inputs]
    std::vector<double> bias; ///< [outputs]; the weight of an input that is always 1, so of the same kind
    double slope = 1.0;       ///< of the activation in software; > 0
    double gain =
        0.0; ///< difference-stage gain the layer was trained with; 0 if it was trained without a circuit
    Activation activation = Activation::sigmoid; ///< without meaning for the last layer
    std::optional<Normalisation> norm = {};      ///< none: y = z

    [[nodiscard]] Index inputs() const { return weights.cols(); }
    [[nodiscard]] Index outputs() const { return weights.rows(); }
    friend bool operator==(const DenseLayer&, const DenseLayer&) = default;
};

/// The sum y that an output's activation is taken of, for its weighted sum z, bias included.
double normalised(const DenseLayer& layer, Index output, double z);

/// What a hidden layer hands on for the sum y: a above.
double activate(const DenseLayer& layer, double y);

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

/// Whether numbers below 0 can reach a layer: those that a tanh or a sign hands on.
bool has_signed_inputs(const Network& network, std::size_t layer);

/// The same network with no gamma below 0: where one is, it, the mean, and the weights and the bias of that output change sign, which
/// changes no sum. For digital units whose scales have no sign.
Network with_positive_scales(Network network);

/// Checks that a coding is possible. @throws InputError naming the field and its value.
void validate(const InputCoding& coding);

/// Checks that layers fit each other and the input, and that weights and biases are finite and of their kind.
/// @throws InputError naming layer, place and value.
void validate(const Network& network);

/// Reads a network file (schema "ohmloom-network-1" or, with activations and normalisation, "ohmloom-network-2"). @throws FileError, InputError naming file and data set.
Network read_network(const std::filesystem::path& file);

/// Writes a network file, complete or not at all; numbers are kept to the last bit. Networks of sigmoids alone get the first schema.
/// @throws FileError; InputError if the network is not valid.
void write_network(const Network& network, const std::filesystem::path& file);

} // namespace ohmloom
