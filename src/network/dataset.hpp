#pragma once

#include "base/matrix.hpp"
#include "network/network.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// Labelled grey images.
struct DataSet {
    std::string name;
    Matrix<std::uint8_t> images; ///< [count x rows*cols] grey values of 0..255, row by row
    Index rows = 0;              ///< of one image
    Index cols = 0;
    std::vector<std::uint8_t> labels; ///< [count] class of each image

    [[nodiscard]] Index count() const { return images.rows(); }
};

/// The two files of a data set.
struct DataSetFiles {
    std::filesystem::path images;
    std::filesystem::path labels;
};

/// Data sets known by name: mnist-test, mnist-train, fashion-mnist-test, fashion-mnist-train.
const std::vector<std::string>& known_data_sets();

/// The user's own folder for data: $OHMLOOM_DATA, or else ohmloom in $XDG_DATA_HOME or ~/.local/share.
/// Empty if none of these is set. Each collection has a folder in it: mnist, fashion-mnist.
std::filesystem::path user_data_folder();

/// Where the files of a collection ("mnist", "fashion-mnist") are looked for, first to last: for each search
/// folder F the folders F/<collection> and F/data/<collection>, for MNIST also F and F/data; the user's data
/// folder; the collection's own place (examples/data for MNIST, /usr/share/datasets/fashion-mnist).
std::vector<std::filesystem::path> data_set_folders(const std::string& collection,
                                                    std::span<const std::filesystem::path> search = {});

/// The files of a data set by name, where they are first found, with or without ".gz"; none if nowhere.
/// @throws InputError for an unknown name.
std::optional<DataSetFiles> find_data_set(const std::string& name,
                                          std::span<const std::filesystem::path> search = {});

/// The files that read_dataset() reads for a name or folder; none if they are nowhere, or it is neither.
std::optional<DataSetFiles> locate_data_set(const std::string& name_or_folder,
                                            std::span<const std::filesystem::path> search = {});

/// Names a data set by its content: SHA-256 of the bytes of both files, unpacked ones of those that are packed.
/// @throws FileError if a file cannot be read.
std::string data_set_checksum(const DataSetFiles& files);

/// Reads images and labels and holds them to each other.
/// @throws FileError naming file and byte offset; see read_idx_images.
DataSet read_data_set_files(const std::string& name, const DataSetFiles& files);

/// Reads a data set by its name, or from a folder that holds IDX files under MNIST's names: its t10k files,
/// or with "/train" behind the folder its training files.
/// @throws InputError for a name that is neither; FileError if the files are in none of the folders (it
///         lists them and the command that gets the data), or are damaged.
DataSet read_dataset(const std::string& name_or_folder, std::span<const std::filesystem::path> search = {});

/// Inputs of a network for the images [first, first + count): the central square of each, coded as
/// `coding` says, row by row.
/// @return [count x crop*crop], each in [0, 1]
/// @throws InputError if the square is larger than the images, or the range is not in the data set.
Matrix<double> encode_inputs(const DataSet& data, const InputCoding& coding, Index first, Index count);

/// Which images train and which are held back to choose by; both ascending.
struct DataSplit {
    std::vector<Index> training;
    std::vector<Index> validation;
};

/// Holds back `held_back` of `count` images, drawn without replacement: a pure function of the arguments.
/// @throws InputError unless 0 <= held_back <= count.
DataSplit split_validation(Index count, Index held_back, std::uint64_t seed);

} // namespace ohmloom
