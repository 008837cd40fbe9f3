#include "lut_sources.hpp"

#include "array_input.hpp"
#include "base/errors.hpp"
#include "base/si.hpp"
#include "circuit/spice_reader.hpp"
#include "device_input.hpp"
#include "devicemodels/device_library.hpp"
#include "lut/adc_luts.hpp"
#include "lut/array_lut.hpp"
#include "lut/circuit_luts.hpp"
#include "lut/device_luts.hpp"
#include "store/array_file.hpp"
#include "store/readable_file.hpp"
#include "store/toml_table.hpp"
#include "study/adc_table.hpp"
#include "study/readout_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace ohmloom::cli {

// Found by its argument, hence not in the unnamed namespace.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(LutSource, made_by, file, changes, temperature, seed, v_low,
                                                v_high, i_scale, states, devices, amplitudes, widths, sweeps,
                                                node, levels, single_shot, tolerance, v_scale, input_unit,
                                                columns, conversions, tile)

namespace {

constexpr const char* note = "source"; ///< of a table, with its LutSource

std::optional<double> voltage_or_none(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(parse_si(text, "V"));
}

/// Rising nodes from words.
std::vector<double> nodes_of(const std::vector<std::string>& words, std::string_view unit,
                             std::string_view option) {
    std::vector<double> nodes(words.size());
    std::ranges::transform(words, nodes.begin(),
                           [&](const std::string& word) { return parse_si(word, unit); });
    std::ranges::sort(nodes);
    nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
    if (nodes.empty())
        throw InputError(fmt::format("{} is missing: expected one value or more [{}]", option, unit));
    return nodes;
}

BuiltSource device_source(const LutSource& source) {
    BuiltSource built;
    const Card card = card_of(source.file, source.changes, source.temperature);
    if (source.file.ends_with(".toml")) built.text = text_of_file(source.file);
    built.device = make_device(card);
    DeviceLutOptions options;
    options.temperature = temperature_or_room(source.temperature);
    options.v_low = voltage_or_none(source.v_low);
    options.v_high = voltage_or_none(source.v_high);
    options.states = source.states;
    options.seed = source.seed;
    if (source.made_by == "device iv") {
        built.function = device_iv_function(*built.device, options);
    } else {
        const PulseLutOptions pulses{nodes_of(source.amplitudes, "V", "--amplitude"),
                                     nodes_of(source.widths, "s", "--width"), source.devices};
        built.function = device_pulse_function(*built.device, options, pulses);
    }
    return built;
}

Lut levels_table(const LutSource& source) {
    const auto device = make_device(card_of(source.file, source.changes, source.temperature));
    DeviceLutOptions options;
    options.temperature = temperature_or_room(source.temperature);
    options.seed = source.seed;
    const ProgrammingScheme scheme{source.single_shot ? Programming::single_shot : Programming::write_verify,
                                   source.tolerance};
    return device_levels_lut(*device, options, source.levels, std::max(source.devices, 1000L), scheme);
}

Lut array_table(const LutSource& source, Index check_points, std::uint32_t check_seed) {
    const ArrayFile array = read_array_file(source.file);
    const double v_scale = parse_si(source.v_scale, "V");
    if (!(v_scale > 0.0)) throw InputError(fmt::format("--scale is {} V: expected more than 0", v_scale));
    // Operating points by the general engine take long.
    return array_transfer_lut(to_crossbar(array), array.v_col, v_scale, std::min<Index>(check_points, 32),
                              check_seed);
}

std::vector<Lut> converter_tables(const LutSource& source, Index max_points, Index check_points,
                                  std::uint32_t check_seed) {
    const std::filesystem::path study = source.file;
    const TomlTable root = TomlTable::read(study);
    if (!root.has("adc"))
        root.refuse("adc", "is missing: expected a table [adc] that describes the converter");
    const TomlTable table = root.table("adc");
    const StudyAdc adc = read_adc(table, study.parent_path());
    table.require_no_other_keys();
    const AdcBank bank(adc.design, source.columns, {source.seed, source.tile});
    return adc_luts(bank, source.input_unit, max_points, source.conversions, check_points, check_seed);
}

BuiltSource readout_source(const LutSource& source) {
    BuiltSource built;
    built.text = text_of_file(source.file);
    const TomlTable root = TomlTable::parse(built.text, source.file);
    if (!root.has("readout")) root.refuse("readout", "is missing: expected a table [readout]");
    const TomlTable readout = root.table("readout");
    if (source.made_by == "stage") {
        built.function = stage_function(read_stage(readout), parse_si(source.i_scale, "A"));
        return built;
    }
    const Neuron neuron = read_neuron(readout, std::filesystem::path(source.file).parent_path());
    built.function = neuron_function(neuron, voltage_or_none(source.v_low).value_or(-1.0),
                                     voltage_or_none(source.v_high).value_or(1.0));
    return built;
}

BuiltSource circuit_source(const LutSource& source) {
    BuiltSource built;
    built.text = text_of_file(source.file);
    built.deck = std::make_shared<const SpiceDeck>(read_spice(source.file));
    std::vector<SweptSource> swept;
    if (source.sweeps.empty() || source.sweeps.size() % 3 != 0)
        throw InputError(fmt::format("--sweep has {} words: expected NAME FROM TO for one source or two",
                                     source.sweeps.size()));
    for (std::size_t k = 0; k + 2 < source.sweeps.size(); k += 3)
        swept.push_back({source.sweeps[k], parse_si(source.sweeps[k + 1]), parse_si(source.sweeps[k + 2])});
    built.function = circuit_function(built.deck->circuit, swept, source.node);
    return built;
}

} // namespace

BuiltSource build_source(const LutSource& source) {
    BuiltSource built = source.made_by.starts_with("device") ? device_source(source)
                        : source.made_by == "curve"          ? circuit_source(source)
                                                             : readout_source(source);
    built.function.texts[note] = nlohmann::json(source).dump();
    return built;
}

bool is_exact(const LutSource& source) {
    return source.made_by == "levels" || source.made_by == "array" || source.made_by == "adc";
}

std::vector<Lut> build_tables(const LutSource& source, Index max_points, Index check_points,
                              std::uint32_t check_seed) {
    std::vector<Lut> tables;
    if (source.made_by == "levels") {
        tables.push_back(levels_table(source));
    } else if (source.made_by == "array") {
        tables.push_back(array_table(source, check_points, check_seed));
    } else {
        tables = converter_tables(source, max_points, check_points, check_seed);
    }
    for (Lut& table : tables) table.texts[note] = nlohmann::json(source).dump();
    return tables;
}

std::optional<LutSource> source_of(const Lut& table) {
    const auto found = table.texts.find(note);
    if (found == table.texts.end()) return std::nullopt;
    try {
        return nlohmann::json::parse(found->second).get<LutSource>();
    } catch (const nlohmann::json::exception&) {
        throw InputError(fmt::format("table {}: its note {} is not one of `ohmloom lut`", table.name, note));
    }
}

std::string text_of_file(const std::filesystem::path& file) {
    require_readable(file, "a text file");
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

} // namespace ohmloom::cli
