#include "solver/ngspice_process.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

namespace ohmloom {

namespace {

std::string system_error_text() {
    return std::generic_category().message(errno);
}

/// Two ends of a socket or pipe that programs started later do not inherit.
struct Ends {
    int ours = -1, theirs = -1;
    ~Ends() {
        for (const int end : {ours, theirs}) {
            if (end >= 0) close(end);
        }
    }
};

void make_ends(Ends& conversation, Ends& speech) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw BackendError("no socket can be made for ngspice: " + system_error_text());
    }
    conversation.ours = ends[0];
    conversation.theirs = ends[1];
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw BackendError("no pipe can be made for ngspice: " + system_error_text());
    }
    speech.ours = ends[0];
    speech.theirs = ends[1];
    fcntl(speech.ours, F_SETFL, O_NONBLOCK);
}

pid_t start_program(const std::filesystem::path& program, const Ends& conversation, const Ends& speech) {
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, conversation.theirs, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, speech.theirs, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, speech.theirs, STDERR_FILENO);
    std::string name = program.string();
    std::array<char*, 2> arguments{name.data(), nullptr};
    pid_t child = 0;
    const int error = posix_spawn(&child, name.c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        throw BackendError(fmt::format(
            "the program {}, in which ngspice runs, cannot be started: {}; expected it beside the running "
            "program, where the build puts it",
            name, std::generic_category().message(error)));
    }
    return child;
}

/// How the process ended, in words.
std::string words_of_status(int status) {
    if (WIFSIGNALED(status)) {
        return fmt::format("was ended by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
    }
    return fmt::format("ended with exit status {}", WEXITSTATUS(status));
}

} // namespace

NgspiceProcess::NgspiceProcess() {
    Ends conversation, speech;
    make_ends(conversation, speech);
    child_ = start_program(ngspice_program(), conversation, speech);
    socket_ = std::exchange(conversation.ours, -1);
    speech_ = std::exchange(speech.ours, -1);
}

NgspiceProcess::~NgspiceProcess() {
    stop(NgspiceEnd::finished, "");
}

void NgspiceProcess::send(MessageKind kind, const MessageWriter& content) {
    // If it is dead, receive() finds out how.
    static_cast<void>(send_message(socket_, kind, content.bytes()));
}

void NgspiceProcess::read_messages() {
    std::array<char, 1 << 16> block{};
    const ssize_t got = recv(socket_, block.data(), block.size(), MSG_DONTWAIT);
    if (got > 0) stream_.add({block.data(), static_cast<std::size_t>(got)});
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) is_over_ = true;
}

void NgspiceProcess::read_speech() {
    std::array<char, 4096> block{};
    const ssize_t got = read(speech_, block.data(), block.size());
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) {
        close(std::exchange(speech_, -1));
        return;
    }
    if (got < 0) return;
    unfinished_line_.append(block.data(), static_cast<std::size_t>(got));
    for (std::size_t end = 0; (end = unfinished_line_.find('\n')) != std::string::npos;) {
        log_.add(std::string_view(unfinished_line_).substr(0, end), true);
        unfinished_line_.erase(0, end + 1);
    }
    constexpr std::size_t longest = 1 << 16;
    if (unfinished_line_.size() > longest) unfinished_line_.clear();
}

std::optional<Message> NgspiceProcess::receive(std::chrono::steady_clock::time_point deadline) {
    while (is_alive()) {
        while (std::optional<Message> message = stream_.next()) {
            if (message->kind != MessageKind::line) return message;
            MessageReader line(message->content);
            const bool is_error = line.number() != 0;
            log_.add(line.text(), is_error);
        }
        if (is_over_) {
            take_last_words();
            return std::nullopt;
        }
        const auto left =
            std::chrono::floor<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) {
            stop(NgspiceEnd::timed_out, "ngspice needed more time than allowed and was ended");
            return std::nullopt;
        }
        constexpr long longest_wait = 60'000; // [ms] more does not fit everywhere
        std::array<pollfd, 2> watched{pollfd{socket_, POLLIN, 0}, pollfd{speech_, POLLIN, 0}};
        // Negative descriptors, of a speech that is over, are left out by poll itself.
        if (poll(watched.data(), watched.size(),
                 static_cast<int>(std::min<long>(left.count(), longest_wait))) <= 0) {
            continue;
        }
        if (watched[1].revents != 0) read_speech();
        if (watched[0].revents != 0) read_messages();
    }
    return std::nullopt;
}

bool NgspiceProcess::is_ready() {
    // One that was killed keeps its sockets open until its last thread is gone: only an answer tells.
    constexpr std::chrono::seconds patience(10);
    send(MessageKind::ready, {});
    return receive(std::chrono::steady_clock::now() + patience).has_value();
}

void NgspiceProcess::take_last_words() {
    while (speech_ >= 0) {
        pollfd watched{speech_, POLLIN, 0};
        if (poll(&watched, 1, 0) <= 0) break;
        read_speech();
    }
    int status = 0;
    while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
    close_ends();
    end_ = NgspiceEnd::crashed;
    problem_ = "the process of ngspice " + words_of_status(status);
    if (log_.size() != 0) problem_ += ": " + log_.telling_or_last_line();
}

void NgspiceProcess::stop(NgspiceEnd end, std::string why) {
    if (!is_alive()) return;
    kill(child_, SIGKILL);
    while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
    close_ends();
    end_ = end;
    problem_ = std::move(why);
}

void NgspiceProcess::close_ends() {
    for (int* end : {&socket_, &speech_}) {
        if (*end >= 0) close(std::exchange(*end, -1));
    }
}

void with_ngspice_process(const std::function<void(NgspiceProcess&)>& work) {
    static std::mutex mutex;
    static std::vector<std::unique_ptr<NgspiceProcess>> idle;
    std::unique_ptr<NgspiceProcess> process;
    {
        const std::lock_guard lock(mutex);
        while (!idle.empty() && !process) {
            process = std::move(idle.back());
            idle.pop_back();
            if (!process->is_ready()) process.reset();
        }
    }
    if (!process) process = std::make_unique<NgspiceProcess>();
    work(*process);
    const std::lock_guard lock(mutex);
    if (process->is_alive() && static_cast<int>(idle.size()) < allowed_threads()) {
        idle.push_back(std::move(process));
    }
}

} // namespace ohmloom
