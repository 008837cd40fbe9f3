#include "readout/neuron.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace ohmloom {

namespace {

void require_above(std::string_view name, double value, double limit, std::string_view unit) {
    if (!(std::isfinite(value) && value > limit)) {
        throw InputError(fmt::format("neuron {} is {} {}: expected more than {}", name, value, unit, limit));
    }
}

double sigmoid(const Neuron& neuron, double v_in) {
    return neuron.v_supply / (1.0 + std::exp(neuron.slope * v_in));
}

/// With y = v_out − v_supply/2 and x = v_g − v_supply/2, KCL at the gate gives x = (v_in·r_high + y·r_low) /
/// (r_low + r_high), and the inverter y = −h·tanh(gain·x/h) with h = v_supply/2. The mismatch f(y) = y +
/// h·tanh(gain·x(y)/h) rises with y everywhere and changes sign on [−h, h].
double inverter(const Neuron& neuron, double v_in) {
    const double h = 0.5 * neuron.v_supply;
    const double r_sum = neuron.r_low + neuron.r_high;
    double low = -h, high = h, y = std::clamp(-v_in * neuron.r_high / neuron.r_low, -h, h);
    for (int step = 0; step < 200; ++step) {
        const double x = (v_in * neuron.r_high + y * neuron.r_low) / r_sum;
        const double t = std::tanh(neuron.inverter_gain * x / h);
        const double mismatch = y + h * t;
        (mismatch > 0.0 ? high : low) = y;
        const double slope = 1.0 + neuron.inverter_gain * (1.0 - t * t) * neuron.r_low / r_sum;
        double next = y - mismatch / slope;
        if (!(next > low && next < high)) next = 0.5 * (low + high);
        if (std::abs(next - y) <= 1e-16 * neuron.v_supply) return h + next;
        y = next;
    }
    return h + y;
}

} // namespace

void validate(const Neuron& neuron) {
    require_above("v_supply", neuron.v_supply, 0.0, "V");
    require_above("slope", neuron.slope, 0.0, "1/V");
    require_above("r_low", neuron.r_low, 0.0, "Ohm");
    require_above("r_high", neuron.r_high, 0.0, "Ohm");
    require_above("inverter_gain", neuron.inverter_gain, 1.0, "V/V");
}

double transfer(const Neuron& neuron, double v_in) {
    return neuron.kind == Neuron::Kind::sigmoid ? sigmoid(neuron, v_in) : inverter(neuron, v_in);
}

Matrix<double> transfer(const Neuron& neuron, const Matrix<double>& v_in) {
    Matrix<double> v_out(v_in.rows(), v_in.cols());
    std::transform(v_in.values().begin(), v_in.values().end(), v_out.values().begin(),
                   [&](double v) { return transfer(neuron, v); });
    return v_out;
}

} // namespace ohmloom
