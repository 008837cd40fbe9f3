// Targets in nanoseconds per cell and vector of nonlinear batches. One thread; processor time.
#include "contender.hpp"
#include "instruction_set.hpp"
#include "single_thread.hpp"
#include "target.hpp"

#include <fmt/format.h>

#include <vector>

namespace ohmloom::benchmarks {

namespace {

Measurement time_per_cell(const Case& point, const TargetOptions& options) {
    const SingleThread one_thread;
    const Problem problem = make_problem(point);
    const auto lines = make_contender("lines", problem);
    lines->run();
    std::vector<double> times;
    double total = 0.0;
    while (static_cast<int>(times.size()) < options.effort.least_rounds ||
           (static_cast<int>(times.size()) < options.effort.most_rounds && total < options.effort.seconds)) {
        times.push_back(time_calls([&] { lines->run(); }).cpu);
        total += times.back();
    }
    const double to_ns = 1e9 / static_cast<double>(point.rows * point.cols * point.vectors);
    const Spread seconds = spread_of(times);
    const Answer answer = lines->answer();
    Measurement measurement;
    measurement.value = {seconds.median * to_ns, seconds.low * to_ns, seconds.high * to_ns};
    measurement.rounds = static_cast<int>(times.size());
    measurement.ours_s = seconds.median;
    measurement.ours = "lines";
    measurement.residual = answer.residual;
    if (const auto reference = reference_currents(problem))
        measurement.error = largest_error(answer.i_col, *reference);
    measurement.note =
        fmt::format("{:.3g} inner iterations, inputs up to {} V", answer.iterations, point.v_max);
    return measurement;
}

/// The batch with instructions up to `most`; inputs of up to 1 V, where the cells are far from linear, in the note.
Measurement sinh_batch(InstructionSet most, const TargetOptions& options) {
    if (!has(most)) {
        Measurement measurement;
        measurement.note = fmt::format("not run: this processor has no {}", name_of(most));
        return measurement;
    }
    const InstructionLimit limit(most);
    const Index side = options.quick ? 16 : 128;
    Case point{.rows = side, .cols = side, .nonlinear = true, .vectors = 64};
    Measurement measurement = time_per_cell(point, options);
    point.v_max = 1.0;
    const Measurement strong = time_per_cell(point, options);
    measurement.note +=
        fmt::format("; inputs up to 1 V: {:.3g} ns, residual {:.1e}", strong.value.median, strong.residual);
    return measurement;
}

} // namespace

Measurement sinh_batch_avx512(const TargetOptions& options) {
    return sinh_batch(InstructionSet::avx512, options);
}

Measurement sinh_batch_avx2(const TargetOptions& options) {
    return sinh_batch(InstructionSet::avx2, options);
}

Measurement small_tiles(const TargetOptions& options) {
    return time_per_cell({.rows = 25, .cols = 15, .nonlinear = true, .vectors = options.quick ? 100 : 10000},
                         options);
}

} // namespace ohmloom::benchmarks
