#include "array/programming.hpp"
#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "devicemodels/device_library.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace ohmloom;

namespace {

constexpr double day = 86400.0;

Matrix<double> ramp(Index rows, Index lines, double low, double high) {
    Matrix<double> g(rows, lines);
    for (Index k = 0; k < g.size(); ++k) {
        g.values()[static_cast<std::size_t>(k)] =
            low + (high - low) * static_cast<double>(k) / static_cast<double>(g.size() - 1);
    }
    return g;
}

} // namespace

TEST_CASE("an array is programmed the same on any number of threads, and each device as if alone") {
    const auto device = make_device(find_card("pcm"));
    const Matrix<double> target = ramp(20, 13, 1e-6, 25e-6);
    const ProgrammingOptions options{.read = {day, 300.0}, .seed = 42, .tile = 3};
    const ProgrammedArray many = program_array(target, *device, options);
    {
        const ThreadLimit one(1);
        const ProgrammedArray single = program_array(target, *device, options);
        CHECK(single.g == many.g);
        CHECK(single.pulses == many.pulses);
    }
    const DeviceDraws draws(42, {3, 7, 5});
    const Programmed alone = device->program(device->fresh(draws), target(7, 5), options.scheme, draws, 1);
    CHECK(many.got(7, 5) == alone.got());
    CHECK(many.g(7, 5) == read_device(*device, alone.state, options.read, draws, 0).g);
    CHECK(program_array(target, *device, {.read = {day, 300.0}, .seed = 42, .tile = 4}).g != many.g);
}

TEST_CASE("ideal cells get what was asked") {
    const auto device = make_device(find_card("linear"));
    const ProgrammedArray programmed = program_array(ramp(4, 4, 1e-6, 1e-4), *device, {});
    CHECK(programmed.g == programmed.asked);
    CHECK(programmed.shape.empty());
    CHECK(is_linear(programmed.cell));
    const ConductanceError error = conductance_error(programmed);
    CHECK(error.cells == 16);
    CHECK(error.worst == 0.0);
    CHECK(error.pulses == 1.0);
    CHECK(drift_compensation(programmed) == 1.0);
}

TEST_CASE("a target of 0 stays an empty place, and targets out of range are refused by place or cut") {
    const auto device = make_device(find_card("mram"));
    Matrix<double> target(2, 2, device->g_max());
    target(1, 0) = 0.0;
    const ProgrammedArray programmed = program_array(target, *device, {});
    CHECK(programmed.g(1, 0) == 0.0);
    CHECK(programmed.pulses(1, 0) == 0);
    CHECK(conductance_error(programmed).cells == 3);
    target(0, 1) = 1.0;
    std::string said;
    try {
        static_cast<void>(program_array(target, *device, {}));
    } catch (const InputError& error) {
        said = error.what();
    }
    CHECK(said.find("g[0, 1] is 1 S") != std::string::npos);
    const ProgrammedArray cut = program_array(target, *device, {}, true);
    CHECK(cut.asked(0, 1) == 1.0);
    CHECK(cut.g(0, 1) < 2 * device->g_max());
    target(0, 1) = NAN;
    CHECK_THROWS_AS(static_cast<void>(program_array(target, *device, {}, true)), InputError);
}

TEST_CASE("global drift compensation brings a uniform drift back exactly") {
    // Every device at the same exponent: the mean law without its spread.
    const auto device = make_device(find_card("pcm"));
    ProgrammedArray programmed = program_array(Matrix<double>(8, 8, 25e-6), *device, {.read_noise = false});
    const double factor = std::pow((day + 20) / 20, -0.049);
    for (Index k = 0; k < 64; ++k)
        programmed.g.values()[static_cast<std::size_t>(k)] =
            factor * programmed.got.values()[static_cast<std::size_t>(k)];
    CHECK(factor * drift_compensation(programmed) == testing::approx(1.0).epsilon(1e-14));
}

TEST_CASE("the conductance error is counted over the cells that are there") {
    ProgrammedArray programmed;
    programmed.asked = Matrix<double>(1, 4, {1.0, 2.0, 0.0, 3.0});
    programmed.g = Matrix<double>(1, 4, {1.5, 2.0, 0.0, 2.0});
    programmed.energy = Matrix<double>(1, 4, {1.0, 2.0, 0.0, 3.0});
    programmed.pulses = Matrix<std::int32_t>(1, 4, {1, 2, 0, 6});
    const ConductanceError error = conductance_error(programmed);
    CHECK(error.cells == 3);
    CHECK(error.mean == testing::approx(-0.5 / 3));
    CHECK(error.spread == testing::approx(std::sqrt((0.25 + 0.0 + 1.0) / 3 - 0.25 / 9)));
    CHECK(error.worst == 1.0);
    CHECK(error.worst_line == 3);
    CHECK(error.energy == 6.0);
    CHECK(error.pulses == 3.0);
}

TEST_CASE("programmed devices stand in the crossbar they were made for") {
    const auto device = make_device(find_card("pcm"));
    Crossbar crossbar;
    crossbar.g = ramp(5, 6, 1e-6, 25e-6);
    crossbar.r_row = 1.0;
    const Crossbar real = with_devices(crossbar, program_array(crossbar.g, *device, {}));
    CHECK(!is_linear(real.cell));
    CHECK(real.shape.rows() == 5);
    CHECK(real.r_row == 1.0);
    CHECK_NOTHROW(validate(real));
}
