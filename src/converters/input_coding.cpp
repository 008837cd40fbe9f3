#include "converters/input_coding.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ohmloom {

std::vector<Matrix<std::int32_t>> bit_planes(const Matrix<std::int32_t>& codes, int bits, bool is_signed) {
    if (bits < 1 || bits > 31) throw InputError(fmt::format("inputs of {} bits: expected 1 to 31", bits));
    const std::int64_t low = is_signed ? -(std::int64_t{1} << (bits - 1)) : 0;
    const std::int64_t high = (std::int64_t{1} << (is_signed ? bits - 1 : bits)) - 1;
    for (const std::int32_t code : codes.values())
        if (code < low || code > high)
            throw InputError(fmt::format("the code {} as {} {} bits: expected {} to {}", code, bits,
                                         is_signed ? "signed" : "unsigned", low, high));
    std::vector<Matrix<std::int32_t>> planes;
    for (int b = 0; b < bits; ++b) {
        Matrix<std::int32_t> plane(codes.rows(), codes.cols());
        std::ranges::transform(codes.values(), plane.values().begin(), [&](std::int32_t code) {
            return static_cast<std::int32_t>(static_cast<std::uint32_t>(code) >> b & 1u);
        });
        planes.push_back(std::move(plane));
    }
    return planes;
}

SignPhases split_signs(const Matrix<double>& values) {
    SignPhases phases{values, values};
    for (double& value : phases.positive.values()) value = std::max(value, 0.0);
    for (double& value : phases.negative.values()) value = std::max(-value, 0.0);
    return phases;
}

} // namespace ohmloom
