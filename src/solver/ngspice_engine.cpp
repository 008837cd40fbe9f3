#include "solver/ngspice_engine.hpp"

#include "base/errors.hpp"
#include "circuit/array_netlist.hpp"
#include "circuit/spice_text.hpp"
#include "solver/array_graph.hpp"
#include "solver/array_solution.hpp"
#include "solver/ngspice_library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace ohmloom {

namespace {

/// The deck of an array, with ngspice's options set for the last digits.
///
/// Newton converges quadratically: a last step below these tolerances leaves an error near rounding. Tighter
/// ones would only ask for less than the rounding of a voltage over a small wire resistance. gmin is left
/// alone: it reaches semiconductor junctions, of which an array has none, and ngspice's fallback steps it
/// down to zero.
std::string write_deck(const Circuit& circuit, const SolveOptions& options) {
    SpiceTextOptions text;
    text.title = "OhmLoom array, operating points";
    text.control_cards = {fmt::format(".options reltol=1e-9 vntol=1e-11 abstol=1e-14 itl1={} noopalter",
                                      std::max(options.max_iterations, 3))};
    std::ostringstream deck;
    write_spice(deck, circuit, text);
    return std::move(deck).str();
}

/// Outputs of a job, in this order: row nodes, column nodes, row currents, column currents.
std::vector<std::string> list_outputs(const ArrayNetlist& netlist) {
    std::vector<std::string> outputs;
    for (const NodeId node : netlist.row_nodes.values()) outputs.push_back(netlist.circuit.node_name(node));
    for (const NodeId node : netlist.column_nodes.values())
        outputs.push_back(netlist.circuit.node_name(node));
    for (const std::string& source : netlist.row_sources) outputs.push_back(fmt::format("i({})", source));
    for (const std::string& source : netlist.sense_sources) outputs.push_back(fmt::format("i({})", source));
    return outputs;
}

NgspiceJob make_job(const ArrayNetlist& netlist, const Drive& drive, const SolveOptions& options) {
    return {write_deck(netlist.circuit, options), netlist.row_sources, drive.v_row, list_outputs(netlist)};
}

/// One operating point's outputs, taken apart in the order of list_outputs().
struct PointValues {
    std::span<const double> v_w, v_b, i_vrow, i_vcol;

    PointValues(const Crossbar& crossbar, std::span<const double> values) {
        const auto take = [&](Index count) {
            const auto part = values.first(static_cast<std::size_t>(count));
            values = values.subspan(static_cast<std::size_t>(count));
            return part;
        };
        v_w = take(crossbar.rows() * crossbar.sites());
        v_b = take(crossbar.rows() * crossbar.lines());
        i_vrow = take(crossbar.rows());
        i_vcol = take(crossbar.lines());
    }
};

/// Node voltages in the order of the graph, [nodes]: the terminal potentials and ngspice's answers.
std::vector<double> graph_voltages(const ArrayGraph& graph, std::vector<double> ports,
                                   const PointValues& point) {
    std::vector<double> v = std::move(ports);
    v.resize(static_cast<std::size_t>(graph.nodes));
    const auto fill = [&](const std::vector<Index>& nodes, std::span<const double> values) {
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            if (nodes[i] >= graph.ports) v[static_cast<std::size_t>(nodes[i])] = values[i];
        }
    };
    fill(graph.row_node, point.v_w);
    fill(graph.col_node, point.v_b);
    return v;
}

/// Replaces the currents that our cell laws give at ngspice's voltages by ngspice's own, and holds the two to
/// each other: their difference is the KCL error at the terminals.
void store_branch_currents(const PointValues& point, Index k, const SolveOptions& options,
                           ArraySolution& solution) {
    double largest = 0.0, error = 0.0;
    const auto replace = [&](double& ours, double theirs) {
        largest = std::max(largest, std::abs(theirs));
        const double difference = std::abs(theirs - ours);
        // A NaN must surface, not vanish in a comparison.
        if (!(difference <= error)) error = difference;
        ours = theirs;
    };
    // SPICE counts the current that enters a source's plus end.
    const auto i_row = solution.i_row.row(k), i_col = solution.i_col.row(k);
    for (std::size_t r = 0; r < i_row.size(); ++r) replace(i_row[r], -point.i_vrow[r]);
    for (std::size_t l = 0; l < i_col.size(); ++l) replace(i_col[l], point.i_vcol[l]);

    double& residual = solution.residual[static_cast<std::size_t>(k)];
    if (error != 0.0 && !(error / largest <= residual)) residual = error / largest;
    if (!(residual <= options.tolerance)) {
        solution.status[static_cast<std::size_t>(k)] = SolveStatus::not_converged;
    }
}

} // namespace

ArraySolution solve_array_ngspice(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options) {
    if (!drive.v_col_each.empty()) {
        throw InputError("the ngspice engine takes one set of column potentials for all vectors: give v_col");
    }
    const ArrayNetlist netlist = expand_array(crossbar, {.v_row = {}, .v_col = drive.v_col, .stage = {}});
    const NgspiceAnswer answer = solve_operating_points(make_job(netlist, drive, options));
    const ArrayGraph graph = make_array_graph(crossbar);
    ArraySolution solution = make_solution(crossbar, drive.v_row.rows(), options, Engine::ngspice);
    for (Index k = 0; k < drive.v_row.rows(); ++k) {
        const PointValues point(crossbar, answer.values.row(k));
        const std::vector<double> v = graph_voltages(graph, port_potentials(crossbar, drive, k), point);
        store_operating_point(crossbar, graph, v, k, answer.iterations[static_cast<std::size_t>(k)], options,
                              solution);
        store_branch_currents(point, k, options, solution);
    }
    return solution;
}

} // namespace ohmloom
