#pragma once

#include "base/matrix.hpp"
#include "devicemodels/device_model.hpp"

#include <cstdint>

namespace ohmloom {

/// Devices at the crossings of an array, each with what it remembers.
struct DeviceArray {
    const DeviceModel* model = nullptr; ///< of all of them
    Matrix<DeviceState> state;          ///< [rows x lines]
    Matrix<std::uint8_t> present;       ///< [rows x lines] 0: there is no cell, and nothing conducts
    double temperature = 300.0;         ///< [K]
    std::uint64_t seed = 1;
    std::uint32_t tile = 0;

    /// All the chance in the life of one of them.
    [[nodiscard]] DeviceDraws draws(Index row, Index line) const {
        return {seed, {tile, static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(line)}};
    }
    /// What one in the state `now` is to the array.
    [[nodiscard]] CellNumbers numbers(const DeviceState& now) const {
        return model->aged(now, {0.0, temperature});
    }
};

/// The first event of a device's life that make_devices() leaves unused.
inline constexpr std::uint32_t first_free_event = 1001;

/// Sets the states of all devices that are present: fresh ones, carefully programmed to `initial` [S] where that is given.
/// `initial` is [rows x lines], or empty: all stay fresh; so do those whose entry is 0.
/// @throws InputError if a device cannot be programmed to a conductance.
void make_devices(DeviceArray& devices, const Matrix<double>& initial);

} // namespace ohmloom
