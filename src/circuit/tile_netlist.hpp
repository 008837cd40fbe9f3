#pragma once

#include "array/crossbar.hpp"
#include "circuit/circuit.hpp"
#include "circuit/spice_writer.hpp"

#include <string>
#include <string_view>

namespace ohmloom {

/// How a tile stands in a netlist: as a subcircuit with the ports `in_r` (one per row), then `o_s` (one per site) or,
/// without stages, `col_l` (one per column line), then `power`.
///
/// | name                          | what                                                                                  |
/// |-------------------------------|---------------------------------------------------------------------------------------|
/// | `w_r_s`, `b_r_l`, `row_r`, …  | as in ArrayNetlist                                                                    |
/// | `vrow_r`                      | 0 V from `in_r` to `row_r`: its branch current is what the driver delivers             |
/// | `bpower_r`                    | that power, as a current into `power`: 1 A per W                                       |
/// | `rcell_r_l`, `xcell_r_l`      | ohmic cell; any other, as a call of one of its law's cell_faces()                      |
/// | `xstage_s`, `escale_s`        | stage of site s; factor behind it, if there is one                                     |
struct TileCircuit {
    std::string name = "tile"; ///< of the subcircuit
    std::string cell = "cell"; ///< stem of the names of the cells' subcircuits
    std::string
        stage; ///< subcircuit with ports i_plus, i_minus (of pairs), out, power; "": none, lines end in ports
    double scale = 1.0;         ///< of the stages' outputs
    bool stages_differ = false; ///< site s calls `stage`_s instead
};

/// Writes a tile as a subcircuit, element by element: memory does not grow with it.
/// @throws InputError as expand_array(); FileError if the stream fails.
void write_tile(SpiceWriter& writer, const Crossbar& crossbar, const TileCircuit& tile);

/// The same as a value, with Cell elements for cells that are not ohmic.
Subcircuit make_tile(const Crossbar& crossbar, const TileCircuit& tile);

/// Writes the subcircuits that the cells of a law are calls of; none for ohmic cells.
void write_cell_faces(SpiceWriter& writer, const CellModel& law, std::string_view stem);

} // namespace ohmloom
