#include "lut/adc_luts.hpp"

#include "lut/interpolate.hpp"
#include "lut/lut.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

using namespace ohmloom;

namespace {

AdcDesign sar_design() {
    AdcDesign design;
    design.kind = AdcKind::sar;
    design.bits = 5;
    design.is_signed = false;
    design.range = {0.0, 1.0};
    design.capacitors.unit_sigma = 0.1;
    return design;
}

const Lut& named(const std::vector<Lut>& tables, const std::string& name) {
    return *std::ranges::find(tables, name, &Lut::name);
}

} // namespace

TEST_CASE("tables of converters give every column's code, decision by decision") {
    const AdcBank bank(sar_design(), 7, {3, 0});
    const std::vector<Lut> tables = adc_luts(bank, "V", 100000, 4, 5000, 1);
    REQUIRE(tables.size() == 3);
    for (const Lut& table : tables) validate(table);
    CHECK(named(tables, "edges").errors.front().largest == 0.0);
    CHECK(named(tables, "codes").errors.front().largest == 0.0);
    const Interpolant code(named(tables, "codes"), "code");
    bool differs = false;
    for (double x = 0.01; x < 1.0; x += 0.013) {
        for (Index c = 0; c < 7; ++c)
            CHECK(code.evaluate(std::array{static_cast<double>(c), x}) == bank.decide(c, x));
        differs = differs || code.evaluate(std::array{0.0, x}) != code.evaluate(std::array{1.0, x});
    }
    CHECK(differs);                                     // mismatch
    CHECK(code.evaluate(std::array{0.0, 9.0}) == 31.0); // beyond both ends
    CHECK(code.evaluate(std::array{0.0, -9.0}) == 0.0);
}

TEST_CASE("codes over input are left out where they would be too many") {
    const AdcBank bank(sar_design(), 7, {3, 0});
    CHECK(adc_luts(bank, "V", 100, 1, 10, 1).size() == 2);
}

TEST_CASE("an ideal converter gives every ideal code without spread, one with noise spreads by its noise") {
    AdcDesign design = sar_design();
    design.capacitors.unit_sigma = 0.0;
    const Lut ideal = named(adc_luts(AdcBank(design, 4, {1, 0}), "V", 100000, 4, 10, 1), "output_noise");
    for (std::size_t k = 0; k < 32; ++k) {
        CHECK(find_array(ideal, "mean")->values[k] == static_cast<double>(k));
        CHECK(find_array(ideal, "sigma")->values[k] == 0.0);
    }
    design.noise.input = 3.0 / 32.0; // three steps: rounding adds 1/12 of a step squared
    const Lut noisy = named(adc_luts(AdcBank(design, 4, {1, 0}), "V", 100000, 1000, 10, 1), "output_noise");
    // 4000 conversions: the standard deviation is known to 1.1 %, four times that is allowed.
    CHECK(find_array(noisy, "sigma")->values[16] ==
          doctest::Approx(std::sqrt(9.0 + 1.0 / 12.0)).epsilon(0.045));
}
