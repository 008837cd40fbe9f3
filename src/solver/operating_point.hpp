#pragma once

#include "solver/nodal_system.hpp"

#include <string>

namespace ohmloom {

/// How an operating point was found, or why it was not.
struct PointOutcome {
    bool converged = false;
    int iterations = 0;
    std::string message; ///< "" if there is nothing to say
};

/// Takes a circuit to its operating point from where it is: Newton, then gmin stepping, then source stepping. If none of
/// them gets there, it stays where it was. Of the drive, the sources'
/// instant, held nodes and the conductances to ground count.
PointOutcome find_operating_point(NodalSystem& system, const CircuitDrive& drive = {});

/// find_operating_point() as a row of waveforms.
void solve_point(NodalSystem& system, Waveforms& waveforms, Index point);

/// `.op`.
Waveforms operating_point(NodalSystem& system);

} // namespace ohmloom
