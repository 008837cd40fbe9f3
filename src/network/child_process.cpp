#include "network/child_process.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>
#include <system_error>

namespace ohmloom {

namespace {

/// A pipe whose ends are closed once.
struct Pipe {
    std::array<int, 2> ends{-1, -1};
    Pipe() {
        if (pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw BackendError("a pipe cannot be made: " + std::generic_category().message(errno));
        }
    }
    ~Pipe() {
        for (int& end : ends) close_end(end);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    static void close_end(int& end) {
        if (end >= 0) close(end);
        end = -1;
    }
};

struct FileActions {
    posix_spawn_file_actions_t actions{};
    FileActions() { posix_spawn_file_actions_init(&actions); }
    ~FileActions() { posix_spawn_file_actions_destroy(&actions); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
};

pid_t start(const std::vector<std::string>& command, const std::filesystem::path& folder, int output_end,
            int error_end) {
    FileActions setup;
    posix_spawn_file_actions_addchdir_np(&setup.actions, folder.c_str());
    posix_spawn_file_actions_addopen(&setup.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&setup.actions, output_end, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&setup.actions, error_end, STDERR_FILENO);

    std::vector<std::string> words = command; // posix_spawnp takes pointers to non-const
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);

    pid_t child = 0;
    const int error =
        posix_spawnp(&child, arguments.front(), &setup.actions, nullptr, arguments.data(), environ);
    if (error != 0) {
        throw BackendError(fmt::format("the program {} cannot be started: {}", command.front(),
                                       std::generic_category().message(error)));
    }
    return child;
}

/// What comes out of a pipe, and how much of it is kept.
struct Stream {
    int& descriptor; ///< closed at its end
    std::size_t keep;
    std::string text{};
};

/// Takes what is there. At the end the stream is closed.
void read_some(Stream& stream) {
    std::array<char, 4096> block{};
    const ssize_t got = read(stream.descriptor, block.data(), block.size());
    if (got < 0 && errno == EINTR) return;
    if (got <= 0) {
        Pipe::close_end(stream.descriptor);
        return;
    }
    stream.text.append(block.data(),
                       std::min(static_cast<std::size_t>(got), stream.keep - stream.text.size()));
}

/// Reads both to their ends, so that the child never waits for us, and keeps their beginnings.
void read_all(Stream& output, Stream& errors) {
    while (output.descriptor >= 0 || errors.descriptor >= 0) {
        // poll() skips descriptors below zero.
        std::array<pollfd, 2> waiting{{{output.descriptor, POLLIN, 0}, {errors.descriptor, POLLIN, 0}}};
        if (poll(waiting.data(), waiting.size(), -1) < 0) continue; // a signal
        if (waiting[0].revents != 0) read_some(output);
        if (waiting[1].revents != 0) read_some(errors);
    }
}

std::string on_one_line(const std::string& text) {
    std::istringstream lines(text);
    std::string joined;
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty()) joined += (joined.empty() ? "" : "; ") + line;
    }
    return joined;
}

int wait_for(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) throw BackendError("a child process is lost");
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

ChildResult run_child(const std::vector<std::string>& command, const std::filesystem::path& folder) {
    Pipe output, errors;
    const pid_t child = start(command, folder, output.ends[1], errors.ends[1]);
    Pipe::close_end(output.ends[1]);
    Pipe::close_end(errors.ends[1]);
    Stream said{output.ends[0], std::size_t{4} << 20U};
    Stream complained{errors.ends[0], 500};
    read_all(said, complained);
    return {wait_for(child), on_one_line(complained.text), std::move(said.text)};
}

} // namespace ohmloom
