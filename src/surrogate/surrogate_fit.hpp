#pragma once

#include "array/crossbar.hpp"
#include "readout/readout_stage.hpp"
#include "solver/array_solver.hpp"
#include "surrogate/tile_surrogate.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ohmloom {

/// A tile as it is to be replaced: its array, with the resistances of its stages at the ends of its lines (attach_stages), and the stages.
struct SurrogateTile {
    Crossbar crossbar;
    std::vector<StagePort> stages;
    std::uint32_t number = 0; ///< names its random points
};

/// Which voltages the rows take.
struct RowRanges {
    std::vector<double> v_low, v_high; ///< [rows] [V]
};

struct SurrogateOptions {
    double max_error = 2e-3; ///< largest error asked for, as a part of the outputs' span; > 0
    Index max_points = 6000; ///< most operating points of the circuit to make it from, checks included
    std::uint64_t seed = 1;
};

/// How far a surrogate is from its circuit on points that it was not made from.
struct SurrogateError {
    double largest = 0.0;   ///< [V] of any output at any point
    double rms = 0.0;       ///< [V] over outputs and points
    double power_rms = 0.0; ///< of the whole power, relative to its mean
    Index points = 0;
};

struct SurrogateFit {
    TileSurrogate surrogate;
    std::string form;      ///< in words
    double span = 0.0;     ///< [V] between the largest and the smallest output of all points
    SurrogateError drawn;  ///< on points drawn over the rows' ranges
    SurrogateError given;  ///< on given points, if there are any
    bool reached = false;  ///< largest errors are within max_error·span
    Index points_used = 0; ///< of the circuit, checks included
    double residual = 0.0; ///< largest KCL residual of these
    bool converged = true; ///< all of them
    double circuit_time = 0.0,
           table_time = 0.0; ///< [s] an operating point takes on one thread, with its power, in batches
};

/// Row voltages [count x rows] [V] over the rows' ranges: rows at rest (0 V, or the end of the range that is nearest) or, with a probability that
/// differs from point to point, anywhere between there and a part of the range that differs likewise; in every third point at the ends of that part. Points `first` and on of the tile's sequence.
Matrix<double> draw_row_voltages(const RowRanges& ranges, Index count, const SurrogateOptions& options,
                                 std::uint32_t tile, Index first = 0);

/// Makes the least form that meets the error asked for: each row's own polynomial with products of line moments of one mode, two, three,
/// then more of them; with ever more points, up to the most. What is closest is given if none meets it.
///
/// `given` [points x rows] are row voltages that matter, such as those of images; the first fourth of them, at most 500, checks, as 1000 drawn points do.
/// Least squares against operating points of the circuit (StagedArray) with all outputs at once: additive terms are common to them.
/// @throws InputError if options or ranges are not valid, or a range takes a cell beyond its law.
SurrogateFit fit_surrogate(const SurrogateTile& tile, const RowRanges& ranges, const Matrix<double>& given,
                           const SurrogateOptions& options = {}, const SolveOptions& solver = {});

} // namespace ohmloom
