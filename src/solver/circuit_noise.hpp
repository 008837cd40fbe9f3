#pragma once

#include "solver/circuit_transient_options.hpp"
#include "solver/nodal_system.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ohmloom {

/// The thermal noise currents of a circuit's resistors, draw by draw; see ThermalNoise.
class CircuitNoise {
public:
    /// @throws InputError if the step or the temperature is out of range.
    CircuitNoise(const NodalSystem& system, const ThermalNoise& noise);

    /// Overwrites `injected` [unknowns] by the currents into the nodes during draw number `draw`. [A]
    void draw(std::uint64_t draw, std::span<double> injected) const;

private:
    struct Source {
        Index a, b;
        double deviation;    ///< [A]
        std::uint32_t place; ///< of the resistor among the elements
    };
    std::vector<Source> sources_;
    std::uint64_t seed_;
};

} // namespace ohmloom
