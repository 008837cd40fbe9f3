#include "study/shared_inputs.hpp"

#include "base/errors.hpp"
#include "base/result_cache.hpp"
#include "inference/classes.hpp"
#include "inference/software.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

namespace ohmloom {

namespace {

/// From the study's shared results, or made for it alone.
template <class T>
std::shared_ptr<const T> shared(const Study& study, const std::string& name, const std::function<T()>& make,
                                const std::function<std::size_t(const T&)>& bytes) {
    if (!study.shared) return std::make_shared<const T>(make());
    return study.shared->get<T>(name, make, bytes);
}

std::size_t bytes_of(const Network& network) {
    std::size_t numbers = 0;
    for (const DenseLayer& layer : network.layers)
        numbers += layer.weights.values().size() + layer.bias.size();
    return sizeof(double) * numbers + sizeof(Network);
}

} // namespace

std::shared_ptr<const DataSet> shared_data_set(const Study& study, const std::string& name) {
    const std::filesystem::path folder = study.file.parent_path();
    return shared<DataSet>(
        study, fmt::format("data set {} from {}", name, folder.string()),
        [&] { return read_dataset(name, std::vector{folder}); },
        [](const DataSet& data) { return data.images.values().size() + data.labels.size(); });
}

std::string data_set_checksum(const std::filesystem::path& folder, const std::string& name) {
    try {
        const std::optional<DataSetFiles> files = locate_data_set(name, std::vector{folder});
        return files ? data_set_checksum(*files) : "";
    } catch (const Error&) {
        return {}; // whoever runs the study is told what is wrong with it
    }
}

std::shared_ptr<const Network> shared_network_of(const Study& study, const Scheme& scheme) {
    return shared<Network>(
        study, fmt::format("network {}", scheme.network.string()),
        [&] { return read_network(scheme.network); }, bytes_of);
}

std::shared_ptr<const Matrix<double>> shared_inputs_of(const Study& study, const Scheme& scheme,
                                                       const Network& network, const DataSet& data,
                                                       Index images) {
    return shared<Matrix<double>>(
        study,
        fmt::format("{} inputs of network {} from {} of {}", images, scheme.network.string(), study.data_set,
                    study.file.parent_path().string()),
        [&] { return encode_inputs(data, network.input, 0, images); },
        [](const Matrix<double>& inputs) { return sizeof(double) * inputs.values().size(); });
}

double shared_software_accuracy(const Study& study, const Scheme& scheme, const Network& network,
                                const Matrix<double>& inputs, std::span<const std::uint8_t> labels) {
    return *shared<double>(
        study,
        fmt::format("software accuracy of network {} on {} of {} from {}", scheme.network.string(),
                    inputs.rows(), study.data_set, study.file.parent_path().string()),
        [&] { return measure_accuracy(classify_in_software(network, inputs), labels).value; },
        [](const double&) { return sizeof(double); });
}

} // namespace ohmloom
