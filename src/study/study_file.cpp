#include "study/study_file.hpp"

#include "array/wire.hpp"
#include "base/errors.hpp"
#include "store/toml_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <sstream>

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

std::string read_text(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return std::move(text).str();
}

double positive(const TomlTable& table, std::string_view key, double fallback, std::string_view unit) {
    const double value = table.number_or(key, fallback, unit);
    if (!(value > 0.0)) {
        table.refuse(
            key, fmt::format("is {}{}{}: expected a positive number", value, unit.empty() ? "" : " ", unit));
    }
    return value;
}

/// A length on a chip. A bare 9 means 9 metres, which nobody means.
double chip_length(const TomlTable& table, std::string_view key, double fallback) {
    const double value = positive(table, key, fallback, "m");
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
void read_wire(const TomlTable& wire, ArrayCircuit& array) {
    if (wire.has("r_row") || wire.has("r_col")) {
        for (const std::string_view key :
             {"node", "cell", "width", "thickness", "bulk_resistivity", "row_pitch", "col_pitch"}) {
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
    geometry.bulk_resistivity = positive(wire, "bulk_resistivity", geometry.bulk_resistivity, "Ohm m");
    array.r_row = segment_resistance(geometry, chip_length(wire, "row_pitch", cell.width * lambda));
    array.r_col = segment_resistance(geometry, chip_length(wire, "col_pitch", cell.length * lambda));
}

TiedEnds read_ends(const TomlTable& table, std::string_view key, std::string_view first,
                   std::string_view last, std::string_view fallback) {
    const std::string word = table.word_or(key, fallback, {std::string(first), std::string(last), "both"});
    return word == first ? TiedEnds::first : word == last ? TiedEnds::last : TiedEnds::both;
}

void read_array(const TomlTable& array, Study& study) {
    study.max_rows = array.integer_or("rows", 0);
    study.max_cols = array.integer_or("cols", 0);
    for (const std::string_view key : {"rows", "cols"}) {
        if (array.has(key) && array.integer(key) < 1) array.refuse(key, "must be at least 1");
    }
    if (array.has("rows") != array.has("cols")) {
        array.refuse(array.has("rows") ? "rows" : "cols", "needs the other of rows and cols beside it");
    }
    read_wire(array.table("wire"), study.array);
    study.array.r_source = resistance(array, "r_source", 0.0);
    study.array.row_ends = read_ends(array, "row_ends", "left", "right", "left");
    study.array.col_ends = read_ends(array, "col_ends", "top", "bottom", "bottom");
}

void read_readout(const TomlTable& readout, Study& study) {
    const std::string kind =
        readout.word_or("kind", "differential-amplifier", {"differential-amplifier", "virtual-ground"});
    study.array.stage.kind = kind == "virtual-ground" ? StageKind::virtual_ground : StageKind::difference;
    study.array.stage.r_input = positive(readout, "r_input", 1e3, "Ohm");
    if (readout.has("gain") && !(readout.is_text("gain") && readout.text("gain") == "trained")) {
        study.gain = readout.numbers("gain", "");
        for (const double gain : study.gain) {
            if (!(gain > 0.0)) readout.refuse("gain", fmt::format("holds {}: gains must be positive", gain));
        }
    }
    const std::string neuron = readout.word_or("neuron", "sigmoid", {"sigmoid", "inverter"});
    study.neuron.kind = neuron == "inverter" ? Neuron::Kind::inverter : Neuron::Kind::sigmoid;
    study.neuron.v_supply = positive(readout, "v_supply", 0.8, "V");
    study.neuron.slope = positive(readout, "slope", 15.0, "1/V");
    study.neuron.inverter_gain = positive(readout, "inverter_gain", study.neuron.inverter_gain, "");
    study.neuron.r_low = positive(readout, "r_low", study.neuron.r_low, "Ohm");
    study.neuron.r_high = positive(readout, "r_high", study.neuron.r_high, "Ohm");
    validate(study.neuron);
}

std::vector<LayerPartition> read_partitions(const TomlTable& table) {
    if (!table.has("horizontal") && !table.has("vertical")) return {};
    const std::vector<Index> horizontal = table.integers("horizontal"), vertical = table.integers("vertical");
    if (horizontal.size() != vertical.size()) {
        table.refuse("vertical",
                     fmt::format("has {} entries, horizontal has {}: expected one per layer in both",
                                 vertical.size(), horizontal.size()));
    }
    std::vector<LayerPartition> partitions;
    for (std::size_t l = 0; l < horizontal.size(); ++l) {
        if (horizontal[l] < 1)
            table.refuse("horizontal", fmt::format("holds {}: expected at least 1", horizontal[l]));
        if (vertical[l] < 1)
            table.refuse("vertical", fmt::format("holds {}: expected at least 1", vertical[l]));
        partitions.push_back({horizontal[l], vertical[l]});
    }
    return partitions;
}

void read_schemes(const TomlTable& root, Study& study) {
    const std::filesystem::path folder = study.file.parent_path();
    const TomlTable network = root.table("network");
    const std::string default_network = network.text_or("file", "");
    const std::vector<LayerPartition> default_partitions = read_partitions(root.table("partition"));
    const auto add = [&](const TomlTable& table, std::string_view key, const std::string& file,
                         std::vector<LayerPartition> partitions) {
        if (file.empty()) table.refuse(key, "is missing: name the network file");
        if (partitions.empty() && study.max_rows == 0) {
            root.refuse(
                "partition",
                "is missing: give horizontal and vertical, or the largest tile as array.rows and array.cols");
        }
        study.schemes.push_back({folder / file, std::move(partitions)});
    };
    for (const TomlTable& scheme : root.tables("scheme")) {
        std::vector<LayerPartition> partitions = read_partitions(scheme);
        if (partitions.empty()) partitions = default_partitions;
        add(scheme, "network", scheme.text_or("network", default_network), std::move(partitions));
    }
    if (study.schemes.empty()) add(network, "file", default_network, default_partitions);
}

} // namespace

std::vector<double> default_gain(std::size_t layers) {
    std::vector<double> gain(layers, 30.0);
    if (!gain.empty()) gain.back() = 10.0;
    return gain;
}

Study read_study(const std::filesystem::path& file) {
    const TomlTable root = TomlTable::read(file);
    Study study;
    study.file = file;
    study.text = read_text(file);

    const TomlTable data = root.table("data");
    study.data_set = data.text_or("set", study.data_set);
    study.images = data.integer_or("count", 0);
    if (study.images < 0) data.refuse("count", "must not be negative");

    const TomlTable array = root.table("array");
    read_array(array, study);
    read_readout(root.table("readout"), study);
    if (study.array.stage.kind == StageKind::difference && study.array.col_ends == TiedEnds::both) {
        array.refuse("col_ends",
                     "is 'both', but a difference stage has one input for each line: give 'top' or "
                     "'bottom', or readout.kind = \"virtual-ground\"");
    }
    study.sample_time = positive(root.table("timing"), "sample", study.sample_time, "s");

    const Index seed = root.integer_or("seed", 1);
    if (seed < 0) root.refuse("seed", "must not be negative");
    study.seed = static_cast<std::uint64_t>(seed);
    study.devices = read_devices(root, file.parent_path(), study.seed);
    study.window = study.devices.front().window;

    const TomlTable solver = root.table("solver");
    study.solver.engine = engine_from_name(solver.word_or("engine", "auto", {"auto", "condense", "mna"}));
    study.solver.tolerance = positive(solver, "tolerance", study.solver.tolerance, "");
    read_schemes(root, study);
    root.require_no_other_keys();
    return study;
}

std::vector<LayerPartition> partitions_of(const Study& study, const Scheme& scheme, const Network& network) {
    if (!scheme.partitions.empty()) return scheme.partitions;
    std::vector<LayerPartition> partitions;
    for (const DenseLayer& layer : network.layers) {
        partitions.push_back(
            fit_partition(layer.inputs() + 1, layer.outputs(), study.max_rows, study.max_cols));
    }
    return partitions;
}

NetworkCircuit circuit_of(const Study& study, const Network& network) {
    NetworkCircuit circuit{study.array, study.gain, study.neuron, {}};
    if (!circuit.gain.empty()) return circuit;
    circuit.gain = default_gain(network.layers.size());
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
        if (network.layers[l].gain > 0.0) circuit.gain[l] = network.layers[l].gain;
    }
    return circuit;
}

} // namespace ohmloom
