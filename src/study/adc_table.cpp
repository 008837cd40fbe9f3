#include "study/adc_table.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"
#include "lut/adc_luts.hpp"
#include "lut/lut_file.hpp"
#include "store/csv_numbers.hpp"
#include "store/toml_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

namespace ohmloom {

namespace {

using Shape = TransferCurve::Shape;

/// A word of a file and what it stands for.
template <class T>
using Words = std::span<const std::pair<std::string_view, T>>;

template <class T>
T read_word(const TomlTable& table, std::string_view key, T fallback, Words<T> words) {
    std::vector<std::string> names;
    std::string fallback_name;
    for (const auto& [name, value] : words) {
        names.emplace_back(name);
        if (value == fallback) fallback_name = name;
    }
    const std::string word = table.word_or(key, fallback_name, names);
    for (const auto& [name, value] : words)
        if (name == word) return value;
    return fallback;
}

constexpr std::array<std::pair<std::string_view, AdcKind>, 9> kinds{{{"uniform", AdcKind::uniform},
                                                                     {"flash", AdcKind::flash},
                                                                     {"sar", AdcKind::sar},
                                                                     {"ramp", AdcKind::ramp},
                                                                     {"cyclic", AdcKind::cyclic},
                                                                     {"pipeline", AdcKind::pipeline},
                                                                     {"oscillator", AdcKind::oscillator},
                                                                     {"time", AdcKind::time},
                                                                     {"table", AdcKind::table}}};
constexpr std::array<std::pair<std::string_view, Rounding>, 3> roundings{
    {{name_of(Rounding::mid_rise), Rounding::mid_rise},
     {name_of(Rounding::mid_tread), Rounding::mid_tread},
     {name_of(Rounding::symmetric), Rounding::symmetric}}};
constexpr std::array<std::pair<std::string_view, bool>, 2> signs{{{"signed", true}, {"unsigned", false}}};
constexpr std::array<std::pair<std::string_view, Shape>, 7> shapes{{{"linear", Shape::linear},
                                                                    {"polynomial", Shape::polynomial},
                                                                    {"s-shape", Shape::s_shape},
                                                                    {"exponential", Shape::exponential},
                                                                    {"logarithmic", Shape::logarithmic},
                                                                    {"square-law", Shape::square_law},
                                                                    {"table", Shape::table}}};
constexpr std::array<std::pair<std::string_view, AdcTime::Input>, 3> time_inputs{
    {{"resistance", AdcTime::Input::resistance},
     {"conductance", AdcTime::Input::conductance},
     {"voltage", AdcTime::Input::voltage}}};
constexpr std::array<std::pair<std::string_view, RangeScope>, 4> scopes{{{"fixed", RangeScope::fixed},
                                                                         {"chip", RangeScope::chip},
                                                                         {"layer", RangeScope::layer},
                                                                         {"column", RangeScope::column}}};
constexpr std::array<std::pair<std::string_view, CalibrationKind>, 4> calibrations{
    {{"none", CalibrationKind::none},
     {"offset", CalibrationKind::offset},
     {"offset-gain", CalibrationKind::offset_gain},
     {"table", CalibrationKind::table}}};
constexpr std::array<std::pair<std::string_view, DacElements>, 2> element_kinds{
    {{"unary", DacElements::unary}, {"binary", DacElements::binary}}};

/// Keys that only some kinds of converter know.
struct KindKeys {
    std::vector<std::string_view> keys;
    std::vector<AdcKind> kinds;
};

const std::vector<KindKeys>& kind_keys() {
    using enum AdcKind;
    static const std::vector<KindKeys> all{
        {{"comparator_offset", "comparator_offset_sigma", "comparator_noise"},
         {flash, sar, ramp, cyclic, pipeline, time}},
        {{"resistor_sigma"}, {flash}},
        {{"capacitor_sigma"}, {sar, ramp, cyclic, pipeline}},
        {{"split", "bridge_error"}, {sar, ramp}},
        {{"parasitic"}, {sar, ramp, cyclic, pipeline}},
        {{"settling"}, {sar}},
        {{"droop"}, {ramp}},
        {{"amplifier_gain"}, {ramp, cyclic, pipeline}},
        {{"phases", "phase_sigma"}, {oscillator}},
        {{"time_input", "v_start", "v_threshold"}, {time}},
        {{"table_file"}, {table}},
    };
    return all;
}

void refuse_keys_of_other_kinds(const TomlTable& adc, AdcKind kind) {
    for (const KindKeys& group : kind_keys()) {
        if (std::ranges::find(group.kinds, kind) != group.kinds.end()) continue;
        std::vector<std::string> names;
        for (const AdcKind one : group.kinds) names.emplace_back(name_of(one));
        for (const std::string_view key : group.keys)
            if (adc.has(key))
                adc.refuse(key, fmt::format("does not belong to a converter of kind {}: expected kind = {}",
                                            name_of(kind), join_words(names)));
    }
}

/// A table says what its codes are, and its edges hold all errors.
void refuse_keys_beside_table(const TomlTable& adc) {
    for (const std::string_view key : {"bits", "codes", "rounding"})
        if (adc.has(key)) adc.refuse(key, "stands in the table of a converter of kind table: leave it out");
    for (const std::string_view key :
         {"offset", "offset_sigma", "gain_error", "gain_sigma", "curve", "curve_strength",
          "curve_coefficients", "curve_file", "curve_full_scale", "curve_sigma"})
        if (adc.has(key))
            adc.refuse(key, "cannot come on top of a converter of kind table, whose edges hold all errors: "
                            "leave it out");
}

/// Takes the converters of a file that `ohmloom lut adc` made.
void read_measured(const TomlTable& adc, const std::filesystem::path& folder, StudyAdc& read) {
    const LutFile file = read_luts(folder / adc.text("table_file"));
    const auto is_edges = [](const Lut& table) { return table.kind == "edges"; };
    const auto found = std::ranges::find_if(file.tables, is_edges);
    if (const auto count = std::ranges::count_if(file.tables, is_edges); count != 1)
        adc.refuse("table_file", fmt::format("holds {} tables of kind edges: expected one, as `ohmloom lut "
                                             "adc` makes it",
                                             count));
    try {
        read.design = measured_design(*found);
    } catch (const InputError& error) {
        adc.refuse("table_file", fmt::format("is wrong: {}", error.what()));
    }
    read.edge_unit = find_array(*found, "edge")->unit;
}

double not_negative(const TomlTable& table, std::string_view key, double fallback,
                    std::string_view unit = "") {
    const double value = table.number_or(key, fallback, unit);
    if (!(value >= 0.0)) table.refuse(key, fmt::format("is {}: it must not be negative", value));
    return value;
}

double positive(const TomlTable& table, std::string_view key, double fallback, std::string_view unit = "") {
    const double value = table.number_or(key, fallback, unit);
    if (!(value > 0.0)) table.refuse(key, fmt::format("is {}: expected a positive number", value));
    return value;
}

Index count(const TomlTable& table, std::string_view key, Index fallback, Index least, Index most) {
    const Index value = table.integer_or(key, fallback);
    if (value < least || value > most)
        table.refuse(key, fmt::format("is {}: expected {} to {}", value, least, most));
    return value;
}

TransferCurve read_curve(const TomlTable& table, const std::filesystem::path& folder, bool is_signed) {
    TransferCurve curve;
    curve.shape = read_word<Shape>(table, "curve", Shape::linear, shapes);
    const bool is_odd =
        curve.shape != Shape::linear && curve.shape != Shape::polynomial && curve.shape != Shape::table;
    const auto belongs = [&](std::string_view key, bool does, std::string_view needs) {
        if (table.has(key) && !does) table.refuse(key, fmt::format("needs {}", needs));
    };
    belongs("curve_strength", is_odd, "curve = s-shape, exponential, logarithmic or square-law");
    belongs("curve_coefficients", curve.shape == Shape::polynomial, "curve = polynomial");
    belongs("curve_file", curve.shape == Shape::table, "curve = table");
    for (const std::string_view key : {"curve_full_scale", "curve_sigma"})
        belongs(key, curve.shape != Shape::linear, "a curve");
    if (is_odd) curve.strength = positive(table, "curve_strength", table.has("curve_strength") ? 0.0 : 1.0);
    if (curve.shape == Shape::polynomial) curve.coefficients = table.numbers("curve_coefficients", "");
    std::string_view blamed = curve.shape == Shape::polynomial ? "curve_coefficients" : "curve_strength";
    if (curve.shape == Shape::table) {
        blamed = "curve_file";
        for (const std::vector<double>& line :
             read_csv_numbers(folder / table.text("curve_file"), "an input and an output")) {
            if (line.size() != 2)
                table.refuse(
                    "curve_file",
                    fmt::format("has {} numbers in a line: expected an input and an output", line.size()));
            curve.inputs.push_back(line[0]);
            curve.outputs.push_back(line[1]);
        }
    }
    curve.full_scale = table.flag_or("curve_full_scale", false);
    try {
        [[maybe_unused]] const ConverterCurve checked(curve, is_signed);
    } catch (const InputError& error) {
        table.refuse(blamed, fmt::format("is wrong: {}", error.what()));
    }
    return curve;
}

/// Bits and codes; those of a table stay what they are.
void read_codes(const TomlTable& adc, AdcDesign& design) {
    // A counter rounds down, and what it counts is not negative.
    const bool counts = design.kind == AdcKind::oscillator || design.kind == AdcKind::time;
    const Rounding usual = counts ? Rounding::mid_rise : design.rounding;
    design.is_signed = read_word<bool>(adc, "codes", design.is_signed && design.kind != AdcKind::time, signs);
    design.rounding = read_word<Rounding>(adc, "rounding", usual, roundings);
    design.bits =
        static_cast<int>(count(adc, "bits", design.bits, design.rounding == Rounding::symmetric ? 2 : 1, 16));
}

InputRange read_range(const TomlTable& adc, InputRange fallback) {
    if (!adc.has("range")) return fallback;
    const std::vector<double> ends = adc.numbers("range", "");
    if (ends.size() != 2)
        adc.refuse("range", fmt::format("has {} numbers: expected the lower and the upper end", ends.size()));
    if (!(ends[0] < ends[1]))
        adc.refuse("range", fmt::format("is {} to {}: expected the lower end first", ends[0], ends[1]));
    return {ends[0], ends[1]};
}

void read_errors(const TomlTable& adc, AdcDesign& design) {
    AdcFront& front = design.front;
    front.offset = adc.number_or("offset", 0.0, "");
    front.offset_sigma = not_negative(adc, "offset_sigma", 0.0);
    front.gain_error = adc.number_or("gain_error", 0.0, "");
    front.gain_sigma = not_negative(adc, "gain_sigma", 0.0);
    front.curve_sigma = not_negative(adc, "curve_sigma", 0.0);
    design.comparator = {.offset = adc.number_or("comparator_offset", 0.0, ""),
                         .offset_sigma = not_negative(adc, "comparator_offset_sigma", 0.0),
                         .noise = not_negative(adc, "comparator_noise", 0.0)};
    design.ladder.resistor_sigma = not_negative(adc, "resistor_sigma", 0.0);
    const double capacitor_sigma = not_negative(adc, "capacitor_sigma", 0.0),
                 parasitic = not_negative(adc, "parasitic", 0.0);
    const double gain = not_negative(adc, "amplifier_gain", 0.0);
    const bool has_stages = design.kind == AdcKind::cyclic || design.kind == AdcKind::pipeline;
    if (has_stages) {
        design.stages = {.capacitor_sigma = capacitor_sigma, .parasitic = parasitic, .amplifier_gain = gain};
    } else {
        design.capacitors = {.unit_sigma = capacitor_sigma,
                             .split = adc.flag_or("split", false),
                             .bridge_error = adc.number_or("bridge_error", 0.0, ""),
                             .parasitic = parasitic,
                             .settling = not_negative(adc, "settling", 0.0)};
        for (const std::string_view key : {"bridge_error", "parasitic"})
            if (adc.has(key) && !design.capacitors.split) adc.refuse(key, "needs split = true");
        design.ramp = {.amplifier_gain = gain, .droop = not_negative(adc, "droop", 0.0)};
    }
    design.oscillator = {.phases = static_cast<int>(count(adc, "phases", 1, 1, 65536)),
                         .phase_sigma = not_negative(adc, "phase_sigma", 0.0)};
    design.noise = {.input = not_negative(adc, "noise", 0.0),
                    .sampling_capacitor = not_negative(adc, "sampling_capacitor", 0.0, "F"),
                    .temperature = positive(adc, "temperature", 300.0, "K"),
                    .full_scale_voltage = positive(adc, "full_scale_voltage", 1.0, "V")};
}

void read_cost(const TomlTable& adc, ConverterCost& cost) {
    cost.sample_rate = positive(adc, "sample_rate", cost.sample_rate, "Hz");
    cost.walden = not_negative(adc, "walden", cost.walden, "J");
    cost.schreier = adc.number_or("schreier", cost.schreier, "");
    cost.area_per_level = not_negative(adc, "area_per_level", cost.area_per_level);
    cost.area_fixed = not_negative(adc, "area_fixed", cost.area_fixed);
}

Calibration read_calibration(const TomlTable& adc) {
    Calibration calibration;
    calibration.kind = read_word<CalibrationKind>(adc, "calibration", CalibrationKind::none, calibrations);
    for (const std::string_view key : {"calibration_points", "calibration_guard_bits"})
        if (adc.has(key) && calibration.kind == CalibrationKind::none) adc.refuse(key, "needs a calibration");
    const Index least = calibration.kind == CalibrationKind::offset_gain ? 2 : 1;
    calibration.points = count(adc, "calibration_points", calibration.points, least, 100000);
    calibration.guard_bits =
        static_cast<int>(count(adc, "calibration_guard_bits", calibration.guard_bits, 0, 16));
    return calibration;
}

RangeSetting read_range_setting(const TomlTable& adc) {
    RangeSetting setting;
    setting.scope = read_word<RangeScope>(adc, "range_scope", RangeScope::fixed, scopes);
    for (const std::string_view key : {"range_percentile", "range_margin"})
        if (adc.has(key) && setting.scope == RangeScope::fixed)
            adc.refuse(key, "needs range_scope = chip, layer or column");
    if (adc.has("range") && setting.scope != RangeScope::fixed)
        adc.refuse("range", "cannot stand beside a range_scope that takes the range from data");
    setting.percentile = adc.number_or("range_percentile", setting.percentile, "");
    if (!(setting.percentile > 50.0 && setting.percentile <= 100.0))
        adc.refuse("range_percentile",
                   fmt::format("is {}: expected more than 50 and at most 100", setting.percentile));
    setting.margin = positive(adc, "range_margin", setting.margin);
    return setting;
}

} // namespace

StudyAdc read_adc(const TomlTable& adc, const std::filesystem::path& folder) {
    StudyAdc read;
    AdcDesign& design = read.design;
    design.kind = read_word<AdcKind>(adc, "kind", AdcKind::uniform, kinds);
    refuse_keys_of_other_kinds(adc, design.kind);
    const bool is_measured = design.kind == AdcKind::table;
    if (is_measured) {
        refuse_keys_beside_table(adc);
        read_measured(adc, folder, read);
    }
    read_codes(adc, design);
    design.time.input = read_word<AdcTime::Input>(adc, "time_input", AdcTime::Input::resistance, time_inputs);
    design.time.v_start = positive(adc, "v_start", design.time.v_start, "V");
    design.time.v_threshold = positive(adc, "v_threshold", design.time.v_threshold, "V");
    read.has_range = adc.has("range") || is_measured;
    const InputRange usual = is_measured                    ? design.range
                             : design.kind == AdcKind::time ? InputRange{1.0, 2.0}
                             : design.is_signed             ? InputRange{-1.0, 1.0}
                                                            : InputRange{0.0, 1.0};
    design.range = read_range(adc, usual);
    design.sharing = count(adc, "sharing", design.sharing, 1, 1'000'000);
    design.front.curve = read_curve(adc, folder, design.is_signed);
    read_errors(adc, design);
    read_cost(adc, design.cost);
    read.range_setting = read_range_setting(adc);
    read.calibration = read_calibration(adc);
    try {
        validate(design);
    } catch (const InputError& error) {
        adc.refuse("kind", fmt::format("with these keys cannot be built: {}", error.what()));
    }
    return read;
}

DacDesign read_dac(const TomlTable& dac, const std::filesystem::path& folder) {
    DacDesign design;
    design.is_signed = read_word<bool>(dac, "codes", false, signs);
    design.bits = static_cast<int>(count(dac, "bits", design.bits, design.is_signed ? 2 : 1, 16));
    design.elements = read_word<DacElements>(dac, "elements", DacElements::unary, element_kinds);
    design.unit_sigma = not_negative(dac, "unit_sigma", 0.0);
    if (dac.has("curve_sigma"))
        dac.refuse("curve_sigma", "is not known of a DAC: its spread is gain_sigma and offset_sigma");
    design.curve = read_curve(dac, folder, design.is_signed);
    design.gain_sigma = not_negative(dac, "gain_sigma", 0.0);
    design.offset_sigma = not_negative(dac, "offset_sigma", 0.0);
    design.sharing = count(dac, "sharing", 1, 1, 1'000'000);
    return design;
}

} // namespace ohmloom
