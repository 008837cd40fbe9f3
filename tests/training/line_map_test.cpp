#include "training/line_map.hpp"

#include "base/errors.hpp"
#include "base/random.hpp"
#include "inference/tile_response.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace ohmloom;

namespace {

constexpr double r_col = 11.552;
const ReadoutStage stage{.kind = StageKind::difference, .gain = 30.0, .r_input = 1000.0};

/// Conductances between 1/15 and 1/5 mS.
Matrix<double> random_conductances(Index outputs, Index rows, std::uint32_t which) {
    const RandomStream random(7, RandomPurpose::test_generation);
    Matrix<double> g(outputs, rows);
    for (Index o = 0; o < outputs; ++o) {
        for (Index r = 0; r < rows; ++r) {
            const double u =
                random.uniform(which, static_cast<std::uint32_t>(o), static_cast<std::uint32_t>(r));
            g(o, r) = (1.0 + 2.0 * u) / 15e3;
        }
    }
    return g;
}

DifferentialConductances random_layer(Index outputs, Index rows) {
    return {random_conductances(outputs, rows, 0), random_conductances(outputs, rows, 1), 1.0};
}

/// The layer's tiles, solved exactly, in one matrix.
Matrix<double> exact_map(const DifferentialConductances& conductances, Index horizontal, Index vertical,
                         const ArrayCircuit& circuit) {
    LayerPlan layer{{horizontal, vertical}, conductances, {}};
    Matrix<double> map(layer.outputs(), layer.rows());
    for (const IndexRange& inputs : split_evenly(layer.rows(), horizontal)) {
        for (const IndexRange& outputs : split_evenly(layer.outputs(), vertical)) {
            const StageResponse response = solve_tile(layer, {inputs, outputs}, circuit);
            for (Index o = 0; o < outputs.size(); ++o) {
                for (Index r = 0; r < inputs.size(); ++r) {
                    map(outputs.begin + o, inputs.begin + r) = response.u(o, r);
                }
            }
        }
    }
    return map;
}

double largest_difference(const Matrix<double>& a, const Matrix<double>& b) {
    double largest = 0.0, scale = 0.0;
    for (Index i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::abs(a.data()[i] - b.data()[i]));
        scale = std::max(scale, std::abs(b.data()[i]));
    }
    return largest / scale;
}

double sum_of_products(const Matrix<double>& a, const Matrix<double>& b) {
    double sum = 0.0;
    for (Index i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i];
    return sum;
}

} // namespace

TEST_CASE("the line map is the exact circuit when row wires have no resistance") {
    const DifferentialConductances layer = random_layer(6, 23);
    const ArrayCircuit circuit{.r_row = 0.0, .r_col = r_col, .stage = stage};
    for (const Index horizontal : {1, 3}) {
        const Matrix<double> exact = exact_map(layer, horizontal, 2, circuit);
        CHECK(largest_difference(line_map(layer, horizontal, r_col, stage), exact) < 1e-9);
    }
}

TEST_CASE("row resistance takes away what the line map does not know of") {
    const DifferentialConductances layer = random_layer(6, 23);
    const Matrix<double> exact = exact_map(layer, 3, 2, {.r_row = 9.2416, .r_col = r_col, .stage = stage});
    const double difference = largest_difference(line_map(layer, 3, r_col, stage), exact);
    CHECK(difference > 1e-4);
    CHECK(difference < 0.1);
}

TEST_CASE("without any wire resistance the line map is the closed form of the difference stage") {
    // One output, two rows: I+ = S+/(1 + (R1 + R4) g+), V+ = R4 I+, I- = (S- - V+ g-)/(1 + R1 g-), u = V+ - R3 I-.
    const double gp[] = {1e-4, 2e-4}, gm[] = {1.5e-4, 0.7e-4}, r1 = 1e3, r4 = 30e3;
    const DifferentialConductances layer{Matrix<double>(1, 2, {gp[0], gp[1]}),
                                         Matrix<double>(1, 2, {gm[0], gm[1]}), 1.0};
    const Matrix<double> map = line_map(layer, 1, 0.0, stage);
    for (Index r = 0; r < 2; ++r) {
        const double v_plus = r4 * gp[r] / (1.0 + (r1 + r4) * (gp[0] + gp[1]));
        const double i_minus = (gm[r] - v_plus * (gm[0] + gm[1])) / (1.0 + r1 * (gm[0] + gm[1]));
        CHECK(map(0, r) == testing::approx(v_plus - r4 * i_minus).epsilon(1e-12));
    }
}

TEST_CASE("the line map's gradient agrees with central differences") {
    DifferentialConductances layer = random_layer(3, 11);
    const Index horizontal = 2;
    const Matrix<double> upstream = random_conductances(3, 11, 2);
    const LineMapGradient gradient = line_map_gradient(layer, horizontal, r_col, stage, upstream);
    const auto value = [&](const ReadoutStage& with) {
        return sum_of_products(upstream, line_map(layer, horizontal, r_col, with));
    };
    const auto slope_of = [&](double& conductance) {
        const double kept = conductance, step = 1e-4 * kept;
        conductance = kept + step;
        const double above = value(stage);
        conductance = kept - step;
        const double below = value(stage);
        conductance = kept;
        return (above - below) / (2.0 * step);
    };
    // The step's cube leaves about 1e-8; sums of terms of both signs lose a little more.
    for (Index o = 0; o < 3; ++o) {
        for (Index r = 0; r < 11; ++r) {
            CHECK(gradient.plus(o, r) == testing::approx(slope_of(layer.plus(o, r))).epsilon(1e-5));
            CHECK(gradient.minus(o, r) == testing::approx(slope_of(layer.minus(o, r))).epsilon(1e-5));
        }
    }
    ReadoutStage above = stage, below = stage;
    above.gain += 1e-3;
    below.gain -= 1e-3;
    CHECK(gradient.gain == testing::approx((value(above) - value(below)) / 2e-3).epsilon(1e-6));
}

TEST_CASE("a read-out without difference stages is refused") {
    CHECK_THROWS_AS(line_map(random_layer(2, 4), 1, r_col, {.kind = StageKind::virtual_ground}), InputError);
}
