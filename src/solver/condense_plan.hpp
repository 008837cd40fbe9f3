#pragma once

#include "array/crossbar.hpp"
#include "solver/array_graph.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace ohmloom {

/// Part of an array: rows [r0, r1) and sites [s0, s1).
struct Block {
    Index r0, r1, s0, s1;
    [[nodiscard]] Index height() const { return r1 - r0; }
    [[nodiscard]] Index width() const { return s1 - s0; }
    [[nodiscard]] Index sites() const { return height() * width(); }
};

/// Resistors of a crossbar, each owned by one site: the cells of a site, the row segment and the column segments after
/// it, and before the first site of a line the segment to its terminal.
class ArrayElements {
public:
    explicit ArrayElements(const Crossbar& crossbar) : crossbar_(&crossbar) {}

    [[nodiscard]] double cell(Index row, Index line) const { return crossbar_->g(row, line); } ///< [S]
    /// [S] Row segment before site `k`; k = 0 and k = sites are the tied ends, with their series resistance.
    [[nodiscard]] double row_segment(Index row, Index k) const;
    /// [S] Column segment before row `k`; k = 0 and k = rows are the tied ends, with their series resistance.
    [[nodiscard]] double col_segment(Index k, Index line) const;

private:
    const Crossbar* crossbar_;
};

/// Element of a leaf between two of its nodes, given by their positions in the leaf's front.
struct LeafElement {
    enum class Kind : std::uint8_t { cell, row_segment, col_segment };
    Kind kind;
    std::int32_t a, b;
    std::int32_t row, line; ///< from the block's first; `line` is the segment's number for row segments
};

/// `count` nodes in a row of a child's kept ones, and where they lie in the front of the parent.
struct NodeRun {
    std::int32_t from, to, count;
};

/// What is to be done to condense one block, from its shape alone: the values come in later.
///
/// A block is a leaf or two halves. Its front holds first the nodes that are eliminated here (everything that they are
/// connected to lies inside), then the kept ones, which are handed to the parent. Blocks that lie alike in the array share
/// one plan.
struct BlockPlan {
    Block block{};            ///< the first block that was planned so
    std::vector<Index> nodes; ///< [size] ids in that block, eliminated ones first
    Index eliminated = 0;
    std::vector<int> connections; ///< [kept] elements at each kept node that lie inside

    std::array<std::shared_ptr<const BlockPlan>, 2> halves; ///< none in a leaf
    std::array<std::vector<NodeRun>, 2> runs;               ///< of the halves' kept nodes into this front

    std::vector<LeafElement> elements;       ///< of a leaf
    std::vector<std::int32_t> row_positions; ///< [height * width] of the leaf's own row nodes in its front
    std::vector<std::int32_t> col_positions; ///< [height * lines of the leaf]

    Index panel_values = 0; ///< eliminated columns of this block and all inside it, in post-order
    Index own_stack =
        0; ///< doubles that condensing it takes on the stack that its result lies on, beside that,
    Index other_stack = 0;  ///< and on the one that its halves' results lie on
    Index descent_rows = 0; ///< node vectors held at once on the way down from this block to a leaf
    double flops = 0.0;     ///< of the dense eliminations of this block and all inside it

    [[nodiscard]] Index size() const { return static_cast<Index>(nodes.size()); }
    [[nodiscard]] Index kept() const { return size() - eliminated; }
    [[nodiscard]] Index own_panel_values() const { return size() * eliminated; }
    [[nodiscard]] bool is_leaf() const { return halves[0] == nullptr; }

    /// The halves of a block at another place.
    [[nodiscard]] std::array<Block, 2> halves_of(const Block& at) const;
};

/// Plans the condensation of an array: recursive halving across the shorter seam down to leaves of a few sites.
class CondensePlanner {
public:
    explicit CondensePlanner(const Crossbar& crossbar);

    /// Plan of the whole array.
    [[nodiscard]] std::shared_ptr<const BlockPlan> plan();

    /// Whether no two nodes are joined and every segment conducts, so that blocks of one shape have one plan.
    [[nodiscard]] bool is_regular() const { return regular_; }

    /// [ports] whether a shorted cell hangs on the line; empty: on none.
    [[nodiscard]] const std::vector<bool>& has_short() const { return graph_.has_short; }

private:
    using Plan = std::shared_ptr<const BlockPlan>;
    using Key = std::array<Index, 3>;

    struct Connection {
        Index a, b;
        LeafElement element;
    };

    Plan plan_block(const Block& block);
    Plan make_plan(const Block& block);
    Plan plan_leaf(const Block& block) const;
    Plan plan_join(const Block& block, const std::array<Block, 2>& halves,
                   const std::array<Plan, 2>& plans) const;
    static void complete(BlockPlan& plan);

    [[nodiscard]] Key key_of(const Block& block) const;
    [[nodiscard]] Index row_node(Index r, Index s) const;
    [[nodiscard]] Index col_node(Index r, Index l) const;
    [[nodiscard]] int degree(Index node) const;
    [[nodiscard]] int line_degree(Index place, Index count, TiedEnds ends) const;
    [[nodiscard]] Index moved(Index node, Index rows, Index sites) const;
    template <class Visit>
    void for_each_connection(const Block& block, Visit&& visit) const;
    template <class Visit>
    void for_each_row_connection(const Block& block, Index r, Visit&& visit) const;
    template <class Visit>
    void for_each_col_connection(const Block& block, Index l, Visit&& visit) const;

    const Crossbar& crossbar_;
    Index ports_;
    bool regular_;
    ArrayGraph graph_;        ///< only if not regular
    std::vector<int> degree_; ///< elements at each node; only if not regular
    std::map<Key, Plan> known_;
};

} // namespace ohmloom
