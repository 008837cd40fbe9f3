#pragma once

#include "converters/adc_design.hpp"
#include "converters/calibration.hpp"
#include "converters/dac.hpp"
#include "converters/range_setting.hpp"
#include "digital/post_processing.hpp"
#include "inference/row_drive.hpp"

#include <cstdint>
#include <optional>

namespace ohmloom {

/// Where the scale and offset come from by which the digital unit makes a weighted sum of a column's codes.
enum class Correction {
    design, ///< one scale for all columns, from ideal arrays: nothing is measured
    column, ///< scale and offset of every column, by least squares over the calibration images
};

/// What one operation costs, and the circuit that does it.
struct OperationCost {
    double energy = 0.0; ///< [J]
    double area = 0.0;   ///< [m²]
};

/// What stands around the arrays of a mixed-signal network: every tile has its own converters, and partial sums are digital.
struct MixedReadout {
    std::optional<DacDesign> dac; ///< none: rows take any voltage
    RowInput input = RowInput::level;
    RowSigns signs = RowSigns::two_phases; ///< of layers whose inputs can be below 0
    double input_percentile = 100.0; ///< of a ReLU's outputs for the calibration images that rows must reach
    OperationCost dac_cost{};        ///< of one conversion, and of one DAC

    std::optional<AdcDesign> adc; ///< none: stage outputs are known exactly, and digital arithmetic is exact
    RangeSetting range{RangeScope::layer}; ///< from the stage outputs for the calibration images
    Calibration calibration{};

    UnitArithmetic arithmetic = UnitArithmetic::exact;
    PostProcessingDesign unit{}; ///< its ReLU is the network's, where nothing is added behind the unit
    int input_bits = 0;          ///< codes of fewer bits are shifted to the top of so many; 0: as they are
    int accumulator_bits = 0;    ///< of the fixed unit's partial sums; 0: as many as they can need
    Correction correction = Correction::design;

    std::uint64_t seed = 1; ///< of everything drawn for converters
};

/// Bits of the numbers that reach the digital unit: the converters' and a calibration's guard bits, or `input_bits` if they are more.
int unit_input_bits(const MixedReadout& readout);

} // namespace ohmloom
