#include "solver/transient_start.hpp"

#include "solver/operating_point.hpp"
#include "solver/switch_events.hpp"

#include <fmt/format.h>

namespace ohmloom {

namespace {

constexpr CircuitDrive at_start{1.0, 0.0, 0.0, false, false};

/// Charges that elements with initial values of their own have beyond what the node voltages say.
void add_initial_charges(const NodalSystem& system, std::span<const double> x, std::vector<double>& q) {
    for (const FlatElement& flat : system.elements()) {
        if (const auto* c = std::get_if<Capacitor>(&flat.element->kind); c != nullptr && c->initial) {
            const Index a = unknown_of(c->a), b = unknown_of(c->b);
            const double more = c->capacitance * (*c->initial - (value_of(x, a) - value_of(x, b)));
            if (a != no_unknown) q[static_cast<std::size_t>(a)] += more;
            if (b != no_unknown) q[static_cast<std::size_t>(b)] -= more;
        }
        if (const auto* l = std::get_if<Inductor>(&flat.element->kind); l != nullptr && l->initial) {
            q[static_cast<std::size_t>(flat.branch)] -= l->inductance * *l->initial;
        }
    }
}

} // namespace

TransientStart start_from_operating_point(NodalSystem& system, StageSolver& stages) {
    TransientStart start;
    system.forget();
    CircuitDrive drive = at_start;
    drive.holds_initial = true;
    PointOutcome outcome = find_operating_point(system, drive);
    if (!outcome.converged) {
        // Nodes between capacitors have no potential of their own at rest.
        drive.node_gmin = system.options().gmin;
        outcome = find_operating_point(system, drive);
        if (outcome.converged)
            start.message = fmt::format("the operating point at t = 0 needed {} S from every node to ground",
                                        drive.node_gmin);
    }
    if (!outcome.converged) {
        start.problem = "no operating point at t = 0: " + outcome.message +
                        "; give initial voltages with .ic and uic, or mend the circuit";
        return start;
    }
    stages.take_charges(system.x, at_start);
    for (ElementState& state : system.states) state.gate_before = state.gate;
    start.point = {0.0, system.x, stages.charges(), {}, system.states};
    return start;
}

TransientStart start_from_initial_values(NodalSystem& system, StageSolver& stages, double instant) {
    constexpr int most_throws = 20;
    TransientStart start;
    system.forget();
    for (const InitialVoltage& initial : system.circuit().initial_voltages()) {
        if (initial.node != ground)
            system.x[static_cast<std::size_t>(unknown_of(initial.node))] = initial.voltage;
    }
    stages.take_charges(system.x, at_start);
    for (ElementState& state : system.states) state.gate_before = state.gate;
    std::vector<double> q = stages.charges();
    add_initial_charges(system, system.x, q);
    const double a = 1.0 / instant;
    std::vector<double> known = q;
    for (double& charge : known) charge *= a;
    StageTolerances tolerances;
    tolerances.max_iterations = system.options().max_iterations;
    CircuitDrive drive = at_start;
    drive.moves = true;
    start.point = {0.0, system.x, {}, {}, system.states};
    for (int k = 0; k < most_throws; ++k) {
        const StageOutcome outcome = stages.solve(start.point.x, a, known, drive, tolerances);
        if (!outcome.converged) {
            start.problem =
                fmt::format("no point just after t = 0: {} does not settle; check the initial values",
                            outcome.worst == no_unknown ? "the circuit" : system.describe(outcome.worst));
            return start;
        }
        start.point.states = system.states;
        if (!throw_switches(system, start.point)) break;
        system.states = start.point.states;
    }
    start.point.q = stages.charges();
    for (ElementState& state : start.point.states) state.gate_before = state.gate;
    return start;
}

} // namespace ohmloom
