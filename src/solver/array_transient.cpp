#include "solver/array_transient.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "solver/line_stepper.hpp"
#include "solver/transient_drive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

constexpr double never = std::numeric_limits<double>::infinity();

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

/// What stands still during a run.
struct Job {
    const Crossbar& crossbar;
    const TransientSystem& system;
    const TransientDrive& drive;
    const TransientOptions& options;
    std::vector<DriveEvent> events; ///< of the drive and the instants asked for, up to the last of these
    std::vector<double> v_largest;  ///< [batch]
    double g_largest = 0.0;
    double kcl_tolerance = 0.0;
    TransientSolution& solution;
};

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

/// Up to lane_count runs side by side.
class BlockRun {
public:
    BlockRun(const Job& job, Index first, Index count)
        : job_(job), first_(first), count_(count), block_(job.system.lines), scales_(make_scales()) {}

    void run() {
        start();
        LineStepper stepper(job_.system, block_, scales_);
        now_ = stepper.measure();
        charge_ = {std::vector<double>(now_.row.size(), 0.0), std::vector<double>(now_.col.size(), 0.0)};
        std::size_t next_instant = 0;
        bool jumped = job_.options.from_zero;
        // Times that are meant to be the same may differ in their last digits; no step fits between them.
        constexpr double same_time = 1e-11;
        for (const DriveEvent& event : job_.events) {
            if (event.time - time_ > same_time * event.time) {
                if (!follow(stepper, event.time, jumped)) break;
                jumped = event.jumps;
            } else {
                jumped = jumped || event.jumps;
            }
            while (next_instant < job_.options.times.size() && job_.options.times[next_instant] == event.time)
                record(next_instant++);
        }
        finish(stepper, next_instant);
    }

private:
    [[nodiscard]] Index run_of(Index lane) const { return first_ + std::min(lane, count_ - 1); }

    [[nodiscard]] StepScales make_scales() const {
        StepScales scales;
        for (Index lane = 0; lane < lane_count; ++lane) {
            const double v = job_.v_largest[at(run_of(lane))];
            scales.largest[at(lane)] = v > 0.0 ? v : 1.0;
            scales.voltage[at(lane)] = job_.options.tolerance * scales.largest[at(lane)];
            scales.kcl[at(lane)] = job_.kcl_tolerance * full_current(run_of(lane));
        }
        return scales;
    }
    /// The largest line current at full drive; of an array without cells or drive any.
    [[nodiscard]] double full_current(Index k) const {
        const double full = job_.g_largest * job_.v_largest[at(k)];
        return full > 0.0 ? full : 1e-6;
    }

    void set_columns() {
        std::ranges::fill(block_.lanes.v_col, 0.0);
        const Index first_line = job_.system.first_site * job_.crossbar.lines_per_site;
        for (std::size_t l = 0; l < job_.drive.v_col.size(); ++l)
            std::fill_n(block_.lanes.v_col.data() + (first_line + static_cast<Index>(l)) * lane_count,
                        lane_count, job_.drive.v_col[l]);
    }
    /// The rows' potentials from the values that the curves have.
    template <class Value>
    void set_rows(const Value& value_of) {
        curve_values_.clear();
        for (const VoltageCurve& curve : job_.drive.curves) curve_values_.push_back(value_of(curve));
        std::ranges::fill(block_.lanes.v_row, 0.0);
        for (Index r = 0; r < job_.crossbar.rows(); ++r) {
            double* to = block_.lanes.v_row.data() + (job_.system.first_row + r) * lane_count;
            for (Index lane = 0; lane < lane_count; ++lane) {
                const Index k = run_of(lane), curve = job_.drive.curve.empty() ? 0 : job_.drive.curve(k, r);
                to[lane] = job_.drive.v_row(k, r) * curve_values_[at(curve)];
            }
        }
    }

    /// The operating point right before t = 0, or nothing at all.
    void start() {
        LaneBlock& lanes = block_.lanes;
        std::ranges::fill(lanes.w, 0.0);
        std::ranges::fill(lanes.b, 0.0);
        set_columns();
        set_rows([](const VoltageCurve& curve) { return value_before(curve, 0.0); });
        const bool still = std::ranges::all_of(lanes.v_row, [](double v) { return v == 0.0; }) &&
                           std::ranges::all_of(lanes.v_col, [](double v) { return v == 0.0; });
        if (job_.options.from_zero || still) return;
        const LineSystem& system = job_.system.lines;
        Drive drive{Matrix<double>(lane_count, system.rows), std::vector<double>(at(system.lines), 0.0)};
        for (Index l = 0; l < system.lines; ++l) drive.v_col[at(l)] = lanes.v_col[at(l * lane_count)];
        for (Index lane = 0; lane < lane_count; ++lane) {
            for (Index r = 0; r < system.rows; ++r)
                drive.v_row(lane, r) = lanes.v_row[at(r * lane_count + lane)];
        }
        const ArraySolution before =
            solve_array(*job_.system.extended, drive, {.tolerance = 1e-12, .fields = true});
        for (Index lane = 0; lane < lane_count; ++lane) {
            for (Index i = 0; i < before.v_w.cols(); ++i)
                lanes.w[at(i * lane_count + lane)] = before.v_w(lane, i);
            for (Index i = 0; i < before.v_b.cols(); ++i)
                lanes.b[at(i * lane_count + lane)] = before.v_b(lane, i);
        }
    }

    /// Steps up to `end`. False if the steps are used up or become too short.
    bool follow(LineStepper& stepper, double end, bool jumped) {
        if (end <= time_) return true;
        if (jumped || step_ == 0.0) {
            // What a jump leaves is too fast for steps that would need its slope; after a ten-thousandth of the way it is known.
            constexpr double first_part = 1e-4;
            step_ = first_part * (end - time_);
            if (!jump(stepper)) return false;
        }
        while (time_ < end) {
            const double left = end - time_;
            // Two equal steps rather than one and a splinter.
            double h = step_ >= left * (1.0 - 1e-9) ? left : step_ > 0.5 * left ? 0.5 * left : step_;
            if (steps_ >= job_.options.max_steps || !(h > 1e-14 * end)) return failed_ = true, false;
            const double to = h == left ? end : time_ + h;
            h = to - time_;
            if (!try_step(stepper, h, to)) continue;
            time_ = to;
        }
        return true;
    }

    bool jump(LineStepper& stepper) {
        for (int attempt = 0; attempt < 20; ++attempt) {
            const double to = time_ + step_;
            set_rows([&](const VoltageCurve& curve) { return value_before(curve, to); });
            if (stepper.take_euler(step_)) {
                const LineCurrents end = stepper.currents();
                add_charges(step_, now_, 0.0, end, 0.0, end, 1.0);
                add_energy(step_, 1.0);
                note_settling(time_, step_, end, end, end);
                now_ = end;
                note_power();
                time_ = to;
                ++steps_;
                return true;
            }
            step_ *= 0.1;
        }
        failed_ = true;
        return false;
    }

    /// One step of h to the instant `to`; false if it was refused, with a shorter `step_`.
    bool try_step(LineStepper& stepper, double h, double to) {
        constexpr double gamma = LineStepper::gamma, w = 0.35355339059327379, d = gamma / 2.0;
        const double between = time_ + gamma * h;
        set_rows([&](const VoltageCurve& curve) { return value_before(curve, between); });
        bool solved = stepper.solve_first_stage(h);
        LineCurrents middle;
        double first_power[lane_count] = {};
        if (solved) {
            middle = stepper.currents();
            for (Index lane = 0; lane < lane_count; ++lane) first_power[lane] = power(lane);
            set_rows([&](const VoltageCurve& curve) { return value_before(curve, to); });
            solved = stepper.solve_second_stage();
        }
        const double error = solved ? stepper.error() : never;
        if (!(error <= 1.0)) {
            stepper.revert();
            ++rejected_;
            step_ =
                h * (solved && std::isfinite(error) ? std::clamp(0.9 / std::cbrt(error), 0.1, 0.7) : 0.25);
            return false;
        }
        stepper.accept();
        const LineCurrents end = stepper.currents();
        add_charges(h, now_, w, middle, w, end, d);
        for (Index lane = 0; lane < lane_count; ++lane)
            energy_[at(lane)] += h * w * (power_[at(lane)] + first_power[lane]);
        note_power();
        add_energy(h, d);
        note_settling(time_, h, now_, middle, end);
        now_ = end;
        ++steps_;
        const double growth = error > 0.0 ? std::clamp(0.9 / std::cbrt(error), 0.3, 5.0) : 5.0;
        // A step cut short by an instant says little about the steps to come.
        step_ = std::max(h * growth, growth > 1.0 && h < step_ ? step_ : 0.0);
        return true;
    }

    /// What the sources deliver to a lane now [W].
    [[nodiscard]] double power(Index lane) const {
        const LaneBlock& lanes = block_.lanes;
        double sum = 0.0;
        for (Index r = 0; r < job_.system.lines.rows; ++r)
            sum += lanes.v_row[at(r * lane_count + lane)] * lanes.i_row[at(r * lane_count + lane)];
        for (Index l = 0; l < job_.system.lines.lines; ++l)
            sum -= lanes.v_col[at(l * lane_count + lane)] * lanes.i_col[at(l * lane_count + lane)];
        return sum;
    }
    void note_power() {
        for (Index lane = 0; lane < lane_count; ++lane) power_[at(lane)] = power(lane);
    }
    void add_energy(double h, double weight) {
        for (Index lane = 0; lane < lane_count; ++lane) energy_[at(lane)] += h * weight * power(lane);
    }
    void add_charges(double h, const LineCurrents& a, double weight_a, const LineCurrents& b, double weight_b,
                     const LineCurrents& c, double weight_c) {
        const auto add = [&](auto lines) {
            for (std::size_t i = 0; i < (c.*lines).size(); ++i)
                (charge_.*lines)[i] +=
                    h * (weight_a * (a.*lines)[i] + weight_b * (b.*lines)[i] + weight_c * (c.*lines)[i]);
        };
        add(&LineCurrents::row);
        add(&LineCurrents::col);
    }

    /// Line l's place among the lines of the system.
    [[nodiscard]] std::size_t column_at(Index l, Index lane) const {
        return at((job_.system.first_site * job_.crossbar.lines_per_site + l) * lane_count + lane);
    }

    /// Moves on the last time that a column was not settled, through a step whose currents are known at its start, at γ and at its end.
    void note_settling(double from, double h, const LineCurrents& a, const LineCurrents& b,
                       const LineCurrents& c) {
        constexpr double gamma = LineStepper::gamma;
        for (Index lane = 0; lane < count_; ++lane) {
            const Index k = first_ + lane;
            for (Index l = 0; l < job_.crossbar.lines(); ++l) {
                const double target = job_.solution.i_final(k, l), within = settle_current_[at(lane)];
                const std::size_t i = column_at(l, lane);
                const double off_a = a.col[i] - target, off_b = b.col[i] - target, off_c = c.col[i] - target;
                if (std::abs(off_c) > within) {
                    job_.solution.settled(k, l) = never;
                    continue;
                }
                double low = std::abs(off_b) > within   ? gamma
                             : std::abs(off_a) > within ? 0.0
                                                        : -1.0,
                       high = 1.0;
                if (low < 0.0) continue;
                // The parabola through the three.
                const auto off = [&](double x) {
                    return off_a * (x - gamma) * (x - 1.0) / gamma +
                           off_b * x * (x - 1.0) / (gamma * (gamma - 1.0)) +
                           off_c * x * (x - gamma) / (1.0 - gamma);
                };
                if (low == 0.0) high = gamma;
                for (int i_half = 0; i_half < 30; ++i_half) {
                    const double half = 0.5 * (low + high);
                    (std::abs(off(half)) > within ? low : high) = half;
                }
                job_.solution.settled(k, l) = from + high * h;
            }
        }
    }

    void record(std::size_t instant) {
        TransientSolution& solution = job_.solution;
        for (Index lane = 0; lane < count_; ++lane) {
            const Index k = first_ + lane;
            for (Index r = 0; r < job_.crossbar.rows(); ++r) {
                const std::size_t i = at((job_.system.first_row + r) * lane_count + lane);
                solution.i_row[instant](k, r) = now_.row[i];
                solution.charge_row[instant](k, r) = charge_.row[i];
            }
            for (Index l = 0; l < job_.crossbar.lines(); ++l) {
                solution.i_col[instant](k, l) = now_.col[column_at(l, lane)];
                solution.charge_col[instant](k, l) = charge_.col[column_at(l, lane)];
            }
        }
    }

    void finish(const LineStepper& stepper, std::size_t recorded) {
        TransientSolution& solution = job_.solution;
        for (std::size_t i = recorded; i < job_.options.times.size(); ++i) record(i);
        for (Index lane = 0; lane < count_; ++lane) {
            const Index k = first_ + lane;
            solution.energy[at(k)] = energy_[at(lane)];
            solution.residual[at(k)] = stepper.worst_kcl()[at(lane)] / full_current(k);
            solution.status[at(k)] = failed_ ? SolveStatus::not_converged : SolveStatus::converged;
        }
    }

public:
    [[nodiscard]] int steps() const { return steps_; }
    [[nodiscard]] int rejected() const { return rejected_; }

    /// How near to its final current counts as settled, for each lane.
    void set_settling() {
        for (Index lane = 0; lane < count_; ++lane) {
            double largest = 0.0;
            for (const double i : job_.solution.i_final.row(first_ + lane))
                largest = std::max(largest, std::abs(i));
            settle_current_[at(lane)] = job_.options.settled_current > 0.0
                                            ? job_.options.settled_current
                                            : job_.options.settled_within * largest;
        }
    }

private:
    const Job& job_;
    Index first_, count_;
    TransientBlock block_;
    StepScales scales_;
    LineCurrents now_;
    Lanes settle_current_{}, power_{}, energy_{};
    LineCurrents charge_; ///< [C]
    std::vector<double> curve_values_;
    double time_ = 0.0, step_ = 0.0;
    int steps_ = 0, rejected_ = 0;
    bool failed_ = false;
};

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

} // namespace

TransientSolution solve_transient(const Crossbar& crossbar, const TransientDrive& drive,
                                  const TransientOptions& options) {
    validate(crossbar);
    validate(drive, crossbar);
    validate(options);
    if (!is_line_system(crossbar))
        throw InputError(
            "transients need chains: the array has shorted cells, cut-off parts or lines joined in part");
    const Index batch = drive.v_row.rows();
    const TransientSystem system = make_transient_system(crossbar);
    TransientSolution solution = make_transient_solution(crossbar, batch, options);
    solution.i_final =
        solve_array(crossbar, {final_potentials(drive), drive.v_col}, {.tolerance = 1e-3 * options.tolerance})
            .i_col;
    Job job{crossbar,
            system,
            drive,
            options,
            all_events(drive, options),
            largest_potentials(drive),
            largest_line_conductance(crossbar),
            options.kcl_tolerance > 0.0 ? options.kcl_tolerance : 1e-3 * options.tolerance,
            solution};
    const Index parts = (batch + lane_count - 1) / lane_count;
    std::vector<int> steps(at(parts), 0), rejected(at(parts), 0);
    parallel_for(parts, [&](Index part) {
        BlockRun run(job, part * lane_count, std::min(lane_count, batch - part * lane_count));
        run.set_settling();
        run.run();
        steps[at(part)] = run.steps();
        rejected[at(part)] = run.rejected();
    });
    for (Index part = 0; part < parts; ++part) {
        solution.steps = std::max(solution.steps, steps[at(part)]);
        solution.rejected = std::max(solution.rejected, rejected[at(part)]);
    }
    return solution;
}

} // namespace ohmloom
