#include "readout/readout_stage.hpp"

#include "base/errors.hpp"
#include "base/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

constexpr double infinite = ReadoutStage::infinite;

void require_positive(std::string_view name, double value, std::string_view unit, bool may_be_infinite) {
    if (value > 0.0 && (may_be_infinite || std::isfinite(value))) return;
    throw InputError(fmt::format("{} of the read-out stage is {}{}: it must be positive", name, value, unit));
}

void require_not_negative(std::string_view name, double value, std::string_view unit) {
    if (value >= 0.0 && std::isfinite(value)) return;
    throw InputError(
        fmt::format("{} of the read-out stage is {}{}: it must not be negative", name, value, unit));
}

/// A line's potential r·I + e, and the output of its amplifier a·I + a_0.
struct LineEnd {
    double r = 0.0, e = 0.0;
    double a = 0.0, a_0 = 0.0;
};

/// 1/(1 + open_loop_gain), the part of its output that an op-amp's inputs stay apart by; 0 for an ideal one.
double input_share(const ReadoutStage& stage) {
    return 1.0 / (1.0 + stage.open_loop_gain);
}

/// Transimpedance amplifier. With the line at m, Kirchhoff's law there I = (m − out)/r_f + (m − offset)/r_amplifier and
/// out = A·(offset − m).
LineEnd op_amp_end(const ReadoutStage& stage, double r_f, double offset) {
    const double share = input_share(stage), beside = r_f / stage.r_amplifier;
    const double apart =
        share / (1.0 + share * beside); // of r_f·I and of −offset, that the line is away from the offset
    const double r = apart * r_f, e = (1.0 - apart) * offset;
    return {r, e, r - r_f + beside * r, e + beside * (e - offset)};
}

void add_op_amp_losses(const ReadoutStage& stage, double r_f, double offset, const LineEnd& end, bool plus,
                       StagePort& port) {
    const double through = end.r / stage.r_amplifier, rest = (end.e - offset) / stage.r_amplifier;
    const std::size_t first = plus ? 0 : 2;
    const auto loss = [&](double r, double part, double constant) {
        return plus ? StageLoss{r, part, 0.0, constant} : StageLoss{r, 0.0, part, constant};
    };
    port.losses[first] = loss(r_f, 1.0 - through, -rest);
    if (std::isfinite(stage.r_amplifier)) port.losses[first + 1] = loss(stage.r_amplifier, through, rest);
}

/// What is the same for lines with an amplifier each: u is the I− amplifier's output less the I+ amplifier's.
StagePort join_ends(const LineEnd& plus, const LineEnd& minus) {
    StagePort port;
    port.r_plus = plus.r;
    port.r_minus = minus.r;
    port.e_plus = plus.e;
    port.e_minus = minus.e;
    port.t_plus = -plus.a;
    port.t_minus = minus.a;
    port.u_0 = minus.a_0 - plus.a_0;
    return port;
}

StagePort op_amp_port(const ReadoutStage& stage, const StageSample& sample) {
    const double r_plus = stage.r_feedback() * sample.gain_plus,
                 r_minus = stage.r_feedback() * sample.gain_minus;
    const LineEnd plus = op_amp_end(stage, r_plus, sample.offset_plus),
                  minus = op_amp_end(stage, r_minus, sample.offset_minus);
    StagePort port = join_ends(plus, minus);
    add_op_amp_losses(stage, r_plus, sample.offset_plus, plus, true, port);
    add_op_amp_losses(stage, r_minus, sample.offset_minus, minus, false, port);
    return port;
}

/// With p = r_ground·I+ and the (−) node m = out + r_f·I−, out = A·(p + offset − m).
StagePort difference_port(const ReadoutStage& stage, const StageSample& sample) {
    const double r_ground = stage.r_feedback() * sample.gain_plus,
                 r_f = stage.r_feedback() * sample.gain_minus;
    const double share = input_share(stage);
    StagePort port;
    port.r_plus = stage.r_input + r_ground;
    port.r_minus = stage.r_input + share * r_f;
    port.coupling = (1.0 - share) * r_ground;
    port.e_minus = (1.0 - share) * sample.offset_plus;
    port.t_plus = port.coupling;
    port.t_minus = -(1.0 - share) * r_f;
    port.u_0 = port.e_minus;
    port.losses[0] = {port.r_plus, 1.0, 0.0, 0.0};
    port.losses[1] = {stage.r_input + r_f, 0.0, 1.0, 0.0};
    return port;
}

StagePort conveyor_port(const ReadoutStage& stage, const StageSample& sample) {
    const double plus = stage.current_gain * sample.gain_plus, minus = stage.current_gain * sample.gain_minus;
    StagePort port;
    port.r_plus = port.r_minus = stage.r_conveyor;
    port.e_plus = sample.offset_plus;
    port.e_minus = sample.offset_minus;
    port.t_plus = stage.r_feedback() * plus;
    port.t_minus = -stage.r_feedback() * minus;
    port.losses[0] = {stage.r_conveyor, 1.0, 0.0, 0.0};
    port.losses[1] = {stage.r_conveyor, 0.0, 1.0, 0.0};
    port.losses[2] = {stage.r_feedback(), plus, -minus, 0.0};
    return port;
}

StagePort divider_port(const ReadoutStage& stage, const StageSample& sample) {
    const double gain = stage.gain * sample.gain_plus;
    StagePort port;
    port.r_plus = port.r_minus = stage.r_input;
    port.t_plus = gain * stage.r_input;
    port.t_minus = -port.t_plus;
    port.u_0 = gain * sample.offset_plus;
    port.losses[0] = {stage.r_input, 1.0, 0.0, 0.0};
    port.losses[1] = {stage.r_input, 0.0, 1.0, 0.0};
    return port;
}

/// (1 − e^(−x))/x, and its mean over 0 … x, which series say where they cancel.
struct ChargingCurve {
    double end, mean;
    explicit ChargingCurve(double x)
        : end(x < 1e-3 ? 1.0 - x / 2.0 + x * x / 6.0 : -std::expm1(-x) / x),
          mean(x < 1e-3 ? 0.5 - x / 6.0 + x * x / 24.0 : (1.0 - end) / x) {}
};

/// The capacitor's voltage v = m − out rises with the mean current to `end`·r_f·I; m = share·v + (1 − share)·offset all the time.
struct IntegratorEnd : LineEnd {
    double r_mean = 0.0; ///< [Ohm] mean of v over I

    IntegratorEnd(const ReadoutStage& stage, double r_f, double offset) {
        const double share = input_share(stage);
        const ChargingCurve curve(r_f / stage.r_leak);
        r_mean = curve.mean * r_f;
        r = share * r_mean;
        e = a_0 = (1.0 - share) * offset;
        a = -(1.0 - share) * curve.end * r_f;
    }
};

StagePort integrator_port(const ReadoutStage& stage, const StageSample& sample) {
    const double r_plus = stage.r_feedback() * sample.gain_plus,
                 r_minus = stage.r_feedback() * sample.gain_minus;
    const IntegratorEnd plus(stage, r_plus, sample.offset_plus), minus(stage, r_minus, sample.offset_minus);
    StagePort port = join_ends(plus, minus);
    port.losses[0] = {plus.r_mean, 1.0, 0.0, 0.0};
    port.losses[1] = {minus.r_mean, 0.0, 1.0, 0.0};
    const double share = input_share(stage);
    if (share > 0.0) port.quasi_static_limit = std::sqrt(12e-4) / (share * std::max(r_plus, r_minus));
    return port;
}

} // namespace

std::string_view to_string(StageKind kind) {
    switch (kind) {
    case StageKind::virtual_ground:
        return "virtual-ground";
    case StageKind::difference:
        return "differential-amplifier";
    case StageKind::op_amp:
        return "op-amp";
    case StageKind::current_conveyor:
        return "current-conveyor";
    case StageKind::divider:
        return "divider";
    case StageKind::integrator:
        return "integrator";
    }
    return "";
}

void validate(const ReadoutStage& stage) {
    require_positive("gain", stage.gain, "", false);
    require_positive("r_input", stage.r_input, " Ohm", false);
    require_positive("open_loop_gain", stage.open_loop_gain, "", true);
    require_positive("r_amplifier", stage.r_amplifier, " Ohm", true);
    require_not_negative("r_conveyor", stage.r_conveyor, " Ohm");
    require_positive("current_gain", stage.current_gain, "", false);
    require_positive("integration_time", stage.integration_time, " s", false);
    require_not_negative("capacitance", stage.capacitance, " F");
    require_positive("r_leak", stage.r_leak, " Ohm", true);
    require_not_negative("offset_sigma", stage.spread.offset, " V");
    require_not_negative("gain_sigma", stage.spread.gain, "");
    if (stage.kind == StageKind::virtual_ground && stage.spread.offset > 0.0)
        throw InputError("an ideal virtual ground has no offset: expected offset_sigma 0, or an op-amp");
}

bool are_alike(const ReadoutStage& stage) {
    return stage.spread.offset == 0.0 && stage.spread.gain == 0.0;
}

bool is_ideal(const ReadoutStage& stage) {
    const bool is_either = stage.kind == StageKind::virtual_ground || stage.kind == StageKind::difference;
    return is_either && (stage.kind == StageKind::virtual_ground || std::isinf(stage.open_loop_gain)) &&
           are_alike(stage);
}

StageSample sample_stage(const ReadoutStage& stage, std::uint32_t tile, Index output) {
    const RandomStream stream(stage.spread.seed, RandomPurpose::stage_variation);
    const auto draw = [&](std::uint32_t line, std::uint32_t what) {
        return stream.normal(tile, static_cast<std::uint32_t>(output), line, what);
    };
    StageSample sample;
    if (stage.spread.gain > 0.0) {
        sample.gain_plus = std::exp(stage.spread.gain * draw(0, 0));
        sample.gain_minus = std::exp(stage.spread.gain * draw(1, 0));
    }
    if (stage.spread.offset > 0.0) {
        sample.offset_plus = stage.spread.offset * draw(0, 1);
        sample.offset_minus = stage.spread.offset * draw(1, 1);
    }
    return sample;
}

StagePort stage_port(const ReadoutStage& stage, const StageSample& sample) {
    validate(stage);
    ReadoutStage ideal = stage;
    switch (stage.kind) {
    case StageKind::virtual_ground:
        ideal.open_loop_gain = ideal.r_amplifier = infinite;
        return op_amp_port(ideal, {sample.gain_plus, sample.gain_minus, 0.0, 0.0});
    case StageKind::difference:
        return difference_port(stage, sample);
    case StageKind::op_amp:
        return op_amp_port(stage, sample);
    case StageKind::current_conveyor:
        return conveyor_port(stage, sample);
    case StageKind::divider:
        return divider_port(stage, sample);
    case StageKind::integrator:
        return integrator_port(stage, sample);
    }
    return {};
}

std::vector<StagePort> stage_ports(const ReadoutStage& stage, Index outputs, Index lines_per_output,
                                   std::uint32_t tile) {
    std::vector<StagePort> ports;
    for (Index s = 0; s < outputs; ++s) {
        StageSample sample = sample_stage(stage, tile, s);
        if (lines_per_output == 1) sample.offset_minus = 0.0;
        ports.push_back(stage_port(stage, sample));
    }
    return ports;
}

} // namespace ohmloom
