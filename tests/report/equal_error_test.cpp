#include "report/equal_error.hpp"

#include "tests/approx.hpp"
#include "tests/report/flaw_results.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace ohmloom;
using namespace ohmloom::testing;

TEST_CASE("accuracy at equal errors of products is read off between the strengths of each cause, the "
          "costliest first") {
    const std::optional<EqualError> equal = compare_at_equal_error(flaw_result());
    REQUIRE(equal);
    CHECK(equal->axis == "corner");
    CHECK(equal->errors == std::vector<double>{0.1, 0.2}); // 0.05 and 0.5 lie beyond both
    REQUIRE(equal->curves.size() == 2);                    // one point is no curve
    // 0.2 is the middle of 0.1 and 0.4 in the logarithm: (0.2 + 0.8)/2 and (0.9 + 0.5)/2.
    CHECK(equal->curves[0].name == "wires");
    CHECK(equal->curves[0].points.front().error == approx(0.1)); // though its rows come the other way round
    CHECK(equal->curves[0].accuracy_at[0] == approx(0.8));
    CHECK(equal->curves[0].accuracy_at[1] == approx(0.5));
    CHECK(equal->curves[1].name == "bits");
    CHECK(equal->curves[1].accuracy_at[1] == approx(0.7));
}

TEST_CASE("a cause that does not reach the error comes last, whatever it costs before") {
    ResultData result = flaw_result();
    result.figures[1].values = Matrix<double>(5, 1, {0.1, 0.4, 0.04, 0.01, 0.01});
    const std::optional<EqualError> equal = compare_at_equal_error(result);
    REQUIRE(equal);
    CHECK(equal->errors == std::vector<double>{0.01, 0.02, 0.1, 0.2}); // each reached by one of two
    CHECK(equal->curves[0].name == "bits");                            // ranked at 0.2
    CHECK(std::isnan(equal->curves[1].accuracy_at[3]));
    CHECK(std::isnan(equal->curves[0].accuracy_at[0]));
}

TEST_CASE("without errors of products, or with one cause only, there is nothing to compare") {
    ResultData result = flaw_result();
    result.axes[0].texts = {"bits", "bits", "bits", "bits", "bits"};
    CHECK_FALSE(compare_at_equal_error(result));
    result = flaw_result();
    result.figures.pop_back();
    CHECK_FALSE(compare_at_equal_error(result));
    result = flaw_result();
    result.figures[1].values = Matrix<double>(5, 1, std::vector<double>(5, std::nan("")));
    CHECK_FALSE(compare_at_equal_error(result));
}
