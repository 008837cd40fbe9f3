#include "resistance_sum/column_figures.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ohmloom {

ColumnFigures column_figures(const SeriesColumnDesign& design, Index cells, const TimeCounter& counter,
                             Index columns, std::uint64_t seed) {
    const ColumnDischarge discharge(design, cells);
    validate(counter);
    ColumnFigures figures;
    for (Index m = 0; m <= cells; ++m) {
        figures.nominal_times.push_back(discharge.nominal_time(static_cast<double>(m)));
        figures.spread.push_back(predicted_spread(discharge, m));
    }
    const std::vector<TimeSpread>& spread = figures.spread;
    figures.step =
        (figures.nominal_times.back() - figures.nominal_times.front()) / static_cast<double>(cells);
    const double line = (spread.back().mean - spread.front().mean) / static_cast<double>(cells);
    for (Index m = 0; m <= cells; ++m) {
        const double distance =
            (spread[static_cast<std::size_t>(m)].mean - spread.front().mean) / line - static_cast<double>(m);
        figures.inl = std::max(figures.inl, std::abs(distance));
    }
    figures.shortest = spread.front().mean - 3.0 * spread.front().sigma;
    figures.longest = spread.back().mean + 3.0 * spread.back().sigma;
    const std::vector<double> middle(static_cast<std::size_t>(cells),
                                     0.5 * (design.low.mean + design.high.mean));
    const DischargeModes modes = discharge_modes(design, middle);
    const double exact = crossing_time(design, modes);
    figures.single_pole_error = single_pole_estimate(design, middle) / exact - 1.0;
    figures.capacitance = std::accumulate(modes.charge.begin(), modes.charge.end(), 0.0);
    figures.full_energy = figures.capacitance * design.precharge * design.precharge;
    figures.read_energy = charge_taken(modes, exact) * design.precharge * design.precharge;
    figures.predicted = predicted_chances(discharge, counter);
    figures.measured = measured_chances(discharge, counter, columns, seed);
    figures.predicted_error = count_error(discharge, counter, figures.predicted);
    figures.measured_error = count_error(discharge, counter, figures.measured);
    return figures;
}

} // namespace ohmloom
