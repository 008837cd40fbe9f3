#include "solver/mna_engine.hpp"

#include "solver/array_graph.hpp"
#include "solver/array_solution.hpp"
#include "solver/klu_matrix.hpp"

#include <algorithm>
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

/// Jacobian of the KCL equations of the unknown nodes: wires and the slopes of the cells.
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

    /// Newton step: J·dv = −net at the unknown nodes. Returns dv [unknowns].
    std::vector<double> step(std::span<const double> net) {
        std::vector<double> dv(net.begin() + graph_.ports, net.end());
        for (double& value : dv) value = -value;
        matrix_.solve(dv);
        return dv;
    }

private:
    KluMatrix make_pattern() const {
        std::vector<std::pair<Index, Index>> places;
        const auto add = [&](Index a, Index b) {
            if (is_unknown(a) && is_unknown(b)) {
                places.emplace_back(a - graph_.ports, b - graph_.ports);
                places.emplace_back(b - graph_.ports, a - graph_.ports);
            }
        };
        for (const Wire& wire : graph_.wires) add(wire.a, wire.b);
        for_each_cell(crossbar_, graph_, [&](Index w, Index b, Index, Index) { add(w, b); });
        return {graph_.unknowns(), std::move(places)};
    }

    void stamp(Index a, Index b, double g) {
        const Index i = a - graph_.ports, j = b - graph_.ports;
        if (is_unknown(a)) matrix_.values()[matrix_.slot(i, i)] += g;
        if (is_unknown(b)) matrix_.values()[matrix_.slot(j, j)] += g;
        if (is_unknown(a) && is_unknown(b)) {
            matrix_.values()[matrix_.slot(i, j)] -= g;
            matrix_.values()[matrix_.slot(j, i)] -= g;
        }
    }

    [[nodiscard]] bool is_unknown(Index node) const { return node >= graph_.ports; }

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

    /// Solves from the terminal potentials `ports`; returns the node voltages and the number of steps taken.
    std::pair<std::vector<double>, int> solve(const std::vector<double>& ports) {
        std::vector<double> v = ports;
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
        const std::vector<double> dv = jacobian_->step(currents.net);
        const double before = norm(unknown_part(currents.net));
        double length = 1.0;
        for (int halving = 0; halving < most_halvings; ++halving, length *= 0.5) {
            std::vector<double> trial = v;
            for (std::size_t i = 0; i < dv.size(); ++i)
                trial[i + static_cast<std::size_t>(graph_.ports)] += length * dv[i];
            NodeCurrents trial_currents = evaluate_currents(crossbar_, graph_, trial);
            const double after = norm(unknown_part(trial_currents.net));
            if (std::isfinite(after) && after < before) {
                v = std::move(trial);
                currents = std::move(trial_currents);
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] std::span<const double> unknown_part(const std::vector<double>& net) const {
        return std::span(net).subspan(static_cast<std::size_t>(graph_.ports));
    }

    const Crossbar& crossbar_;
    const ArrayGraph& graph_;
    const SolveOptions& options_;
    bool linear_;
    bool factorised_ = false;
    std::optional<NodalJacobian> jacobian_; ///< none if every node is a terminal
};

} // namespace

ArraySolution solve_array_mna(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options) {
    const ArrayGraph graph = make_array_graph(crossbar);
    ArraySolution solution = make_solution(crossbar, drive.v_row.rows(), options, Engine::mna);
    NewtonSolver newton(crossbar, graph, options);
    for (Index k = 0; k < drive.v_row.rows(); ++k) {
        const auto [v, steps] = newton.solve(port_potentials(crossbar, drive, k));
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
        const auto [v, steps] = newton.solve(unit);
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
