#include "solver/block_run.hpp"

#include "base/parallel.hpp"
#include "solver/line_stepper.hpp"
#include "solver/moving_cells.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

constexpr double never = std::numeric_limits<double>::infinity();

/// Up to lane_count runs side by side.
class BlockRun {
public:
    /// `moving`: devices that change; none: nullptr.
    BlockRun(const TransientJob& job, Index first, Index count, MovingCells* moving)
        : job_(job), first_(first), count_(count), moving_(moving),
          block_(job.system.lines, moving == nullptr ? std::vector<std::int32_t>{} : moving->places()),
          scales_(make_scales()) {
        if (moving_ == nullptr) set_settling();
    }

    void run() {
        start();
        LineStepper stepper(job_.system, block_, scales_, moving_);
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

    [[nodiscard]] BlockSteps steps() const { return {steps_, rejected_}; }

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

    /// The terminals' potentials from the values that the curves have.
    template <class Value>
    void set_terminals(const Value& value_of) {
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
        if (are_columns_set_ && job_.drive.col_curve.empty()) return;
        are_columns_set_ = true;
        std::ranges::fill(block_.lanes.v_col, 0.0);
        const std::vector<double> v_col = column_potentials(job_.drive, curve_values_);
        const Index first_line = job_.system.first_site * job_.crossbar.lines_per_site;
        for (std::size_t l = 0; l < v_col.size(); ++l)
            std::fill_n(block_.lanes.v_col.data() + (first_line + static_cast<Index>(l)) * lane_count,
                        lane_count, v_col[l]);
    }

    /// The operating point right before t = 0, or nothing at all.
    void start() {
        LaneBlock& lanes = block_.lanes;
        std::ranges::fill(lanes.w, 0.0);
        std::ranges::fill(lanes.b, 0.0);
        set_terminals([](const VoltageCurve& curve) { return value_before(curve, 0.0); });
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
        constexpr double sudden = 0.1;
        stretch_ = end - time_;
        shortest_ = sudden * job_.options.tolerance * stretch_;
        if (jumped || step_ == 0.0) {
            // What a jump leaves is too fast for steps that would need its slope; after a ten-thousandth of the way it is known.
            // Devices that change do so with the voltages before it: hence a part of it that no tolerance sees.
            const double first_part =
                moving_ == nullptr ? 1e-4 : std::min(1e-4, 0.01 * job_.options.tolerance);
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
            if (euler_step(stepper, step_, time_ + step_)) {
                time_ += step_;
                return true;
            }
            step_ *= 0.1;
        }
        failed_ = true;
        return false;
    }

    /// A step of h to the instant `to` that asks nothing of what was before. False if it could not be solved.
    bool euler_step(LineStepper& stepper, double h, double to) {
        set_terminals([&](const VoltageCurve& curve) { return value_before(curve, to); });
        if (!stepper.take_euler(h)) return false;
        const LineCurrents end = stepper.currents();
        add_charges(h, now_, 0.0, end, 0.0, end, 1.0);
        add_energy(h, 1.0);
        follow_settling({time_, h, end.col, end.col, end.col});
        now_ = end;
        note_power();
        ++steps_;
        return true;
    }

    /// One step of h to the instant `to`; false if it was refused, with a shorter `step_`.
    bool try_step(LineStepper& stepper, double h, double to) {
        constexpr double gamma = LineStepper::gamma, w = 0.35355339059327379, d = gamma / 2.0;
        const double between = time_ + gamma * h;
        set_terminals([&](const VoltageCurve& curve) { return value_before(curve, between); });
        bool solved = stepper.solve_first_stage(h);
        LineCurrents middle;
        double first_power[lane_count] = {};
        if (solved) {
            middle = stepper.currents();
            for (Index lane = 0; lane < lane_count; ++lane) first_power[lane] = power(lane);
            set_terminals([&](const VoltageCurve& curve) { return value_before(curve, to); });
            solved = stepper.solve_second_stage();
        }
        const double error = solved ? stepper.error() : never;
        const double drifted = solved               ? drift(h, middle, stepper.currents())
                               : moving_ == nullptr ? 0.0
                                                    : never;
        const double worst = drifted > error ? drifted : error;
        if (!(worst <= 1.0)) {
            stepper.revert();
            ++rejected_;
            // A device that goes from one state to another at once does so in any step, however short.
            const bool is_sudden = drifted > 1.0 && h <= shortest_;
            if (is_sudden && (!solved || error <= 1.0 || h <= 1e-3 * shortest_)) {
                step_ = h;
                return euler_step(stepper, h, to);
            }
            step_ =
                h * (solved && std::isfinite(worst) ? std::clamp(0.9 / std::cbrt(worst), 0.1, 0.7) : 0.25);
            return false;
        }
        stepper.accept();
        const LineCurrents end = stepper.currents();
        add_charges(h, now_, w, middle, w, end, d);
        for (Index lane = 0; lane < lane_count; ++lane)
            energy_[at(lane)] += h * w * (power_[at(lane)] + first_power[lane]);
        note_power();
        add_energy(h, d);
        follow_settling({time_, h, now_.col, middle.col, end.col});
        now_ = end;
        ++steps_;
        const double growth = worst > 0.0 ? std::clamp(0.9 / std::cbrt(worst), 0.3, 5.0) : 5.0;
        // A step cut short by an instant says little about the steps to come.
        step_ = std::max(h * growth, growth > 1.0 && h < step_ ? step_ : 0.0);
        return true;
    }

    /// Error of a step's charges, from line currents at its start, at γ and at its end, over `tolerance` of what the largest current carries
    /// until the drive bends: the difference to the embedded formula of third order. Where devices change and nothing is charged, no
    /// voltage tells it.
    [[nodiscard]] double charge_error(double h, const LineCurrents& a, const LineCurrents& b,
                                      const LineCurrents& c) const {
        constexpr double w = 0.35355339059327379, d = LineStepper::gamma / 2.0;
        Lanes error{}, largest = largest_current_;
        for (const auto lines : {&LineCurrents::row, &LineCurrents::col}) {
            for (std::size_t i = 0; i < (a.*lines).size(); ++i) {
                const double off = (4.0 * w - 1.0) / 3.0 * (a.*lines)[i] - (b.*lines)[i] / 3.0 +
                                   2.0 * d / 3.0 * (c.*lines)[i];
                error[i % lane_count] = std::max(error[i % lane_count], std::abs(off));
                largest[i % lane_count] = std::max(largest[i % lane_count], std::abs((c.*lines)[i]));
            }
        }
        double worst = 0.0;
        for (std::size_t lane = 0; lane < lane_count; ++lane) {
            if (error[lane] > 0.0)
                worst =
                    std::max(worst, h * error[lane] / (job_.options.tolerance * largest[lane] * stretch_));
        }
        return worst;
    }

    /// Local error of devices that change, and of the charges that they let through, over what it may be.
    [[nodiscard]] double drift(double h, const LineCurrents& middle, const LineCurrents& end) const {
        if (moving_ == nullptr || block_.mover.empty()) return 0.0;
        return std::max(moving_->error(), charge_error(h, now_, middle, end));
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
        for (const std::vector<double>* lines : {&now_.row, &now_.col}) {
            for (std::size_t i = 0; i < lines->size(); ++i) {
                double& largest = largest_current_[i % lane_count];
                largest = std::max(largest, std::abs((*lines)[i]));
            }
        }
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

    /// Column currents at the start of a step, at γ and at its end.
    struct ColumnStep {
        double from = 0.0, h = 0.0; ///< [s]
        std::vector<double> a, b, c;
    };
    /// Where devices change, their final currents are not known before the end: steps are kept until then.
    void follow_settling(ColumnStep step) {
        if (moving_ == nullptr) {
            note_settling(step);
        } else {
            column_steps_.push_back(std::move(step));
        }
    }
    /// Moves on the last time that a column was not settled, through a step.
    void note_settling(const ColumnStep& step) {
        const double from = step.from, h = step.h;
        constexpr double gamma = LineStepper::gamma;
        for (Index lane = 0; lane < count_; ++lane) {
            const Index k = first_ + lane;
            for (Index l = 0; l < job_.crossbar.lines(); ++l) {
                const double target = job_.solution.i_final(k, l), within = settle_current_[at(lane)];
                const std::size_t i = column_at(l, lane);
                const double off_a = step.a[i] - target, off_b = step.b[i] - target,
                             off_c = step.c[i] - target;
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
            if (moving_ != nullptr && !job_.moving->solution.g.empty()) {
                const auto g = job_.moving->solution.g[instant].row(k);
                std::ranges::copy(conductances(lane).values(), g.begin());
            }
        }
    }

    void finish(const LineStepper& stepper, std::size_t recorded) {
        TransientSolution& solution = job_.solution;
        for (std::size_t i = recorded; i < job_.options.times.size(); ++i) record(i);
        for (Index lane = 0; lane < count_; ++lane) {
            const Index k = first_ + lane;
            solution.energy[at(k)] = energy_[at(lane)];
            solution.residual[at(k)] =
                stepper.worst_kcl()[at(lane)] / std::max(full_current(k), largest_current_[at(lane)]);
            solution.status[at(k)] = failed_ ? SolveStatus::not_converged : SolveStatus::converged;
        }
        if (moving_ != nullptr) finish_moving();
    }

    [[nodiscard]] Matrix<double> conductances(Index lane) const {
        Matrix<double> g(job_.crossbar.rows(), job_.crossbar.lines());
        for (Index r = 0; r < g.rows(); ++r) {
            for (Index l = 0; l < g.cols(); ++l) g(r, l) = moving_->conductance(r, l, lane);
        }
        return g;
    }

    /// The devices as they are at the end, and how the columns settled to what flows with them.
    void finish_moving() {
        const DeviceArray& devices = job_.moving->devices;
        MovingSolution& solution = job_.moving->solution;
        moving_->finish();
        Crossbar still = job_.crossbar;
        const Matrix<double> v_row = final_potentials(job_.drive);
        for (Index lane = 0; lane < count_; ++lane) {
            const Index k = first_ + lane;
            for (Index r = 0; r < still.rows(); ++r) {
                for (Index l = 0; l < still.lines(); ++l) {
                    if (devices.present(r, l) == 0) continue;
                    const Index cell = r * still.lines() + l;
                    const DeviceState& state = moving_->state(r, l, lane);
                    const CellNumbers numbers = devices.numbers(state);
                    solution.state[at(k)](r, l) = state;
                    solution.g_final(k, cell) = still.g(r, l) = numbers.g;
                    still.shape(r, l) = numbers.shape;
                    solution.cell_energy(k, cell) = moving_->energy(r, l, lane);
                }
            }
            Matrix<double> v(1, still.rows());
            std::ranges::copy(v_row.row(k), v.row(0).begin());
            const ArraySolution at_rest = solve_array(still, {v, final_columns(job_.drive)},
                                                      {.tolerance = 1e-3 * job_.options.tolerance});
            std::ranges::copy(at_rest.i_col.row(0), job_.solution.i_final.row(k).begin());
            std::ranges::fill(job_.solution.settled.row(k), 0.0);
        }
        set_settling();
        for (const ColumnStep& step : column_steps_) note_settling(step);
    }

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

    const TransientJob& job_;
    Index first_, count_;
    MovingCells* moving_;
    TransientBlock block_;
    StepScales scales_;
    LineCurrents now_;
    Lanes settle_current_{}, power_{}, energy_{}, largest_current_{};
    LineCurrents charge_; ///< [C]
    std::vector<double> curve_values_;
    std::vector<ColumnStep> column_steps_;
    double time_ = 0.0, step_ = 0.0;
    double stretch_ = 0.0;  ///< [s] between two bends of the drive or instants asked for
    double shortest_ = 0.0; ///< [s] sudden changes of devices are placed to within it
    bool are_columns_set_ = false;
    int steps_ = 0, rejected_ = 0;
    bool failed_ = false;
};

/// [rows x lines] devices that would change by more than the tolerance if wires took no voltage, in one of the runs.
Matrix<std::uint8_t> likely_movers(const TransientJob& job, Index first, Index count) {
    const DeviceArray& devices = job.moving->devices;
    std::vector<double> bends{0.0};
    for (const DriveEvent& event : events_of(job.drive)) {
        if (event.time > 0.0 && event.time < job.options.times.back()) bends.push_back(event.time);
    }
    bends.push_back(job.options.times.back());
    Matrix<std::uint8_t> likely(devices.state.rows(), devices.state.cols());
    const auto changes = [&](Index k, Index r, Index l) {
        const DeviceDraws draws = devices.draws(r, l);
        const VoltageCurve& row = job.drive.curves[at(job.drive.curve.empty() ? 0 : job.drive.curve(k, r))];
        const double height = job.drive.v_row(k, r),
                     foot = job.drive.v_col.empty() ? 0.0 : job.drive.v_col[at(l)];
        const auto voltage = [&](const auto& value_of, double t) {
            const double col = job.drive.col_curve.empty()
                                   ? 1.0
                                   : value_of(job.drive.curves[at(job.drive.col_curve[at(l)])], t);
            return height * value_of(row, t) - foot * col;
        };
        DeviceEvent event = devices.model->begin_event(
            devices.state(r, l), draws, job.moving->first_event + static_cast<std::uint32_t>(k));
        const double before = event.state.g;
        for (std::size_t i = 0; i + 1 < bends.size(); ++i) {
            devices.model->advance(event,
                                   {voltage(value_after, bends[i]), voltage(value_before, bends[i + 1]),
                                    bends[i + 1] - bends[i]},
                                   draws);
            const double after = event.state.g;
            if (std::abs(after - before) > job.options.tolerance * std::max(after, before)) return true;
        }
        return false;
    };
    parallel_for(likely.rows(), [&](Index r) {
        for (Index l = 0; l < likely.cols(); ++l) {
            for (Index k = first; k < first + count && devices.present(r, l) != 0 && likely(r, l) == 0; ++k)
                likely(r, l) = changes(k, r, l) ? 1 : 0;
        }
    });
    return likely;
}

} // namespace

BlockSteps run_block(const TransientJob& job, Index first, Index count) {
    if (job.moving == nullptr) {
        BlockRun run(job, first, count, nullptr);
        run.run();
        return run.steps();
    }
    double v_largest = 0.0;
    for (Index k = first; k < first + count; ++k) v_largest = std::max(v_largest, job.v_largest[at(k)]);
    // What is taken along is not followed until it has changed: a hundredth of the voltages is steady enough for it.
    constexpr double steady = 1e-2;
    Matrix<std::uint8_t> followed = likely_movers(job, first, count);
    while (true) {
        MovingCells cells(job.moving->devices, job.system, followed, count,
                          job.moving->first_event + static_cast<std::uint32_t>(first), job.options.tolerance,
                          steady * v_largest);
        BlockRun run(job, first, count, &cells);
        run.run();
        const Matrix<std::uint8_t>& changed = cells.changed();
        if (std::ranges::none_of(changed.values(), [](std::uint8_t c) { return c != 0; })) return run.steps();
        // They were wrong from the start, and what flows through the others with them.
        for (std::size_t k = 0; k < changed.values().size(); ++k) followed.values()[k] |= changed.values()[k];
    }
}

} // namespace ohmloom
