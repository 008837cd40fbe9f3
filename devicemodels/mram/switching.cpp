#include "devicemodels/mram/switching.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace ohmloom {

double rest_angle(double delta) {
    return 1.0 / std::sqrt(2.0 * delta);
}

double reversal_time(double i, double theta0) {
    const double u = std::cos(theta0);
    if (i <= u || i <= 1.0) return std::numeric_limits<double>::infinity();
    const double below = 2.0 * std::pow(std::sin(0.5 * theta0), 2); // 1 − u without cancellation
    return -std::log(below) / (2.0 * (i - 1.0)) + std::log1p(u) / (2.0 * (i + 1.0)) +
           std::log((i - u) / i) / (i * i - 1.0);
}

double rapidity_after(double y0, const std::function<double(double y)>& i, double t, double y_rest,
                      double field) {
    constexpr double longest_step = 0.02;
    const auto rate = [&](double y) { return field * std::tanh(y) - i(y); };
    double y = std::clamp(y0, -y_rest, y_rest), left = t;
    while (left > 0.0) {
        const double h = std::min(left, longest_step / std::max({1.0, field, std::abs(i(y))}));
        const double k1 = rate(y), k2 = rate(y + 0.5 * h * k1), k3 = rate(y + 0.5 * h * k2),
                     k4 = rate(y + h * k3);
        const double next = std::clamp(y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4), -y_rest, y_rest);
        if (next == y) break; // at rest, or held there
        y = next;
        left -= h;
    }
    return y;
}

namespace {

double prefactor(double i) {
    return 2.0 * std::pow(2.0, (i - 1.0) / (i + 1.0)) * std::pow((i - 1.0) / i, 2.0 / (i + 1.0));
}

} // namespace

double fast_survival(double i, double delta, double t) {
    const double grown = i * std::exp(std::min(700.0, 2.0 * (i - 1.0) * t)) - 1.0;
    return -std::expm1(-prefactor(i) * delta * (i - 1.0) / grown);
}

double fast_reversal_time(double i, double delta, double e) {
    return std::max(0.0, std::log((1.0 + prefactor(i) * delta * (i - 1.0) / e) / i) / (2.0 * (i - 1.0)));
}

double thermal_rate(double i, double delta) {
    const double distance = std::max(1.0 - i, 1.0 / std::sqrt(delta));
    return std::sqrt(delta / std::numbers::pi) * distance * distance * std::max(0.0, 2.0 - distance) *
           std::exp(-delta * distance * distance);
}

namespace {

constexpr double low = 0.9, high = 1.1; // Ic: where heat and current, each alone, reverse a junction

/// How far the current has taken over, from 0 at `low` to 1 at `high`.
double takeover(double i) {
    const double part = std::clamp((i - low) / (high - low), 0.0, 1.0);
    return part * part * (3.0 - 2.0 * part);
}

} // namespace

double activation_rate(double i, double delta) {
    return i >= high ? 0.0 : (1.0 - takeover(i)) * thermal_rate(std::min(i, low), delta);
}

double survival(double i, double delta, double t) {
    if (t <= 0.0) return 1.0;
    if (i <= low) return std::exp(-t * thermal_rate(i, delta));
    if (i >= high) return fast_survival(i, delta, t);
    const double fast = std::max(fast_survival(high, delta, t), std::numeric_limits<double>::min());
    return std::exp(-t * activation_rate(i, delta) + takeover(i) * std::log(fast));
}

} // namespace ohmloom
