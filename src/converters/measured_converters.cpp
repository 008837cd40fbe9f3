#include "converters/measured_converters.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

void validate(const CodeSteps& steps, std::size_t converter, const CodeGrid& grid) {
    const auto& [edges, codes] = steps;
    const auto fail = [&](const std::string& what) {
        throw InputError(fmt::format("measured converter {} {}", converter, what));
    };
    if (codes.size() != edges.size() + 1)
        fail(fmt::format("has {} edges and {} codes: expected one code more than edges", edges.size(),
                         codes.size()));
    // Converters that are not monotone may have more edges than codes.
    constexpr std::size_t most = 65535;
    if (edges.size() > most) fail(fmt::format("has {} edges: expected at most {}", edges.size(), most));
    for (std::size_t k = 0; k < edges.size(); ++k) {
        if (!std::isfinite(edges[k]))
            fail(fmt::format("has the edge {} at place {}: expected a finite number", edges[k], k));
        if (k > 0 && edges[k] < edges[k - 1])
            fail(fmt::format("has edges that fall from {} to {} at place {}: expected rising ones",
                             edges[k - 1], edges[k], k));
    }
    const auto bad = std::ranges::find_if(
        codes, [&](std::int32_t code) { return code < grid.lowest_code() || code > grid.highest_code(); });
    if (bad != codes.end())
        fail(fmt::format("has the code {}: expected {} to {}, the codes of {} bits", *bad, grid.lowest_code(),
                         grid.highest_code(), grid.bits()));
}

} // namespace

void validate(const MeasuredConverters& measured, const CodeGrid& grid) {
    if (measured.steps.empty())
        throw InputError("a converter of kind table has no measured edges: expected those of one at least");
    for (std::size_t k = 0; k < measured.steps.size(); ++k) validate(measured.steps[k], k, grid);
}

} // namespace ohmloom
