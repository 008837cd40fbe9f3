#pragma once

#include "solver/nodal_system.hpp"

namespace ohmloom {

/// `.ac`: the operating point, then one complex system per frequency of the circuit linearised there.
Waveforms small_signal(NodalSystem& system, const AcAnalysis& analysis);

} // namespace ohmloom
