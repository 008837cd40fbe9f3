#pragma once

#include "converters/dac.hpp"
#include "inference/inference.hpp"
#include "netlist/netlist_folder.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace ohmloom {

/// What all netlists of a network's arrays are made from.
struct NetlistSource {
    std::span<const LayerArrays> layers;
    Neuron neuron;
    Matrix<double> inputs;     ///< [images x inputs] of the network, each in [0, 1]
    std::string cell = "cell"; ///< stem of the names of cells' subcircuits
    std::string title;
    double sample_time = 1e-9; ///< [s] of a stream of images
    std::optional<DacDesign>
        dac{}; ///< whose levels, with their errors, are the rows' voltages of a tile of the first layer; none: any voltage
    std::uint64_t seed = 1; ///< of those errors
};

/// A tile's place in a network.
struct TilePlace {
    Index layer = 0, horizontal = 0, vertical = 0;
};

/// Writes the netlist of one tile with its stages, of one layer up to its neurons, or of a whole network: a deck with its
/// sources and measures, one file per tile, and the subcircuits of layers, stages, neurons and cells.
///
/// | file | subcircuits |
/// |---|---|
/// | `tile.cir`, `layer.cir` or `network.cir` | the deck: run this one |
/// | `tile_L_H_V.sub` | `tile_L_H_V`: see TileCircuit |
/// | `layer_L.sub` | `layer_L` with ports in_r, o_c, power: calls `xtile_h_v`, nodes `o_h_c`, means `xmean_c` |
/// | `readout.sub` | `stage_L`, `mean_L` (of the tiles above each other), `neuron`; stages that differ from output to output are in `tile_L_H_V.sub` |
/// | `cell.sub` | the cells' law, unless they are ohmic |
/// | `expected.csv` | with `vectors`: what the native engines find |
/// | `manifest.json` | all files and measures |
///
/// In the deck, inputs are nodes `in_r`, outputs `o_c`, the power is the voltage of `power` (1 V per W); in a network `u_L_c`
/// and `y_L_c` are input and output of neuron c behind layer L.
/// @throws InputError if there is no such tile or layer; FileError.
void write_tile_netlist(const NetlistSource& source, const TilePlace& place, bool vectors,
                        NetlistFolder& folder);
void write_layer_netlist(const NetlistSource& source, Index layer, bool vectors, NetlistFolder& folder);
void write_network_netlist(const NetlistSource& source, bool vectors, NetlistFolder& folder);

/// An array by itself, whose column lines end in potentials; its outputs are the currents into these.
struct ArraySource {
    const Crossbar& crossbar;
    Matrix<double> v_row;      ///< [images x rows] [V]
    std::vector<double> v_col; ///< [lines] [V]; empty means 0
    std::string title;
    double sample_time = 1e-9; ///< [s]
};

/// Writes the netlist of an array: `array.cir` with sources `vcol_c` behind its column lines, measures `i_c` of their
/// currents, `tile.sub`, and files as above.
void write_array_netlist(const ArraySource& source, bool vectors, NetlistFolder& folder);

} // namespace ohmloom
