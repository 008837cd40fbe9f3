#pragma once

#include "base/matrix.hpp"
#include "digital/fixed_point.hpp"
#include "digital/post_processing.hpp"

#include <span>

namespace ohmloom {

/// Bits that a sum of `terms` numbers of `bits` bits each can need: one more for every doubling of the terms.
/// @throws InputError unless both are at least 1.
int grown_bits(int bits, Index terms);

/// Sum of partitions' outputs, and what its adders had no room for.
struct PartialSums {
    Matrix<double> values;      ///< [batch x columns] output steps
    std::int64_t overflows = 0; ///< additions whose result the accumulator had no room for
};

/// Adds the outputs of a layer's partitions to an accumulator that starts at 0, one after the other, in the arithmetic of their units. The fixed unit's accumulator
/// has `accumulator_bits` bits, two's complement, and is limited after every addition; the floating-point ones round every sum.
/// `terms` are of equal shape [batch x columns]; at least one.
PartialSums add_partitions(std::span<const Matrix<double>> terms, UnitArithmetic arithmetic,
                           int accumulator_bits, Overflow overflow);

} // namespace ohmloom
