// Measures every row of the table of speeds the engines have to reach: see README.md.
#include "base/errors.hpp"
#include "target.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace ohmloom::benchmarks {

namespace {

constexpr std::string_view usage =
    R"(speed_targets [--quick] [--csv FILE] [--only NAME]... [--seconds S] [--ohmloom PROGRAM] [--study FILE]

  --quick      small sizes, one round: only to see that everything runs
  --csv        where the table goes as CSV
  --only       names of targets to measure; all if not given
  --seconds    about how long to measure each (10)
  --ohmloom    the program that the target of the images runs
  --study      the study it runs
)";

struct Arguments {
    TargetOptions options;
    std::string csv;
    std::vector<std::string> only;
    std::optional<Index> solve_once;
};

Arguments read_arguments(int argc, char** argv) {
    Arguments arguments;
    const std::vector<std::string> words(argv + 1, argv + argc);
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& flag = words[i];
        if (flag == "--quick") {
            arguments.options.quick = true;
            arguments.options.effort = {0.0, 1, 1};
            continue;
        }
        if (i + 1 == words.size())
            throw InputError(fmt::format("'{}' is no flag, or lacks its value\n\n{}", flag, usage));
        const std::string& value = words[++i];
        if (flag == "--csv") {
            arguments.csv = value;
        } else if (flag == "--only") {
            arguments.only.push_back(value);
        } else if (flag == "--seconds") {
            arguments.options.effort.seconds = std::stod(value);
        } else if (flag == "--ohmloom") {
            arguments.options.ohmloom = value;
        } else if (flag == "--study") {
            arguments.options.study = value;
        } else if (flag == "--solve-once") {
            arguments.solve_once = std::stol(value);
        } else {
            throw InputError(fmt::format("'{}' is no flag\n\n{}", flag, usage));
        }
    }
    return arguments;
}

bool wanted(const Target& target, const std::vector<std::string>& only) {
    if (only.empty()) return true;
    for (const std::string& name : only) {
        if (name == target.name) return true;
    }
    return false;
}

std::string number(double value) {
    return std::isnan(value) ? "" : fmt::format("{:.4g}", value);
}

std::string quoted(std::string_view text) {
    return fmt::format("\"{}\"", text);
}

/// Runnable processes, averaged over the last minute: how busy the machine was with other things when a row began.
double load() {
    double average = 0.0;
    return getloadavg(&average, 1) == 1 ? average : Measurement::none;
}

void print_row(const Target& target, const Measurement& result) {
    const bool met = is_met(target, result);
    fmt::print("{:<17} {:>9} {} ({} {}): {}. {}\n", target.name,
               result.rounds > 0 ? number(result.value.median) : "-", target.unit,
               target.bound == Bound::at_least ? "at least" : "at most", target.value,
               result.rounds == 0 ? "not measured"
               : met              ? "met"
                                  : "not met",
               result.note);
    std::fflush(stdout);
}

std::string csv_line(const Target& target, const Measurement& result, double load_before) {
    const auto outcome = result.rounds == 0 ? "not run" : is_met(target, result) ? "yes" : "no";
    return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", target.name,
                       quoted(target.work), target.bound == Bound::at_least ? ">=" : "<=", target.value,
                       quoted(target.unit), result.rounds > 0 ? number(result.value.median) : "",
                       result.rounds > 0 ? number(result.value.low) : "",
                       result.rounds > 0 ? number(result.value.high) : "", outcome, result.rounds,
                       quoted(result.ours), number(result.ours_s), quoted(result.baseline),
                       number(result.baseline_s), number(result.residual), number(result.error),
                       number(load_before), quoted(result.note));
}

Measurement measure(const Target& target, const TargetOptions& options) {
    try {
        return target.measure(options);
    } catch (const Error& error) {
        Measurement failed;
        failed.note = fmt::format("failed: {}", error.what());
        return failed;
    }
}

int run(int argc, char** argv) {
    const Arguments arguments = read_arguments(argc, argv);
    if (arguments.solve_once) {
        solve_largest_and_report(*arguments.solve_once);
        return 0;
    }
    std::ofstream csv;
    if (!arguments.csv.empty()) {
        csv.open(arguments.csv);
        if (!csv) throw FileError(fmt::format("{}: cannot be written", arguments.csv));
        fmt::print(csv, "target,work,bound,wanted,unit,measured,low,high,met,rounds,ours,ours_s,baseline,"
                        "baseline_s,residual,"
                        "error,load,note\n");
    }
    bool failed = false;
    for (const Target& target : targets()) {
        if (!wanted(target, arguments.only)) continue;
        const double load_before = load();
        const Measurement result = measure(target, arguments.options);
        failed = failed || result.note.rfind("failed", 0) == 0;
        print_row(target, result);
        if (csv.is_open()) csv << csv_line(target, result, load_before) << std::flush;
    }
    return failed ? 1 : 0;
}

} // namespace

} // namespace ohmloom::benchmarks

int main(int argc, char** argv) {
    try {
        return ohmloom::benchmarks::run(argc, argv);
    } catch (const std::exception& error) {
        fmt::print(stderr, "speed_targets: {}\n", error.what());
        return 2;
    }
}
