#include "solver/circuit_transient.hpp"

#include "base/errors.hpp"
#include "solver/circuit_noise.hpp"
#include "solver/switch_events.hpp"
#include "solver/time_step.hpp"
#include "solver/transient_start.hpp"
#include "solver/transient_waveforms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace ohmloom {

namespace {

constexpr double safety = 0.9;
constexpr double most_growth = 5.0, least_growth = 1.3; ///< less is not worth a factorisation
constexpr double most_shrinkage = 0.1;
constexpr double newton_shrinkage = 0.25;
constexpr double start_share = 0.1;     ///< of the way to the next corner, first step after one
constexpr double least_share = 1e-15;   ///< of the stop time: the least step, and corners that are one
constexpr double crossing_share = 1e-9; ///< of the stop time: how exactly a switch is thrown
constexpr double newton_share = 1e-3;   ///< of what steps may err, for Newton to be done
constexpr double most_values = 1e9;     ///< in waveforms
constexpr int most_throws = 1000;       ///< of switches, without getting on in time
constexpr int most_shortenings = 20;    ///< of one step towards where a switch is thrown

void require(const NodalSystem& system, const TransientAnalysis& analysis,
             const CircuitTransientOptions& options) {
    const auto refuse = [](const char* what, double value, const char* expected) {
        throw InputError(fmt::format("transient: {} is {}, expected {}", what, value, expected));
    };
    if (!(analysis.stop > 0.0 && std::isfinite(analysis.stop)))
        refuse("the stop time [s]", analysis.stop, "more than 0");
    if (!(analysis.step > 0.0 && std::isfinite(analysis.step)))
        refuse("the output step [s]", analysis.step, "more than 0");
    if (!(analysis.start >= 0.0 && analysis.start < analysis.stop))
        refuse("the start of output [s]", analysis.start, "0 or more, before the stop time");
    if (analysis.max_step && !(*analysis.max_step > 0.0))
        refuse("the largest step [s]", *analysis.max_step, "more than 0");
    if (options.fixed_step && !(*options.fixed_step > 0.0))
        refuse("the fixed step [s]", *options.fixed_step, "more than 0");
    if (!(options.relative > 0.0 && options.relative < 1.0))
        refuse("the relative tolerance", options.relative, "more than 0 and less than 1");
    if (!(options.voltage > 0.0)) refuse("the voltage tolerance [V]", options.voltage, "more than 0");
    if (!(options.current > 0.0)) refuse("the current tolerance [A]", options.current, "more than 0");
    const double points = (analysis.stop - analysis.start) / analysis.step;
    if (points * static_cast<double>(system.signals().size()) > most_values) {
        refuse("the number of points times signals", points * static_cast<double>(system.signals().size()),
               "at most 1e9: give a larger output step");
    }
}

class CircuitTransient {
public:
    CircuitTransient(NodalSystem& system, const TransientAnalysis& analysis,
                     const CircuitTransientOptions& options)
        : system_(system), analysis_(analysis), options_(options),
          sources_(system.time_sources({analysis.step, analysis.stop})), stages_(system),
          recorder_(system, analysis), least_(least_share * analysis.stop),
          most_(options.fixed_step.value_or(analysis.max_step.value_or(analysis.stop / 50.0))),
          tolerances_{newton_share * options.relative, newton_share * options.voltage,
                      newton_share * options.current} {
        if (options.noise) noise_.emplace(system, *options.noise);
    }

    Waveforms run() {
        const double instant = crossing_share * std::min(analysis_.step, most_);
        TransientStart start = analysis_.from_initial ? start_from_initial_values(system_, stages_, instant)
                                                      : start_from_operating_point(system_, stages_);
        if (!start.problem.empty()) return finish(false, std::move(start.problem));
        point_ = std::move(start.point);
        message_ = std::move(start.message);
        peaks_.resize(point_.x.size());
        note_peaks();
        recorder_.first(point_);
        find_corner();
        restart(start_share * analysis_.step);
        while (point_.t < analysis_.stop) {
            if (work_.steps + work_.rejected >= options_.max_steps) {
                return finish(false,
                              fmt::format("gave up at t = {:.6g} s after {} steps: raise the largest number "
                                          "of steps, loosen reltol, or stop earlier",
                                          point_.t, options_.max_steps));
            }
            if (static_cast<double>(recorder_.values()) > most_values) {
                return finish(
                    false,
                    fmt::format("gave up at t = {:.6g} s: {} points of {} signals are in memory; loosen "
                                "reltol, stop earlier, or start the output later",
                                point_.t, recorder_.values() / system_.signals().size(),
                                system_.signals().size()));
            }
            if (const std::string problem = advance(); !problem.empty()) return finish(false, problem);
            if (throws_in_place_ > most_throws) {
                return finish(
                    false,
                    fmt::format(
                        "a switch is thrown to and fro at t = {:.6g} s: give its model a hysteresis, vh",
                        point_.t));
            }
        }
        if (jumps_ > 0) {
            message_ += fmt::format("{}{} jumps that no step resolves were passed",
                                    message_.empty() ? "" : "; ", jumps_);
        }
        return finish(true, message_);
    }

private:
    [[nodiscard]] bool controls_error() const { return !options_.fixed_step && !noise_; }

    Waveforms finish(bool reached_end, std::string message) {
        work_.iterations = stages_.iterations();
        work_.factorisations = stages_.factorisations();
        return recorder_.finish(reached_end, std::move(message), work_);
    }

    /// The next instant at which something has a corner; the end is one.
    void find_corner() {
        const double after = point_.t + 2.0 * least_;
        corner_ = analysis_.stop;
        for (const TimedSource& source : sources_) {
            if (const auto next = source.next_corner(after)) corner_ = std::min(corner_, *next);
        }
        if (!noise_) return;
        draw_ = static_cast<std::uint64_t>(std::floor(after / options_.noise->step));
        noise_->draw(draw_, stages_.injected);
        corner_ = std::min(corner_, static_cast<double>(draw_ + 1) * options_.noise->step);
    }

    /// The step to try: not beyond the next corner, and not so that a crumb is left before it.
    [[nodiscard]] double next_length() const {
        const double rest = corner_ - point_.t;
        const double h = std::min(h_, most_);
        if (h >= rest * (1.0 - 1e-9)) return rest;
        return h > 0.5 * rest && !options_.fixed_step ? 0.5 * rest : h;
    }

    /// Tries one step and takes or rejects it; what made it impossible, or "".
    std::string advance() {
        const double h = next_length();
        TimeStep step = try_step(stages_, system_, point_, h, tolerances_, guess_);
        if (!step.outcome.converged) return reject_unsolved(step);
        if (shorten_to_switch(step)) return "";
        const double error = controls_error() ? error_of(step) : 0.0;
        if (!(error <= 1.0)) {
            if (h > 2.0 * least_) {
                ++work_.rejected;
                h_ = std::max(least_, h * std::clamp(growth(error, step.order), most_shrinkage, 0.8));
                return "";
            }
            ++jumps_;
        }
        accept(step, error);
        return "";
    }

    std::string reject_unsolved(const TimeStep& step) {
        ++work_.rejected;
        if (step.h <= 2.0 * least_) {
            const Index worst = step.outcome.worst;
            return fmt::format(
                "the time step fell to {:.2g} s at t = {:.6g} s, and {} still does not settle: smooth what "
                "jumps there, add a small capacitance, or loosen reltol",
                step.h, point_.t, worst == no_unknown ? "the circuit" : system_.describe(worst));
        }
        h_ = std::max(least_, newton_shrinkage * step.h);
        guess_.clear();
        return "";
    }

    /// Whether the step goes on beyond where a switch is thrown, so that a shorter one must be tried.
    bool shorten_to_switch(const TimeStep& step) {
        const std::optional<double> share = first_crossing(system_, point_, step);
        if (!share) return false;
        const double slack = std::max(crossing_share * analysis_.stop, 4.0 * least_);
        if ((1.0 - *share) * step.h <= slack || ++shortenings_ > most_shortenings) return false;
        ++work_.rejected;
        h_ = *share * step.h + 0.5 * slack;
        return true;
    }

    /// The largest error of a node's voltage or an inductor's current in parts of what it may err. All other currents
    /// follow from these; where sources drive capacitances, they jump with their slopes.
    [[nodiscard]] double error_of(const TimeStep& step) const {
        double most = 0.0;
        for (std::size_t i = 0; i < step.local_error.size(); ++i) {
            const bool is_current = system_.is_current(static_cast<Index>(i));
            if (is_current && !system_.has_flux(static_cast<Index>(i))) continue;
            const double scale = std::max(peaks_[i], std::abs(step.end.x[i]));
            const double allowed =
                options_.relative * scale + (is_current ? options_.current : options_.voltage);
            const double parts = std::abs(step.local_error[i]) / allowed;
            if (std::isnan(parts)) return std::numeric_limits<double>::infinity();
            most = std::max(most, parts);
        }
        return most;
    }

    [[nodiscard]] static double growth(double error, int order) {
        return error > 0.0 ? safety * std::pow(error, -1.0 / (order + 1)) : most_growth;
    }

    void accept(TimeStep& step, double error) {
        ++work_.steps;
        const bool at_corner = step.end.t >= corner_ - least_;
        if (at_corner) step.end.t = corner_;
        recorder_.step(point_, step);
        guess_.resize(step.end.x.size());
        for (std::size_t i = 0; i < guess_.size(); ++i)
            guess_[i] = (step.end.x[i] - step.x_middle[i]) / ((1.0 - step.middle) * step.h);
        point_ = std::move(step.end);
        note_peaks();
        const bool is_thrown = throw_switches(system_, point_);
        const bool is_in_place = step.h < 100.0 * crossing_share * analysis_.stop;
        if (!is_in_place) throws_in_place_ = 0;
        if (is_in_place && is_thrown) ++throws_in_place_;
        shortenings_ = 0;
        if (controls_error()) lengthen(step, error);
        if (!at_corner && !is_thrown && error <= 1.0) return;
        point_.slopes.clear();
        guess_.clear();
        if (at_corner) find_corner();
        restart(h_);
    }

    /// The length of the next step after an accepted one. Small changes are not worth a factorisation.
    void lengthen(const TimeStep& step, double error) {
        const double by = error > 1.0 ? 1.0 : std::min(growth(error, step.order), most_growth);
        if (by >= least_growth) {
            h_ = std::max(h_, by * step.h);
        } else {
            h_ = std::min(h_, std::min(by, 1.0) * step.h);
        }
    }

    /// The length of the first step after a corner, of `h` or less.
    void restart(double h) {
        const double rest = corner_ - point_.t;
        h_ = std::max(least_, std::min({h, most_, start_share * rest}));
        if (noise_) h_ = rest;
        if (options_.fixed_step) h_ = *options_.fixed_step;
    }

    void note_peaks() {
        for (std::size_t i = 0; i < peaks_.size(); ++i)
            peaks_[i] = std::max(peaks_[i], std::abs(point_.x[i]));
    }

    NodalSystem& system_;
    TransientAnalysis analysis_;
    CircuitTransientOptions options_;
    std::span<const TimedSource> sources_;
    StageSolver stages_;
    TransientRecorder recorder_;
    std::optional<CircuitNoise> noise_;
    double least_, most_; ///< [s] steps
    StageTolerances tolerances_;
    TimePoint point_;
    std::vector<double> guess_; ///< dx/dt at the end of the last step; empty after a corner
    std::vector<double> peaks_; ///< largest magnitude of every unknown so far
    double h_ = 0.0;            ///< [s] that the next step should have
    double corner_ = 0.0;
    std::uint64_t draw_ = 0;
    int shortenings_ = 0;
    std::int64_t jumps_ = 0;
    int throws_in_place_ = 0; ///< of switches, without getting on in time
    std::string message_;
    TransientWork work_;
};

} // namespace

Waveforms transient(NodalSystem& system, const TransientAnalysis& analysis,
                    const CircuitTransientOptions& options) {
    require(system, analysis, options);
    const std::vector<double> x = system.x;
    const std::vector<ElementState> states = system.states;
    Waveforms waveforms = CircuitTransient(system, analysis, options).run();
    system.x = x;
    system.states = states;
    return waveforms;
}

} // namespace ohmloom
