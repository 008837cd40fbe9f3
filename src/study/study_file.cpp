#include "study/study_file.hpp"

#include "base/errors.hpp"
#include "store/readable_file.hpp"
#include "store/toml_document.hpp"
#include "store/toml_table.hpp"
#include "study/array_table.hpp"
#include "study/charge_table.hpp"
#include "study/mixed_table.hpp"
#include "study/readout_table.hpp"
#include "study/tile_luts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace ohmloom {

namespace {

/// Seeds of what varies from one chip to the next, each the study's own unless `[seeds]` has another.
struct SourceSeeds {
    std::uint64_t devices, converters, stages, capacitors;
};

std::uint64_t read_seed(const TomlTable& table, std::string_view key, std::uint64_t fallback) {
    const Index seed = table.integer_or(key, static_cast<Index>(fallback));
    if (seed < 0) table.refuse(key, "must not be negative");
    return static_cast<std::uint64_t>(seed);
}

SourceSeeds read_seeds(const TomlTable& seeds, std::uint64_t seed) {
    return {read_seed(seeds, "devices", seed), read_seed(seeds, "converters", seed),
            read_seed(seeds, "stages", seed), read_seed(seeds, "capacitors", seed)};
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
    const ArrayKeys keys = read_array_keys(array);
    study.cell_area = keys.cell_area;
    study.array.r_row = keys.r_row;
    study.array.r_col = keys.r_col;
    study.array.r_source = keys.r_source;
    study.array.row_ends = keys.row_ends;
    study.array.col_ends = keys.col_ends;
    // Operating points take no notice of capacitances, and decks are smaller without; images in time need them.
    if (keys.given) study.array.capacitance = *keys.given;
    if (!keys.given && study.timing.sequence) {
        if (!keys.geometry)
            array.refuse(
                "capacitance",
                "is missing: timing.images needs capacitances, given here or by the geometry of the wires");
        study.array.capacitance = *keys.geometry;
    }
}

void read_timing(const TomlTable& timing, Study& study) {
    if (timing.is_list("sample")) {
        study.timing.samples = timing.numbers("sample", "s");
        if (study.timing.samples.empty()) timing.refuse("sample", "is empty: give at least one time");
        for (const double sample : study.timing.samples) {
            if (!(sample > 0.0))
                timing.refuse("sample", fmt::format("holds {} s: expected positive times", sample));
        }
    } else {
        study.timing.samples = {read_positive(timing, "sample", study.timing.samples.front(), "s")};
    }
    const std::string images = timing.word_or("images", "settled", {"settled", "stream", "reset"});
    if (images == "stream") study.timing.sequence = ImageSequence::stream;
    if (images == "reset") study.timing.sequence = ImageSequence::reset;
    study.timing.instants = timing.integer_or("instants", study.timing.instants);
    study.timing.memory = timing.integer_or("memory", study.timing.memory);
    for (const std::string_view key : {"instants", "memory"}) {
        if (timing.has(key) && (timing.integer(key) < 1 || timing.integer(key) > 1000))
            timing.refuse(key, fmt::format("is {}: expected 1 to 1000", timing.integer(key)));
    }
}

void read_readout(const TomlTable& readout, Study& study) {
    study.array.stage = read_stage(readout);
    if (readout.has("gain") && !(readout.is_text("gain") && readout.text("gain") == "trained")) {
        study.gain = readout.numbers("gain", "");
        for (const double gain : study.gain) {
            if (!(gain > 0.0)) readout.refuse("gain", fmt::format("holds {}: gains must be positive", gain));
        }
    }
    study.timing.amplifier.gain_bandwidth =
        read_positive(readout, "gain_bandwidth", study.timing.amplifier.gain_bandwidth, "Hz");
    study.timing.amplifier.second_pole =
        read_positive(readout, "second_pole", study.timing.amplifier.second_pole, "Hz");
    if (readout.has("second_pole") && !readout.has("gain_bandwidth"))
        readout.refuse("second_pole", "needs gain_bandwidth beside it");
    study.neuron = read_neuron(readout, study.file.parent_path());
}

/// Converters, and the images that set them.
void read_converters(const TomlTable& root, const TomlTable& data, const TomlTable& readout,
                     std::uint64_t seed, Study& study) {
    study.mixed = read_mixed(root, study.file.parent_path(), seed);
    for (const std::string_view key : {"calibration", "calibration_count"}) {
        if (data.has(key) && !study.mixed)
            data.refuse(key, "needs [adc]: without converters nothing is calibrated");
    }
    for (const std::string_view key : {"neuron", "slope", "r_low", "r_high", "inverter_gain", "threshold",
                                       "v_low", "v_limit", "curve_file"}) {
        if (study.mixed && readout.has(key))
            readout.refuse(key,
                           "cannot stand beside [adc]: activations are digital there, and the network's own");
    }
    study.calibration_set = data.text_or("calibration", study.data_set);
    study.calibration_images = data.integer_or("calibration_count", study.calibration_images);
    if (study.calibration_images < 1) data.refuse("calibration_count", "must be at least 1");
    if (study.mixed && study.timing.sequence)
        root.refuse("timing", "images cannot stand beside [adc]: converters sample what has settled");
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

Study read_study(const TomlTable& root, const std::filesystem::path& file) {
    Study study;
    study.file = file;

    const TomlTable data = root.table("data");
    study.data_set = data.text_or("set", study.data_set);
    study.images = data.integer_or("count", 0);
    if (study.images < 0) data.refuse("count", "must not be negative");

    study.seed = read_seed(root, "seed", 1);
    const SourceSeeds seeds = read_seeds(root.table("seeds"), study.seed);
    const TomlTable array = root.table("array");
    study.charge = read_charge(root, array, seeds.capacitors);
    read_timing(root.table("timing"), study);
    read_array(array, study);
    const TomlTable readout = root.table("readout");
    read_readout(readout, study);
    if (study.array.stage.kind != StageKind::virtual_ground && study.array.col_ends == TiedEnds::both) {
        array.refuse("col_ends", "is 'both', but such a stage has one input for each line: give 'top' or "
                                 "'bottom', or readout.kind = \"virtual-ground\"");
    }
    if (study.timing.sequence && !is_ideal(study.array.stage)) {
        readout.refuse("kind",
                       fmt::format("is \"{}\", or has flaws: images in time (timing.images) need ideal "
                                   "differential-amplifier or virtual-ground stages",
                                   to_string(study.array.stage.kind)));
    }

    study.array.stage.spread.seed = seeds.stages;
    study.devices = read_devices(root, file.parent_path(), seeds.devices);
    if (study.charge) study.devices.front().name = describe(study.charge->design);
    study.window = study.devices.front().window;
    read_converters(root, data, readout, seeds.converters, study);

    const TomlTable solver = root.table("solver");
    study.solver.engine = engine_from_name(solver.word_or("engine", "auto", {"auto", "condense", "mna"}));
    study.solver.tolerance = read_positive(solver, "tolerance", study.solver.tolerance, "");
    read_schemes(root, study);
    const std::string tables = root.table("tables").text_or("file", "");
    if (!tables.empty())
        study.tables = std::make_shared<const TileTables>(read_tile_tables(file.parent_path() / tables));
    static_cast<void>(
        root.has("sweep")); // its points are studies of their own: sweep/sweep_plan.hpp reads it
    root.require_no_other_keys();
    return study;
}

} // namespace

std::vector<double> default_gain(std::size_t layers) {
    std::vector<double> gain(layers, 30.0);
    if (!gain.empty()) gain.back() = 10.0;
    return gain;
}

Study read_study(const std::filesystem::path& file) {
    Study study = read_study(TomlDocument::read(file), file);
    study.text = read_text_file(file);
    return study;
}

Study read_study(const TomlDocument& document, const std::filesystem::path& file) {
    Study study = read_study(document.table(), file);
    study.text = document.text();
    return study;
}

std::map<std::string, std::string> units_of_keys(const TomlDocument& document,
                                                 const std::filesystem::path& file) {
    const TomlTable root = document.table();
    static_cast<void>(read_study(root, file));
    return root.units();
}

std::vector<LayerPartition> partitions_of(const Study& study, const Scheme& scheme, const Network& network) {
    if (!scheme.partitions.empty()) return scheme.partitions;
    std::vector<LayerPartition> partitions;
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
        const DenseLayer& layer = network.layers[l];
        const bool row_pairs = study.mixed && has_row_pairs(network, l, study.mixed->signs);
        partitions.push_back(fit_partition(row_count(layer.inputs(), row_pairs), layer.outputs(),
                                           study.max_rows, study.max_cols));
    }
    return partitions;
}

TileDesign tile_design(const Study& study, const StudyDevice& device, const Network& network) {
    if (study.charge) return *study.charge;
    ResistiveTiles tiles{device.window, circuit_of(study, network)};
    tiles.circuit.devices = device.use;
    return tiles;
}

NetworkCircuit circuit_of(const Study& study, const Network& network) {
    NetworkCircuit circuit{study.array, study.gain, study.neuron, {}, study.tables, study.shared};
    if (!circuit.gain.empty()) return circuit;
    circuit.gain = default_gain(network.layers.size());
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
        if (network.layers[l].gain > 0.0) circuit.gain[l] = network.layers[l].gain;
    }
    return circuit;
}

} // namespace ohmloom
