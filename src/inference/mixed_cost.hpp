#pragma once

#include "inference/mixed_signal.hpp"

namespace ohmloom {

/// Multiplier and adder of a digital unit. Defaults of digital_cost(): 45 nm at 0.9 V, M. Horowitz, "Computing's energy problem (and what we
/// can do about it)", ISSCC 2014, doi:10.1109/ISSCC.2014.6757323; fixed point: the 8 bit multiplier and the 32 bit adder.
struct DigitalCost {
    OperationCost multiply, add;
};
DigitalCost digital_cost(UnitArithmetic arithmetic);

/// Times and sizes that costs follow from.
struct CostBasis {
    double read_time = 1e-9; ///< [s] that rows are driven for one phase
    double cell_area = 0.0;  ///< [m²] of one device; 0: not known
};

/// What a component costs per inference, and its size.
struct ComponentCost {
    double energy = 0.0; ///< [J]
    double area = 0.0;   ///< [m²]
};

/// Cost of one inference by component.
struct MixedCost {
    ComponentCost arrays;     ///< cells, wires and drivers' resistances
    ComponentCost capacitors; ///< of arrays that compute in charge, CV² of all cycles; no area is counted
    ComponentCost stages;     ///< resistors of the sense stages; no area is counted
    ComponentCost dac, adc;
    ComponentCost
        digital; ///< a unit per column: one multiplication and one addition per code, and the additions of partial sums
    double latency =
        0.0; ///< [s] layers one after the other: phases of the rows, and the conversions of columns that share a converter
    [[nodiscard]] ComponentCost total() const;
};

/// Mean power that charging takes, of all layers, each for its own part of the time, with rows driven for `read_time` [s] a phase. [W]
double charging_power(const MixedNetwork& mixed, const MixedInference& inference, double read_time);

/// Costs of a network with the mean power of the images it ran.
MixedCost mixed_cost(const MixedNetwork& mixed, const MixedInference& inference, const CostBasis& basis,
                     const DigitalCost& digital);

} // namespace ohmloom
