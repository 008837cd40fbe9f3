#include "converter_designs.hpp"
#include "tests/approx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

using namespace ohmloom;
using namespace ohmloom::testing;

TEST_CASE("every kind without errors has the edges of the ideal quantiser, bit for bit") {
    for (const AdcKind kind : all_kinds()) {
        for (const int bits : {1, 2, 3, 4, 5, 8, 10}) {
            for (const Rounding rounding : {Rounding::mid_rise, Rounding::mid_tread, Rounding::symmetric}) {
                if (rounding == Rounding::symmetric && bits == 1) continue;
                for (const bool is_signed : {false, true}) {
                    for (const bool split : {false, true}) {
                        if (split && (bits == 1 || kind != AdcKind::sar)) continue;
                        CAPTURE(name_of(kind));
                        CAPTURE(bits);
                        AdcDesign design = ideal_design(kind, bits);
                        design.rounding = rounding;
                        design.is_signed = is_signed;
                        design.capacitors.split = split;
                        const CodeGrid grid = design.grid();
                        CodeStepsBuilder ideal(grid.lowest_code());
                        for (Index k = 1; k < grid.count(); ++k)
                            ideal.step(grid.edge(static_cast<double>(k)), grid.code(k));
                        CHECK(AdcBank(with_ideal_table(design), 1, {}).steps(0) == ideal.take());
                    }
                }
            }
        }
    }
}

TEST_CASE("edges and centres of the scale are where its definition says") {
    const auto edge = [](bool is_signed, Rounding rounding, double k) {
        return CodeGrid(3, is_signed, rounding, {-1.0, 1.0}).edge(k);
    };
    CHECK(edge(false, Rounding::mid_rise, 1) == -0.75);
    CHECK(edge(true, Rounding::mid_rise, 4) == 0.0);
    CHECK(edge(true, Rounding::mid_tread, 1) == -0.875);
    CHECK(edge(true, Rounding::mid_tread, 7) == 0.625);
    const CodeGrid tread(3, true, Rounding::mid_tread, {-1.0, 1.0});
    CHECK(tread.lowest_code() == -4);
    CHECK(tread.highest_code() == 3);
    CHECK(tread.centre(0) == 0.0);
    CHECK(tread.centre(-4) == -1.0);
    CHECK(tread.centre(3) == 0.75);
    const CodeGrid symmetric(8, true, Rounding::symmetric, {-1.3, 1.3});
    CHECK(symmetric.lowest_code() == -127);
    CHECK(symmetric.highest_code() == 127);
    CHECK(symmetric.centre(0) == 0.0);
    CHECK(symmetric.centre(127) == approx(1.3));
    CHECK(symmetric.step() == approx(2.6 / 254));
    const CodeGrid unsigned_rise(8, false, Rounding::mid_rise, {0.0, 1.0});
    CHECK(unsigned_rise.highest_code() == 255);
    CHECK(unsigned_rise.centre(255) == approx(255.5 / 256));
}

TEST_CASE("the staircase of every kind says what its decisions one after the other say, at every edge and "
          "beside it") {
    for (const AdcKind kind : all_kinds()) {
        for (const int bits : {1, 3, 4, 8}) {
            for (const bool split : {false, true}) {
                if (split && (bits == 1 || kind != AdcKind::sar)) continue;
                AdcDesign design = flawed_design(kind, bits);
                design.capacitors.split = split;
                design.capacitors.settling = split ? 2.5 : 0.0;
                if (split) design.capacitors.parasitic = 0.1;
                const AdcBank bank(design, 3, {.seed = 5, .tile = 2});
                for (Index c = 0; c < bank.columns(); ++c) {
                    CAPTURE(name_of(kind));
                    CAPTURE(bits);
                    const CodeSteps& steps = bank.steps(c);
                    REQUIRE(steps.codes.size() == steps.edges.size() + 1);
                    CHECK(std::ranges::is_sorted(steps.edges));
                    CHECK(std::ranges::adjacent_find(steps.codes) == steps.codes.end());
                    int different = 0;
                    for (const double x : telling_inputs(steps, design.range))
                        different += steps.code(x) != bank.decide(c, x);
                    CHECK(different == 0);
                }
            }
        }
    }
}

TEST_CASE("a SAR and a ramp of the same capacitors convert alike as long as their levels rise") {
    for (const double sigma : {0.0, 0.02, 0.2}) {
        AdcDesign design = ideal_design(AdcKind::sar);
        design.capacitors.unit_sigma = sigma;
        const AdcBank sar(design, 1, {.seed = 3, .tile = 1});
        design.kind = AdcKind::ramp;
        const AdcBank ramp(design, 1, {.seed = 3, .tile = 1});
        const bool monotone = ramp.steps(0).edges.size() == 255;
        CHECK(monotone == (sigma < 0.1)); // the seed is one of those whose levels fall at 0.2
        CHECK((sar.steps(0) == ramp.steps(0)) == monotone);
    }
}

TEST_CASE("columns of a bank share a ramp, and converters share their errors among their columns") {
    AdcDesign design = ideal_design(AdcKind::ramp);
    design.capacitors.unit_sigma = 0.1;
    const AdcBank ramps(design, 3, {});
    CHECK(ramps.steps(0) == ramps.steps(2));
    design.kind = AdcKind::sar;
    design.sharing = 2;
    const AdcBank shared(design, 5, {});
    CHECK(shared.steps(0) == shared.steps(1));
    CHECK(shared.steps(1) != shared.steps(2));
    CHECK(shared.steps(2) == shared.steps(3));
    CHECK(shared.steps(4) != shared.steps(3));
    CHECK(AdcBank(design, 5, {.seed = 1, .tile = 1}).steps(0) != shared.steps(0));
    CHECK(AdcBank(design, 1, {}).steps(0) == shared.steps(0));
}

TEST_CASE(
    "a stage's residue, computed as the circuit does, gives the codes of the staircase away from its edges") {
    AdcDesign design = flawed_design(AdcKind::pipeline, 6);
    design.front = {};
    const AdcPlace place{.seed = 9, .tile = 4};
    const AdcBank bank(design, 1, place);
    const CodeGrid grid = design.grid();
    const auto core = std::get<StageCore>(draw_core(design, grid, place, 0));
    REQUIRE(core.stages.size() == 5);
    CHECK(core.stages[0].gain != core.stages[1].gain);
    for (const double x : random_inputs(design.range.low, design.range.high, 5000)) {
        const auto away =
            std::ranges::min(bank.steps(0).edges, {}, [&](double edge) { return std::abs(edge - x); });
        if (std::abs(away - x) < 1e-9) continue;
        double v = grid.position(x) / 32.0 - 1.0;
        double code = 0.0;
        for (const StageCore::Stage& stage : core.stages) {
            const int d = v >= stage.upper ? 1 : v >= stage.lower ? 0 : -1;
            v = stage.gain * v - stage.reference * d;
            code = 2.0 * code + d;
        }
        const auto at = static_cast<Index>(32.0 + code - (v >= core.last ? 0.0 : 1.0));
        REQUIRE(bank.steps(0).code(x) == grid.code(at));
    }
    design.kind = AdcKind::cyclic;
    const auto cyclic = std::get<StageCore>(draw_core(design, grid, place, 0));
    CHECK(cyclic.stages[0].gain == cyclic.stages[4].gain);
}

TEST_CASE("only the last comparator's offset is left of offsets below a quarter in a redundant converter") {
    AdcDesign design = ideal_design(AdcKind::pipeline);
    const CodeSteps ideal = AdcBank(design, 1, {}).steps(0);
    design.comparator.offset = 0.1; // of full scale, which is 2 for the stages: 0.2, short of 1/4
    const CodeSteps moved = AdcBank(design, 1, {}).steps(0);
    REQUIRE(moved.edges.size() == 255);
    // The last comparator sees a residue that moves by 1 for one LSB.
    for (std::size_t k = 0; k < 255; ++k)
        CHECK(moved.edges[k] - ideal.edges[k] == approx(0.2 * design.grid().step()).epsilon(1e-9));
    design.comparator.offset = 0.2;
    CHECK(AdcBank(design, 1, {}).steps(0).edges.size() < 255);
}

TEST_CASE(
    "a column discharging to a threshold is a logarithm of its voltage and the inverse of its conductance") {
    AdcDesign design;
    design.kind = AdcKind::time;
    design.bits = 6;
    design.is_signed = false;
    design.rounding = Rounding::mid_rise;
    design.range = {1e-6, 1e-4};
    design.time.input = AdcTime::Input::conductance;
    const CodeSteps by_conductance = AdcBank(design, 1, {}).steps(0);
    REQUIRE(by_conductance.edges.size() == 63);
    const double ticks = 64.0 / (1.0 / 1e-6 - 1.0 / 1e-4); // per Ohm
    for (const double g : random_inputs(1e-6, 1e-4, 500)) {
        const double count = (1.0 / 1e-6 - 1.0 / g) * ticks;
        if (std::abs(count - std::round(count)) > 1e-6)
            CHECK(by_conductance.code(g) == static_cast<int>(count));
    }
    design.time = {.input = AdcTime::Input::voltage, .v_start = 0.0, .v_threshold = 0.1};
    design.range = {0.2, 1.0};
    const CodeSteps by_voltage = AdcBank(design, 1, {}).steps(0);
    for (const double v : random_inputs(0.2, 1.0, 500)) {
        const double count = std::log(v / 0.2) / std::log(5.0) * 64.0;
        if (std::abs(count - std::round(count)) > 1e-6) CHECK(by_voltage.code(v) == static_cast<int>(count));
    }
    // A threshold that is too high by an eighth is met earlier by every resistance, in the ratio of the logarithms.
    design.time = {.input = AdcTime::Input::resistance, .v_start = 1.0, .v_threshold = 0.5};
    design.range = {1e4, 2e4};
    const CodeSteps ideal = AdcBank(design, 1, {}).steps(0);
    design.comparator.offset = 0.0625;
    const CodeSteps early = AdcBank(design, 1, {}).steps(0);
    for (std::size_t k = 0; k < ideal.edges.size(); ++k)
        CHECK(early.edges[k] / ideal.edges[k] ==
              approx(std::log(2.0) / std::log(1.0 / 0.5625)).epsilon(1e-12));
}

TEST_CASE("taps of an oscillator repeat their errors every cycle") {
    AdcDesign design = ideal_design(AdcKind::oscillator, 6);
    design.oscillator = {.phases = 8, .phase_sigma = 0.1};
    const CodeSteps steps = AdcBank(design, 1, {}).steps(0);
    const CodeGrid grid = design.grid();
    REQUIRE(steps.edges.size() == 63);
    bool moved = false;
    for (std::size_t k = 1; k + 8 <= 63; ++k) {
        const double error = grid.position(steps.edges[k - 1]) - static_cast<double>(k);
        CHECK(std::abs(error - (grid.position(steps.edges[k + 7]) - static_cast<double>(k + 8))) < 1e-9);
        moved = moved || std::abs(error) > 0.01;
        if (k % 8 == 0) CHECK(std::abs(error) < 1e-9);
    }
    CHECK(moved);
}

TEST_CASE("a DAC that does not settle misses codes, and one that has ten time constants hardly any place") {
    AdcDesign design = ideal_design(AdcKind::sar);
    design.capacitors.settling = 2.0;
    CHECK(AdcBank(design, 1, {}).steps(0).edges.size() < 255);
    design.capacitors.settling = 10.0;
    const CodeSteps steps = AdcBank(design, 1, {}).steps(0);
    REQUIRE(steps.edges.size() == 255);
    // The first trial comes from 0 and misses exp(−10) of half the scale.
    const CodeGrid grid = design.grid();
    CHECK(grid.position(steps.edges[127]) == approx(128.0 * (1.0 - std::exp(-10.0))).epsilon(1e-9));
}
