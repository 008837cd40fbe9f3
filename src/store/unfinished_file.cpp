#include "store/unfinished_file.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <fstream>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
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

/// Names of the temporary files there are, for a signal handler to remove. Whoever takes a name out of its slot owns it, so no
/// lock is needed, which a handler could not wait for.
std::array<std::atomic<char*>, 64> names_to_remove{};
static_assert(std::atomic<char*>::is_always_lock_free);
constexpr int no_slot = -1;

/// Writes a name down; no_slot if all slots are taken: such a file is left to its destructor.
int note_name(const std::filesystem::path& file) {
    char* const name = strdup(file.c_str());
    for (std::size_t slot = 0; name != nullptr && slot < names_to_remove.size(); ++slot) {
        char* empty = nullptr;
        if (names_to_remove[slot].compare_exchange_strong(empty, name)) return static_cast<int>(slot);
    }
    std::free(name);
    return no_slot;
}

void forget_name(int slot) {
    if (slot != no_slot) std::free(names_to_remove[static_cast<std::size_t>(slot)].exchange(nullptr));
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

UnfinishedFile::UnfinishedFile(std::filesystem::path target) : target_(std::move(target)), slot_(no_slot) {
    if (target_.filename().empty()) {
        throw FileError(fmt::format("'{}' cannot be written: it names no file", target_.string()));
    }
    std::error_code ignored;
    if (std::filesystem::is_directory(target_, ignored)) {
        throw FileError(
            fmt::format("{}: cannot be written: it is a folder, expected a file name", target_.string()));
    }
    if (std::filesystem::exists(target_, ignored) && !std::filesystem::is_regular_file(target_, ignored)) {
        throw FileError(fmt::format("{}: cannot be written: it is a device or pipe, expected a file name",
                                    target_.string()));
    }
    const std::filesystem::path folder = target_.parent_path();
    if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
        throw FileError(fmt::format("{}: cannot be written: the folder {} does not exist", target_.string(),
                                    folder.string()));
    }
    const std::filesystem::path name = temporary_name(target_);
    slot_ = note_name(name); // before there is a file: a signal may come at any time
    const int descriptor = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        const int error = errno;
        forget_name(slot_);
        fail(target_, error);
    }
    close(descriptor);
    path_ = name;
}

UnfinishedFile::~UnfinishedFile() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove(path_, ignored);
    forget_name(slot_);
}

UnfinishedFile::UnfinishedFile(UnfinishedFile&& other) noexcept
    : target_(std::move(other.target_)), path_(std::exchange(other.path_, {})),
      slot_(std::exchange(other.slot_, no_slot)) {}

void UnfinishedFile::commit() {
    OHMLOOM_ASSERT(!path_.empty());
    bring_to_disk(path_, target_);
    std::error_code error;
    std::filesystem::rename(path_, target_, error);
    if (error) fail(target_, error.value());
    path_.clear();
    forget_name(std::exchange(slot_, no_slot));
}

void write_text_file(const std::filesystem::path& file, std::string_view text) {
    UnfinishedFile unfinished(file);
    std::ofstream stream(unfinished.path(), std::ios::binary);
    stream << text;
    stream.close();
    if (!stream) throw FileError(fmt::format("{}: writing failed: is the disk full?", file.string()));
    unfinished.commit();
}

void require_writable(const std::filesystem::path& target) {
    const UnfinishedFile probe(target);
}

void remove_unfinished_files() noexcept {
    for (std::atomic<char*>& slot : names_to_remove) {
        char* const name = slot.exchange(nullptr);
        if (name == nullptr) continue;
        unlink(name);
        // Given back, for the owner to free: a handler must not.
        char* empty = nullptr;
        slot.compare_exchange_strong(empty, name);
    }
}

} // namespace ohmloom
