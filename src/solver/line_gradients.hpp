#pragma once

#include "solver/line_kernels.hpp"
#include "solver/single_line_kernels.hpp"

#include <array>
#include <cstddef>

namespace ohmloom {

/// Iterations after which a lane is left as it is.
inline constexpr int most_gradient_iterations = 20000;

/// Preconditioned conjugate gradients on S·x = r of a block after its begin(), whose result is `norm`, in the form of Chronopoulos and
/// Gear, which needs one pass up and one pass down the array per iteration and all dot products at once. Goes on until |r| of each
/// `wanted` lane is below its target [A], or falls no more; counts into `iterations`, whose lanes end at most_gradient_iterations.
/// After each iteration `adjust(target)` may change the targets.
/// Source: Chronopoulos, Gear, J. Comput. Appl. Math. 25(2), 1989. doi:10.1016/0377-0427(89)90045-9
template <class Block, std::size_t lanes, class Adjust>
void follow_gradients(const LineSystem& system, Block& block, std::array<double, lanes> norm,
                      std::array<double, lanes> target, const std::array<bool, lanes>& wanted,
                      std::array<int, lanes>& iterations, const Adjust& adjust) {
    using Values = std::array<double, lanes>;
    Values gamma{}, alpha{}, beta{};
    std::array<bool, lanes> active{};
    // Rounding can hold a residual up forever; one that so many iterations did not halve will not fall any more.
    constexpr int patience = 250;
    Values halved = norm;
    std::array<int, lanes> waited{};
    const auto update_active = [&] {
        bool any = false;
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            if (norm[lane] < 0.5 * halved[lane]) {
                halved[lane] = norm[lane];
                waited[lane] = 0;
            }
            active[lane] = wanted[lane] && norm[lane] > target[lane] && waited[lane]++ < patience &&
                           iterations[lane] < most_gradient_iterations;
            any = any || active[lane];
        }
        return any;
    };
    for (bool first = true; update_active(); first = false) {
        const auto products = line_kernels::ascend(system, block);
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const double last_gamma = gamma[lane], last_alpha = alpha[lane];
            gamma[lane] = products.rz[lane];
            beta[lane] = first || last_gamma <= 0.0 ? 0.0 : gamma[lane] / last_gamma;
            const double curvature =
                products.zs[lane] - (last_alpha == 0.0 ? 0.0 : beta[lane] * gamma[lane] / last_alpha);
            const bool step = active[lane] && gamma[lane] > 0.0 && curvature > 0.0;
            alpha[lane] = step ? gamma[lane] / curvature : 0.0;
            if (!step) beta[lane] = 0.0;
            if (active[lane]) ++iterations[lane];
        }
        norm = line_kernels::descend(system, block, alpha, beta);
        // A lane that could take no step is at its rounding limit.
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            if (alpha[lane] == 0.0) norm[lane] = 0.0;
        }
        adjust(target);
    }
}

/// Likewise, to targets that stay.
template <class Block, std::size_t lanes>
void follow_gradients(const LineSystem& system, Block& block, const std::array<double, lanes>& norm,
                      const std::array<double, lanes>& target, const std::array<bool, lanes>& wanted,
                      std::array<int, lanes>& iterations) {
    follow_gradients(system, block, norm, target, wanted, iterations, [](std::array<double, lanes>&) {});
}

} // namespace ohmloom
