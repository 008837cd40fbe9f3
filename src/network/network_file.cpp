#include "network/network.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"
#include "store/hdf5.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ohmloom {

namespace {

// Schemas "ohmloom-network-1" and "ohmloom-network-2"
//
//   /                    attributes: schema, name, weight_kind (binary, ternary, real), training,
//                        accuracy_software, input_crop, input_binarise (0 or 1), input_threshold, layers
//   /layer_N/weights     [outputs x inputs] 1; int8 for binary and ternary, double for real
//   /layer_N/bias        [outputs] 1; stored as the weights are
//   /layer_N/slope       scalar 1
//   /layer_N/gain        scalar 1
//
// and in "ohmloom-network-2", which nothing else sets apart from the first:
//
//   /layer_N             attribute: activation (sigmoid, relu, tanh, sign); sigmoid in the first schema
//   /layer_N/gamma, beta, mean, variance   [outputs] 1, together or not at all: batch normalisation
//   /layer_N/epsilon     scalar 1, with them
const std::string schema = "ohmloom-network-1", schema_with_activations = "ohmloom-network-2";
const std::array<std::string, 3> weight_kinds{"binary", "ternary", "real"}; // in the order of WeightKind
const std::array<std::string, 4> activation_names{"sigmoid", "relu", "tanh",
                                                  "sign"}; // in the order of Activation

bool needs_activations(const Network& network) {
    return std::ranges::any_of(network.layers, [](const DenseLayer& layer) {
        return layer.activation != Activation::sigmoid || layer.norm;
    });
}

std::vector<std::int8_t> small_integers(const std::vector<double>& values) {
    std::vector<std::int8_t> integers(values.size());
    std::transform(values.begin(), values.end(), integers.begin(),
                   [](double value) { return static_cast<std::int8_t>(value); });
    return integers;
}

void write_layer(Hdf5Writer& writer, const std::string& group, const DenseLayer& layer, WeightKind kind) {
    if (kind == WeightKind::real) {
        writer.write(group + "/weights", layer.weights, "1", Hdf5Storage::compressed);
        writer.write(group + "/bias", layer.bias, "1");
    } else {
        writer.write(
            group + "/weights",
            Matrix<std::int8_t>(layer.outputs(), layer.inputs(), small_integers(layer.weights.values())), "1",
            Hdf5Storage::compressed);
        writer.write(group + "/bias", small_integers(layer.bias), "1");
    }
    writer.write(group + "/slope", layer.slope, "1");
    writer.write(group + "/gain", layer.gain, "1");
    if (!layer.norm) return;
    writer.write(group + "/gamma", layer.norm->gamma, "1");
    writer.write(group + "/beta", layer.norm->beta, "1");
    writer.write(group + "/mean", layer.norm->mean, "1");
    writer.write(group + "/variance", layer.norm->variance, "1");
    writer.write(group + "/epsilon", layer.norm->epsilon, "1");
}

/// The choice that an attribute names.
template <class T>
T read_choice(const Hdf5Reader& reader, const std::string& path, const std::string& attribute,
              std::span<const std::string> names) {
    const std::string name = reader.attribute_text(path, attribute);
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
        throw FileError(fmt::format("{}: the attribute {}{} is '{}', expected one of {}",
                                    reader.file().string(), attribute, path == "/" ? "" : " of " + path, name,
                                    join_words(names)));
    }
    return static_cast<T>(found - names.begin());
}

Normalisation read_norm(const Hdf5Reader& reader, const std::string& group, Index outputs) {
    const auto read = [&](const char* name) { return reader.read_vector(group + name, "1", outputs); };
    return {read("/gamma"), read("/beta"), read("/mean"), read("/variance"),
            reader.read_scalar(group + "/epsilon", "1")};
}

DenseLayer read_layer(const Hdf5Reader& reader, const std::string& group, bool with_activations) {
    std::vector<std::string> known{"weights", "bias", "slope", "gain"};
    if (with_activations) known.insert(known.end(), {"gamma", "beta", "mean", "variance", "epsilon"});
    reader.require_only(group, known);
    DenseLayer layer;
    layer.weights = reader.read_matrix(group + "/weights", "1");
    layer.bias = reader.read_vector(group + "/bias", "1", layer.outputs());
    layer.slope = reader.read_scalar(group + "/slope", "1");
    layer.gain = reader.read_scalar(group + "/gain", "1");
    if (!with_activations) return layer;
    layer.activation = read_choice<Activation>(reader, group, "activation", activation_names);
    const bool has_norm = std::any_of(known.begin() + 4, known.end(), [&](const std::string& name) {
        return reader.has(group + "/" + name);
    });
    if (has_norm) layer.norm = read_norm(reader, group, layer.outputs());
    return layer;
}

/// Root attribute that must be a whole number in [low, high].
int read_whole_number(const Hdf5Reader& reader, const std::string& name, int low, int high) {
    const double value = reader.attribute_number("/", name);
    if (!(value >= low && value <= high) || value != std::floor(value)) {
        throw FileError(fmt::format("{}: the attribute {} is {}, expected a whole number of {} to {}",
                                    reader.file().string(), name, value, low, high));
    }
    return static_cast<int>(value);
}

InputCoding read_input_coding(const Hdf5Reader& reader) {
    InputCoding input;
    input.crop = read_whole_number(reader, "input_crop", 1, 4096);
    input.binarise = read_whole_number(reader, "input_binarise", 0, 1) == 1;
    input.threshold = read_whole_number(reader, "input_threshold", 0, 255);
    return input;
}

} // namespace

Network read_network(const std::filesystem::path& file) {
    const Hdf5Reader reader(file);
    const bool with_activations = reader.has_attribute("/", "schema") &&
                                  reader.attribute_text("/", "schema") == schema_with_activations;
    if (!with_activations) reader.require_schema(schema);
    Network network;
    network.name = reader.attribute_text("/", "name");
    network.weight_kind = read_choice<WeightKind>(reader, "/", "weight_kind", weight_kinds);
    network.training = reader.attribute_text("/", "training");
    network.accuracy_software = reader.attribute_number("/", "accuracy_software");
    network.input = read_input_coding(reader);

    std::vector<std::string> groups(static_cast<std::size_t>(read_whole_number(reader, "layers", 1, 1000)));
    for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = fmt::format("layer_{}", i);
    reader.require_only("/", groups);
    for (const std::string& group : groups)
        network.layers.push_back(read_layer(reader, "/" + group, with_activations));
    try {
        validate(network);
    } catch (const InputError& error) {
        throw InputError(fmt::format("{}: {}", file.string(), error.what()));
    }
    return network;
}

void write_network(const Network& network, const std::filesystem::path& file) {
    validate(network);
    Hdf5Writer writer(file);
    const bool with_activations = needs_activations(network);
    writer.set_attribute("/", "schema", with_activations ? schema_with_activations : schema);
    writer.set_attribute("/", "name", network.name);
    writer.set_attribute("/", "weight_kind", weight_kinds.at(static_cast<std::size_t>(network.weight_kind)));
    writer.set_attribute("/", "training", network.training);
    writer.set_attribute("/", "accuracy_software", network.accuracy_software);
    writer.set_attribute("/", "input_crop", std::int64_t{network.input.crop});
    writer.set_attribute("/", "input_binarise", network.input.binarise ? 1 : 0);
    writer.set_attribute("/", "input_threshold", network.input.threshold);
    writer.set_attribute("/", "layers", static_cast<std::int64_t>(network.layers.size()));
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const std::string group = fmt::format("/layer_{}", i);
        write_layer(writer, group, network.layers[i], network.weight_kind);
        if (with_activations)
            writer.set_attribute(group, "activation", to_string(network.layers[i].activation));
    }
    writer.commit();
}

} // namespace ohmloom
