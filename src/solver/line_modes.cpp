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

AverageChain average_row(const LineSystem& system, const std::vector<double>& slopes) {
    AverageChain chain{std::vector<double>(at(system.sites)), std::vector<double>(at(system.sites)),
                       std::vector<double>(at(system.sites))};
    const double share = 1.0 / static_cast<double>(system.rows);
    for (Index r = 0; r < system.rows; ++r) {
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
    AverageChain chain{std::vector<double>(at(system.rows)), std::vector<double>(at(system.rows)),
                       std::vector<double>(at(system.rows))};
    const double share = 1.0 / static_cast<double>(system.lines);
    for (Index r = 0; r < system.rows; ++r) {
        for (Index l = 0; l < system.lines; ++l) {
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

/// xᵀ·T·y
double energy(const AverageChain& chain, const std::vector<double>& x, const std::vector<double>& y) {
    double sum = 0.0;
    for (std::size_t k = 0; k < x.size(); ++k) {
        sum += (chain.cells[k] + chain.tie[k]) * x[k] * y[k];
        if (k + 1 < x.size()) sum += chain.link[k] * (x[k] - x[k + 1]) * (y[k] - y[k + 1]);
    }
    return sum;
}

double cell_energy(const AverageChain& chain, const std::vector<double>& x) {
    double sum = 0.0;
    for (std::size_t k = 0; k < x.size(); ++k) sum += chain.cells[k] * x[k] * x[k];
    return sum;
}

/// Largest eigenvalues mu of D·x = mu·T·x with their vectors, xᵀ·T·x = 1, by subspace iteration. Fewer nodes than wanted leave zero
/// vectors.
struct ChainModes {
    static constexpr std::size_t wanted = LineModes::count + 1;
    std::array<std::vector<double>, wanted> x;
    std::array<double, wanted> mu{};
};

ChainModes chain_modes(const AverageChain& chain) {
    constexpr int steps = 12; // a mode's direction need only be right to some percent
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
            const double before = energy(chain, x, x);
            for (std::size_t other = 0; other < m; ++other) {
                const double share = energy(chain, x, modes.x[other]);
                for (std::size_t k = 0; k < nodes; ++k) x[k] -= share * modes.x[other][k];
            }
            const double norm = energy(chain, x, x);
            const double scale = norm > 1e-20 * before ? 1.0 / std::sqrt(norm) : 0.0;
            for (double& value : x) value *= scale;
            modes.mu[m] = cell_energy(chain, x);
        }
    }
    return modes;
}

} // namespace

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
    modes.contraction = column.mu.front() * row.mu.front();
    modes.rest = std::max(column.mu.front() * row.mu.back(), column.mu.back() * row.mu.front());
    return modes;
}

} // namespace ohmloom
