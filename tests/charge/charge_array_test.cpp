#include "charge/charge_array.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"
#include "base/random.hpp"
#include "circuit/circuit.hpp"
#include "solver/circuit_solver.hpp"
#include "tests/approx.hpp"

#include <algorithm>
#include <cmath>
#include <string>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

const RandomStream stream(5, RandomPurpose::test_generation);

Matrix<std::int32_t> random_codes(Index columns, Index rows, int bits, std::uint32_t which) {
    Matrix<std::int32_t> codes(columns, rows);
    for (Index c = 0; c < columns; ++c) {
        for (Index r = 0; r < rows; ++r)
            codes(c, r) = static_cast<std::int32_t>(std::ldexp(
                stream.uniform(which, static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(c)), bits));
    }
    return codes;
}

Matrix<double> random_voltages(Index vectors, Index rows, double supply, std::uint32_t which) {
    Matrix<double> v(vectors, rows);
    for (Index k = 0; k < vectors; ++k) {
        for (Index r = 0; r < rows; ++r)
            v(k, r) = supply * (2.0 * stream.uniform(which, static_cast<std::uint32_t>(r),
                                                     static_cast<std::uint32_t>(k), 1) -
                                1.0);
    }
    return v;
}

/// A flawed array of some kind and drive.
ChargeArray flawed_array(ChargeCellKind kind, ChargeDrive drive, std::uint32_t which) {
    ChargeArrayDesign design;
    design.cell = {.kind = kind,
                   .bits = 5,
                   .unit = 2e-15,
                   .node_parasitic = 0.08,
                   .bottom_parasitic = 0.12,
                   .unit_sigma = 0.03};
    design.drive = drive;
    design.column_capacitance = 7e-15;
    return make_charge_array(design, random_codes(3, 6, 5, which), 11, which);
}

/// The Laplacian of a column's capacitors as a circuit of resistors, 1 S for 1 F·1e15: its node voltages are those after charge sharing
/// from 0 V, its power is the energy times 1e15.
struct ResistorColumn {
    Circuit circuit;
    double delivered = 0.0; ///< [J]
    double v_column = 0.0;  ///< [V]

    ResistorColumn(const ChargeArray& array, Index column, std::span<const double> v) {
        const ChargeCellDesign& design = array.design.cell;
        const NodeId end = circuit.node("column");
        join("rc", end, ground, array.design.column_capacitance);
        for (Index r = 0; r < array.codes.cols(); ++r) {
            NodeId below = ground;
            for (Index bit = 0; bit < design.bits; ++bit) {
                const auto at = static_cast<std::size_t>(bit);
                const CellCapacitors& cell = array.cell(column, r);
                const std::string place = std::to_string(r) + "_" + std::to_string(bit);
                const bool is_end = design.kind == ChargeCellKind::binary_weighted || bit + 1 == design.bits;
                const NodeId node = is_end ? end : circuit.node("n_" + place),
                             source = circuit.node("s_" + place);
                const double side = branch_side(array.codes(column, r), bit, array.design.drive);
                circuit.add("v_" + place,
                            VoltageSource{source, ground, side * v[static_cast<std::size_t>(r)], {}});
                join("rb_" + place, source, node, cell.branch[at]);
                join("rp_" + place, node, ground, node_capacitance(design, bit));
                join("rd_" + place, source, ground, bottom_capacitance(design, bit));
                if (design.kind == ChargeCellKind::c2c_ladder) {
                    if (bit == 0) join("rt_" + place, node, ground, cell.termination);
                    if (bit > 0) join("rs_" + place, below, node, cell.series[at]);
                }
                below = node;
            }
        }
        CircuitSolver solver(circuit);
        const Waveforms point = solver.operating_point();
        REQUIRE(point.all_converged());
        const auto signal = [&](const std::string& name) {
            const auto found = std::ranges::find(point.signals, name);
            REQUIRE(found != point.signals.end());
            return point.values(0, found - point.signals.begin());
        };
        v_column = signal("v(column)");
        for (const Element& element : circuit.elements()) {
            if (const auto* source = std::get_if<VoltageSource>(&element.kind))
                delivered -= source->dc * signal("i(" + element.name + ")") * 1e-15;
        }
    }

private:
    void join(const std::string& name, NodeId a, NodeId b, double capacitance) {
        if (capacitance > 0.0) circuit.add(name, Resistor{a, b, 1e-15 / capacitance});
    }
};

} // namespace

TEST_CASE("columns of ideal cells give the mean of the products, whatever the kind and the drive") {
    for (const ChargeDrive drive : {ChargeDrive::single_ended, ChargeDrive::differential}) {
        ChargeArrayDesign design;
        design.drive = drive;
        const ChargeArray array = make_charge_array(design, random_codes(16, 64, 8, 1));
        const ChargeResponse response = charge_response(array);
        for (Index c = 0; c < 16; ++c) {
            for (Index r = 0; r < 64; ++r)
                CHECK(std::abs(response.transfer(c, r) - weight_of(array.codes(c, r), design) / 64.0) <
                      1e-17);
        }
        // The code of a weight is the code again, and weights half a step off are the next ones.
        for (std::int32_t code = 0; code < 256; ++code)
            CHECK(code_for(weight_of(code, design), design) == code);
        CHECK(code_for(-2.0, design) == 0);
        CHECK(code_for(2.0, design) == 255);
    }
}

TEST_CASE(
    "voltages and energy are those of the capacitors' Laplacian, solved as a circuit by the general engine") {
    std::uint32_t which = 20;
    for (const ChargeCellKind kind : {ChargeCellKind::c2c_ladder, ChargeCellKind::binary_weighted}) {
        for (const ChargeDrive drive : {ChargeDrive::single_ended, ChargeDrive::differential}) {
            const ChargeArray array = flawed_array(kind, drive, ++which);
            const ChargeResponse response = charge_response(array);
            const Matrix<double> v = random_voltages(4, 6, 0.9, which), u = column_voltages(response, v);
            for (Index k = 0; k < 4; ++k) {
                double energy = 0.0;
                for (Index c = 0; c < 3; ++c) {
                    const ResistorColumn column(array, c, v.row(k));
                    CHECK(std::abs(u(k, c) - column.v_column) < 1e-13);
                    energy += column.delivered;
                }
                const Matrix<double> row(1, 6, std::vector<double>(v.row(k).begin(), v.row(k).end()));
                const double found = multiply_transposed(multiply(row, response.energy), row)(0, 0);
                CHECK(found == approx(energy).epsilon(1e-11));
            }
        }
    }
}

TEST_CASE("the noise of a column is kT/C, in the map and in what is drawn") {
    ChargeArrayDesign design;
    design.column_capacitance = 3e-15;
    design.temperature = 350.0;
    const ChargeArray array = make_charge_array(design, random_codes(2, 4, 8, 3));
    const ChargeResponse response = charge_response(array);
    // Four ladders of two units and the column's own.
    const double capacitance = 4.0 * 2.0 * 2e-15 + 3e-15,
                 expected = std::sqrt(1.380649e-23 * 350.0 / capacitance);
    CHECK(response.noise[0] == approx(expected).epsilon(1e-14));
    constexpr Index count = 40000;
    const Matrix<double> v(count, 4), u = column_voltages(response, v, {.seed = 9, .tile = 2});
    double squares = 0.0, product = 0.0, sum = 0.0;
    for (Index k = 0; k < count; ++k) {
        squares += u(k, 0) * u(k, 0) / count;
        product += u(k, 0) * u(k, 1) / count;
        sum += u(k, 0) / count;
    }
    const double sigmas = 4.0 / std::sqrt(static_cast<double>(count));
    CHECK(std::abs(squares / (expected * expected) - 1.0) < sigmas * std::sqrt(2.0));
    CHECK(std::abs(product) < sigmas * expected * expected);
    CHECK(std::abs(sum) < sigmas * expected);
    // Any part of the vectors is drawn alone.
    const Matrix<double> part =
        column_voltages(response, Matrix<double>(1, 4), {.seed = 9, .tile = 2, .first_vector = 7});
    CHECK(part(0, 1) == u(7, 1));
}

TEST_CASE("charge that a switch leaves is an offset, spread from column to column") {
    ChargeArrayDesign design;
    design.injection = 1e-16;
    const Matrix<std::int32_t> codes = random_codes(2000, 2, 8, 4);
    const ChargeResponse even = charge_response(make_charge_array(design, codes));
    CHECK(even.offset[0] == approx(1e-16 / 8e-15).epsilon(1e-13));
    design.injection_sigma = 2e-17;
    const ChargeResponse spread = charge_response(make_charge_array(design, codes));
    double squares = 0.0;
    for (const double offset : spread.offset) squares += std::pow(offset * 8e-15 - 1e-16, 2) / 2000.0;
    CHECK(std::abs(squares / 4e-34 - 1.0) < 4.0 * std::sqrt(2.0 / 2000.0));
}

TEST_CASE("mismatch of ladders spreads a column's products as its units' variance says") {
    // One row, bit 7 alone, its weight w = B/(B + E + x…): with T = E + B, δw = E/T²·δB − B/T²·δE. B is a unit, E = S·T'/(S + T') with S and T' of two
    // units each; dE = (δS + δT')/4, so that the variance of E is the sum over all capacitors below, each by its own way. A
    // numerical derivative over all capacitors is the oracle.
    ChargeArrayDesign design;
    design.cell.unit_sigma = 0.002;
    design.drive = ChargeDrive::single_ended;
    double variance = 0.0;
    for (const std::uint32_t draw :
         {0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u, 33u, 34u, 35u, 36u, 37u, 38u, 39u, 64u}) {
        const auto weight = [&](double deviation) {
            return open_cell_weights(
                charge_cell(design.cell, draw_capacitors(design.cell, [&](std::uint32_t k) {
                                return k == draw ? deviation : 0.0;
                            })))[7];
        };
        variance += std::pow((weight(0.1) - weight(-0.1)) / 0.2, 2);
    }
    const ChargeResponse response =
        charge_response(make_charge_array(design, Matrix<std::int32_t>(4000, 1, 128), 3));
    double squares = 0.0;
    for (Index c = 0; c < 4000; ++c) squares += std::pow(response.transfer(c, 0) - 0.5, 2) / 4000.0;
    CHECK(std::abs(squares / variance - 1.0) < 4.0 * std::sqrt(2.0 / 4000.0));
}

TEST_CASE("an error of products is told without its common gain, and is none of ideal arrays") {
    ChargeArrayDesign design;
    design.column_capacitance = 50e-15; // attenuates all columns alike
    const ChargeArray array = make_charge_array(design, random_codes(4, 16, 8, 6));
    const Matrix<double> v = random_voltages(400, 16, 0.7, 6);
    const ProductError error = product_error(array, v, column_voltages(charge_response(array), v), 0.7);
    CHECK(error.gain == approx(16.0 * 4e-15 / (16.0 * 4e-15 + 50e-15)).epsilon(1e-12));
    CHECK(error.largest < 1e-14);
    Matrix<double> off = column_voltages(charge_response(array), v);
    off(3, 2) += 0.007 * error.gain; // 1 % of full scale
    CHECK(product_error(array, v, off, 0.7).largest == approx(0.01).epsilon(0.02));
}

TEST_CASE("codes that the bits cannot hold are refused with their place") {
    Matrix<std::int32_t> codes(2, 3, 5);
    codes(1, 2) = 16;
    ChargeArrayDesign design;
    design.cell.bits = 4;
    CHECK_THROWS_WITH_AS(make_charge_array(design, codes),
                         "the code 16 of row 2, column 1 is not within 0 and 15, which 4 bits can hold",
                         InputError);
    design.temperature = -1.0;
    CHECK_THROWS_WITH_AS(make_charge_array(design, Matrix<std::int32_t>(1, 1)),
                         doctest::Contains("temperature"), InputError);
}
