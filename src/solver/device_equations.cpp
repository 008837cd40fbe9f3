#include "solver/device_equations.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

namespace ohmloom {

namespace {

constexpr double boltzmann = 1.38064852e-23; // [J/K]
constexpr double charge = 1.6021766208e-19;  // [C]
constexpr double vacuum = 8.854214871e-12;   // [F/m] as in SPICE
constexpr double oxide_permittivity = 3.9 * vacuum;
constexpr double silicon_permittivity = 11.7 * vacuum;
constexpr double intrinsic = 1.45e16; // [1/m^3] carriers in silicon

/// Parameters of a model with the defaults of SPICE.
class Parameters {
public:
    explicit Parameters(const Model& model) : model_(model) {}

    [[nodiscard]] std::optional<double> given(std::string_view name) const {
        for (const auto& [known, value] : model_.parameters) {
            if (known == name) return value;
        }
        return std::nullopt;
    }
    [[nodiscard]] double at(std::string_view name, double otherwise) const {
        return given(name).value_or(otherwise);
    }
    [[nodiscard]] double at_least(std::string_view name, double otherwise, double least) const {
        const double value = at(name, otherwise);
        if (value < least) refuse(name, value, fmt::format("at least {}", least));
        return value;
    }
    [[nodiscard]] double positive(std::string_view name, double otherwise) const {
        const double value = at(name, otherwise);
        if (value <= 0.0) refuse(name, value, "more than 0");
        return value;
    }

private:
    [[noreturn]] void refuse(std::string_view name, double value, const std::string& expected) const {
        throw InputError(
            fmt::format("model {}: parameter {} is {}, expected {}", model_.name, name, value, expected));
    }
    const Model& model_;
};

/// Depletion capacitance of a junction of grading m: cjo/(1 − v/vj)^m, its tangent above fc vj.
double depletion(double cjo, double v, double vj, double m, double fc) {
    if (cjo == 0.0) return 0.0;
    if (v < fc * vj) return cjo * std::pow(1.0 - v / vj, -m);
    return cjo * std::pow(1.0 - fc, -1.0 - m) * (1.0 - fc * (1.0 + m) + m * v / vj);
}

/// Integral of depletion() from 0 to v. [C]
double depletion_charge(double cjo, double v, double vj, double m, double fc) {
    if (cjo == 0.0) return 0.0;
    const auto below = [&](double u) {
        const double rest = std::log1p(-u / vj);
        return m == 1.0 ? -cjo * vj * rest : -cjo * vj * std::expm1((1.0 - m) * rest) / (1.0 - m);
    };
    const double knee = fc * vj;
    if (v < knee) return below(v);
    const double over = (1.0 - fc * (1.0 + m)) * (v - knee) + 0.5 * m / vj * (v * v - knee * knee);
    return below(knee) + cjo * std::pow(1.0 - fc, -1.0 - m) * over;
}

/// The voltage bv' at which the exponential of the breakdown starts, so that the current is −ibv at −bv.
double breakdown_start(double bv, double ibv, double is, double emission_voltage) {
    const double vt = thermal_voltage();
    if (ibv < is * bv / vt) return bv;
    double start = bv - emission_voltage * std::log1p(ibv / is);
    for (int k = 0; k < 25; ++k) {
        start = bv - emission_voltage * std::log(ibv / is + 1.0 - start / vt);
        const double current = is * (std::exp((bv - start) / emission_voltage) - 1.0 + start / vt);
        if (std::abs(current - ibv) <= 1e-12 * ibv) break;
    }
    return start;
}

/// Bulk junction of a MOS transistor: a bottom plate and a side wall.
JunctionLaw bulk_junction(const Parameters& parameters, double multiplier, double area, double perimeter,
                          std::optional<double> given_capacitance, double saturation) {
    JunctionLaw law;
    law.is = saturation;
    law.vj = parameters.positive("pb", 0.8);
    law.m = parameters.at_least("mj", 0.5, 0.0);
    law.mjsw = parameters.at_least("mjsw", 0.5, 0.0);
    law.fc = parameters.at_least("fc", 0.5, 0.0);
    const double bottom = given_capacitance ? *given_capacitance : parameters.at_least("cj", 0.0, 0.0) * area;
    law.cjo = multiplier * bottom;
    law.cjsw = multiplier * parameters.at_least("cjsw", 0.0, 0.0) * perimeter;
    return law;
}

/// Process parameters: what is not given follows from doping and oxide, where those are.
struct Process {
    double kp = 2e-5, gamma = 0.0, phi = 0.6, vto = 0.0, c_oxide = 0.0;
};

Process process_of(const Parameters& parameters, double type) {
    Process process;
    process.kp = parameters.at_least("kp", 2e-5, 0.0);
    process.gamma = parameters.at_least("gamma", 0.0, 0.0);
    process.phi = parameters.positive("phi", 0.6);
    process.vto = parameters.at("vto", 0.0);
    const double tox = parameters.at_least("tox", 0.0, 0.0);
    if (tox == 0.0) return process;
    process.c_oxide = oxide_permittivity / tox;
    // Mobilities are in cm^2/(V s), dopings in 1/cm^3.
    if (!parameters.given("kp")) process.kp = parameters.positive("uo", 600.0) * process.c_oxide * 1e-4;
    const double doping = parameters.at("nsub", 0.0) * 1e6;
    if (!parameters.given("nsub") || doping <= intrinsic) return process;
    const double gap =
        1.16 - 7.02e-4 * device_temperature * device_temperature / (device_temperature + 1108.0);
    if (!parameters.given("phi")) {
        process.phi = std::max(0.1, 2.0 * thermal_voltage() * std::log(doping / intrinsic));
    }
    if (!parameters.given("gamma")) {
        process.gamma = std::sqrt(2.0 * silicon_permittivity * charge * doping) / process.c_oxide;
    }
    if (parameters.given("vto")) return process;
    const double gate_kind = parameters.at("tpg", 1.0);
    const double gate_work = gate_kind == 0.0 ? 3.2 : 3.25 + 0.5 * gap - type * gate_kind * 0.5 * gap;
    const double work = gate_work - (3.25 + 0.5 * gap + type * 0.5 * process.phi);
    const double flat_band = work - parameters.at("nss", 0.0) * 1e4 * charge / process.c_oxide;
    process.vto = flat_band + type * (process.gamma * std::sqrt(process.phi) + process.phi);
    return process;
}

} // namespace

double thermal_voltage() {
    return boltzmann * device_temperature / charge;
}

JunctionPoint JunctionLaw::at(double v, double gmin) const {
    const double emission = n * thermal_voltage();
    JunctionPoint point;
    if (v >= -3.0 * emission) {
        const double exponential = std::exp(v / emission);
        point.current = is * (exponential - 1.0);
        point.slope = is * exponential / emission;
    } else if (breakdown == 0.0 || v >= -breakdown) {
        const double ratio = 3.0 * emission / (v * std::numbers::e);
        const double cube = ratio * ratio * ratio;
        point.current = -is * (1.0 + cube);
        point.slope = is * 3.0 * cube / v;
    } else {
        const double reverse = nbv * thermal_voltage();
        const double exponential = std::exp(-(breakdown + v) / reverse);
        point.current = -is * exponential;
        point.slope = is * exponential / reverse;
    }
    point.capacitance = tt * point.slope + depletion(cjo, v, vj, m, fc) + depletion(cjsw, v, vj, mjsw, fc);
    point.charge =
        tt * point.current + depletion_charge(cjo, v, vj, m, fc) + depletion_charge(cjsw, v, vj, mjsw, fc);
    point.current += gmin * v;
    point.slope += gmin;
    return point;
}

double JunctionLaw::critical_voltage() const {
    const double emission = n * thermal_voltage();
    return emission * std::log(emission / (std::numbers::sqrt2 * is));
}

DiodeLaw diode_law(const Model& model, const Diode& diode) {
    const Parameters parameters(model);
    DiodeLaw law;
    JunctionLaw& junction = law.junction;
    junction.is = parameters.positive("is", 1e-14) * diode.area;
    junction.n = parameters.positive("n", 1.0);
    junction.tt = parameters.at_least("tt", 0.0, 0.0);
    junction.cjo = parameters.at_least("cjo", 0.0, 0.0) * diode.area;
    junction.vj = parameters.positive("vj", 1.0);
    junction.m = parameters.at_least("m", 0.5, 0.0);
    junction.fc = parameters.at_least("fc", 0.5, 0.0);
    junction.nbv = parameters.positive("nbv", junction.n);
    if (const auto bv = parameters.given("bv"); bv && *bv != 0.0) {
        junction.breakdown = breakdown_start(std::abs(*bv), parameters.positive("ibv", 1e-3), junction.is,
                                             junction.nbv * thermal_voltage());
    }
    law.series = parameters.at_least("rs", 0.0, 0.0) / diode.area;
    return law;
}

ChannelPoint MosLaw::at(double vgs, double vds, double vbs) const {
    ChannelPoint point;
    const double root_at_0 = std::sqrt(phi);
    const double root =
        vbs <= 0.0 ? std::sqrt(phi - vbs) : std::max(0.0, root_at_0 - vbs / (2.0 * root_at_0));
    point.threshold = vbi + gamma * root;
    const double overdrive = vgs - point.threshold;
    point.v_dsat = std::max(overdrive, 0.0);
    if (overdrive <= 0.0) return point;
    const double body = root > 0.0 ? gamma / (2.0 * root) : 0.0;
    const double stretched = beta * (1.0 + lambda * vds);
    if (overdrive <= vds) {
        point.current = 0.5 * stretched * overdrive * overdrive;
        point.gm = stretched * overdrive;
        point.gds = 0.5 * lambda * beta * overdrive * overdrive;
    } else {
        const double product = vds * (overdrive - 0.5 * vds);
        point.current = stretched * product;
        point.gm = stretched * vds;
        point.gds = stretched * (overdrive - vds) + lambda * beta * product;
    }
    point.gmb = point.gm * body;
    return point;
}

GateCapacitances MosLaw::gate(double vgs, double vds, const ChannelPoint& channel) const {
    constexpr double least_dsat = 0.025; // [V] keeps the ratios below finite at the threshold
    const double overdrive = vgs - channel.threshold;
    const double v_dsat = std::max(channel.v_dsat, least_dsat);
    // Shares of the channel's charge towards both ends; equal at vds = 0, all to the source in saturation.
    const double twice = 2.0 * v_dsat - vds, rest = v_dsat - vds;
    const double to_drain = vds >= v_dsat ? 0.0 : 1.0 - v_dsat * v_dsat / (twice * twice);
    const double to_source = vds >= v_dsat ? 1.0 : 1.0 - rest * rest / (twice * twice);
    GateCapacitances c;
    if (overdrive <= -phi) {
        c.bulk = oxide;
    } else if (overdrive <= -0.5 * phi) {
        c.bulk = -overdrive * oxide / phi;
    } else if (overdrive <= 0.0) {
        c.bulk = -overdrive * oxide / phi;
        const double channel_charge = overdrive * oxide / (0.75 * phi) + 2.0 * oxide / 3.0;
        c.source = channel_charge * to_source;
        c.drain = channel_charge * to_drain;
    } else {
        c.source = 2.0 * oxide / 3.0 * to_source;
        c.drain = 2.0 * oxide / 3.0 * to_drain;
    }
    return c;
}

MosLaw mos_law(const Model& model, const Mosfet& mosfet) {
    const Parameters parameters(model);
    MosLaw law;
    law.type = model.kind == ModelKind::nmos ? 1.0 : -1.0;
    const Process process = process_of(parameters, law.type);
    const double length = mosfet.length - 2.0 * parameters.at("ld", 0.0);
    if (length <= 0.0) {
        throw InputError(
            fmt::format("model {}: lateral diffusion leaves a channel of {} m, expected more than 0",
                        model.name, length));
    }
    law.beta = process.kp * mosfet.multiplier * mosfet.width / length;
    law.lambda = parameters.at("lambda", 0.0);
    law.gamma = process.gamma;
    law.phi = process.phi;
    law.vbi = law.type * process.vto - process.gamma * std::sqrt(process.phi);
    law.oxide = process.c_oxide * length * mosfet.width * mosfet.multiplier;
    law.overlap_source = parameters.at("cgso", 0.0) * mosfet.width * mosfet.multiplier;
    law.overlap_drain = parameters.at("cgdo", 0.0) * mosfet.width * mosfet.multiplier;
    law.overlap_bulk = parameters.at("cgbo", 0.0) * length * mosfet.multiplier;
    const double density = parameters.at("js", 0.0);
    const bool has_areas = density != 0.0 && mosfet.drain_area != 0.0 && mosfet.source_area != 0.0;
    const double is = parameters.positive("is", 1e-14) * mosfet.multiplier;
    law.drain_junction = bulk_junction(parameters, mosfet.multiplier, mosfet.drain_area,
                                       mosfet.drain_perimeter, parameters.given("cbd"),
                                       has_areas ? density * mosfet.drain_area * mosfet.multiplier : is);
    law.source_junction = bulk_junction(parameters, mosfet.multiplier, mosfet.source_area,
                                        mosfet.source_perimeter, parameters.given("cbs"),
                                        has_areas ? density * mosfet.source_area * mosfet.multiplier : is);
    const double sheet = parameters.at_least("rsh", 0.0, 0.0);
    law.drain_series = parameters.at_least("rd", sheet * mosfet.drain_squares, 0.0) / mosfet.multiplier;
    law.source_series = parameters.at_least("rs", sheet * mosfet.source_squares, 0.0) / mosfet.multiplier;
    return law;
}

SwitchLaw switch_law(const Model& model) {
    const Parameters parameters(model);
    return {parameters.at("vt", 0.0), parameters.at_least("vh", 0.0, 0.0),
            1.0 / parameters.positive("ron", 1.0), 1.0 / parameters.positive("roff", 1e12)};
}

double limit_junction(double proposed, double before, double emission_voltage, double critical) {
    if (proposed <= critical || std::abs(proposed - before) <= 2.0 * emission_voltage) return proposed;
    if (before <= 0.0) return emission_voltage * std::log(proposed / emission_voltage);
    const double current_ratio = 1.0 + (proposed - before) / emission_voltage;
    return current_ratio > 0.0 ? before + emission_voltage * std::log(current_ratio) : critical;
}

double limit_gate(double proposed, double before, double threshold) {
    const double overdrive = before - threshold;
    const double reach = 2.0 * std::abs(overdrive) + 2.0;
    const double near = std::clamp(proposed, before - reach, before + reach);
    if (overdrive < 0.0) return std::min(near, threshold + 0.5);
    if (overdrive < 3.5) return std::clamp(near, threshold - 0.5, threshold + 4.0);
    return near < threshold + 3.5 ? std::max(near, threshold + 2.0) : near;
}

double limit_drain(double proposed, double before) {
    if (before >= 3.5) {
        if (proposed > before) return std::min(proposed, 3.0 * before + 2.0);
        return proposed < 3.5 ? std::max(proposed, 2.0) : proposed;
    }
    return proposed > before ? std::min(proposed, 4.0) : std::max(proposed, -0.5);
}

} // namespace ohmloom
