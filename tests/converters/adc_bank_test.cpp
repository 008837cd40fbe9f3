#include "converter_designs.hpp"

#include "base/parallel.hpp"
#include "tests/approx.hpp"

#include <algorithm>
#include <cmath>
#include <string>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// Rows of inputs all over the range, and beyond it.
Matrix<double> inputs_for(const AdcDesign& design, Index rows, Index columns) {
    const double width = design.range.high - design.range.low;
    return {rows, columns,
            random_inputs(design.range.low - 0.1 * width, design.range.high + 0.1 * width,
                          static_cast<int>(rows * columns))};
}

std::string refusal(const AdcDesign& design) {
    try {
        AdcBank(design, 8, {});
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("the table of a bank replays the decisions of every kind") {
    for (const AdcKind kind : all_kinds()) {
        const AdcDesign design = flawed_design(kind);
        const AdcBank bank(design, 5, {.seed = 2, .tile = 7});
        const Matrix<double> x = inputs_for(design, 700, 5);
        const Matrix<std::int32_t> codes = bank.convert(x);
        int different = 0;
        for (Index r = 0; r < x.rows(); ++r)
            for (Index c = 0; c < x.cols(); ++c) different += codes(r, c) != bank.decide(c, x(r, c));
        CAPTURE(name_of(kind));
        CHECK(different == 0);
    }
}

TEST_CASE("a table finds the piece of every number, however uneven the edges") {
    std::vector<CodeSteps> all;
    all.push_back({{}, {3}});
    all.push_back({{0.5}, {0, 1}});
    all.push_back({{-1e-300, 0.0, 1e-300}, {0, 1, 2, 3}});
    CodeSteps crowded{{}, {0}};
    for (int k = 0; k < 300; ++k) {
        crowded.edges.push_back(k < 150 ? 1e-9 * k : 1e6 * (k - 149)); // a hundred edges in one bucket
        crowded.codes.push_back(k % 7 + 1);
    }
    all.push_back(crowded);
    CodeSteps pairs{{}, {0}};
    for (int k = 0; k < 64; ++k) {
        for (const double apart : {0.0, 1e-7, 2e-7}) {
            pairs.edges.push_back(k + apart);
            pairs.codes.push_back(pairs.codes.back() + 1);
        }
    }
    all.push_back(pairs);
    for (const CodeSteps& steps : all) {
        const StepTable table(steps);
        const std::vector<double> x = telling_inputs(steps, {-1.0, 100.0});
        std::vector<std::int32_t> codes(x.size());
        table.convert(x.data(), codes.data(), static_cast<Index>(x.size()), 1);
        for (std::size_t k = 0; k < x.size(); ++k) {
            CAPTURE(x[k]);
            CHECK(codes[k] == steps.code(x[k]));
            CHECK(table.code(x[k]) == steps.code(x[k]));
        }
    }
}

TEST_CASE("codes do not depend on threads or on how samples are cut into batches") {
    for (const bool comparator_noise : {false, true}) {
        AdcDesign design = flawed_design(AdcKind::sar, 6);
        design.noise.input = 0.02;
        if (comparator_noise) design.comparator.noise = 0.02;
        const AdcBank bank(design, 4, {.seed = 11, .tile = 3});
        const Matrix<double> x = inputs_for(design, 60, 4);
        const Matrix<std::int32_t> all = bank.convert(x, 100);
        {
            const ThreadLimit one(1);
            CHECK(bank.convert(x, 100) == all);
        }
        Matrix<double> part(20, 4);
        for (Index r = 0; r < 20; ++r)
            for (Index c = 0; c < 4; ++c) part(r, c) = x(40 + r, c);
        const Matrix<std::int32_t> later = bank.convert(part, 140);
        for (Index r = 0; r < 20; ++r)
            for (Index c = 0; c < 4; ++c) CHECK(later(r, c) == all(40 + r, c));
        CHECK(bank.convert(x, 0) != all);
    }
}

TEST_CASE("columns with ranges of their own have scales of their own") {
    AdcDesign design = ideal_design(AdcKind::sar, 4);
    const std::vector<InputRange> ranges{{-1.0, 1.0}, {-2.0, 2.0}};
    const AdcBank bank(design, 2, {}, ranges);
    CHECK(bank.code_value(0, 4) == 0.5);
    CHECK(bank.code_value(1, 4) == 1.0);
    CHECK(bank.convert(Matrix<double>(1, 2, 0.5)) ==
          Matrix<std::int32_t>(1, 2, std::vector<std::int32_t>{4, 2}));
}

TEST_CASE("thermal noise of a sampling capacitor has the deviation of kT/C") {
    AdcDesign design = ideal_design(AdcKind::uniform, 12);
    design.range = {-0.5, 0.5};
    design.noise = {
        .input = 0.0, .sampling_capacitor = 1e-15, .temperature = 350.0, .full_scale_voltage = 0.8};
    const double sigma = std::sqrt(1.380649e-23 * 350.0 / 1e-15) / 0.8;
    CHECK(input_noise(design.noise, design.range) == approx(sigma).epsilon(1e-12));
    const AdcBank bank(design, 4, {});
    const Matrix<std::int32_t> codes = bank.convert(Matrix<double>(10000, 4, 0.01));
    double sum = 0.0, squares = 0.0, fourth = 0.0;
    for (const std::int32_t code : codes.values()) {
        const double error = bank.code_value(0, code) - 0.01;
        sum += error;
        squares += error * error;
        fourth += error * error * error * error;
    }
    const double count = 40000.0, lsb = 1.0 / 4096.0;
    const double variance =
        sigma * sigma + lsb * lsb / 12.0; // quantisation of a spread of ten steps adds its own
    CHECK(std::abs(sum / count) < 4.0 * std::sqrt(variance / count));
    CHECK(std::abs(squares / count / variance - 1.0) < 4.0 * std::sqrt(2.0 / count));
    CHECK(std::abs(fourth / count / (3.0 * variance * variance) - 1.0) <
          0.07); // normal: 4 deviations of the fourth moment
}

TEST_CASE(
    "comparator noise decides an input at the distance d from an edge as the normal distribution says") {
    for (const AdcKind kind :
         {AdcKind::flash, AdcKind::sar, AdcKind::ramp, AdcKind::pipeline, AdcKind::time}) {
        AdcDesign design = ideal_design(kind, 1);
        design.comparator.noise = 0.05;
        const double width = design.range.high - design.range.low;
        const AdcBank bank(design, 1, {});
        const double edge = bank.steps(0).edges.front();
        for (const double distance : {-0.05, 0.0, 0.03}) { // of full scale
            const Matrix<std::int32_t> codes =
                bank.convert(Matrix<double>(20000, 1, edge + distance * width));
            const double above =
                static_cast<double>(std::ranges::count(codes.values(), bank.highest_code())) / 20000.0;
            // A column's noise is a voltage at the threshold: dx/x = −d(ln(v₀/v))/ln(v₀/v) makes it one of the input.
            const double sigma = kind == AdcKind::time ? 0.05 * edge / (0.5 * std::log(2.0)) / width : 0.05;
            const double expected = 0.5 * std::erfc(-distance / sigma / std::sqrt(2.0));
            CAPTURE(name_of(kind));
            CAPTURE(distance);
            // 4 standard deviations, and for time the curvature of the logarithm
            CHECK(std::abs(above - expected) <
                  4.0 * std::sqrt(0.25 / 20000.0) + (kind == AdcKind::time ? 0.03 : 0.0));
        }
    }
}

TEST_CASE("offsets and gains of many converters have the moments that were asked for") {
    AdcDesign design = ideal_design(AdcKind::uniform, 2);
    design.front.offset = 0.01;
    design.front.offset_sigma = 0.02;
    design.front.gain_error = 0.1;
    design.front.gain_sigma = 0.05;
    constexpr Index count = 4000;
    const AdcBank bank(design, count, {.seed = 3, .tile = 0});
    const double width = 1.8, middle = 0.2;
    double offset = 0.0, offset2 = 0.0, gain = 0.0, gain2 = 0.0;
    for (Index c = 0; c < count; ++c) {
        const double at_middle = (bank.front(c).value(middle) - middle) / width,
                     slope = bank.front(c).slope(middle);
        offset += at_middle / count;
        offset2 += at_middle * at_middle / count;
        gain += slope / count;
        gain2 += slope * slope / count;
    }
    const double deviations = 4.0 / std::sqrt(static_cast<double>(count));
    CHECK(std::abs(offset - 0.01) < deviations * 0.02);
    CHECK(std::sqrt(offset2 - offset * offset) == approx(0.02).epsilon(deviations));
    CHECK(std::abs(gain - 1.1) < deviations * 0.05);
    CHECK(std::sqrt(gain2 - gain * gain) == approx(0.05).epsilon(deviations));
}

TEST_CASE("designs that cannot be built are refused by name") {
    AdcDesign design = ideal_design(AdcKind::sar);
    design.bits = 0;
    CHECK(refusal(design) == "the converter has 0 bits: expected 1 to 16");
    design = ideal_design(AdcKind::sar);
    design.range = {1.0, -1.0};
    CHECK(refusal(design) ==
          "the converter's range is 1 to -1: expected two finite numbers, the lower one first");
    design.range = {0.0, std::nan("")};
    CHECK(refusal(design) ==
          "the converter's range is 0 to nan: expected two finite numbers, the lower one first");
    design = ideal_design(AdcKind::uniform);
    design.front.curve = {
        .shape = TransferCurve::Shape::polynomial, .strength = 0.0, .coefficients = {0.0, -0.5}};
    CHECK(refusal(design).starts_with(
        "the converter's curve is not monotone: its slope is -0.5 at -1 of the range"));
    design.front.curve.coefficients = {std::nan("")};
    CHECK(refusal(design) == "the curve has the coefficient nan: expected finite numbers");
    design.front.curve = {.shape = TransferCurve::Shape::table,
                          .strength = 0.0,
                          .coefficients = {},
                          .inputs = {0, 0.5, 1},
                          .outputs = {0, 0.6, 0.5}};
    CHECK(refusal(design) == "the converter's measured curve is not monotone: its outputs go from 0.6 to 0.5 "
                             "between the inputs 0.5 and 1");
    design.front.curve.outputs[1] = std::nan("");
    CHECK(refusal(design) ==
          "the converter's measured curve has a value at point 1 that is not finite: 0.5 -> nan");
    design = ideal_design(AdcKind::sar);
    design.front.gain_sigma = 5.0;
    CHECK(refusal(design).starts_with("a converter with the gain -"));
    design = ideal_design(AdcKind::sar);
    design.capacitors.unit_sigma = 5.0;
    CHECK(refusal(design).starts_with("a capacitor of -"));
    design = ideal_design(AdcKind::uniform);
    design.comparator.noise = 0.1;
    CHECK(refusal(design).starts_with("a converter of kind uniform has no comparator"));
    design = ideal_design(AdcKind::time);
    design.range.low = -1.0;
    CHECK(refusal(design) == "the range of the time-to-digital converter begins at -1: expected at least 0");
}
