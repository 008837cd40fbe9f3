#include "lut_sources.hpp"

#include "base/errors.hpp"
#include "base/si.hpp"
#include "circuit/spice_reader.hpp"
#include "device_input.hpp"
#include "devicemodels/device_library.hpp"
#include "lut/circuit_luts.hpp"
#include "lut/device_luts.hpp"
#include "store/readable_file.hpp"
#include "store/toml_table.hpp"
#include "study/readout_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace ohmloom::cli {

// Found by its argument, hence not in the unnamed namespace.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LutSource, made_by, file, changes, temperature, seed, v_low, v_high,
                                   i_scale, states, devices, amplitudes, widths, sweeps, node)

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
