#pragma once

#include "circuit/spice_deck.hpp"
#include "devicemodels/device_model.hpp"
#include "lut/lut.hpp"
#include "lut/refined_table.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ohmloom::cli {

/// What tables are made of: built from words, which stand in a table's notes, so that the same can be built again to check it.
struct LutSource {
    std::string
        made_by; ///< "device iv", "device pulse", "neuron", "stage", "curve"; or "levels", "array", "adc"
    std::string file;                 ///< card, study, deck or array
    std::vector<std::string> changes; ///< of a card, NAME=VALUE
    std::string temperature;
    std::uint32_t seed = 1;       ///< of a device's chance
    std::string v_low, v_high;    ///< of I–V and neurons
    std::string i_scale = "100u"; ///< of stages
    long states = 9, devices = 64;
    std::vector<std::string> amplitudes, widths; ///< of pulses
    std::vector<std::string> sweeps;             ///< of a circuit: NAME FROM TO, one after the other
    std::string node;                            ///< of a circuit
    long levels = 0;                             ///< of programming
    bool single_shot = false;
    double tolerance = 0.02;      ///< of write-verify
    std::string v_scale = "1";    ///< of an array's points
    std::string input_unit = "V"; ///< of converters
    long columns = 64, conversions = 16;
    std::uint32_t tile = 0;
};

/// A function for a table, with what it stands on.
struct BuiltSource {
    RefinedFunction function;
    std::string text; ///< of the file it is from, "" of a built-in card
    std::shared_ptr<const DeviceModel> device;
    std::shared_ptr<const SpiceDeck> deck;
};

/// @throws InputError or FileError for what cannot be built; notes of the function name the source.
BuiltSource build_source(const LutSource& source);

/// Whether its tables are not refined, but exact or counted: levels, arrays and converters.
bool is_exact(const LutSource& source);

/// The tables of such a source, with errors on points of `check_seed`; their notes name the source.
/// @throws as build_source().
std::vector<Lut> build_tables(const LutSource& source, Index max_points, Index check_points,
                              std::uint32_t check_seed);

/// The source of a table that was made by one of these; none if it was not.
std::optional<LutSource> source_of(const Lut& table);

/// All of a text file. @throws FileError.
std::string text_of_file(const std::filesystem::path& file);

} // namespace ohmloom::cli
