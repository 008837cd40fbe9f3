#include "array/crossbar.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace ohmloom {

namespace {

void require_resistance(std::string_view name, double value) {
    if (!std::isfinite(value) || value < 0.0) {
        throw InputError(
            fmt::format("{} is {} Ohm: a resistance must be finite and not negative", name, value));
    }
}

void require_resistances(std::string_view name, const std::vector<double>& values, Index expected) {
    if (values.empty()) return;
    if (static_cast<Index>(values.size()) != expected) {
        throw InputError(fmt::format("{} has {} entries, expected {} (one per line) or none", name,
                                     values.size(), expected));
    }
    for (std::size_t i = 0; i < values.size(); ++i)
        require_resistance(fmt::format("{}[{}]", name, i), values[i]);
}

void require_map(std::string_view name, const Matrix<double>& map, Index rows, Index cols) {
    if (map.empty()) return;
    if (map.rows() != rows || map.cols() != cols) {
        throw InputError(
            fmt::format("the map of {} is [{} x {}], expected [{} x {}] (one resistance per wire "
                        "segment, both ends included) or none",
                        name, map.rows(), map.cols(), rows, cols));
    }
    for (Index r = 0; r < rows; ++r) {
        for (Index c = 0; c < cols; ++c) {
            if (!(map(r, c) >= 0.0)) {
                throw InputError(fmt::format("wire segment {}[{}, {}] is {} Ohm: it must be 0 (its two nodes "
                                             "are joined) or more, inf for an open segment",
                                             name, r, c, map(r, c)));
            }
        }
    }
}

/// Conductances outside what the law covers, but for 0, an open cell, and infinity, a short.
void require_covered(const Crossbar& crossbar) {
    const CellRange range = range_of(crossbar.cell);
    if (!(range.g_low > 0.0) && std::isinf(range.g_high)) return;
    constexpr double slack = 1e-9; // a conductance that came through other units or a file
    for (Index r = 0; r < crossbar.rows(); ++r) {
        for (Index c = 0; c < crossbar.lines(); ++c) {
            const double g = crossbar.g(r, c);
            if (g != 0.0 && !std::isinf(g) &&
                (g < range.g_low * (1.0 - slack) || g > range.g_high * (1.0 + slack))) {
                throw InputError(
                    fmt::format("conductance g[{}, {}] is {} S: the cells' table covers {} S to {} S; "
                                "allow extrapolation, or give a wider table",
                                r, c, g, range.g_low, range.g_high));
            }
        }
    }
}

void require_conductances(const Crossbar& crossbar) {
    const std::vector<double>& g = crossbar.g.values();
    // The search for the place is for the rare case: a single operating point takes little more than ten such loops.
    int wrong = 0;
    for (const double value : g) wrong |= static_cast<int>(!(value >= 0.0));
    if (wrong == 0) return;
    const auto place =
        std::find_if(g.begin(), g.end(), [](double value) { return !(value >= 0.0); }) - g.begin();
    throw InputError(
        fmt::format("conductance g[{}, {}] is {} S: it must be 0 (an open cell) or more, inf for a "
                    "shorted cell",
                    place / crossbar.lines(), place % crossbar.lines(), g[static_cast<std::size_t>(place)]));
}

void require_shapes(const Crossbar& crossbar) {
    if (crossbar.shape.empty()) return;
    if (crossbar.shape.rows() != crossbar.rows() || crossbar.shape.cols() != crossbar.lines()) {
        throw InputError(fmt::format("shape is [{} x {}], expected [{} x {}] as the conductances, or none",
                                     crossbar.shape.rows(), crossbar.shape.cols(), crossbar.rows(),
                                     crossbar.lines()));
    }
    for (Index r = 0; r < crossbar.rows(); ++r) {
        for (Index c = 0; c < crossbar.lines(); ++c) {
            const double shape = crossbar.shape(r, c);
            if (!std::isfinite(shape) || shape < 0.0) {
                throw InputError(
                    fmt::format("shape[{}, {}] is {}: it must be finite and not negative", r, c, shape));
            }
        }
    }
}

} // namespace

void validate(const Crossbar& crossbar) {
    if (crossbar.rows() == 0 || crossbar.lines() == 0) {
        throw InputError(fmt::format("the array has {} rows and {} columns: it needs at least one of each",
                                     crossbar.rows(), crossbar.lines()));
    }
    if (crossbar.lines_per_site != 1 && crossbar.lines_per_site != 2) {
        throw InputError(fmt::format("lines_per_site is {}, expected 1 or 2", crossbar.lines_per_site));
    }
    if (crossbar.lines() % crossbar.lines_per_site != 0) {
        throw InputError(fmt::format("{} column lines cannot be shared by sites of {} lines each",
                                     crossbar.lines(), crossbar.lines_per_site));
    }
    require_conductances(crossbar);
    validate(crossbar.cell);
    require_covered(crossbar);
    require_shapes(crossbar);
    require_resistance("r_row", crossbar.r_row);
    validate(crossbar.capacitance);
    require_resistance("r_col", crossbar.r_col);
    require_map("r_row", crossbar.r_row_map, crossbar.rows(), crossbar.sites() + 1);
    require_map("r_col", crossbar.r_col_map, crossbar.rows() + 1, crossbar.lines());
    require_resistances("r_source", crossbar.r_source, crossbar.rows());
    require_resistances("r_sense", crossbar.r_sense, crossbar.lines());
}

} // namespace ohmloom
