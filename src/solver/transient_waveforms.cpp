#include "solver/transient_waveforms.hpp"

#include <utility>

namespace ohmloom {

TransientRecorder::TransientRecorder(const NodalSystem& system, const TransientAnalysis& analysis)
    : system_(system), analysis_(analysis) {}

double TransientRecorder::grid(std::size_t k) const {
    return analysis_.start + static_cast<double>(k) * analysis_.step;
}

void TransientRecorder::add(const TimePoint& point) {
    axis_.push_back(point.t);
    for (const Index unknown : system_.signal_unknowns()) values_.push_back(value_of(point.x, unknown));
}

void TransientRecorder::first(const TimePoint& point) {
    if (analysis_.start > point.t) return;
    add(point);
    next_ = 1;
}

void TransientRecorder::step(const TimePoint& begin, const TimeStep& step) {
    // A grid point so near to an accepted one is that one.
    const double slack = 1e-6 * analysis_.step;
    for (; grid(next_) < step.end.t + slack; ++next_) {
        const double t = grid(next_);
        if (t > step.end.t - slack) continue;
        if (!axis_.empty() && t < axis_.back() + slack) continue;
        axis_.push_back(t);
        for (const Index unknown : system_.signal_unknowns())
            values_.push_back(step.at(begin, unknown, (t - begin.t) / step.h));
    }
    if (step.end.t >= analysis_.start) add(step.end);
}

Waveforms TransientRecorder::finish(bool reached_end, std::string message, const TransientWork& work) {
    Waveforms waveforms = system_.make_waveforms("tran", "time", "s", {});
    waveforms.values = Matrix<double>(static_cast<Index>(axis_.size()),
                                      static_cast<Index>(waveforms.signals.size()), std::move(values_));
    waveforms.converged.assign(axis_.size(), true);
    if (!reached_end) waveforms.converged.push_back(false);
    waveforms.axis = std::move(axis_);
    waveforms.message = std::move(message);
    waveforms.output_step = analysis_.step;
    waveforms.work = work;
    return waveforms;
}

} // namespace ohmloom
