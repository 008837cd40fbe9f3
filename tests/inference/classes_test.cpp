#include "inference/classes.hpp"

#include "base/errors.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

using namespace ohmloom;

TEST_CASE("the largest output decides, the first of equals") {
    const Matrix<double> outputs(3, 3, std::vector<double>{0, 2, 1, 5, 5, 4, -3, -2, -1});
    CHECK(largest_output(outputs) == std::vector<std::uint8_t>{1, 0, 2});
}

TEST_CASE("accuracy comes with Wilson's interval") {
    // 8 of 10: centre (0.8 + z^2/20)/(1 + z^2/10), half width z sqrt(0.016 + z^2/400)/(1 + z^2/10): 0.490 to
    // 0.943.
    const std::vector<std::uint8_t> labels(10, 1);
    std::vector<std::uint8_t> classes = labels;
    classes[0] = classes[5] = 2;
    const Accuracy accuracy = measure_accuracy(classes, labels);
    CHECK(accuracy.value == 0.8);
    CHECK(accuracy.low == testing::approx(0.49016).epsilon(1e-4));
    CHECK(accuracy.high == testing::approx(0.94331).epsilon(1e-4));
}

TEST_CASE("the interval stays inside 0 and 1 at the extremes") {
    const std::vector<std::uint8_t> labels(5, 3), wrong(5, 4);
    CHECK(measure_accuracy(labels, labels).high == 1.0);
    CHECK(measure_accuracy(labels, labels).low < 1.0);
    CHECK(measure_accuracy(wrong, labels).low == 0.0);
    CHECK_THROWS_AS(measure_accuracy(labels, std::vector<std::uint8_t>(4, 3)), InputError);
    CHECK_THROWS_AS(measure_accuracy({}, {}), InputError);
}
