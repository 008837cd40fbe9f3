#include "solver/condense_engine.hpp"

#include "array/array_nodes.hpp"
#include "base/parallel.hpp"
#include "solver/array_solution.hpp"

#include <algorithm>
#include <cmath>

namespace ohmloom {

/// Rectangle of sites: rows [r0, r1) and sites [s0, s1).
struct CondensedArray::Block {
    Index r0, r1, s0, s1;
    [[nodiscard]] Index height() const { return r1 - r0; }
    [[nodiscard]] Index width() const { return s1 - s0; }
};

/// Eliminated part of one block: what back substitution needs.
struct CondensedArray::Front {
    std::vector<Index> nodes; ///< eliminated ones first
    Index eliminated = 0;
    SymmetricFront factor; ///< only its first `eliminated` columns are kept
};

/// A block reduced to the nodes that others touch, in ascending order.
struct CondensedArray::Reduced {
    std::vector<Index> nodes;
    std::vector<int> connections; ///< elements at each node that are already inside
    SymmetricFront conductance;
};

class CondensedArray::Builder {
public:
    Builder(const Crossbar& crossbar, const ArrayGraph& graph)
        : crossbar_(crossbar), graph_(graph), degree_(static_cast<std::size_t>(graph.nodes), 0) {
        const Block whole{0, crossbar.rows(), 0, crossbar.sites()};
        for_each_element(whole, [&](Index a, Index b, double) {
            ++degree_[static_cast<std::size_t>(a)];
            ++degree_[static_cast<std::size_t>(b)];
        });
    }

    Reduced reduce(const Block& block, std::vector<Front>& fronts) const {
        if (block.height() * block.width() <= leaf_sites) return reduce_leaf(block, fronts);
        const bool cut_rows = seam_of_rows(block) <= seam_of_sites(block);
        if (block.height() > 1 && (cut_rows || block.width() == 1)) {
            const Index middle = block.r0 + block.height() / 2;
            return join(block, {block.r0, middle, block.s0, block.s1}, {middle, block.r1, block.s0, block.s1},
                        fronts);
        }
        const Index middle = block.s0 + block.width() / 2;
        return join(block, {block.r0, block.r1, block.s0, middle}, {block.r0, block.r1, middle, block.s1},
                    fronts);
    }

private:
    static constexpr Index leaf_sites = 4;
    static constexpr Index parallel_sites = 1024; ///< blocks below this are reduced on one thread

    /// Nodes on the seam if the block's rows, or its sites, are cut in two.
    [[nodiscard]] Index seam_of_rows(const Block& block) const {
        return block.width() * crossbar_.lines_per_site;
    }
    [[nodiscard]] static Index seam_of_sites(const Block& block) { return block.height(); }

    [[nodiscard]] Index row_node(Index r, Index s) const {
        return graph_.row_node[static_cast<std::size_t>(r * crossbar_.sites() + s)];
    }
    [[nodiscard]] Index col_node(Index r, Index l) const {
        return graph_.col_node[static_cast<std::size_t>(r * crossbar_.lines() + l)];
    }

    /// Wire of the given resistance between two nodes, unless they are one or it is open.
    template <class Visit>
    static void visit_wire(Index a, Index b, double resistance, Visit&& visit) {
        if (a != b && !is_open(resistance)) visit(a, b, 1.0 / resistance);
    }

    /// Row segments from site s to s + 1 of the rows [r0, r1).
    template <class Visit>
    void for_each_row_segment(Index r0, Index r1, Index s, Visit&& visit) const {
        for (Index r = r0; r < r1; ++r)
            visit_wire(row_node(r, s), row_node(r, s + 1), crossbar_.row_segment(r, s + 1), visit);
    }

    /// Column segments from row r to r + 1 of the sites [s0, s1).
    template <class Visit>
    void for_each_col_segment(Index r, Index s0, Index s1, Visit&& visit) const {
        const Index k = crossbar_.lines_per_site;
        for (Index l = s0 * k; l < s1 * k; ++l)
            visit_wire(col_node(r, l), col_node(r + 1, l), crossbar_.col_segment(r + 1, l), visit);
    }

    /// Calls visit(a, b, g) for every cell, wire and terminal connection inside a block.
    template <class Visit>
    void for_each_element(const Block& block, Visit&& visit) const {
        const Index k = crossbar_.lines_per_site;
        for (Index r = block.r0; r < block.r1; ++r) {
            for (Index l = block.s0 * k; l < block.s1 * k; ++l) {
                const Index w = row_node(r, l / k), b = col_node(r, l);
                if (w != b) visit(w, b, crossbar_.g(r, l));
            }
        }
        for (Index s = block.s0; s + 1 < block.s1; ++s) for_each_row_segment(block.r0, block.r1, s, visit);
        for (Index r = block.r0; r + 1 < block.r1; ++r) for_each_col_segment(r, block.s0, block.s1, visit);
        for_each_terminal(block, visit);
    }

    template <class Visit>
    void for_each_terminal(const Block& block, Visit&& visit) const {
        const Index k = crossbar_.lines_per_site, last_row = crossbar_.rows() - 1,
                    last_site = crossbar_.sites() - 1;
        for (Index r = block.r0; r < block.r1; ++r) {
            const double series = crossbar_.source_resistance(r);
            if (block.s0 == 0 && crossbar_.row_ends != TiedEnds::last)
                visit_wire(r, row_node(r, 0), series + crossbar_.row_segment(r, 0), visit);
            if (block.s1 - 1 == last_site && crossbar_.row_ends != TiedEnds::first) {
                visit_wire(r, row_node(r, last_site), series + crossbar_.row_segment(r, block.s1), visit);
            }
        }
        for (Index l = block.s0 * k; l < block.s1 * k; ++l) {
            const Index port = crossbar_.rows() + l;
            const double series = crossbar_.sense_resistance(l);
            if (block.r0 == 0 && crossbar_.col_ends != TiedEnds::last)
                visit_wire(port, col_node(0, l), series + crossbar_.col_segment(0, l), visit);
            if (block.r1 - 1 == last_row && crossbar_.col_ends != TiedEnds::first) {
                visit_wire(port, col_node(last_row, l), series + crossbar_.col_segment(block.r1, l), visit);
            }
        }
    }

    struct Element {
        Index a, b;
        double g;
    };

    Reduced reduce_leaf(const Block& block, std::vector<Front>& fronts) const {
        std::vector<Element> elements;
        for_each_element(block, [&](Index a, Index b, double g) { elements.push_back({a, b, g}); });
        return assemble(elements, {}, {}, fronts);
    }

    Reduced join(const Block& block, const Block& first, const Block& second,
                 std::vector<Front>& fronts) const {
        Reduced a, b;
        std::vector<Front> second_fronts;
        const auto reduce_first = [&] { a = reduce(first, fronts); };
        const auto reduce_second = [&] { b = reduce(second, second_fronts); };
        if (block.height() * block.width() >= parallel_sites) {
            parallel_pair(reduce_first, reduce_second);
        } else {
            reduce_first();
            reduce_second();
        }
        std::move(second_fronts.begin(), second_fronts.end(), std::back_inserter(fronts));

        std::vector<Element> seam;
        const auto add = [&](Index from, Index to, double g) { seam.push_back({from, to, g}); };
        if (first.r1 == second.r0) {
            for_each_col_segment(first.r1 - 1, block.s0, block.s1, add);
        } else {
            for_each_row_segment(block.r0, block.r1, first.s1 - 1, add);
        }
        return assemble(seam, std::move(a), std::move(b), fronts);
    }

    /// Adds elements and reduced blocks up and eliminates the nodes that nothing else will touch.
    Reduced assemble(const std::vector<Element>& elements, Reduced a, Reduced b,
                     std::vector<Front>& fronts) const {
        std::vector<Index> nodes = a.nodes;
        nodes.insert(nodes.end(), b.nodes.begin(), b.nodes.end());
        for (const Element& element : elements) {
            nodes.push_back(element.a);
            nodes.push_back(element.b);
        }
        std::sort(nodes.begin(), nodes.end());
        nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());

        const auto place = [&](Index node) {
            return static_cast<std::size_t>(std::lower_bound(nodes.begin(), nodes.end(), node) -
                                            nodes.begin());
        };
        std::vector<int> connections(nodes.size(), 0);
        for (const Reduced* part : {&a, &b}) {
            for (std::size_t i = 0; i < part->nodes.size(); ++i)
                connections[place(part->nodes[i])] += part->connections[i];
        }
        for (const Element& element : elements) {
            ++connections[place(element.a)];
            ++connections[place(element.b)];
        }

        // Eliminated nodes first, each group in ascending order.
        Front front;
        Reduced kept;
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            if (nodes[i] >= graph_.ports && connections[i] == degree_[static_cast<std::size_t>(nodes[i])]) {
                front.nodes.push_back(nodes[i]);
            } else {
                kept.nodes.push_back(nodes[i]);
                kept.connections.push_back(connections[i]);
            }
        }
        front.eliminated = static_cast<Index>(front.nodes.size());
        front.nodes.insert(front.nodes.end(), kept.nodes.begin(), kept.nodes.end());
        std::vector<Index> position(nodes.size());
        for (std::size_t i = 0; i < front.nodes.size(); ++i)
            position[place(front.nodes[i])] = static_cast<Index>(i);

        SymmetricFront matrix(static_cast<Index>(front.nodes.size()));
        for (const Reduced* part : {&a, &b}) {
            std::vector<Index> to(part->nodes.size());
            for (std::size_t i = 0; i < to.size(); ++i) to[i] = position[place(part->nodes[i])];
            add_block(part->conductance, to, matrix);
        }
        for (const Element& element : elements) {
            add_conductance(position[place(element.a)], position[place(element.b)], element.g, matrix);
        }

        eliminate_leading(matrix, front.eliminated);
        kept.conductance = trailing_block(matrix, front.eliminated);
        if (front.eliminated > 0) {
            matrix.lower.resize(static_cast<std::size_t>(front.eliminated * matrix.size));
            matrix.lower.shrink_to_fit();
            front.factor = std::move(matrix);
            fronts.push_back(std::move(front));
        }
        return kept;
    }

    static void add_block(const SymmetricFront& block, const std::vector<Index>& to, SymmetricFront& matrix) {
        for (Index c = 0; c < block.size; ++c) {
            const Index col = to[static_cast<std::size_t>(c)];
            for (Index r = c; r < block.size; ++r) {
                const Index row = to[static_cast<std::size_t>(r)];
                matrix.at(std::max(row, col), std::min(row, col)) += block.at(r, c);
            }
        }
    }

    static void add_conductance(Index i, Index j, double g, SymmetricFront& matrix) {
        matrix.at(i, i) += g;
        matrix.at(j, j) += g;
        matrix.at(std::max(i, j), std::min(i, j)) -= g;
    }

    /// The Schur complement behind the first `count` variables, with each diagonal element set to minus the
    /// sum of the others in its row.
    static SymmetricFront trailing_block(const SymmetricFront& matrix, Index count) {
        const Index n = matrix.size - count;
        SymmetricFront block(n);
        for (Index c = 0; c < n; ++c) {
            for (Index r = c + 1; r < n; ++r) {
                const double off = matrix.at(r + count, c + count);
                block.at(r, c) = off;
                block.at(c, c) -= off;
                block.at(r, r) -= off;
            }
        }
        return block;
    }

    const Crossbar& crossbar_;
    const ArrayGraph& graph_;
    std::vector<int> degree_; ///< elements at each node of the whole array
};

CondensedArray::CondensedArray(const Crossbar& crossbar, const ArrayGraph& graph)
    : nodes_(graph.nodes), y_(graph.ports, graph.ports) {
    const Builder builder(crossbar, graph);
    const Reduced all = builder.reduce({0, crossbar.rows(), 0, crossbar.sites()}, fronts_);
    for (Index c = 0; c < all.conductance.size; ++c) {
        for (Index r = c; r < all.conductance.size; ++r) {
            const Index i = all.nodes[static_cast<std::size_t>(r)],
                        j = all.nodes[static_cast<std::size_t>(c)];
            y_(i, j) = y_(j, i) = all.conductance.at(r, c);
        }
    }
}

Matrix<double> CondensedArray::node_voltages(const Matrix<double>& ports) const {
    const Index batch = ports.cols();
    Matrix<double> v(nodes_, batch);
    std::copy(ports.values().begin(), ports.values().end(), v.values().begin());
    for (std::size_t f = fronts_.size(); f-- > 0;) {
        const Front& front = fronts_[f];
        Matrix<double> x(static_cast<Index>(front.nodes.size()), batch);
        for (Index i = front.eliminated; i < x.rows(); ++i) {
            const auto from = v.row(front.nodes[static_cast<std::size_t>(i)]);
            std::copy(from.begin(), from.end(), x.row(i).begin());
        }
        back_substitute(front.factor, front.eliminated, x);
        for (Index i = 0; i < front.eliminated; ++i) {
            const auto to = v.row(front.nodes[static_cast<std::size_t>(i)]);
            std::copy(x.row(i).begin(), x.row(i).end(), to.begin());
        }
    }
    return v;
}

namespace {

std::vector<double> column(const Matrix<double>& matrix, Index c) {
    std::vector<double> values(static_cast<std::size_t>(matrix.rows()));
    for (Index r = 0; r < matrix.rows(); ++r) values[static_cast<std::size_t>(r)] = matrix(r, c);
    return values;
}

} // namespace

ArraySolution solve_array_condense(const Crossbar& crossbar, const Drive& drive,
                                   const SolveOptions& options) {
    constexpr Index chunk = 64; // node voltages of this many vectors are held at once
    const ArrayGraph graph = make_array_graph(crossbar);
    const CondensedArray condensed(crossbar, graph);
    const Index batch = drive.v_row.rows();
    ArraySolution solution = make_solution(crossbar, batch, options, Engine::condense);
    for (Index begin = 0; begin < batch; begin += chunk) {
        const Index count = std::min(chunk, batch - begin);
        Matrix<double> ports(graph.ports, count);
        for (Index k = 0; k < count; ++k) {
            const std::vector<double> potentials = port_potentials(crossbar, drive, begin + k);
            for (Index p = 0; p < graph.ports; ++p) ports(p, k) = potentials[static_cast<std::size_t>(p)];
        }
        const Matrix<double> v = condensed.node_voltages(ports);
        parallel_for(count, [&](Index k) {
            store_operating_point(crossbar, graph, column(v, k), begin + k, 1, options, solution);
        });
    }
    return solution;
}

PortMatrix port_matrix_condense(const Crossbar& crossbar, const SolveOptions& /*options*/) {
    const ArrayGraph graph = make_array_graph(crossbar);
    const CondensedArray condensed(crossbar, graph);
    PortMatrix ports{condensed.port_conductance(), crossbar.rows(), crossbar.lines(), 0.0, Engine::condense};

    // Residual of one operating point with every terminal at work: alternating, incommensurate potentials.
    Matrix<double> probe(graph.ports, 1);
    for (Index p = 0; p < graph.ports; ++p) probe(p, 0) = std::cos(1.0 + 2.0 * static_cast<double>(p));
    const std::vector<double> v = column(condensed.node_voltages(probe), 0);
    ports.residual = evaluate_currents(crossbar, graph, v).residual(graph.ports);
    return ports;
}

} // namespace ohmloom
