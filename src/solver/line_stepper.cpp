#include "solver/line_stepper.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ohmloom {

namespace {

constexpr double gamma_ = LineStepper::gamma;
constexpr double d = gamma_ / 2.0;
/// Weights of the stages' capacitor currents: the step's are (w, w, d), with w = √2/4.
constexpr double w = 0.35355339059327379;
/// Difference to the embedded formula of third order, ((1 − w)/3, (3w + 1)/3, d/3), over d: charges times rate.
constexpr double error_0 = (4.0 * w - 1.0) / 3.0 / d, error_1 = -1.0 / 3.0 / d, error_2 = 2.0 / 3.0;
/// How charges of the start and of the first stage make those that BDF2 continues from.
constexpr double from_first = 1.0 / (gamma_ * (2.0 - gamma_));
constexpr double from_start = (1.0 - gamma_) * (1.0 - gamma_) / (gamma_ * (2.0 - gamma_));

/// Calls visit for the row nodes' arrays and for the column nodes'.
template <class Visit>
void for_both(const Visit& visit) {
    visit(&NodeArrays::w);
    visit(&NodeArrays::b);
}

} // namespace

LineStepper::LineStepper(const TransientSystem& system, TransientBlock& block, const StepScales& scales,
                         MovingCells* moving)
    : system_(system), block_(block), scales_(scales), moving_(moving),
      solver_(system, block, scales.kcl, scales.largest, moving) {
    if (moving_ != nullptr) moving_->begin(block_);
    transient_kernels::measure_charges(system_, block_);
    std::swap(block_.charge, block_.next_charge);
    for_both([&](auto part) {
        std::ranges::fill(block_.current.*part, 0.0);
        std::ranges::fill(block_.injected.*part, 0.0);
    });
    std::ranges::copy(block_.lanes.w, block_.earlier.w.begin());
    std::ranges::copy(block_.lanes.b, block_.earlier.b.begin());
}

bool LineStepper::take_euler(double h) {
    std::ranges::copy(block_.lanes.w, block_.start.w.begin());
    std::ranges::copy(block_.lanes.b, block_.start.b.begin());
    solver_.set_rate(1.0 / h);
    const double rate = solver_.rate();
    for_both([&](auto part) {
        for (std::size_t i = 0; i < (block_.charge.*part).size(); ++i)
            (block_.injected.*part)[i] = rate * (block_.charge.*part)[i];
    });
    if (moving_ != nullptr) moving_->hold(h, block_);
    if (!solver_.solve()) {
        revert();
        return false;
    }
    transient_kernels::measure_charges(system_, block_);
    for_both([&](auto part) {
        for (std::size_t i = 0; i < (block_.charge.*part).size(); ++i)
            (block_.injected.*part)[i] = rate * (block_.next_charge.*part)[i] - (block_.injected.*part)[i];
    });
    h_ = h;
    accept();
    // The slope across a jump says nothing about what follows.
    last_h_ = 0.0;
    return true;
}

bool LineStepper::solve_first_stage(double h) {
    h_ = h;
    solver_.set_rate(1.0 / (d * h));
    const double rate = solver_.rate();
    const double ahead = last_h_ > 0.0 ? gamma_ * h / last_h_ : 0.0;
    const auto prepare = [&](std::span<double> v, auto part) {
        const std::span<double> start = block_.start.*part, earlier = block_.earlier.*part,
                                q = block_.charge.*part, k = block_.current.*part,
                                injected = block_.injected.*part;
        for (std::size_t i = 0; i < v.size(); ++i) {
            start[i] = v[i];
            injected[i] = rate * q[i] + k[i];
            v[i] += ahead * (v[i] - earlier[i]);
        }
    };
    prepare(block_.lanes.w, &NodeArrays::w);
    prepare(block_.lanes.b, &NodeArrays::b);
    if (moving_ != nullptr) moving_->begin_first_stage(gamma_ * h);
    return solver_.solve();
}

bool LineStepper::solve_second_stage() {
    const double rate = solver_.rate();
    for (std::size_t lane = 0; lane < lane_count; ++lane)
        worst_kcl_[lane] = std::max(worst_kcl_[lane], solver_.left()[lane]);
    transient_kernels::measure_charges(system_, block_);
    const auto prepare = [&](std::span<double> v, auto part) {
        const std::span<double> start = block_.start.*part, q = block_.charge.*part,
                                q_1 = block_.next_charge.*part, k = block_.current.*part,
                                injected = block_.injected.*part, error = block_.error.*part;
        for (std::size_t i = 0; i < v.size(); ++i) {
            const double k_1 = rate * q_1[i] - injected[i];
            error[i] = error_0 * k[i] + error_1 * k_1;
            injected[i] = rate * (from_first * q_1[i] - from_start * q[i]);
            v[i] = start[i] + (v[i] - start[i]) / gamma_;
        }
    };
    prepare(block_.lanes.w, &NodeArrays::w);
    prepare(block_.lanes.b, &NodeArrays::b);
    if (moving_ != nullptr) moving_->begin_second_stage((1.0 - gamma_) * h_);
    return solver_.solve();
}

double LineStepper::error() {
    const double rate = solver_.rate();
    transient_kernels::measure_charges(system_, block_);
    for_both([&](auto part) {
        const std::span<double> q_2 = block_.next_charge.*part, injected = block_.injected.*part,
                                error = block_.error.*part;
        for (std::size_t i = 0; i < error.size(); ++i) {
            injected[i] = rate * q_2[i] - injected[i]; // from here on: the current at the end of the step
            error[i] += error_2 * injected[i];
        }
    });
    solver_.make_factors();
    const Lanes errors = transient_kernels::filter_error(solver_.chains(), block_);
    double worst = 0.0;
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
        const double relative = errors[lane] / scales_.voltage[lane];
        if (!(relative <= worst)) worst = relative;
    }
    return worst;
}

void LineStepper::accept() {
    for (std::size_t lane = 0; lane < lane_count; ++lane)
        worst_kcl_[lane] = std::max(worst_kcl_[lane], solver_.left()[lane]);
    std::swap(block_.charge, block_.next_charge);
    std::swap(block_.current, block_.injected);
    std::swap(block_.earlier, block_.start);
    last_h_ = h_;
    if (moving_ != nullptr) moving_->accept(block_);
}

void LineStepper::revert() {
    std::ranges::copy(block_.start.w, block_.lanes.w.begin());
    std::ranges::copy(block_.start.b, block_.lanes.b.begin());
    if (moving_ != nullptr) moving_->revert(block_);
}

LineCurrents LineStepper::currents() const {
    const LaneBlock& block = block_.lanes;
    return {{block.i_row.begin(), block.i_row.end()}, {block.i_col.begin(), block.i_col.end()}};
}

LineCurrents LineStepper::measure() {
    for_both([&](auto part) { std::ranges::fill(block_.injected.*part, 0.0); });
    const LineSystem still = system_.lines;
    transient_kernels::evaluate(system_, still, 0.0, block_);
    return currents();
}

} // namespace ohmloom
