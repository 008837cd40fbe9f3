#pragma once

#include "base/progress.hpp"
#include "inference/classes.hpp"
#include "inference/cross_check.hpp"
#include "inference/tile_map.hpp"
#include "study/mixed_run.hpp"
#include "study/study_file.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ohmloom {

/// Factors by which the tiles' outputs were multiplied for what their conductances have lost; 1 without compensation.
struct DriftCompensation {
    double mean = 1.0, least = 1.0, greatest = 1.0;
};

/// What one scheme of a study gave, with one of its devices.
struct RunPoint {
    std::string device;           ///< its name in the study
    bool ideal_devices = true;    ///< cells are ohmic and have exactly what was asked
    double read_time = 0.0;       ///< [s] since programming
    double temperature = 300.0;   ///< [K]
    ConductanceError conductance; ///< that programming, ageing and reading caused; 0 for ideal devices
    DriftCompensation drift;      ///< over the tiles
    std::string network;          ///< name of the network
    std::string network_training; ///< how it was trained, as its file says
    std::vector<LayerPartition> partitions;
    std::vector<double> gain; ///< stage gain of each layer
    Index tiles = 0;
    Accuracy accuracy;
    std::optional<TablesUsed> tables; ///< none: circuits were solved
    double accuracy_ideal_wires = std::numeric_limits<double>::
        quiet_NaN(); ///< same circuit, wires and drivers without resistance; not a number with tables
    double accuracy_ideal_devices = std::numeric_limits<
        double>::quiet_NaN(); ///< same wires and read-out, ohmic cells with exactly what was asked; likewise
    double accuracy_software = 0.0; ///< same network and images as plain arithmetic
    PowerBreakdown power;           ///< mean over the images
    double sample_time = 0.0;       ///< [s] one image per so long
    double energy =
        0.0; ///< [J] per inference: mean power times the sampling time, and the charging of the rows
    double charging = 0.0;         ///< [J] part of it; 0 unless images are read in time
    double accuracy_settled = 0.0; ///< were every image read when all has settled
    std::vector<double>
        settling; ///< [layers] [s] to a thousandth, whatever the inputs; infinite: not within what was followed
    double residual_max = 0.0; ///< largest KCL residual of any array
    bool converged = false;    ///< residual_max is below the solver's tolerance
    Engine engine = Engine::automatic;
    double wall_time = 0.0;            ///< [s] of this scheme
    std::vector<std::uint8_t> classes; ///< [images]
    std::optional<MixedFigures> mixed; ///< of a study with converters
    std::vector<TileMap>
        maps; ///< of the tiles asked for that the scheme has, when all has settled; with the first sampling time
    CrossCheck check; ///< of drawn tiles and images; no pairs if none was asked for
};

/// A whole run.
struct RunResult {
    Study study;
    Index images = 0;
    std::vector<std::uint8_t> labels; ///< [images]
    std::vector<RunPoint> points;     ///< one per device, scheme and sampling time, the last fastest
};

/// Runs every scheme of a study, with each of its devices, on the first `images` images of its data set; 0 takes the study's count, or all.
/// With `check`, whose seed is replaced by the study's, tiles of every point are solved once more by another engine.
/// `maps` are tiles, and images, whose inside is wanted: of every point that has the tile.
/// @throws FileError, InputError; InputError if no scheme has a tile or image of `maps`, or arrays compute in charge; see read_network, read_dataset, make_plan, build_network, infer, cross_check.
RunResult run_study(const Study& study, Index images = 0, const Progress& progress = {},
                    const CrossCheckOptions& check = {}, std::span<const CheckedPair> maps = {});

} // namespace ohmloom
