#pragma once

#include "base/matrix.hpp"

#include <string_view>

namespace ohmloom::benchmarks {

/// Bytes per second of a[i] = b[i] + c*a[i] over two arrays that together take `bytes`: two reads and one write, as the vector
/// updates of an iteration do it. One thread, the widest instructions that there are.
double update_bandwidth(Index bytes);

/// Multiplications and additions per second of independent fused multiply-adds in registers. One thread.
double double_peak();
double single_peak();

/// Floating-point operations per second of one square dgemm of the given side, on one thread.
double dgemm_rate(Index side);

/// The instructions that the kernels use, such as "AVX3".
std::string_view kernel_instructions();

} // namespace ohmloom::benchmarks
