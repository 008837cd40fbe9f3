#include "study/readout_table.hpp"

#include "base/errors.hpp"
#include "lut/lut_file.hpp"
#include "store/csv_numbers.hpp"
#include "store/toml_table.hpp"
#include "study/array_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace ohmloom {

namespace {

double read_not_negative(const TomlTable& table, std::string_view key, double fallback,
                         std::string_view unit) {
    const double value = table.number_or(key, fallback, unit);
    if (!(value >= 0.0 && std::isfinite(value)))
        table.refuse(key, fmt::format("is {} {}: it must not be negative", value, unit));
    return value;
}

/// Values that only some kinds of stages have, by the keys that give them.
struct StageKey {
    std::string_view key;
    std::vector<StageKind> kinds;
};
const std::vector<StageKey>& stage_keys() {
    using enum StageKind;
    static const std::vector<StageKey> keys{
        {"open_loop_gain", {difference, op_amp, integrator}},
        {"r_amplifier", {op_amp}},
        {"r_conveyor", {current_conveyor}},
        {"current_gain", {current_conveyor}},
        {"integration_time", {integrator}},
        {"capacitance", {integrator}},
        {"r_leak", {integrator}},
        {"offset_sigma", {difference, op_amp, current_conveyor, divider, integrator}},
        {"gain_sigma", {difference, op_amp, current_conveyor, divider, integrator}},
    };
    return keys;
}

constexpr StageKind stage_kinds[] = {StageKind::difference, StageKind::virtual_ground,
                                     StageKind::op_amp,     StageKind::current_conveyor,
                                     StageKind::divider,    StageKind::integrator};

using NeuronKind = Neuron::Kind;
constexpr NeuronKind neuron_kinds[] = {NeuronKind::sigmoid, NeuronKind::inverter,   NeuronKind::relu,
                                       NeuronKind::tanh,    NeuronKind::comparator, NeuronKind::table};

/// Values that only some kinds of neurons have.
struct NeuronKey {
    std::string_view key;
    std::vector<NeuronKind> kinds;
};
const std::vector<NeuronKey>& neuron_keys() {
    using enum Neuron::Kind;
    // The two published neurons may stand beside each other's values, so that a study can turn from one to the other.
    static const std::vector<NeuronKey> keys{
        {"slope", {sigmoid, inverter, relu, tanh}},
        {"r_low", {sigmoid, inverter}},
        {"r_high", {sigmoid, inverter}},
        {"inverter_gain", {sigmoid, inverter}},
        {"v_limit", {relu}},
        {"threshold", {comparator}},
        {"v_low", {comparator}},
        {"curve_file", {table}},
    };
    return keys;
}

/// One of `kinds` by its name.
template <class Kind, std::size_t count>
Kind read_kind(const TomlTable& readout, std::string_view key, Kind fallback, const Kind (&kinds)[count]) {
    std::vector<std::string> words;
    for (const Kind kind : kinds) words.emplace_back(to_string(kind));
    const std::string word = readout.word_or(key, to_string(fallback), words);
    return *std::ranges::find(kinds, word, [](Kind kind) { return to_string(kind); });
}

/// Refuses values that others than this kind have.
template <class Keys, class Kind>
void require_own_keys(const TomlTable& readout, std::string_view table_key, const Keys& keys, Kind kind) {
    for (const auto& [key, kinds] : keys) {
        if (readout.has(key) && !std::ranges::count(kinds, kind))
            readout.refuse(
                key, fmt::format("is nothing that readout.{} = \"{}\" has", table_key, to_string(kind)));
    }
}

/// The curve of a file that `ohmloom lut neuron` or `ohmloom lut curve` made.
void read_lut_curve(const TomlTable& readout, const std::filesystem::path& file, Neuron& neuron) {
    const LutFile luts = read_luts(file);
    const Lut& curve = table_of(luts, "");
    if (curve.kind != "curve" || curve.axes.size() != 1 || curve.axes.front().unit != "V" ||
        curve.arrays.front().unit != "V" || curve.arrays.front().shape.size() != 1)
        readout.refuse("curve_file",
                       fmt::format("holds table {} of kind {}: expected a curve of one voltage over another",
                                   curve.name, curve.kind));
    neuron.table_in = curve.axes.front().values;
    neuron.table_out = curve.arrays.front().values;
}

void read_curve(const TomlTable& readout, const std::filesystem::path& folder, Neuron& neuron) {
    const std::filesystem::path file = folder / readout.text("curve_file");
    if (file.extension() == ".h5") {
        read_lut_curve(readout, file, neuron);
        return;
    }
    for (const std::vector<double>& line : read_csv_numbers(file, "an input and an output in V")) {
        if (line.size() != 2)
            readout.refuse(
                "curve_file",
                fmt::format("has {} numbers in a line: expected an input and an output in V", line.size()));
        neuron.table_in.push_back(line[0]);
        neuron.table_out.push_back(line[1]);
    }
}

} // namespace

ReadoutStage read_stage(const TomlTable& readout) {
    ReadoutStage stage;
    stage.kind = read_kind(readout, "kind", stage.kind, stage_kinds);
    require_own_keys(readout, "kind", stage_keys(), stage.kind);
    stage.r_input = read_positive(readout, "r_input", stage.r_input, "Ohm");
    stage.open_loop_gain = read_positive(readout, "open_loop_gain", stage.open_loop_gain, "");
    stage.r_amplifier = read_positive(readout, "r_amplifier", stage.r_amplifier, "Ohm");
    stage.r_conveyor = read_not_negative(readout, "r_conveyor", stage.r_conveyor, "Ohm");
    stage.current_gain = read_positive(readout, "current_gain", stage.current_gain, "");
    stage.integration_time = read_positive(readout, "integration_time", stage.integration_time, "s");
    if (readout.has("capacitance")) {
        if (readout.has("gain"))
            readout.refuse("gain", "cannot stand beside capacitance, which sets an integrator's gain");
        stage.capacitance = read_positive(readout, "capacitance", 1e-12, "F");
    }
    if (readout.has("integration_time") && !readout.has("capacitance"))
        readout.refuse("integration_time",
                       "needs capacitance beside it: without, gain sets what they make together");
    stage.r_leak = read_positive(readout, "r_leak", stage.r_leak, "Ohm");
    stage.spread.offset = read_not_negative(readout, "offset_sigma", 0.0, "V");
    stage.spread.gain = read_not_negative(readout, "gain_sigma", 0.0, "");
    validate(stage);
    return stage;
}

Neuron read_neuron(const TomlTable& readout, const std::filesystem::path& folder) {
    Neuron neuron;
    neuron.kind = read_kind(readout, "neuron", neuron.kind, neuron_kinds);
    require_own_keys(readout, "neuron", neuron_keys(), neuron.kind);
    neuron.v_supply = read_positive(readout, "v_supply", neuron.v_supply, "V");
    const bool is_relu = neuron.kind == NeuronKind::relu;
    const double slope = is_relu ? 1.0 : neuron.kind == NeuronKind::tanh ? 7.5 : neuron.slope;
    neuron.slope = read_positive(readout, "slope", slope, is_relu ? "V/V" : "1/V");
    neuron.inverter_gain = read_positive(readout, "inverter_gain", neuron.inverter_gain, "");
    neuron.r_low = read_positive(readout, "r_low", neuron.r_low, "Ohm");
    neuron.r_high = read_positive(readout, "r_high", neuron.r_high, "Ohm");
    const bool is_unlimited =
        readout.has("v_limit") && readout.is_text("v_limit") && readout.text("v_limit") == "none";
    neuron.v_limit = is_unlimited ? std::numeric_limits<double>::infinity()
                                  : read_positive(readout, "v_limit", neuron.v_supply, "V");
    neuron.threshold = readout.number_or("threshold", 0.0, "V");
    neuron.v_low = readout.number_or("v_low", 0.0, "V");
    if (neuron.kind == NeuronKind::table) read_curve(readout, folder, neuron);
    try {
        validate(neuron);
    } catch (const InputError& error) {
        const char* key = neuron.kind == NeuronKind::table ? "curve_file" : "neuron";
        readout.refuse(key, fmt::format("is wrong: {}", error.what()));
    }
    return neuron;
}

} // namespace ohmloom
