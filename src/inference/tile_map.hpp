#pragma once

#include "inference/cross_check.hpp"

#include <span>
#include <vector>

namespace ohmloom {

/// The inside of one tile for one image, and what the tile puts out for all of them.
struct TileMap {
    CheckedPair where;
    Index lines_per_site = 1;  ///< column lines of an output
    std::vector<double> v_row; ///< [rows] [V] of the image
    Matrix<double> v_w;        ///< [rows x sites] [V] row nodes (word lines)
    Matrix<double> v_b;        ///< [rows x lines] [V] column nodes (bit lines)
    Matrix<double> i_cell;     ///< [rows x lines] [A] from row to column node; of a shorted cell not a number
    double residual = 0.0;     ///< largest KCL error over the largest line current
    bool converged = false;
    Matrix<double> outputs;       ///< [images x sites] [V] of the stages, drift compensation included
    Matrix<double> outputs_ideal; ///< the same with the tile of the ideal layer at the same row voltages
};

/// Solves a tile of a layer with its stages for the image `where` says, and its outputs for all row voltages `v` [images x rows of the
/// layer] [V]. `ideal` is the same layer made with other circuits to be compared with.
TileMap map_tile(const LayerArrays& layer, const LayerArrays& ideal, const CheckedPair& where,
                 const Matrix<double>& v, const SolveOptions& options = {});

/// Maps tiles of a network as it is built of a plan, against one with ideal wires, drivers and devices; tiles that the plan does not have are
/// left out. Tables do not stand for these circuits. Row voltages of all layers are those of `voltages_of(inputs)`.
std::vector<TileMap> map_tiles(const Plan& plan, const NetworkCircuit& circuit,
                               std::span<const CheckedPair> places, const RowVoltagesOf& voltages_of,
                               const Matrix<double>& inputs, const SolveOptions& options = {});

} // namespace ohmloom
