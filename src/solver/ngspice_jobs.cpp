#include "solver/ngspice_jobs.hpp"

#include "base/errors.hpp"
#include "base/program_file.hpp"
#include "solver/ngspice_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace ohmloom {

namespace {

using Clock = std::chrono::steady_clock;

/// ngspice's name of an output: nodes have their own, the branch current of source v1 is "v1#branch".
std::string vector_name(std::string_view output) {
    if (output.starts_with("i(") && output.ends_with(")")) {
        return fmt::format("{}#branch", output.substr(2, output.size() - 3));
    }
    return std::string(output);
}

void require_shapes(const NgspiceJob& job) {
    if (job.input_values.cols() != static_cast<Index>(job.inputs.size())) {
        throw InputError(fmt::format("ngspice job: input_values has {} columns, expected {} (one per input)",
                                     job.input_values.cols(), job.inputs.size()));
    }
    for (const double value : job.input_values.values()) {
        if (!std::isfinite(value)) {
            throw InputError(
                fmt::format("ngspice job: an input value is {}, expected a finite number", value));
        }
    }
}

/// A conversation about one deck. Every step gives none, or false, once the job is over; the report then tells why.
class Conversation {
public:
    Conversation(NgspiceProcess& process, const NgspiceLimits& limits, NgspiceReport& report)
        : process_(process), limits_(limits), report_(report) {
        process_.begin_job();
    }

    /// A request that is answered with a bare "done".
    bool ask(MessageKind kind, std::string_view text) {
        MessageWriter content;
        content.add(text);
        send(kind, content);
        return next().has_value();
    }

    void send(MessageKind kind, const MessageWriter& content) {
        process_.send(kind, content);
        restart_clock();
    }

    /// The time allowed begins anew.
    void restart_clock() {
        deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                       std::chrono::duration<double>(std::clamp(limits_.time, 0.0, 1e9)));
    }

    std::optional<Message> next() {
        std::optional<Message> message = process_.receive(deadline_);
        if (!message) {
            end(process_.end(), process_.problem());
            return std::nullopt;
        }
        if (message->kind == MessageKind::missing) {
            const std::string why = MessageReader(message->content).text();
            process_.stop(NgspiceEnd::stopped, why);
            throw BackendError(why);
        }
        if (message->kind == MessageKind::refused || message->kind == MessageKind::stopped) {
            const bool stopped = message->kind == MessageKind::stopped;
            end(stopped ? NgspiceEnd::stopped : NgspiceEnd::refused, MessageReader(message->content).text());
            if (stopped) process_.stop(NgspiceEnd::stopped, report_.problem);
            return std::nullopt;
        }
        return message;
    }

    /// Counts numbers that are to be kept. @returns false if they are too many; the job is then over.
    bool keep(std::size_t values) {
        kept_ += values;
        if (kept_ <= limits_.values) return true;
        process_.stop(NgspiceEnd::timed_out,
                      fmt::format("ngspice gave more than {} numbers and was ended: expected fewer points",
                                  limits_.values));
        end(process_.end(), process_.problem());
        return false;
    }

    void finish() { report_.log = process_.log().text(); }

private:
    void end(NgspiceEnd how, std::string problem) {
        report_.end = how;
        report_.problem = std::move(problem);
        finish();
    }

    NgspiceProcess& process_;
    const NgspiceLimits& limits_;
    NgspiceReport& report_;
    Clock::time_point deadline_;
    std::size_t kept_ = 0;
};

void answer_points(NgspiceProcess& process, const NgspiceJob& job, NgspiceAnswer& answer) {
    Conversation ngspice(process, job.limits, answer.report);
    if (!ngspice.ask(MessageKind::load, job.deck)) return;
    std::vector<std::string> vectors;
    for (const std::string& output : job.outputs) vectors.push_back(vector_name(output));
    MessageWriter request;
    request.add(std::span<const std::string>(job.inputs));
    request.add(std::span<const std::string>(vectors));
    request.add(static_cast<std::uint64_t>(job.input_values.rows()));
    request.add(std::span<const double>(job.input_values.values()));
    ngspice.send(MessageKind::points, request);
    for (Index p = 0; p < job.input_values.rows(); ++p) {
        const std::optional<Message> message = ngspice.next();
        if (!message) return;
        ngspice.restart_clock();
        MessageReader point(message->content);
        const auto at = static_cast<std::size_t>(p);
        answer.converged[at] = point.number() != 0;
        answer.iterations[at] = static_cast<int>(point.number());
        std::ranges::copy(point.values(), answer.values.row(p).begin());
    }
    ngspice.finish();
}

/// Points of an analysis as they come in.
struct Incoming {
    NgspiceVectors vectors;
    std::vector<double> real, imaginary;

    void add(MessageReader block) {
        vectors.axis = static_cast<std::size_t>(block.number());
        vectors.has_axis = vectors.axis < vectors.names.size();
        const std::vector<double> more = block.values(), more_imaginary = block.values();
        real.insert(real.end(), more.begin(), more.end());
        imaginary.insert(imaginary.end(), more_imaginary.begin(), more_imaginary.end());
    }
    NgspiceVectors finished() {
        const auto names = static_cast<Index>(vectors.names.size());
        const Index points = names == 0 ? 0 : static_cast<Index>(real.size()) / names;
        vectors.values = Matrix<double>(points, names, std::move(real));
        if (!imaginary.empty()) {
            imaginary.resize(static_cast<std::size_t>(points * names));
            vectors.imaginary = Matrix<double>(points, names, std::move(imaginary));
        }
        return std::move(vectors);
    }
};

/// @returns whether the job goes on.
bool answer_analysis(Conversation& ngspice, const std::string& command, NgspiceVectors& answer) {
    MessageWriter request;
    request.add(std::string_view(command));
    ngspice.send(MessageKind::run, request);
    Incoming incoming;
    while (const std::optional<Message> message = ngspice.next()) {
        MessageReader content(message->content);
        if (message->kind == MessageKind::vectors) {
            incoming = {};
            incoming.vectors.names = content.texts();
        } else if (message->kind == MessageKind::values) {
            if (!ngspice.keep(message->content.size() / sizeof(double))) break;
            incoming.add(content);
        } else {
            incoming.vectors.completed = content.number() != 0;
            incoming.vectors.iterations = static_cast<int>(content.number());
            answer = incoming.finished();
            return true;
        }
    }
    answer = incoming.finished();
    return false;
}

/// The folder of what is kept, made at its first use; "" if it cannot be made.
std::filesystem::path folder_of_kept() {
    std::error_code error;
    const std::filesystem::path all = std::filesystem::temp_directory_path(error);
    if (error) return {};
    std::string name = (all / "ohmloom-ngspice-XXXXXX").string();
    return mkdtemp(name.data()) == nullptr ? std::filesystem::path() : std::filesystem::path(name);
}

} // namespace

NgspiceAnswer solve_operating_points(const NgspiceJob& job) {
    require_shapes(job);
    const auto points = static_cast<std::size_t>(job.input_values.rows());
    NgspiceAnswer answer;
    answer.values = Matrix<double>(job.input_values.rows(), static_cast<Index>(job.outputs.size()),
                                   std::numeric_limits<double>::quiet_NaN());
    answer.converged.assign(points, false);
    answer.iterations.assign(points, 0);
    with_ngspice_process([&](NgspiceProcess& process) { answer_points(process, job, answer); });
    return answer;
}

NgspiceRun run_analyses(const NgspiceAnalyses& job) {
    NgspiceRun run;
    run.analyses.resize(job.commands.size());
    with_ngspice_process([&](NgspiceProcess& process) {
        Conversation ngspice(process, job.limits, run.report);
        if (!ngspice.ask(MessageKind::load, job.deck)) return;
        for (std::size_t k = 0; k < job.commands.size(); ++k) {
            if (!answer_analysis(ngspice, job.commands[k], run.analyses[k])) return;
        }
        ngspice.finish();
    });
    return run;
}

std::string precise_options_card(int max_iterations) {
    const int most = std::max(max_iterations, 3);
    return fmt::format(".options reltol=1e-9 vntol=1e-11 abstol=1e-14 itl1={} itl2={} noopalter", most, most);
}

std::filesystem::path keep_deck_and_log(const std::string& deck, const std::string& log) {
    constexpr int most_kept = 100;
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    static const std::filesystem::path folder = folder_of_kept();
    static int kept = 0;
    if (folder.empty() || kept == most_kept) return {};
    const std::string number = std::to_string(++kept);
    std::filesystem::path file = folder / (number + ".cir");
    std::ofstream(file) << deck;
    std::ofstream(folder / (number + ".log")) << log;
    return file;
}

std::string kept_as(const std::string& deck, const std::string& log) {
    const std::filesystem::path kept = keep_deck_and_log(deck, log);
    return kept.empty() ? "" : fmt::format(" (deck and log: {}, .log)", kept.string());
}

NgspiceAbout about_ngspice() {
    NgspiceAbout about;
    NgspiceReport report;
    const NgspiceLimits limits{.time = 60.0};
    with_ngspice_process([&](NgspiceProcess& process) {
        Conversation ngspice(process, limits, report);
        // A command that an ngspice without compiled Verilog-A does not know; and a matrix package to choose.
        const bool knows = ngspice.ask(MessageKind::probe, "version -f");
        ngspice.finish();
        const std::string said = report.log;
        const auto says = [&](std::string_view words) { return said.find(words) != std::string::npos; };
        constexpr std::string_view title = "** ngspice-";
        if (const std::size_t at = said.find(title); at != std::string::npos) {
            const std::size_t begin = at + title.size();
            about.version = said.substr(begin, said.find_first_of(" \n", begin) - begin);
        }
        about.xspice = says("XSPICE");
        about.cider = says("CIDER");
        about.openmp = says("OpenMP");
        if (!knows || !ngspice.ask(MessageKind::probe, "osdi")) return;
        ngspice.finish();
        about.osdi = report.log.find("no such command") == std::string::npos;
        if (!ngspice.ask(MessageKind::load,
                         "which matrix package\nv1 a 0 1\nr1 a 0 1\n.options klu\n.end\n") ||
            !ngspice.ask(MessageKind::probe, "op")) {
            return;
        }
        ngspice.finish();
        about.klu = report.log.find("Using KLU") != std::string::npos;
    });
    if (about.version.empty()) {
        throw BackendError("ngspice does not tell its version" +
                           (report.problem.empty() ? "" : ": " + report.problem));
    }
    return about;
}

std::filesystem::path ngspice_program() {
    return program_beside("ohmloom-ngspice");
}

} // namespace ohmloom
