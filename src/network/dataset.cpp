#include "network/dataset.hpp"

#include "base/errors.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "network/byte_stream.hpp"
#include "network/idx.hpp"
#include "store/fingerprint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace ohmloom {

namespace {

namespace fs = std::filesystem;

constexpr int classes = 10;

fs::path folder_of_environment(const char* variable) {
    const char* const value = std::getenv(variable);
    return value == nullptr ? fs::path() : fs::path(value);
}

bool is_folder(const fs::path& path) {
    std::error_code ignored;
    return fs::is_directory(path, ignored);
}

std::optional<DataSetFiles> files_in(const fs::path& folder, bool train) {
    const std::string prefix = train ? "train" : "t10k";
    const std::optional<fs::path> images = plain_or_packed(folder / (prefix + "-images-idx3-ubyte"));
    const std::optional<fs::path> labels = plain_or_packed(folder / (prefix + "-labels-idx1-ubyte"));
    if (!images || !labels) return std::nullopt;
    return DataSetFiles{*images, *labels};
}

struct NameParts {
    std::string collection;
    bool train = false;
};

std::optional<NameParts> parts_of(const std::string& name) {
    const std::vector<std::string>& known = known_data_sets();
    if (std::find(known.begin(), known.end(), name) == known.end()) return std::nullopt;
    const std::size_t dash = name.rfind('-');
    return NameParts{name.substr(0, dash), name.substr(dash + 1) == "train"};
}

std::optional<DataSetFiles> files_of(const NameParts& parts, std::span<const fs::path> search) {
    for (const fs::path& folder : data_set_folders(parts.collection, search)) {
        if (std::optional<DataSetFiles> files = files_in(folder, parts.train)) return files;
    }
    return std::nullopt;
}

[[noreturn]] void refuse_name(const std::string& name) {
    const std::string nearest = nearest_word(name, known_data_sets());
    throw InputError(fmt::format("data set '{}' is neither a known name ({}) nor a folder{}", name,
                                 join_words(known_data_sets()),
                                 nearest.empty() ? "" : "; did you mean " + nearest + "?"));
}

[[noreturn]] void report_missing(const std::string& name, const std::string& collection,
                                 std::span<const fs::path> search) {
    std::vector<std::string> folders;
    for (const fs::path& folder : data_set_folders(collection, search)) folders.push_back(folder.string());
    throw FileError(
        fmt::format("data set {} was not found in: {}; get it with `{}`", name, join_words(folders),
                    collection == "mnist" ? "ohmloom data mnist" : "apt install dataset-fashion-mnist"));
}

struct FolderPart {
    fs::path folder;
    bool train = false;
};

/// A folder, or a folder followed by "/train" or "/test".
std::optional<FolderPart> folder_part(const std::string& text) {
    const fs::path folder(text);
    if (is_folder(folder)) return FolderPart{folder, false};
    const std::string last = folder.filename().string();
    if ((last != "train" && last != "test") || !is_folder(folder.parent_path())) return std::nullopt;
    return FolderPart{folder.parent_path(), last == "train"};
}

std::optional<DataSet> read_from_folder(const std::string& text) {
    const std::optional<FolderPart> part = folder_part(text);
    if (!part) return std::nullopt;
    const auto& [folder, train] = *part;
    const std::optional<DataSetFiles> files = files_in(folder, train);
    if (!files) {
        const std::string_view prefix = train ? "train" : "t10k";
        throw FileError(fmt::format("the folder {} holds no {}-images-idx3-ubyte and {}-labels-idx1-ubyte, "
                                    "with or without .gz",
                                    folder.string(), prefix, prefix));
    }
    return read_data_set_files(text, *files);
}

double coded(std::uint8_t pixel, const InputCoding& coding) {
    if (coding.binarise) return pixel > coding.threshold ? 1.0 : 0.0;
    return pixel / 255.0;
}

} // namespace

const std::vector<std::string>& known_data_sets() {
    static const std::vector<std::string> names{"mnist-test", "mnist-train", "fashion-mnist-test",
                                                "fashion-mnist-train"};
    return names;
}

fs::path user_data_folder() {
    if (fs::path chosen = folder_of_environment("OHMLOOM_DATA"); !chosen.empty()) return chosen;
    if (const fs::path data = folder_of_environment("XDG_DATA_HOME"); !data.empty()) return data / "ohmloom";
    if (const fs::path home = folder_of_environment("HOME"); !home.empty())
        return home / ".local/share/ohmloom";
    return {};
}

std::vector<fs::path> data_set_folders(const std::string& collection, std::span<const fs::path> search) {
    // The files of all collections bear the same names, so a folder that does not bear the collection's own
    // name is only looked into for MNIST, the one these names come from.
    const bool is_mnist = collection == "mnist";
    std::vector<fs::path> folders;
    for (const fs::path& folder : search) {
        folders.push_back(folder / collection);
        folders.push_back(folder / "data" / collection);
        if (!is_mnist) continue;
        folders.push_back(folder);
        folders.push_back(folder / "data");
    }
    if (const fs::path user = user_data_folder(); !user.empty()) folders.push_back(user / collection);
    folders.emplace_back(is_mnist ? "examples/data" : "/usr/share/datasets/" + collection);
    return folders;
}

std::optional<DataSetFiles> find_data_set(const std::string& name, std::span<const fs::path> search) {
    const std::optional<NameParts> parts = parts_of(name);
    if (!parts) refuse_name(name);
    return files_of(*parts, search);
}

std::optional<DataSetFiles> locate_data_set(const std::string& name_or_folder,
                                            std::span<const fs::path> search) {
    if (const std::optional<NameParts> parts = parts_of(name_or_folder)) return files_of(*parts, search);
    const std::optional<FolderPart> part = folder_part(name_or_folder);
    return part ? files_in(part->folder, part->train) : std::nullopt;
}

std::string data_set_checksum(const DataSetFiles& files) {
    Fingerprint print;
    std::vector<std::uint8_t> block(std::size_t{1} << 20U);
    for (const fs::path& file : {files.images, files.labels}) {
        ByteStream stream(file);
        while (const std::size_t read = stream.read(block))
            print.add(std::string_view(reinterpret_cast<const char*>(block.data()), read));
    }
    return print.finish();
}

DataSet read_data_set_files(const std::string& name, const DataSetFiles& files) {
    IdxImages images = read_idx_images(files.images);
    std::vector<std::uint8_t> labels = read_idx_labels(files.labels, classes);
    if (static_cast<Index>(labels.size()) != images.pixels.rows()) {
        throw FileError(fmt::format("{}: byte 4: {} labels, expected {} as there are images in {}",
                                    files.labels.string(), labels.size(), images.pixels.rows(),
                                    files.images.string()));
    }
    return {name, std::move(images.pixels), images.rows, images.cols, std::move(labels)};
}

DataSet read_dataset(const std::string& name_or_folder, std::span<const fs::path> search) {
    if (const std::optional<NameParts> parts = parts_of(name_or_folder)) {
        const std::optional<DataSetFiles> files = files_of(*parts, search);
        if (!files) report_missing(name_or_folder, parts->collection, search);
        return read_data_set_files(name_or_folder, *files);
    }
    std::optional<DataSet> data = read_from_folder(name_or_folder);
    if (!data) refuse_name(name_or_folder);
    return std::move(*data);
}

Matrix<double> encode_inputs(const DataSet& data, const InputCoding& coding, Index first, Index count) {
    validate(coding);
    const Index crop = coding.crop;
    if (crop > data.rows || crop > data.cols) {
        throw InputError(
            fmt::format("the input crop is {0} x {0} pixels, but the images of {1} are {2} x {3}", crop,
                        data.name, data.rows, data.cols));
    }
    if (first < 0 || count < 0 || first > data.count() - count) {
        throw InputError(fmt::format("images {} to {} are asked of {}, which has {} (0 to {})", first,
                                     first + count - 1, data.name, data.count(), data.count() - 1));
    }
    const Index top = (data.rows - crop) / 2;
    const Index left = (data.cols - crop) / 2;
    Matrix<double> inputs(count, crop * crop);
    for (Index i = 0; i < count; ++i) {
        const std::span<const std::uint8_t> image = data.images.row(first + i);
        for (Index r = 0; r < crop; ++r) {
            for (Index c = 0; c < crop; ++c) {
                const auto pixel = static_cast<std::size_t>((top + r) * data.cols + left + c);
                inputs(i, r * crop + c) = coded(image[pixel], coding);
            }
        }
    }
    return inputs;
}

DataSplit split_validation(Index count, Index held_back, std::uint64_t seed) {
    if (held_back < 0 || held_back > count) {
        throw InputError(fmt::format("{} images cannot be held back of {}", held_back, count));
    }
    std::vector<Index> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), Index{0});

    // Fisher-Yates, stopped when the held-back part is drawn.
    const RandomStream random(seed, RandomPurpose::data_split);
    for (Index i = 0; i < held_back; ++i) {
        const double u = random.uniform(0, static_cast<std::uint32_t>(i), 0);
        const Index chosen = std::min(count - 1, i + static_cast<Index>(u * static_cast<double>(count - i)));
        std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(chosen)]);
    }
    const auto border = order.begin() + held_back;
    std::sort(order.begin(), border);
    std::sort(border, order.end());
    return {{border, order.end()}, {order.begin(), border}};
}

} // namespace ohmloom
