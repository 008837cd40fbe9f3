#pragma once

#include "devicemodels/device_model.hpp"

namespace ohmloom {

/// Phase-change cells described by the statistics of what programming leaves (`PcmStatistics`).
///
/// Single-shot programming draws one conductance from the published distribution, which is already that of an iterative
/// scheme; write-verify draws again until it is within the tolerance. Voltage pulses below programming change nothing.
DeviceKind statistical_pcm_kind();

} // namespace ohmloom
