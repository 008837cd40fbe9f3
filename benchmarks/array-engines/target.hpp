#pragma once

#include "base/matrix.hpp"
#include "paired_timing.hpp"

#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace ohmloom::benchmarks {

/// What every target is measured with.
struct TargetOptions {
    bool quick = false;  ///< small sizes and one round: to see that everything runs
    Effort effort;       ///< per target
    std::string ohmloom; ///< the command line program
    std::string study;   ///< what it is given for the target of the images
};

/// What came out.
struct Measurement {
    static constexpr double none = std::numeric_limits<double>::quiet_NaN();

    Spread value;             ///< in the target's unit, over the rounds
    int rounds = 0;           ///< 0: not measured, see the note
    double ours_s = none;     ///< [s] median
    std::string ours;         ///< engine
    double baseline_s = none; ///< [s] median
    std::string baseline;     ///< what the engine was compared with
    double residual = none;   ///< of our answer
    double error = none;      ///< of our answer against CHOLMOD's
    std::string note;
};

enum class Bound { at_least, at_most };

/// One row of the table of speeds the engines have to reach.
struct Target {
    std::string_view name;
    std::string_view work;
    Bound bound;
    double value;
    std::string_view unit;
    Measurement (*measure)(const TargetOptions&);
};

/// All rows.
std::span<const Target> targets();

bool is_met(const Target& target, const Measurement& measurement);

// The measurements, by what they need.
Measurement lines_128_once(const TargetOptions& options);
Measurement lines_512_once(const TargetOptions& options);
Measurement best_128_hundred(const TargetOptions& options);
Measurement best_512_hundred(const TargetOptions& options);
Measurement lines_against_ngspice(const TargetOptions& options);
Measurement sinh_batch_avx512(const TargetOptions& options);
Measurement sinh_batch_avx2(const TargetOptions& options);
Measurement small_tiles(const TargetOptions& options);
Measurement condense_against_dgemm(const TargetOptions& options);
Measurement images(const TargetOptions& options);
Measurement memory_of_largest(const TargetOptions& options);
Measurement two_threads_linear(const TargetOptions& options);
Measurement two_threads_sinh(const TargetOptions& options);

/// What the child process of memory_of_largest() does: solves one vector on side x side cells and prints seconds, bytes,
/// residual and status.
void solve_largest_and_report(Index side);

} // namespace ohmloom::benchmarks
