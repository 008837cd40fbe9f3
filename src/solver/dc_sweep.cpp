#include "solver/dc_sweep.hpp"

#include "solver/operating_point.hpp"

#include <cmath>
#include <optional>
#include <string>
#include <vector>

namespace ohmloom {

std::vector<double> sweep_values(const SourceSweep& sweep) {
    const auto steps = static_cast<std::size_t>(std::floor((sweep.stop - sweep.start) / sweep.step + 1e-9));
    std::vector<double> values;
    for (std::size_t k = 0; k <= steps; ++k)
        values.push_back(sweep.start + static_cast<double>(k) * sweep.step);
    return values;
}

Waveforms sweep(NodalSystem& system, const DcAnalysis& analysis) {
    std::vector<double> inner = sweep_values(analysis.sweeps.front());
    std::vector<double> outer{0.0};
    const bool is_nested = analysis.sweeps.size() > 1;
    if (is_nested) outer = sweep_values(analysis.sweeps[1]);
    std::vector<double> axis, outer_axis;
    for (const double value : outer) {
        axis.insert(axis.end(), inner.begin(), inner.end());
        if (is_nested) outer_axis.insert(outer_axis.end(), inner.size(), value);
    }
    const char unit = analysis.sweeps.front().source.front() == 'v' ? 'V' : 'A';
    Waveforms waveforms = system.make_waveforms("dc", "sweep", std::string(1, unit), axis);
    waveforms.outer = outer_axis;
    std::vector<std::optional<double>> before;
    for (const SourceSweep& sweep : analysis.sweeps) {
        before.push_back(system.set_source(sweep.source, std::nullopt));
    }
    system.forget();
    for (std::size_t p = 0; p < axis.size(); ++p) {
        system.set_source(analysis.sweeps[0].source, axis[p]);
        if (is_nested) system.set_source(analysis.sweeps[1].source, outer_axis[p]);
        solve_point(system, waveforms, static_cast<Index>(p));
    }
    for (std::size_t s = 0; s < analysis.sweeps.size(); ++s)
        system.set_source(analysis.sweeps[s].source, before[s]);
    system.forget();
    return waveforms;
}

} // namespace ohmloom
