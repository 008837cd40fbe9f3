#pragma once

#include <benchmark/benchmark.h>

#include <fstream>
#include <string>
#include <vector>

namespace ohmloom::benchmarks {

/// Google Benchmark's console table, and beside it one CSV line per measurement with the case in columns of its own.
class CsvReporter final : public benchmark::ConsoleReporter {
public:
    /// Writes to the file `path`; to none if it is empty. @throws FileError if it cannot be written.
    explicit CsvReporter(const std::string& path);

    void
    ReportRuns(const std::vector<Run>& runs) override; // NOLINT(readability-identifier-naming): overrides

    /// True if a run ended in an error, other than not being run at all.
    [[nodiscard]] bool failed() const { return failed_; }

private:
    void write_line(const Run& run);

    std::ofstream file_;
    bool failed_ = false;
};

} // namespace ohmloom::benchmarks
