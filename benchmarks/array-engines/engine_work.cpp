#include "engine_work.hpp"

namespace ohmloom::benchmarks {

namespace {

/// Arrays of one number per node that a pass streams through.
struct Pass {
    double read = 0.0;    ///< only read
    double updated = 0.0; ///< read and written back
    double written = 0.0; ///< only written, which reads the cache line first
    /// For numbers of so many bytes.
    [[nodiscard]] double bytes(double number) const {
        return number * (read + 2.0 * updated + 2.0 * written);
    }
};

} // namespace

IterationWork gradient_iteration() {
    // Wires that are alike are a row of numbers, which stays in the nearest cache.
    // Up: y -> z in its place, r -> s with the column's pivot, the cell's conductance and the row's pivot.
    // Flops: column step 3, modes here 12 and added 1, their image 8, cell 1, row there 3 and back 4, image 3, dot products 4.
    const Pass up{.read = 4.0, .updated = 1.0, .written = 1.0};
    constexpr double up_flops = 39.0;
    // Down: z, s with the pivot -> p, q, x, r, and y in the place of z. Flops: updates 8, column step 3, largest 1, share of the
    // modes 12.
    const Pass down{.read = 2.0, .updated = 5.0, .written = 0.0};
    constexpr double down_flops = 24.0;
    constexpr double arrays = 9.0,
                     number = 4.0; // y, r, s, p, q, x and three of coefficients, in single precision
    return {up.bytes(number) + down.bytes(number), up_flops + down_flops, number * arrays, true};
}

IterationWork relaxation_pass(bool sinh_cells) {
    // b, y, p and w of every vector; 16 vectors share a column node's seven numbers and a row node's four.
    constexpr double shared = (7.0 + 4.0) / 16.0;
    const Pass pass{.read = shared, .updated = 4.0, .written = 0.0};
    // Correction 6, wire and finished row above 8, cell voltage and balances 6, row there 2 and back 5, cells follow 2.
    constexpr double linear_flops = 29.0;
    // The series of sinh up to alpha·v = 1.
    constexpr double sinh_flops = 22.0;
    constexpr double lanes = 16.0;
    return {pass.bytes(8.0), linear_flops + (sinh_cells ? sinh_flops : 0.0), 8.0 * lanes * (4.0 + shared)};
}

} // namespace ohmloom::benchmarks
