#include "lut/array_lut.hpp"

#include "base/errors.hpp"
#include "tests/approx.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace ohmloom;
using testing::approx;

namespace {

Crossbar sample_array() {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(3, 2, {1e-4, 2e-4, 3e-5, 1e-4, 5e-5, 8e-5});
    crossbar.r_row = 10.0;
    crossbar.r_col = 20.0;
    return crossbar;
}

} // namespace

TEST_CASE("an array's transfer table gives the general engine's currents to rounding") {
    const Lut table = array_transfer_lut(sample_array(), {0.1, -0.2}, 1.0, 16, 3);
    validate(table);
    const LutError& error = table.errors.front();
    CHECK(error.points == 16);
    CHECK(error.full_scale > 1e-5);
    CHECK(error.largest < 1e-12 * error.full_scale);
}

TEST_CASE("without wires the transfer is the cells' conductance, and columns take their own potential") {
    Crossbar crossbar = sample_array();
    crossbar.r_row = crossbar.r_col = 0.0;
    const Lut table = array_transfer_lut(crossbar, {0.5, 0.0}, 1.0, 4, 1);
    const std::vector<double>& transfer = find_array(table, "transfer")->values;
    for (std::size_t k = 0; k < transfer.size(); ++k) CHECK(transfer[k] == approx(crossbar.g.values()[k]));
    CHECK(find_array(table, "offset")->values[0] == approx(-0.5 * (1e-4 + 3e-5 + 5e-5)));
    CHECK(find_array(table, "offset")->values[1] == approx(0.0));
}

TEST_CASE("an array of nonlinear cells has no transfer matrix") {
    Crossbar crossbar = sample_array();
    crossbar.cell = SinhCell{2.0};
    CHECK_FALSE(message_of<InputError>([&] { (void)array_transfer_lut(crossbar, {}, 1.0, 4, 1); }).empty());
}
