#pragma once

#include "solver/time_step.hpp"
#include "solver/waveforms.hpp"

#include <string>
#include <vector>

namespace ohmloom {

/// Collects a transient's points from its start of output on: accepted ones, and those of the output's grid start,
/// start + step, … between them, as the steps' own parabolas say.
class TransientRecorder {
public:
    TransientRecorder(const NodalSystem& system, const TransientAnalysis& analysis);

    void first(const TimePoint& point);
    void step(const TimePoint& begin, const TimeStep& step);

    /// Numbers kept so far.
    [[nodiscard]] std::size_t values() const { return values_.size(); }

    /// All points; if the transient did not reach its end, why.
    Waveforms finish(bool reached_end, std::string message, const TransientWork& work);

private:
    [[nodiscard]] double grid(std::size_t k) const;
    void add(const TimePoint& point);

    const NodalSystem& system_;
    TransientAnalysis analysis_;
    std::size_t next_ = 0; ///< point of the grid
    std::vector<double> axis_, values_;
};

} // namespace ohmloom
