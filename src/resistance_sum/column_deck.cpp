#include "resistance_sum/column_deck.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace ohmloom {

namespace {

constexpr double edge = 1e-12; // [s] of the phase signal: nothing of the nanoseconds that are measured

MeasuredSignal voltage_of(std::string node) {
    MeasuredSignal signal;
    signal.expression.steps.push_back({Operation::voltage, 0.0, std::move(node), "0"});
    return signal;
}

} // namespace

SpiceDeck series_column_deck(const SeriesColumnDesign& design, std::span<const double> resistances,
                             const ColumnTiming& timing) {
    validate(design);
    if (resistances.empty()) throw InputError("a series column has 0 cells: expected at least 1");
    const auto cells = static_cast<Index>(resistances.size());
    const NodeCapacitances c = node_capacitances(design, cells);
    SpiceDeck deck;
    deck.title = fmt::format("series column of {} cells, read at {} of {} V", cells, design.threshold,
                             design.precharge);
    Circuit& circuit = deck.circuit;
    const auto add_switch_model = [&](const std::string& name, double r_on) {
        circuit.add(Model{name,
                          ModelKind::voltage_switch,
                          {{"vt", 0.0}, {"vh", 0.0}, {"ron", r_on}, {"roff", timing.r_off}}});
    };
    add_switch_model("precharging", timing.r_precharge);
    add_switch_model("discharging", std::max(design.switch_resistance, timing.least_switch));
    const NodeId supply = circuit.node("supply"), phase = circuit.node("phase"), end = circuit.node("end");
    circuit.add("vsupply", VoltageSource{supply, ground, design.precharge, {}});
    const double opens = timing.precharge;
    circuit.add("vphase", VoltageSource{phase, ground, 1.0,
                                        Stimulus{Waveform{WaveformKind::pwl,
                                                          {0.0, 1.0, opens, 1.0, opens + edge, -1.0}}}});
    for (Index i = 0; i < cells; ++i) {
        const std::string place = std::to_string(i);
        const NodeId node = circuit.node("n_" + place);
        const NodeId next = i + 1 < cells ? circuit.node("n_" + std::to_string(i + 1)) : end;
        const double capacitance = i == 0 ? c.sensed : c.between;
        circuit.add("r_" + place, Resistor{node, next, resistances[static_cast<std::size_t>(i)]});
        if (capacitance > 0.0) circuit.add("c_" + place, Capacitor{node, ground, capacitance, {}});
        // A node without capacitance is where its neighbours put it.
        if (capacitance > 0.0)
            circuit.add("spre_" + place, Switch{supply, node, phase, ground, "precharging", true});
    }
    circuit.add("sdischarge", Switch{end, ground, ground, phase, "discharging", false});
    const double stop = timing.precharge + timing.discharge;
    deck.analyses.push_back(TransientAnalysis{stop / 1000.0, stop, 0.0, stop / 1000.0, false});
    deck.options = {{"reltol", "1e-6"}, {"vntol", "1e-9"}, {"abstol", "1e-15"}, {"chgtol", "1e-20"}};
    Crossing begins{voltage_of("phase"), 0.0, CrossingEdge::fall, 1, 0.0, {}};
    Crossing crosses{voltage_of("n_0"), design.threshold, CrossingEdge::fall, 1, 0.0, {}};
    deck.measures.push_back({"tran", "t_cross", MeasureInterval{begins, crosses}});
    return deck;
}

} // namespace ohmloom
