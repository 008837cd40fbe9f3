#include "circuit/array_netlist.hpp"
#include "generated_arrays.hpp"
#include "solver/array_transient.hpp"
#include "solver/deck_solver.hpp"

#include "tests/generated_cases.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// An 8 x 8 array with every kind of capacitance; time constants of its lines between 1 ps and 1 ns.
Crossbar random_array(CaseDraws& draws) {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(8, 8);
    for (double& g : crossbar.g.values()) g = draws.log_uniform(1e-6, 1e-4);
    crossbar.r_row = draws.log_uniform(5.0, 500.0);
    crossbar.r_col = draws.log_uniform(5.0, 500.0);
    crossbar.row_ends = random_ends(draws);
    crossbar.col_ends = random_ends(draws);
    for (Index r = 0; r < 8; ++r) crossbar.r_source.push_back(draws.log_uniform(100.0, 1e3));
    for (Index l = 0; l < 8; ++l) crossbar.r_sense.push_back(draws.log_uniform(100.0, 1e3));
    const auto farads = [&] { return draws.log_uniform(1e-15, 1e-14); };
    crossbar.capacitance = {.row_ground = farads(),
                            .col_ground = farads(),
                            .row_coupling = farads(),
                            .col_coupling = farads(),
                            .cell = farads(),
                            .driver = 10.0 * farads(),
                            .sense = 10.0 * farads()};
    return crossbar;
}

/// What run k of a drive makes of an array, as a deck. ngspice takes no step at once: a jump lasts 1e-4 of the run there.
SpiceDeck deck_of(const Crossbar& crossbar, const TransientDrive& drive, Index k, double stop) {
    const ArrayNetlist netlist = expand_array(crossbar, {.v_row = {}, .v_col = drive.v_col, .stage = {}});
    SpiceDeck deck{"array in time", {}, {TransientAnalysis{stop / 100.0, stop, 0.0, stop / 1500.0}}, {}, {}};
    for (Index n = 1; n < netlist.circuit.node_count(); ++n)
        (void)deck.circuit.node(netlist.circuit.node_name(static_cast<NodeId>(n)));
    for (const Element& element : netlist.circuit.elements()) {
        ElementKind kind = element.kind;
        const auto row = std::ranges::find(netlist.row_sources, element.name);
        if (row != netlist.row_sources.end()) {
            const Index r = row - netlist.row_sources.begin();
            const VoltageCurve& curve =
                drive.curves[static_cast<std::size_t>(drive.curve.empty() ? 0 : drive.curve(k, r))];
            Waveform waveform{WaveformKind::pwl, {}};
            double last = -1.0;
            for (std::size_t i = 0; i < curve.t.size(); ++i) {
                last = std::max(curve.t[i], last + 1e-4 * stop);
                last = std::max(last, 0.0);
                waveform.arguments.insert(waveform.arguments.end(), {last, curve.v[i] * drive.v_row(k, r)});
            }
            std::get<VoltageSource>(kind).stimulus.waveform = waveform;
        }
        deck.circuit.add(element.name, std::move(kind));
    }
    for (const auto& [name, value] :
         {std::pair{"reltol", "1e-6"}, {"vntol", "1e-12"}, {"abstol", "1e-16"}, {"chgtol", "1e-22"}})
        deck.options.emplace_back(name, value);
    return deck;
}

/// A signal of a transient at an instant, straight between its points.
double value_at(const Waveforms& waves, const std::string& signal, double t) {
    const auto column = static_cast<Index>(std::ranges::find(waves.signals, signal) - waves.signals.begin());
    REQUIRE(column < static_cast<Index>(waves.signals.size()));
    const auto above = std::ranges::lower_bound(waves.axis, t);
    REQUIRE(above != waves.axis.end());
    const auto p = static_cast<Index>(above - waves.axis.begin());
    if (p == 0) return waves.values(0, column);
    const double from = *(above - 1), part = (t - from) / (*above - from);
    return waves.values(p - 1, column) + part * (waves.values(p, column) - waves.values(p - 1, column));
}

/// Largest difference of all column currents at all instants, over the largest of them.
double difference_to_ngspice(const Crossbar& crossbar, const TransientDrive& drive,
                             const std::vector<double>& times) {
    const TransientSolution ours = solve_transient(crossbar, drive, {.times = times, .tolerance = 1e-5});
    double largest = 0.0, full = 0.0;
    for (Index k = 0; k < drive.v_row.rows(); ++k) {
        const DeckSolution theirs = solve_deck_ngspice(deck_of(crossbar, drive, k, 1.001 * times.back()));
        REQUIRE(theirs.all_converged());
        for (std::size_t i = 0; i < times.size(); ++i) {
            for (Index l = 0; l < crossbar.lines(); ++l) {
                const double expected =
                    value_at(theirs.analyses.front(), "i(vcol_" + std::to_string(l) + ")", times[i]);
                full = std::max(full, std::abs(expected));
                largest = std::max(largest, std::abs(ours.i_col[i](k, l) - expected));
            }
        }
    }
    CHECK(full > 1e-8);
    return largest / full;
}

Matrix<double> heights(CaseDraws& draws) {
    Matrix<double> v(2, 8);
    for (double& x : v.values()) x = draws.uniform(-0.4, 0.4);
    return v;
}

const std::vector<double> instants{2e-11, 1e-10, 2.5e-10, 6e-10, 1e-9, 1.5e-9, 2e-9};

} // namespace

TEST_CASE("lines in time agree with ngspice on random linear arrays") {
    for (std::uint32_t number = 0; number < generated_cases(3); ++number) {
        CaseDraws draws(8000 + number);
        const Crossbar crossbar = random_array(draws);
        CAPTURE(number);
        CHECK(difference_to_ngspice(crossbar, step_drive(heights(draws), 5e-11), instants) < 1e-3);
    }
}

TEST_CASE("lines in time agree with ngspice on random arrays of sinh cells") {
    for (std::uint32_t number = 0; number < generated_cases(3); ++number) {
        CaseDraws draws(8100 + number);
        Crossbar crossbar = random_array(draws);
        crossbar.cell = SinhCell{draws.uniform(2.0, 8.0)};
        CAPTURE(number);
        CHECK(difference_to_ngspice(crossbar, step_drive(heights(draws), 5e-11), instants) < 1e-3);
    }
}

TEST_CASE(
    "lines in time agree with ngspice on pulses, curves of each row and potentials behind the columns") {
    CaseDraws draws(8200);
    Crossbar crossbar = random_array(draws);
    crossbar.cell = SinhCell{4.0};
    TransientDrive drive{heights(draws), {}, Matrix<Index>(2, 8), {}};
    for (Index l = 0; l < 8; ++l) drive.v_col.push_back(draws.uniform(-0.1, 0.1));
    for (Index curve = 0; curve < 3; ++curve) {
        const double begin = draws.uniform(1e-11, 4e-10), top = begin + draws.uniform(5e-11, 3e-10),
                     end = top + draws.uniform(1e-10, 5e-10);
        drive.curves.push_back(
            {{0.0, begin, top, end, end + 2e-10}, {0.2, 0.2, 1.0, draws.uniform(0.3, 1.0), -0.5}});
    }
    for (Index& curve : drive.curve.values()) curve = draws.integer(0, 2);
    CHECK(difference_to_ngspice(crossbar, drive, instants) < 1e-3);
}
