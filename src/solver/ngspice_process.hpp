#pragma once

#include "solver/ngspice_jobs.hpp"
#include "solver/ngspice_log.hpp"
#include "solver/ngspice_messages.hpp"

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ohmloom {

/// A running ohmloom-ngspice and the conversation with it. What it says besides, on its standard output and error, goes
/// to the log, too.
class NgspiceProcess {
public:
    /// @throws BackendError if the program cannot be started.
    NgspiceProcess();
    ~NgspiceProcess();
    NgspiceProcess(const NgspiceProcess&) = delete;
    NgspiceProcess& operator=(const NgspiceProcess&) = delete;

    /// Starts a new log.
    void begin_job() { log_.clear(); }

    void send(MessageKind kind, const MessageWriter& content);

    /// Waits for the next message that is no line of the log, until `deadline`.
    /// @returns none if the process died or was ended here because time ran out: see end() and problem().
    std::optional<Message> receive(std::chrono::steady_clock::time_point deadline);

    /// Ends the process; `why` is what is to be said of it.
    void stop(NgspiceEnd end, std::string why);

    /// Whether it can take a job: one that nobody asked for anything may have died, too.
    [[nodiscard]] bool is_ready();

    [[nodiscard]] bool is_alive() const { return child_ > 0; }
    [[nodiscard]] NgspiceEnd end() const { return end_; }                 ///< of a process that is not alive
    [[nodiscard]] const std::string& problem() const { return problem_; } ///< likewise
    [[nodiscard]] const NgspiceLog& log() const { return log_; }
    [[nodiscard]] pid_t id() const { return child_; }

private:
    void read_messages();
    void read_speech();
    void take_last_words();
    void close_ends();

    pid_t child_ = -1;
    int socket_ = -1;
    int speech_ = -1;      ///< its standard output and error
    bool is_over_ = false; ///< it closed its end of the socket
    MessageStream stream_;
    std::string unfinished_line_;
    NgspiceLog log_;
    NgspiceEnd end_ = NgspiceEnd::finished;
    std::string problem_;
};

/// Lets `work` have a process that no other thread uses meanwhile, one that is there or a new one, and keeps it for others
/// if it lives on.
void with_ngspice_process(const std::function<void(NgspiceProcess&)>& work);

} // namespace ohmloom
