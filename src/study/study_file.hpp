#pragma once

#include "inference/inference.hpp"
#include "inference/mixed_readout.hpp"
#include "inference/sampled_inference.hpp"
#include "inference/tile_design.hpp"
#include "mapping/plan.hpp"
#include "solver/array_solver.hpp"
#include "study/device_table.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ohmloom {

class ResultCache;
class TomlDocument;

/// One way to run the study's images: a network on a partition.
struct Scheme {
    std::filesystem::path network; ///< network file
    /// One entry per layer; empty: cut to the largest tile.
    std::vector<LayerPartition> partitions;
};

/// How images are read: when everything has settled, unless a sequence is given.
struct StudyTiming {
    std::vector<double> samples{
        1e-9}; ///< [s] one image per sampling time; several: all points once with each
    std::optional<ImageSequence> sequence;
    Index instants = 16; ///< of the grid that a sampling time is cut into
    Index memory = 4;    ///< sampling times that a layer is followed over: what is older counts as settled
    AmplifierDynamics amplifier;
};

/// What a study file asks for; see README for the keys.
struct Study {
    std::filesystem::path file;
    std::string text; ///< the file as it was read, for provenance

    std::string data_set = "mnist-test";
    Index images = 0; ///< first so many of the data set; 0 for all

    Index max_rows = 0; ///< largest tile, where a scheme gives no partition
    Index max_cols = 0;
    std::optional<ChargeTiles>
        charge;               ///< of arrays that compute in charge; all of resistive ones is unused then
    ArrayCircuit array;       ///< wires, drivers, stage
    ConductanceWindow window; ///< of the first device
    std::vector<StudyDevice> devices; ///< at least one
    Neuron neuron;
    std::optional<MixedReadout>
        mixed;                   ///< converters around every tile; without, partitions are joined as voltages
    std::string calibration_set; ///< whose images set ranges and corrections; empty: the data set's own
    Index calibration_images = 256;
    double cell_area = 0.0;   ///< [m²] of one device; 0: not known
    std::vector<double> gain; ///< one per layer; empty: those the network was trained with, or default_gain()
    StudyTiming timing;
    SolveOptions solver;
    std::uint64_t seed = 1;                   ///< of everything random in the study that has none of its own
    std::vector<Scheme> schemes;              ///< at least one
    std::shared_ptr<const TileTables> tables; ///< that stand for all tiles' circuits; none: these are solved
    bool comparisons = true; ///< also the accuracy with ideal wires, with ideal devices and with single flaws
    std::shared_ptr<ResultCache> shared; ///< what runs of several studies share; none: nothing is kept
};

/// Units of the numbers that a study is read with, by key: "array.r_row" is in "Ohm". Keys that are asked for only.
std::map<std::string, std::string> units_of_keys(const TomlDocument& document,
                                                 const std::filesystem::path& file);

/// Stage gains of the published study, for a network that was trained without a circuit: 30 for every layer but the last, 10.
std::vector<double> default_gain(std::size_t layers);

/// Reads a study file. File names in it are relative to the folder it is in.
/// @throws FileError, InputError naming file, line and key.
Study read_study(const std::filesystem::path& file);
/// The same of a document at hand, as if it stood in that file. The study's text is the document's own.
Study read_study(const TomlDocument& document, const std::filesystem::path& file);

/// Partitions of a network under a scheme: the scheme's own, or the fewest that fit the largest tile.
/// @throws InputError if they do not fit the network's layers.
std::vector<LayerPartition> partitions_of(const Study& study, const Scheme& scheme, const Network& network);

/// What the tiles between a study's converters are made of, with one of its devices.
TileDesign tile_design(const Study& study, const StudyDevice& device, const Network& network);

/// The circuit that a network's layers are built as, with ideal devices, and the study's tables.
NetworkCircuit circuit_of(const Study& study, const Network& network);

} // namespace ohmloom
