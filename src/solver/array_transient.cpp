#include "solver/array_transient.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "solver/block_run.hpp"
#include "solver/lanes.hpp"
#include "solver/mna_transient.hpp"
#include "solver/moving_transient.hpp"
#include "solver/transient_drive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

void require_positive(const char* name, double value) {
    if (!(std::isfinite(value) && value > 0.0))
        throw InputError(fmt::format("{} is {}: expected a positive number", name, value));
}

void validate(const TransientOptions& options) {
    if (options.times.empty()) throw InputError("no instant is asked for: give at least one time");
    double last = -1.0;
    for (const double t : options.times) {
        if (!(std::isfinite(t) && t >= 0.0 && t > last))
            throw InputError(
                fmt::format("instant {} s after {} s: instants must rise from 0 or later", t, last));
        last = t;
    }
    require_positive("transient tolerance", options.tolerance);
    require_positive("settled_within", options.settled_within);
    if (!(options.kcl_tolerance >= 0.0 && std::isfinite(options.kcl_tolerance)))
        throw InputError(fmt::format("kcl_tolerance is {}: expected 0 or more", options.kcl_tolerance));
    if (!(options.settled_current >= 0.0 && std::isfinite(options.settled_current)))
        throw InputError(fmt::format("settled_current is {} A: expected 0 or more", options.settled_current));
    if (options.max_steps < 1)
        throw InputError(fmt::format("max_steps is {}: expected at least 1", options.max_steps));
}

/// The largest sum of cell conductances along a line [S].
double largest_line_conductance(const Crossbar& crossbar) {
    std::vector<double> columns(at(crossbar.lines()), 0.0);
    double largest = 0.0;
    for (Index r = 0; r < crossbar.rows(); ++r) {
        double row = 0.0;
        for (Index l = 0; l < crossbar.lines(); ++l) {
            row += crossbar.g(r, l);
            columns[at(l)] += crossbar.g(r, l);
        }
        largest = std::max(largest, row);
    }
    return std::max(largest, *std::ranges::max_element(columns));
}

std::vector<DriveEvent> all_events(const TransientDrive& drive, const TransientOptions& options) {
    std::vector<DriveEvent> events = events_of(drive);
    for (const double t : options.times) events.push_back({t, false});
    std::stable_sort(events.begin(), events.end(),
                     [](const auto& a, const auto& b) { return a.time < b.time; });
    std::vector<DriveEvent> merged;
    for (const DriveEvent& event : events) {
        if (event.time > options.times.back()) break;
        if (!merged.empty() && merged.back().time == event.time) {
            merged.back().jumps = merged.back().jumps || event.jumps;
        } else {
            merged.push_back(event);
        }
    }
    return merged;
}

TransientSolution make_transient_solution(const Crossbar& crossbar, Index batch,
                                          const TransientOptions& options) {
    TransientSolution solution;
    const std::size_t instants = options.times.size();
    solution.i_col.assign(instants, Matrix<double>(batch, crossbar.lines()));
    solution.i_row.assign(instants, Matrix<double>(batch, crossbar.rows()));
    solution.charge_col.assign(instants, Matrix<double>(batch, crossbar.lines()));
    solution.charge_row.assign(instants, Matrix<double>(batch, crossbar.rows()));
    solution.settled = Matrix<double>(batch, crossbar.lines());
    solution.energy.assign(at(batch), 0.0);
    solution.residual.assign(at(batch), 0.0);
    solution.status.assign(at(batch), SolveStatus::converged);
    solution.engine = Engine::lines;
    return solution;
}

/// Runs all of a batch, up to lane_count at a time.
void run_blocks(TransientJob& job) {
    const Index batch = job.drive.v_row.rows();
    const Index parts = (batch + lane_count - 1) / lane_count;
    std::vector<BlockSteps> steps(at(parts));
    parallel_for(parts, [&](Index part) {
        steps[at(part)] = run_block(job, part * lane_count, std::min(lane_count, batch - part * lane_count));
    });
    for (const BlockSteps& part : steps) {
        job.solution.steps = std::max(job.solution.steps, part.taken);
        job.solution.rejected = std::max(job.solution.rejected, part.rejected);
    }
}

void solve_transient_into(TransientSolution& solution, const Crossbar& crossbar, const TransientDrive& drive,
                          const TransientOptions& options, const MovingJob* moving) {
    const TransientSystem system = make_transient_system(crossbar);
    TransientJob job{crossbar,
                     system,
                     drive,
                     options,
                     all_events(drive, options),
                     largest_potentials(drive),
                     largest_line_conductance(crossbar),
                     options.kcl_tolerance > 0.0 ? options.kcl_tolerance : 1e-3 * options.tolerance,
                     moving,
                     solution};
    run_blocks(job);
}

void require_lines(const Crossbar& crossbar) {
    if (!is_line_system(crossbar))
        throw InputError("devices that change need chains: the array has shorted cells, cut-off parts or "
                         "lines joined in part");
}

} // namespace

TransientSolution solve_transient(const Crossbar& crossbar, const TransientDrive& drive,
                                  const TransientOptions& options) {
    validate(crossbar);
    validate(drive, crossbar);
    validate(options);
    TransientSolution solution = make_transient_solution(crossbar, drive.v_row.rows(), options);
    solution.i_final = solve_array(crossbar, {final_potentials(drive), final_columns(drive)},
                                   {.tolerance = 1e-3 * options.tolerance})
                           .i_col;
    if (is_line_system(crossbar)) {
        solve_transient_into(solution, crossbar, drive, options, nullptr);
    } else {
        solve_transient_mna(solution, crossbar, drive, options);
    }
    return solution;
}

MovingSolution solve_moving_transient(const Crossbar& wires, const DeviceArray& devices,
                                      const TransientDrive& drive, const TransientOptions& options,
                                      const MovingOptions& moving) {
    Crossbar crossbar = wires;
    crossbar.cell = devices.model->law(devices.temperature);
    crossbar.g = crossbar.shape = Matrix<double>(devices.state.rows(), devices.state.cols());
    for (std::size_t k = 0; k < crossbar.g.values().size(); ++k) {
        if (devices.present.values()[k] == 0) continue;
        const CellNumbers numbers = devices.numbers(devices.state.values()[k]);
        crossbar.g.values()[k] = numbers.g;
        crossbar.shape.values()[k] = numbers.shape;
    }
    validate(crossbar);
    validate(drive, crossbar);
    validate(options);
    require_lines(crossbar);
    const Index batch = drive.v_row.rows(), cells = crossbar.rows() * crossbar.lines();
    MovingSolution solution{make_transient_solution(crossbar, batch, options), {}, {}, {}, {}};
    solution.currents.i_final = Matrix<double>(batch, crossbar.lines());
    solution.state.assign(at(batch), devices.state);
    solution.g_final = solution.cell_energy = Matrix<double>(batch, cells);
    if (moving.conductances) solution.g.assign(options.times.size(), Matrix<double>(batch, cells));
    const MovingJob job{devices, moving.first_event, solution};
    solve_transient_into(solution.currents, crossbar, drive, options, &job);
    return solution;
}

} // namespace ohmloom
