#include "solver/line_stepper.hpp"

#include "solver/line_gradients.hpp"

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

LineStepper::LineStepper(const TransientSystem& system, TransientBlock& block, const StepScales& scales)
    : system_(system), block_(block), scales_(scales), linear_(is_linear(system.lines.cell)) {
    transient_kernels::measure_charges(system_, block_);
    std::swap(block_.charge, block_.next_charge);
    for_both([&](auto part) {
        std::ranges::fill(block_.current.*part, 0.0);
        std::ranges::fill(block_.injected.*part, 0.0);
    });
    std::ranges::copy(block_.lanes.w, block_.earlier.w.begin());
    std::ranges::copy(block_.lanes.b, block_.earlier.b.begin());
}

void LineStepper::set_rate(double rate) {
    if (rate == rate_) return;
    rate_ = rate;
    stage_ = at_rate(system_, rate, g_);
    largest_conductance_ = 0.0;
    for (const auto* conductances : {&stage_.row_link, &stage_.row_tie, &stage_.row_hold, &stage_.col_link,
                                     &stage_.col_tie, &stage_.col_hold, &g_}) {
        for (const double g : *conductances) {
            if (std::isfinite(g)) largest_conductance_ = std::max(largest_conductance_, g);
        }
    }
    if (linear_) line_kernels::factorise(stage_, block_.lanes);
}

void LineStepper::hold_merged_lines() {
    const LineSystem& lines = system_.lines;
    LaneBlock& block = block_.lanes;
    const auto hold = [](const std::span<double>& nodes, Index first, Index step, Index count,
                         const double* v) {
        for (Index i = 0; i < count; ++i)
            std::copy_n(v, lane_count, nodes.data() + (first + i * step) * lane_count);
    };
    for (Index r = 0; lines.rows_merged && r < lines.rows; ++r) {
        if (std::isinf(lines.row_hold[static_cast<std::size_t>(r)]))
            hold(block.w, r * lines.sites, 1, lines.sites, block.v_row.data() + r * lane_count);
    }
    for (Index l = 0; lines.cols_merged && l < lines.lines; ++l) {
        if (std::isinf(lines.col_hold[static_cast<std::size_t>(l)]))
            hold(block.b, l, lines.lines, lines.rows, block.v_col.data() + l * lane_count);
    }
}

bool LineStepper::solve_stage() {
    constexpr int most_corrections = 200, patience = 12;
    hold_merged_lines();
    Lanes best{};
    best.fill(std::numeric_limits<double>::infinity());
    // What rounding the voltages and charges alone can leave cannot be asked for.
    constexpr double few_roundings = 32.0 * std::numeric_limits<double>::epsilon();
    Lanes enough{}, rounding{};
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
        rounding[lane] = few_roundings * largest_conductance_ * scales_.largest[lane];
        enough[lane] = std::max(scales_.kcl[lane], rounding[lane]);
    }
    Lanes last{};
    int without_gain = 0;
    bool conjugate = false, first_direction = true;
    for (int correction = 0; correction <= most_corrections; ++correction) {
        const Lanes error = transient_kernels::evaluate(system_, stage_, rate_, block_);
        bool all = true, gained = false;
        std::array<bool, lane_count> wanted{};
        for (std::size_t lane = 0; lane < lane_count; ++lane) {
            wanted[lane] = !(error[lane] <= enough[lane]);
            all = all && !wanted[lane];
            if (wanted[lane] && error[lane] < 0.5 * best[lane]) {
                gained = true;
                best[lane] = error[lane];
            }
        }
        if (all) {
            for (std::size_t lane = 0; lane < lane_count; ++lane)
                stage_kcl_[lane] = error[lane] <= rounding[lane] ? 0.0 : error[lane];
            return true;
        }
        without_gain = gained ? 0 : without_gain + 1;
        if (without_gain > patience) {
            // Corrections that gain nothing more have met rounding, unless far from it.
            stage_kcl_ = error;
            for (std::size_t lane = 0; lane < lane_count; ++lane) {
                if (!(error[lane] <= std::max(scales_.kcl[lane], 100.0 * rounding[lane]))) return false;
            }
            return true;
        }
        if (!linear_) line_kernels::factorise(stage_, block_.lanes);
        // Weakly coupled lines follow each other's corrections; what does not follow fast enough is made a search for directions.
        constexpr double fast_enough = 0.35;
        if (is_coupled() && !conjugate && correction > 0) {
            for (std::size_t lane = 0; lane < lane_count; ++lane)
                conjugate = conjugate || (wanted[lane] && error[lane] > fast_enough * last[lane]);
        }
        last = error;
        if (conjugate) {
            kcl_.w.assign(block_.lanes.f_w.begin(), block_.lanes.f_w.end());
            kcl_.b.assign(block_.lanes.r.begin(), block_.lanes.r.end());
            before_.w.assign(block_.lanes.w.begin(), block_.lanes.w.end());
            before_.b.assign(block_.lanes.b.begin(), block_.lanes.b.end());
        }
        correct(enough, wanted);
        if (conjugate) follow_coupling(wanted, std::exchange(first_direction, false));
    }
    return false;
}

bool LineStepper::is_coupled() const {
    return !system_.row_next.empty() || !system_.col_next.empty();
}

/// One correction by the chains alone.
void LineStepper::correct(const Lanes& enough, const std::array<bool, lane_count>& wanted) {
    const Lanes norm = line_kernels::begin(stage_, block_.lanes);
    // Beyond a tenth an exact step is wasted where couplings or bends of the cells' law follow it.
    const bool exact = linear_ && !is_coupled();
    Lanes target{}, length{};
    std::array<int, lane_count> iterations{};
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
        target[lane] = std::max(0.3 * enough[lane], exact ? 0.0 : 0.1 * norm[lane]);
        length[lane] = wanted[lane] ? 1.0 : 0.0;
    }
    follow_gradients(stage_, block_.lanes, norm, target, wanted, iterations);
    iterations_ += *std::ranges::max_element(iterations);
    line_kernels::advance(stage_, block_.lanes, length);
}

/// Makes the correction that was just taken a conjugate direction, and takes that to its best length:
///
///     p ← z − (z·A·p)/(p·A·p)·p,   v ← v + (p·F)/(p·A·p)·p,   A·z = F(v) − F(v + z)
void LineStepper::follow_coupling(const std::array<bool, lane_count>& wanted, bool first) {
    transient_kernels::evaluate(system_, stage_, rate_, block_);
    if (direction_.w.empty())
        direction_ = image_ = {std::vector<double>(kcl_.w.size()), std::vector<double>(kcl_.b.size())};
    const auto for_nodes = [&](const auto& visit) {
        visit(block_.lanes.w, block_.lanes.f_w, before_.w, kcl_.w, direction_.w, image_.w);
        visit(block_.lanes.b, block_.lanes.r, before_.b, kcl_.b, direction_.b, image_.b);
    };
    Lanes z_image{}, p_image{}, share{};
    if (!first) {
        for_nodes([&](const auto& v, const auto& /*f*/, const auto& before, const auto& /*kcl*/,
                      const auto& p, const auto& image) {
            for (std::size_t i = 0; i < p.size(); i += lane_count) {
                for (std::size_t lane = 0; lane < lane_count; ++lane) {
                    z_image[lane] += (v[i + lane] - before[i + lane]) * image[i + lane];
                    p_image[lane] += p[i + lane] * image[i + lane];
                }
            }
        });
        for (std::size_t lane = 0; lane < lane_count; ++lane)
            share[lane] = p_image[lane] > 0.0 ? -z_image[lane] / p_image[lane] : 0.0;
    }
    Lanes p_kcl{}, length{};
    p_image.fill(0.0);
    for_nodes([&](const auto& v, const auto& f, const auto& before, const auto& kcl, auto& p, auto& image) {
        for (std::size_t i = 0; i < p.size(); i += lane_count) {
            for (std::size_t lane = 0; lane < lane_count; ++lane) {
                const std::size_t at = i + lane;
                p[at] = v[at] - before[at] + (first ? 0.0 : share[lane] * p[at]);
                image[at] = kcl[at] - f[at] + (first ? 0.0 : share[lane] * image[at]);
                p_image[lane] += p[at] * image[at];
                p_kcl[lane] += p[at] * kcl[at];
            }
        }
    });
    for (std::size_t lane = 0; lane < lane_count; ++lane)
        length[lane] = wanted[lane] && p_image[lane] > 0.0 ? p_kcl[lane] / p_image[lane] : 0.0;
    for_nodes([&](auto& v, const auto& /*f*/, const auto& before, const auto& /*kcl*/, const auto& p,
                  const auto& /*image*/) {
        for (std::size_t i = 0; i < p.size(); i += lane_count) {
            for (std::size_t lane = 0; lane < lane_count; ++lane)
                v[i + lane] = before[i + lane] + length[lane] * p[i + lane];
        }
    });
}

bool LineStepper::take_euler(double h) {
    std::ranges::copy(block_.lanes.w, block_.start.w.begin());
    std::ranges::copy(block_.lanes.b, block_.start.b.begin());
    set_rate(1.0 / h);
    for_both([&](auto part) {
        for (std::size_t i = 0; i < (block_.charge.*part).size(); ++i)
            (block_.injected.*part)[i] = rate_ * (block_.charge.*part)[i];
    });
    if (!solve_stage()) {
        revert();
        return false;
    }
    transient_kernels::measure_charges(system_, block_);
    for_both([&](auto part) {
        for (std::size_t i = 0; i < (block_.charge.*part).size(); ++i)
            (block_.injected.*part)[i] = rate_ * (block_.next_charge.*part)[i] - (block_.injected.*part)[i];
    });
    h_ = h;
    accept();
    // The slope across a jump says nothing about what follows.
    last_h_ = 0.0;
    return true;
}

bool LineStepper::solve_first_stage(double h) {
    h_ = h;
    set_rate(1.0 / (d * h));
    const double ahead = last_h_ > 0.0 ? gamma_ * h / last_h_ : 0.0;
    const auto prepare = [&](std::span<double> v, auto part) {
        const std::span<double> start = block_.start.*part, earlier = block_.earlier.*part,
                                q = block_.charge.*part, k = block_.current.*part,
                                injected = block_.injected.*part;
        for (std::size_t i = 0; i < v.size(); ++i) {
            start[i] = v[i];
            injected[i] = rate_ * q[i] + k[i];
            v[i] += ahead * (v[i] - earlier[i]);
        }
    };
    prepare(block_.lanes.w, &NodeArrays::w);
    prepare(block_.lanes.b, &NodeArrays::b);
    return solve_stage();
}

bool LineStepper::solve_second_stage() {
    for (std::size_t lane = 0; lane < lane_count; ++lane)
        worst_kcl_[lane] = std::max(worst_kcl_[lane], stage_kcl_[lane]);
    transient_kernels::measure_charges(system_, block_);
    const auto prepare = [&](std::span<double> v, auto part) {
        const std::span<double> start = block_.start.*part, q = block_.charge.*part,
                                q_1 = block_.next_charge.*part, k = block_.current.*part,
                                injected = block_.injected.*part, error = block_.error.*part;
        for (std::size_t i = 0; i < v.size(); ++i) {
            const double k_1 = rate_ * q_1[i] - injected[i];
            error[i] = error_0 * k[i] + error_1 * k_1;
            injected[i] = rate_ * (from_first * q_1[i] - from_start * q[i]);
            v[i] = start[i] + (v[i] - start[i]) / gamma_;
        }
    };
    prepare(block_.lanes.w, &NodeArrays::w);
    prepare(block_.lanes.b, &NodeArrays::b);
    return solve_stage();
}

double LineStepper::error() {
    transient_kernels::measure_charges(system_, block_);
    for_both([&](auto part) {
        const std::span<double> q_2 = block_.next_charge.*part, injected = block_.injected.*part,
                                error = block_.error.*part;
        for (std::size_t i = 0; i < error.size(); ++i) {
            injected[i] = rate_ * q_2[i] - injected[i]; // from here on: the current at the end of the step
            error[i] += error_2 * injected[i];
        }
    });
    const Lanes errors = transient_kernels::filter_error(stage_, block_);
    double worst = 0.0;
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
        const double relative = errors[lane] / scales_.voltage[lane];
        if (!(relative <= worst)) worst = relative;
    }
    return worst;
}

void LineStepper::accept() {
    for (std::size_t lane = 0; lane < lane_count; ++lane)
        worst_kcl_[lane] = std::max(worst_kcl_[lane], stage_kcl_[lane]);
    std::swap(block_.charge, block_.next_charge);
    std::swap(block_.current, block_.injected);
    std::swap(block_.earlier, block_.start);
    last_h_ = h_;
}

void LineStepper::revert() {
    std::ranges::copy(block_.start.w, block_.lanes.w.begin());
    std::ranges::copy(block_.start.b, block_.lanes.b.begin());
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
