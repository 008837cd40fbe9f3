#include "target.hpp"

#include <array>

namespace ohmloom::benchmarks {

namespace {

// clang-format off
constexpr std::array<Target, 13> rows{{
    {"linear-128", "128x128, one linear vector, residual 1e-10: lines against the best of KLU and CHOLMOD",
     Bound::at_least, 100.0, "x", lines_128_once},
    {"linear-512", "512x512, likewise",
     Bound::at_least, 100.0, "x", lines_512_once},
    {"linear-128-batch", "128x128, 100 linear vectors: best engine against the best of KLU and CHOLMOD",
     Bound::at_least, 10.0, "x", best_128_hundred},
    {"linear-512-batch", "512x512, 100 linear vectors, likewise",
     Bound::at_least, 10.0, "x", best_512_hundred},
    {"ngspice-64", "64x64 op: lines against ngspice",
     Bound::at_least, 10000.0, "x", lines_against_ngspice},
    {"sinh-128-avx512", "sinh 128x128, batch of 64, KCL < 1e-9, AVX-512",
     Bound::at_most, 15.0, "ns per cell and vector", sinh_batch_avx512},
    {"sinh-128-avx2", "sinh 128x128, batch of 64, KCL < 1e-9, AVX2",
     Bound::at_most, 25.0, "ns per cell and vector", sinh_batch_avx2},
    {"sinh-25x15", "sinh 25x15, batch of 10,000",
     Bound::at_most, 5.0, "ns per cell and vector", small_tiles},
    {"condense-1024", "condense 1024x1024 against one dgemm of the same flop count, two threads",
     Bound::at_most, 2.5, "x its time", condense_against_dgemm},
    {"images", "10,000 images through 400-120-84-10 at 16/8/8 x 8/8/1, maps built included, two threads",
     Bound::at_most, 2.0, "s", images},
    {"memory-2048", "2048x2048, one vector, r = 1 Ohm: solved, peak memory",
     Bound::at_most, 1.5, "GB", memory_of_largest},
    {"threads-linear", "two threads against one, 100 linear vectors on 256x256",
     Bound::at_least, 1.8, "x", two_threads_linear},
    {"threads-sinh", "two threads against one, 100 sinh vectors on 256x256",
     Bound::at_least, 1.8, "x", two_threads_sinh},
}};
// clang-format on

} // namespace

std::span<const Target> targets() {
    return rows;
}

bool is_met(const Target& target, const Measurement& measurement) {
    if (measurement.rounds == 0) return false;
    return target.bound == Bound::at_least ? measurement.value.median >= target.value
                                           : measurement.value.median <= target.value;
}

} // namespace ohmloom::benchmarks
