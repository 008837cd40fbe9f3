#include "study/digital_table.hpp"

#include "base/errors.hpp"
#include "store/toml_table.hpp"

#include <fmt/format.h>

namespace ohmloom {

namespace {

/// [integer bits, fraction bits]
FixedFormat read_format(const TomlTable& table, std::string_view key, FixedFormat format) {
    if (!table.has(key)) return format;
    const std::vector<Index> bits = table.integers(key);
    if (bits.size() != 2) table.refuse(key, "must be [integer bits, fraction bits]");
    format.integer_bits = static_cast<int>(bits[0]);
    format.fraction_bits = static_cast<int>(bits[1]);
    return format;
}

int read_bits(const TomlTable& table, std::string_view key, int fallback, int least, int most) {
    const Index bits = table.integer_or(key, fallback);
    if (bits < least || bits > most)
        table.refuse(key, fmt::format("is {}: expected {} to {}", bits, least, most));
    return static_cast<int>(bits);
}

UnitArithmetic arithmetic_of(const std::string& word) {
    if (word == "fixed") return UnitArithmetic::fixed;
    if (word == "fp16") return UnitArithmetic::fp16;
    return word == "fp32" ? UnitArithmetic::fp32 : UnitArithmetic::exact;
}

DroppedBits dropped_bits_of(const std::string& word) {
    if (word == "truncate") return DroppedBits::truncate;
    return word == "half-even" ? DroppedBits::half_even : DroppedBits::half_up;
}

} // namespace

void read_digital(const TomlTable& digital, MixedReadout& readout) {
    PostProcessingDesign& unit = readout.unit;
    readout.arithmetic =
        arithmetic_of(digital.word_or("arithmetic", "fixed", {"fixed", "fp16", "fp32", "exact"}));
    unit.scale = read_format(digital, "scale", unit.scale);
    unit.offset = read_format(digital, "offset", unit.offset);
    readout.input_bits = read_bits(digital, "input_bits", 8, 1, 24);
    unit.output = {read_bits(digital, "output_bits", unit_input_bits(readout) + 1, 2, 32), 0, true};
    unit.cut_before = read_bits(digital, "cut_before", unit.cut_before, 0, 31);
    unit.cut_after = read_bits(digital, "cut_after", unit.cut_after, 0, 31);
    unit.rounding =
        dropped_bits_of(digital.word_or("rounding", "half-up", {"half-up", "half-even", "truncate"}));
    unit.overflow = digital.word_or("overflow", "saturate", {"saturate", "wrap"}) == "wrap"
                        ? Overflow::wrap
                        : Overflow::saturate;
    readout.accumulator_bits = read_bits(digital, "accumulator_bits", 0, 0, 32);
    readout.correction = digital.word_or("correction", "column", {"column", "design"}) == "column"
                             ? Correction::column
                             : Correction::design;
    try {
        validate(unit);
    } catch (const InputError& error) {
        digital.refuse("arithmetic", fmt::format("cannot be: {}", error.what()));
    }
}

} // namespace ohmloom
