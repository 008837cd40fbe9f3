#include "circuit/array_netlist.hpp"
#include "solver/array_transient.hpp"
#include "solver/circuit_solver.hpp"
#include "tests/generated_cases.hpp"
#include "tests/solver/generated_arrays.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace ohmloom::testing {

namespace {

constexpr Index side = 16;

/// An array as a circuit whose row sources rise from 0 to what they are within `rise`.
Circuit stepped_circuit(const Crossbar& crossbar, std::span<const double> v_row, double rise) {
    ArrayNetlistOptions options;
    options.v_row.assign(v_row.begin(), v_row.end());
    const ArrayNetlist netlist = expand_array(crossbar, options);
    Circuit circuit;
    for (Index k = 1; k < netlist.circuit.node_count(); ++k)
        circuit.node(netlist.circuit.node_name(NodeId{static_cast<std::int32_t>(k)}));
    for (const Element& element : netlist.circuit.elements()) {
        ElementKind kind = element.kind;
        if (auto* source = std::get_if<VoltageSource>(&kind))
            source->stimulus.waveform = {WaveformKind::pwl, {0.0, 0.0, rise, source->dc}};
        circuit.add(element.name, std::move(kind));
    }
    return circuit;
}

Crossbar random_array(CaseDraws& draws) {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(side, side);
    for (double& g : crossbar.g.values()) g = draws.log_uniform(1e-6, 1e-4);
    crossbar.r_row = draws.log_uniform(1.0, 20.0);
    crossbar.r_col = draws.log_uniform(1.0, 20.0);
    for (Index k = 0; k < side; ++k) {
        crossbar.r_source.push_back(draws.log_uniform(50.0, 500.0));
        crossbar.r_sense.push_back(draws.log_uniform(10.0, 200.0));
    }
    ArrayCapacitance& c = crossbar.capacitance;
    c.row_ground = draws.log_uniform(0.1e-15, 1e-15);
    c.col_ground = draws.log_uniform(0.1e-15, 1e-15);
    c.row_coupling = draws.uniform(0.0, 0.3e-15);
    c.col_coupling = draws.uniform(0.0, 0.3e-15);
    c.cell = draws.log_uniform(0.01e-15, 0.2e-15);
    c.driver = draws.uniform(0.0, 5e-15);
    c.sense = draws.uniform(0.0, 5e-15);
    return crossbar;
}

/// Column currents of `lines` against those of mna at instants, in parts of full scale.
void check_parity(const Crossbar& crossbar, CaseDraws& draws) {
    Matrix<double> v_row(1, side);
    for (double& v : v_row.values()) v = draws.uniform(0.05, 0.4);
    constexpr double rise = 5e-12, stop = 8e-11;
    TransientOptions options;
    options.tolerance = 1e-6;
    for (int k = 1; k <= 16; ++k) options.times.push_back(stop / 16.0 * k);
    const TransientSolution lines = solve_transient(crossbar, step_drive(v_row, rise), options);
    REQUIRE(lines.status.front() == SolveStatus::converged);

    CircuitSolver solver(stepped_circuit(crossbar, v_row.row(0), rise));
    CircuitTransientOptions tight;
    tight.relative = 1e-6;
    tight.voltage = 1e-9;
    const Waveforms mna = solver.transient({stop / 16.0, stop}, tight);
    REQUIRE(mna.all_converged());
    double full_scale = 0.0, largest = 0.0;
    for (std::size_t k = 0; k < options.times.size(); ++k) {
        const double t = options.times[k];
        const auto nearest =
            std::min_element(mna.axis.begin(), mna.axis.end(), [&](double left, double right) {
                return std::abs(left - t) < std::abs(right - t);
            });
        for (Index l = 0; l < side; ++l) {
            const auto signal =
                std::find(mna.signals.begin(), mna.signals.end(), "i(vcol_" + std::to_string(l) + ")");
            REQUIRE(signal != mna.signals.end());
            const double current = mna.values(nearest - mna.axis.begin(), signal - mna.signals.begin());
            full_scale = std::max(full_scale, std::abs(current));
            largest = std::max(largest, std::abs(current - lines.i_col[k](0, l)));
        }
    }
    CHECK(full_scale > 0.0);
    CHECK(largest < 1e-4 * full_scale);
}

} // namespace

TEST_CASE("on random 16x16 arrays of ohmic cells, lines and mna agree in time to 1e-4 of full scale") {
    for (std::uint32_t number = 0; number < generated_cases(3); ++number) {
        CAPTURE(number);
        CaseDraws draws(700 + number);
        const Crossbar crossbar = random_array(draws);
        check_parity(crossbar, draws);
    }
}

TEST_CASE("on random 16x16 arrays of bent cells, lines and mna agree in time to 1e-4 of full scale") {
    for (std::uint32_t number = 0; number < generated_cases(2); ++number) {
        CAPTURE(number);
        CaseDraws draws(800 + number);
        Crossbar crossbar = random_array(draws);
        crossbar.cell = SinhCell{draws.uniform(2.0, 6.0)};
        check_parity(crossbar, draws);
    }
}

} // namespace ohmloom::testing
