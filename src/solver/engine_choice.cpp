#include "solver/engine_choice.hpp"

#include "solver/lanes.hpp"
#include "solver/line_modes.hpp"
#include "solver/line_system.hpp"

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

/// Nanoseconds per cell. The constants are fits to measurements on one core with AVX-512; only their ratios matter here, and near the
/// crossover either engine will do.
struct CellTime {
    double once;       ///< for the array
    double per_vector; ///< for each operating point
};

/// Condensing takes a front as long as the shorter side through the array.
CellTime condense_time(const LineSystem& system) {
    const auto shorter = static_cast<double>(std::min(system.rows, system.lines));
    return {50.0 * std::sqrt(shorter) + 150.0, 14.0};
}

/// Passes and iterations grow with the coupling ρ of the lines: the error of each is a power of one polynomial in 1/√(1 − ρ), which
/// the correction by modes flattens.
CellTime lines_time(const LineSystem& system, Index batch) {
    constexpr double once = 10.0;
    if (system.rows_merged || system.cols_merged) return {once, 10.0};
    // Beyond the second cache every pass waits for memory.
    constexpr double cells_in_cache = 3e4;
    const bool in_cache = static_cast<double>(system.rows * system.lines) < cells_in_cache;
    const double rho = std::min(estimate_contraction(system, system.g), 1.0 - 1e-9);
    const double spread = std::pow(1.0 - rho, -0.6);
    const double one_by_one = (3.0 + 2.0 * spread) * (in_cache ? 5.5 : 9.0);
    constexpr double most_passes = 25.0;
    const double passes = 3.0 + 2.3 * spread;
    if (batch < lane_count || passes > most_passes) return {once, one_by_one};
    return {once, std::min(one_by_one, passes * (in_cache ? 1.9 : 3.5))};
}

} // namespace

Engine choose_engine(const Crossbar& crossbar, Index batch) {
    if (!is_linear(crossbar.cell)) return Engine::lines;
    // Shorts and lines that are joined here and there are at home in condense.
    if (!is_line_system(crossbar)) return Engine::condense;
    const LineSystem system = make_line_system(crossbar);
    const CellTime lines = lines_time(system, batch), condense = condense_time(system);
    const auto vectors = static_cast<double>(batch);
    const bool lines_is_faster =
        lines.once + vectors * lines.per_vector < condense.once + vectors * condense.per_vector;
    return lines_is_faster ? Engine::lines : Engine::condense;
}

} // namespace ohmloom
