#include "solver/operating_point.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace ohmloom {

namespace {

/// Where a circuit is, to come back to.
struct Place {
    explicit Place(const NodalSystem& system) : x(system.x), states(system.states) {}
    void restore(NodalSystem& system) const {
        system.x = x;
        system.states = states;
    }
    std::vector<double> x;
    std::vector<ElementState> states;
};

/// A conductance from every node to ground, from strong to what is wanted; smaller steps where they are needed.
NewtonResult step_gmin(NodalSystem& system, CircuitDrive drive) {
    system.forget();
    NewtonResult total;
    const double wanted = drive.node_gmin;
    double factor = 10.0, gmin = 1e-2;
    constexpr double least = 1e-13;
    Place place(system);
    bool has_point = false;
    double reached = gmin;
    while (gmin > least) {
        drive.node_gmin = gmin;
        const NewtonResult result = system.newton(drive);
        total.iterations += result.iterations;
        if (result.converged) {
            place = Place(system);
            reached = gmin;
            has_point = true;
            factor = std::min(10.0, factor * factor);
        } else {
            if (!has_point || factor < 1.01) return total;
            place.restore(system);
            factor = std::sqrt(factor);
        }
        gmin = reached / factor;
    }
    drive.node_gmin = wanted;
    const NewtonResult last = system.newton(drive);
    return {last.converged, total.iterations + last.iterations};
}

/// All sources from 0 to their values.
NewtonResult step_sources(NodalSystem& system, CircuitDrive drive) {
    system.forget();
    NewtonResult total;
    double reached = 0.0, step = 0.1;
    drive.source_factor = 0.0;
    NewtonResult result = system.newton(drive);
    total.iterations += result.iterations;
    if (!result.converged) return total;
    while (reached < 1.0) {
        const Place place(system);
        const double next = std::min(1.0, reached + step);
        drive.source_factor = next;
        result = system.newton(drive);
        total.iterations += result.iterations;
        if (result.converged) {
            reached = next;
            step *= 2.0;
        } else {
            place.restore(system);
            step *= 0.25;
            if (step < 1e-7) return total;
        }
    }
    total.converged = true;
    return total;
}

} // namespace

PointOutcome find_operating_point(NodalSystem& system, const CircuitDrive& drive) {
    const Place before(system);
    NewtonResult result = system.newton(drive);
    PointOutcome outcome{false, result.iterations, ""};
    const auto try_next = [&](const char* what, auto&& method) {
        if (result.converged) return;
        before.restore(system);
        result = method(system, drive);
        outcome.iterations += result.iterations;
        if (result.converged) outcome.message = fmt::format("{} was needed", what);
    };
    try_next("gmin stepping", step_gmin);
    try_next("source stepping", step_sources);
    outcome.converged = result.converged;
    if (!result.converged) {
        outcome.message = system.failure().empty()
                              ? "Newton does not converge, even with gmin and source stepping"
                              : system.failure();
        before.restore(system);
    }
    return outcome;
}

void solve_point(NodalSystem& system, Waveforms& waveforms, Index point) {
    const auto p = static_cast<std::size_t>(point);
    const PointOutcome outcome = find_operating_point(system);
    waveforms.iterations[p] = outcome.iterations;
    waveforms.converged[p] = outcome.converged;
    if (!outcome.message.empty()) waveforms.message = outcome.message;
    if (!outcome.converged) return;
    for (std::size_t s = 0; s < system.signal_unknowns().size(); ++s) {
        waveforms.values(point, static_cast<Index>(s)) = value_of(system.x, system.signal_unknowns()[s]);
    }
}

Waveforms operating_point(NodalSystem& system) {
    Waveforms waveforms = system.make_waveforms("op", "point", "1", {0.0});
    solve_point(system, waveforms, 0);
    return waveforms;
}

} // namespace ohmloom
