#include "array/wire.hpp"

#include "base/errors.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

using namespace ohmloom;

TEST_CASE("the published 27 nm line has 2.675 times the bulk resistivity") {
    // arXiv:2201.12480 constants: l0 39 nm, p 0.25, R 0.3, w 27 nm, T 22 nm, 1.9e-8 Ohm m.
    const WireGeometry wire;
    CHECK(effective_resistivity(wire) == testing::approx(5.0829e-8).epsilon(1e-5));
    CHECK(segment_resistance(wire, 108e-9) == testing::approx(9.2416).epsilon(1e-5));
    CHECK(segment_resistance(wire, 135e-9) == testing::approx(11.552).epsilon(1e-5));
}

TEST_CASE("narrower lines resist more, as tabulated") {
    // Reference values in 1e-8 Ohm m over the line width in nm.
    const struct {
        double width, resistivity;
    } table[] = {{10, 10.40}, {20, 6.18}, {32, 4.59}, {40, 4.06}, {56, 3.45}, {80, 2.99}, {100, 2.78}};
    for (const auto& entry : table) {
        WireGeometry wire;
        wire.width = entry.width * 1e-9;
        CAPTURE(entry.width);
        CHECK(effective_resistivity(wire) * 1e8 == testing::approx(entry.resistivity).epsilon(2e-3));
    }
}

TEST_CASE("without scattering the bulk resistivity remains") {
    WireGeometry wire;
    wire.surface_specularity = 1.0;
    wire.grain_reflection = 0.0;
    CHECK(effective_resistivity(wire) == testing::approx(wire.bulk_resistivity).epsilon(1e-14));
}

TEST_CASE("a wire that cannot be is refused by name") {
    WireGeometry wire;
    wire.width = 0.0;
    CHECK_THROWS_WITH_AS(effective_resistivity(wire), doctest::Contains("wire width"), InputError);
    wire.width = 27e-9;
    wire.grain_reflection = 1.0;
    CHECK_THROWS_WITH_AS(effective_resistivity(wire), doctest::Contains("grain_reflection"), InputError);
    wire.grain_reflection = 0.3;
    CHECK_THROWS_WITH_AS(segment_resistance(wire, -1.0), doctest::Contains("segment length"), InputError);
}

TEST_CASE("wire capacitances are those of the published generator") {
    // arXiv:2201.12480 constants: w 27 nm, T 22 nm, H 20 nm, 20 eps0, segments of 108 nm. By hand: w/H 1.35, T/H 1.1,
    // (T/H)^0.222 = 1.02138; ground 0.5·(1.5525 + 2.85987) = 2.20619; facing 0.0405 + 0.913 − 0.0714968 = 0.882003.
    const WireGeometry wire;
    const double eps_length = 20.0 * 8.8541878128e-12 * 108e-9;
    CHECK(ground_capacitance(wire, 108e-9) == testing::approx(2.20619 * eps_length).epsilon(1e-5));
    CHECK(coupling_capacitance(wire, 108e-9, 20e-9) == testing::approx(0.882003 * eps_length).epsilon(1e-5));
    // A line of an I+/I- pair, 45 nm apart.
    const double pair = ground_capacitance(wire, 108e-9) + coupling_capacitance(wire, 108e-9, 45e-9);
    CHECK(pair == testing::approx(47.88e-18).epsilon(1e-4));
    // Lines 108 nm apart: the edge line of 400 has 399 neighbours on one side, the middle one 200 and 199.
    const auto with_neighbours = [&](int left, int right) {
        double c = ground_capacitance(wire, 108e-9);
        for (int j = 1; j <= left; ++j) c += coupling_capacitance(wire, 108e-9, j * 108e-9);
        for (int j = 1; j <= right; ++j) c += coupling_capacitance(wire, 108e-9, j * 108e-9);
        return c;
    };
    CHECK(with_neighbours(0, 399) * 1e15 == testing::approx(0.0478).epsilon(2e-3));
    CHECK(with_neighbours(200, 199) * 1e15 == testing::approx(0.0530).epsilon(2e-3));
}

TEST_CASE("crossing wires are a plate capacitor") {
    WireGeometry row, column;
    column.width = 40e-9;
    CHECK(crossing_capacitance(row, column) ==
          testing::approx(20.0 * 8.8541878128e-12 * 27e-9 * 40e-9 / 20e-9).epsilon(1e-12));
}

TEST_CASE("a dielectric that cannot be is refused by name") {
    WireGeometry wire;
    wire.relative_permittivity = 0.0;
    CHECK_THROWS_WITH_AS(ground_capacitance(wire, 1e-7), doctest::Contains("relative_permittivity"),
                         InputError);
    wire.relative_permittivity = 3.0;
    CHECK_THROWS_WITH_AS(coupling_capacitance(wire, 1e-7, 0.0), doctest::Contains("spacing"), InputError);
    wire.dielectric_height = -1e-9;
    CHECK_THROWS_WITH_AS(crossing_capacitance(wire, wire), doctest::Contains("dielectric_height"),
                         InputError);
}
