#include "digital/partial_sum.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>

namespace ohmloom {

int grown_bits(int bits, Index terms) {
    if (bits < 1 || terms < 1) {
        throw InputError(
            fmt::format("cannot add {} numbers of {} bits: expected at least one of each", terms, bits));
    }
    return bits + static_cast<int>(std::bit_width(static_cast<std::uint64_t>(terms - 1)));
}

PartialSums add_partitions(std::span<const Matrix<double>> terms, UnitArithmetic arithmetic,
                           int accumulator_bits, Overflow overflow) {
    OHMLOOM_ASSERT(!terms.empty());
    const FixedFormat accumulator{accumulator_bits, 0, true};
    validate(accumulator, "the accumulator");
    PartialSums sums{Matrix<double>(terms.front().rows(), terms.front().cols()), 0};
    for (const Matrix<double>& term : terms) {
        OHMLOOM_ASSERT(term.rows() == sums.values.rows() && term.cols() == sums.values.cols());
        for (std::size_t k = 0; k < term.values().size(); ++k) {
            double& sum = sums.values.values()[k];
            sum = round_to(sum + term.values()[k], arithmetic);
            if (arithmetic != UnitArithmetic::fixed) continue;
            OHMLOOM_ASSERT(sum == std::nearbyint(sum));
            const auto full = static_cast<std::int64_t>(sum);
            const std::int64_t kept = fit(full, accumulator, overflow);
            sums.overflows += kept != full ? 1 : 0;
            sum = static_cast<double>(kept);
        }
    }
    return sums;
}

} // namespace ohmloom
