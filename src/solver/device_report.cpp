#include "solver/device_report.hpp"

#include <cmath>
#include <optional>
#include <string>

namespace ohmloom {

namespace {

DeviceReport report_of(const std::string& name, const MosLaw& law, const ElementState& state) {
    const auto [vgs, vds, vbs] = state.v;
    const bool is_forward = vds >= 0.0;
    const ChannelPoint channel =
        law.at(is_forward ? vgs : vgs - vds, std::abs(vds), is_forward ? vbs : vbs - vds);
    const double sign = law.type * (is_forward ? 1.0 : -1.0);
    const char* region = channel.v_dsat == 0.0             ? "off"
                         : std::abs(vds) >= channel.v_dsat ? "saturated"
                                                           : "linear";
    return {name,
            {{"vgs", "V", law.type * vgs},
             {"vds", "V", law.type * vds},
             {"vbs", "V", law.type * vbs},
             {"vth", "V", law.type * channel.threshold},
             {"vdsat", "V", law.type * channel.v_dsat},
             {"id", "A", sign * channel.current},
             {"gm", "S", channel.gm},
             {"gds", "S", channel.gds},
             {"gmb", "S", channel.gmb}},
            region};
}

std::optional<DeviceReport> report_of(const NodalSystem& system, const FlatElement& flat) {
    const Element& element = *flat.element;
    if (const auto* v = std::get_if<VoltageSource>(&element.kind)) {
        const double i = value_of(system.x, flat.branch);
        const double volts =
            value_of(system.x, unknown_of(v->plus)) - value_of(system.x, unknown_of(v->minus));
        return DeviceReport{
            element.name, {{"v", "V", volts}, {"i", "A", i}, {"p_delivered", "W", -volts * i}}, ""};
    }
    if (std::holds_alternative<Diode>(element.kind)) {
        const ElementState& state = system.states[flat.state];
        const JunctionPoint point = system.diode(flat).junction.at(state.v[0], system.options().gmin);
        return DeviceReport{element.name,
                            {{"vd", "V", state.v[0]},
                             {"id", "A", point.current},
                             {"gd", "S", point.slope},
                             {"cd", "F", point.capacitance}},
                            ""};
    }
    if (std::holds_alternative<Mosfet>(element.kind)) {
        return report_of(element.name, system.mos(flat), system.states[flat.state]);
    }
    if (std::holds_alternative<Switch>(element.kind)) {
        const bool is_on = system.states[flat.state].is_on;
        const SwitchLaw& law = system.switch_of(flat);
        return DeviceReport{element.name, {{"g", "S", is_on ? law.g_on : law.g_off}}, is_on ? "on" : "off"};
    }
    return std::nullopt;
}

} // namespace

std::vector<DeviceReport> device_report(const NodalSystem& system) {
    std::vector<DeviceReport> reports;
    for (const FlatElement& flat : system.elements()) {
        if (auto device = report_of(system, flat)) reports.push_back(std::move(*device));
    }
    return reports;
}

} // namespace ohmloom
