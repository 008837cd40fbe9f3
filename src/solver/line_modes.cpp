#include "solver/line_modes.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

/// One chain of nodes with the average of all lines of a family: T = chain + cells.
struct AverageChain {
    std::vector<double> link;  ///< to the next node; 0 behind the last
    std::vector<double> tie;   ///< to the terminal
    std::vector<double> cells; ///< D
};

/// Of about so many lines is an average taken: modes are smooth, and need not be exact.
constexpr Index most_sampled = 32;

/// Every so-many-th of a family's lines, and the share of each in the average. An odd number, so that what repeats over two or four
/// lines, such as the halves of differential pairs, is all met.
struct Sample {
    Index step;
    double share;

    explicit Sample(Index lines) : step((lines / most_sampled) | 1) {
        const Index count = (lines + step - 1) / step;
        share = 1.0 / static_cast<double>(count);
    }
};

AverageChain average_row(const LineSystem& system, std::span<const double> slopes) {
    const std::size_t sites = at(system.sites);
    AverageChain chain{std::vector<double>(sites), std::vector<double>(sites), std::vector<double>(sites)};
    const auto [step, share] = Sample(system.rows);
    for (Index r = 0; r < system.rows; r += step) {
        for (Index s = 0; s < system.sites; ++s) {
            chain.link[at(s)] += share * system.row_link(r, s);
            chain.tie[at(s)] += share * system.row_tie(r, s);
        }
        for (Index l = 0; l < system.lines; ++l)
            chain.cells[at(l / system.lines_per_site)] += share * slopes[at(r * system.lines + l)];
    }
    return chain;
}

AverageChain average_column(const LineSystem& system, std::span<const double> slopes) {
    const std::size_t rows = at(system.rows);
    AverageChain chain{std::vector<double>(rows), std::vector<double>(rows), std::vector<double>(rows)};
    const auto [step, share] = Sample(system.lines);
    for (Index r = 0; r < system.rows; ++r) {
        double link = 0.0, tie = 0.0, cells = 0.0;
        for (Index l = 0; l < system.lines; l += step) {
            link += system.col_link(r, l);
            tie += system.col_tie(r, l);
            cells += slopes[at(r * system.lines + l)];
        }
        chain.link[at(r)] = share * link;
        chain.tie[at(r)] = share * tie;
        chain.cells[at(r)] = share * cells;
    }
    return chain;
}

/// Vectors over the nodes of a chain side by side: at each node one number of each.
template <std::size_t count>
using Vectors = std::vector<std::array<double, count>>;

/// The numbers of each vector.
template <std::size_t count>
using Each = std::array<double, count>;

/// Solves T·x = x in place, for some vectors at once: one alone would wait for every multiplication of its recurrence.
class ChainSolver {
public:
    explicit ChainSolver(const AverageChain& chain) : chain_(chain), pivot_(chain.link.size()) {
        double below = 0.0;
        for (std::size_t k = 0; k < pivot_.size(); ++k) {
            const double own = chain.cells[k] + chain.tie[k] + below, whole = own + chain.link[k];
            pivot_[k] = whole > 0.0 ? 1.0 / whole : 0.0;
            below = chain.link[k] * own * pivot_[k];
        }
    }

    template <std::size_t count>
    void solve(Vectors<count>& x) const {
        for (std::size_t k = 1; k < x.size(); ++k) {
            const double gain = chain_.link[k - 1] * pivot_[k - 1];
            for (std::size_t m = 0; m < count; ++m) x[k][m] += gain * x[k - 1][m];
        }
        for (double& value : x.back()) value *= pivot_.back();
        for (std::size_t k = x.size() - 1; k-- > 0;) {
            for (std::size_t m = 0; m < count; ++m)
                x[k][m] = pivot_[k] * (x[k][m] + chain_.link[k] * x[k + 1][m]);
        }
    }

private:
    const AverageChain& chain_;
    std::vector<double> pivot_;
};

/// xᵀ·T·x of each vector.
template <std::size_t count>
Each<count> energy(const AverageChain& chain, const Vectors<count>& x) {
    Each<count> sum{};
    for (std::size_t k = 0; k < x.size(); ++k) {
        const double own = chain.cells[k] + chain.tie[k], link = k + 1 < x.size() ? chain.link[k] : 0.0;
        for (std::size_t m = 0; m < count; ++m) {
            const double step = k + 1 < x.size() ? x[k][m] - x[k + 1][m] : 0.0;
            sum[m] += own * x[k][m] * x[k][m] + link * step * step;
        }
    }
    return sum;
}

/// xᵀ·D·y of every vector x and the vector y, which is one of them.
template <std::size_t count>
Each<count> cell_energy(const AverageChain& chain, const Vectors<count>& x, std::size_t y) {
    Each<count> sum{};
    for (std::size_t k = 0; k < x.size(); ++k) {
        const double cells = chain.cells[k] * x[k][y];
        for (std::size_t m = 0; m < count; ++m) sum[m] += cells * x[k][m];
    }
    return sum;
}

/// x ← D·x
template <std::size_t count>
void apply_cells(const AverageChain& chain, Vectors<count>& x) {
    for (std::size_t k = 0; k < x.size(); ++k) {
        for (double& value : x[k]) value *= chain.cells[k];
    }
}

template <std::size_t count>
void scale(Vectors<count>& x, const Each<count>& factor) {
    for (Each<count>& node : x) {
        for (std::size_t m = 0; m < count; ++m) node[m] *= factor[m];
    }
}

/// Largest eigenvalue of D·x = mu·T·x, by power iteration.
double largest_mode(const AverageChain& chain) {
    constexpr int steps = 4;
    const ChainSolver solver(chain);
    Vectors<1> x(chain.link.size(), {1.0});
    double mu = 0.0;
    for (int step = 0; step < steps; ++step) {
        apply_cells(chain, x);
        solver.solve(x);
        const double norm = energy(chain, x)[0];
        if (!(norm > 0.0)) return 0.0;
        mu = cell_energy(chain, x, 0)[0] / norm;
        scale(x, {1.0 / std::sqrt(norm)});
    }
    return mu;
}

/// Largest eigenvalues mu of D·x = mu·T·x with their vectors, xᵀ·T·x = 1, by subspace iteration; the vectors are held apart by
/// xᵀ·D·y = 0. Fewer nodes than wanted leave zero vectors.
struct ChainModes {
    static constexpr std::size_t wanted = LineModes::count + 1;
    static constexpr std::size_t padded = 8; ///< vectors side by side, those beyond `wanted` zero
    Vectors<padded> x;
    Each<padded> mu{};
};

/// Makes the vectors orthogonal, xᵀ·D·y = 0, one after the other, and xᵀ·D·x = 1.
void hold_apart(const AverageChain& chain, ChainModes& modes) {
    for (std::size_t m = 0; m < ChainModes::wanted; ++m) {
        // Earlier vectors have length 1: what they share with this one is taken from it.
        const auto shares = cell_energy(chain, modes.x, m);
        const double before = shares[m];
        double norm = 0.0;
        for (std::size_t k = 0; k < modes.x.size(); ++k) {
            double& value = modes.x[k][m];
            for (std::size_t other = 0; other < m; ++other) value -= shares[other] * modes.x[k][other];
            norm += chain.cells[k] * value * value;
        }
        const double factor = norm > 1e-20 * before ? 1.0 / std::sqrt(norm) : 0.0;
        for (Each<ChainModes::padded>& node : modes.x) node[m] *= factor;
    }
}

ChainModes chain_modes(const AverageChain& chain) {
    constexpr int steps = 6; // a mode need only be right to some percent
    const std::size_t nodes = chain.link.size();
    const ChainSolver solver(chain);
    ChainModes modes;
    modes.x.resize(nodes);
    for (std::size_t k = 0; k < nodes; ++k) {
        const double place = (static_cast<double>(k) + 0.5) / static_cast<double>(nodes);
        // Cosines of the multiples of one angle.
        const double cosine = std::cos(std::numbers::pi * place);
        double last = cosine, here = 1.0;
        for (std::size_t m = 0; m < ChainModes::wanted; ++m) {
            modes.x[k][m] = here;
            const double next = 2.0 * cosine * here - last;
            last = here;
            here = next;
        }
    }
    for (int step = 0; step < steps; ++step) {
        apply_cells(chain, modes.x);
        solver.solve(modes.x);
        hold_apart(chain, modes);
    }
    const auto norms = energy(chain, modes.x);
    Each<ChainModes::padded> factors{};
    for (std::size_t m = 0; m < ChainModes::wanted; ++m) {
        if (!(norms[m] > 0.0)) continue;
        modes.mu[m] = 1.0 / norms[m];
        factors[m] = 1.0 / std::sqrt(norms[m]);
    }
    scale(modes.x, factors);
    return modes;
}

} // namespace

double estimate_contraction(const LineSystem& system, std::span<const double> slopes) {
    return largest_mode(average_column(system, slopes)) * largest_mode(average_row(system, slopes));
}

LineModes make_line_modes(const LineSystem& system, std::span<const double> slopes) {
    const ChainModes column = chain_modes(average_column(system, slopes)),
                     row = chain_modes(average_row(system, slopes));
    LineModes modes;
    modes.phi.resize(at(system.rows));
    modes.psi.resize(at(system.lines));
    for (std::size_t m = 0; m < LineModes::count; ++m) {
        for (std::size_t r = 0; r < modes.phi.size(); ++r) modes.phi[r][m] = column.x[r][m];
        double square = 0.0;
        for (std::size_t l = 0; l < modes.psi.size(); ++l) {
            modes.psi[l][m] = row.x[l / at(system.lines_per_site)][m];
            square += modes.psi[l][m] * modes.psi[l][m];
        }
        for (auto& values : modes.psi) values[m] *= square > 0.0 ? 1.0 / std::sqrt(square) : 0.0;
    }
    constexpr double closest = 0.999; // keeps a correction finite where the wires hardly conduct
    for (std::size_t i = 0; i < LineModes::count; ++i) {
        for (std::size_t j = 0; j < LineModes::count; ++j) {
            const double lambda = std::min(column.mu[i] * row.mu[j], closest);
            modes.weight[i * LineModes::count + j] = lambda / (1.0 - lambda);
        }
    }
    constexpr std::size_t next = LineModes::count;
    modes.rest = std::max(column.mu[0] * row.mu[next], column.mu[next] * row.mu[0]);
    return modes;
}

} // namespace ohmloom
