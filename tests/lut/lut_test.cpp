#include "lut/lut.hpp"

#include "base/errors.hpp"
#include "lut/lut_kinds.hpp"
#include "tests/lut/sample_luts.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace ohmloom;

namespace {

/// What is said of the sample after a change; "" if it is still valid.
template <class Change>
std::string complaint(const Change& change) {
    Lut lut = sample_lut();
    change(lut);
    return message_of<InputError>([&] { validate(lut); });
}

} // namespace

TEST_CASE("a good table is taken as it is") {
    CHECK(complaint([](Lut&) {}).empty());
}

TEST_CASE("what is wrong in a table is named") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(mentions(complaint([](Lut& t) { t.name = "Cell"; }), "Cell"));
    CHECK(mentions(complaint([](Lut& t) { t.kind = "vi"; }), "cell", "vi", "iv"));
    CHECK(mentions(complaint([&](Lut& t) { t.axes[0].values[1] = nan; }), "voltage", "[1]", "nan"));
    CHECK(mentions(complaint([](Lut& t) { t.axes[0].values = {0.0, 1.0, 1.0}; }), "voltage", "[2]"));
    CHECK(mentions(complaint([](Lut& t) { t.axes[1].unit = "Siemens"; }), "state", "Siemens"));
    CHECK(mentions(complaint([](Lut& t) { t.axes.pop_back(); }), "state [S]"));
    CHECK(mentions(complaint([](Lut& t) { t.arrays[0].values.pop_back(); }), "current", "5", "6"));
    CHECK(mentions(complaint([&](Lut& t) { t.arrays[0].values[4] = nan; }), "current", "[4]"));
    CHECK(mentions(complaint([](Lut& t) { t.arrays[0].unit = "V"; }), "current", "'V'", "'A'"));
    CHECK(mentions(complaint([](Lut& t) { t.arrays[0].dims = {"state", "voltage"}; }), "current", "order"));
    CHECK(mentions(complaint([](Lut& t) { t.arrays[1].shape = {2, 3}; }), "more", "voltage", "3"));
    CHECK(mentions(complaint([](Lut& t) { t.arrays[1].shape = {Index{1} << 62, 4}; }), "more"));
    CHECK(mentions(complaint([](Lut& t) { t.arrays.erase(t.arrays.begin()); }), "current"));
    CHECK(mentions(complaint([](Lut& t) { t.arrays.push_back(t.arrays[1]); }), "more", "twice"));
    CHECK(mentions(complaint([&](Lut& t) { t.errors[0].rms = nan; }), "error of current"));
    CHECK(mentions(complaint([&](Lut& t) { t.numbers["temperature"] = nan; }), "temperature"));
}

TEST_CASE("units are products of known ones") {
    for (const char* good : {"1", "A", "A/V^2", "V/V", "V*s", "Ohm", "1/V"}) CHECK(is_known_unit(good));
    for (const char* bad : {"", "mV", "A/", "A//V", "A/V/s", "V^", "V^x", "volt"})
        CHECK_FALSE(is_known_unit(bad));
}
