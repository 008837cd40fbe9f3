#include "converters/adc_metrics.hpp"

#include "converter_designs.hpp"
#include "tests/approx.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

AdcFigures figures_of(const AdcDesign& design) {
    const AdcBank bank(design, 1, {});
    return adc_figures(bank.steps(0), bank.grid(0));
}

/// SNDR of a sine through a staircase by integrals over the pieces, instead of samples.
double exact_sndr(const CodeSteps& steps, const CodeGrid& grid, double reach) {
    const double middle = 0.5 * static_cast<double>(grid.count());
    double mean = 0.0, sine = 0.0, squares = 0.0, from = -std::numbers::pi / 2.0;
    for (std::size_t k = 0; k < steps.codes.size(); ++k) {
        const double place = k < steps.edges.size() ? (grid.position(steps.edges[k]) - middle) / reach : 1.0;
        const double to = std::asin(std::clamp(place, -1.0, 1.0));
        const double part = (to - from) / std::numbers::pi, code = steps.codes[k];
        mean += part * code;
        squares += part * code * code;
        sine += 2.0 / std::numbers::pi * code * (std::cos(from) - std::cos(to));
        from = to;
    }
    return 10.0 * std::log10(0.5 * sine * sine / (squares - mean * mean - 0.5 * sine * sine));
}

} // namespace

TEST_CASE("an ideal converter has no figure but its bits") {
    for (const int bits : {4, 8, 12}) {
        for (const Rounding rounding : {Rounding::mid_rise, Rounding::mid_tread, Rounding::symmetric}) {
            AdcDesign design = ideal_design(AdcKind::uniform, bits);
            design.rounding = rounding;
            const AdcFigures figures = figures_of(design);
            const bool symmetric = rounding == Rounding::symmetric;
            CHECK(figures.edges.size() == (std::size_t{1} << bits) - (symmetric ? 2 : 1));
            CHECK(figures.first_code == design.grid().lowest_code() + 1);
            CHECK(figures.dnl_peak < 1e-9);
            CHECK(figures.inl_peak < 1e-9);
            CHECK(figures.inl_best_peak < 1e-9);
            CHECK(std::abs(figures.end_point.offset) < 1e-9);
            CHECK(std::abs(figures.best_fit.gain_error) < 1e-9);
            CHECK(figures.missing_codes == 0);
            CHECK(figures.codes_in_range == (Index{1} << bits) - (symmetric ? 1 : 0));
            CHECK(figures.monotone);
        }
    }
}

TEST_CASE("offset and gain error are those of the design") {
    for (const bool is_signed : {true, false}) {
        AdcDesign design = ideal_design(AdcKind::sar);
        design.is_signed = is_signed;
        design.front.offset = 0.013;
        design.front.gain_error = -0.07;
        const AdcFigures figures = figures_of(design);
        for (const TransferLine& line : {figures.end_point, figures.best_fit}) {
            CHECK(line.offset == approx(0.013 * 256).epsilon(1e-9));
            CHECK(line.gain_error == approx(-0.07).epsilon(1e-9));
        }
        CHECK(figures.inl_peak < 1e-9);
        CHECK(figures.codes_in_range < 240);
    }
}

TEST_CASE("the INL of a cubic curve has its peak where calculus puts it") {
    // y = (z − a·z³)/(1 − a) keeps the ends. Edges lie at z = f⁻¹(y): furthest from the line z = m·y through the outermost two where
    // f' = 1/m, near 1/√3.
    for (const double a : {0.05, 0.2, 0.3}) {
        AdcDesign design = ideal_design(AdcKind::uniform, 12);
        design.range = {-1.0, 1.0};
        design.rounding = Rounding::mid_rise;
        design.front.curve = {
            .shape = TransferCurve::Shape::polynomial, .coefficients = {0.0, -a}, .full_scale = true};
        const AdcFigures figures = figures_of(design);
        const auto f = [&](double z) { return (z - a * z * z * z) / (1.0 - a); };
        const double m = figures.edges.back() / (1.0 - 1.0 / 2048.0);
        CHECK(f(figures.edges.back()) == approx(1.0 - 1.0 / 2048.0).epsilon(1e-12));
        const double z = std::sqrt((1.0 - (1.0 - a) / m) / (3.0 * a));
        CHECK(z == approx(1.0 / std::sqrt(3.0)).epsilon(0.02));
        const double peak = (m * f(z) - z) / m * 2048.0;
        const auto highest = std::ranges::max_element(figures.inl),
                   lowest = std::ranges::min_element(figures.inl);
        CHECK(*highest == approx(peak).epsilon(1e-5));
        CHECK(*lowest == approx(-peak).epsilon(1e-5));
        const double at_high = figures.edges[static_cast<std::size_t>(highest - figures.inl.begin())];
        const double at_low = figures.edges[static_cast<std::size_t>(lowest - figures.inl.begin())];
        CHECK(std::abs(at_high + z) <
              1.0 / 2048.0); // compressed: edges of large inputs come early, seen from the line
        CHECK(std::abs(at_low - z) < 1.0 / 2048.0);
    }
}

TEST_CASE("codes are missing where a capacitor's error exceeds an LSB, and only there") {
    const auto with_top_capacitor = [](double error) { // in LSB
        SarCore core{{128.0 + error, 64, 32, 16, 8, 4, 2, 1}};
        const AdcDesign design = ideal_design(AdcKind::sar);
        const ThresholdMap map{design.grid(), FrontEnd(design, design.range, {})};
        return adc_figures(steps_of(core, map), map.grid);
    };
    CHECK(with_top_capacitor(-0.5).missing_codes == 0);
    CHECK(with_top_capacitor(-0.5).dnl_peak == approx(0.5).epsilon(0.01));
    CHECK(with_top_capacitor(-0.99).missing_codes == 0);
    CHECK(with_top_capacitor(-1.01).missing_codes == 1);
    CHECK(with_top_capacitor(-3.5).missing_codes == 3);
    CHECK(with_top_capacitor(-3.5).monotone);
    CHECK(with_top_capacitor(2.0).missing_codes == 0);
    const AdcFigures wide = with_top_capacitor(2.0);
    CHECK(*std::ranges::max_element(wide.dnl) == approx(2.0).epsilon(0.02));
    CHECK(std::ranges::max_element(wide.dnl) - wide.dnl.begin() == 126); // the code below the middle
}

TEST_CASE("a pipeline with a weak amplifier misses codes, and pieces of one code are counted together") {
    AdcDesign design = ideal_design(AdcKind::pipeline);
    design.stages.amplifier_gain =
        20.0; // a loss of 1.1: the residue falls short by 0.045 of ±1 where a decision changes, six LSB
    const AdcFigures low = figures_of(design);
    CHECK(low.missing_codes > 0);
    design.stages.amplifier_gain = 1e6;
    CHECK(figures_of(design).missing_codes == 0);
    CodeSteps steps{{0.0, 1.0, 1.5, 2.0, 3.0}, {0, 1, 0, 1, 2, 3}}; // code 0 once more from 1 to 1.5
    const AdcFigures figures = adc_figures(steps, CodeGrid(2, false, Rounding::mid_rise, {0.0, 4.0}));
    CHECK_FALSE(figures.monotone);
    CHECK(figures.edges == std::vector<double>{0.5, 2.0, 3.0});
    CHECK(figures.dnl[0] == approx(1.5 / 1.25 - 1.0));
}

TEST_CASE("the sine test gives what integrals over the staircase give") {
    for (const int bits : {4, 6, 8, 10}) {
        for (const double amplitude : {1.0, 0.9}) {
            AdcDesign design = ideal_design(AdcKind::sar, bits);
            const SineTest test{.samples = 1 << 16, .cycles = 1021, .amplitude = amplitude};
            const AdcBank ideal(design, 1, {});
            const double reach = amplitude * std::ldexp(1.0, bits - 1);
            const double exact = exact_sndr(ideal.steps(0), ideal.grid(0), reach);
            CHECK(std::abs(effective_bits(sine_sndr(ideal, test)[0], test) - effective_bits(exact, test)) <
                  0.01);
            // Quantisation of a sine is nearly that of a ramp: q²/12.
            CHECK(std::abs(effective_bits(exact, test) - bits) < 0.6 / std::sqrt(std::ldexp(1.0, bits)));
            design.capacitors.unit_sigma = 0.2;
            design.front.curve = {.shape = TransferCurve::Shape::s_shape, .strength = 0.1};
            const AdcBank flawed(design, 2, {});
            const std::vector<double> sndr = sine_sndr(flawed, test);
            for (const Index c : {0, 1})
                CHECK(std::abs(bits_of_sndr(sndr[static_cast<std::size_t>(c)]) -
                               bits_of_sndr(exact_sndr(flawed.steps(c), flawed.grid(c), reach))) < 0.01);
        }
    }
    CHECK(std::abs(effective_bits(sine_sndr(AdcBank(ideal_design(AdcKind::uniform, 12), 1, {}))[0]) - 12.0) <
          0.01);
}

TEST_CASE("noise of one LSB leaves the effective bits that adding variances gives") {
    AdcDesign design = ideal_design(AdcKind::uniform, 8);
    design.noise.input = 1.0 / 256;
    const double enob = effective_bits(
        sine_sndr(AdcBank(design, 1, {}), {.samples = 1 << 16, .cycles = 1021, .amplitude = 0.95})[0],
        {.amplitude = 0.95});
    CHECK(std::abs(enob - (8.0 - 0.5 * std::log2(13.0))) < 0.03); // (1/12 + 1) / (1/12), and the clipped ends
}

TEST_CASE("figures of a bank are a table over its columns") {
    AdcDesign design = ideal_design(AdcKind::sar);
    design.comparator.offset_sigma = 0.01;
    design.cost = {
        .sample_rate = 1e6, .walden = 10e-15, .schreier = 300.0, .area_per_level = 1e-12, .area_fixed = 0.0};
    const BankFigures figures = bank_figures(AdcBank(design, 400, {}));
    CHECK(figures.columns.size() == 400);
    CHECK(figures.monotone == 400);
    const Spread& offset = figures.spreads.at(0);
    CHECK(offset.name == "offset");
    CHECK(offset.sigma == approx(2.56).epsilon(4.0 / std::sqrt(800.0)));
    CHECK(std::abs(offset.mean) < 4.0 * 2.56 / 20.0);
    CHECK(offset.greatest > offset.mean + offset.sigma);
    const Spread& enob = figures.spreads.back();
    CHECK(enob.name == "enob");
    CHECK(enob.greatest <= 8.02);
    // Of a converter as designed: mismatch does not make it cheaper.
    CHECK(figures.energy == approx(10e-15 * std::exp2(design.bits)));
    CHECK(figures.power == approx(figures.energy * 1e6));
    CHECK(figures.area == approx(256e-12));
}

TEST_CASE("a shared converter counts once, as if it stood alone") {
    AdcDesign design = ideal_design(AdcKind::sar, 6);
    design.capacitors.unit_sigma = 0.1;
    design.comparator.offset_sigma = 0.02;
    const BankFigures alone = bank_figures(AdcBank(design, 10, {}));
    design.sharing = 8;
    const BankFigures shared = bank_figures(AdcBank(design, 75, {})); // nine of eight columns, one of three
    CHECK(shared.columns.size() == 75);
    CHECK(shared.converters == 10);
    CHECK(shared.monotone == alone.monotone);
    for (std::size_t k = 0; k < alone.spreads.size(); ++k) {
        CHECK(shared.spreads[k].name == alone.spreads[k].name);
        CHECK(shared.spreads[k].mean == alone.spreads[k].mean);
        CHECK(shared.spreads[k].sigma == alone.spreads[k].sigma);
    }
}

TEST_CASE("a converter of one bit has a threshold and an offset, but neither gain nor nonlinearity") {
    // Mid-rise over ±1: the only edge lies at 0, an LSB is 1. The comparator's offset of 0.1 of full scale is 0.2 V or LSB, and an input
    // must be that much larger to be seen.
    AdcDesign design = ideal_design(AdcKind::flash, 1);
    design.range = {-1.0, 1.0};
    design.rounding = Rounding::mid_rise;
    design.comparator.offset = 0.1;
    const AdcFigures one = figures_of(design);
    REQUIRE(one.edges.size() == 1);
    CHECK(one.edges.front() == approx(0.2).epsilon(1e-12));
    CHECK(one.end_point.offset == approx(-0.2).epsilon(1e-12));
    CHECK(one.best_fit.offset == approx(-0.2).epsilon(1e-12));
    for (const double figure :
         {one.end_point.gain_error, one.best_fit.gain_error, one.dnl_peak, one.inl_peak, one.inl_best_peak})
        CHECK(std::isnan(figure));
    CHECK(one.missing_codes == 0);
    CHECK(one.codes_in_range == 2);
    CHECK(one.monotone);

    design.comparator.offset = 0.0;
    design.comparator.offset_sigma = 0.05;
    const BankFigures bank = bank_figures(AdcBank(design, 400, {}));
    REQUIRE(bank.spreads.front().name == "threshold");
    CHECK(bank.spreads.front().sigma == approx(0.1).epsilon(4.0 / std::sqrt(800.0)));
    CHECK(bank.spreads[1].name == "offset");
    CHECK(bank.spreads[1].sigma == approx(0.1).epsilon(4.0 / std::sqrt(800.0)));
    CHECK(std::isnan(bank.spreads[2].mean)); // gain error
    CHECK(bank.energy > 0.0);
    CHECK(bank.area > 0.0);
}

TEST_CASE("one bit of a sine is a square wave") {
    // Amplitude ½, first harmonic 2/π: its power 2/π² against ¼ − 2/π² that is left.
    AdcDesign design = ideal_design(AdcKind::uniform, 1);
    design.rounding = Rounding::mid_rise;
    const double harmonic = 2.0 / (std::numbers::pi * std::numbers::pi);
    CHECK(sine_sndr(AdcBank(design, 1, {}))[0] ==
          approx(10.0 * std::log10(harmonic / (0.25 - harmonic))).epsilon(1e-3));
}

TEST_CASE("figures that cannot be had are refused by name") {
    CHECK_THROWS_WITH_AS(
        adc_figures(CodeSteps{{}, {3}}, ideal_design(AdcKind::uniform).grid()),
        "a converter that gives no code but 3: figures of merit need at least one edge between two; "
        "expected smaller errors",
        InputError);
    CHECK_THROWS_WITH_AS(
        sine_sndr(AdcBank(ideal_design(AdcKind::uniform), 1, {}), {.samples = 1000, .cycles = 10}),
        "a sine test of 1000 samples in 10 cycles: expected at least 8 samples and no common divisor",
        InputError);
}
