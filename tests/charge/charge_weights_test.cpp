#include "charge/charge_weights.hpp"

#include "base/random.hpp"
#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

ChargeArrayDesign design_of(int bits, ChargeDrive drive) {
    ChargeArrayDesign design;
    design.cell.bits = bits;
    design.drive = drive;
    return design;
}

/// Bell-shaped weights, as trained ones are.
Matrix<double> bell_weights(Index outputs, Index rows) {
    const RandomStream stream(3, RandomPurpose::test_generation);
    Matrix<double> weights(outputs, rows);
    for (Index o = 0; o < outputs; ++o) {
        for (Index r = 0; r < rows; ++r)
            weights(o, r) =
                0.1 * stream.normal(0, static_cast<std::uint32_t>(o), static_cast<std::uint32_t>(r));
    }
    return weights;
}

double error_of(const Matrix<double>& found, const Matrix<double>& weights) {
    double sum = 0.0;
    for (Index k = 0; k < weights.size(); ++k) sum += std::pow(found.data()[k] - weights.data()[k], 2);
    return std::sqrt(sum / static_cast<double>(weights.size()));
}

} // namespace

TEST_CASE("weights that codes can be are kept, each output with a scale of its own") {
    // Two bits, differential: -3/4, -1/4, 1/4, 3/4 of the scale.
    const Matrix<double> weights(2, 4, {1.5, -0.5, 0.5, -1.5, 0.03, 0.03, -0.01, 0.01});
    const ChargeArrayDesign design = design_of(2, ChargeDrive::differential);
    const ChargeWeights found = quantise_weights(weights, design);
    CHECK(found.codes == Matrix<std::int32_t>(2, 4, {3, 1, 2, 0, 3, 3, 1, 2}));
    CHECK(found.scale[0] == approx(2.0).epsilon(1e-14));
    CHECK(found.scale[1] == approx(0.04).epsilon(1e-14));
    CHECK(error_of(quantised_weights(found, design), weights) < 1e-15);
}

TEST_CASE("single-ended codes put signs into two columns, and 0 is 0") {
    const Matrix<double> weights(1, 3, {0.75, 0.0, -0.25});
    const ChargeArrayDesign design = design_of(2, ChargeDrive::single_ended);
    const ChargeWeights found = quantise_weights(weights, design);
    CHECK(found.codes == Matrix<std::int32_t>(2, 3, {3, 0, 0, 0, 0, 1}));
    CHECK(quantised_weights(found, design)(0, 1) == 0.0);
    CHECK(error_of(quantised_weights(found, design), weights) < 1e-15);
    const ChargeWeights none = quantise_weights(Matrix<double>(1, 3), design);
    CHECK(none.scale[0] == 0.0);
}

TEST_CASE("where bits are few, the scale of the least error cuts off large weights") {
    const Matrix<double> weights = bell_weights(3, 400);
    for (const ChargeDrive drive : {ChargeDrive::differential, ChargeDrive::single_ended}) {
        const ChargeArrayDesign design = design_of(2, drive);
        const ChargeWeights found = quantise_weights(weights, design);
        for (Index o = 0; o < 3; ++o) {
            double largest = 0.0;
            for (const double w : weights.row(o)) largest = std::max(largest, std::abs(w));
            CHECK(0.75 * found.scale[static_cast<std::size_t>(o)] < 0.75 * largest);
        }
        // The best uniform quantiser of a bell of four levels (differential) has 0.1188 of its power as error: J. Max, 1960.
        if (drive == ChargeDrive::differential)
            CHECK(error_of(quantised_weights(found, design), weights) ==
                  approx(0.1 * std::sqrt(0.1188)).epsilon(0.05));
    }
    // Eight bits: nothing to speak of is cut off, and errors are evenly spread over a step.
    const ChargeArrayDesign fine = design_of(8, ChargeDrive::differential);
    const ChargeWeights found = quantise_weights(weights, fine);
    const double step = 2.0 / 256.0 * found.scale[0];
    CHECK(error_of(quantised_weights(found, fine), weights) == approx(step / std::sqrt(12.0)).epsilon(0.2));
}
