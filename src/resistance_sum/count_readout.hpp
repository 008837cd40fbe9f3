#pragma once

#include "converters/adc_bank.hpp"
#include "converters/calibration.hpp"
#include "resistance_sum/discharge.hpp"

#include <string_view>

namespace ohmloom {

/// Counts clock ticks from `start` until the threshold is crossed. Crossings before the first and behind the last tick give the first and the
/// last code.
struct TimeCounter {
    int bits = 4;
    double start = 13e-9;     ///< [s] after the discharge begins
    double clock = 1e-9;      ///< [s]
    double jitter = 0.0;      ///< [s] rms, of every reading
    double start_sigma = 0.0; ///< [s] from column to column, thresholds' offsets included
};

/// @throws InputError naming the field, its value and what was expected.
void validate(const TimeCounter& counter);

/// Number of codes.
Index code_count(const TimeCounter& counter);

/// The counter as a converter of times.
AdcDesign converter_of(const TimeCounter& counter);

/// A counter of `bits` whose codes divide the times of nominal columns with `fewest` to `most` mismatches evenly.
TimeCounter counter_for(const ColumnDischarge& discharge, int bits, double fewest, double most);

/// Mismatches of a nominal column with a crossing time, within 0 and all. The inverse of ColumnDischarge::nominal_time.
double nominal_mismatches(const ColumnDischarge& discharge, double time);

/// A nominal column's mismatches in the middle of each code: what codes stand for if nothing else is known.
std::vector<double> nominal_values(const ColumnDischarge& discharge, const TimeCounter& counter);

/// What is known of an array's columns when codes are turned into mismatches.
enum class CountCalibration {
    none,   ///< nothing: codes stand for the nominal column's mismatches at their middle
    shared, ///< one table for all columns: the mean of the known counts that gave each code
    offset, ///< likewise, and each column's mean distance from it
    table,  ///< a table for each column
};

std::string_view name_of(CountCalibration kind);

/// How columns are read.
struct CountReadout {
    TimeCounter counter;
    double own_window =
        0.0; ///< [mismatches] if above 0, each column's codes cover so many around its mean time over the known vectors, instead of
             ///< the counter's start and clock
    CountCalibration calibration = CountCalibration::table;
    Index known_vectors = 256;   ///< for each column
    double cycle = 1.0 / 11.1e6; ///< [s] of reading all columns of an array once
};

/// @throws InputError naming the field, its value and what was expected.
void validate(const CountReadout& readout);

/// An array with its counters, calibrated.
struct CountingArray {
    SeriesArray array;
    AdcBank counters;
    CodeValues nominal;    ///< mismatches that codes stand for in each column if nothing is known of it
    CodeValues mismatches; ///< likewise, calibrated
    CalibrationCost cost;  ///< conversions are readings of one column
};

/// Makes an array with its counters and calibrates it by vectors whose counts are known, noise included: the rows of `known`, which all columns read
/// at once; or, if there are none, vectors for each column, with numbers of mismatches spread evenly over what the counter can see, at
/// random places. Codes that none gives keep their nominal value, moved as the column's others are on the mean.
CountingArray make_counting_array(const ColumnDischarge& discharge, const CountReadout& readout,
                                  const Signs& weights, std::uint64_t seed, std::uint32_t tile,
                                  const Signs& known = {});

} // namespace ohmloom
