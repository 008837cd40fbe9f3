#pragma once

#include "inference/cross_check.hpp"
#include "inference/mixed_cost.hpp"
#include "inference/tile_map.hpp"
#include "study/study_file.hpp"

#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace ohmloom {

/// What can be wrong with a mixed-signal network, each with everything else as it should be.
enum class Flaw {
    devices,      ///< cells that are not what was asked, or not ohmic
    wires,        ///< their resistance
    drivers,      ///< row converters' bits and errors, and their output resistance
    stages,       ///< what the sense stages are instead of virtual grounds
    quantisation, ///< ideal converters of the same number of bits
    converters,   ///< converters as they are, quantisation included
    digital,      ///< the arithmetic behind ideal converters of the same number of bits
    // Of arrays that compute in charge, all with the codes' rounding of weights:
    weights,    ///< nothing else
    mismatch,   ///< of capacitors
    parasitics, ///< at the cells' nodes and on the columns, and the series capacitors that make up for them
    reset,      ///< what the reset switches leave: noise and injected charge
};
std::string_view name_of(Flaw flaw);

/// Accuracy with one flaw alone.
struct FlawAccuracy {
    Flaw flaw;
    double accuracy = 0.0;
};

/// Accuracy with the digital units in some arithmetic, everything else being as it is.
struct ArithmeticAccuracy {
    UnitArithmetic arithmetic;
    double accuracy = 0.0; ///< not a number if it has no room for the sums, as half precision above 65504
};

/// What a mixed-signal run tells beside what every run does.
struct MixedFigures {
    std::vector<FlawAccuracy> alone;
    std::vector<ArithmeticAccuracy> arithmetic; ///< fixed point and its twins; none without converters
    MixedCost cost;
    /// [layers] what the weighted sums miss of exact products for the same inputs, RMS over RMS; all layers together in the root mean square.
    std::vector<double> layer_product_error;
    double product_error = 0.0;
    double clipped = 0.0;        ///< share of the conversions whose input was beyond the range
    std::int64_t overflows = 0;  ///< of partial sums
    Index limited_registers = 0; ///< columns whose scale or offset the fixed units have no room for
    StepError unit_error;        ///< [output steps] of the fixed-point units, largest over the tiles
    /// [layers] of the fixed-point units over the calibration images, step by step [output steps]; none in other arithmetic.
    std::vector<PostProcessingError> layer_unit_error;
    std::vector<double> output_step; ///< [layers] weighted sum per output step
    /// All other flaws there. Not numbers where tables stand for the circuits, nor is any flaw alone tried there.
    double accuracy_without_wires = std::numeric_limits<double>::quiet_NaN(),
           accuracy_without_devices = std::numeric_limits<double>::quiet_NaN();
    /// What arrays that compute in charge are.
    struct Charge {
        double accuracy_ideal_capacitors = std::numeric_limits<
            double>::quiet_NaN(); ///< no mismatch and no parasitics, all other flaws there
        double capacitance = 0.0; ///< [F] of a column, mean: what converters sample
        double noise = 0.0;       ///< [V] rms of a sample, mean
    };
    std::optional<Charge> charge;
};

/// One scheme of a study with converters, and one device.
struct MixedRun {
    MixedInference inference;
    MixedFigures figures;                      ///< with the cost at the first sampling time
    std::vector<MixedCost> costs;              ///< [sampling times]
    std::vector<double> charging_power;        ///< [sampling times] [W]
    std::vector<ConductanceError> conductance; ///< [layers]
    std::optional<TablesUsed> tables;
    CrossCheck check;                  ///< of drawn tiles at the row voltages that ideal drivers give
    std::vector<TileMap> maps;         ///< likewise, of the tiles asked for
    std::vector<double> drift_factors; ///< [tiles] that the digital side makes up for drift with
};

/// Runs a network of a study that has converters. @throws InputError as build_mixed().
MixedRun run_mixed(const Study& study, const StudyDevice& device, const Network& trained,
                   std::span<const LayerPartition> partitions, const Matrix<double>& inputs,
                   const Matrix<double>& calibration_inputs, std::span<const std::uint8_t> labels,
                   const CrossCheckOptions& check = {}, std::span<const CheckedPair> maps = {});

} // namespace ohmloom
