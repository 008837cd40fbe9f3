#pragma once

#include "devicemodels/device_model.hpp"

#include <cstdint>

namespace ohmloom {

/// A normal deviate for one of the steps that a pulse or waveform, the `event`, is made of.
///
/// A draw has 24 bits. The first 256 steps share them with 16 bits of the event; the later ones, up to 4096, are drawn beside
/// a device's variation, whose own draws are the first few, and repeat only after 4096 events.
inline double step_noise(const DeviceDraws& draws, std::uint32_t event, std::uint32_t step) {
    if (step < 256) return draws.normal(RandomPurpose::device_programming, (event & 0xffffU) + (step << 16));
    return draws.normal(RandomPurpose::device_variation, ((event & 0xfffU) << 12) + step);
}

} // namespace ohmloom
