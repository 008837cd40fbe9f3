#pragma once

#include "base/matrix.hpp"
#include "converters/code_steps.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ohmloom {

/// CodeSteps made ready for many samples: the axis is cut into equal buckets, fine enough that mostly no bucket holds two edges, and a
/// sample looks at its bucket and at one edge. Gives exactly what CodeSteps::code gives: the bucket of a number rises with it, so
/// only edges in a sample's own bucket can lie on either side.
class StepTable {
public:
    explicit StepTable(const CodeSteps& steps);

    /// Codes of `x`, `stride` apart in both: columns of row-major matrices.
    void convert(const double* x, std::int32_t* codes, Index count, Index stride) const;
    [[nodiscard]] std::int32_t code(double x) const;

private:
    template <int depth, bool consecutive>
    void convert_within(const double* x, std::int32_t* codes, Index count, Index stride) const;
    [[nodiscard]] std::uint32_t bucket(double x) const;

    double low_ = 0.0, per_input_ = 0.0, last_bucket_ = 0.0;
    int depth_ = 0;                    ///< most edges that one bucket holds
    bool consecutive_ = true;          ///< every code is one more than that of the piece below
    std::vector<std::uint16_t> first_; ///< edges below each bucket; there are fewer than 2^16
    std::vector<double> edges_;        ///< closed by +inf
    std::vector<std::int32_t> codes_;
};

} // namespace ohmloom
