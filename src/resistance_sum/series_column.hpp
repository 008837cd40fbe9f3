#pragma once

#include "base/matrix.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ohmloom {

/// A state of a path through a cell: junction and access transistor together, from cell to cell a normal number.
struct PathState {
    double mean = 0.0;  ///< [Ohm] > 0
    double sigma = 0.0; ///< [Ohm] standard deviation
};

/// A column of cells in series, whose resistances add up. All nodes are precharged; then the far end is switched to 0 V, and the column
/// has been read when the sensed end has fallen to the threshold:
///
///     sensed --o--R_1--o--R_2--o-- … --o--R_N--switch-- 0 V        every o precharged
///              |       |       |       |
///             C_0     C_1     C_2    C_(N-1)
///
/// A cell is two paths in complementary states; the input selects which one conducts. So R_i is low where input and weight agree, and
/// high where they do not: the sum counts mismatches.
/// Defaults: S. Jung et al., "A crossbar array of magnetoresistive memory devices for in-memory computing", Nature 601, 211, 2022. Two are
/// ours, as neither is published: where the capacitance is (at the sensed end the delay is the sum of resistances), and the
/// threshold, which puts nominal columns of 64 cells at 14 to 28 ns, as 13 to 29 ns are published.
struct SeriesColumnDesign {
    PathState low{13e3, 1.6e3}, high{26e3, 2e3};
    double cell_capacitance = 2.1e-15; ///< [F] of the column, for each cell
    double line_share =
        1.0; ///< part of it that a line along the column has, which the sensed end is joined to; the rest is
             ///< between the cells
    double sense_capacitance = 0.0; ///< [F] more at the sensed end
    double switch_resistance = 0.0; ///< [Ohm]
    double precharge = 1.0;         ///< [V]
    double threshold = 0.8823;      ///< [V]
};

/// @throws InputError naming the field, its value and what was expected.
void validate(const SeriesColumnDesign& design);

/// Capacitance of a column's nodes.
struct NodeCapacitances {
    double sensed = 0.0;  ///< [F] C_0
    double between = 0.0; ///< [F] C_1 … C_(N−1)
};
NodeCapacitances node_capacitances(const SeriesColumnDesign& design, Index cells);

/// Numbers of −1 and +1, as weights and inputs are.
using Signs = Matrix<std::int8_t>;

/// An array of such columns as it was made.
struct SeriesArray {
    SeriesColumnDesign design;
    Signs weights;        ///< [columns x cells]
    Matrix<double> plus;  ///< [columns x cells] [Ohm] of the path that an input of +1 selects
    Matrix<double> minus; ///< likewise of −1
};

/// Makes an array with these weights. Resistances are keyed by seed, tile, row, column and path.
/// @throws InputError if the design is not valid, a weight is neither −1 nor +1, or a resistance that was drawn is not positive.
SeriesArray make_series_array(const SeriesColumnDesign& design, const Signs& weights, std::uint64_t seed = 1,
                              std::uint32_t tile = 0);

/// Resistances R_1 … R_N that inputs select. [Ohm]
std::vector<double> selected_resistances(const SeriesArray& array, Index column,
                                         std::span<const std::int8_t> inputs);

/// How many inputs differ from their weights.
Index mismatch_count(std::span<const std::int8_t> weights, std::span<const std::int8_t> inputs);

/// Which of `cells` cells mismatch: `count` of them, at places drawn without replacement, keyed by seed, tile, column and draw.
std::vector<std::uint8_t> random_mismatches(Index cells, Index count, std::uint64_t seed, std::uint32_t tile,
                                            std::uint32_t column, std::uint32_t draw);

} // namespace ohmloom
