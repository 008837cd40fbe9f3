#pragma once

#include "solver/nodal_system.hpp"

namespace ohmloom {

/// `.dc`: each operating point from the one before; afterwards the circuit's sources are as they were.
/// @throws InputError if a swept source is none of the circuit's.
Waveforms sweep(NodalSystem& system, const DcAnalysis& analysis);

} // namespace ohmloom
