#include "measured_process.hpp"

#include "base/errors.hpp"
#include "paired_timing.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ohmloom::benchmarks {

namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

/// Starts a program with its standard output on the writing end of a pipe. Returns its process id.
pid_t start(const std::vector<std::string>& command, const int (&pipe_ends)[2]) {
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
    pid_t child = 0;
    const int error = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw BackendError(fmt::format("{}: cannot be started (error {})", command[0], error));
    return child;
}

std::string read_all(int file) {
    std::string text;
    char part[4096];
    for (ssize_t got = 0; (got = read(file, part, sizeof part)) > 0;)
        text.append(part, static_cast<std::size_t>(got));
    return text;
}

} // namespace

ProcessUse run_measured(const std::vector<std::string>& command) {
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) throw BackendError("no pipe to be had for a child process");
    ProcessUse use;
    const Times times = time_calls([&] {
        const pid_t child = start(command, pipe_ends);
        close(pipe_ends[1]);
        use.output = read_all(pipe_ends[0]);
        close(pipe_ends[0]);
        int status = 0;
        rusage usage{};
        wait4(child, &status, 0, &usage);
        use.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        use.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    });
    use.wall_s = times.wall;
    return use;
}

double peak_memory() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind("VmHWM:", 0) == 0) return 1024.0 * std::stod(line.substr(6));
    }
    return 0.0;
}

std::string own_path() {
    return std::filesystem::read_symlink("/proc/self/exe").string();
}

} // namespace ohmloom::benchmarks
