#include "lut/exports.hpp"

#include "base/errors.hpp"
#include "circuit/spice_text.hpp"
#include "lut/interpolate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>
#include <utility>

namespace ohmloom {

namespace {

ExpressionStep number(double value) {
    return {Operation::constant, value, "", ""};
}

ExpressionStep voltage(std::string plus, std::string minus = "0") {
    return {Operation::voltage, 0.0, std::move(plus), std::move(minus)};
}

ExpressionStep operation(Operation kind) {
    return {kind, 0.0, "", ""};
}

using Steps = std::vector<ExpressionStep>;

/// A formula that is another one in every interval of an axis: comparisons in a tree, so that it is as deep as the logarithm of
/// the nodes. Newton's method sees the slope of one piece.
class Pieces {
public:
    /// @param argument name of the node that has it
    /// @param piece  appends the formula between the nodes k and k + 1, or, for steps, from node k on
    Pieces(const std::vector<double>& nodes, double unit, std::string argument,
           std::function<void(Steps&, std::size_t k)> piece)
        : nodes_(nodes), unit_(unit), argument_(std::move(argument)), piece_(std::move(piece)) {}

    void append(Steps& steps, std::size_t first, std::size_t last) const {
        if (first == last) return piece_(steps, first);
        const std::size_t middle = first + (last - first + 1) / 2;
        steps.push_back(voltage(argument_));
        steps.push_back(number(nodes_[middle] / unit_));
        steps.push_back(operation(Operation::less));
        append(steps, first, middle - 1);
        append(steps, middle, last);
        steps.push_back(operation(Operation::choose));
    }

private:
    const std::vector<double>& nodes_;
    double unit_;
    std::string argument_;
    std::function<void(Steps&, std::size_t)> piece_;
};

/// The power of ten that brings an axis or array to voltages of about 1; 1 for what is in V or A itself.
double unit_for(const std::string& unit, const std::vector<double>& values, bool ampere_is_voltage) {
    if (unit == "V" || (unit == "A" && !ampere_is_voltage)) return 1.0;
    double largest = 0.0;
    for (const double value : values) largest = std::max(largest, std::abs(value));
    return largest > 0.0 ? std::pow(10.0, std::floor(std::log10(largest))) : 1.0;
}

/// A table's array on its way to a subcircuit.
class TableBody {
public:
    TableBody(const Lut& table, const Interpolant& interpolant) : table_(table), interpolant_(interpolant) {
        made_.circuit.name = fmt::format("{}_{}", table.name, interpolant.array().name);
    }

    TableCircuit make() {
        Circuit& body = made_.circuit.body;
        const std::vector<const LutAxis*>& axes = interpolant_.axes();
        if (axes.size() > 2 || interpolant_.outputs() != 1)
            throw InputError(fmt::format("array {} of table {} runs along {} axes with {} values at a point: "
                                         "a subcircuit takes one or two "
                                         "axes and one value",
                                         interpolant_.array().name, table_.name, axes.size(),
                                         interpolant_.outputs()));
        const bool is_cell = table_.kind == "iv";
        for (const LutAxis* axis : axes) made_.port_units.push_back(unit_for(axis->unit, axis->values, true));
        made_.output_unit = unit_for(interpolant_.array().unit, interpolant_.array().values, false);
        if (is_cell) {
            made_.circuit.ports = {body.node("top"), body.node("bottom")};
            add_argument(0, {voltage("top", "bottom")});
        }
        for (std::size_t a = is_cell ? 1 : 0; a < axes.size(); ++a) {
            made_.circuit.ports.push_back(body.node(axes[a]->name));
            add_argument(a, {voltage(axes[a]->name)});
        }
        if (!is_cell) made_.circuit.ports.push_back(body.node("out"));
        Steps value;
        if (axes.size() == 1) {
            append_curve(value, 0, 0);
        } else {
            append_surface(value);
        }
        if (interpolant_.array().unit == "A") {
            const NodeId plus = is_cell ? body.node("top") : ground,
                         minus = is_cell ? body.node("bottom") : body.node("out");
            body.add("bout", BehaviouralSource{plus, minus, false, Expression{std::move(value)}});
        } else {
            body.add("bout", BehaviouralSource{body.node("out"), ground, true, Expression{std::move(value)}});
        }
        return std::move(made_);
    }

private:
    /// A node with the argument, clamped where the axis says so.
    void add_argument(std::size_t a, Steps steps) {
        const LutAxis& axis = *interpolant_.axes()[a];
        const double unit = made_.port_units[a];
        if (axis.beyond == BeyondAxis::clamp) {
            steps.insert(steps.end(), {number(axis.values.front() / unit), operation(Operation::maximum),
                                       number(axis.values.back() / unit), operation(Operation::minimum)});
        }
        made_.circuit.body.add(fmt::format("bargument_{}", a),
                               BehaviouralSource{made_.circuit.body.node(argument(a)), ground, true,
                                                 Expression{std::move(steps)}});
    }
    static std::string argument(std::size_t a) { return fmt::format("argument_{}", a); }

    [[nodiscard]] double value(Index offset, Index stride, std::size_t k) const {
        return interpolant_.array()
                   .values[static_cast<std::size_t>(offset + stride * static_cast<Index>(k))] /
               made_.output_unit;
    }

    /// Index of the last piece of an axis.
    [[nodiscard]] std::size_t last_piece(std::size_t a) const {
        const LutAxis& axis = *interpolant_.axes()[a];
        return axis.values.size() - (axis.rule == AxisRule::linear && axis.values.size() > 1 ? 2 : 1);
    }

    /// The array along the last axis, from `offset` on.
    void append_curve(Steps& steps, std::size_t a, Index offset) const {
        const LutAxis& axis = *interpolant_.axes()[a];
        const double unit = made_.port_units[a];
        const auto piece = [&](Steps& into, std::size_t k) {
            into.push_back(number(value(offset, 1, k)));
            if (axis.rule != AxisRule::linear || axis.values.size() == 1) return;
            const double slope = (value(offset, 1, k + 1) - value(offset, 1, k)) * unit /
                                 (axis.values[k + 1] - axis.values[k]);
            into.insert(into.end(), {number(slope), voltage(argument(a)), number(axis.values[k] / unit),
                                     operation(Operation::subtract), operation(Operation::multiply),
                                     operation(Operation::add)});
        };
        Pieces(axis.values, unit, argument(a), piece).append(steps, 0, last_piece(a));
    }

    /// A node per node of the first axis, with the curve along the second; between them straight lines.
    void append_surface(Steps& steps) {
        Circuit& body = made_.circuit.body;
        const LutAxis &first = *interpolant_.axes()[0], &second = *interpolant_.axes()[1];
        const auto row = [](std::size_t k) { return fmt::format("row_{}", k); };
        for (std::size_t k = 0; k < first.values.size(); ++k) {
            Steps curve;
            append_curve(curve, 1, static_cast<Index>(k * second.values.size()));
            body.add(fmt::format("brow_{}", k),
                     BehaviouralSource{body.node(row(k)), ground, true, Expression{std::move(curve)}});
        }
        const double unit = made_.port_units[0];
        const auto piece = [&](Steps& into, std::size_t k) {
            into.push_back(voltage(row(k)));
            if (first.rule != AxisRule::linear || first.values.size() == 1) return;
            into.insert(into.end(),
                        {voltage(row(k + 1), row(k)), number(unit / (first.values[k + 1] - first.values[k])),
                         operation(Operation::multiply), voltage(argument(0)), number(first.values[k] / unit),
                         operation(Operation::subtract), operation(Operation::multiply),
                         operation(Operation::add)});
        };
        Pieces(first.values, unit, argument(0), piece).append(steps, 0, last_piece(0));
    }

    const Lut& table_;
    const Interpolant& interpolant_;
    TableCircuit made_;
};

std::string range_text(const LutAxis& axis, double unit) {
    std::string text =
        fmt::format("{}: {} to {} {}", axis.name, axis.values.front(), axis.values.back(), axis.unit);
    if (unit != 1.0 || axis.unit != "V") text += fmt::format(", 1 V stands for {} {}", unit, axis.unit);
    return text + (axis.beyond == BeyondAxis::clamp ? ", held at its ends" : ", goes on straight beyond");
}

} // namespace

TableCircuit table_circuit(const Lut& table, std::string_view array) {
    const Interpolant interpolant(table, array);
    return TableBody(table, interpolant).make();
}

SpiceDeck table_deck(const Lut& table, std::string_view array) {
    const Interpolant interpolant(table, array);
    const TableCircuit made = TableBody(table, interpolant).make();
    SpiceDeck deck;
    deck.title = fmt::format("{}: {} of table {}", table.summary, array, table.name);
    Circuit& top = deck.circuit;
    top.add(made.circuit);
    SubcircuitCall call{made.circuit.name, {}};
    DcAnalysis analysis;
    const bool is_cell = table.kind == "iv";
    for (std::size_t a = 0; a < interpolant.axes().size(); ++a) {
        const LutAxis& axis = *interpolant.axes()[a];
        const double low = axis.values.front() / made.port_units[a],
                     high = axis.values.back() / made.port_units[a];
        const NodeId node = top.node(axis.name);
        top.add("v" + axis.name, VoltageSource{node, ground, low, {}});
        call.nodes.push_back(node);
        if (is_cell && a == 0) call.nodes.push_back(ground);
        if (high > low)
            analysis.sweeps.push_back({"v" + axis.name, low, high, (high - low) / (a == 0 ? 40 : 4)});
    }
    if (!is_cell) call.nodes.push_back(top.node("out"));
    top.add("xtable", std::move(call));
    if (!is_cell) top.add("rout", Resistor{top.node("out"), ground, 1.0});
    deck.analyses.push_back(analysis);
    return deck;
}

std::vector<ExportedFile> export_spice(const Lut& table, SpiceDialect dialect) {
    std::vector<ExportedFile> files;
    for (const LutArray& array : table.arrays) {
        if (array.dims.empty() || array.dims.size() > 2 ||
            !std::ranges::all_of(array.dims,
                                 [&](const std::string& dim) { return find_axis(table, dim) != nullptr; }))
            continue;
        const Interpolant interpolant(table, array.name);
        const TableCircuit made = TableBody(table, interpolant).make();
        const SpiceDeck deck = table_deck(table, array.name);
        SpiceTextOptions options{dialect, deck.title, {}, {}};
        for (std::size_t a = 0; a < interpolant.axes().size(); ++a)
            options.provenance.push_back(range_text(*interpolant.axes()[a], made.port_units[a]));
        options.provenance.push_back(fmt::format("{}: 1 {} stands for {} {}", array.name,
                                                 array.unit == "A" ? "A" : "V", made.output_unit,
                                                 array.unit));
        for (const LutError& error : table.errors)
            if (error.of == array.name)
                options.provenance.push_back(fmt::format("error against {}: largest {} {}, rms {} {}",
                                                         error.reference, error.largest, error.unit,
                                                         error.rms, error.unit));
        for (const Analysis& analysis : deck.analyses)
            options.control_cards.push_back(analysis_card(analysis));
        std::ostringstream text;
        write_spice(text, deck.circuit, options);
        files.push_back({made.circuit.name + ".cir", text.str()});
    }
    if (files.empty())
        throw InputError(fmt::format("table {} has no array over one or two axes: there is nothing for SPICE",
                                     table.name));
    return files;
}

} // namespace ohmloom
