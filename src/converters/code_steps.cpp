#include "converters/code_steps.hpp"

#include "base/errors.hpp"

#include <algorithm>
#include <limits>

namespace ohmloom {

std::int32_t CodeSteps::code(double x) const {
    const auto above = std::ranges::partition_point(edges, [&](double edge) { return edge <= x; });
    return codes[static_cast<std::size_t>(above - edges.begin())];
}

void CodeStepsBuilder::step(double edge, std::int32_t code) {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    if (edge == infinite) return;
    auto& [edges, codes] = steps_;
    OHMLOOM_ASSERT(edges.empty() || edge >= edges.back());
    if (edge == -infinite) {
        codes.back() = code;
        return;
    }
    if (!edges.empty() && edges.back() == edge) { // the piece between has no width
        edges.pop_back();
        codes.pop_back();
    }
    if (codes.back() == code) return;
    edges.push_back(edge);
    codes.push_back(code);
}

} // namespace ohmloom
