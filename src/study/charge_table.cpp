#include "study/charge_table.hpp"

#include "base/errors.hpp"
#include "store/toml_table.hpp"
#include "study/array_table.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace ohmloom {

namespace {

/// A key that resistive arrays have, and what to do instead.
struct ForeignKey {
    std::string_view table, key, instead;
};

constexpr ForeignKey foreign_keys[] = {
    {"array", "wire", "give the column's capacitance as charge.column_capacitance"},
    {"array", "capacitance",
     "give the column's as charge.column_capacitance, parasitics as charge.node_parasitic"},
    {"array", "r_source", "drivers have settled when charge is shared"},
    {"array", "row_ends", "rows have no resistance"},
    {"array", "col_ends", "columns have no resistance"},
    {"timing", "images", "converters sample what has settled"},
    {"timing", "instants", "converters sample what has settled"},
    {"timing", "memory", "converters sample what has settled"},
    {"adc", "sampling_capacitor",
     "the column itself is the sampling capacitor, with its noise: give what the converter adds as "
     "charge.column_capacitance"},
};

/// Tables that only resistive arrays have.
constexpr std::pair<std::string_view, std::string_view> foreign_tables[] = {
    {"device", "cells are capacitors: give them in [charge]"},
    {"readout", "converters take the columns' voltages: give the voltage of a row at 1 as charge.supply"},
    {"solver", "their map is exact, and takes no engine"},
};

void refuse_foreign_keys(const TomlTable& root) {
    for (const auto& [table, instead] : foreign_tables) {
        if (root.has(table))
            root.refuse(table, fmt::format("does not belong to array.kind = \"charge\": {}", instead));
    }
    for (const auto& [name, key, instead] : foreign_keys) {
        const TomlTable table = root.table(name);
        if (table.has(key))
            table.refuse(key, fmt::format("does not belong to array.kind = \"charge\": {}", instead));
    }
    if (!root.has("adc"))
        root.refuse("adc",
                    "is missing: columns that share charge hold voltages for converters, and drive nothing");
    if (root.has("dac")) {
        const TomlTable dac = root.table("dac");
        if (dac.has("input") && dac.is_text("input") && dac.text("input") == "pulse-width")
            dac.refuse("input", "is \"pulse-width\", but what charge leaves on a column knows levels only: "
                                "expected \"level\" or \"bit-serial\"");
    }
}

double not_negative(const TomlTable& table, std::string_view key, double fallback, std::string_view unit) {
    const double value = table.number_or(key, fallback, unit);
    if (!(value >= 0.0)) table.refuse(key, fmt::format("is {}: it must not be negative", value));
    return value;
}

/// A capacitance. A bare 2 means 2 farads, which nobody means.
double small_capacitance(const TomlTable& table, std::string_view key, double value) {
    if (value > 1e-6)
        table.refuse(key, fmt::format("is {} F: expected at most a microfarad; write \"{}f\" for femtofarads",
                                      value, value));
    return value;
}

ChargeCellDesign read_cell(const TomlTable& charge) {
    ChargeCellDesign cell;
    cell.kind = charge.word_or("cell", "c2c", {"c2c", "binary"}) == "c2c" ? ChargeCellKind::c2c_ladder
                                                                          : ChargeCellKind::binary_weighted;
    const Index bits = charge.integer_or("bits", cell.bits);
    if (bits < 1 || bits > 16) charge.refuse("bits", fmt::format("is {}: expected 1 to 16", bits));
    cell.bits = static_cast<int>(bits);
    cell.unit = small_capacitance(charge, "unit", read_positive(charge, "unit", cell.unit, "F"));
    cell.termination = not_negative(charge, "termination", cell.termination, "");
    cell.node_parasitic = not_negative(charge, "node_parasitic", 0.0, "");
    cell.bottom_parasitic = not_negative(charge, "bottom_parasitic", 0.0, "");
    cell.unit_sigma = not_negative(charge, "unit_sigma", 0.0, "");
    if (cell.kind == ChargeCellKind::binary_weighted) {
        for (const std::string_view key : {"series", "termination"}) {
            if (charge.has(key)) charge.refuse(key, "belongs to ladders: expected cell = \"c2c\"");
        }
        return cell;
    }
    if (charge.has("series") && charge.is_text("series") && charge.text("series") == "best") {
        if (bits < 2)
            charge.refuse("series", "is \"best\", but a ladder of one bit has no series capacitors");
        cell.series = best_series(cell);
    } else {
        cell.series = read_positive(charge, "series", cell.series, "");
    }
    return cell;
}

} // namespace

std::optional<ChargeTiles> read_charge(const TomlTable& root, const TomlTable& array, std::uint64_t seed) {
    if (array.word_or("kind", "resistive", {"resistive", "charge"}) == "resistive") {
        if (root.has("charge")) root.refuse("charge", "needs array.kind = \"charge\" beside it");
        return {};
    }
    refuse_foreign_keys(root);
    const TomlTable charge = root.table("charge");
    ChargeTiles tiles;
    tiles.seed = seed;
    ChargeArrayDesign& design = tiles.design;
    design.cell = read_cell(charge);
    design.drive = charge.word_or("drive", "differential", {"differential", "single-ended"}) == "differential"
                       ? ChargeDrive::differential
                       : ChargeDrive::single_ended;
    design.column_capacitance =
        small_capacitance(charge, "column_capacitance", not_negative(charge, "column_capacitance", 0.0, "F"));
    design.temperature = not_negative(charge, "temperature", design.temperature, "K");
    design.injection = charge.number_or("injection", 0.0, "C");
    design.injection_sigma = not_negative(charge, "injection_sigma", 0.0, "C");
    tiles.supply = read_positive(charge, "supply", tiles.supply, "V");
    try {
        validate(design);
    } catch (const InputError& error) {
        root.refuse("charge", fmt::format("cannot be built: {}", error.what()));
    }
    return tiles;
}

} // namespace ohmloom
