#include "solver/line_stage_solver.hpp"

#include "solver/line_gradients.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ohmloom {

LineStageSolver::LineStageSolver(const TransientSystem& system, TransientBlock& block, const Lanes& kcl,
                                 const Lanes& largest, MovingCells* moving)
    : system_(system), block_(block), moving_(moving), kcl_(kcl), largest_(largest),
      linear_(is_linear(system.lines.cell) && block.mover.empty()) {}

void LineStageSolver::set_rate(double rate) {
    if (rate == rate_) return;
    rate_ = rate;
    stage_ = at_rate(system_, rate, g_);
    largest_conductance_ = 0.0;
    for (const auto* wires : {&stage_.row_link, &stage_.row_tie, &stage_.col_link, &stage_.col_tie})
        largest_conductance_ = std::max(largest_conductance_, wires->largest());
    for (const auto* conductances : {&stage_.row_hold, &stage_.col_hold, &g_}) {
        for (const double g : *conductances) {
            if (std::isfinite(g)) largest_conductance_ = std::max(largest_conductance_, g);
        }
    }
    factorised_ = false;
    if (linear_) make_factors();
}

void LineStageSolver::hold_merged_lines() {
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

bool LineStageSolver::solve() {
    constexpr int most_corrections = 200, patience = 12;
    hold_merged_lines();
    Lanes best{};
    best.fill(std::numeric_limits<double>::infinity());
    // What rounding the voltages and charges alone can leave cannot be asked for.
    constexpr double few_roundings = 32.0 * std::numeric_limits<double>::epsilon();
    Lanes enough{}, rounding{};
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
        rounding[lane] = few_roundings * largest_conductance_ * largest_[lane];
        enough[lane] = std::max(kcl_[lane], rounding[lane]);
    }
    Lanes last{};
    int without_gain = 0;
    bool conjugate = false, first_direction = true;
    for (int correction = 0; correction <= most_corrections; ++correction) {
        if (moving_ != nullptr) moving_->follow(block_);
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
                left_[lane] = error[lane] <= rounding[lane] ? 0.0 : error[lane];
            return true;
        }
        without_gain = gained ? 0 : without_gain + 1;
        if (without_gain > patience) {
            // Corrections that gain nothing more have met rounding, unless far from it.
            left_ = error;
            for (std::size_t lane = 0; lane < lane_count; ++lane) {
                if (!(error[lane] <= std::max(kcl_[lane], 100.0 * rounding[lane]))) return false;
            }
            return true;
        }
        factorised_ = factorised_ && linear_;
        make_factors();
        // Weakly coupled lines follow each other's corrections; what does not follow fast enough is made a search for directions.
        constexpr double fast_enough = 0.35;
        if (is_coupled() && !conjugate && correction > 0) {
            for (std::size_t lane = 0; lane < lane_count; ++lane)
                conjugate = conjugate || (wanted[lane] && error[lane] > fast_enough * last[lane]);
        }
        last = error;
        if (conjugate) {
            errors_.w.assign(block_.lanes.f_w.begin(), block_.lanes.f_w.end());
            errors_.b.assign(block_.lanes.r.begin(), block_.lanes.r.end());
            before_.w.assign(block_.lanes.w.begin(), block_.lanes.w.end());
            before_.b.assign(block_.lanes.b.begin(), block_.lanes.b.end());
        }
        correct(enough, wanted);
        if (conjugate) follow_coupling(wanted, std::exchange(first_direction, false));
    }
    return false;
}

void LineStageSolver::make_factors() {
    if (factorised_) return;
    line_kernels::factorise(stage_, block_.lanes);
    factorised_ = true;
}

bool LineStageSolver::is_coupled() const {
    return !system_.row_next.empty() || !system_.col_next.empty();
}

/// One correction by the chains alone.
void LineStageSolver::correct(const Lanes& enough, const std::array<bool, lane_count>& wanted) {
    const Lanes norm = line_kernels::begin(stage_, block_.lanes);
    // Beyond a tenth an exact step is wasted where couplings or bends of the cells' law follow it.
    const bool exact = linear_ && !is_coupled();
    Lanes target{}, length{};
    std::array<int, lane_count> iterations{};
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
        target[lane] = std::max(0.3 * enough[lane], exact ? 0.0 : 0.03 * norm[lane]);
        length[lane] = wanted[lane] ? 1.0 : 0.0;
    }
    follow_gradients(stage_, block_.lanes, norm, target, wanted, iterations);
    line_kernels::advance(stage_, block_.lanes, length);
}

/// Makes the correction that was just taken a conjugate direction, and takes that to its best length:
///
///     p ← z − (z·A·p)/(p·A·p)·p,   v ← v + (p·F)/(p·A·p)·p,   A·z = F(v) − F(v + z)
void LineStageSolver::follow_coupling(const std::array<bool, lane_count>& wanted, bool first) {
    transient_kernels::evaluate(system_, stage_, rate_, block_);
    if (direction_.w.empty())
        direction_ = image_ = {std::vector<double>(errors_.w.size()), std::vector<double>(errors_.b.size())};
    const auto for_nodes = [&](const auto& visit) {
        visit(block_.lanes.w, block_.lanes.f_w, before_.w, errors_.w, direction_.w, image_.w);
        visit(block_.lanes.b, block_.lanes.r, before_.b, errors_.b, direction_.b, image_.b);
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

} // namespace ohmloom
