#include "readout/staged_array.hpp"

#include "devicemodels/cell_model.hpp"

#include "tests/approx.hpp"
#include "tests/readout/flawed_stages.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace ohmloom;

namespace {

/// Four rows, two outputs, wires and drivers that couple the lines.
Crossbar pair_array(const CellModel& cell, const ReadoutStage& stage) {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(4, 4,
                                std::vector<double>{2e-4, 7e-5, 7e-5, 2e-4, //
                                                    1e-4, 2e-4, 3e-5, 6e-5, //
                                                    7e-5, 2e-4, 2e-4, 1e-4, //
                                                    5e-5, 0.0, 1e-4, 2e-4});
    crossbar.lines_per_site = 2;
    crossbar.cell = cell;
    crossbar.r_row = 40.0;
    crossbar.r_col = 60.0;
    crossbar.r_source.assign(4, 100.0);
    attach_stages(crossbar, stage);
    return crossbar;
}

Matrix<double> inputs() {
    Matrix<double> v(20, 4);
    for (Index k = 0; k < v.rows(); ++k) {
        for (Index r = 0; r < 4; ++r) v(k, r) = 0.8 * static_cast<double>((7 * k + 5 * r) % 11) / 10.0;
    }
    return v;
}

} // namespace

TEST_CASE("ohmic cells give what the closed port matrix gives, whatever the stages") {
    for (const ReadoutStage& stage : testing::sample_stages()) {
        CAPTURE(to_string(stage.kind));
        for (const Index lines_per_site : {1, 2}) {
            if (stage.kind == StageKind::difference && lines_per_site == 1) continue;
            Crossbar crossbar = pair_array(LinearCell{}, {});
            crossbar.lines_per_site = lines_per_site;
            attach_stages(crossbar, stage, 4);
            const std::vector<StagePort> ports = stage_ports(stage, crossbar.sites(), lines_per_site, 4);
            const StageResponse response = close_stages(port_matrix(crossbar), ports);
            const Matrix<double> v = inputs();
            const StagedPoints points = StagedArray(crossbar, ports).solve(v);
            for (Index k = 0; k < v.rows(); ++k) {
                CHECK(points.status[static_cast<std::size_t>(k)] == SolveStatus::converged);
                for (Index s = 0; s < crossbar.sites(); ++s) {
                    double u = response.rest.u.empty() ? 0.0 : response.rest.u[static_cast<std::size_t>(s)];
                    for (Index r = 0; r < 4; ++r) u += response.u(s, r) * v(k, r);
                    CHECK(points.u(k, s) == testing::approx(u).epsilon(1e-8).scale(0.01));
                }
            }
        }
    }
}

TEST_CASE("cells that bend are solved with their stages: op-amp and Kirchhoff hold, and all power is "
          "accounted for") {
    const ReadoutStage stage{StageKind::difference, 30.0, 1e3};
    const Crossbar crossbar = pair_array(SinhCell{4.0}, stage);
    const Matrix<double> v = inputs();
    const StagedPoints points = StagedArray(crossbar, stage, {.tolerance = 1e-10}).solve(v);
    const double r_feedback = stage.r_feedback(), r_input = stage.r_input;
    for (Index k = 0; k < v.rows(); ++k) {
        CAPTURE(k);
        const auto at = static_cast<std::size_t>(k);
        REQUIRE(points.status[at] == SolveStatus::converged);
        CHECK(points.residual[at] <= 1e-10);
        // The same point by the nodal engine: v_N is found by plain repetition, which needs no derivative.
        Drive drive{Matrix<double>(1, 4, {v.row(k).begin(), v.row(k).end()}), std::vector<double>(4, 0.0)};
        ArraySolution solution;
        for (int turn = 0; turn < 200; ++turn) {
            solution =
                solve_array(crossbar, drive, {.engine = Engine::mna, .tolerance = 1e-13, .fields = true});
            for (Index s = 0; s < 2; ++s)
                drive.v_col[static_cast<std::size_t>(2 * s + 1)] = r_feedback * solution.i_col(0, 2 * s);
        }
        double stages = 0.0, cells = 0.0, sources = solution.power[0];
        for (Index s = 0; s < 2; ++s) {
            const double plus = solution.i_col(0, 2 * s), minus = solution.i_col(0, 2 * s + 1);
            CHECK(points.u(k, s) == testing::approx(r_feedback * (plus - minus)).epsilon(1e-7).scale(0.01));
            stages += (r_input + r_feedback) * (plus * plus + minus * minus);
            sources += r_feedback * minus * minus; // beyond v_N, down to the op-amp's output
        }
        for (Index r = 0; r < 4; ++r) {
            for (Index l = 0; l < 4; ++l) {
                const double across = solution.v_w(0, r * 2 + l / 2) - solution.v_b(0, r * 4 + l);
                cells += across * evaluate_cell(crossbar.cell, crossbar.g(r, l), 0.0, across).current;
            }
        }
        CHECK(points.cells[at] == testing::approx(cells).epsilon(1e-7));
        CHECK(points.stages[at] == testing::approx(stages).epsilon(1e-7));
        CHECK(points.cells[at] + points.wires[at] + points.stages[at] ==
              testing::approx(sources).epsilon(1e-7));
    }
}

TEST_CASE("outputs are the same whether power is asked for or not") {
    const ReadoutStage stage{StageKind::difference, 30.0, 1e3};
    const StagedArray array(pair_array(SinhCell{4.0}, stage), stage);
    const StagedPoints with = array.solve(inputs()), without = array.solve(inputs(), false);
    CHECK(without.u == with.u);
    CHECK(without.residual == with.residual);
    CHECK(without.status == with.status);
    CHECK(with.cells[3] > 0.0);
    CHECK(without.cells[3] == 0.0);
}

TEST_CASE("every vector closes, however coarse the tolerance") {
    const ReadoutStage stage{StageKind::difference, 30.0, 1e3};
    Matrix<double> v(400, 4);
    for (Index k = 0; k < v.rows(); ++k) {
        for (Index r = 0; r < 4; ++r)
            v(k, r) = 0.8 * std::abs(std::sin(1.7 * static_cast<double>(k) + 2.9 * static_cast<double>(r)));
    }
    for (const double tolerance : {1e-2, 1e-4, 1e-6, 1e-8}) {
        const StagedPoints points =
            StagedArray(pair_array(SinhCell{6.0}, stage), stage, {.tolerance = tolerance}).solve(v);
        for (std::size_t k = 0; k < points.status.size(); ++k) {
            CHECK(points.status[k] == SolveStatus::converged);
            CHECK(points.residual[k] <= tolerance);
        }
    }
}

TEST_CASE("the voltage that cells are likely to see decides no result") {
    const ReadoutStage stage{StageKind::difference, 30.0, 1e3};
    const SolveOptions options{.tolerance = 1e-11};
    const StagedPoints plain = StagedArray(pair_array(SinhCell{8.0}, stage), stage, options).solve(inputs());
    for (const double v_typical : {0.2, 0.4, 2.0}) {
        const StagedPoints points =
            StagedArray(pair_array(SinhCell{8.0}, stage), stage, options, v_typical).solve(inputs());
        for (std::size_t k = 0; k < points.status.size(); ++k) {
            CHECK(points.status[k] == SolveStatus::converged);
            CHECK(points.cells[k] == testing::approx(plain.cells[k]).epsilon(1e-8));
        }
        for (std::size_t i = 0; i < points.u.values().size(); ++i)
            CHECK(points.u.values()[i] == testing::approx(plain.u.values()[i]).epsilon(1e-7).scale(0.01));
    }
}
