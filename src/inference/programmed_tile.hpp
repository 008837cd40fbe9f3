#pragma once

#include "array/programming.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace ohmloom {

class ResultCache; // base/result_cache.hpp

/// What the cells of a network are made of.
struct DeviceUse {
    std::shared_ptr<const DeviceModel>
        model;                        ///< none: ohmic cells that have exactly the conductances of the plan
    ProgrammingOptions programming{}; ///< its `tile` is replaced by each tile's number
    /// Multiplies each tile's outputs by drift_compensation(): right for virtual grounds, whose outputs go with the conductances.
    bool compensate_drift = false;
};

/// The cells of one tile as images find them.
struct ProgrammedTile {
    CellModel cell;
    Matrix<double> g, shape; ///< as in Crossbar
    ConductanceError error;
    double drift_compensation = 1.0;
};

/// Names all that decides what programming a network's cells makes of its targets: the card by its content, scheme and seed.
std::string programming_name(const DeviceUse& devices);

/// Names, behind programming_name(), what reading makes of the programmed cells: time, temperature, noise.
std::string reading_name(const DeviceUse& devices);

/// Programs and reads the cells of a tile by its number in the network; `devices` must have a model, and `programming` its name.
/// With `shared`, cells that others programmed, or read, just so are taken from there: neither wires nor what stands around the
/// array make a difference. The result is the same to the last bit.
/// @throws InputError as program_array().
std::shared_ptr<const ProgrammedTile> program_tile(const Matrix<double>& target, const DeviceUse& devices,
                                                   const std::string& programming, std::uint32_t tile,
                                                   const std::shared_ptr<ResultCache>& shared);

} // namespace ohmloom
