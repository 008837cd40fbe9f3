#include "store/file_lock.hpp"

#include "base/errors.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace ohmloom {

namespace {

/// What the present holder wrote.
std::string holder_of(int handle) {
    std::array<char, 256> text{};
    const ssize_t size = pread(handle, text.data(), text.size() - 1, 0);
    return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "another process";
}

} // namespace

std::string this_process() {
    std::array<char, 256> host{};
    if (gethostname(host.data(), host.size() - 1) != 0) host = {"unknown"};
    return fmt::format("host {}, process {}", host.data(), getpid());
}

FileLock::FileLock(const std::filesystem::path& file, Kind kind)
    : handle_(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC,
                   0666)) { // NOLINT(cppcoreguidelines-pro-type-vararg)
    if (handle_ < 0)
        throw FileError(fmt::format("{}: cannot make the lock: {}", file.string(), std::strerror(errno)));
    struct flock lock {};
    lock.l_type = kind == Kind::shared ? F_RDLCK : F_WRLCK;
    lock.l_whence = SEEK_SET;
    // Locks of the open file, not of the process: two in one process keep each other out as well.
    if (fcntl(handle_, F_OFD_SETLK, &lock) != 0) { // NOLINT(cppcoreguidelines-pro-type-vararg)
        const int reason = errno;
        const std::string holder = holder_of(handle_);
        close(handle_);
        if (reason == EAGAIN || reason == EACCES)
            throw HeldError(fmt::format("{}: {} is at work on it: wait for it, or give another result file",
                                        file.parent_path().string(), holder));
        throw FileError(fmt::format("{}: cannot lock: {}", file.string(), std::strerror(reason)));
    }
    const std::string holder = this_process();
    if (ftruncate(handle_, 0) == 0) static_cast<void>(pwrite(handle_, holder.data(), holder.size(), 0));
}

FileLock::~FileLock() {
    static_cast<void>(ftruncate(handle_, 0) == 0); // nobody is at work any more
    close(handle_);
}

} // namespace ohmloom
