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

double table(const Neuron& neuron, double v_in) {
    const std::vector<double>&x = neuron.table_in, &y = neuron.table_out;
    if (v_in <= x.front()) return y.front();
    if (v_in >= x.back()) return y.back();
    const auto k = static_cast<std::size_t>(std::ranges::upper_bound(x, v_in) - x.begin());
    return std::lerp(y[k - 1], y[k], (v_in - x[k - 1]) / (x[k] - x[k - 1]));
}

void validate_table(const Neuron& neuron) {
    if (neuron.kind != Neuron::Kind::table) return;
    const std::vector<double>&x = neuron.table_in, &y = neuron.table_out;
    if (x.size() < 2 || x.size() != y.size()) {
        throw InputError(
            fmt::format("the neuron's curve has {} inputs and {} outputs: expected as many of both, "
                        "at least two",
                        x.size(), y.size()));
    }
    for (std::size_t k = 0; k < x.size(); ++k) {
        if (!std::isfinite(x[k]) || !std::isfinite(y[k]))
            throw InputError(fmt::format(
                "point {} of the neuron's curve is {} V, {} V: expected finite numbers", k, x[k], y[k]));
        if (k > 0 && !(x[k] > x[k - 1])) {
            throw InputError(fmt::format(
                "point {} of the neuron's curve is at {} V, behind one at {} V: expected inputs that rise", k,
                x[k], x[k - 1]));
        }
    }
}

} // namespace

std::string_view to_string(Neuron::Kind kind) {
    switch (kind) {
    case Neuron::Kind::sigmoid:
        return "sigmoid";
    case Neuron::Kind::inverter:
        return "inverter";
    case Neuron::Kind::relu:
        return "relu";
    case Neuron::Kind::tanh:
        return "tanh";
    case Neuron::Kind::comparator:
        return "comparator";
    case Neuron::Kind::table:
        return "table";
    }
    return "";
}

void validate(const Neuron& neuron) {
    require_above("v_supply", neuron.v_supply, 0.0, "V");
    require_above("slope", neuron.slope, 0.0, neuron.kind == Neuron::Kind::relu ? "V/V" : "1/V");
    require_above("r_low", neuron.r_low, 0.0, "Ohm");
    require_above("r_high", neuron.r_high, 0.0, "Ohm");
    require_above("inverter_gain", neuron.inverter_gain, 1.0, "V/V");
    if (!(neuron.v_limit > 0.0))
        throw InputError(fmt::format("neuron v_limit is {} V: expected more than 0", neuron.v_limit));
    if (!std::isfinite(neuron.threshold))
        throw InputError(fmt::format("neuron threshold is {} V: expected a finite number", neuron.threshold));
    if (!(std::isfinite(neuron.v_low) && neuron.v_low < neuron.v_supply)) {
        throw InputError(fmt::format("neuron v_low is {} V: expected less than v_supply, {} V", neuron.v_low,
                                     neuron.v_supply));
    }
    validate_table(neuron);
}

bool inverts(const Neuron& neuron) {
    switch (neuron.kind) {
    case Neuron::Kind::sigmoid:
    case Neuron::Kind::inverter:
        return true;
    case Neuron::Kind::relu:
    case Neuron::Kind::tanh:
    case Neuron::Kind::comparator:
        return false;
    case Neuron::Kind::table:
        return neuron.table_out.back() < neuron.table_out.front();
    }
    return false;
}

double transfer(const Neuron& neuron, double v_in) {
    switch (neuron.kind) {
    case Neuron::Kind::sigmoid:
        return sigmoid(neuron, v_in);
    case Neuron::Kind::inverter:
        return inverter(neuron, v_in);
    case Neuron::Kind::relu:
        return std::clamp(neuron.slope * v_in, 0.0, neuron.v_limit);
    case Neuron::Kind::tanh:
        return neuron.v_supply * std::tanh(neuron.slope * v_in);
    case Neuron::Kind::comparator:
        return v_in > neuron.threshold ? neuron.v_supply : neuron.v_low;
    case Neuron::Kind::table:
        return table(neuron, v_in);
    }
    return 0.0;
}

Matrix<double> transfer(const Neuron& neuron, const Matrix<double>& v_in) {
    Matrix<double> v_out(v_in.rows(), v_in.cols());
    std::transform(v_in.values().begin(), v_in.values().end(), v_out.values().begin(),
                   [&](double v) { return transfer(neuron, v); });
    return v_out;
}

} // namespace ohmloom
