#include "solver/mna_engine.hpp"

#include "solver/array_graph.hpp"
#include "solver/array_solution.hpp"
#include "solver/klu_matrix.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>

namespace ohmloom {

namespace {

/// Calls visit(w, b, r, l) for every cell that lies between two nodes.
template <class Visit>
void for_each_cell(const Crossbar& crossbar, const ArrayGraph& graph, Visit&& visit) {
    for (Index r = 0; r < crossbar.rows(); ++r) {
        for (Index l = 0; l < crossbar.lines(); ++l) {
            const Index site = r * crossbar.sites() + l / crossbar.lines_per_site;
            const Index w = graph.row_node[static_cast<std::size_t>(site)];
            const Index b = graph.col_node[static_cast<std::size_t>(r * crossbar.lines() + l)];
            if (w != b) visit(w, b, r, l);
        }
    }
}

/// Difference of the voltages of two nodes as a sum of unknowns, each with its sign.
struct VoltageTerms {
    std::array<std::pair<Index, double>, 4> terms;
    std::size_t count = 0;

    void add(Index unknown, double sign) { terms[count++] = {unknown, sign}; }
    [[nodiscard]] auto begin() const { return terms.begin(); }
    [[nodiscard]] auto end() const { return terms.begin() + static_cast<std::ptrdiff_t>(count); }
};

/// Jacobian of the KCL equations of the unknown nodes: wires and the slopes of the cells.
///
/// The unknown of a node is its voltage; in a piece of wire that hangs on cells alone it is the difference to its
/// anchor, whose own equation is the sum over the piece (a congruence, so the matrix stays symmetric). The wires'
/// conductances then never meet the cells' in that equation, and do not drown them.
class NodalJacobian {
public:
    NodalJacobian(const Crossbar& crossbar, const ArrayGraph& graph)
        : crossbar_(crossbar), graph_(graph), matrix_(make_pattern()) {}

    /// Fills in the slopes at the node voltages `v` and factorises.
    void factorise_at(std::span<const double> v) {
        std::fill(matrix_.values().begin(), matrix_.values().end(), 0.0);
        for (const Wire& wire : graph_.wires) stamp(wire.a, wire.b, wire.g);
        std::visit(
            [&](const auto& cell) {
                for_each_cell(crossbar_, graph_, [&](Index w, Index b, Index r, Index l) {
                    const double voltage = v[static_cast<std::size_t>(w)] - v[static_cast<std::size_t>(b)];
                    stamp(w, b, cell.slope(voltage, crossbar_.g(r, l), crossbar_.shape_at(r, l)));
                });
            },
            crossbar_.cell);
        matrix_.factorise();
    }

    /// Newton step at the KCL errors of `currents`: the change of the node voltages [unknowns].
    std::vector<double> step(const NodeCurrents& currents) {
        std::vector<double> dv(currents.net.begin() + graph_.ports, currents.net.end());
        if (!graph_.anchor.empty()) {
            for (Index node = graph_.ports; node < graph_.nodes; ++node) {
                if (anchor(node) == node)
                    dv[unknown(node)] = currents.piece_net[static_cast<std::size_t>(node)];
            }
        }
        for (double& value : dv) value = -value;
        matrix_.solve(dv);
        if (!graph_.anchor.empty()) {
            for (Index node = graph_.ports; node < graph_.nodes; ++node) {
                if (anchor(node) >= 0 && anchor(node) != node) dv[unknown(node)] += dv[unknown(anchor(node))];
            }
        }
        return dv;
    }

private:
    KluMatrix make_pattern() const {
        std::vector<std::pair<Index, Index>> places;
        const auto add = [&](Index a, Index b) {
            const VoltageTerms terms = difference(a, b);
            for (const auto& [row, row_sign] : terms) {
                for (const auto& [col, col_sign] : terms) {
                    if (row != col) places.emplace_back(row, col);
                }
            }
        };
        for (const Wire& wire : graph_.wires) add(wire.a, wire.b);
        for_each_cell(crossbar_, graph_, [&](Index w, Index b, Index, Index) { add(w, b); });
        return {graph_.unknowns(), std::move(places)};
    }

    void stamp(Index a, Index b, double g) {
        const VoltageTerms terms = difference(a, b);
        for (const auto& [row, row_sign] : terms) {
            for (const auto& [col, col_sign] : terms)
                matrix_.values()[matrix_.slot(row, col)] += row_sign * col_sign * g;
        }
    }

    /// v(a) − v(b) without the terminals' part.
    [[nodiscard]] VoltageTerms difference(Index a, Index b) const {
        VoltageTerms terms;
        const bool same_piece = anchor(a) == anchor(b);
        const auto add = [&](Index node, double sign) {
            if (node < graph_.ports) return;
            if (anchor(node) != node) terms.add(node - graph_.ports, sign);
            if (anchor(node) >= 0 && !same_piece) terms.add(anchor(node) - graph_.ports, sign);
        };
        add(a, 1.0);
        add(b, -1.0);
        return terms;
    }

    [[nodiscard]] Index anchor(Index node) const {
        return graph_.anchor.empty() ? -1 : graph_.anchor[static_cast<std::size_t>(node)];
    }
    [[nodiscard]] std::size_t unknown(Index node) const {
        return static_cast<std::size_t>(node - graph_.ports);
    }

    const Crossbar& crossbar_;
    const ArrayGraph& graph_;
    KluMatrix matrix_;
};

double norm(std::span<const double> values) {
    return std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0));
}

/// Newton with step halving, for one operating point.
///
/// evaluate currents → done if the residual is below the tolerance → factorise (once if the cells are linear)
/// → step, halved until the KCL error falls → again. For linear cells the first step is the solution and
/// later ones refine it.
class NewtonSolver {
public:
    NewtonSolver(const Crossbar& crossbar, const ArrayGraph& graph, const SolveOptions& options)
        : crossbar_(crossbar), graph_(graph), options_(options), linear_(is_linear(crossbar.cell)) {
        if (graph.unknowns() > 0) jacobian_.emplace(crossbar, graph);
    }

    /// Solves from node voltages `v`, of which the first are the terminals' potentials; those missing at the end begin at 0.
    /// Returns the node voltages and the number of steps taken.
    std::pair<std::vector<double>, int> solve(std::vector<double> v) {
        v.resize(static_cast<std::size_t>(graph_.nodes), 0.0);
        NodeCurrents currents = evaluate_currents(crossbar_, graph_, v);
        int steps = 0;
        while (!currents.converged(graph_.ports, options_.tolerance) && steps < options_.max_iterations) {
            if (!linear_ || !factorised_) {
                jacobian_->factorise_at(v);
                factorised_ = true;
            }
            if (!take_step(v, currents)) break;
            ++steps;
        }
        return {std::move(v), steps};
    }

private:
    /// Moves v and currents along the Newton direction; false if no step length lowers the KCL error any
    /// further.
    bool take_step(std::vector<double>& v, NodeCurrents& currents) {
        constexpr int most_halvings = 40;
        const std::vector<double> dv = jacobian_->step(currents);
        const double before = kcl_error(currents);
        double length = 1.0;
        for (int halving = 0; halving < most_halvings; ++halving, length *= 0.5) {
            std::vector<double> trial = v;
            for (std::size_t i = 0; i < dv.size(); ++i)
                trial[i + static_cast<std::size_t>(graph_.ports)] += length * dv[i];
            NodeCurrents trial_currents = evaluate_currents(crossbar_, graph_, trial);
            const double after = kcl_error(trial_currents);
            if (std::isfinite(after) && after < before) {
                v = std::move(trial);
                currents = std::move(trial_currents);
                return true;
            }
        }
        return false;
    }

    /// What a step has to lower: KCL errors of the unknown nodes and, if there are any, of pieces of wire. Beside
    /// these, rounding at the nodes must not hide what a step gained.
    [[nodiscard]] double kcl_error(const NodeCurrents& currents) const {
        std::vector<double> errors(currents.net.begin() + graph_.ports, currents.net.end());
        if (!currents.piece_net.empty()) {
            for (double& error : errors) {
                if (std::abs(error) <= currents.rounding) error = 0.0;
            }
            errors.insert(errors.end(), currents.piece_net.begin(), currents.piece_net.end());
        }
        return norm(errors);
    }

    const Crossbar& crossbar_;
    const ArrayGraph& graph_;
    const SolveOptions& options_;
    bool linear_;
    bool factorised_ = false;
    std::optional<NodalJacobian> jacobian_; ///< none if every node is a terminal
};

/// Voltages of all nodes at the start of operating point k: terminals have those of `ports`.
std::vector<double> voltages_of_nodes(const ArrayGraph& graph, const NodeVoltages& start, Index k,
                                      std::vector<double> ports) {
    ports.resize(static_cast<std::size_t>(graph.nodes), 0.0);
    const auto take = [&](const std::vector<Index>& nodes, std::span<const double> v) {
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            if (nodes[i] >= graph.ports) ports[static_cast<std::size_t>(nodes[i])] = v[i];
        }
    };
    take(graph.row_node, start.v_w.row(k));
    take(graph.col_node, start.v_b.row(k));
    return ports;
}

} // namespace

ArraySolution solve_array_mna(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options,
                              const std::optional<NodeVoltages>& start) {
    const ArrayGraph graph = make_array_graph(crossbar);
    ArraySolution solution = make_solution(crossbar, drive.v_row.rows(), options, Engine::mna);
    NewtonSolver newton(crossbar, graph, options);
    for (Index k = 0; k < drive.v_row.rows(); ++k) {
        std::vector<double> ports = port_potentials(crossbar, drive, k);
        const auto [v, steps] =
            newton.solve(start ? voltages_of_nodes(graph, *start, k, std::move(ports)) : std::move(ports));
        store_operating_point(crossbar, graph, v, k, steps, options, solution);
    }
    return solution;
}

PortMatrix port_matrix_mna(const Crossbar& crossbar, const SolveOptions& options) {
    const ArrayGraph graph = make_array_graph(crossbar);
    PortMatrix ports{Matrix<double>(graph.ports, graph.ports), crossbar.rows(), crossbar.lines(), 0.0,
                     Engine::mna};
    NewtonSolver newton(crossbar, graph, options);
    for (Index p = 0; p < graph.ports; ++p) {
        std::vector<double> unit(static_cast<std::size_t>(graph.ports), 0.0);
        unit[static_cast<std::size_t>(p)] = 1.0;
        const auto [v, steps] = newton.solve(std::move(unit));
        const NodeCurrents currents = evaluate_currents(crossbar, graph, v);
        for (Index r = 0; r < ports.rows; ++r) ports.y(r, p) = currents.i_row[static_cast<std::size_t>(r)];
        for (Index l = 0; l < ports.lines; ++l) {
            ports.y(ports.rows + l, p) = -currents.i_col[static_cast<std::size_t>(l)];
        }
        ports.residual = std::max(ports.residual, currents.residual(graph.ports));
    }
    return ports;
}

} // namespace ohmloom
