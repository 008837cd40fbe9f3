#include "network/child_process.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <fcntl.h>
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

pid_t start(const std::vector<std::string>& command, const std::filesystem::path& folder, int error_end) {
    FileActions setup;
    posix_spawn_file_actions_addchdir_np(&setup.actions, folder.c_str());
    posix_spawn_file_actions_addopen(&setup.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&setup.actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
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

/// Reads to the end, so that the child never waits for us, and keeps the beginning.
std::string read_all(int descriptor, std::size_t keep) {
    std::string text;
    std::array<char, 4096> block{};
    for (;;) {
        const ssize_t got = read(descriptor, block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(block.data(), std::min(static_cast<std::size_t>(got), keep - text.size()));
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
    Pipe errors;
    const pid_t child = start(command, folder, errors.ends[1]);
    Pipe::close_end(errors.ends[1]);
    std::string text = on_one_line(read_all(errors.ends[0], 500));
    return {wait_for(child), std::move(text)};
}

} // namespace ohmloom
