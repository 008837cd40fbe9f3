#include "charge/charge_deck.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <string>

namespace ohmloom {

namespace {

constexpr double edge = 1e-10; // [s] of control signals, and of the injected charge
constexpr std::string_view phase =
    "phase"; // node that is 1 V while nodes are held, -1 V while rows are driven

/// Puts a column's elements into a circuit.
class ColumnWriter {
public:
    ColumnWriter(const ChargeArray& array, const ChargeTiming& timing, Circuit& circuit)
        : array_(array), timing_(timing), circuit_(circuit), phase_(circuit.node(phase)),
          column_(circuit.node("column")) {
        circuit_.add(Model{"closed",
                           ModelKind::voltage_switch,
                           {{"vt", 0.0}, {"vh", 0.0}, {"ron", timing.r_on}, {"roff", timing.r_off}}});
    }

    void add_control(double charge) {
        const double opens = timing_.reset;
        circuit_.add("vphase", VoltageSource{phase_, ground, 1.0,
                                             Stimulus{Waveform{WaveformKind::pwl,
                                                               {0.0, 1.0, opens, 1.0, opens + edge, -1.0}}}});
        hold("srst_column", column_);
        capacitor("ccolumn", column_, ground, array_.design.column_capacitance);
        if (charge == 0.0) return;
        // A triangle of current of this area, once the switch is open.
        const double begin = opens + 2.0 * edge;
        circuit_.add("iinjected",
                     CurrentSource{ground, column_, 0.0,
                                   Stimulus{Waveform{WaveformKind::pwl,
                                                     {0.0, 0.0, begin, 0.0, begin + edge, charge / edge,
                                                      begin + 2.0 * edge, 0.0}}}});
    }

    void add_row(Index row, std::int32_t code, const CellCapacitors& cell, double v) {
        const std::string name = std::to_string(row);
        const NodeId input = driven("p_" + name, v);
        const NodeId low =
            array_.design.drive == ChargeDrive::differential ? driven("m_" + name, -v) : ground;
        const ChargeCellDesign& design = array_.design.cell;
        NodeId below = ground;
        for (Index bit = 0; bit < design.bits; ++bit) {
            const auto at = static_cast<std::size_t>(bit);
            const std::string place = fmt::format("{}_{}", row, bit);
            const bool is_end = design.kind == ChargeCellKind::binary_weighted || bit + 1 == design.bits;
            const NodeId node = is_end ? column_ : circuit_.node("n_" + place);
            if (!is_end) hold("srst_" + place, node);
            const NodeId from = (code >> bit & 1) != 0 ? input : low;
            capacitor("cb_" + place, from, node, cell.branch[at]);
            capacitor("cp_" + place, node, ground, node_capacitance(design, bit));
            if (from != ground) capacitor("cd_" + place, from, ground, bottom_capacitance(design, bit));
            if (design.kind == ChargeCellKind::c2c_ladder) {
                if (bit == 0) {
                    capacitor("ct_" + place, node, ground, cell.termination);
                } else {
                    capacitor("cs_" + place, below, node, cell.series[at]);
                }
            }
            below = node;
        }
    }

private:
    /// A node that is held at 0 V, then joined to a supply.
    NodeId driven(const std::string& name, double v) {
        const NodeId node = circuit_.node(name), supply = circuit_.node("supply_" + name);
        circuit_.add("v" + name, VoltageSource{supply, ground, v, {}});
        hold("srst_" + name, node);
        circuit_.add("sdrv_" + name, Switch{supply, node, ground, phase_, "closed", false});
        return node;
    }

    void hold(const std::string& name, NodeId node) {
        circuit_.add(name, Switch{node, ground, phase_, ground, "closed", true});
    }

    void capacitor(const std::string& name, NodeId a, NodeId b, double capacitance) {
        if (capacitance > 0.0) circuit_.add(name, Capacitor{a, b, capacitance, {}});
    }

    const ChargeArray& array_;
    const ChargeTiming& timing_;
    Circuit& circuit_;
    NodeId phase_, column_;
};

} // namespace

SpiceDeck charge_column_deck(const ChargeArray& array, Index column, std::span<const double> v_row,
                             const ChargeTiming& timing) {
    const Index rows = array.codes.cols();
    if (static_cast<Index>(v_row.size()) != rows)
        throw InputError(
            fmt::format("{} row voltages are given for {} rows: expected one each", v_row.size(), rows));
    SpiceDeck deck;
    deck.title = fmt::format("charge column {} of {} rows, {} of {} bit", column, rows,
                             name_of(array.design.cell.kind), array.design.cell.bits);
    ColumnWriter writer(array, timing, deck.circuit);
    writer.add_control(array.injection[static_cast<std::size_t>(column)]);
    for (Index row = 0; row < rows; ++row)
        writer.add_row(row, array.codes(column, row), array.cell(column, row),
                       v_row[static_cast<std::size_t>(row)]);
    const double stop = timing.reset + timing.evaluate;
    deck.analyses.push_back(TransientAnalysis{stop / 100.0, stop, 0.0, {}, false});
    deck.options = {{"reltol", "1e-6"}, {"vntol", "1e-9"}, {"abstol", "1e-15"}, {"chgtol", "1e-20"}};
    MeasuredSignal signal;
    signal.expression.steps.push_back({Operation::voltage, 0.0, "column", "0"});
    deck.measures.push_back(
        {"tran", "v_column", MeasureCrossing{signal, Crossing{{}, 0.0, CrossingEdge::any, 1, 0.0, stop}}});
    return deck;
}

} // namespace ohmloom
