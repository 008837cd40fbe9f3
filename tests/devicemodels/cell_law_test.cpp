#include "devicemodels/cell_laws-inl.h"
#include "devicemodels/cell_model.hpp"
#include "devicemodels/dual.hpp"
#include "tests/devicemodels/sample_laws.hpp"

#include "base/errors.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

namespace ohmloom::testing {

namespace {

/// The law run on a dual number: its current and the exact derivative of that.
CellPoint differentiated(const CellModel& model, double g, double shape, double v) {
    return std::visit(
        [&](const auto& law) {
            const Dual current = HWY_STATIC_DISPATCH(evaluate_law)(law, g, shape, Dual(v, 1.0)).current;
            return CellPoint{current.value, current.derivative};
        },
        model);
}

/// Calls check(law, g, shape, v) all over the stated range of every law.
template <class Check>
void over_all_laws(const Check& check) {
    for (const SampleLaw& law : sample_laws()) {
        for (const auto& [g, shape] : law.cells) {
            CAPTURE(law.name);
            CAPTURE(g);
            CAPTURE(shape);
            constexpr int points = 401;
            for (int k = 0; k < points; ++k)
                check(law, g, shape, law.v_low + (law.v_high - law.v_low) * k / (points - 1));
        }
    }
}

bool close(double x, double y, double relative, double absolute = 0.0) {
    return std::abs(x - y) <= relative * std::max(std::abs(x), std::abs(y)) + absolute;
}

std::string error_of(const CellModel& model) {
    try {
        validate(model);
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("every law's slope is the derivative of its current, by dual numbers") {
    over_all_laws([](const SampleLaw& law, double g, double shape, double v) {
        const CellPoint stated = evaluate_cell(law.model, g, shape, v),
                        exact = differentiated(law.model, g, shape, v);
        CAPTURE(v);
        CHECK(stated.current == exact.current);
        // Deep in compliance the derivative of the ecm law is a small difference of terms as large as g.
        CHECK(close(stated.slope, exact.slope, 1e-11, is_barrier(law) ? 1e-10 * g : 0.0));
    });
}

TEST_CASE("every law's slope is the derivative of its current, by central differences") {
    over_all_laws([](const SampleLaw& law, double g, double shape, double v) {
        const double h = 1e-5;
        if (v - h < law.v_low || v + h > law.v_high) return;
        const double difference = (evaluate_cell(law.model, g, shape, v + h).current -
                                   evaluate_cell(law.model, g, shape, v - h).current) /
                                  (2 * h);
        CAPTURE(v);
        // The published barrier law has an infinite second derivative at 0 V; a table's jumps at its knots.
        const bool rough =
            std::holds_alternative<TableCell>(law.model) || (is_barrier(law) && std::abs(v) < 0.01);
        CHECK(close(evaluate_cell(law.model, g, shape, v).slope, difference, rough ? 5e-2 : 1e-5,
                    is_barrier(law) ? 1e-6 * g : 0.0));
    });
}

TEST_CASE("every law is passive, increasing, and conducts g at zero bias") {
    over_all_laws([](const SampleLaw& law, double g, double shape, double v) {
        const CellPoint point = evaluate_cell(law.model, g, shape, v);
        CAPTURE(v);
        CHECK(point.current * v >= 0.0);
        CHECK(point.slope > 0.0);
        CHECK(evaluate_cell(law.model, g, shape, 0.0).current == 0.0);
        CHECK(close(evaluate_cell(law.model, g, shape, 0.0).slope, g, is_barrier(law) ? 1e-10 : 1e-12));
    });
}

TEST_CASE("no law jumps, in current or in slope, from one voltage to the next double") {
    over_all_laws([](const SampleLaw& law, double g, double shape, double v) {
        const CellPoint here = evaluate_cell(law.model, g, shape, v);
        const CellPoint next = evaluate_cell(law.model, g, shape, std::nextafter(v, 10.0));
        CAPTURE(v);
        CHECK(close(here.current, next.current, 1e-12, 1e-26));
        CHECK(close(here.slope, next.slope, is_barrier(law) ? 1e-7 : 1e-12));
    });
    const CurrentTable table = sample_table();
    for (const double knot : table.v) {
        const TableCell cell{std::make_shared<const CurrentTable>(table)};
        CHECK(close(cell.slope(std::nextafter(knot, -10.0), 2e-5), cell.slope(knot, 2e-5), 1e-12));
        CHECK(close(cell.current(std::nextafter(knot, -10.0), 2e-5), cell.current(knot, 2e-5), 1e-12, 1e-20));
    }
}

TEST_CASE("lanes of the widest SIMD unit agree with plain numbers") {
    for (const SampleLaw& law : sample_laws()) {
        for (const auto& [g, shape] : law.cells) {
            std::vector<double> v;
            for (int k = 0; k < 203; ++k) v.push_back(law.v_low + (law.v_high - law.v_low) * k / 202.0);
            std::vector<double> current(v.size()), slope(v.size());
            evaluate_cell(law.model, g, shape, v, current, slope);
            for (std::size_t k = 0; k < v.size(); ++k) {
                const CellPoint point = evaluate_cell(law.model, g, shape, v[k]);
                CAPTURE(law.name);
                CAPTURE(v[k]);
                CHECK(close(current[k], point.current, 1e-13, 1e-30));
                CHECK(close(slope[k], point.slope, 1e-13));
            }
        }
    }
}

TEST_CASE("the current that solvers ask for alone is the one that comes with the slope") {
    over_all_laws([](const SampleLaw& law, double g, double shape, double v) {
        const double alone = std::visit(
            [&](const auto& cell) { return HWY_STATIC_DISPATCH(evaluate_current)(cell, g, shape, v); },
            law.model);
        CAPTURE(v);
        CHECK(close(alone, evaluate_cell(law.model, g, shape, v).current, 1e-15, 1e-300));
    });
}

TEST_CASE("branches inside the laws join without a jump") {
    // sinh: the series up to alpha·v = 1, the tangent beyond 80; pcm: ohmic below its smallest alpha.
    const double alpha = 3.0;
    const auto alone = [&](double v) {
        return HWY_STATIC_DISPATCH(evaluate_current)(SinhCell{alpha}, 1.0, 0.0, v);
    };
    for (const double sign : {-1.0, 1.0}) {
        const double one = sign / alpha, eighty = sign * 80.0 / alpha;
        CHECK(close(alone(one * (1 - 1e-15)), alone(one * (1 + 1e-15)), 1e-14));
        const CellPoint below = evaluate_cell(SinhCell{alpha}, 1.0, 0.0, eighty * (1 - 1e-15)),
                        above = evaluate_cell(SinhCell{alpha}, 1.0, 0.0, eighty * (1 + 1e-15));
        CHECK(close(below.current, above.current, 1e-12));
        CHECK(close(below.slope, above.slope, 1e-12));
        const CellPoint ohmic = evaluate_cell(PcmCell{}, 1.0, PcmCell::smallest_alpha * (1 - 1e-12), sign),
                        bent = evaluate_cell(PcmCell{}, 1.0, PcmCell::smallest_alpha * (1 + 1e-12), sign);
        CHECK(close(ohmic.current, bent.current, 1e-14));
        CHECK(close(ohmic.slope, bent.slope, 1e-14));
    }
}

TEST_CASE("far outside any range the laws stay finite and increasing, for Newton's trial steps") {
    for (const SampleLaw& law : sample_laws()) {
        for (const double v : {-1e6, -300.0, 300.0, 1e6}) {
            const CellPoint point = evaluate_cell(law.model, law.cells.back().g, law.cells.back().shape, v);
            CAPTURE(law.name);
            CAPTURE(v);
            CHECK(std::isfinite(point.current));
            CHECK(std::isfinite(point.slope));
            CHECK(point.current * v > 0.0);
            CHECK(point.slope >= 0.0);
        }
    }
}

TEST_CASE("the sinh of a phase-change cell bends its conductance as stated for V0 = 0.25 V") {
    const PcmCell cell;
    const auto ratio = [&](double v) { return cell.current(v, 1e-6, 4.0) / (1e-6 * v); };
    CHECK(ratio(0.1) == testing::approx(1.0269).epsilon(5e-5));
    CHECK(ratio(0.2) == testing::approx(1.1101).epsilon(5e-5));
    CHECK(ratio(0.3) == testing::approx(1.2579).epsilon(5e-5));
}

TEST_CASE("a phase-change cell carries the odd polynomial it is given") {
    const PcmCell cell{2.0, 5.0};
    CHECK(cell.current(0.5, 1e-6) ==
          testing::approx(1e-6 * (0.5 + 2.0 * 0.125 + 5.0 * 0.03125)).epsilon(1e-14));
}

TEST_CASE("the magnetoresistance falls to one half at Vh") {
    const MramCell cell{0.5};
    const double r_p = 4000.0, tmr = 1.2582;
    const auto tmr_at = [&](double v) {
        return v / cell.current(v, 1.0 / (r_p * (1.0 + tmr)), tmr) / r_p - 1.0;
    };
    CHECK(tmr_at(0.5) == testing::approx(tmr / 2).epsilon(1e-12));
    CHECK(tmr_at(0.1) / tmr == testing::approx(0.96154).epsilon(5e-6));
    CHECK(tmr_at(0.25) / tmr == testing::approx(0.8).epsilon(1e-12));
    CHECK(cell.current(0.7, 1.0 / r_p, 0.0) == testing::approx(0.7 / r_p).epsilon(1e-14));
}

TEST_CASE("a table gives back its points, and between them the curve they came from") {
    const auto table = std::make_shared<const CurrentTable>(sample_table());
    const TableCell cell{table};
    for (Index s = 0; s < 3; ++s) {
        for (std::size_t k = 0; k < table->v.size(); ++k) {
            CHECK(close(cell.current(table->v[k], table->g[static_cast<std::size_t>(s)]),
                        table->i(s, static_cast<Index>(k)), 1e-12));
        }
    }
    // The points lie on g·sinh(alpha·v)/alpha; the slope at 0 V is found to within the interpolation error.
    CHECK(close(table->g[1], 1e-5, 0.02));
    CHECK(close(cell.current(0.37, table->g[1]), 1e-5 * std::sinh(0.74) / 2.0, 0.01));
}

TEST_CASE("a table stays monotone where its data have a kink") {
    const std::vector<double> v{-1.0, 0.0, 0.1, 0.2, 0.3, 1.0};
    const TableCell cell{std::make_shared<const CurrentTable>(
        make_current_table(v, Matrix<double>(1, 6, {-1e-6, 0.0, 1e-9, 2e-9, 1e-6, 1.1e-6})))};
    double last = cell.current(-1.0, cell.table->g[0]);
    for (double x = -0.999; x <= 1.0; x += 1e-3) {
        const double here = cell.current(x, cell.table->g[0]);
        CHECK(here > last);
        last = here;
    }
}

TEST_CASE("a table that is no cell is refused by the place that is wrong") {
    const auto error = [](std::vector<double> v, std::vector<double> i, Index states = 1) {
        try {
            const auto columns = static_cast<Index>(i.size()) / states;
            static_cast<void>(
                make_current_table(std::move(v), Matrix<double>(states, columns, std::move(i))));
        } catch (const InputError& thrown) {
            return std::string(thrown.what());
        }
        return std::string();
    };
    CHECK(error({-1.0, 0.0, 0.0, 1.0}, {-1.0, 0.0, 0.0, 1.0}).find("voltage 2") != std::string::npos);
    CHECK(error({0.5, 1.0}, {0.5, 1.0}).find("without a point at 0 V") != std::string::npos);
    CHECK(error({0.0, 1.0}, {0.1, 1.0}).find("at 0 V is 0.1 A") != std::string::npos);
    CHECK(error({-1.0, 0.0, 1.0}, {-1.0, 0.0, 0.0}).find("above that of the voltage before") !=
          std::string::npos);
    CHECK(error({-1.0, 0.0, 1.0}, {-1.0, 0.0, NAN}).find("finite") != std::string::npos);
    CHECK(error({0.0, 1.0}, {0.0, 1.0, 2.0}).find("3 currents for 2 voltages") != std::string::npos);
    CHECK(error({0.0, 1.0}, {0.0, 1.0, 0.0, 1.0}, 2).find("differ from every other state") !=
          std::string::npos);
    CHECK(error({0.0, 1e-9, 1.0}, {0.0, 1e-9, 1.0}).find("closest voltages") != std::string::npos);
}

TEST_CASE("shared parameters out of range are refused by name") {
    CHECK(error_of(SinhCell{0.0}).find("alpha of the sinh cells") == 0);
    CHECK(error_of(PcmCell{-1.0, 0.0}).find("c3 of the pcm cells") == 0);
    CHECK(error_of(MramCell{NAN}).find("v_half of the mram cells") == 0);
    EcmCell cell;
    cell.i_limit = 0.0;
    CHECK(error_of(cell).find("i_limit of the ecm cells") == 0);
    CHECK(error_of(TableCell{}).find("no table") != std::string::npos);
    for (const SampleLaw& law : sample_laws()) CHECK(error_of(law.model) == "");
}

} // namespace ohmloom::testing
