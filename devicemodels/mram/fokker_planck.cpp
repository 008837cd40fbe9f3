#include "devicemodels/mram/switching.hpp"

#include <cmath>
#include <vector>

namespace ohmloom {

namespace {

/// Bernoulli function x/(e^x − 1).
double bernoulli(double x) {
    return std::abs(x) < 1e-8 ? 1.0 - 0.5 * x : x / std::expm1(x);
}

/// dρ/dt = L·ρ on equally wide cells, L tridiagonal.
struct Generator {
    std::vector<double> below, diagonal, above;
};

/// Fluxes between cells as Scharfetter and Gummel have them: exact where drift and diffusion are constant, so that the
/// thermal equilibrium, which is steep, is kept.
Generator make_generator(double i, double delta, int cells) {
    const auto n = static_cast<std::size_t>(cells);
    const double h = 2.0 / cells;
    Generator l{std::vector<double>(n), std::vector<double>(n), std::vector<double>(n)};
    for (std::size_t k = 0; k + 1 < n; ++k) {
        const double u = -1.0 + h * static_cast<double>(k + 1);
        const double diffusion = (1.0 - u * u) / (2.0 * delta), drift = (1.0 - u * u) * (i - u);
        // Flux to the left through this face: drift·ρ + diffusion·dρ/du.
        const double peclet = drift * h / diffusion;
        const double from_right = diffusion / h * bernoulli(-peclet),
                     from_left = diffusion / h * bernoulli(peclet);
        l.above[k] += from_right / h;
        l.diagonal[k] -= from_left / h;
        l.below[k + 1] += from_left / h;
        l.diagonal[k + 1] -= from_right / h;
    }
    return l;
}

std::vector<double> rate_of_change(const Generator& l, const std::vector<double>& x) {
    std::vector<double> y(x.size());
    for (std::size_t k = 0; k < x.size(); ++k) {
        y[k] = l.diagonal[k] * x[k];
        if (k > 0) y[k] += l.below[k] * x[k - 1];
        if (k + 1 < x.size()) y[k] += l.above[k] * x[k + 1];
    }
    return y;
}

/// Solves (1 − a·L)·x = b by elimination along the line; the matrix is an M-matrix and needs no pivoting.
std::vector<double> solve_implicit(const Generator& l, double a, std::vector<double> b) {
    const std::size_t n = b.size();
    std::vector<double> upper(n);
    double pivot = 1.0 - a * l.diagonal[0];
    b[0] /= pivot;
    for (std::size_t k = 1; k < n; ++k) {
        upper[k - 1] = -a * l.above[k - 1] / pivot;
        pivot = 1.0 - a * l.diagonal[k] + a * l.below[k] * upper[k - 1];
        b[k] = (b[k] + a * l.below[k] * b[k - 1]) / pivot;
    }
    for (std::size_t k = n - 1; k-- > 0;) b[k] -= upper[k] * b[k + 1];
    return b;
}

double survival_on_grid(double i, double delta, double t, int cells, int steps) {
    const Generator l = make_generator(i, delta, cells);
    const double h = 2.0 / cells;
    std::vector<double> rho(static_cast<std::size_t>(cells), 0.0);
    double total = 0.0;
    for (std::size_t k = rho.size() / 2; k < rho.size(); ++k) {
        const double u = -1.0 + h * (static_cast<double>(k) + 0.5);
        rho[k] = std::exp(-delta * (1.0 - u * u));
        total += rho[k] * h;
    }
    for (double& value : rho) value /= total;

    // TR-BDF2: a trapezoidal step over gamma·dt, then backward differences over the rest; second order, and it damps
    // what the fine cells would let ring.
    const double gamma = 2.0 - std::sqrt(2.0), dt = t / steps, implicit = 0.5 * gamma * dt;
    for (int step = 0; step < steps; ++step) {
        std::vector<double> right = rate_of_change(l, rho);
        for (std::size_t k = 0; k < rho.size(); ++k) right[k] = rho[k] + implicit * right[k];
        const std::vector<double> middle = solve_implicit(l, implicit, std::move(right));
        const double a = 1.0 / (gamma * (2.0 - gamma)),
                     b = -(1.0 - gamma) * (1.0 - gamma) / (gamma * (2.0 - gamma));
        for (std::size_t k = 0; k < rho.size(); ++k) rho[k] = a * middle[k] + b * rho[k];
        rho = solve_implicit(l, (1.0 - gamma) / (2.0 - gamma) * dt, std::move(rho));
    }
    double up = 0.0;
    for (std::size_t k = rho.size() / 2; k < rho.size(); ++k) up += rho[k] * h;
    return up;
}

} // namespace

double fokker_planck_survival(double i, double delta, double t, int cells, int steps) {
    // The error falls with the square of the cell width: two grids cancel its leading term.
    const double coarse = survival_on_grid(i, delta, t, cells / 2, steps),
                 fine = survival_on_grid(i, delta, t, cells, steps);
    return (4.0 * fine - coarse) / 3.0;
}

} // namespace ohmloom
