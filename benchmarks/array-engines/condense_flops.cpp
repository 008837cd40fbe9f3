#include "condense_flops.hpp"

namespace ohmloom::benchmarks {

namespace {

/// Part of an array: rows [r0, r1) and columns [c0, c1).
struct Block {
    Index r0, r1, c0, c1;
    [[nodiscard]] Index height() const { return r1 - r0; }
    [[nodiscard]] Index width() const { return c1 - c0; }
};

class Halving {
public:
    Halving(Index rows, Index cols) : rows_(rows), cols_(cols) {}

    [[nodiscard]] double flops(const Block& block) const {
        constexpr Index leaf_sites = 4;
        if (block.height() * block.width() <= leaf_sites) {
            return elimination(2 * block.height() * block.width() + ports(block), kept(block));
        }
        Block first = block, second = block;
        if (block.height() > 1 && (block.width() <= block.height() || block.width() == 1)) {
            first.r1 = second.r0 = block.r0 + block.height() / 2;
        } else {
            first.c1 = second.c0 = block.c0 + block.width() / 2;
        }
        return flops(first) + flops(second) + elimination(kept(first) + kept(second), kept(block));
    }

private:
    /// Row sources and sense potentials that a block touches.
    [[nodiscard]] Index ports(const Block& block) const {
        return (block.c0 == 0 ? block.height() : 0) + (block.r1 == rows_ ? block.width() : 0);
    }

    /// Nodes that others touch, ports included. An open end has nobody behind it.
    [[nodiscard]] Index kept(const Block& block) const {
        const Index row_ends = edges(block.c0 > 0, block.c1 < cols_, block.width()) * block.height();
        const Index col_ends = edges(block.r0 > 0, block.r1 < rows_, block.height()) * block.width();
        return row_ends + col_ends + ports(block);
    }

    /// Nodes of a line, of which the block holds `length`, that have a neighbour outside.
    static Index edges(bool before, bool after, Index length) {
        return length == 1 ? Index{before || after} : Index{before} + Index{after};
    }

    /// Eliminating all but `kept` of `size` variables.
    static double elimination(Index size, Index kept) {
        const auto n = static_cast<double>(size - kept), rest = static_cast<double>(kept);
        return n * n * n / 3.0 + n * n * rest + n * rest * (rest + 1.0);
    }

    Index rows_, cols_;
};

} // namespace

double condense_flops(Index rows, Index cols) {
    return Halving(rows, cols).flops({0, rows, 0, cols});
}

} // namespace ohmloom::benchmarks
