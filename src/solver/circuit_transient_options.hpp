#pragma once

#include <cstdint>
#include <optional>

namespace ohmloom {

/// Thermal noise of all resistors in a transient.
///
/// Beside every resistor runs a current that is drawn anew every `step` and held: white noise of a two-sided density
/// 2 k T/R [A^2/Hz] up to about 1/(2 step), variance 2 k T/(R step). The transient takes one step of its own per draw and
/// does not control its error; choose `step` well below the time constants that matter. What is faster sees the band
/// that the draws have.
/// Draws are a pure function of the seed, the resistor's place in the circuit and the number of the draw.
/// Source: Nyquist, "Thermal agitation of electric charge in conductors", Phys. Rev. 32, 1928. doi:10.1103/PhysRev.32.110
struct ThermalNoise {
    double step = 0.0;           ///< [s] > 0
    std::uint64_t seed = 1;      ///< of all draws
    double temperature = 300.15; ///< [K] >= 0
};

/// How a transient keeps its error.
struct CircuitTransientOptions {
    double relative =
        1e-4;              ///< of an unknown's largest value so far, per step; of currents, ten times as much
    double voltage = 1e-6; ///< [V] of an error that does not matter
    double current = 1e-9; ///< [A] of an error that does not matter
    std::optional<double>
        fixed_step{}; ///< [s] all steps, but at corners of sources; errors are not looked at
    std::optional<ThermalNoise> noise{};
    std::int64_t max_steps = 10'000'000; ///< tried, after which the transient gives up
};

} // namespace ohmloom
