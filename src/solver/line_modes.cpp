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

/// Of so many lines at most is an average taken: modes are smooth, and need not be exact.
constexpr Index most_sampled = 64;

/// Every so-many-th of a family's lines, and the share of each in the average.
struct Sample {
    Index step;
    double share;

    explicit Sample(Index lines) : step((lines + most_sampled - 1) / most_sampled) {
        const Index count = (lines + step - 1) / step;
        share = 1.0 / static_cast<double>(count);
    }
};

AverageChain average_row(const LineSystem& system, const std::vector<double>& slopes) {
    const std::size_t sites = at(system.sites);
    AverageChain chain{std::vector<double>(sites), std::vector<double>(sites), std::vector<double>(sites)};
    const auto [step, share] = Sample(system.rows);
    for (Index r = 0; r < system.rows; r += step) {
        for (Index s = 0; s < system.sites; ++s) {
            chain.link[at(s)] += share * system.row_link[at(r * system.sites + s)];
            chain.tie[at(s)] += share * system.row_tie[at(r * system.sites + s)];
        }
        for (Index l = 0; l < system.lines; ++l)
            chain.cells[at(l / system.lines_per_site)] += share * slopes[at(r * system.lines + l)];
    }
    return chain;
}

AverageChain average_column(const LineSystem& system, const std::vector<double>& slopes) {
    const std::size_t rows = at(system.rows);
    AverageChain chain{std::vector<double>(rows), std::vector<double>(rows), std::vector<double>(rows)};
    const auto [step, share] = Sample(system.lines);
    for (Index r = 0; r < system.rows; ++r) {
        for (Index l = 0; l < system.lines; l += step) {
            const std::size_t node = at(r * system.lines + l);
            chain.link[at(r)] += share * system.col_link[node];
            chain.tie[at(r)] += share * system.col_tie[node];
            chain.cells[at(r)] += share * slopes[node];
        }
    }
    return chain;
}

/// Solves T·x = x in place.
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

    void solve(std::vector<double>& x) const {
        for (std::size_t k = 1; k < x.size(); ++k) x[k] += chain_.link[k - 1] * pivot_[k - 1] * x[k - 1];
        x.back() *= pivot_.back();
        for (std::size_t k = x.size() - 1; k-- > 0;) x[k] = pivot_[k] * (x[k] + chain_.link[k] * x[k + 1]);
    }

private:
    const AverageChain& chain_;
    std::vector<double> pivot_;
};

/// xᵀ·T·x
double energy(const AverageChain& chain, const std::vector<double>& x) {
    double sum = 0.0;
    for (std::size_t k = 0; k < x.size(); ++k) sum += (chain.cells[k] + chain.tie[k]) * x[k] * x[k];
    for (std::size_t k = 0; k + 1 < x.size(); ++k)
        sum += chain.link[k] * (x[k] - x[k + 1]) * (x[k] - x[k + 1]);
    return sum;
}

/// xᵀ·D·y
double cell_energy(const AverageChain& chain, const std::vector<double>& x, const std::vector<double>& y) {
    double sum = 0.0;
    for (std::size_t k = 0; k < x.size(); ++k) sum += chain.cells[k] * x[k] * y[k];
    return sum;
}

void scale(std::vector<double>& x, double factor) {
    for (double& value : x) value *= factor;
}

/// Largest eigenvalue of D·x = mu·T·x, by power iteration.
double largest_mode(const AverageChain& chain) {
    constexpr int steps = 4;
    const ChainSolver solver(chain);
    std::vector<double> x(chain.link.size(), 1.0);
    double mu = 0.0;
    for (int step = 0; step < steps; ++step) {
        for (std::size_t k = 0; k < x.size(); ++k) x[k] *= chain.cells[k];
        solver.solve(x);
        const double norm = energy(chain, x);
        if (!(norm > 0.0)) return 0.0;
        mu = cell_energy(chain, x, x) / norm;
        scale(x, 1.0 / std::sqrt(norm));
    }
    return mu;
}

/// Largest eigenvalues mu of D·x = mu·T·x with their vectors, xᵀ·T·x = 1, by subspace iteration; the vectors are held apart by
/// xᵀ·D·y = 0. Fewer nodes than wanted leave zero vectors.
struct ChainModes {
    static constexpr std::size_t wanted = LineModes::count + 1;
    std::array<std::vector<double>, wanted> x;
    std::array<double, wanted> mu{};
};

ChainModes chain_modes(const AverageChain& chain) {
    constexpr int steps = 6; // a mode need only be right to some percent
    const std::size_t nodes = chain.link.size();
    const ChainSolver solver(chain);
    ChainModes modes;
    for (std::size_t m = 0; m < modes.x.size(); ++m) {
        modes.x[m].resize(nodes);
        for (std::size_t k = 0; k < nodes; ++k) {
            const double place = (static_cast<double>(k) + 0.5) / static_cast<double>(nodes);
            modes.x[m][k] = std::cos(std::numbers::pi * static_cast<double>(m) * place);
        }
    }
    for (int step = 0; step < steps; ++step) {
        for (std::size_t m = 0; m < modes.x.size(); ++m) {
            std::vector<double>& x = modes.x[m];
            for (std::size_t k = 0; k < nodes; ++k) x[k] *= chain.cells[k];
            solver.solve(x);
            const double before = cell_energy(chain, x, x);
            for (std::size_t other = 0; other < m; ++other) {
                const double share = cell_energy(chain, x, modes.x[other]);
                for (std::size_t k = 0; k < nodes; ++k) x[k] -= share * modes.x[other][k];
            }
            const double norm = cell_energy(chain, x, x);
            scale(x, norm > 1e-20 * before ? 1.0 / std::sqrt(norm) : 0.0);
        }
    }
    for (std::size_t m = 0; m < modes.x.size(); ++m) {
        const double norm = energy(chain, modes.x[m]);
        if (!(norm > 0.0)) continue;
        modes.mu[m] = 1.0 / norm;
        scale(modes.x[m], 1.0 / std::sqrt(norm));
    }
    return modes;
}

} // namespace

double estimate_contraction(const LineSystem& system, const std::vector<double>& slopes) {
    return largest_mode(average_column(system, slopes)) * largest_mode(average_row(system, slopes));
}

LineModes make_line_modes(const LineSystem& system, const std::vector<double>& slopes) {
    const ChainModes column = chain_modes(average_column(system, slopes)),
                     row = chain_modes(average_row(system, slopes));
    LineModes modes;
    modes.phi.resize(at(system.rows));
    modes.psi.resize(at(system.lines));
    for (std::size_t m = 0; m < LineModes::count; ++m) {
        for (std::size_t r = 0; r < modes.phi.size(); ++r) modes.phi[r][m] = column.x[m][r];
        double square = 0.0;
        for (std::size_t l = 0; l < modes.psi.size(); ++l) {
            modes.psi[l][m] = row.x[m][l / at(system.lines_per_site)];
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
    modes.rest = std::max(column.mu.front() * row.mu.back(), column.mu.back() * row.mu.front());
    return modes;
}

} // namespace ohmloom
