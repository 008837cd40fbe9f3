#pragma once

#include "resistance_sum/count_confusion.hpp"

namespace ohmloom {

/// What a design of columns and counters comes to.
struct ColumnFigures {
    std::vector<double>
        nominal_times; ///< [cells + 1] [s] of columns with the mean resistances of 0 … all mismatches
    double step = 0.0; ///< [s] of one mismatch: the line through the first and the last
    double inl =
        0.0; ///< [counts] largest distance of the mean times from the line through their first and last
    double single_pole_error = 0.0; ///< relative, of the quick estimate at half mismatches
    std::vector<TimeSpread> spread; ///< [cells + 1] predicted
    double shortest = 0.0,
           longest = 0.0; ///< [s] mean without and with all mismatches, three standard deviations beyond
    CodeChances predicted, measured; ///< [cells + 1 x codes]
    CountError predicted_error, measured_error;
    double capacitance = 0.0; ///< [F] of a column
    double full_energy = 0.0; ///< [J] from the supply for a column that is discharged to 0 V: C·V²
    double read_energy =
        0.0; ///< [J] likewise, if discharge stops at the crossing; half of the cells mismatch
};

/// `columns`: that are made and read for every number of mismatches.
ColumnFigures column_figures(const SeriesColumnDesign& design, Index cells, const TimeCounter& counter,
                             Index columns, std::uint64_t seed);

} // namespace ohmloom
