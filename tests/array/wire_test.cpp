#include "array/wire.hpp"

#include "base/errors.hpp"

#include <doctest/doctest.h>

using namespace ohmloom;

TEST_CASE("the published 27 nm line has 2.675 times the bulk resistivity") {
    // arXiv:2201.12480 constants: l0 39 nm, p 0.25, R 0.3, w 27 nm, T 22 nm, 1.9e-8 Ohm m.
    const WireGeometry wire;
    CHECK(effective_resistivity(wire) == doctest::Approx(5.0829e-8).epsilon(1e-5));
    CHECK(segment_resistance(wire, 108e-9) == doctest::Approx(9.2416).epsilon(1e-5));
    CHECK(segment_resistance(wire, 135e-9) == doctest::Approx(11.552).epsilon(1e-5));
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
        CHECK(effective_resistivity(wire) * 1e8 == doctest::Approx(entry.resistivity).epsilon(2e-3));
    }
}

TEST_CASE("without scattering the bulk resistivity remains") {
    WireGeometry wire;
    wire.surface_specularity = 1.0;
    wire.grain_reflection = 0.0;
    CHECK(effective_resistivity(wire) == doctest::Approx(wire.bulk_resistivity).epsilon(1e-14));
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
