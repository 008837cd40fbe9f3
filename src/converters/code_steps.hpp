#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace ohmloom {

/// A converter without noise: the input axis, cut at edges, with one code for every piece. The codes may be in any order, and some may be
/// missing. An input equal to an edge belongs to the piece above it; NaN to the lowest.
struct CodeSteps {
    std::vector<double> edges;       ///< finite, rising, in the unit of the input
    std::vector<std::int32_t> codes; ///< one more than edges; neighbours differ

    /// Code of one input, by bisection.
    [[nodiscard]] std::int32_t code(double x) const;

    friend bool operator==(const CodeSteps&, const CodeSteps&) = default;
};

/// Makes CodeSteps from pieces in rising order. Pieces that no input can reach, and edges between equal codes, leave nothing.
class CodeStepsBuilder {
public:
    explicit CodeStepsBuilder(std::int32_t lowest_code) { steps_.codes.push_back(lowest_code); }
    /// From `edge` on, the code is `code`. The edge must not be below the one before; +inf: out of reach; −inf: everywhere.
    void step(double edge, std::int32_t code);
    [[nodiscard]] CodeSteps take() { return std::move(steps_); }

private:
    CodeSteps steps_;
};

} // namespace ohmloom
