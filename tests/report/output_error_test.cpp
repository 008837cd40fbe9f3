#include "report/output_error.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace ohmloom;
using namespace ohmloom::testing;

TEST_CASE("errors are outputs less ideal ones: their histogram, and means, rms and middles of columns") {
    ResultMap map;
    map.outputs = Matrix<double>(2, 2, {1.0, 5.0, 2.0, 5.5});
    map.outputs_ideal = Matrix<double>(2, 2, {1.0, 4.0, 1.0, 5.0});
    // Errors 0, 1 of the first column, 1, 0.5 of the second; four bins from 0 to 1, the greatest in the last.
    const OutputError error = output_error(map, 4);
    CHECK(error.edges == std::vector<double>{0.0, 0.25, 0.5, 0.75, 1.0});
    CHECK(error.counts == std::vector<Index>{1, 0, 1, 2});
    CHECK(error.mean == std::vector<double>{0.5, 0.75});
    CHECK(error.rms[0] == approx(std::sqrt(0.5)));
    CHECK(error.rms[1] == approx(std::sqrt(0.625)));
    CHECK(error.low[1] == approx(0.5125));
    CHECK(error.high[1] == approx(0.9875));
}

TEST_CASE("errors that are all alike are one bin, and a map without outputs has none") {
    ResultMap map;
    map.outputs = map.outputs_ideal = Matrix<double>(3, 1, 2.0);
    const OutputError error = output_error(map);
    CHECK(error.counts == std::vector<Index>{3});
    CHECK(error.edges == std::vector<double>{0.0, 0.0});
    CHECK(output_error({}).counts.empty());
}
