#pragma once

#include "array/crossbar.hpp"
#include "solver/array_solver.hpp"

#include <string_view>
#include <vector>

namespace ohmloom {

/// What the lines that are not addressed do while cells of one row are written with v from row to column.
///
/// | scheme   | rows, others | columns, others | cells of the row | of the columns | of neither |
/// |----------|--------------|-----------------|------------------|----------------|------------|
/// | half     | v/2          | v/2             | v/2              | v/2            | 0          |
/// | third    | v/3          | 2v/3            | v/3              | v/3            | −v/3       |
/// | floating | open         | open            | what the array makes of it: sneak paths               |||
/// | isolated |              |                 | 0: a transistor in every cell cuts it off             |||
///
/// The voltages are those of an array without wires; the row is at v, the addressed columns at 0.
enum class SelectScheme { half, third, floating, isolated };

/// Names as options spell them, "v/2", "v/3", "float" and "none", and back.
/// @throws InputError for an unknown name, listing the known ones.
std::string_view to_string(SelectScheme scheme);
SelectScheme select_scheme_from_name(std::string_view name);

/// Lines of an array that are addressed at one time.
struct Selection {
    Index row = 0;
    std::vector<bool> lines; ///< [lines] column lines
    double v = 0.0;          ///< [V] from the row to the addressed column lines
};

/// Whether a cell is connected: under `isolated` only those that are addressed.
bool is_connected(SelectScheme scheme, const Selection& selection, Index row, Index line);

/// Potentials of all lines.
Drive potentials_of(SelectScheme scheme, const Selection& selection, Index rows);

/// The array with its lines as the scheme has them: ends of floating lines are open, cells that are cut off conduct nothing.
Crossbar selected(Crossbar crossbar, SelectScheme scheme, const Selection& selection);

} // namespace ohmloom
