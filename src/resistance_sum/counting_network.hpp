#pragma once

#include "base/progress.hpp"
#include "network/network.hpp"
#include "resistance_sum/count_readout.hpp"

#include <optional>
#include <vector>

namespace ohmloom {

/// Arrays that a binary network is put on.
struct CountingCircuit {
    SeriesColumnDesign column;
    CountReadout readout;
    Index cells = 64;   ///< in series, of every column
    Index columns = 64; ///< of an array: cycles count arrays, columns of one are read at once
    std::uint64_t seed = 1;
};

/// Columns of one layer: inputs in parts of at most `cells`, as even as can be, each with one column per output. Cells that are left over have the weight +1 and the
/// input ±1 in turn, which is taken off the count.
struct CountingLayer {
    std::vector<Index> first_input;   ///< [parts + 1]
    std::vector<CountingArray> parts; ///< [parts], all outputs
};

/// A network of weights −1 and +1 on arrays of series columns. The first layer's inputs 0 and 1 are columns' inputs −1 and +1:
/// Σ w·x = (Σ w·(2·x − 1) + Σ w) / 2, so that the network stays what it is in software. Counts of all parts are added digitally; biases,
/// normalisation and activations are digital.
struct CountingNetwork {
    CountingCircuit circuit;
    Network network;
    ColumnDischarge discharge;
    std::vector<CountingLayer> layers;
};

/// `known` [images x inputs], of 0 and 1, calibrates all layers, each by what exact arithmetic hands on to it; none: vectors at random.
/// @throws InputError unless weights are binary, inputs binarised, and hidden layers hand on signs.
CountingNetwork build_counting_network(const Network& network, const CountingCircuit& circuit,
                                       const Matrix<double>& known = {});

/// What happened in one layer.
struct CountingLayerReport {
    Index parts = 0, arrays = 0; ///< of inputs; arrays of `cells` x `columns` that its columns fill
    Index readings = 0;          ///< of columns
    double count_rms = 0.0;      ///< [counts] read − true, over all readings
    double count_mean = 0.0;     ///< [counts]
    double raw_rms = 0.0; ///< [counts] of the same codes with the nominal column's table: without calibration
    double beyond = 0.0;  ///< part of the readings with the counter's first or last code
    double changed =
        0.0; ///< part of the layer's outputs (signs, or the class) that differ from those of exact counts on the same inputs
    double mean_time = 0.0;   ///< [s] of the crossings
    double read_energy = 0.0; ///< [J] per image, columns recharged after the crossing
    double full_energy = 0.0; ///< [J] per image, columns discharged to 0 V
};

struct CountingInference {
    Matrix<double> scores; ///< [images x outputs] of the last layer; the class is the largest
    std::vector<CountingLayerReport> layers;
};

/// Runs the images [images x inputs], of 0 and 1.
CountingInference infer_counting(const CountingNetwork& counting, const Matrix<double>& inputs,
                                 const Progress& progress = {});

/// Cycles for one image if every column has an array of its own: one per layer; and if one array serves all, rewritten in between: one per array.
struct CountingCycles {
    Index parallel = 0, serial = 0;
};
CountingCycles counting_cycles(const CountingNetwork& counting);

/// What calibrating all arrays takes.
CalibrationCost calibration_cost(const CountingNetwork& counting);

} // namespace ohmloom
