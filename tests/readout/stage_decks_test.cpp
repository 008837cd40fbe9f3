// The stages of netlists/, as ngspice finds them behind a tile of 32 x 32 with wires, beside what the tile is solved with.
#include "readout/stage_closure.hpp"
#include "readout/staged_array.hpp"
#include "solver/deck_solver.hpp"

#include "tests/readout/real_tile.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

constexpr double agreement = 1e-4; ///< of full scale

/// A stage of a deck and the numbers that stand in it.
struct DeckStage {
    std::string deck, subcircuit;
    Index lines;
    ReadoutStage stage;
    StageSample sample;
};

std::vector<DeckStage> deck_stages() {
    using enum StageKind;
    const StageSample offsets{1.0, 1.0, 2e-3, -1e-3};
    return {
        {"virtual_ground_stage", "virtual_ground_stage", 2, {.kind = virtual_ground, .gain = 3.0}, {}},
        {"virtual_ground_tia", "tia", 1, {.kind = op_amp, .gain = 10.0, .open_loop_gain = 1e5}, {}},
        {"op_amp_stage",
         "op_amp_stage",
         2,
         {.kind = op_amp, .gain = 3.0, .open_loop_gain = 1e3, .r_amplifier = 100e3},
         offsets},
        {"current_conveyor_stage",
         "current_conveyor_stage",
         2,
         {.kind = current_conveyor, .gain = 3.0, .r_conveyor = 100.0},
         {0.98, 1.01, 2e-3, -1e-3}},
        {"divider_stage",
         "divider_stage",
         2,
         {.kind = divider, .gain = 15.0, .r_input = 200.0},
         {1.0, 1.0, 2e-3, 0.0}},
        {"difference_stage", "difference_stage", 2, {.kind = difference, .gain = 30.0}, {}},
        {"integrator_stage",
         "integrator_stage",
         2,
         {.kind = integrator,
          .open_loop_gain = 2e3,
          .integration_time = 100e-9,
          .capacitance = 1e-10 / 3.0,
          .r_leak = 50e3},
         offsets},
    };
}

/// Stage outputs o_s at the last point of the deck's own analysis.
std::vector<double> in_ngspice(const DeckStage& of, const Crossbar& tile) {
    const SpiceDeck reference = reference_deck(of.deck);
    const SpiceDeck deck{
        "tile", tile_with_stages(tile, of.deck, of.subcircuit), reference.analyses, {}, reference.options};
    const DeckSolution solution = solve_deck_ngspice(deck, 300.0);
    CAPTURE(solution.analyses.front().message);
    REQUIRE(solution.all_converged());
    const Waveforms& point = solution.analyses.front();
    std::vector<double> outputs;
    for (Index s = 0; s < tile.sites(); ++s) {
        const auto found = std::ranges::find(point.signals, "v(o_" + std::to_string(s) + ")");
        REQUIRE(found != point.signals.end());
        outputs.push_back(point.values(point.values.rows() - 1, found - point.signals.begin()));
    }
    return outputs;
}

} // namespace

TEST_CASE("every stage's deck behind a tile of 32 x 32 with wires gives the fast model's outputs to 1e-4 of "
          "full scale") {
    for (const DeckStage& of : deck_stages()) {
        CAPTURE(of.deck);
        const std::vector<StagePort> stages(32, stage_port(of.stage, of.sample));
        Crossbar tile = real_tile(of.lines);
        attach_stages(tile, stages);
        const StageResponse response = close_stages(port_matrix(tile), stages);
        const std::vector<double> v = real_rows(), golden = in_ngspice(of, tile);
        // By the port matrix, and by the solver of nonlinear cells.
        const StagedPoints points =
            StagedArray(tile, stages).solve(Matrix<double>(1, 32, std::vector<double>(v)));
        REQUIRE(points.status[0] == SolveStatus::converged);
        double full_scale = 0.0, worst = 0.0, worst_iterated = 0.0;
        for (std::size_t s = 0; s < 32; ++s) {
            const auto row = static_cast<Index>(s);
            double u = response.rest.u.empty() ? 0.0 : response.rest.u[s];
            for (Index r = 0; r < 32; ++r) u += response.u(row, r) * v[static_cast<std::size_t>(r)];
            // A single line's amplifier inverts, and u is minus its output.
            const double expected = of.lines == 1 ? -golden[s] : golden[s];
            full_scale = std::max(full_scale, std::abs(expected));
            worst = std::max(worst, std::abs(u - expected));
            worst_iterated = std::max(worst_iterated, std::abs(points.u(0, row) - expected));
        }
        CHECK(full_scale > 0.1);
        CAPTURE(full_scale);
        CHECK(worst < agreement * full_scale);
        CHECK(worst_iterated < agreement * full_scale);
    }
}
