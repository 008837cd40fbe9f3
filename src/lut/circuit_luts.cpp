#include "lut/circuit_luts.hpp"

#include "base/errors.hpp"
#include "solver/circuit_solver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

namespace ohmloom {

namespace {

RefinedAxis linear_axis(std::string name, std::string unit, double low, double high, Index count) {
    if (!(low < high))
        throw InputError(fmt::format("{} from {} to {}: expected the lower value first", name, low, high));
    return {{std::move(name), std::move(unit), even_nodes(low, high, count), AxisRule::linear,
             BeyondAxis::refuse},
            true};
}

/// A SPICE name as that of an axis or array.
std::string table_name(std::string name) {
    for (char& c : name)
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) c = '_';
    return name.front() >= 'a' && name.front() <= 'z' ? name : "n_" + name;
}

RefinedFunction curve(RefinedFunction function, std::string name, std::string summary) {
    function.kind = "curve";
    function.name = std::move(name);
    function.summary = std::move(summary);
    return function;
}

/// The unit of a source's value. @throws InputError if there is no such source.
std::string unit_of(const Circuit& circuit, const std::string& source) {
    const Element* element = circuit.find_element(source);
    if (element != nullptr && std::holds_alternative<VoltageSource>(element->kind)) return "V";
    if (element != nullptr && std::holds_alternative<CurrentSource>(element->kind)) return "A";
    throw InputError(fmt::format("{} is no independent source of the circuit", source));
}

} // namespace

RefinedFunction neuron_function(const Neuron& neuron, double v_low, double v_high) {
    validate(neuron);
    RefinedFunction function;
    RefinedAxis axis = linear_axis("v_in", "V", v_low, v_high, 9);
    // Corners of a measured curve, of a rectifier and of a comparator are nodes.
    std::vector<double> corners;
    if (neuron.kind == Neuron::Kind::table) corners = neuron.table_in;
    if (neuron.kind == Neuron::Kind::relu) corners = {0.0, neuron.v_limit / neuron.slope};
    if (neuron.kind == Neuron::Kind::comparator) corners = {neuron.threshold};
    std::vector<double>& nodes = axis.axis.values;
    for (const double corner : corners)
        if (corner > v_low && corner < v_high) nodes.push_back(corner);
    std::ranges::sort(nodes);
    nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
    axis.axis.beyond = BeyondAxis::clamp;
    function.axes = {axis};
    function.outputs = {{"v_out", "V"}};
    function.reference = fmt::format("the {} neuron's circuit equations", to_string(neuron.kind));
    function.evaluate = [neuron](std::span<const double> p, std::span<double> out) {
        out[0] = transfer(neuron, p[0]);
    };
    return curve(std::move(function), "neuron",
                 fmt::format("output of a {} neuron over its input", to_string(neuron.kind)));
}

RefinedFunction stage_function(const ReadoutStage& stage, double i_scale) {
    const StagePort port = stage_port(stage);
    RefinedFunction function;
    function.axes = {linear_axis("i_plus", "A", -i_scale, i_scale, 2),
                     linear_axis("i_minus", "A", -i_scale, i_scale, 2)};
    function.outputs = {{"v_out", "V"}, {"v_plus", "V"}, {"v_minus", "V"}};
    function.reference = fmt::format("the {} stage's two-port", to_string(stage.kind));
    function.evaluate = [port](std::span<const double> i, std::span<double> v) {
        v[0] = port.t_plus * i[0] + port.t_minus * i[1] + port.u_0;
        v[1] = port.r_plus * i[0] + port.e_plus;
        v[2] = port.r_minus * i[1] + port.coupling * i[0] + port.e_minus;
    };
    return curve(std::move(function), "stage",
                 fmt::format("output and line potentials of a {} stage over the currents of its lines",
                             to_string(stage.kind)));
}

RefinedFunction circuit_function(const Circuit& circuit, const std::vector<SweptSource>& sources,
                                 const std::string& node) {
    if (sources.empty() || sources.size() > 2)
        throw InputError(fmt::format("{} sources: expected one or two", sources.size()));
    if (!circuit.find_node(node)) throw InputError(fmt::format("there is no node {} in the circuit", node));
    RefinedFunction function;
    std::vector<std::string> names;
    for (const SweptSource& source : sources) {
        function.axes.push_back(
            linear_axis(table_name(source.name), unit_of(circuit, source.name), source.low, source.high, 9));
        names.push_back(source.name);
    }
    const std::string signal = fmt::format("v({})", node);
    function.outputs = {{table_name(node), "V"}};
    if (function.outputs[0].name == function.axes[0].axis.name)
        function.outputs[0].name = "v_" + function.outputs[0].name;
    function.reference = "operating points by the mna engine";
    function.evaluate = [&circuit, names, signal](std::span<const double> p, std::span<double> v) {
        DcAnalysis analysis;
        for (std::size_t a = 0; a < names.size(); ++a) analysis.sweeps.push_back({names[a], p[a], p[a], 1.0});
        const Waveforms found = CircuitSolver(circuit).sweep(analysis);
        const auto column = std::ranges::find(found.signals, signal);
        if (column == found.signals.end())
            throw InputError(fmt::format("there is no signal {} in the circuit", signal));
        if (!found.all_converged())
            throw InputError(fmt::format("the circuit has no operating point with {} = {}: {}",
                                         fmt::join(names, ", "), fmt::join(p, ", "), found.message));
        v[0] = found.values(0, column - found.signals.begin());
    };
    return curve(std::move(function), "curve", fmt::format("{} over {}", signal, fmt::join(names, ", ")));
}

} // namespace ohmloom
