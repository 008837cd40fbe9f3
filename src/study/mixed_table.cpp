#include "study/mixed_table.hpp"

#include "store/toml_table.hpp"
#include "study/adc_table.hpp"
#include "study/digital_table.hpp"

#include <fmt/format.h>

namespace ohmloom {

namespace {

RowInput read_input(const TomlTable& dac) {
    const std::string word = dac.word_or("input", "level", {"level", "pulse-width", "bit-serial"});
    return word == "level"         ? RowInput::level
           : word == "pulse-width" ? RowInput::pulse_width
                                   : RowInput::bit_serial;
}

RowSigns read_signs(const TomlTable& dac, RowInput input) {
    const std::string word =
        dac.word_or("signs", "two-phases", {"two-phases", "row-pairs", "twos-complement"});
    if (word == "row-pairs") return RowSigns::row_pairs;
    if (word == "two-phases") return RowSigns::two_phases;
    if (input != RowInput::bit_serial)
        dac.refuse("signs", "is \"twos-complement\", which is of rows driven bit by bit: expected input = "
                            "\"bit-serial\", or \"two-phases\" or \"row-pairs\"");
    return RowSigns::twos_complement;
}

double read_percentile(const TomlTable& dac) {
    const double percentile = dac.number_or("percentile", 100.0, "");
    if (!(percentile > 50.0 && percentile <= 100.0))
        dac.refuse("percentile", fmt::format("is {}: expected more than 50 and at most 100", percentile));
    return percentile;
}

double read_cost(const TomlTable& dac, std::string_view key, std::string_view unit) {
    const double cost = dac.number_or(key, 0.0, unit);
    if (!(cost >= 0.0)) dac.refuse(key, fmt::format("is {}: it must not be negative", cost));
    return cost;
}

} // namespace

std::optional<MixedReadout> read_mixed(const TomlTable& study, const std::filesystem::path& folder,
                                       std::uint64_t seed) {
    if (!study.has("adc")) {
        for (const std::string_view key : {"dac", "digital"}) {
            if (study.has(key))
                study.refuse(key,
                             "needs [adc] beside it: without converters partitions are joined as voltages");
        }
        return {};
    }
    MixedReadout readout;
    readout.seed = seed;
    const TomlTable table = study.table("adc");
    const StudyAdc adc = read_adc(table, folder);
    if (adc.design.kind == AdcKind::time) {
        table.refuse("kind", "is \"time\", which measures columns that discharge: expected another one "
                             "behind stages, whose outputs are "
                             "voltages of either sign");
    }
    if (adc.design.kind == AdcKind::table && adc.edge_unit != "V") {
        table.refuse("table_file", fmt::format("has edges in {}: expected V, as stages' outputs are voltages",
                                               adc.edge_unit));
    }
    if (adc.calibration.kind != CalibrationKind::none && adc.calibration.guard_bits == 0 &&
        adc.design.rounding == Rounding::mid_rise) {
        table.refuse("calibration_guard_bits",
                     "is 0, but codes of a mid-rise converter stand for halves: expected at least 1");
    }
    readout.adc = adc.design;
    readout.range = adc.range_setting;
    if (!adc.has_range && !table.has("range_scope")) readout.range.scope = RangeScope::layer;
    readout.calibration = adc.calibration;
    if (study.has("dac")) {
        const TomlTable dac = study.table("dac");
        readout.dac = read_dac(dac, folder);
        readout.input = read_input(dac);
        readout.signs = read_signs(dac, readout.input);
        readout.input_percentile = read_percentile(dac);
        readout.dac_cost = {read_cost(dac, "energy", "J"), read_cost(dac, "area", "")};
    }
    read_digital(study.table("digital"), readout);
    return readout;
}

} // namespace ohmloom
