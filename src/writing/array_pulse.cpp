#include "writing/array_pulse.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace ohmloom {

namespace {

/// An operating point of the array during the pulse.
struct Point {
    Matrix<double> v;     ///< [rows x lines] [V] over the cells
    double sources = 0.0; ///< [W]
    NodeVoltages nodes;
    Matrix<double> cells; ///< [rows x lines] [W]; empty: not asked for yet
    ArrayPower power;
};

/// The voltage of a device that is taken along, since it was last moved.
struct Stretch {
    double low = 0.0, high = 0.0; ///< [V]
    double area = 0.0;            ///< [Vs]
    double width = 0.0;           ///< [s]
};

/// A device that is followed step by step.
struct Followed {
    Index row = 0, line = 0;
    DeviceEvent event{}, next{}; ///< at the beginning and at the end of the step
    double v = 0.0, v_next = 0.0;
    double slope = 0.0; ///< [V/s] over the last step
};

/// Outcome of an attempt at a step.
struct Attempt {
    bool agrees = false; ///< voltages and conductances, at the end of the step
    double error = std::numeric_limits<double>::infinity(); ///< of straight lines over what is allowed
    Point end;
};

/// A pulse with a given set of devices that are followed; all others are taken along.
class PulseMarch {
public:
    PulseMarch(const Crossbar& wires, const DeviceArray& devices, SelectScheme scheme, const RowPulse& pulse,
               std::uint32_t event, const PulseAccuracy& accuracy, const Matrix<std::uint8_t>& is_followed)
        : wires_(wires), devices_(devices), scheme_(scheme), pulse_(pulse), accuracy_(accuracy),
          is_followed_(is_followed), lines_(wires.lines()), allowed_(accuracy.voltage * std::abs(pulse.v)),
          event_(event) {
        outcome_.cell_energy = Matrix<double>(wires.rows(), lines_);
        outcome_.state = devices.state;
        g_ = shape_ = Matrix<double>(wires.rows(), lines_);
        carried_ = Matrix<DeviceEvent>(wires.rows(), lines_);
        stretches_ = Matrix<Stretch>(wires.rows(), lines_);
        begin();
    }

    PulseOutcome run() {
        std::vector<double> ends = pulse_.width;
        std::sort(ends.begin(), ends.end());
        outcome_.time = ends.back();
        for (const double end : ends) {
            if (end > t_) run_until(end);
        }
        finish();
        return std::move(outcome_);
    }

private:
    void begin() {
        for (Index r = 0; r < wires_.rows(); ++r) {
            for (Index l = 0; l < lines_; ++l) {
                if (is_followed_(r, l) != 0) followed_.push_back({.row = r, .line = l});
            }
        }
        parallel_for(wires_.rows(), [&](Index r) {
            for (Index l = 0; l < lines_; ++l) {
                if (devices_.present(r, l) == 0) continue;
                const DeviceState& from = devices_.state(r, l);
                carried_(r, l) = devices_.model->begin_event(from, devices_.draws(r, l), event_);
                take_numbers(r, l, is_followed_(r, l) != 0 ? carried_(r, l).state : from);
            }
        });
        for (Followed& one : followed_) one.event = carried_(one.row, one.line);
    }

    void take_numbers(Index r, Index l, const DeviceState& state) {
        const CellNumbers numbers = devices_.numbers(state);
        g_(r, l) = numbers.g;
        shape_(r, l) = numbers.shape;
    }

    /// The array while the same columns are addressed.
    void select() {
        Selection selection{pulse_.row, std::vector<bool>(pulse_.width.size()), pulse_.v};
        for (std::size_t l = 0; l < pulse_.width.size(); ++l) selection.lines[l] = pulse_.width[l] > t_;
        drive_ = potentials_of(scheme_, selection, wires_.rows());
        array_ = wires_;
        array_.cell = devices_.model->law(devices_.temperature);
        array_.g = g_;
        array_.shape = shape_;
        array_ = selected(std::move(array_), scheme_, selection);
        selection_ = std::move(selection);
    }

    Point solve(const std::optional<NodeVoltages>& start) {
        SolveOptions options;
        options.fields = true;
        options.tolerance = accuracy_.residual;
        ArraySolution solution = solve_array(array_, drive_, options, start);
        ++outcome_.solutions;
        if (solution.status.front() != SolveStatus::converged) ++outcome_.unsolved;
        Point point;
        point.sources = solution.power.front();
        point.nodes = {std::move(solution.v_w), std::move(solution.v_b)};
        point.v = cell_voltages(array_, point.nodes);
        cut_off(point.v);
        return point;
    }

    /// Where the power of a point goes, while the array is as it was solved: most points are tried only.
    void add_powers(Point& point) const {
        if (!point.cells.empty()) return;
        point.cells = cell_powers(array_, point.v);
        point.power = array_power(array_, drive_, point.nodes, point.sources, point.cells);
    }

    /// No voltage stands over a cell behind a transistor that does not conduct.
    void cut_off(Matrix<double>& v) const {
        if (scheme_ != SelectScheme::isolated) return;
        for (Index r = 0; r < v.rows(); ++r) {
            for (Index l = 0; l < lines_; ++l) {
                if (!is_connected(scheme_, selection_, r, l)) v(r, l) = 0.0;
            }
        }
    }

    void run_until(double end) {
        const double shortest = accuracy_.shortest_step * outcome_.time;
        select();
        now_ = solve({});
        add_powers(now_);
        for (Followed& one : followed_) {
            one.v = now_.v(one.row, one.line);
            one.slope = 0.0;
        }
        last_step_ = power_slope_ = 0.0;
        double step = end - t_;
        while (t_ < end) {
            const double left = end - t_;
            const bool is_last = left - step < 0.5 * shortest; // no shorter step is left over
            if (is_last) step = left;
            Attempt attempt = try_step(step);
            const double change = attempt.agrees ? 0.9 / std::sqrt(attempt.error) : 0.25;
            const double taken = step;
            const bool is_good = attempt.agrees && attempt.error <= 1.0;
            if (!is_good && step > 1.5 * shortest) {
                step = std::max(shortest, step * std::clamp(change, 0.1, 0.5));
                continue;
            }
            if (is_good) {
                accept(step, std::move(attempt.end), false);
                step *= std::clamp(change, 0.3, 4.0);
            } else {
                // Something happens at once: up to the end of the step all is as it was.
                hold(step);
                accept(step, solve(now_.nodes), true);
            }
            t_ = is_last ? end : t_ + taken;
        }
    }

    /// Moves the devices through a step with the voltages as they stand; whether any conductance changes in it.
    bool move(double step) {
        const auto move_one = [&](Index k) {
            Followed& one = followed_[static_cast<std::size_t>(k)];
            one.next = one.event;
            devices_.model->advance(one.next, {one.v, one.v_next, step}, devices_.draws(one.row, one.line));
        };
        // This happens thousands of times: a row of devices is done before another thread has begun.
        constexpr Index worth_threads = 512;
        const auto count = static_cast<Index>(followed_.size());
        if (count >= worth_threads) {
            parallel_for(count, move_one);
        } else {
            for (Index k = 0; k < count; ++k) move_one(k);
        }
        constexpr double nothing = 1e-9;
        bool changed = false;
        for (const Followed& one : followed_) {
            take_numbers(one.row, one.line, one.next.state);
            const double before = one.event.state.g, after = one.next.state.g, now = g_(one.row, one.line);
            changed = changed || std::abs(after - before) > nothing * std::max(after, before);
            if (!is_connected(scheme_, selection_, one.row, one.line)) continue;
            array_.g(one.row, one.line) = now;
            array_.shape(one.row, one.line) = shape_(one.row, one.line);
        }
        return changed;
    }

    Attempt try_step(double step) {
        constexpr int most_rounds = 8;
        for (Followed& one : followed_) one.v_next = one.v + one.slope * step;
        Attempt attempt;
        attempt.end = now_;
        double before = std::numeric_limits<double>::infinity();
        for (int round = 0; round < most_rounds; ++round) {
            // With conductances as at the step's beginning, so are the voltages.
            attempt.end = move(step) ? solve(attempt.end.nodes) : now_;
            double change = 0.0;
            for (Followed& one : followed_) {
                const double v = attempt.end.v(one.row, one.line);
                change = std::max(change, std::abs(v - one.v_next));
                one.v_next = v;
            }
            attempt.agrees = change <= 0.1 * allowed_;
            if (attempt.agrees || (round > 0 && change > 0.5 * before)) break;
            before = change;
        }
        attempt.error = error_of(attempt.end, step);
        return attempt;
    }

    /// Error of straight lines over the step, over what is allowed: from the curvature of voltages and power since the last step; of a
    /// first step, as if they had been steady before.
    double error_of(const Point& end, double step) const {
        double apart = 0.0;
        for (const Followed& one : followed_)
            apart = std::max(apart, std::abs(one.v_next - one.v - one.slope * step));
        const double before = now_.sources, after = end.sources;
        const double power = std::abs(after - before - power_slope_ * step);
        const double part = 0.25 * (last_step_ > 0.0 ? step / (step + last_step_) : 1.0);
        return part * std::max(apart / allowed_,
                               power > 0.0 ? power / (accuracy_.power * std::max(before, after)) : 0.0);
    }

    /// Moves the devices through a step with the voltages at its beginning.
    void hold(double step) {
        for (Followed& one : followed_) one.v_next = one.v;
        move(step);
    }

    /// Takes a step; after one that was `held`, the voltages jump.
    void accept(double step, Point end, bool held) {
        add_powers(end);
        const ArrayPower& last = held ? now_.power : end.power;
        outcome_.energy += 0.5 * step * now_.power;
        outcome_.energy += 0.5 * step * last;
        const Matrix<double>& cells = held ? now_.cells : end.cells;
        for (std::size_t k = 0; k < cells.values().size(); ++k)
            outcome_.cell_energy.values()[k] += 0.5 * step * (now_.cells.values()[k] + cells.values()[k]);
        carry(step, now_.v, held ? now_.v : end.v);
        power_slope_ = held ? 0.0 : (end.sources - now_.sources) / step;
        now_ = std::move(end);
        for (Followed& one : followed_) {
            const double v = now_.v(one.row, one.line);
            one.event = one.next;
            one.slope = held ? 0.0 : (v - one.v) / step;
            one.v = v;
        }
        last_step_ = held ? 0.0 : step;
    }

    /// Takes the other devices along.
    void carry(double step, const Matrix<double>& from, const Matrix<double>& to) {
        for (Index r = 0; r < wires_.rows(); ++r) {
            for (Index l = 0; l < lines_; ++l) {
                if (devices_.present(r, l) == 0 || is_followed_(r, l) != 0) continue;
                carry_one(r, l, {from(r, l), to(r, l), step});
            }
        }
    }

    void carry_one(Index r, Index l, const VoltagePiece& piece) {
        Stretch& stretch = stretches_(r, l);
        const auto [low, high] = std::minmax(piece.from, piece.to);
        if (stretch.width > 0.0 && std::max(high, stretch.high) - std::min(low, stretch.low) > allowed_)
            release(r, l);
        if (high - low > allowed_) {
            devices_.model->advance(carried_(r, l), piece, devices_.draws(r, l));
            return;
        }
        stretch.low = stretch.width > 0.0 ? std::min(low, stretch.low) : low;
        stretch.high = stretch.width > 0.0 ? std::max(high, stretch.high) : high;
        stretch.area += 0.5 * (piece.from + piece.to) * piece.width;
        stretch.width += piece.width;
    }

    /// Moves a device through what has come together.
    void release(Index r, Index l) {
        Stretch& stretch = stretches_(r, l);
        if (!(stretch.width > 0.0)) return;
        const double mean = stretch.area / stretch.width;
        devices_.model->advance(carried_(r, l), {mean, mean, stretch.width}, devices_.draws(r, l));
        stretch = {};
    }

    void finish() {
        for (const Followed& one : followed_) carried_(one.row, one.line) = one.event;
        parallel_for(wires_.rows(), [&](Index r) {
            for (Index l = 0; l < lines_; ++l) {
                if (devices_.present(r, l) == 0) continue;
                release(r, l);
                outcome_.state(r, l) = devices_.model->end_event(carried_(r, l), devices_.draws(r, l));
            }
        });
    }

    const Crossbar& wires_;
    const DeviceArray& devices_;
    SelectScheme scheme_;
    const RowPulse& pulse_;
    PulseAccuracy accuracy_;
    const Matrix<std::uint8_t>& is_followed_;
    Index lines_;
    double allowed_; ///< [V]
    std::uint32_t event_;

    Matrix<double> g_, shape_; ///< of all cells, connected or not
    Matrix<DeviceEvent> carried_;
    Matrix<Stretch> stretches_;
    std::vector<Followed> followed_;
    Selection selection_;
    Crossbar array_;
    Drive drive_;
    Point now_;
    double power_slope_ = 0.0;         ///< [W/s] over the last step
    double t_ = 0.0, last_step_ = 0.0; ///< [s] 0: there was none, or the voltages have jumped since
    PulseOutcome outcome_;
};

} // namespace

PulseOutcome pulse_array(const Crossbar& wires, const DeviceArray& devices, SelectScheme scheme,
                         const RowPulse& pulse, std::uint32_t event, const PulseAccuracy& accuracy) {
    OHMLOOM_ASSERT(static_cast<Index>(pulse.width.size()) == wires.lines());
    const Index rows = wires.rows(), lines = wires.lines();
    Matrix<std::uint8_t> is_followed(rows, lines);
    for (Index l = 0; l < lines; ++l) {
        if (pulse.width[static_cast<std::size_t>(l)] > 0.0)
            is_followed(pulse.row, l) = devices.present(pulse.row, l);
    }
    Index solutions = 0;
    while (true) {
        PulseOutcome outcome = PulseMarch(wires, devices, scheme, pulse, event, accuracy, is_followed).run();
        outcome.solutions = solutions += outcome.solutions;
        // A conductance that changed less than voltages may be wrong has moved nothing else.
        bool all_followed = true;
        for (std::size_t k = 0; k < is_followed.values().size(); ++k) {
            const double before = devices.state.values()[k].g, after = outcome.state.values()[k].g;
            if (is_followed.values()[k] != 0 ||
                std::abs(after - before) <= accuracy.voltage * std::max(before, after))
                continue;
            is_followed.values()[k] = 1;
            all_followed = false;
        }
        if (all_followed) return outcome;
    }
}

} // namespace ohmloom
