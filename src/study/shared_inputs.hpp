#pragma once

#include "network/dataset.hpp"
#include "study/study_file.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace ohmloom {

// What runs of a study begin with: each is read or worked out once for all studies that share their results (Study::shared), and
// anew for a study that shares nothing.

/// A data set by its name, looked for beside the study as well. @throws as read_dataset().
std::shared_ptr<const DataSet> shared_data_set(const Study& study, const std::string& name);

/// Checksum of the content of the data set that a name means to studies in a folder; empty if it is nowhere or cannot be read.
std::string data_set_checksum(const std::filesystem::path& folder, const std::string& name);

/// @throws as read_network().
std::shared_ptr<const Network> shared_network_of(const Study& study, const Scheme& scheme);

/// The first `images` of a data set as a network takes them. [images x inputs]
std::shared_ptr<const Matrix<double>> shared_inputs_of(const Study& study, const Scheme& scheme,
                                                       const Network& network, const DataSet& data,
                                                       Index images);

/// Accuracy of a network as plain arithmetic.
double shared_software_accuracy(const Study& study, const Scheme& scheme, const Network& network,
                                const Matrix<double>& inputs, std::span<const std::uint8_t> labels);

} // namespace ohmloom
