#include "engine_work.hpp"

namespace ohmloom::benchmarks {

namespace {

/// Arrays of one number per node that a pass streams through.
struct Pass {
    double read = 0.0;    ///< only read
    double updated = 0.0; ///< read and written back
    double written = 0.0; ///< only written, which reads the cache line first
    [[nodiscard]] double bytes() const { return 8.0 * (read + 2.0 * updated + 2.0 * written); }
};

} // namespace

IterationWork lines_iteration(Index vectors) {
    // Of a linear array all vectors share conductances, links and pivots.
    const double shared = 1.0 / static_cast<double>(vectors);
    // Up: y, r -> z, s with the column's link and pivot, the cell's conductance, the row's pivot and gain.
    // Flops: column step 3, cell 1, row there 2 and back 3, image 2, dot products 4.
    const Pass up{.read = 2.0 + 5.0 * shared, .updated = 0.0, .written = 2.0};
    constexpr double up_flops = 15.0;
    // Down: z, s with link and pivot -> p, q, x, r -> y. Flops: updates 8, column step 3, largest 1.
    const Pass down{.read = 2.0 + 2.0 * shared, .updated = 4.0, .written = 1.0};
    constexpr double down_flops = 12.0;
    constexpr double per_vector = 8.0; // y, r, z, s, p, q, x and a row's scratch
    return {up.bytes() + down.bytes(), up_flops + down_flops, 8.0 * (per_vector - 1.0 + 5.0 * shared)};
}

} // namespace ohmloom::benchmarks
