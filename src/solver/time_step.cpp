#include "solver/time_step.hpp"

#include <numbers>

namespace ohmloom {

namespace {

constexpr double diagonal = 1.0 - 0.5 * std::numbers::sqrt2; // d
constexpr double gamma = 2.0 * diagonal;
constexpr double weight = 0.25 * std::numbers::sqrt2; // w

/// One stage: solves a q(x) + f(x, t) = a q(n) + slopes, and notes what gate charges are counted from next.
bool solve_stage(StageSolver& stages, NodalSystem& system, const TimePoint& begin, double t, double a,
                 std::span<const double> slopes, const StageTolerances& tolerances, std::vector<double>& x,
                 StageOutcome& outcome) {
    std::vector<double> known(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) known[i] = a * begin.q[i] + slopes[i];
    outcome = stages.solve(x, a, known, {1.0, 0.0, t, false, true}, tolerances);
    if (outcome.converged) {
        for (ElementState& state : system.states) state.gate_before = state.gate;
    }
    return outcome.converged;
}

/// x(n) + guess·s.
std::vector<double> guessed(const TimePoint& begin, std::span<const double> guess, double s) {
    std::vector<double> x = begin.x;
    for (std::size_t i = 0; i < guess.size(); ++i) x[i] += guess[i] * s;
    return x;
}

void extend(std::vector<double>& x, const TimePoint& begin, double by) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = begin.x[i] + (x[i] - begin.x[i]) * by;
}

void step_tr_bdf2(StageSolver& stages, NodalSystem& system, const TimePoint& begin,
                  const StageTolerances& tolerances, std::span<const double> guess, TimeStep& step) {
    const double h = step.h, a = 1.0 / (diagonal * h);
    const std::size_t size = begin.x.size();
    step.middle = gamma;
    step.order = 2;
    step.x_middle = guessed(begin, guess, gamma * h);
    if (!solve_stage(stages, system, begin, begin.t + gamma * h, a, begin.slopes, tolerances, step.x_middle,
                     step.outcome)) {
        return;
    }
    std::vector<double> middle(size), both(size);
    for (std::size_t i = 0; i < size; ++i) {
        middle[i] = a * (stages.charges()[i] - begin.q[i]) - begin.slopes[i];
        both[i] = weight / diagonal * (begin.slopes[i] + middle[i]);
    }
    step.end.x = step.x_middle;
    extend(step.end.x, begin, 1.0 / gamma);
    if (!solve_stage(stages, system, begin, step.end.t, a, both, tolerances, step.end.x, step.outcome))
        return;
    step.end.q = stages.charges();
    step.end.slopes.resize(size);
    step.local_error.resize(size);
    for (std::size_t i = 0; i < size; ++i) {
        const double end = a * (step.end.q[i] - begin.q[i]) - both[i];
        step.end.slopes[i] = end;
        const double e = (weight - (1.0 - weight) / 3.0) * begin.slopes[i] +
                         (weight - (3.0 * weight + 1.0) / 3.0) * middle[i] + diagonal * 2.0 / 3.0 * end;
        step.local_error[i] = e / diagonal;
    }
    stages.divide(step.local_error);
}

void step_sdirk2(StageSolver& stages, NodalSystem& system, const TimePoint& begin,
                 const StageTolerances& tolerances, TimeStep& step) {
    const double h = step.h, a = 1.0 / (diagonal * h);
    const std::size_t size = begin.x.size();
    step.middle = diagonal;
    step.order = 1;
    step.x_middle = begin.x;
    std::vector<double> slopes(size, 0.0);
    if (!solve_stage(stages, system, begin, begin.t + diagonal * h, a, slopes, tolerances, step.x_middle,
                     step.outcome)) {
        return;
    }
    constexpr double share = (1.0 - diagonal) / diagonal;
    for (std::size_t i = 0; i < size; ++i) slopes[i] = share * a * (stages.charges()[i] - begin.q[i]);
    step.end.x = step.x_middle;
    if (!solve_stage(stages, system, begin, step.end.t, a, slopes, tolerances, step.end.x, step.outcome))
        return;
    step.end.q = stages.charges();
    step.end.slopes.resize(size);
    step.local_error.resize(size);
    for (std::size_t i = 0; i < size; ++i) {
        step.end.slopes[i] = a * (step.end.q[i] - begin.q[i]) - slopes[i];
        step.local_error[i] = step.end.slopes[i] - slopes[i] / share;
    }
    stages.divide(step.local_error);
}

} // namespace

double TimeStep::at(const TimePoint& begin, Index unknown, double share) const {
    const auto i = static_cast<std::size_t>(unknown);
    // Newton's form through 0, middle and 1.
    const double first = (x_middle[i] - begin.x[i]) / middle;
    const double second = (end.x[i] - x_middle[i]) / (1.0 - middle);
    return begin.x[i] + share * (first + (share - middle) * (second - first));
}

TimeStep try_step(StageSolver& stages, NodalSystem& system, const TimePoint& begin, double h,
                  const StageTolerances& tolerances, std::span<const double> guess) {
    TimeStep step;
    step.h = h;
    step.end.t = begin.t + h;
    system.states = begin.states;
    if (begin.slopes.empty()) {
        step_sdirk2(stages, system, begin, tolerances, step);
    } else {
        step_tr_bdf2(stages, system, begin, tolerances, guess, step);
    }
    step.end.states = system.states;
    return step;
}

} // namespace ohmloom
