#include "solver/condense_plan.hpp"

#include "array/array_nodes.hpp"
#include "base/parallel.hpp"

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

constexpr Index leaf_sites = 4;
constexpr Index parallel_sites = 1024; ///< blocks below this are planned on one thread

/// Whether every node is one of its own and every segment conducts, so that the graph follows from the shape alone.
bool all_nodes_differ(const Crossbar& crossbar) {
    const auto conducts = [](double resistance) { return !joins(resistance) && !is_open(resistance); };
    const auto all_conduct = [&](const Matrix<double>& map, double uniform) {
        return map.empty() ? conducts(uniform)
                           : std::all_of(map.values().begin(), map.values().end(), conducts);
    };
    const auto reachable = [](double series) { return !is_open(series); };
    return std::all_of(crossbar.r_source.begin(), crossbar.r_source.end(), reachable) &&
           std::all_of(crossbar.r_sense.begin(), crossbar.r_sense.end(), reachable) &&
           all_conduct(crossbar.r_row_map, crossbar.r_row) &&
           all_conduct(crossbar.r_col_map, crossbar.r_col) &&
           std::all_of(crossbar.g.values().begin(), crossbar.g.values().end(),
                       [](double g) { return std::isfinite(g); });
}

/// Runs of a child's kept nodes whose positions in the parent's front follow each other; none straddles the border between
/// eliminated and kept.
std::vector<NodeRun> runs_of(const std::vector<std::int32_t>& positions, Index eliminated) {
    std::vector<NodeRun> runs;
    for (std::size_t i = 0; i < positions.size(); ++i) {
        const std::int32_t to = positions[i];
        if (!runs.empty() && runs.back().to + runs.back().count == to && to != eliminated) {
            ++runs.back().count;
        } else {
            runs.push_back({static_cast<std::int32_t>(i), to, 1});
        }
    }
    return runs;
}

} // namespace

double ArrayElements::row_segment(Index row, Index k) const {
    const bool end = k == 0 || k == crossbar_->sites();
    return 1.0 / (crossbar_->row_segment(row, k) + (end ? crossbar_->source_resistance(row) : 0.0));
}

double ArrayElements::col_segment(Index k, Index line) const {
    const bool end = k == 0 || k == crossbar_->rows();
    return 1.0 / (crossbar_->col_segment(k, line) + (end ? crossbar_->sense_resistance(line) : 0.0));
}

std::array<Block, 2> BlockPlan::halves_of(const Block& at) const {
    std::array<Block, 2> parts{at, at};
    if (halves[0]->block.height() < block.height()) {
        parts[0].r1 = parts[1].r0 = at.r0 + halves[0]->block.height();
    } else {
        parts[0].s1 = parts[1].s0 = at.s0 + halves[0]->block.width();
    }
    return parts;
}

CondensePlanner::CondensePlanner(const Crossbar& crossbar)
    : crossbar_(crossbar), ports_(crossbar.rows() + crossbar.lines()), regular_(all_nodes_differ(crossbar)) {
    if (regular_) return;
    graph_ = make_array_graph(crossbar);
    degree_.assign(static_cast<std::size_t>(graph_.nodes), 0);
    for_each_connection({0, crossbar.rows(), 0, crossbar.sites()}, [&](const Connection& connection) {
        ++degree_[static_cast<std::size_t>(connection.a)];
        ++degree_[static_cast<std::size_t>(connection.b)];
    });
}

std::shared_ptr<const BlockPlan> CondensePlanner::plan() {
    return plan_block({0, crossbar_.rows(), 0, crossbar_.sites()});
}

CondensePlanner::Plan CondensePlanner::plan_block(const Block& block) {
    if (!regular_) return make_plan(block);
    const Key key = key_of(block);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
    Plan made = make_plan(block);
    known_.emplace(key, made);
    return made;
}

CondensePlanner::Plan CondensePlanner::make_plan(const Block& block) {
    if (block.sites() <= leaf_sites) return plan_leaf(block);
    // The shorter seam: column lines if the rows are cut in two, row lines if the sites are.
    const bool rows_cheaper = block.width() * crossbar_.lines_per_site <= block.height();
    std::array<Block, 2> halves{block, block};
    if (block.height() > 1 && (rows_cheaper || block.width() == 1)) {
        halves[0].r1 = halves[1].r0 = block.r0 + block.height() / 2;
    } else {
        halves[0].s1 = halves[1].s0 = block.s0 + block.width() / 2;
    }
    std::array<Plan, 2> plans;
    if (!regular_ && block.sites() >= parallel_sites) {
        parallel_pair([&] { plans[0] = plan_block(halves[0]); }, [&] { plans[1] = plan_block(halves[1]); });
    } else {
        plans = {plan_block(halves[0]), plan_block(halves[1])};
    }
    return plan_join(block, halves, plans);
}

CondensePlanner::Plan CondensePlanner::plan_leaf(const Block& block) const {
    auto plan = std::make_shared<BlockPlan>();
    plan->block = block;
    std::vector<Connection> connections;
    for_each_connection(block, [&](const Connection& connection) { connections.push_back(connection); });

    std::vector<Index> nodes;
    for (const Connection& connection : connections) {
        nodes.push_back(connection.a);
        nodes.push_back(connection.b);
    }
    // A node without any element is not connected to anything, but its voltage may be asked for.
    for (Index r = block.r0; r < block.r1; ++r) {
        for (Index s = block.s0; s < block.s1; ++s) nodes.push_back(row_node(r, s));
        for (Index l = block.s0 * crossbar_.lines_per_site; l < block.s1 * crossbar_.lines_per_site; ++l)
            nodes.push_back(col_node(r, l));
    }
    std::sort(nodes.begin(), nodes.end());
    nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
    const auto inside = [&](Index node) {
        return static_cast<int>(
            std::count_if(connections.begin(), connections.end(),
                          [&](const Connection& c) { return c.a == node || c.b == node; }));
    };
    const auto kept_begin = std::stable_partition(nodes.begin(), nodes.end(), [&](Index node) {
        return node >= ports_ && inside(node) == degree(node);
    });
    plan->eliminated = kept_begin - nodes.begin();
    plan->nodes = std::move(nodes);
    const auto position = [&](Index node) {
        return static_cast<std::int32_t>(std::find(plan->nodes.begin(), plan->nodes.end(), node) -
                                         plan->nodes.begin());
    };
    for (auto i = static_cast<std::size_t>(plan->eliminated); i < plan->nodes.size(); ++i)
        plan->connections.push_back(inside(plan->nodes[i]));
    for (Connection& connection : connections) {
        connection.element.a = position(connection.a);
        connection.element.b = position(connection.b);
        plan->elements.push_back(connection.element);
    }
    for (Index r = block.r0; r < block.r1; ++r) {
        for (Index s = block.s0; s < block.s1; ++s) plan->row_positions.push_back(position(row_node(r, s)));
        for (Index l = block.s0 * crossbar_.lines_per_site; l < block.s1 * crossbar_.lines_per_site; ++l)
            plan->col_positions.push_back(position(col_node(r, l)));
    }
    complete(*plan);
    return plan;
}

CondensePlanner::Plan CondensePlanner::plan_join(const Block& block, const std::array<Block, 2>& halves,
                                                 const std::array<Plan, 2>& plans) const {
    auto plan = std::make_shared<BlockPlan>();
    plan->block = block;
    plan->halves = plans;

    // Nodes in the order in which the halves hand them up, so that what lay together stays together; a node of both
    // halves is met first in the first.
    struct Member {
        Index node;
        int connections;
    };
    std::vector<Member> members;
    std::array<std::vector<std::int32_t>, 2> member_of; // [half][kept]
    std::vector<std::pair<Index, std::int32_t>> first_half;
    for (std::size_t h = 0; h < 2; ++h) {
        const BlockPlan& half = *plans[h];
        for (Index i = 0; i < half.kept(); ++i) {
            const Index node = moved(half.nodes[static_cast<std::size_t>(half.eliminated + i)],
                                     halves[h].r0 - half.block.r0, halves[h].s0 - half.block.s0);
            const int inside = half.connections[static_cast<std::size_t>(i)];
            if (h == 1) {
                const auto found =
                    std::lower_bound(first_half.begin(), first_half.end(), std::pair{node, std::int32_t{0}});
                if (found != first_half.end() && found->first == node) {
                    members[static_cast<std::size_t>(found->second)].connections += inside;
                    member_of[1].push_back(found->second);
                    continue;
                }
            }
            member_of[h].push_back(static_cast<std::int32_t>(members.size()));
            members.push_back({node, inside});
        }
        if (h == 1) break;
        for (std::size_t i = 0; i < members.size(); ++i)
            first_half.emplace_back(members[i].node, static_cast<std::int32_t>(i));
        std::sort(first_half.begin(), first_half.end());
    }

    const auto is_complete = [&](const Member& member) {
        return member.node >= ports_ && member.connections == degree(member.node);
    };
    std::vector<std::int32_t> position(members.size());
    for (const bool eliminated : {true, false}) {
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (is_complete(members[i]) != eliminated) continue;
            position[i] = static_cast<std::int32_t>(plan->nodes.size());
            plan->nodes.push_back(members[i].node);
            if (!eliminated) plan->connections.push_back(members[i].connections);
        }
        if (eliminated) plan->eliminated = plan->size();
    }
    for (std::size_t h = 0; h < 2; ++h) {
        for (std::int32_t& member : member_of[h]) member = position[static_cast<std::size_t>(member)];
        plan->runs[h] = runs_of(member_of[h], plan->eliminated);
    }
    complete(*plan);
    return plan;
}

void CondensePlanner::complete(BlockPlan& plan) {
    const auto n = static_cast<double>(plan.eliminated), kept = static_cast<double>(plan.kept());
    plan.panel_values = plan.own_panel_values();
    plan.flops = n * n * n / 3.0 + n * n * kept + n * kept * (kept + 1.0);
    plan.descent_rows = 2 * plan.size(); // voltages and currents
    if (plan.is_leaf()) return;
    const BlockPlan &first = *plan.halves[0], &second = *plan.halves[1];
    plan.panel_values += first.panel_values + second.panel_values;
    plan.flops += first.flops + second.flops;
    plan.descent_rows +=
        std::max(2 * first.kept() + first.descent_rows, 2 * second.kept() + second.descent_rows);
    // A half's result lies on the stack that its own halves do not use, the second's behind the first's.
    const Index first_result = first.kept() * first.kept(), second_result = second.kept() * second.kept();
    plan.own_stack = std::max(first.other_stack, second.other_stack);
    plan.other_stack =
        std::max(first_result + first.own_stack, first_result + second_result + second.own_stack);
}

/// Blocks of one shape have one plan if they touch the same edges of the array.
CondensePlanner::Key CondensePlanner::key_of(const Block& block) const {
    const Index touched = (block.r0 == 0 ? 1 : 0) + (block.r1 == crossbar_.rows() ? 2 : 0) +
                          (block.s0 == 0 ? 4 : 0) + (block.s1 == crossbar_.sites() ? 8 : 0);
    return {block.height(), block.width(), touched};
}

Index CondensePlanner::row_node(Index r, Index s) const {
    const Index place = r * crossbar_.sites() + s;
    return regular_ ? ports_ + place : graph_.row_node[static_cast<std::size_t>(place)];
}

Index CondensePlanner::col_node(Index r, Index l) const {
    const Index place = r * crossbar_.lines() + l;
    return regular_ ? ports_ + crossbar_.rows() * crossbar_.sites() + place
                    : graph_.col_node[static_cast<std::size_t>(place)];
}

/// Segments at the node `place` of a line of `count` nodes.
int CondensePlanner::line_degree(Index place, Index count, TiedEnds ends) const {
    const bool before = place > 0 || ends != TiedEnds::last;
    const bool after = place < count - 1 || ends != TiedEnds::first;
    return (before ? 1 : 0) + (after ? 1 : 0);
}

int CondensePlanner::degree(Index node) const {
    if (!regular_) return degree_[static_cast<std::size_t>(node)];
    Index place = node - ports_;
    const Index sites = crossbar_.sites(), lines = crossbar_.lines();
    if (place < crossbar_.rows() * sites) {
        return static_cast<int>(crossbar_.lines_per_site) +
               line_degree(place % sites, sites, crossbar_.row_ends);
    }
    place -= crossbar_.rows() * sites;
    return 1 + line_degree(place / lines, crossbar_.rows(), crossbar_.col_ends);
}

/// The node that lies `rows` and `sites` further on. Only if regular, or by nothing.
Index CondensePlanner::moved(Index node, Index rows, Index sites) const {
    if (rows == 0 && sites == 0) return node;
    const Index k = crossbar_.lines_per_site, row_nodes = crossbar_.rows() * crossbar_.sites();
    if (node < crossbar_.rows()) return node + rows;
    if (node < ports_) return node + sites * k;
    if (node < ports_ + row_nodes) return node + rows * crossbar_.sites() + sites;
    return node + rows * crossbar_.lines() + sites * k;
}

/// Calls visit(Connection) for every cell, wire and terminal connection that the block's sites own, unless it joins a node
/// to itself.
template <class Visit>
void CondensePlanner::for_each_connection(const Block& block, Visit&& visit) const {
    const Index k = crossbar_.lines_per_site;
    for (Index r = block.r0; r < block.r1; ++r) {
        for (Index l = block.s0 * k; l < block.s1 * k; ++l) {
            const Connection cell{row_node(r, l / k),
                                  col_node(r, l),
                                  {LeafElement::Kind::cell, 0, 0, static_cast<std::int32_t>(r - block.r0),
                                   static_cast<std::int32_t>(l - block.s0 * k)}};
            if (cell.a != cell.b) visit(cell);
        }
    }
    for (Index r = block.r0; r < block.r1; ++r) for_each_row_connection(block, r, visit);
    for (Index l = block.s0 * k; l < block.s1 * k; ++l) for_each_col_connection(block, l, visit);
}

template <class Visit>
void CondensePlanner::for_each_row_connection(const Block& block, Index r, Visit&& visit) const {
    const Index sites = crossbar_.sites();
    for (Index s = block.s0 == 0 ? 0 : block.s0 + 1; s <= block.s1; ++s) {
        if ((s == 0 && crossbar_.row_ends == TiedEnds::last) ||
            (s == sites && crossbar_.row_ends == TiedEnds::first)) {
            continue;
        }
        const Connection segment{s == 0 ? r : row_node(r, s - 1),
                                 s == sites ? r : row_node(r, s),
                                 {LeafElement::Kind::row_segment, 0, 0,
                                  static_cast<std::int32_t>(r - block.r0),
                                  static_cast<std::int32_t>(s - block.s0)}};
        const double series = s == 0 || s == sites ? crossbar_.source_resistance(r) : 0.0;
        if (segment.a != segment.b && !is_open(series + crossbar_.row_segment(r, s))) visit(segment);
    }
}

template <class Visit>
void CondensePlanner::for_each_col_connection(const Block& block, Index l, Visit&& visit) const {
    const Index rows = crossbar_.rows(), port = rows + l;
    for (Index r = block.r0 == 0 ? 0 : block.r0 + 1; r <= block.r1; ++r) {
        if ((r == 0 && crossbar_.col_ends == TiedEnds::last) ||
            (r == rows && crossbar_.col_ends == TiedEnds::first)) {
            continue;
        }
        const Connection segment{r == 0 ? port : col_node(r - 1, l),
                                 r == rows ? port : col_node(r, l),
                                 {LeafElement::Kind::col_segment, 0, 0,
                                  static_cast<std::int32_t>(r - block.r0),
                                  static_cast<std::int32_t>(l - block.s0 * crossbar_.lines_per_site)}};
        const double series = r == 0 || r == rows ? crossbar_.sense_resistance(l) : 0.0;
        if (segment.a != segment.b && !is_open(series + crossbar_.col_segment(r, l))) visit(segment);
    }
}

} // namespace ohmloom
