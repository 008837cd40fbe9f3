#include "store/unfinished_file.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

namespace ohmloom {

namespace {

[[noreturn]] void fail(const std::filesystem::path& target, int error) {
    throw FileError(
        fmt::format("{}: cannot be written: {}", target.string(), std::generic_category().message(error)));
}

/// Hidden, in the target's own folder (a rename must not cross file systems), unique in process and machine.
std::filesystem::path temporary_name(const std::filesystem::path& target) {
    static std::atomic<unsigned> counter{0};
    std::filesystem::path name = target;
    name.replace_filename(
        fmt::format(".{}.{}-{}.part", target.filename().string(), getpid(), counter.fetch_add(1)));
    return name;
}

void bring_to_disk(const std::filesystem::path& file, const std::filesystem::path& target) {
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) fail(target, errno);
    const int error = fsync(descriptor) == 0 ? 0 : errno;
    close(descriptor);
    // Some file systems cannot sync; the rename is still one step there.
    if (error != 0 && error != EINVAL && error != ENOTSUP) fail(target, error);
}

} // namespace

UnfinishedFile::UnfinishedFile(std::filesystem::path target) : target_(std::move(target)) {
    if (target_.filename().empty()) {
        throw FileError(fmt::format("'{}' cannot be written: it names no file", target_.string()));
    }
    std::error_code ignored;
    if (std::filesystem::is_directory(target_, ignored)) {
        throw FileError(
            fmt::format("{}: cannot be written: it is a folder, expected a file name", target_.string()));
    }
    const std::filesystem::path folder = target_.parent_path();
    if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
        throw FileError(fmt::format("{}: cannot be written: the folder {} does not exist", target_.string(),
                                    folder.string()));
    }
    const std::filesystem::path name = temporary_name(target_);
    const int descriptor = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) fail(target_, errno);
    close(descriptor);
    path_ = name;
}

UnfinishedFile::~UnfinishedFile() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove(path_, ignored);
}

UnfinishedFile::UnfinishedFile(UnfinishedFile&& other) noexcept
    : target_(std::move(other.target_)), path_(std::exchange(other.path_, {})) {}

void UnfinishedFile::commit() {
    OHMLOOM_ASSERT(!path_.empty());
    bring_to_disk(path_, target_);
    std::error_code error;
    std::filesystem::rename(path_, target_, error);
    if (error) fail(target_, error.value());
    path_.clear();
}

void require_writable(const std::filesystem::path& target) {
    const UnfinishedFile probe(target);
}

} // namespace ohmloom
