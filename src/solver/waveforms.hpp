#pragma once

#include "base/matrix.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ohmloom {

/// What a transient took.
struct TransientWork {
    std::int64_t steps = 0;          ///< accepted
    std::int64_t rejected = 0;       ///< too coarse, not converged, or shortened to where a switch is thrown
    std::int64_t iterations = 0;     ///< of Newton, over all stages
    std::int64_t factorisations = 0; ///< of the matrix
};

/// What an analysis found: signals over one axis.
struct Waveforms {
    std::string analysis;      ///< "op", "dc", "ac" or "tran"
    std::string axis_name;     ///< "point", "sweep", "frequency" or "time"
    std::string axis_unit;     ///< "1", "V", "A", "Hz" or "s"
    std::vector<double> axis;  ///< [points]
    std::vector<double> outer; ///< [points] value of the second source of a DC analysis; empty: there is none
    std::vector<std::string> signals;    ///< "v(node)" or "i(element)", in the names of flatten()
    Matrix<double> values;               ///< [points x signals] [V or A]; NaN where a point did not converge
    Matrix<double> imaginary;            ///< [points x signals] [V or A] of an AC analysis; else empty
    std::vector<bool> converged;         ///< [points]
    std::vector<int> iterations;         ///< [points] Newton steps; empty if the engine does not tell
    double output_step = 0.0;            ///< [s] that a transient was asked for; else 0
    std::optional<TransientWork> work{}; ///< of a transient, if the engine tells
    std::string message;                 ///< how hard it was, or why it failed; "" if there is nothing to say

    [[nodiscard]] bool all_converged() const {
        for (const bool is_converged : converged) {
            if (!is_converged) return false;
        }
        return !converged.empty();
    }
};

} // namespace ohmloom
