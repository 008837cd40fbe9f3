#pragma once

#include "report/result_data.hpp"

namespace ohmloom::testing {

/// A sweep of two flaws in two strengths each: "x" is a pure number, "y" a resistance; a third corner steps through nothing.
inline ResultData flaw_result() {
    ResultData result;
    result.rows = 5;
    result.axes = {{"corner", "1", "corner", {}, {"bits", "bits", "wires", "wires", "none"}},
                   {"adc.x", "1", "corner", {1, 2, 9, 9, 9}, {}},
                   {"array.y", "Ohm", "corner", {0, 0, 5, 6, 0}, {}}};
    result.figures = {{"accuracy", "1", Matrix<double>(5, 1, {0.9, 0.5, 0.2, 0.8, 0.95})},
                      {"product_error", "1", Matrix<double>(5, 1, {0.1, 0.4, 0.4, 0.1, 0.01})}};
    return result;
}

} // namespace ohmloom::testing
