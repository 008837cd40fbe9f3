#include "converters/polynomial.hpp"

#include <algorithm>

namespace ohmloom {

namespace {

/// Root between ends of opposite signs. Bisection to neighbouring numbers: built once per edge, and never wrong.
double bisect(std::span<const double> powers, double value, double low, double high) {
    const bool rises = evaluate(powers, high) > value;
    for (;;) {
        const double middle = 0.5 * low + 0.5 * high;
        if (!(middle > low && middle < high)) return high;
        ((evaluate(powers, middle) >= value) == rises ? high : low) = middle;
    }
}

/// Roots on [low, high], rising: one between any two neighbouring extrema of opposite signs.
std::vector<double> roots(const std::vector<double>& powers, double low, double high) {
    if (powers.size() <= 1) return {};
    std::vector<double> places{low};
    for (const double extremum : roots(derivative(powers), low, high)) places.push_back(extremum);
    places.push_back(high);
    std::vector<double> found;
    for (std::size_t k = 1; k < places.size(); ++k) {
        const double left = evaluate(powers, places[k - 1]), right = evaluate(powers, places[k]);
        if (left == 0.0) found.push_back(places[k - 1]);
        if ((left < 0.0 && right > 0.0) || (left > 0.0 && right < 0.0))
            found.push_back(bisect(powers, 0.0, places[k - 1], places[k]));
    }
    return found;
}

} // namespace

double evaluate(std::span<const double> powers, double x) {
    double sum = 0.0;
    for (std::size_t k = powers.size(); k-- > 0;) sum = sum * x + powers[k];
    return sum;
}

std::vector<double> derivative(std::span<const double> powers) {
    std::vector<double> slope;
    for (std::size_t k = 1; k < powers.size(); ++k) slope.push_back(static_cast<double>(k) * powers[k]);
    return slope;
}

double rising_root(std::span<const double> powers, double value, double low, double high) {
    if (evaluate(powers, low) >= value) return low;
    if (evaluate(powers, high) <= value) return high;
    return bisect(powers, value, low, high);
}

std::pair<double, double> least_value(std::span<const double> powers, double low, double high) {
    std::vector<double> places = roots(derivative(powers), low, high);
    places.push_back(low);
    places.push_back(high);
    std::pair<double, double> least{evaluate(powers, low), low};
    for (const double place : places) least = std::min(least, {evaluate(powers, place), place});
    return least;
}

} // namespace ohmloom
