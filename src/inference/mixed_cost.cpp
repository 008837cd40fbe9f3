#include "inference/mixed_cost.hpp"

#include <algorithm>

namespace ohmloom {

namespace {

constexpr double pico = 1e-12; // joule, and square micrometres in square metres

/// Conversions, phases and sizes of one layer.
struct LayerWork {
    double samples = 0.0; ///< conversions per image
    double columns = 0.0; ///< of all tiles
    double converters = 0.0;
    double rows = 0.0; ///< of all tiles
    double dacs = 0.0;
    double devices = 0.0;
    double phases = 1.0;        ///< one after the other
    double per_converter = 0.0; ///< conversions of the busiest converter per image
};

double groups_of(Index count, Index sharing) {
    const Index groups = (count + sharing - 1) / sharing;
    return static_cast<double>(groups);
}

LayerWork work_of(const MixedLayer& layer, const MixedReadout& readout) {
    LayerWork work;
    work.phases = static_cast<double>(layer.conversions); // bit by bit, and sign by sign
    for (const MixedTile& tile : layer.tiles) {
        const Index outputs = tile.circuit.outputs, rows = tile.circuit.rows;
        work.samples += work.phases * static_cast<double>(outputs);
        work.columns += static_cast<double>(outputs);
        work.rows += static_cast<double>(rows);
        work.devices += static_cast<double>(tile.circuit.devices);
        if (readout.adc) {
            work.converters += groups_of(outputs, readout.adc->sharing);
            work.per_converter =
                std::max(work.per_converter,
                         work.phases * static_cast<double>(std::min(outputs, readout.adc->sharing)));
        }
        if (readout.dac) work.dacs += groups_of(rows, readout.dac->sharing);
    }
    return work;
}

} // namespace

DigitalCost digital_cost(UnitArithmetic arithmetic) {
    switch (arithmetic) {
    case UnitArithmetic::fp16:
        return {{1.1 * pico, 1640.0 * pico}, {0.4 * pico, 1360.0 * pico}};
    case UnitArithmetic::fp32:
    case UnitArithmetic::exact:
        return {{3.7 * pico, 7700.0 * pico}, {0.9 * pico, 4184.0 * pico}};
    case UnitArithmetic::fixed:
        break;
    }
    return {{0.2 * pico, 282.0 * pico}, {0.1 * pico, 137.0 * pico}};
}

ComponentCost MixedCost::total() const {
    ComponentCost sum;
    for (const ComponentCost& part : {arrays, capacitors, stages, dac, adc, digital}) {
        sum.energy += part.energy;
        sum.area += part.area;
    }
    return sum;
}

double charging_power(const MixedNetwork& mixed, const MixedInference& inference, double read_time) {
    double power = 0.0;
    for (std::size_t l = 0; l < mixed.layers.size(); ++l)
        power +=
            inference.layers[l].charging / (static_cast<double>(mixed.layers[l].conversions) * read_time);
    return power;
}

MixedCost mixed_cost(const MixedNetwork& mixed, const MixedInference& inference, const CostBasis& basis,
                     const DigitalCost& digital) {
    MixedCost cost;
    const MixedReadout& readout = mixed.readout;
    for (std::size_t l = 0; l < mixed.layers.size(); ++l) {
        const MixedLayer& layer = mixed.layers[l];
        const LayerWork work = work_of(layer, readout);
        const PowerBreakdown& power = inference.layers[l].power;
        const double driven = work.phases * basis.read_time;
        cost.latency += driven;
        cost.arrays.energy += driven * (power.cells + power.wires);
        cost.capacitors.energy += inference.layers[l].charging;
        cost.stages.energy += driven * power.stages;
        cost.arrays.area += basis.cell_area * work.devices;
        if (readout.dac) {
            cost.dac.energy += work.phases * work.rows * readout.dac_cost.energy;
            cost.dac.area += work.dacs * readout.dac_cost.area;
        }
        if (!readout.adc) continue;
        const ConverterCost& converter = readout.adc->cost;
        cost.latency += work.per_converter / converter.sample_rate;
        cost.adc.energy += work.samples * conversion_energy(converter, readout.adc->bits);
        cost.adc.area += work.converters * converter_area(converter, readout.adc->bits);
        for (const MixedTile& tile : layer.tiles) {
            cost.digital.area += tile.calibration.area;
            cost.digital.energy += tile.calibration.energy_per_conversion * work.phases *
                                   static_cast<double>(tile.circuit.outputs);
        }
        // A code is scaled and offset; all but one of an output's numbers are added to another one.
        const double additions = 2.0 * work.samples - static_cast<double>(layer.outputs);
        cost.digital.energy += work.samples * digital.multiply.energy + additions * digital.add.energy;
        cost.digital.area += work.columns * (digital.multiply.area + 2.0 * digital.add.area);
    }
    return cost;
}

} // namespace ohmloom
