#include "base/errors.hpp"
#include "base/si.hpp"

#include <doctest/doctest.h>

using namespace ohmloom;

TEST_CASE("SI prefixes scale exactly") {
    CHECK(parse_si("10k") == 1e4);
    CHECK(parse_si("1.2u") == 1.2e-6);
    CHECK(parse_si("22n") == 2.2e-8);
    CHECK(parse_si("3f") == 3e-15);
    CHECK(parse_si("1M") == 1e6);
    CHECK(parse_si("1m") == 1e-3);
    CHECK(parse_si("-4.5e3") == -4500.0);
}

TEST_CASE("a unit may follow the number or its prefix") {
    CHECK(parse_si("5kOhm", "Ohm") == 5000.0);
    CHECK(parse_si("0.8 V", "V") == 0.8);
    CHECK(parse_si("9nm", "m") == 9e-9);
    // "m" alone is the unit here, not the prefix milli: lengths are in metres.
    CHECK(parse_si("3m", "m") == 3.0);
}

TEST_CASE("text that is not a number is refused by name") {
    for (const char* text : {"", "k", "1x", "10kV", "nan", "inf", "1e999", "1.2.3", "--1"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(parse_si(text, "Ohm"), InputError);
    }
}

TEST_CASE("values are shown with the prefix that keeps three digits") {
    CHECK(format_si(4.7e-5, "S") == "47 uS");
    CHECK(format_si(0.0, "W") == "0 W");
    CHECK(format_si(1234.0, "Ohm") == "1.23 kOhm");
    CHECK(format_si(0.99999, "V") == "1 V");
    CHECK(format_si(-2.5e-9, "s") == "-2.5 ns");
}
