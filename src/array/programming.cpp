#include "array/programming.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ohmloom {

namespace {

/// All the chance in the life of one cell.
DeviceDraws draws_of(const ProgrammingOptions& options, Index row, Index line) {
    return {options.seed, {options.tile, static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(line)}};
}

} // namespace

void require_targets(const Matrix<double>& target, const DeviceModel& device, bool cut,
                     std::string_view what) {
    constexpr double slack = 1e-9; // a target that came through other units
    const double low = device.g_min() * (1.0 - slack), high = device.g_max() * (1.0 + slack);
    for (Index r = 0; r < target.rows(); ++r) {
        for (Index l = 0; l < target.cols(); ++l) {
            const double g = target(r, l);
            if (!std::isfinite(g) || g < 0.0 || (!cut && g != 0.0 && (g < low || g > high))) {
                throw InputError(fmt::format("the {} g[{}, {}] is {} S, but {} goes from {} S to {} S", what,
                                             r, l, g, device.card().name, device.g_min(), device.g_max()));
            }
        }
    }
}

ProgrammedCells program_cells(const Matrix<double>& target, const DeviceModel& device,
                              const ProgrammingOptions& options, bool cut) {
    require_targets(target, device, cut);
    const Index rows = target.rows(), lines = target.cols();
    ProgrammedCells cells{target, Matrix<DeviceState>(rows, lines), Matrix<std::int32_t>(rows, lines),
                          Matrix<double>(rows, lines), Matrix<std::uint8_t>(rows, lines)};
    parallel_for(rows, [&](Index r) {
        for (Index l = 0; l < lines; ++l) {
            if (target(r, l) == 0.0) continue;
            const DeviceDraws draws = draws_of(options, r, l);
            const double wanted = std::clamp(target(r, l), device.g_min(), device.g_max());
            // Event 0 made the fresh device.
            const Programmed cell = device.program(device.fresh(draws), wanted, options.scheme, draws, 1);
            cells.state(r, l) = cell.state;
            cells.pulses(r, l) = cell.pulses;
            cells.energy(r, l) = cell.energy;
            cells.reached(r, l) = cell.reached ? 1 : 0;
        }
    });
    return cells;
}

ProgrammedArray read_cells(const ProgrammedCells& cells, const DeviceModel& device,
                           const ProgrammingOptions& options) {
    const Index rows = cells.asked.rows(), lines = cells.asked.cols();
    ProgrammedArray result;
    result.cell = device.law(options.read.temperature);
    result.asked = cells.asked;
    result.got = result.g = result.shape = Matrix<double>(rows, lines);
    result.pulses = cells.pulses;
    result.energy = cells.energy;
    result.reached = cells.reached;
    parallel_for(rows, [&](Index r) {
        for (Index l = 0; l < lines; ++l) {
            if (cells.asked(r, l) == 0.0) continue;
            const DeviceState& state = cells.state(r, l);
            const CellNumbers now =
                options.read_noise
                    ? read_device(device, state, options.read, draws_of(options, r, l), options.read_number)
                    : device.aged(state, options.read);
            result.got(r, l) = state.g;
            result.g(r, l) = now.g;
            result.shape(r, l) = now.shape;
        }
    });
    const auto& shapes = result.shape.values();
    if (std::all_of(shapes.begin(), shapes.end(), [](double shape) { return shape == 0.0; }))
        result.shape = {};
    return result;
}

ProgrammedArray program_array(const Matrix<double>& target, const DeviceModel& device,
                              const ProgrammingOptions& options, bool cut) {
    return read_cells(program_cells(target, device, options, cut), device, options);
}

Crossbar with_devices(Crossbar crossbar, ProgrammedArray programmed) {
    crossbar.cell = std::move(programmed.cell);
    crossbar.g = std::move(programmed.g);
    crossbar.shape = std::move(programmed.shape);
    return crossbar;
}

ConductanceError conductance_error(const ProgrammedArray& programmed) {
    ConductanceError error;
    double sum = 0.0, squares = 0.0;
    for (Index r = 0; r < programmed.asked.rows(); ++r) {
        for (Index l = 0; l < programmed.asked.cols(); ++l) {
            if (programmed.asked(r, l) == 0.0) continue;
            const double difference = programmed.g(r, l) - programmed.asked(r, l);
            ++error.cells;
            sum += difference;
            if (std::abs(difference) > error.worst) {
                error.worst = std::abs(difference);
                error.worst_row = r;
                error.worst_line = l;
            }
            error.energy += programmed.energy(r, l);
            error.pulses += programmed.pulses(r, l);
        }
    }
    if (error.cells == 0) return error;
    const auto cells = static_cast<double>(error.cells);
    error.mean = sum / cells;
    error.pulses /= cells;
    for (std::size_t k = 0; k < programmed.asked.values().size(); ++k) {
        if (programmed.asked.values()[k] == 0.0) continue;
        const double difference = programmed.g.values()[k] - programmed.asked.values()[k] - error.mean;
        squares += difference * difference;
    }
    error.spread = std::sqrt(squares / cells);
    return error;
}

ConductanceError join_errors(std::span<const ConductanceError> errors) {
    ConductanceError joined;
    for (const ConductanceError& error : errors) {
        const auto cells = static_cast<double>(error.cells);
        joined.cells += error.cells;
        joined.mean += cells * error.mean;
        joined.pulses += cells * error.pulses;
        joined.energy += error.energy;
        if (error.worst > joined.worst) {
            joined.worst = error.worst;
            joined.worst_row = error.worst_row;
            joined.worst_line = error.worst_line;
        }
    }
    if (joined.cells == 0) return joined;
    const auto all = static_cast<double>(joined.cells);
    joined.mean /= all;
    joined.pulses /= all;
    // Variance within each array and that of their means.
    double squares = 0.0;
    for (const ConductanceError& error : errors) {
        const double apart = error.mean - joined.mean;
        squares += static_cast<double>(error.cells) * (error.spread * error.spread + apart * apart);
    }
    joined.spread = std::sqrt(squares / all);
    return joined;
}

double drift_compensation(const ProgrammedArray& programmed) {
    double before = 0.0, now = 0.0;
    for (const double g : programmed.got.values()) before += g;
    for (const double g : programmed.g.values()) now += g;
    return before == 0.0 ? 1.0 : before / std::max(now, 1e-4 * before);
}

} // namespace ohmloom
