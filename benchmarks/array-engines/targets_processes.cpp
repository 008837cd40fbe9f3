// Targets that are measured on a whole process.
#include "base/errors.hpp"
#include "contender.hpp"
#include "measured_process.hpp"
#include "single_thread.hpp"
#include "target.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

namespace ohmloom::benchmarks {

namespace {

ProcessUse run_well(const std::vector<std::string>& command) {
    ProcessUse use = run_measured(command);
    if (use.status != 0)
        throw BackendError(fmt::format("'{}' ended with status {}", fmt::join(command, " "), use.status));
    return use;
}

/// Number behind `"key": ` in JSON text; none if it is not there.
double json_number(const std::string& text, const std::string& key) {
    const auto place = text.find("\"" + key + "\": ");
    return place == std::string::npos ? Measurement::none : std::stod(text.substr(place + key.size() + 4));
}

} // namespace

Measurement images(const TargetOptions& options) {
    Measurement measurement;
    if (options.ohmloom.empty()) {
        measurement.note = "not run: no ohmloom program was named (--ohmloom)";
        return measurement;
    }
    std::vector<std::string> command{options.ohmloom, "run", options.study, "--threads", "2", "--json"};
    if (options.quick) command.insert(command.end(), {"--images", "100"});
    std::vector<double> wall, cpu;
    std::string output;
    for (int i = 0; i < options.effort.least_rounds; ++i) {
        ProcessUse use = run_well(command);
        wall.push_back(use.wall_s);
        cpu.push_back(use.cpu_s);
        output = std::move(use.output);
    }
    measurement.value = spread_of(wall);
    measurement.rounds = static_cast<int>(wall.size());
    measurement.ours = "ohmloom run";
    measurement.ours_s = measurement.value.median;
    measurement.residual = json_number(output, "residual_max");
    measurement.note = fmt::format("whole process; processor time {:.3g} s, accuracy {:.2f} %",
                                   spread_of(cpu).median, 100.0 * json_number(output, "accuracy"));
    return measurement;
}

void solve_largest_and_report(Index side) {
    const SingleThread one_thread;
    const Problem problem = make_problem({.rows = side, .cols = side});
    const auto lines = make_contender("lines", problem);
    const Times times = time_calls([&] { lines->run(); });
    const Answer answer = lines->answer();
    fmt::print("{} {} {} {}\n", times.cpu, peak_memory(), answer.residual, answer.iterations);
}

Measurement memory_of_largest(const TargetOptions& options) {
    const Index side = options.quick ? 64 : 2048;
    const ProcessUse use = run_well({own_path(), "--solve-once", std::to_string(side)});
    std::istringstream output(use.output);
    double seconds = 0.0, bytes = 0.0, residual = 0.0, iterations = 0.0;
    if (!(output >> seconds >> bytes >> residual >> iterations))
        throw BackendError("the child process did not say what it used");
    Measurement measurement;
    const double solved =
        residual <= required_residual({.rows = side, .cols = side}) ? 1e-9 * bytes : Measurement::none;
    measurement.value = {solved, solved, solved};
    measurement.rounds = 1;
    measurement.ours = "lines";
    measurement.ours_s = seconds;
    measurement.residual = residual;
    measurement.note = fmt::format("{:.3g} million unknowns, {:.3g} iterations",
                                   2e-6 * static_cast<double>(side * side), iterations);
    return measurement;
}

} // namespace ohmloom::benchmarks
