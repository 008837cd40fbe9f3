#include "study/array_table.hpp"

#include "array/wire.hpp"
#include "store/toml_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace ohmloom {

namespace {

/// Size of a published bit-cell layout in units of lambda; a row steps by the width, a column by the length.
/// Source: layouts of the IMAC-Sim study, arXiv:2210.17410; the 1T-1R height of 12 lambda holds for the
/// smallest transistor.
struct CellLayout {
    std::string_view name;
    double length; ///< along a column
    double width;  ///< along a row
};

constexpr std::array<CellLayout, 4> cell_layouts{
    {{"1T-1R", 15.0, 12.0}, {"2T-1R", 23.0, 12.0}, {"3T-1R", 38.0, 12.0}, {"1TG-1R", 48.0, 12.0}}};

/// A length on a chip. A bare 9 means 9 metres, which nobody means.
double chip_length(const TomlTable& table, std::string_view key, double fallback) {
    const double value = read_positive(table, key, fallback, "m");
    if (value > 1e-3) {
        table.refuse(key, fmt::format("is {} m: expected at most a millimetre; write \"{}nm\" for nanometres",
                                      value, value));
    }
    return value;
}

/// A resistance; needed, unless there is a fallback.
double resistance(const TomlTable& table, std::string_view key, std::optional<double> fallback = {}) {
    constexpr std::string_view unit = "Ohm";
    const double value = fallback ? table.number_or(key, *fallback, unit) : table.number(key, unit);
    if (!(value >= 0.0)) table.refuse(key, fmt::format("is {} {}: it must not be negative", value, unit));
    return value;
}

/// Wires: r_row and r_col in Ohm, or a geometry. `node = "9nm"` stands for lambda and the published line of 3
/// lambda width.
void read_wire(const TomlTable& wire, ArrayKeys& array) {
    if (wire.has("r_row") || wire.has("r_col")) {
        for (const std::string_view key :
             {"node", "cell", "width", "thickness", "bulk_resistivity", "row_pitch", "col_pitch", "height",
              "permittivity", "pair_spacing"}) {
            if (wire.has(key))
                wire.refuse(key, "cannot stand beside r_row and r_col: give the resistances or the geometry");
        }
        array.r_row = resistance(wire, "r_row");
        array.r_col = resistance(wire, "r_col");
        return;
    }
    const double lambda = chip_length(wire, "node", 9e-9);
    std::vector<std::string> names(cell_layouts.size());
    std::ranges::transform(cell_layouts, names.begin(), &CellLayout::name);
    const std::string name = wire.word_or("cell", "1T-1R", names);
    CellLayout cell = cell_layouts.front();
    for (const CellLayout& layout : cell_layouts) {
        if (layout.name == name) cell = layout;
    }
    WireGeometry geometry;
    geometry.width = chip_length(wire, "width", 3.0 * lambda);
    geometry.thickness = chip_length(wire, "thickness", geometry.thickness);
    geometry.bulk_resistivity = read_positive(wire, "bulk_resistivity", geometry.bulk_resistivity, "Ohm m");
    geometry.dielectric_height = chip_length(wire, "height", geometry.dielectric_height);
    geometry.relative_permittivity = read_positive(wire, "permittivity", geometry.relative_permittivity, "");
    const double row_pitch = chip_length(wire, "row_pitch", cell.width * lambda);
    const double col_pitch = chip_length(wire, "col_pitch", cell.length * lambda);
    array.r_row = segment_resistance(geometry, row_pitch);
    array.r_col = segment_resistance(geometry, col_pitch);
    array.cell_area = row_pitch * col_pitch;
    // Rows lie a column's pitch apart, pairs a row's pitch; the published pair has 5 lambda between its lines.
    array.geometry = {.row_ground = ground_capacitance(geometry, row_pitch),
                      .col_ground = ground_capacitance(geometry, col_pitch),
                      .row_coupling = coupling_capacitance(geometry, row_pitch, col_pitch),
                      .col_coupling = coupling_capacitance(geometry, col_pitch, row_pitch),
                      .pair_coupling = coupling_capacitance(geometry, col_pitch,
                                                            chip_length(wire, "pair_spacing", 5.0 * lambda)),
                      .cell = crossing_capacitance(geometry, geometry)};
}

double capacitance(const TomlTable& table, std::string_view key, double fallback) {
    const double value = table.number_or(key, fallback, "F");
    if (!(value >= 0.0)) table.refuse(key, fmt::format("is {} F: it must not be negative", value));
    // A bare 50 means 50 farads, which nobody means.
    if (value > 1e-6)
        table.refuse(key, fmt::format("is {} F: expected at most a microfarad; write \"{}a\" for attofarads",
                                      value, value));
    return value;
}

/// What is given, and for all else what the geometry says. `cell` is the device's own: the crossing of the wires comes on top.
void read_capacitance(const TomlTable& array, ArrayKeys& keys) {
    if (!array.has("capacitance")) return;
    const TomlTable table = array.table("capacitance");
    const ArrayCapacitance wires = keys.geometry.value_or(ArrayCapacitance{});
    keys.given =
        ArrayCapacitance{.row_ground = capacitance(table, "row", wires.row_ground),
                         .col_ground = capacitance(table, "col", wires.col_ground),
                         .row_coupling = capacitance(table, "row_neighbour", wires.row_coupling),
                         .col_coupling = capacitance(table, "col_neighbour", wires.col_coupling),
                         .pair_coupling = capacitance(table, "pair", wires.pair_coupling),
                         .cell = capacitance(table, "cell", 0.0) + capacitance(table, "crossing", wires.cell),
                         .driver = capacitance(table, "driver", 0.0),
                         .sense = capacitance(table, "sense", 0.0)};
}

TiedEnds read_ends(const TomlTable& table, std::string_view key, std::string_view first,
                   std::string_view last, std::string_view fallback) {
    const std::string word = table.word_or(key, fallback, {std::string(first), std::string(last), "both"});
    return word == first ? TiedEnds::first : word == last ? TiedEnds::last : TiedEnds::both;
}

} // namespace

double read_positive(const TomlTable& table, std::string_view key, double fallback, std::string_view unit) {
    const double value = table.number_or(key, fallback, unit);
    if (!(value > 0.0)) {
        table.refuse(
            key, fmt::format("is {}{}{}: expected a positive number", value, unit.empty() ? "" : " ", unit));
    }
    return value;
}

ArrayKeys read_array_keys(const TomlTable& array) {
    ArrayKeys keys;
    read_wire(array.table("wire"), keys);
    read_capacitance(array, keys);
    keys.r_source = resistance(array, "r_source", 0.0);
    keys.row_ends = read_ends(array, "row_ends", "left", "right", "left");
    keys.col_ends = read_ends(array, "col_ends", "top", "bottom", "bottom");
    return keys;
}

} // namespace ohmloom
