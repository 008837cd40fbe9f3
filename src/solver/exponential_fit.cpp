#include "solver/exponential_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

namespace ohmloom {

namespace {

/// Points of the quadrature that gives the coefficients; twice as many terms as are ever kept.
constexpr std::size_t points = 256;
constexpr int most_terms = 120;

/// y of quadrature point i as λ/σ = (1 + y)/(1 − y) = cot²(θ/2).
double lambda_over_sigma(std::size_t i) {
    const double half = 0.5 * std::numbers::pi * (static_cast<double>(i) + 0.5) / static_cast<double>(points);
    return 1.0 / (std::tan(half) * std::tan(half));
}

/// Chebyshev coefficients of a function of λ/σ.
std::vector<double> coefficients(const std::function<double(double)>& f) {
    static const auto nodes = [] {
        std::array<double, points> all{};
        for (std::size_t i = 0; i < points; ++i) all[i] = lambda_over_sigma(i);
        return all;
    }();
    static const auto cosines = [] {
        std::array<double, 4 * points> all{};
        for (std::size_t i = 0; i < all.size(); ++i)
            all[i] =
                std::cos(std::numbers::pi * static_cast<double>(i) / (2.0 * static_cast<double>(points)));
        return all;
    }();
    std::array<double, points> values{};
    for (std::size_t i = 0; i < points; ++i) values[i] = f(nodes[i]);
    std::vector<double> c(most_terms, 0.0);
    for (std::size_t k = 0; k < most_terms; ++k) {
        double sum = 0.0;
        for (std::size_t i = 0; i < points; ++i) sum += values[i] * cosines[k * (2 * i + 1) % (4 * points)];
        c[k] = sum * (k == 0 ? 1.0 : 2.0) / static_cast<double>(points);
    }
    return c;
}

/// The three functions at x = σt, in units of 1, 1/t and t.
std::array<std::vector<double>, 3> series_of(double x) {
    return {coefficients([&](double r) { return std::exp(-r * x); }),
            coefficients([&](double r) { return r * x * std::exp(-r * x); }),
            coefficients([&](double r) { return r * x < 1e-8 ? 1.0 : -std::expm1(-r * x) / (r * x); })};
}

double tail(const std::vector<double>& c, std::size_t from) {
    double sum = 0.0;
    for (std::size_t k = c.size(); k-- > from;) sum += std::abs(c[k]);
    return sum;
}

/// Terms that all series of a time need, so that what is left out stays below the tolerance; more than there are if they do not suffice.
int terms_needed(double x, double tolerance) {
    int terms = 1;
    for (const std::vector<double>& c : series_of(x)) {
        double sum = 0.0;
        int needed = most_terms + 1;
        for (int k = most_terms; k-- > 0;) {
            sum += std::abs(c[static_cast<std::size_t>(k)]);
            if (sum > tolerance) break;
            needed = k;
        }
        terms = std::max(terms, needed);
    }
    return terms;
}

/// Terms over the logarithm of σt: the only thing that they depend on.
class TermTable {
public:
    explicit TermTable(double tolerance) {
        for (std::size_t i = 0; i < terms_.size(); ++i) terms_[i] = terms_needed(x_at(i), tolerance);
    }
    static double x_at(std::size_t i) { return std::pow(10.0, lowest + static_cast<double>(i) / per_decade); }

    /// The least terms that a σ has for all times from `first` to `last`, and σ·first.
    [[nodiscard]] std::pair<int, double> best(double first, double last) const {
        const auto width = static_cast<std::size_t>(std::ceil(std::log10(last / first) * per_decade - 1e-9));
        std::pair<int, double> found{most_terms + 1, 1.0};
        for (std::size_t i = 0; i + width < terms_.size(); ++i) {
            const int terms = *std::max_element(terms_.begin() + static_cast<std::ptrdiff_t>(i),
                                                terms_.begin() + static_cast<std::ptrdiff_t>(i + width + 1));
            if (terms < found.first) found = {terms, x_at(i)};
        }
        return found;
    }

private:
    static constexpr double lowest = -2.0, per_decade = 10.0;
    std::array<int, 46> terms_{};
};

} // namespace

ExponentialFit fit_exponentials(std::span<const double> times, double tolerance) {
    const TermTable table(tolerance);
    const auto [terms, x_first] = table.best(times.front(), times.back());
    const auto kept = static_cast<std::size_t>(std::min(terms, most_terms));
    ExponentialFit fit;
    fit.sigma = x_first / times.front();
    for (const double t : times) {
        std::array<std::vector<double>, 3> c = series_of(fit.sigma * t);
        for (std::vector<double>& series : c) {
            fit.error = std::max(fit.error, tail(series, kept));
            series.resize(kept);
        }
        for (double& x : c[1]) x /= t;
        for (double& x : c[2]) x *= t;
        fit.at.push_back({std::move(c[0]), std::move(c[1]), std::move(c[2])});
    }
    return fit;
}

std::vector<std::size_t> group_times(std::span<const double> times, double tolerance) {
    const TermTable table(tolerance);
    const std::size_t n = times.size();
    std::vector<int> cost(n + 1, std::numeric_limits<int>::max());
    std::vector<std::size_t> taken(n + 1, 1);
    cost[n] = 0;
    for (std::size_t i = n; i-- > 0;) {
        for (std::size_t j = i; j < n; ++j) {
            const int terms = table.best(times[i], times[j]).first;
            // One solution more, for the start of each group; a single time is always a group.
            if ((terms <= most_terms || j == i) && terms + 1 + cost[j + 1] < cost[i]) {
                cost[i] = terms + 1 + cost[j + 1];
                taken[i] = j + 1 - i;
            }
        }
    }
    std::vector<std::size_t> groups;
    for (std::size_t i = 0; i < n; i += groups.back()) groups.push_back(taken[i]);
    return groups;
}

} // namespace ohmloom
