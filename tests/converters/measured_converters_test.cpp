#include "converter_designs.hpp"
#include "converters/calibration.hpp"
#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// Two bits, unsigned, rounding down, over 0 … 4, so that an LSB is 1 and an edge is its own position.
AdcDesign small_table(std::vector<CodeSteps> steps) {
    AdcDesign design;
    design.kind = AdcKind::table;
    design.bits = 2;
    design.is_signed = false;
    design.rounding = Rounding::mid_rise;
    design.range = design.measured.range = {0.0, 4.0};
    design.measured.steps = std::move(steps);
    return design;
}

std::string refusal(const AdcDesign& design) {
    try {
        AdcBank(design, 3, {});
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

std::vector<std::int32_t> codes_of(const AdcBank& bank, Index column, const std::vector<double>& inputs) {
    std::vector<std::int32_t> codes(inputs.size());
    std::ranges::transform(inputs, codes.begin(), [&](double x) { return bank.steps(column).code(x); });
    return codes;
}

using Codes = std::vector<std::int32_t>;

} // namespace

TEST_CASE("a table converts by its edges, of which some codes may have none") {
    // The first converter lacks code 1, the second goes back from 2 to 1, the third never gives the lowest.
    const AdcBank bank(
        small_table({{{1.5, 3.25}, {0, 2, 3}}, {{1.0, 2.0, 2.5}, {0, 2, 1, 3}}, {{2.0}, {1, 3}}}), 3, {});
    CHECK(codes_of(bank, 0, {-1.0, 1.49, 1.5, 3.24, 3.25, 9.0}) == Codes{0, 0, 2, 2, 3, 3});
    CHECK(codes_of(bank, 1, {0.99, 1.0, 2.0, 2.49, 2.5}) == Codes{0, 2, 1, 1, 3});
    CHECK(codes_of(bank, 2, {-1.0, 1.99, 2.0}) == Codes{1, 1, 3});
}

TEST_CASE("edges that are equal leave out the codes between them") {
    const AdcBank bank(small_table({{{1.0, 2.0, 2.0}, {0, 1, 2, 3}}}), 1, {});
    CHECK(bank.steps(0) == CodeSteps{{1.0, 2.0}, {0, 1, 3}});
}

TEST_CASE(
    "converters of a table are taken in turn, one for all columns that share one, the same in every tile") {
    AdcDesign design = small_table({{{1.0}, {0, 1}}, {{2.0}, {0, 1}}, {{3.0}, {0, 1}}});
    const auto edges = [&](const AdcBank& bank) {
        std::vector<double> first;
        for (Index c = 0; c < bank.columns(); ++c) first.push_back(bank.steps(c).edges.front());
        return first;
    };
    CHECK(edges(AdcBank(design, 7, {.seed = 1, .tile = 0})) == std::vector<double>{1, 2, 3, 1, 2, 3, 1});
    CHECK(edges(AdcBank(design, 7, {.seed = 9, .tile = 5})) == std::vector<double>{1, 2, 3, 1, 2, 3, 1});
    CHECK_FALSE(is_without_mismatch(design));
    design.sharing = 2;
    CHECK(edges(AdcBank(design, 7, {})) == std::vector<double>{1, 1, 2, 2, 3, 3, 1});
    design.measured.steps.resize(1);
    CHECK(is_without_mismatch(design));
    CHECK(edges(AdcBank(design, 3, {})) == std::vector<double>{1, 1, 1});
}

TEST_CASE("in another range edges stand at the same positions") {
    const AdcDesign design = small_table({{{0.5, 1.5, 3.25}, {0, 1, 2, 3}}});
    // An LSB of 0.5 from −1 on.
    const std::vector<InputRange> ranges{{0.0, 4.0}, {-1.0, 1.0}};
    const AdcBank bank(design, 2, {}, ranges);
    CHECK(bank.steps(0).edges == std::vector<double>{0.5, 1.5, 3.25});
    CHECK(bank.steps(1).edges == std::vector<double>{-0.75, -0.25, 0.625});
    CHECK(bank.code_value(1, 2) == 0.25);
    // A drawn converter in both ranges, to rounding.
    AdcDesign sar = ideal_design(AdcKind::sar, 6);
    sar.capacitors.unit_sigma = 0.05;
    AdcDesign table = sar;
    table.kind = AdcKind::table;
    table.measured = measured(sar, 3);
    sar.range = table.range = {-0.2, 0.3};
    const AdcBank drawn(sar, 3, {.seed = 3, .tile = 0}), replayed(table, 3, {.seed = 3, .tile = 0});
    for (Index c = 0; c < 3; ++c) {
        CHECK(replayed.steps(c).codes == drawn.steps(c).codes);
        for (std::size_t k = 0; k < drawn.steps(c).edges.size(); ++k)
            CHECK(std::abs(replayed.steps(c).edges[k] - drawn.steps(c).edges[k]) <
                  1e-12 * drawn.grid(c).step());
    }
}

TEST_CASE("a table has noise at its input and is calibrated as the converters that it was taken from") {
    AdcDesign sar = ideal_design(AdcKind::sar, 6);
    sar.capacitors.unit_sigma = 0.05;
    sar.noise.input = 0.02;
    AdcDesign table = sar;
    table.kind = AdcKind::table;
    table.measured = measured(sar, 4);
    const AdcPlace place{.seed = 3, .tile = 0};
    const AdcBank drawn(sar, 4, place), replayed(table, 4, place);
    for (Index c = 0; c < 4; ++c) CHECK(replayed.steps(c) == drawn.steps(c));
    const Matrix<double> x(500, 4, random_inputs(-0.8, 1.2, 2000));
    CHECK(replayed.convert(x) == drawn.convert(x));
    for (const CalibrationKind kind : {CalibrationKind::none, CalibrationKind::offset,
                                       CalibrationKind::offset_gain, CalibrationKind::table})
        CHECK(calibrate(replayed, {.kind = kind}).values.values() ==
              calibrate(drawn, {.kind = kind}).values.values());
}

TEST_CASE("tables that are no converters are refused by converter and edge") {
    CHECK(refusal(small_table({})) ==
          "a converter of kind table has no measured edges: expected those of one at least");
    CHECK(refusal(small_table({{{1.0}, {0, 1}}, {{1.0, 2.0, 1.5}, {0, 1, 2, 3}}})) ==
          "measured converter 1 has edges that fall from 2 to 1.5 at place 2: expected rising ones");
    CHECK(refusal(small_table({{{1.0}, {0, 1, 2}}})) ==
          "measured converter 0 has 1 edges and 3 codes: expected one code more than edges");
    CHECK(refusal(small_table({{{1.0}, {0, 4}}})) ==
          "measured converter 0 has the code 4: expected 0 to 3, the codes of 2 bits");
    CHECK(refusal(small_table({{{1.0}, {-1, 1}}})).ends_with("expected 0 to 3, the codes of 2 bits"));
    CHECK(refusal(small_table({{{1.0, std::numeric_limits<double>::infinity()}, {0, 1, 2}}})) ==
          "measured converter 0 has the edge inf at place 1: expected a finite number");
    CodeSteps many{{}, {0}};
    for (int k = 0; k < 65536; ++k) {
        many.edges.push_back(k);
        many.codes.push_back(k % 2);
    }
    CHECK(refusal(small_table({many})) == "measured converter 0 has 65536 edges: expected at most 65535");
    AdcDesign design = small_table({{{1.0}, {0, 1}}});
    design.measured.range = {1.0, 0.0};
    CHECK(refusal(design).starts_with("the converter's range is 1 to 0"));
}

TEST_CASE("errors on top of measured edges are refused by name") {
    const AdcDesign table = small_table({{{1.0}, {0, 1}}});
    const auto said = [](const AdcDesign& design) {
        const std::string text = refusal(design);
        return text.substr(0, text.find(':'));
    };
    AdcDesign design = table;
    design.front.offset = 0.1;
    CHECK(said(design) == "a converter of kind table has an offset");
    design = table;
    design.front.offset_sigma = 0.1;
    CHECK(said(design) == "a converter of kind table has offset_sigma");
    design = table;
    design.front.gain_error = 0.1;
    CHECK(said(design) == "a converter of kind table has a gain error");
    design = table;
    design.front.gain_sigma = 0.1;
    CHECK(said(design) == "a converter of kind table has gain_sigma");
    design = table;
    design.front.curve.shape = TransferCurve::Shape::s_shape;
    CHECK(said(design) == "a converter of kind table has a curve");
    design = table;
    design.front.curve_sigma = 0.1;
    CHECK(said(design) == "a converter of kind table has curve_sigma");
    design = table;
    design.comparator.noise = 0.1;
    CHECK(said(design) == "a converter of kind table has no comparator");
}
