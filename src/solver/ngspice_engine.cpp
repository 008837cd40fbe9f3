#include "solver/ngspice_engine.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "circuit/array_netlist.hpp"
#include "circuit/spice_text.hpp"
#include "solver/array_graph.hpp"
#include "solver/array_solution.hpp"
#include "solver/ngspice_jobs.hpp"
#include "solver/ngspice_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ohmloom {

namespace {

std::string write_deck(const Circuit& circuit, std::vector<std::string> cards, const SolveOptions& options) {
    SpiceTextOptions text;
    text.title = "OhmLoom array, operating points";
    text.control_cards = std::move(cards);
    text.control_cards.push_back(precise_options_card(options.max_iterations));
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

/// An array as ngspice gets it, for any part of its operating points.
struct ArrayDeck {
    ArrayNetlist netlist;
    Circuit without_row_sources;
    std::vector<std::string> outputs;
    SolveOptions options;
};

ArrayDeck make_array_deck(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options) {
    ArrayDeck deck{expand_array(crossbar, {.v_row = {}, .v_col = drive.v_col, .stage = {}}), {}, {}, options};
    const Circuit& circuit = deck.netlist.circuit;
    deck.outputs = list_outputs(deck.netlist);
    Circuit& rest = deck.without_row_sources;
    for (Index node = 1; node < circuit.node_count(); ++node) {
        static_cast<void>(rest.node(circuit.node_name(NodeId{static_cast<std::int32_t>(node)})));
    }
    for (const Element& element : circuit.elements()) {
        if (!element.name.starts_with("vrow_")) rest.add(element.name, element.kind);
    }
    return deck;
}

/// Some of the operating points, as ngspice gave them.
struct Answer {
    Matrix<double> values; ///< [points x outputs] NaN where there is none
    std::vector<int> iterations;
    std::string problem; ///< "" if all is well
};

/// One `op` after another, the sources altered between: each point starts afresh.
Answer solve_one_by_one(const ArrayDeck& array, const Matrix<double>& v_row) {
    const NgspiceJob job{
        write_deck(array.netlist.circuit, ordering_cards(array.netlist.circuit), array.options),
        array.netlist.row_sources,
        v_row,
        array.outputs,
        {.time = array.options.time_limit}};
    NgspiceAnswer answer = solve_operating_points(job);
    const auto unsolved = std::count(answer.converged.begin(), answer.converged.end(), false);
    std::string problem = answer.report.problem;
    if (problem.empty() && unsolved != 0) {
        problem = fmt::format("ngspice finds no operating point for {} of {} input vectors", unsolved,
                              answer.converged.size());
    }
    if (!problem.empty()) problem += kept_as(job.deck, answer.report.log);
    return {std::move(answer.values), std::move(answer.iterations), std::move(problem)};
}

/// A row's source that has its voltage of point k while the node `point` is at k volts, flat around it: with a slope there,
/// the difference of two products would be all that is left of a small voltage.
std::string stepped_source(Index r, const Matrix<double>& v_row) {
    std::string card = fmt::format("bvrow_{} row_{} 0 v=pwl(v(point)", r, r);
    for (Index k = 0; k < v_row.rows(); ++k) {
        card += fmt::format(",{0},{2:.17g},{1},{2:.17g}", static_cast<double>(k) - 0.25,
                            static_cast<double>(k) + 0.25, v_row(k, r));
    }
    return card + ")";
}

/// ngspice's name of a current "i(source)" of that deck.
std::string branch_vector(std::string_view output) {
    const std::string_view source = output.substr(2, output.size() - 3);
    return fmt::format("{}{}#branch", source.starts_with("vrow_") ? "b" : "", source);
}

/// One DC sweep through all points: the matrix is ordered once, not once for every `op`.
Answer solve_in_one_sweep(const ArrayDeck& array, const Matrix<double>& v_row) {
    std::vector<std::string> cards{"vpoint point 0 0"};
    for (Index r = 0; r < v_row.cols(); ++r) cards.push_back(stepped_source(r, v_row));
    std::ranges::move(ordering_cards(array.netlist.circuit, {"point"}), std::back_inserter(cards));
    const auto points = static_cast<std::size_t>(v_row.rows());
    const NgspiceAnalyses job{write_deck(array.without_row_sources, std::move(cards), array.options),
                              {fmt::format("dc vpoint 0 {} 1", points - 1)},
                              {.time = array.options.time_limit * static_cast<double>(points)}};
    const NgspiceRun run = run_analyses(job);
    const NgspiceVectors& found = run.analyses.front();

    Answer answer{Matrix<double>(v_row.rows(), static_cast<Index>(array.outputs.size()),
                                 std::numeric_limits<double>::quiet_NaN()),
                  std::vector<int>(points, (found.iterations + static_cast<int>(points) - 1) /
                                               static_cast<int>(points)),
                  run.report.problem};
    std::unordered_map<std::string, Index> places;
    for (std::size_t i = 0; i < found.names.size(); ++i)
        places.emplace(found.names[i], static_cast<Index>(i));
    for (std::size_t o = 0; o < array.outputs.size(); ++o) {
        const std::string& output = array.outputs[o];
        const bool is_current = output.starts_with("i(");
        const auto place = places.find(is_current ? branch_vector(output) : output);
        if (place == places.end()) continue;
        for (Index k = 0; k < std::min(found.values.rows(), v_row.rows()); ++k) {
            answer.values(k, static_cast<Index>(o)) = found.values(k, place->second);
        }
    }
    if (answer.problem.empty() && (!found.completed || found.values.rows() != v_row.rows())) {
        answer.problem = "ngspice gave up before the end of the input vectors";
    }
    if (!answer.problem.empty()) answer.problem += kept_as(job.deck, run.report.log);
    return answer;
}

/// Operating points that one process solves. Their number depends on nothing but that of all, so that the results do not
/// depend on the number of threads.
constexpr Index fewest_blocks = 4, most_per_block = 64;

Matrix<double> rows_between(const Matrix<double>& matrix, Index first, Index count) {
    Matrix<double> rows(count, matrix.cols());
    for (Index k = 0; k < count; ++k) std::ranges::copy(matrix.row(first + k), rows.row(k).begin());
    return rows;
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
    const ArrayDeck array = make_array_deck(crossbar, drive, options);
    const Index points = drive.v_row.rows();
    const Index per_block =
        std::clamp((points + fewest_blocks - 1) / fewest_blocks, Index{1}, most_per_block);
    const Index blocks = (points + per_block - 1) / per_block;
    std::vector<Answer> answers(static_cast<std::size_t>(blocks));
    parallel_for(blocks, [&](Index block) {
        const Index first = block * per_block;
        const Matrix<double> v_row = rows_between(drive.v_row, first, std::min(per_block, points - first));
        // A sweep starts a point from the one before, which need not be near: that is for linear cells only.
        answers[static_cast<std::size_t>(block)] = is_linear(crossbar.cell) && v_row.rows() > 1
                                                       ? solve_in_one_sweep(array, v_row)
                                                       : solve_one_by_one(array, v_row);
    });

    const ArrayGraph graph = make_array_graph(crossbar);
    ArraySolution solution = make_solution(crossbar, points, options, Engine::ngspice);
    for (Index k = 0; k < points; ++k) {
        const Answer& answer = answers[static_cast<std::size_t>(k / per_block)];
        const PointValues point(crossbar, answer.values.row(k % per_block));
        const std::vector<double> v = graph_voltages(graph, port_potentials(crossbar, drive, k), point);
        store_operating_point(crossbar, graph, v, k,
                              answer.iterations[static_cast<std::size_t>(k % per_block)], options, solution);
        store_branch_currents(point, k, options, solution);
        if (solution.problem.empty()) solution.problem = answer.problem;
    }
    return solution;
}

} // namespace ohmloom
