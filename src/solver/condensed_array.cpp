#include "solver/condensed_array.hpp"

#include "array/array_nodes.hpp"
#include "base/buffer_pool.hpp"
#include "base/dense.hpp"
#include "base/errors.hpp"
#include "base/page_memory.hpp"
#include "base/parallel.hpp"
#include "solver/condense_plan.hpp"
#include "solver/front_kernels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace ohmloom {

namespace {

constexpr Index tile_sites =
    64; ///< blocks up to this size are condensed as one piece and never kept in parts
constexpr Index parallel_sites = 1024;   ///< blocks below this are worked on by one thread
constexpr Index small_elimination = 20;  ///< eliminated nodes below which our kernels beat BLAS calls
constexpr Index small_substitution = 64; ///< likewise, in back substitution
constexpr Index strip = 128;             ///< columns that one thread assembles at a time
constexpr Index large_front =
    512; ///< beyond this, BLAS does the elimination, which leaves the upper triangle alone

double conductance(const ArrayElements& elements, const LeafElement& element, const Block& at,
                   Index lines_per_site) {
    const Index first_line = at.s0 * lines_per_site;
    switch (element.kind) {
    case LeafElement::Kind::cell:
        return elements.cell(at.r0 + element.row, first_line + element.line);
    case LeafElement::Kind::row_segment:
        return elements.row_segment(at.r0 + element.row, at.s0 + element.line);
    case LeafElement::Kind::col_segment:
        break;
    }
    return elements.col_segment(at.r0 + element.row, first_line + element.line);
}

void eliminate(const FrontView& front) {
    const bool small = front.eliminated < small_elimination && front.size <= large_front;
    if (const int pivot = small ? front_kernels::eliminate(front) : eliminate_leading(front); pivot != 0) {
        throw BackendError(
            fmt::format("condensation lost positive definiteness (pivot {} of {}): the conductances span "
                        "more than double precision holds; try the mna engine",
                        pivot, front.eliminated));
    }
}

/// Zeroes what assembly adds to. Panels are new and zero already.
void clear_rest(const FrontView& front) {
    const Index kept = front.kept();
    if (front.size <= large_front) {
        std::fill(front.rest, front.rest + kept * kept, 0.0);
        return;
    }
    parallel_for((kept + strip - 1) / strip, [&](Index i) {
        for (Index c = i * strip; c < std::min(kept, (i + 1) * strip); ++c)
            std::fill(front.rest + c * kept + c, front.rest + (c + 1) * kept, 0.0);
    });
}

void add_diagonal(std::span<const NodeRun> runs, const double* diagonal, const FrontView& front) {
    for (const NodeRun& run : runs) {
        for (Index t = 0; t < run.count; ++t) front.column(run.to + t)[run.to + t] += diagonal[run.from + t];
    }
}

/// Adds a half's reduced matrix to the front of the whole; `diagonal` is scratch [block.size].
void add_reduced(const ReducedView& block, std::span<const NodeRun> runs, const FrontView& front,
                 double* diagonal) {
    std::fill(diagonal, diagonal + block.size, 0.0);
    front_kernels::add_columns(block, runs, 0, block.size, front, diagonal);
    add_diagonal(runs, diagonal, front);
}

/// As add_reduced(), on all allowed threads if there is enough to do.
void add_reduced(const ReducedView& block, std::span<const NodeRun> runs, const FrontView& front) {
    // One diagonal per strip of columns, so that the order of additions does not depend on the threads.
    const Index strips = block.size > large_front ? (block.size + strip - 1) / strip : 1;
    std::vector<double> diagonals(static_cast<std::size_t>(block.size * strips), 0.0);
    parallel_for(strips, [&](Index i) {
        const Index end = i + 1 == strips ? block.size : (i + 1) * strip;
        front_kernels::add_columns(block, runs, i * strip, end, front, diagonals.data() + i * block.size);
    });
    for (Index i = 1; i < strips; ++i) {
        for (Index c = 0; c < block.size; ++c)
            diagonals[static_cast<std::size_t>(c)] += diagonals[static_cast<std::size_t>(i * block.size + c)];
    }
    add_diagonal(runs, diagonals.data(), front);
}

void add_elements(const BlockPlan& leaf, const Block& at, const ArrayElements& elements, Index lines_per_site,
                  const FrontView& front) {
    for (const LeafElement& element : leaf.elements) {
        const double g = conductance(elements, element, at, lines_per_site);
        const Index low = std::min(element.a, element.b), high = std::max(element.a, element.b);
        front.column(low)[low] += g;
        front.column(high)[high] += g;
        front.column(low)[high] -= g;
    }
}

/// Room for `count` doubles, not initialised.
std::shared_ptr<double[]> make_buffer(Index count) {
    return std::make_shared_for_overwrite<double[]>(static_cast<std::size_t>(count));
}

/// Columns of the lower triangle one after the other.
std::shared_ptr<double[]> pack_lower(const double* square, Index n) {
    std::shared_ptr<double[]> packed = make_buffer(n * (n + 1) / 2);
    double* to = packed.get();
    for (Index c = 0; c < n; ++c) to = std::copy(square + c * n + c, square + (c + 1) * n, to);
    return packed;
}

/// The reduced matrix of the whole array, by the numbers of its terminals.
Matrix<double> port_conductance_of(const BlockPlan& root, const ReducedView& reduced, Index ports) {
    Matrix<double> y(ports, ports);
    const auto node = [&](Index i) { return root.nodes[static_cast<std::size_t>(root.eliminated + i)]; };
    // Row by row, so that each is written by one thread.
    parallel_for((reduced.size + strip - 1) / strip, [&](Index part) {
        for (Index i = part * strip; i < std::min(reduced.size, (part + 1) * strip); ++i) {
            const std::span<double> row = y.row(node(i));
            double sum = 0.0;
            for (Index j = 0; j < reduced.size; ++j) {
                if (j == i) continue;
                const double off = reduced.column(std::min(i, j))[std::max(i, j)];
                row[static_cast<std::size_t>(node(j))] = off;
                sum += off;
            }
            row[static_cast<std::size_t>(node(i))] = -sum;
        }
    });
    return y;
}

void require_cells(std::span<const CellChange> changes, const Crossbar& crossbar) {
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const CellChange& change = changes[i];
        if (change.row < 0 || change.row >= crossbar.rows() || change.line < 0 ||
            change.line >= crossbar.lines()) {
            throw InputError(fmt::format("change {} is of cell [{}, {}], but the array is [{} x {}]", i,
                                         change.row, change.line, crossbar.rows(), crossbar.lines()));
        }
        if (!(change.g >= 0.0)) {
            throw InputError(
                fmt::format("change {} gives cell [{}, {}] the conductance {} S: it must not be negative", i,
                            change.row, change.line, change.g));
        }
    }
}

bool contains(const Block& block, const CellChange& change, Index lines_per_site) {
    const Index site = change.line / lines_per_site;
    return change.row >= block.r0 && change.row < block.r1 && site >= block.s0 && site < block.s1;
}

/// KCL error that rounding the node voltages to double alone can leave, as evaluate_currents() has it.
double kcl_rounding(double largest_term) {
    return 16.0 * std::numeric_limits<double>::epsilon() * largest_term;
}

} // namespace

/// Node of the kept tree. Blocks of a few sites have one Part for all that lies inside.
struct CondensedArray::Part {
    std::shared_ptr<const BlockPlan> plan;
    Block block{};
    std::array<std::shared_ptr<const Part>, 2> halves; ///< none in a tile
    std::shared_ptr<double[]> panels;  ///< eliminated columns: its own; of a tile, all in post-order
    std::shared_ptr<double[]> reduced; ///< lower triangle, packed; only if all parts are kept

    [[nodiscard]] bool is_tile() const { return halves[0] == nullptr; }
    [[nodiscard]] FrontView front() const { return {panels.get(), nullptr, plan->size(), plan->eliminated}; }
};

/// A condensed block with what is left of it for its parent.
struct CondensedArray::Outcome {
    std::shared_ptr<const Part> part;
    std::shared_ptr<double[]> square; ///< none if the part holds it

    [[nodiscard]] ReducedView reduced() const {
        return square ? ReducedView{square.get(), part->plan->kept(), false}
                      : ReducedView{part->reduced.get(), part->plan->kept(), true};
    }
};

/// Condenses blocks bottom up.
class CondensedArray::Condenser {
public:
    Condenser(const Crossbar& crossbar, CondenseKeep keep)
        : elements_(crossbar), lines_per_site_(crossbar.lines_per_site), keep_(keep) {}

    /// Condenses everything.
    Outcome condense_all(const std::shared_ptr<const BlockPlan>& plan) {
        panels_ = make_zeroed_page_memory(static_cast<std::size_t>(plan->panel_values));
        return condense({plan, plan->block, 0}, true);
    }

    /// Condenses the blocks that hold a change again; `like` is the root before.
    Outcome condense_changed(const std::shared_ptr<const Part>& like, std::span<const CellChange> changes) {
        return recondense(*like, changes, true);
    }

private:
    struct Task {
        std::shared_ptr<const BlockPlan> plan;
        Block block;
        Index panels; ///< where those of the block and of all inside it begin
    };

    Outcome condense(const Task& task, bool is_root = false) {
        const BlockPlan& plan = *task.plan;
        auto part = std::make_shared<Part>();
        part->plan = task.plan;
        part->block = task.block;
        if (task.block.sites() <= tile_sites) {
            part->panels = {panels_, panels_.get() + task.panels};
            return finish(std::move(part), {}, is_root);
        }
        const std::array<Block, 2> blocks = plan.halves_of(task.block);
        std::array<Index, 2> begin{task.panels, task.panels + plan.halves[0]->panel_values};
        std::array<Outcome, 2> halves;
        for_both_halves(task.block, [&](std::size_t h) {
            halves[h] = condense({plan.halves[h], blocks[h], begin[h]});
        });
        part->panels = {panels_, panels_.get() + begin[1] + plan.halves[1]->panel_values};
        return finish(std::move(part), std::move(halves), is_root);
    }

    Outcome recondense(const Part& like, std::span<const CellChange> changes, bool is_root = false) {
        const BlockPlan& plan = *like.plan;
        auto part = std::make_shared<Part>();
        part->plan = like.plan;
        part->block = like.block;
        part->panels = std::make_shared<double[]>(
            static_cast<std::size_t>(like.is_tile() ? plan.panel_values : plan.own_panel_values()));
        if (like.is_tile()) return finish(std::move(part), {}, is_root);
        const std::array<Block, 2> blocks = plan.halves_of(like.block);
        std::array<Outcome, 2> halves;
        for_both_halves(like.block, [&](std::size_t h) {
            std::vector<CellChange> inside;
            std::copy_if(
                changes.begin(), changes.end(), std::back_inserter(inside),
                [&](const CellChange& change) { return contains(blocks[h], change, lines_per_site_); });
            halves[h] =
                inside.empty() ? Outcome{like.halves[h], nullptr} : recondense(*like.halves[h], inside);
        });
        return finish(std::move(part), std::move(halves), is_root);
    }

    template <class Body>
    static void for_both_halves(const Block& block, Body&& body) {
        if (block.sites() >= parallel_sites) {
            parallel_pair([&] { body(0); }, [&] { body(1); });
        } else {
            body(0);
            body(1);
        }
    }

    /// The numbers of a part whose halves are there.
    Outcome finish(std::shared_ptr<Part> part, std::array<Outcome, 2> halves, bool is_root) {
        const Index kept = part->plan->kept();
        std::shared_ptr<double[]> square = squares_.take(kept * kept);
        if (halves[0].part) {
            join(*part, square.get(), halves);
        } else {
            condense_tile(*part, square.get());
        }
        if (keep_ == CondenseKeep::all_parts && !is_root) {
            part->reduced = pack_lower(square.get(), kept);
            squares_.give_back(std::move(square), kept * kept);
        }
        return {std::move(part), std::move(square)};
    }

    void join(Part& part, double* square, std::array<Outcome, 2>& halves) {
        const BlockPlan& plan = *part.plan;
        const FrontView front{part.panels.get(), square, plan.size(), plan.eliminated};
        clear_rest(front);
        for (std::size_t h = 0; h < 2; ++h) {
            const ReducedView reduced = halves[h].reduced();
            add_reduced(reduced, plan.runs[h], front);
            part.halves[h] = std::move(halves[h].part);
            if (halves[h].square)
                squares_.give_back(std::move(halves[h].square), reduced.size * reduced.size);
        }
        eliminate(front);
    }

    void condense_tile(const Part& part, double* square) const {
        const BlockPlan& plan = *part.plan;
        const Index diagonal = plan.descent_rows; // more than any half keeps
        const auto scratch = std::make_unique_for_overwrite<double[]>(
            static_cast<std::size_t>(diagonal + plan.own_stack + plan.other_stack));
        double* own = scratch.get() + diagonal;
        condense_inside(plan, part.block, part.panels.get(), square,
                        {own, own + plan.own_stack, scratch.get()});
    }

    /// Free scratch. Results of one depth lie on one stack, those of their halves on the other.
    struct Stacks {
        double* own;
        double* other;
        double* diagonal;
    };

    void condense_inside(const BlockPlan& plan, const Block& block, double* panels, double* result,
                         const Stacks& stacks) const {
        const FrontView front{panels + plan.panel_values - plan.own_panel_values(), result, plan.size(),
                              plan.eliminated};
        if (plan.is_leaf()) {
            clear_rest(front);
            add_elements(plan, block, elements_, lines_per_site_, front);
            eliminate(front);
            return;
        }
        const BlockPlan &first = *plan.halves[0], &second = *plan.halves[1];
        const std::array<Block, 2> blocks = plan.halves_of(block);
        double* first_result = stacks.other;
        double* second_result = first_result + first.kept() * first.kept();
        condense_inside(first, blocks[0], panels, first_result, {second_result, stacks.own, stacks.diagonal});
        condense_inside(second, blocks[1], panels + first.panel_values, second_result,
                        {second_result + second.kept() * second.kept(), stacks.own, stacks.diagonal});
        clear_rest(front);
        add_reduced({first_result, first.kept(), false}, plan.runs[0], front, stacks.diagonal);
        add_reduced({second_result, second.kept(), false}, plan.runs[1], front, stacks.diagonal);
        eliminate(front);
    }

    ArrayElements elements_;
    Index lines_per_site_;
    CondenseKeep keep_;
    std::shared_ptr<double[]> panels_; ///< of all parts
    BufferPool squares_;
};

/// Tells what happens inside, top down.
///
/// A block takes the voltages of its kept nodes from its parent, finds those of the others, and hands its halves theirs; a
/// leaf knows all of its nodes and adds up the currents that leave them. On the way back up a node that is eliminated has
/// met all of its elements: what is left there is its KCL error. So nothing of the size of the array is held.
class CondensedArray::Descent {
public:
    Descent(const Crossbar& crossbar, Index stride, Index begin, Index count, CondensedPoints& points)
        : elements_(crossbar), lines_per_site_(crossbar.lines_per_site), sites_(crossbar.sites()),
          lines_(crossbar.lines()), stride_(stride), begin_(begin), count_(count), points_(points) {}

    /// Sums over one block.
    struct Tally {
        Block block;
        std::vector<double> i_row; ///< [height x stride] [A]
        std::vector<double> i_col; ///< [lines x stride] [A]
        std::vector<double> kcl;   ///< [stride] [A] largest magnitude
        std::vector<double> term;  ///< [stride] [A] largest conductance times voltage at a wire
        std::vector<double> g;     ///< scratch: conductances of one leaf's elements

        Tally(const Block& of, Index lines_per_site, Index stride)
            : block(of), i_row(static_cast<std::size_t>(of.height() * stride)),
              i_col(static_cast<std::size_t>(of.width() * lines_per_site * stride)),
              kcl(static_cast<std::size_t>(stride)), term(kcl) {}
    };

    /// Visits a part, given the voltages of its kept nodes; adds to the currents that leave those.
    void visit(const Part& part, const double* x_kept, double* net_kept, Tally& tally) const {
        const BlockPlan& plan = *part.plan;
        if (part.is_tile()) {
            const auto scratch = std::make_unique_for_overwrite<double[]>(
                static_cast<std::size_t>(plan.descent_rows * stride_));
            visit_inside(plan, part.block, part.panels.get(), x_kept, net_kept, scratch.get(), tally);
            return;
        }
        std::vector<double> nodes(static_cast<std::size_t>(2 * plan.size() * stride_));
        const NodeLanes x{nodes.data(), stride_}, net{x.node(plan.size()), stride_};
        std::copy(x_kept, x_kept + plan.kept() * stride_, x.node(plan.eliminated));
        substitute(part.front(), x);
        if (part.block.sites() >= parallel_sites) {
            const std::array<Block, 2> blocks = plan.halves_of(part.block);
            std::array<Tally, 2> tallies{Tally(blocks[0], lines_per_site_, stride_),
                                         Tally(blocks[1], lines_per_site_, stride_)};
            std::array<std::vector<double>, 2> nets;
            const auto visit_half = [&](std::size_t h) { nets[h] = visit_part_half(part, h, x, tallies[h]); };
            parallel_pair([&] { visit_half(0); }, [&] { visit_half(1); });
            for (std::size_t h = 0; h < 2; ++h) {
                add_net(nets[h].data(), plan.runs[h], net);
                add_tally(tallies[h], tally);
            }
        } else {
            for (std::size_t h = 0; h < 2; ++h)
                add_net(visit_part_half(part, h, x, tally).data(), plan.runs[h], net);
        }
        finish(plan, net, net_kept, tally);
    }

private:
    std::vector<double> visit_part_half(const Part& part, std::size_t h, const NodeLanes& x,
                                        Tally& tally) const {
        const auto values = static_cast<std::size_t>(part.plan->halves[h]->kept() * stride_);
        std::vector<double> x_half(values), net_half(values);
        take(x, part.plan->runs[h], x_half.data());
        visit(*part.halves[h], x_half.data(), net_half.data(), tally);
        return net_half;
    }

    /// As visit(), inside a tile. `scratch` [plan.descent_rows x stride].
    void visit_inside(const BlockPlan& plan, const Block& block, double* panels, const double* x_kept,
                      double* net_kept, double* scratch, Tally& tally) const {
        const NodeLanes x{scratch, stride_}, net{x.node(plan.size()), stride_};
        std::copy(x_kept, x_kept + plan.kept() * stride_, x.node(plan.eliminated));
        std::fill(net.values, net.node(plan.size()), 0.0);
        substitute(
            {panels + plan.panel_values - plan.own_panel_values(), nullptr, plan.size(), plan.eliminated}, x);
        if (plan.is_leaf()) {
            add_leaf(plan, block, x, net, tally);
        } else {
            const std::array<Block, 2> blocks = plan.halves_of(block);
            double* half_panels = panels;
            for (std::size_t h = 0; h < 2; ++h) {
                const BlockPlan& half = *plan.halves[h];
                double* x_half = net.node(plan.size());
                double* net_half = x_half + half.kept() * stride_;
                double* free = net_half + half.kept() * stride_;
                take(x, plan.runs[h], x_half);
                std::fill(net_half, free, 0.0);
                visit_inside(half, blocks[h], half_panels, x_half, net_half, free, tally);
                add_net(net_half, plan.runs[h], net);
                half_panels += half.panel_values;
            }
        }
        finish(plan, net, net_kept, tally);
    }

    void substitute(const FrontView& front, const NodeLanes& x) const {
        if (front.eliminated < small_substitution || stride_ == lane_unit) {
            front_kernels::back_substitute(front, x);
        } else {
            back_substitute(front, x.values, stride_);
        }
    }

    void add_leaf(const BlockPlan& leaf, const Block& block, const NodeLanes& x, const NodeLanes& net,
                  Tally& tally) const {
        tally.g.clear();
        for (const LeafElement& element : leaf.elements)
            tally.g.push_back(conductance(elements_, element, block, lines_per_site_));
        const Index row = block.r0 - tally.block.r0, line = (block.s0 - tally.block.s0) * lines_per_site_;
        front_kernels::add_leaf_currents(
            leaf, tally.g, x, net,
            {tally.i_row.data() + row * stride_, tally.i_col.data() + line * stride_, tally.term.data()});
        if (!points_.v_w.empty()) store_fields(leaf, block, x);
    }

    void store_fields(const BlockPlan& leaf, const Block& block, const NodeLanes& x) const {
        const Index width = block.width(), lines = width * lines_per_site_;
        for (Index r = 0; r < block.height(); ++r) {
            for (Index k = 0; k < count_; ++k) {
                for (Index s = 0; s < width; ++s) {
                    points_.v_w(begin_ + k, (block.r0 + r) * sites_ + block.s0 + s) =
                        x.node(leaf.row_positions[static_cast<std::size_t>(r * width + s)])[k];
                }
                for (Index l = 0; l < lines; ++l) {
                    points_.v_b(begin_ + k, (block.r0 + r) * lines_ + block.s0 * lines_per_site_ + l) =
                        x.node(leaf.col_positions[static_cast<std::size_t>(r * lines + l)])[k];
                }
            }
        }
    }

    void take(const NodeLanes& x, std::span<const NodeRun> runs, double* half) const {
        for (const NodeRun& run : runs)
            std::copy(x.node(run.to), x.node(run.to + run.count), half + run.from * stride_);
    }

    void add_net(const double* half, std::span<const NodeRun> runs, const NodeLanes& net) const {
        for (const NodeRun& run : runs)
            front_kernels::add(half + run.from * stride_, run.count * stride_, net.node(run.to));
    }

    /// Eliminated nodes are done with; the others go to the parent.
    void finish(const BlockPlan& plan, const NodeLanes& net, double* net_kept, Tally& tally) const {
        for (Index i = 0; i < plan.eliminated; ++i)
            front_kernels::keep_larger_magnitude(net.node(i), stride_, tally.kcl.data());
        front_kernels::add(net.node(plan.eliminated), plan.kept() * stride_, net_kept);
    }

    void add_tally(const Tally& half, Tally& whole) const {
        const Index row = half.block.r0 - whole.block.r0,
                    line = (half.block.s0 - whole.block.s0) * lines_per_site_;
        const auto count = [](const std::vector<double>& values) {
            return static_cast<Index>(values.size());
        };
        front_kernels::add(half.i_row.data(), count(half.i_row), whole.i_row.data() + row * stride_);
        front_kernels::add(half.i_col.data(), count(half.i_col), whole.i_col.data() + line * stride_);
        front_kernels::keep_larger_magnitude(half.kcl.data(), stride_, whole.kcl.data());
        front_kernels::keep_larger_magnitude(half.term.data(), stride_, whole.term.data());
    }

    ArrayElements elements_;
    Index lines_per_site_, sites_, lines_, stride_, begin_, count_;
    CondensedPoints& points_;
};

/// Carries currents that are injected at changed cells, one unit through each, to the terminals, bottom up.
///
/// With A the incidence of the cells on the nodes (+1 at the row node, −1 at the column node), forward elimination leaves
/// U = A_P − L_PI·L_II⁻¹·A_I at the terminals, and the sum of the squares of what it leaves at the eliminated nodes is
/// Z = A_Iᵀ·L_II⁻¹·A_I.
class CondensedArray::Ascent {
public:
    Ascent(const Crossbar& crossbar, std::span<const CellChange> changes)
        : lines_per_site_(crossbar.lines_per_site), changes_(changes),
          impedance_(static_cast<Index>(changes.size()), static_cast<Index>(changes.size())) {}

    /// Right-hand sides of some of the cells at the kept nodes of a block.
    struct Carried {
        std::vector<Index> cells;
        Matrix<double> f; ///< [kept x cells]
    };

    [[nodiscard]] std::vector<Index> all_cells() const {
        std::vector<Index> cells(changes_.size());
        for (std::size_t i = 0; i < cells.size(); ++i) cells[i] = static_cast<Index>(i);
        return cells;
    }

    Carried visit(const Part& part, const std::vector<Index>& cells) {
        const BlockPlan& plan = *part.plan;
        if (part.is_tile()) return visit_inside(plan, part.block, part.panels.get(), cells);
        const std::array<Block, 2> blocks = plan.halves_of(part.block);
        Matrix<double> f(plan.size(), static_cast<Index>(cells.size()));
        for (std::size_t h = 0; h < 2; ++h) {
            const std::vector<Index> inside = cells_in(blocks[h], cells);
            if (!inside.empty()) add_carried(visit(*part.halves[h], inside), plan.runs[h], cells, f);
        }
        return eliminate_rows(part.front(), cells, std::move(f));
    }

    /// [cells x cells] [Ohm]
    [[nodiscard]] const Matrix<double>& impedance() const { return impedance_; }

private:
    Carried visit_inside(const BlockPlan& plan, const Block& block, double* panels,
                         const std::vector<Index>& cells) {
        Matrix<double> f(plan.size(), static_cast<Index>(cells.size()));
        if (plan.is_leaf()) {
            inject(plan, block, cells, f);
        } else {
            const std::array<Block, 2> blocks = plan.halves_of(block);
            double* half_panels = panels;
            for (std::size_t h = 0; h < 2; ++h) {
                const std::vector<Index> inside = cells_in(blocks[h], cells);
                if (!inside.empty())
                    add_carried(visit_inside(*plan.halves[h], blocks[h], half_panels, inside), plan.runs[h],
                                cells, f);
                half_panels += plan.halves[h]->panel_values;
            }
        }
        return eliminate_rows(
            {panels + plan.panel_values - plan.own_panel_values(), nullptr, plan.size(), plan.eliminated},
            cells, std::move(f));
    }

    void inject(const BlockPlan& leaf, const Block& block, const std::vector<Index>& cells,
                Matrix<double>& f) const {
        for (const LeafElement& element : leaf.elements) {
            if (element.kind != LeafElement::Kind::cell) continue;
            for (std::size_t i = 0; i < cells.size(); ++i) {
                const CellChange& change = changes_[static_cast<std::size_t>(cells[i])];
                if (block.r0 + element.row != change.row ||
                    block.s0 * lines_per_site_ + element.line != change.line)
                    continue;
                f(element.a, static_cast<Index>(i)) = 1.0;
                f(element.b, static_cast<Index>(i)) = -1.0;
            }
        }
    }

    [[nodiscard]] std::vector<Index> cells_in(const Block& block, const std::vector<Index>& cells) const {
        std::vector<Index> inside;
        std::copy_if(cells.begin(), cells.end(), std::back_inserter(inside), [&](Index cell) {
            return contains(block, changes_[static_cast<std::size_t>(cell)], lines_per_site_);
        });
        return inside;
    }

    static void add_carried(const Carried& half, std::span<const NodeRun> runs,
                            const std::vector<Index>& cells, Matrix<double>& f) {
        for (std::size_t i = 0; i < half.cells.size(); ++i) {
            const auto column = std::lower_bound(cells.begin(), cells.end(), half.cells[i]) - cells.begin();
            for (const NodeRun& run : runs) {
                for (Index t = 0; t < run.count; ++t)
                    f(run.to + t, column) += half.f(run.from + t, static_cast<Index>(i));
            }
        }
    }

    Carried eliminate_rows(const FrontView& front, const std::vector<Index>& cells, Matrix<double> f) {
        const auto count = static_cast<Index>(cells.size());
        forward_eliminate(front, f.data(), count);
        for (Index e = 0; e < front.eliminated; ++e) {
            for (Index i = 0; i < count; ++i) {
                for (Index j = 0; j < count; ++j) {
                    impedance_(cells[static_cast<std::size_t>(i)], cells[static_cast<std::size_t>(j)]) +=
                        f(e, i) * f(e, j);
                }
            }
        }
        Matrix<double> kept(front.kept(), count);
        std::copy(f.values().begin() + front.eliminated * count, f.values().end(), kept.values().begin());
        return {cells, std::move(kept)};
    }

    Index lines_per_site_;
    std::span<const CellChange> changes_;
    Matrix<double> impedance_;
};

CondensedArray::CondensedArray(const Crossbar& crossbar, CondenseKeep keep)
    : CondensedArray(std::make_shared<const Crossbar>(crossbar), keep, nullptr, {}) {}

CondensedArray::CondensedArray(std::shared_ptr<const Crossbar> crossbar, CondenseKeep keep,
                               const CondensedArray* like, std::span<const CellChange> changes)
    : crossbar_(std::move(crossbar)), keep_(keep) {
    std::shared_ptr<const BlockPlan> plan;
    if (like != nullptr) {
        plan = like->root_->plan;
        regular_ = like->regular_;
        has_short_ = like->has_short_;
    } else {
        CondensePlanner planner(*crossbar_);
        plan = planner.plan();
        regular_ = planner.is_regular();
        has_short_ = planner.has_short();
    }
    Condenser condenser(*crossbar_, keep_);
    const Outcome all =
        like != nullptr ? condenser.condense_changed(like->root_, changes) : condenser.condense_all(plan);
    y_ = port_conductance_of(*plan, all.reduced(), crossbar_->rows() + crossbar_->lines());
    root_ = all.part;
}

/// Whether a short comes or goes, so that nodes are joined or parted; or, beside open segments, an open cell, on which it may
/// depend whether a node hangs on a terminal at all.
bool CondensedArray::changes_nodes(std::span<const CellChange> changes) const {
    return std::any_of(changes.begin(), changes.end(), [&](const CellChange& change) {
        const double before = crossbar_->g(change.row, change.line);
        if (std::isinf(change.g) != std::isinf(before)) return true;
        return !regular_ && (change.g < open_conductance) != (before < open_conductance);
    });
}

CondensedArray CondensedArray::with_cells(std::span<const CellChange> changes) const {
    require_cells(changes, *crossbar_);
    auto changed = std::make_shared<Crossbar>(*crossbar_);
    for (const CellChange& change : changes) changed->g(change.row, change.line) = change.g;
    const bool redo_path = keep_ == CondenseKeep::all_parts && !changes_nodes(changes);
    return {std::move(changed), keep_, redo_path ? this : nullptr, changes};
}

Matrix<double> CondensedArray::port_conductance_with(std::span<const CellChange> changes) const {
    require_cells(changes, *crossbar_);
    if (changes_nodes(changes)) return with_cells(changes).port_conductance();
    // The last change of each cell, and only real ones.
    std::vector<CellChange> cells;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const CellChange& change = changes[i];
        const bool later = std::any_of(
            changes.begin() + static_cast<std::ptrdiff_t>(i) + 1, changes.end(),
            [&](const CellChange& next) { return next.row == change.row && next.line == change.line; });
        if (!later && change.g != crossbar_->g(change.row, change.line)) cells.push_back(change);
    }
    if (cells.empty()) return y_;

    Ascent ascent(*crossbar_, cells);
    const Ascent::Carried carried = ascent.visit(*root_, ascent.all_cells());
    const auto count = static_cast<Index>(cells.size()), ports = y_.rows();
    Matrix<double> u(ports, count);
    for (Index i = 0; i < root_->plan->kept(); ++i) {
        const Index port = root_->plan->nodes[static_cast<std::size_t>(root_->plan->eliminated + i)];
        std::copy(carried.f.row(i).begin(), carried.f.row(i).end(), u.row(port).begin());
    }
    // Y' = Y + U·(1 + Δ·Z)⁻¹·Δ·Uᵀ
    Matrix<double> system(count, count), right(count, ports);
    for (Index i = 0; i < count; ++i) {
        const CellChange& cell = cells[static_cast<std::size_t>(i)];
        const double delta = cell.g - crossbar_->g(cell.row, cell.line);
        for (Index j = 0; j < count; ++j)
            system(i, j) = (i == j ? 1.0 : 0.0) + delta * ascent.impedance()(i, j);
        for (Index p = 0; p < ports; ++p) right(i, p) = delta * u(p, i);
    }
    Matrix<double> y = multiply(u, solve_dense(system, right));
    for (std::size_t i = 0; i < y.values().size(); ++i) y.values()[i] += y_.values()[i];
    return y;
}

CondensedPoints CondensedArray::operating_points(const Matrix<double>& ports, bool fields) const {
    OHMLOOM_ASSERT(ports.cols() == y_.rows());
    constexpr Index most_lanes = 128;
    const Index batch = ports.rows(), rows = crossbar_->rows(), lines = crossbar_->lines();
    const auto size = static_cast<std::size_t>(batch);
    CondensedPoints points{Matrix<double>(batch, rows),
                           Matrix<double>(batch, lines),
                           std::vector<double>(size),
                           std::vector<double>(size),
                           Matrix<double>(),
                           Matrix<double>()};
    if (fields) {
        points.v_w = Matrix<double>(batch, rows * crossbar_->sites());
        points.v_b = Matrix<double>(batch, rows * lines);
    }
    const BlockPlan& root = *root_->plan;
    for (Index begin = 0; begin < batch; begin += most_lanes) {
        const Index count = std::min(most_lanes, batch - begin);
        const Index stride = (count + lane_unit - 1) / lane_unit * lane_unit;
        std::vector<double> x(static_cast<std::size_t>(root.kept() * stride)), net(x.size());
        for (Index i = 0; i < root.kept(); ++i) {
            const Index port = root.nodes[static_cast<std::size_t>(root.eliminated + i)];
            for (Index k = 0; k < count; ++k)
                x[static_cast<std::size_t>(i * stride + k)] = ports(begin + k, port);
        }
        const Descent descent(*crossbar_, stride, begin, count, points);
        Descent::Tally tally(root_->block, crossbar_->lines_per_site, stride);
        descent.visit(*root_, x.data(), net.data(), tally);

        const auto at = [&](const std::vector<double>& lanes, Index i, Index k) {
            return lanes[static_cast<std::size_t>(i * stride + k)];
        };
        for (Index k = 0; k < count; ++k) {
            for (Index r = 0; r < rows; ++r) points.i_row(begin + k, r) = at(tally.i_row, r, k);
            for (Index l = 0; l < lines; ++l) points.i_col(begin + k, l) = at(tally.i_col, l, k);
            points.kcl_error[static_cast<std::size_t>(begin + k)] = at(tally.kcl, 0, k);
            points.rounding[static_cast<std::size_t>(begin + k)] = kcl_rounding(at(tally.term, 0, k));
        }
        // Where a shorted cell hangs on a line, no cell law gives its current: it is what the terminal gives, nothing
        // if open segments cut the terminal off.
        for (std::size_t port = 0; port < has_short_.size(); ++port) {
            const auto line = static_cast<Index>(port);
            if (!has_short_[port]) continue;
            for (Index k = 0; k < count; ++k) {
                double& i =
                    line < rows ? points.i_row(begin + k, line) : points.i_col(begin + k, line - rows);
                i = 0.0;
            }
        }
        for (Index i = 0; i < root.kept() && !has_short_.empty(); ++i) {
            const Index port = root.nodes[static_cast<std::size_t>(root.eliminated + i)];
            if (!has_short_[static_cast<std::size_t>(port)]) continue;
            for (Index k = 0; k < count; ++k) {
                if (port < rows) {
                    points.i_row(begin + k, port) = at(net, i, k);
                } else {
                    points.i_col(begin + k, port - rows) = -at(net, i, k);
                }
            }
        }
    }
    return points;
}

double CondensedArray::elimination_flops() const {
    return root_->plan->flops;
}

} // namespace ohmloom
