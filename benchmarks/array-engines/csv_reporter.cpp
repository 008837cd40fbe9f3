#include "csv_reporter.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>

namespace ohmloom::benchmarks {

namespace {

/// A counter of a run as text; empty if there is none, or no number.
std::string counter(const benchmark::BenchmarkReporter::Run& run, const std::string& name) {
    const auto found = run.counters.find(name);
    if (found == run.counters.end() || !(found->second.value >= 0.0)) return "";
    return fmt::format("{:.3g}", found->second.value);
}

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == separator) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

std::string first_word(const std::string& text) {
    return text.substr(0, text.find(' '));
}

} // namespace

CsvReporter::CsvReporter(const std::string& path) : ConsoleReporter(OO_None) {
    if (path.empty()) return;
    file_.open(path);
    if (!file_) throw FileError(fmt::format("{}: cannot be written", path));
    fmt::print(
        file_,
        "engine,rows,cols,r_wire_ohm,cells,vectors,wall_s,cpu_s,runs,residual,error,iterations,note\n");
}

void CsvReporter::ReportRuns(const std::vector<Run>& runs) {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
        if (run.run_type == Run::RT_Iteration) write_line(run);
    }
}

void CsvReporter::write_line(const Run& run) {
    // engine/128x128/1 Ohm/linear/100 vectors
    const std::vector<std::string> parts = split(run.run_name.function_name, '/');
    const std::vector<std::string> shape = split(parts.at(1), 'x');
    const std::string place = fmt::format("{},{},{},{},{},{}", parts[0], shape.at(0), shape.at(1),
                                          first_word(parts.at(2)), parts.at(3), first_word(parts.at(4)));
    if (run.error_occurred) {
        if (run.error_message.rfind("not run", 0) != 0) failed_ = true;
        std::string note = run.error_message;
        std::replace(note.begin(), note.end(), ',', ';');
        fmt::print(file_, "{},,,,,,,{}\n", place, note);
    } else {
        const auto count = static_cast<double>(run.iterations);
        // ngspice works in a process of its own, whose processor time is not ours: the clock's stands in.
        const double cpu = parts[0] == "ngspice" ? run.real_accumulated_time : run.cpu_accumulated_time;
        fmt::print(file_, "{},{:.6g},{:.6g},{},{},{},{},\n", place, run.real_accumulated_time / count,
                   cpu / count, run.iterations, counter(run, "residual"), counter(run, "error"),
                   counter(run, "iterations"));
    }
    file_.flush();
}

} // namespace ohmloom::benchmarks
