#pragma once

#include "resistance_sum/count_readout.hpp"

namespace ohmloom {

/// Mean and standard deviation of the crossing time of columns with a number of mismatches, over all columns that could be made and all places
/// of the mismatches. [s]
struct TimeSpread {
    double mean = 0.0;
    double sigma = 0.0;
};

/// From the spreads alone, to second order in the resistances' distances from their mean: with w_i = ∂t/∂R_i and h_i = ∂²t/∂R_i² of the
/// column with mean resistances, m of N cells mismatched, Δ = high − low, p = m/N, s² = (1 − p)·σ_low² + p·σ_high²,
///
///     σ_t² = s²·Σ w_i² + Δ²·p·(1 − p)·N/(N − 1)·Σ (w_i − w̄)²,     mean = t + ½·(s² + Δ²·p·(1 − p)·N/(N − 1))·Σ h_i
///
/// The first term is the resistances' own spread, √(m·σ_high² + (N − m)·σ_low²) where all w_i are equal; the second is where the mismatches are, which
/// a column with all its capacitance at the sensed end does not see.
TimeSpread predicted_spread(const ColumnDischarge& discharge, Index mismatches);

/// Chances of codes [cells + 1 x codes] for 0 … all mismatches.
using CodeChances = Matrix<double>;

/// Of normal crossing times with the predicted spread, the counter's jitter and its spread of start on top.
CodeChances predicted_chances(const ColumnDischarge& discharge, const TimeCounter& counter);

/// Likewise, counted: for every number of mismatches so many columns are made, with mismatches at random places, and read.
CodeChances measured_chances(const ColumnDischarge& discharge, const TimeCounter& counter, Index columns,
                             std::uint64_t seed);

/// How well codes tell mismatches, all numbers of them equally likely, when each code stands for the nominal column's.
struct CountError {
    double exact = 0.0; ///< part of the readings whose rounded count is right
    double near = 0.0;  ///< or wrong by at most one
    double rms = 0.0;   ///< counts
    double mean = 0.0;  ///< counts, read − true
};
CountError count_error(const ColumnDischarge& discharge, const TimeCounter& counter,
                       const CodeChances& chances);

} // namespace ohmloom
