#include "converters/calibration.hpp"

#include "converter_designs.hpp"
#include "tests/approx.hpp"

#include <algorithm>
#include <cmath>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

AdcDesign with_offset_and_gain() {
    AdcDesign design = ideal_design(AdcKind::sar);
    design.front.offset_sigma = 0.02;
    design.front.gain_error = -0.1;
    design.front.gain_sigma = 0.02;
    return design;
}

/// Root mean square error of the values that a calibration gives for inputs inside the range, in LSB.
double error_of(const AdcBank& bank, CalibrationKind kind, Index points = 64) {
    const CalibratedCodes calibrated = calibrate(bank, {.kind = kind, .points = points, .guard_bits = 6});
    const InputRange range = bank.design().range;
    const Index rows = 2000, columns = bank.columns();
    const double width = range.high - range.low;
    const Matrix<double> x(
        rows, columns,
        random_inputs(range.low + 0.1 * width, range.high - 0.1 * width, static_cast<int>(rows * columns)));
    const Matrix<double> values = calibrated.values.apply(bank.convert(x));
    double squares = 0.0;
    for (std::size_t k = 0; k < x.values().size(); ++k)
        squares += std::pow(values.values()[k] - x.values()[k], 2);
    return std::sqrt(squares / static_cast<double>(x.size())) / bank.design().grid().step();
}

constexpr double ideal_error = 0.288675; // 1/√12 LSB

} // namespace

TEST_CASE("every calibration takes away what it can know, and no more") {
    const AdcBank linear(with_offset_and_gain(), 8, {});
    CHECK(error_of(linear, CalibrationKind::none) > 4.0);
    CHECK(error_of(linear, CalibrationKind::offset) < error_of(linear, CalibrationKind::none));
    CHECK(error_of(linear, CalibrationKind::offset) > 2.0); // the gain is left
    // An LSB after a gain of 0.9 is 1.11 before it.
    CHECK(error_of(linear, CalibrationKind::offset_gain, 1000) == approx(ideal_error / 0.9).epsilon(0.03));
    AdcDesign curved = with_offset_and_gain();
    curved.front.curve.shape = TransferCurve::Shape::polynomial;
    curved.front.curve.coefficients = {0.0, -0.2};
    const AdcBank bent(curved, 8, {});
    CHECK(error_of(bent, CalibrationKind::offset_gain) > 2.0);
    CHECK(error_of(bent, CalibrationKind::table) < 0.5);
}

TEST_CASE("a calibration of an ideal converter changes nothing by more than what it is stored to") {
    const AdcBank bank(ideal_design(AdcKind::uniform, 6), 2, {});
    for (const CalibrationKind kind : {CalibrationKind::none, CalibrationKind::offset,
                                       CalibrationKind::offset_gain, CalibrationKind::table}) {
        const CalibratedCodes calibrated = calibrate(bank, {.kind = kind, .points = 16, .guard_bits = 2});
        for (std::int32_t code = -31; code < 31; ++code) {
            const double error =
                (calibrated.values.value(1, code) - bank.code_value(1, code)) / bank.grid(1).step();
            CHECK(std::abs(error) < 0.26);
            CHECK(std::abs(4.0 * error - std::round(4.0 * error)) < 1e-6);
        }
    }
}

TEST_CASE("an offset is measured from codes alone, also through noise") {
    AdcDesign design = ideal_design(AdcKind::uniform);
    design.front.offset = 0.03;
    design.noise.input = 0.005;
    const AdcBank bank(design, 3, {});
    const CalibratedCodes calibrated =
        calibrate(bank, {.kind = CalibrationKind::offset, .points = 4000, .guard_bits = 8});
    for (Index c = 0; c < 3; ++c) {
        const double shift = (calibrated.values.value(c, 0) - bank.code_value(c, 0)) / 1.8;
        // The middle of the range: its noise over √4000, four times
        CHECK(std::abs(shift + 0.03) < 4.0 * 0.006 / std::sqrt(4000.0));
    }
}

TEST_CASE("codes that no known input gives get values between those of their neighbours") {
    AdcDesign design = ideal_design(AdcKind::sar, 4);
    design.capacitors.unit_sigma = 0.4;
    for (std::uint32_t tile = 0; tile < 20; ++tile) {
        const AdcBank bank(design, 1, {.seed = 1, .tile = tile});
        const CalibratedCodes calibrated =
            calibrate(bank, {.kind = CalibrationKind::table, .points = 16, .guard_bits = 4});
        for (std::int32_t code = -7; code < 7; ++code) {
            const auto& codes = bank.steps(0).codes;
            if (std::ranges::find(codes, code) != codes.end()) continue;
            const double low = calibrated.values.value(0, code - 1), here = calibrated.values.value(0, code),
                         high = calibrated.values.value(0, code + 1);
            CHECK((here - low) * (high - here) >= 0.0);
        }
        for (const double value : calibrated.values.values().values()) CHECK(std::isfinite(value));
    }
}

TEST_CASE("the cost of a calibration follows from what it measures and stores") {
    AdcDesign design = ideal_design(AdcKind::sar, 6);
    design.sharing = 4;
    design.cost = {.sample_rate = 1e6,
                   .walden = 10e-15,
                   .schreier = 200.0,
                   .area_per_level = 1e-12,
                   .area_fixed = 2e-12};
    const AdcBank bank(design, 8, {});
    const Calibration table{.kind = CalibrationKind::table,
                            .points = 10,
                            .guard_bits = 2,
                            .area_per_bit = 1e-12,
                            .read_energy = 1e-15};
    const CalibrationCost cost = calibrate(bank, table).cost;
    // Eight columns on two converters, which work at the same time.
    CHECK(cost.conversions == 10 * 64 * 2);
    CHECK(cost.time == approx(10 * 64 / 1e6));
    CHECK(cost.energy == approx(10 * 64 * 2 * 10e-15 * 64));
    CHECK(cost.stored_bits == 2 * 64 * 9);
    CHECK(cost.area == approx(2 * 64 * 9 * 1e-12));
    CHECK(cost.energy_per_conversion == approx(9e-15));
    const CalibrationCost line = calibrate(bank, {.kind = CalibrationKind::offset_gain,
                                                  .points = 10,
                                                  .add_energy = 1e-15,
                                                  .multiply_energy = 5e-15})
                                     .cost;
    CHECK(line.conversions == 20);
    CHECK(line.stored_bits == 2 * 2 * 9);
    CHECK(line.energy_per_conversion == approx(6e-15));
    CHECK(calibrate(bank, {.kind = CalibrationKind::offset}).cost.stored_bits == 2 * 9);
    CHECK(calibrate(bank, {}).cost.conversions == 0);
    CHECK(converter_area(design.cost, 6) == approx(66e-12));
}

TEST_CASE(
    "columns that share a converter share its calibration, but each range of theirs has one of its own") {
    AdcDesign design = ideal_design(AdcKind::sar, 4);
    design.sharing = 4;
    design.capacitors.unit_sigma = 0.1;
    design.noise.input = 0.02;
    const Calibration table{.kind = CalibrationKind::table, .points = 10};
    const auto values_of = [](const CalibratedCodes& codes, Index column) {
        const auto row = codes.values.values().row(column);
        return std::vector<double>(row.begin(), row.end());
    };
    const CalibratedCodes alike = calibrate(AdcBank(design, 6, {}), table);
    for (const Index c : {1, 2, 3}) CHECK(values_of(alike, c) == values_of(alike, 0));
    CHECK(values_of(alike, 4) != values_of(alike, 0));
    CHECK(values_of(alike, 5) == values_of(alike, 4));
    CHECK(alike.cost.conversions == 2 * 160);
    // Three ranges of the first converter, of which two columns have one; one range of the second.
    const std::vector<InputRange> ranges{{-1.0, 1.0}, {-2.0, 2.0}, {-1.0, 1.0},
                                         {-3.0, 3.0}, {-1.0, 1.0}, {-1.0, 1.0}};
    const CalibratedCodes switched = calibrate(AdcBank(design, 6, {}, ranges), table);
    CHECK(values_of(switched, 2) == values_of(switched, 0));
    CHECK(values_of(switched, 1) != values_of(switched, 0));
    CHECK(switched.cost.conversions == 4 * 160);
    CHECK(switched.cost.time == approx(3 * 160 / design.cost.sample_rate));
    CHECK(switched.cost.stored_bits == 4 * 16 * 7);
}

TEST_CASE("energy follows the Walden figure while it is small and the Schreier figure above") {
    const ConverterCost cost{
        .sample_rate = 1e6, .walden = 10e-15, .schreier = 170.0, .area_per_level = 0.0, .area_fixed = 0.0};
    CHECK(conversion_energy(cost, 6.0) == approx(640e-15));
    const double sndr = 6.0206 * 14.0 + 1.7609;
    CHECK(conversion_energy(cost, 14.0) == approx(0.5 * std::pow(10.0, (sndr - 170.0) / 10.0)).epsilon(1e-3));
    CHECK(sndr_of_bits(14.0) == approx(sndr).epsilon(1e-5));
    CHECK(bits_of_sndr(sndr_of_bits(9.3)) == approx(9.3));
    // The default point: 54.7 dB at 20 MS/s and 6.1 fJ a step are 54 uW, and both figures of merit say so.
    const double bits = bits_of_sndr(54.7);
    CHECK(conversion_energy({}, bits) * 20e6 == approx(6.1e-15 * std::exp2(bits) * 20e6).epsilon(0.01));
    CHECK(conversion_energy({.sample_rate = 20e6, .walden = 0.0}, bits) * 20e6 ==
          approx(54e-6).epsilon(0.02));
}

TEST_CASE("calibrations that make no sense are refused by name") {
    const AdcBank bank(ideal_design(AdcKind::uniform), 1, {});
    CHECK_THROWS_WITH_AS(calibrate(bank, {.kind = CalibrationKind::offset_gain, .points = 1}),
                         "a calibration of offset and gain has 1 point: expected at least 2", InputError);
    CHECK_THROWS_WITH_AS(calibrate(bank, {.kind = CalibrationKind::offset, .points = 0}),
                         "the calibration has 0 points: expected 1 to 100000", InputError);
}
