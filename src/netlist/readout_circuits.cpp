#include "netlist/readout_circuits.hpp"

#include "circuit/array_netlist.hpp"
#include "circuit/spice_writer.hpp"

#include <limits>
#include <utility>
#include <vector>

namespace ohmloom {

namespace {

constexpr double ideal = std::numeric_limits<double>::infinity();

ExpressionStep number(double value) {
    return {Operation::constant, value, "", ""};
}

ExpressionStep voltage(std::string plus, std::string minus = "0") {
    return {Operation::voltage, 0.0, std::move(plus), std::move(minus)};
}

ExpressionStep operation(Operation kind) {
    return {kind, 0.0, "", ""};
}

/// Power that an op-amp delivers at `out` through the feedback resistor to `in`: v(out)·(v(out) − v(in))/r.
void add_delivered_power(Circuit& body, const std::string& name, const std::string& out,
                         const std::string& in, double r) {
    Expression power{{number(1.0 / r), voltage(out), operation(Operation::multiply), voltage(out, in),
                      operation(Operation::multiply)}};
    body.add(name, BehaviouralSource{ground, body.node("power"), false, std::move(power)});
}

void add_difference(Circuit& body, const ReadoutStage& stage) {
    const NodeId i_plus = body.node("i_plus"), i_minus = body.node("i_minus"), out = body.node("out");
    const NodeId plus = body.node("plus"), minus = body.node("minus");
    body.add("rinput_plus", Resistor{i_plus, plus, stage.r_input});
    body.add("rinput_minus", Resistor{i_minus, minus, stage.r_input});
    body.add("rground", Resistor{plus, ground, stage.r_feedback()});
    body.add("rfeedback", Resistor{out, minus, stage.r_feedback()});
    add_opamp(body, "", out, plus, minus, ideal);
    add_delivered_power(body, "bpower", "out", "minus", stage.r_feedback());
}

void add_virtual_grounds(Circuit& body, const ReadoutStage& stage) {
    for (const std::string side : {"_plus", "_minus"}) {
        const NodeId line = body.node("i" + side), t = body.node("t" + side);
        body.add("rfeedback" + side, Resistor{t, line, stage.r_feedback()});
        add_opamp(body, side, t, ground, line, ideal);
        add_delivered_power(body, "bpower" + side, "t" + side, "i" + side, stage.r_feedback());
    }
    body.add("eout",
             VoltageAmplifier{body.node("out"), ground, body.node("t_minus"), body.node("t_plus"), 1.0});
}

/// half·(1 − tanh(steepness·(v(node) − middle))).
Expression falling(double half, double steepness, const std::string& node, double middle) {
    std::vector<ExpressionStep> steps{number(half), number(1.0), number(steepness), voltage(node)};
    if (middle != 0.0) steps.insert(steps.end(), {number(middle), operation(Operation::subtract)});
    for (const Operation kind :
         {Operation::multiply, Operation::tanh, Operation::subtract, Operation::multiply})
        steps.push_back(operation(kind));
    return {std::move(steps)};
}

} // namespace

Subcircuit stage_circuit(const std::string& name, const ReadoutStage& stage) {
    Subcircuit made{name, {}, {}};
    for (const char* port : {"i_plus", "i_minus", "out", "power"}) made.ports.push_back(made.body.node(port));
    if (stage.kind == StageKind::difference) {
        add_difference(made.body, stage);
    } else {
        add_virtual_grounds(made.body, stage);
    }
    return made;
}

Subcircuit neuron_circuit(const std::string& name, const Neuron& neuron) {
    validate(neuron);
    Subcircuit made{name, {}, {}};
    Circuit& body = made.body;
    const NodeId in = body.node("in"), out = body.node("out");
    made.ports = {in, out};
    const double half = 0.5 * neuron.v_supply;
    if (neuron.kind == Neuron::Kind::sigmoid) {
        // 1/(1 + exp(x)) = (1 − tanh(x/2))/2, which no input overflows.
        body.add("bout", BehaviouralSource{out, ground, true, falling(half, 0.5 * neuron.slope, "in", 0.0)});
        return made;
    }
    const NodeId copy = body.node("copy"), shifted = body.node("shifted"), gate = body.node("gate");
    body.add("ecopy", VoltageAmplifier{copy, ground, in, ground, 1.0});
    body.add("vshift", VoltageSource{shifted, copy, half});
    body.add("rlow", Resistor{shifted, gate, neuron.r_low});
    body.add("rhigh", Resistor{gate, out, neuron.r_high});
    body.add("bout",
             BehaviouralSource{out, ground, true, falling(half, neuron.inverter_gain / half, "gate", half)});
    return made;
}

Subcircuit mean_circuit(const std::string& name, Index inputs) {
    Subcircuit made{name, {}, {}};
    Circuit& body = made.body;
    NodeId below = ground;
    for (Index k = 0; k < inputs; ++k) {
        const NodeId in = body.node(IndexedName{"in", k}.text());
        const NodeId sum = body.node(k + 1 < inputs ? IndexedName{"sum", k}.text() : "out");
        body.add(IndexedName{"eshare", k}.text(),
                 VoltageAmplifier{sum, below, in, ground, 1.0 / static_cast<double>(inputs)});
        made.ports.push_back(in);
        below = sum;
    }
    made.ports.push_back(below);
    return made;
}

} // namespace ohmloom
