#include "readout/readout_circuits.hpp"

#include "circuit/array_netlist.hpp"
#include "circuit/spice_writer.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <string_view>
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

ExpressionStep current(std::string source) {
    return {Operation::current, 0.0, std::move(source), ""};
}

ExpressionStep operation(Operation kind) {
    return {kind, 0.0, "", ""};
}

/// A stage's body on its way to a subcircuit.
class StageBody {
public:
    StageBody(const std::string& name, const ReadoutStage& stage, const StageSample& sample, bool with_power,
              bool has_pair)
        : made_{name, {}, {}}, stage_(stage), sample_(sample), with_power_(with_power), has_pair_(has_pair) {
        made_.ports.push_back(node("i_plus"));
        if (has_pair) made_.ports.push_back(node("i_minus"));
        made_.ports.push_back(node("out"));
        if (with_power) made_.ports.push_back(node("power"));
    }

    void add_difference() {
        const double r_ground = stage_.r_feedback() * sample_.gain_plus,
                     r_feedback = stage_.r_feedback() * sample_.gain_minus;
        add("rinput_plus", Resistor{node("i_plus"), node("plus"), stage_.r_input});
        add("rinput_minus", Resistor{node("i_minus"), node("minus"), stage_.r_input});
        add("rground", Resistor{node("plus"), ground, r_ground});
        add("rfeedback", Resistor{node("out"), node("minus"), r_feedback});
        add_opamp(made_.body, "", node("out"),
                  behind_offset("plus", sample_.offset_plus, "voffset", "shifted"), node("minus"),
                  stage_.open_loop_gain);
        add_delivered_power("bpower", "out", "minus", r_feedback);
    }

    void add_op_amps(double open_loop_gain, double r_amplifier) {
        for (const Side& side : sides()) {
            const std::string line = "i" + side.ending, t = "t" + side.ending;
            const double r_feedback = stage_.r_feedback() * side.gain;
            add("rfeedback" + side.ending, Resistor{node(t), node(line), r_feedback});
            const std::string shifted = "shifted" + side.ending;
            const NodeId plus = behind_offset("0", side.offset, "voffset" + side.ending, shifted);
            if (std::isfinite(r_amplifier))
                add("ramplifier" + side.ending, Resistor{node(line), plus, r_amplifier});
            add_opamp(made_.body, side.ending, node(t), plus, node(line), open_loop_gain);
            add_delivered_power("bpower" + side.ending, t, line, r_feedback);
            if (std::isfinite(r_amplifier) && side.offset != 0.0)
                add_delivered_power("bpower_offset" + side.ending, shifted, line, r_amplifier);
        }
        add("eout", VoltageAmplifier{node("out"), ground, of_minus("t_minus"), node("t_plus"), 1.0});
    }

    void add_conveyors() {
        for (const Side& side : sides()) {
            const std::string line = "i" + side.ending, sense = "vsense" + side.ending;
            const NodeId inside = stage_.r_conveyor > 0.0 ? node("x" + side.ending) : ground;
            add(sense, VoltageSource{node(line), inside, side.offset});
            if (stage_.r_conveyor > 0.0)
                add("rconveyor" + side.ending, Resistor{inside, ground, stage_.r_conveyor});
            const double gain = stage_.current_gain * side.gain * (side.ending == "_plus" ? 1.0 : -1.0);
            add("fcopy" + side.ending, CurrentAmplifier{ground, node("load"), sense, gain});
            if (side.offset != 0.0) // the source that makes the offset takes up the line's current
                add_power("bpower" + side.ending,
                          {number(-side.offset), current(sense), operation(Operation::multiply)});
        }
        add("rload", Resistor{node("load"), ground, stage_.r_feedback()});
        add("eout", VoltageAmplifier{node("out"), ground, node("load"), ground, 1.0});
        add_delivered_power("bpower", "load", "0", stage_.r_feedback());
    }

    void add_divider() {
        for (const Side& side : sides())
            add("rload" + side.ending, Resistor{node("i" + side.ending), ground, stage_.r_input});
        add("eout", VoltageAmplifier{node("out"), ground,
                                     behind_offset("i_plus", sample_.offset_plus, "voffset", "shifted"),
                                     of_minus("i_minus"), stage_.gain * sample_.gain_plus});
    }

    void add_integrators(const StagePort& port) {
        // Line potential r·I + e, output t·I + a constant, of which the difference of the outputs is u_0.
        const double ends[2][4] = {{port.r_plus, port.e_plus, -port.t_plus, port.losses[0].r},
                                   {port.r_minus, port.e_minus, port.t_minus, port.losses[1].r}};
        std::size_t k = 0;
        for (const Side& side : sides()) {
            const auto& [r, e, transfer, r_mean] = ends[k++];
            const std::string line = "i" + side.ending, sense = "vsense" + side.ending, t = "t" + side.ending;
            const NodeId inside = r > 0.0 ? node("x" + side.ending) : ground;
            add(sense, VoltageSource{node(line), inside, e});
            if (r > 0.0) add("hline" + side.ending, Transresistor{inside, ground, sense, r});
            const NodeId below = e != 0.0 ? node("above_offset" + side.ending) : ground;
            if (e != 0.0) add("voffset" + side.ending, VoltageSource{below, ground, e});
            add("hcharge" + side.ending, Transresistor{node(t), below, sense, transfer});
            // The capacitor takes r_mean·I² on the mean, of which v(line)·I comes from the line.
            add_power("bpower" + side.ending,
                      {number(r_mean), current(sense), operation(Operation::multiply), voltage(line),
                       operation(Operation::subtract), current(sense), operation(Operation::multiply)});
        }
        add("eout", VoltageAmplifier{node("out"), ground, of_minus("t_minus"), node("t_plus"), 1.0});
    }

    Subcircuit take() { return std::move(made_); }

private:
    /// One line of the pair.
    struct Side {
        std::string ending;
        double gain, offset;
    };
    [[nodiscard]] std::vector<Side> sides() const {
        std::vector<Side> sides{{"_plus", sample_.gain_plus, sample_.offset_plus}};
        if (has_pair_) sides.push_back({"_minus", sample_.gain_minus, sample_.offset_minus});
        return sides;
    }

    NodeId node(std::string_view name) { return made_.body.node(name); }
    /// A node of the I− line's part, or ground where there is no such line.
    NodeId of_minus(std::string_view name) { return has_pair_ ? node(name) : ground; }
    void add(std::string name, ElementKind kind) { made_.body.add(std::move(name), std::move(kind)); }

    /// The node that lies the offset above another one; that node itself without an offset.
    NodeId behind_offset(std::string_view from, double offset, std::string source, std::string_view name) {
        if (offset == 0.0) return node(from);
        add(std::move(source), VoltageSource{node(name), node(from), offset});
        return node(name);
    }

    void add_power(const std::string& name, std::vector<ExpressionStep> steps) {
        if (with_power_)
            add(name, BehaviouralSource{ground, node("power"), false, Expression{std::move(steps)}});
    }

    /// Power that an op-amp or a source delivers at `out` through a resistor to `in`: v(out)·(v(out) − v(in))/r.
    void add_delivered_power(const std::string& name, const std::string& out, const std::string& in,
                             double r) {
        add_power(name, {number(1.0 / r), voltage(out), operation(Operation::multiply), voltage(out, in),
                         operation(Operation::multiply)});
    }

    Subcircuit made_;
    const ReadoutStage& stage_;
    StageSample sample_;
    bool with_power_, has_pair_;
};

/// half·(1 − tanh(steepness·(v(node) − middle))).
Expression falling(double half, double steepness, const std::string& node, double middle) {
    std::vector<ExpressionStep> steps{number(half), number(1.0), number(steepness), voltage(node)};
    if (middle != 0.0) steps.insert(steps.end(), {number(middle), operation(Operation::subtract)});
    for (const Operation kind :
         {Operation::multiply, Operation::tanh, Operation::subtract, Operation::multiply})
        steps.push_back(operation(kind));
    return {std::move(steps)};
}

void add_inverter(Circuit& body, const Neuron& neuron) {
    const NodeId in = body.node("in"), out = body.node("out");
    const NodeId copy = body.node("copy"), shifted = body.node("shifted"), gate = body.node("gate");
    const double half = 0.5 * neuron.v_supply;
    body.add("ecopy", VoltageAmplifier{copy, ground, in, ground, 1.0});
    body.add("vshift", VoltageSource{shifted, copy, half});
    body.add("rlow", Resistor{shifted, gate, neuron.r_low});
    body.add("rhigh", Resistor{gate, out, neuron.r_high});
    body.add("bout",
             BehaviouralSource{out, ground, true, falling(half, neuron.inverter_gain / half, "gate", half)});
}

/// min(max(0, slope·v(in)), v_limit)
Expression limited_ramp(const Neuron& neuron) {
    std::vector<ExpressionStep> steps{number(0.0), number(neuron.slope), voltage("in"),
                                      operation(Operation::multiply), operation(Operation::maximum)};
    if (std::isfinite(neuron.v_limit))
        steps.insert(steps.end(), {number(neuron.v_limit), operation(Operation::minimum)});
    return {std::move(steps)};
}

/// Σ of a ramp from every point on by what the slope changes there, of the input within the table.
void add_table(Circuit& body, const Neuron& neuron) {
    const std::vector<double>&x = neuron.table_in, &y = neuron.table_out;
    body.add("bwithin",
             BehaviouralSource{body.node("within"), ground, true,
                               Expression{{voltage("in"), number(x.front()), operation(Operation::maximum),
                                           number(x.back()), operation(Operation::minimum)}}});
    std::vector<ExpressionStep> steps{number(y.front())};
    double before = 0.0;
    for (std::size_t k = 0; k + 1 < x.size(); ++k) {
        const double slope = (y[k + 1] - y[k]) / (x[k + 1] - x[k]),
                     change = slope - std::exchange(before, slope);
        if (change == 0.0) continue;
        steps.insert(steps.end(), {number(change), number(0.0), voltage("within"), number(x[k]),
                                   operation(Operation::subtract), operation(Operation::maximum),
                                   operation(Operation::multiply), operation(Operation::add)});
    }
    body.add("bout", BehaviouralSource{body.node("out"), ground, true, Expression{std::move(steps)}});
}

} // namespace

Subcircuit stage_circuit(const std::string& name, const ReadoutStage& stage, const StageSample& sample,
                         bool with_power, Index lines_per_output) {
    const StagePort port = stage_port(stage, sample);
    StageBody body(name, stage, sample, with_power, lines_per_output == 2);
    switch (stage.kind) {
    case StageKind::virtual_ground:
        body.add_op_amps(ideal, ideal);
        break;
    case StageKind::difference:
        body.add_difference();
        break;
    case StageKind::op_amp:
        body.add_op_amps(stage.open_loop_gain, stage.r_amplifier);
        break;
    case StageKind::current_conveyor:
        body.add_conveyors();
        break;
    case StageKind::divider:
        body.add_divider();
        break;
    case StageKind::integrator:
        body.add_integrators(port);
        break;
    }
    return body.take();
}

Subcircuit neuron_circuit(const std::string& name, const Neuron& neuron) {
    validate(neuron);
    Subcircuit made{name, {}, {}};
    Circuit& body = made.body;
    made.ports = {body.node("in"), body.node("out")};
    const auto put_out = [&](Expression value) {
        body.add("bout", BehaviouralSource{body.node("out"), ground, true, std::move(value)});
    };
    switch (neuron.kind) {
    case Neuron::Kind::sigmoid:
        // 1/(1 + exp(x)) = (1 − tanh(x/2))/2, which no input overflows.
        put_out(falling(0.5 * neuron.v_supply, 0.5 * neuron.slope, "in", 0.0));
        break;
    case Neuron::Kind::inverter:
        add_inverter(body, neuron);
        break;
    case Neuron::Kind::relu:
        put_out(limited_ramp(neuron));
        break;
    case Neuron::Kind::tanh:
        put_out(
            {{number(neuron.v_supply), number(neuron.slope), voltage("in"), operation(Operation::multiply),
              operation(Operation::tanh), operation(Operation::multiply)}});
        break;
    case Neuron::Kind::comparator:
        put_out({{voltage("in"), number(neuron.threshold), operation(Operation::greater),
                  number(neuron.v_supply), number(neuron.v_low), operation(Operation::choose)}});
        break;
    case Neuron::Kind::table:
        add_table(body, neuron);
        break;
    }
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
