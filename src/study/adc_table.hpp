#pragma once

#include "converters/adc_design.hpp"
#include "converters/calibration.hpp"
#include "converters/dac.hpp"
#include "converters/range_setting.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

class TomlTable;

/// The converters that a study's columns end in.
struct StudyAdc {
    AdcDesign design;
    bool has_range = false; ///< whether `range` was given, or comes with a table
    std::string edge_unit;  ///< of a table's edges; empty for other kinds
    RangeSetting range_setting;
    Calibration calibration;
};

/// Reads the keys of an `[adc]` table; they stand in the README of src/converters. A curve's or a table's file is relative to `folder`. Keys that
/// belong to another kind of converter or curve are refused, and those that say what a table holds already.
/// @throws InputError naming file, line and key; FileError for a curve's or a table's file.
StudyAdc read_adc(const TomlTable& adc, const std::filesystem::path& folder);

/// Reads the keys of a `[dac]` table. Codes are unsigned unless it says otherwise: what layers hand on lies between 0 and 1.
/// @throws InputError naming file, line and key; FileError for a curve's file.
DacDesign read_dac(const TomlTable& dac, const std::filesystem::path& folder);

/// What a key of `[adc]` holds, for those who take them from elsewhere.
enum class AdcKeyType { word, number, integer, flag, numbers };
struct AdcKey {
    std::string_view name;
    AdcKeyType type;
    std::string_view meaning;
};
const std::vector<AdcKey>& adc_keys();

} // namespace ohmloom
