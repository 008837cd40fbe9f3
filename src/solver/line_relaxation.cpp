// The kernels of relaxation. This file is compiled once per instruction set (Highway's foreach_target).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "solver/line_relaxation.cpp"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include "solver/cell_laws-inl.h"
#include "solver/lane_vectors-inl.h"
#include "solver/line_relaxation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

/// Largest KCL error of a column node and largest row current of a pass.
struct SweepSums {
    Two error, current;
};

using line_kernels::Update;

constexpr Index record = RelaxationBlock::record;

/// A column node's lanes in RelaxationBlock::columns.
struct Node {
    double* b;
    float* y;
    float* p;

    HWY_INLINE explicit Node(double* record_begin, Index lane)
        : b(record_begin + lane), y(reinterpret_cast<float*>(record_begin + lane_count) + lane),
          p(y + lane_count) {}
    /// The node so many records away.
    [[nodiscard]] HWY_INLINE Node at(Index records) const {
        Node other = *this;
        other.move(records);
        return other;
    }
    HWY_INLINE void move(Index records) {
        b += records * record;
        y += 2 * records * record;
        p += 2 * records * record;
    }
};

/// Takes the correction of a column node that the last pass swept here, leaves it in y for the next row, and returns the node's new
/// voltage. `before` is the node in the row before, if there is one; `coarse` is what the modes add to the correction.
HWY_INLINE Two correct(const Node& node, const Node* before, double gain, const Update& update,
                       const Two* coarse) {
    Two db = load(node.y);
    if (before != nullptr) db = mul_add(all(gain), load(before->y), db);
    store(db, node.y);
    if (coarse != nullptr) db = db + *coarse;
    Two p = all(update.length) * db;
    if (update.momentum != 0.0) p = mul_add(all(update.momentum), load(node.p), p);
    if (update.keep_change) store(p, node.p);
    const Two moved = load(node.b) + p;
    store(moved, node.b);
    return moved;
}

constexpr Index modes = LineModes::count;

/// The coarse correction at one row, and what its residual adds to the modes.
struct RowModes {
    Two prolonged[modes];  ///< Σ_i phi_i·c_ij
    Two restricted[modes]; ///< Σ_l psi_j·f_b

    HWY_INLINE void begin(const std::array<double, modes>& phi, const double* amplitudes) {
        for (Index j = 0; j < modes; ++j) {
            prolonged[j] = all(phi[0]) * load(amplitudes + j * lane_count);
            for (Index i = 1; i < modes; ++i) {
                prolonged[j] = mul_add(all(phi[static_cast<std::size_t>(i)]),
                                       load(amplitudes + (i * modes + j) * lane_count), prolonged[j]);
            }
            restricted[j] = zero();
        }
    }
    [[nodiscard]] HWY_INLINE Two at(const std::array<double, modes>& psi) const {
        Two even = all(psi[0]) * prolonged[0], odd = all(psi[1]) * prolonged[1];
        for (std::size_t m = 2; m < psi.size(); m += 2) {
            even = mul_add(all(psi[m]), prolonged[m], even);
            odd = mul_add(all(psi[m + 1]), prolonged[m + 1], odd);
        }
        return even + odd;
    }
    HWY_INLINE void add(const std::array<double, modes>& psi, const Two& f) {
        for (Index j = 0; j < modes; ++j)
            restricted[j] = mul_add(all(psi[static_cast<std::size_t>(j)]), f, restricted[j]);
    }
    HWY_INLINE void end(const std::array<double, modes>& phi, double* sums) const {
        for (Index i = 0; i < modes; ++i) {
            for (Index j = 0; j < modes; ++j) {
                double* sum = sums + (i * modes + j) * lane_count;
                store(mul_add(all(phi[static_cast<std::size_t>(i)]), restricted[j], load(sum)), sum);
            }
        }
    }
};

/// The lanes of one Two on one pass.
template <bool coarse, class Law>
class Sweep {
public:
    HWY_INLINE Sweep(const LineSystem& system, const Chord& chord, RelaxationBlock& block, const Law& law,
                     const Update& update, Index lane)
        : system_(system), chord_(chord), law_(law), update_(update), v_row_(block.v_row.data() + lane),
          v_col_(block.v_col.data() + lane), w_(block.w.data() + lane), w_step_(block.w_step),
          first_node_(block.columns.data(), lane), inflow_(block.inflow.data() + lane),
          swept_(block.swept.data() + lane), amplitudes_(block.amplitudes.data() + lane),
          mode_sums_(block.mode_sums.data() + lane) {}

    HWY_INLINE SweepSums run(line_kernels::Pass pass) const {
        const bool downward = pass != line_kernels::Pass::up,
                   first_pass = pass == line_kernels::Pass::first_down;
        const Index rows = system_.rows, lines = system_.lines;
        SweepSums sums{zero(), zero()};
        if constexpr (coarse) {
            for (Index m = 0; m < modes * modes; ++m) store(zero(), mode_sums_ + m * lane_count);
        }
        for (Index k = 0; k < rows; ++k) {
            eliminate_row(downward ? k : rows - 1 - k, k, downward, first_pass, sums);
        }
        // The row at which the pass ends has no next one to finish it.
        const Index last_row = downward ? rows - 1 : 0, last = last_row * lines;
        const Chord::ColumnStep* step = (downward ? chord_.down : chord_.up).data() + last;
        RowModes row_modes;
        if constexpr (coarse) row_modes.begin(chord_.modes.phi.front(), amplitudes_);
        for (Index l = 0; l < lines; ++l) {
            const Node node = first_node_.at(last + l);
            const Two f = load(inflow_ + l * lane_count);
            sums.error = max(sums.error, abs(f));
            if constexpr (coarse) row_modes.add(chord_.modes.psi[static_cast<std::size_t>(l)], f);
            Two swept = f;
            if (rows > 1) swept = mul_add(all(step[l].link), load(node.at(downward ? -lines : lines).y), f);
            store(swept * all(step[l].pivot), node.y);
        }
        if constexpr (coarse) row_modes.end(chord_.modes.phi[static_cast<std::size_t>(last_row)], mode_sums_);
        return sums;
    }

private:
    static constexpr bool linear = Law::linear;

    /// Corrects the columns at row r, the k-th of the pass, finishes the row before, and solves row r.
    HWY_INLINE void eliminate_row(Index r, Index k_row, bool downward, bool first_pass,
                                  SweepSums& sums) const {
        const Index sites = system_.sites, per_site = system_.lines_per_site, lines = system_.lines;
        const Index to_before = downward ? -lines : lines;
        const Chord::RowStep* row = chord_.rows.data() + r * sites;
        const Chord::ColumnStep* column = (downward ? chord_.down : chord_.up).data() + r * lines;
        const Law law = law_;
        const Update update = update_;
        Node node = first_node_.at(r * lines);
        double* w_node = w_ + r * w_step_;
        double* inflow = inflow_;
        double* swept_site = swept_;
        const Two v_source = load(v_row_ + r * lane_count);
        Two error = sums.error;
        RowModes row_modes;
        const std::array<double, modes>* psi = chord_.modes.psi.data();
        if constexpr (coarse) row_modes.begin(chord_.modes.phi[static_cast<std::size_t>(r)], amplitudes_);

        // Forward. Linear cells: the row's own equations f_s = ties + D·b for w; others: their errors at the present w,
        // f_s = ties + links − cell currents. Eliminated as they are formed.
        Two swept = zero(), from_left = zero(), w = linear ? zero() : load(w_node);
        for (Index s = 0; s < sites; ++s, ++row) {
            Two f = from_left;
            if (row->tie != 0.0) f = mul_add(all(row->tie), v_source - w, f);
            for (Index k = 0; k < per_site; ++k, ++column, node.move(1), inflow += lane_count) {
                const Node before = node.at(to_before);
                Two b;
                if (first_pass) {
                    b = load(node.b);
                } else if constexpr (coarse) {
                    const Two added = row_modes.at(*psi);
                    b = correct(node, k_row > 0 ? &before : nullptr, column->back_gain, update, &added);
                } else {
                    b = correct(node, k_row > 0 ? &before : nullptr, column->back_gain, update, nullptr);
                }
                Two into = zero();
                if (k_row > 0) {
                    const Chord::ColumnStep& finished = column[to_before];
                    into = all(column->link) * (load(before.b) - b);
                    const Two f_b = load(inflow) - into;
                    error = max(error, abs(f_b));
                    if constexpr (coarse) row_modes.add(*psi, f_b);
                    Two carried = f_b;
                    if (k_row > 1) carried = mul_add(all(finished.link), load(before.at(to_before).y), f_b);
                    store(carried * all(finished.pivot), before.y);
                }
                if (column->tie != 0.0) {
                    const double* v_col = v_col_ + (s * per_site + k) * lane_count;
                    into = mul_add(all(column->tie), load(v_col) - b, into);
                }
                if constexpr (linear) {
                    f = mul_add(all(column->g), b, f);
                } else {
                    const Two i = law.current(column->g, column->shape, w - b);
                    into = into + i;
                    f = f - i;
                }
                store(into, inflow);
                if constexpr (coarse) ++psi;
            }
            if (!linear && s + 1 < sites) {
                const Two next = load(w_node + (s + 1) * lane_count);
                from_left = all(row->link) * (w - next);
                f = f - from_left;
                w = next;
            }
            swept = s == 0 ? f : mul_add(all(row[-1].gain), swept, f);
            store(swept, swept_site + s * lane_count);
        }
        sums.error = error;
        if constexpr (coarse) {
            if (k_row > 0)
                row_modes.end(chord_.modes.phi[static_cast<std::size_t>(downward ? r - 1 : r + 1)],
                              mode_sums_);
        }
        // Backward: x_s = f_s/pivot + gain·x_(s+1), which is w of linear cells, and dw of others, which follow along the chord.
        Two x = zero(), i_row = zero();
        for (Index s = sites - 1; s >= 0; --s) {
            --row;
            x = mul_add(all(row->gain), x, all(row->pivot) * load(swept_site + s * lane_count));
            const Two w_new = linear ? x : load(w_node + s * lane_count) + x;
            store(w_new, w_node + s * lane_count);
            if (row->tie != 0.0) i_row = mul_add(all(row->tie), v_source - w_new, i_row);
            for (Index k = 0; k < per_site; ++k) {
                --column;
                node.move(-1);
                inflow -= lane_count;
                const Two across = linear ? x - load(node.b) : x;
                store(mul_add(all(column->chord), across, load(inflow)), inflow);
            }
        }
        sums.current = max(sums.current, abs(i_row));
    }

    const LineSystem& system_;
    const Chord& chord_;
    const Law law_;
    const Update update_;
    const double* v_row_;
    const double* v_col_;
    double* w_;
    Index w_step_;
    Node first_node_;
    double* inflow_;
    double* swept_;
    const double* amplitudes_;
    double* mode_sums_;
};

/// Amplitudes of the modes in the next correction, from the KCL errors' share in each.
void weigh_modes(const LineModes& line_modes, RelaxationBlock& block) {
    for (std::size_t m = 0; m < line_modes.weight.size(); ++m) {
        for (std::size_t lane = m * lane_count; lane < (m + 1) * lane_count; ++lane)
            block.amplitudes[lane] = line_modes.weight[m] * block.mode_sums[lane];
    }
}

template <bool coarse>
LaneErrors relax_pass(const LineSystem& system, const Chord& chord, RelaxationBlock& block,
                      line_kernels::Pass pass, const Update& update) {
    LaneErrors errors;
    with_law(system.cell, [&](const auto& law) HWY_ATTR {
        for (Index lane = 0; lane < lane_count; lane += width()) {
            const Sweep<coarse, std::decay_t<decltype(law)>> sweep(system, chord, block, law, update, lane);
            const SweepSums sums = sweep.run(pass);
            keep(sums.error, errors.error, lane);
            keep(sums.current, errors.current, lane);
        }
    });
    if (coarse) weigh_modes(chord.modes, block);
    return errors;
}

LaneErrors relax_block(const LineSystem& system, const Chord& chord, RelaxationBlock& block,
                       line_kernels::Pass pass, const Update& update) {
    return chord.coarse ? relax_pass<true>(system, chord, block, pass, update)
                        : relax_pass<false>(system, chord, block, pass, update);
}

/// w of row r of linear cells, into the block's one row.
HWY_INLINE void solve_linear_row(const LineSystem& system, const Chord& chord, RelaxationBlock& block,
                                 Index r, Index lane) {
    const Chord::RowStep* row = chord.rows.data() + r * system.sites;
    const double* g = system.g.data() + r * system.lines;
    const double* node = block.columns.data() + r * system.lines * record + lane;
    double* w = block.w.data() + lane;
    const Two v_source = load(block.v_row.data() + r * lane_count + lane);
    Two swept = zero();
    for (Index s = 0; s < system.sites; ++s) {
        Two f = all(row[s].tie) * v_source;
        for (Index k = 0; k < system.lines_per_site; ++k, ++g, node += record)
            f = mul_add(all(*g), load(node), f);
        swept = s == 0 ? f : mul_add(all(row[s - 1].gain), swept, f);
        store(swept, w + s * lane_count);
    }
    Two x = zero();
    for (Index s = system.sites - 1; s >= 0; --s) {
        x = mul_add(all(row[s].gain), x, all(row[s].pivot) * load(w + s * lane_count));
        store(x, w + s * lane_count);
    }
}

template <class Law>
HWY_INLINE void measure_lanes(const LineSystem& system, const Chord& chord, RelaxationBlock& block,
                              const Law& law, Index lane, LaneErrors& errors) {
    const auto at = [&](std::span<double> values, Index node)
                        HWY_ATTR { return values.data() + node * lane_count + lane; };
    const double* columns = block.columns.data() + lane;
    LargestOfLanes error, current;
    Two rounding = zero();
    for (Index r = 0; r < system.rows; ++r) {
        const Index first_cell = r * system.lines;
        const double* link = system.row_link.row(r);
        const double* tie = system.row_tie.row(r);
        const double* g = system.g.data() + first_cell;
        const double* col_tie = system.col_tie.row(r);
        const double* col_link = system.col_link.row(r);
        const double* col_link_above = system.col_link.row(r > 0 ? r - 1 : r);
        const Two v_source = load(block.v_row.data() + r * lane_count + lane);
        if (block.w_step == 0) solve_linear_row(system, chord, block, r, lane);
        const double* w_node = block.w.data() + r * block.w_step + lane;
        Two i_row = zero(), from_left = zero(), w = load(w_node);
        for (Index s = 0; s < system.sites; ++s) {
            Two f = mul_add(all(tie[s]), v_source - w, from_left);
            rounding = max(rounding, all(link[s] + tie[s]) * abs(w));
            for (Index k = 0; k < system.lines_per_site; ++k) {
                const Index l = s * system.lines_per_site + k, node = first_cell + l;
                const double* here = columns + node * record;
                const Two b = load(here);
                const Two i = law.current(g[l], system.shape_at(node), w - b);
                f = f - i;
                i_row = i_row + i;
                store(r == 0 ? i : load(at(block.i_col, l)) + i, at(block.i_col, l));
                Two f_b = mul_add(all(col_tie[l]), load(at(block.v_col, l)) - b, i);
                if (r > 0) f_b = mul_add(all(col_link_above[l]), load(here - system.lines * record) - b, f_b);
                if (r + 1 < system.rows)
                    f_b = mul_add(all(col_link[l]), load(here + system.lines * record) - b, f_b);
                error.take(f_b);
                rounding = max(rounding, all(col_link[l] + col_tie[l]) * abs(b));
            }
            if (s + 1 < system.sites) {
                const Two next = load(w_node + (s + 1) * lane_count);
                from_left = all(link[s]) * (w - next);
                f = f - from_left;
                w = next;
            }
            error.take(f);
        }
        store(i_row, block.i_row.data() + r * lane_count + lane);
        current.take(i_row);
    }
    for (Index l = 0; l < system.lines; ++l) current.take(load(at(block.i_col, l)));
    keep(error.value(), errors.error, lane);
    keep(current.value(), errors.current, lane);
    keep(rounding * all(16.0 * std::numeric_limits<double>::epsilon()), errors.rounding, lane);
}

LaneErrors measure_block(const LineSystem& system, const Chord& chord, RelaxationBlock& block) {
    LaneErrors errors;
    with_law(system.cell, [&](const auto& law) HWY_ATTR {
        for (Index lane = 0; lane < lane_count; lane += width())
            measure_lanes(system, chord, block, law, lane, errors);
    });
    return errors;
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ohmloom {

HWY_EXPORT(relax_block);
HWY_EXPORT(measure_block);

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

double invert(double value) {
    return value == 0.0 || std::isinf(value) ? 0.0 : 1.0 / value;
}

/// Eliminates the chain of nodes [0, count): LDLᵀ with pivot_k = own_k + g_k + g_(k−1)·(1 − g_(k−1)/pivot_(k−1)), own_k being what
/// node k conducts to the cells and its terminal, written so that nothing cancels: `below` is what the chain so far still conducts
/// there. `link(k)` is g_k, to the next node; keep(k, 1/pivot, g_k/pivot) takes the factors.
template <class Own, class Link, class Keep>
void factorise_chain(Index count, const Own& own, const Link& link, const Keep& keep) {
    double below = 0.0;
    for (Index k = 0; k < count; ++k) {
        const double onward = k + 1 < count ? link(k) : 0.0, here = own(k) + below;
        const double inverse = invert(here + onward);
        keep(k, inverse, onward * inverse);
        below = onward * inverse * here;
    }
}

void factorise_rows(const LineSystem& system, const std::vector<double>& slope, Chord& chord) {
    chord.rows.resize(at(system.rows * system.sites));
    for (Index r = 0; r < system.rows; ++r) {
        const Index first = r * system.sites;
        const auto own = [&](Index s) {
            double sum = system.row_tie(r, s);
            for (Index k = 0; k < system.lines_per_site; ++k) {
                sum += slope[at((first + s) * system.lines_per_site + k)];
            }
            return sum;
        };
        const auto link = [&](Index s) { return system.row_link(r, s); };
        factorise_chain(system.sites, own, link, [&](Index s, double pivot, double gain) {
            chord.rows[at(first + s)] = {link(s), system.row_tie(r, s), pivot, gain};
        });
    }
}

void factorise_columns(const LineSystem& system, const std::vector<double>& slope, Chord& chord) {
    const Index lines = system.lines, rows = system.rows;
    chord.down.resize(at(rows * lines));
    chord.up.resize(at(rows * lines));
    for (Index l = 0; l < lines; ++l) {
        for (const bool downward : {true, false}) {
            std::vector<Chord::ColumnStep>& steps = downward ? chord.down : chord.up;
            std::vector<Chord::ColumnStep>& others = downward ? chord.up : chord.down;
            const auto row = [&](Index k) { return downward ? k : rows - 1 - k; };
            const auto node = [&](Index k) { return at(row(k) * lines + l); };
            // The link between the k-th row of the pass and the next.
            const auto link = [&](Index k) { return system.col_link(row(downward ? k : k + 1), l); };
            const auto own = [&](Index k) { return system.col_tie(row(k), l) + slope[node(k)]; };
            factorise_chain(rows, own, link, [&](Index k, double pivot, double gain) {
                Chord::ColumnStep& step = steps[node(k)];
                step.g = system.g[node(k)];
                step.shape = system.shape_at(static_cast<Index>(node(k)));
                step.chord = slope[node(k)];
                step.tie = system.col_tie(row(k), l);
                step.link = k > 0 ? link(k - 1) : 0.0;
                step.pivot = pivot;
                others[node(k)].back_gain = gain; // a pass takes back what the one from the other side swept
            });
        }
    }
}

/// v ← K·v for one vector over the column nodes.
void apply_coupling(const LineSystem& system, const Chord& chord, std::vector<double>& v) {
    const Index lines = system.lines, sites = system.sites, per_site = system.lines_per_site;
    std::vector<double> u(at(sites));
    for (Index r = 0; r < system.rows; ++r) {
        const Chord::RowStep* row = chord.rows.data() + r * sites;
        const Chord::ColumnStep* column = chord.down.data() + r * lines;
        double* v_row = v.data() + r * lines;
        double carried = 0.0;
        for (Index s = 0; s < sites; ++s) {
            for (Index l = s * per_site; l < (s + 1) * per_site; ++l) carried += column[l].chord * v_row[l];
            u[at(s)] = carried * row[s].pivot;
            carried *= row[s].gain;
        }
        double w = 0.0;
        for (Index s = sites - 1; s >= 0; --s) {
            w = u[at(s)] + row[s].gain * w;
            for (Index l = s * per_site; l < (s + 1) * per_site; ++l) {
                const double above = r > 0 ? column[l].link * v_row[l - lines] : 0.0;
                v_row[l] = (column[l].chord * w + above) * column[l].pivot;
            }
        }
    }
    for (Index node = (system.rows - 1) * lines - 1; node >= 0; --node) {
        v[at(node)] += chord.up[at(node)].back_gain * v[at(node + lines)];
    }
}

/// Upper bound of the spectral radius of K, within a tenth or so of it.
double bound_contraction(const LineSystem& system, const Chord& chord) {
    constexpr int most_steps = 5;
    constexpr double small = 0.1; // below it a better bound saves no pass
    std::vector<double> v(at(system.rows * system.lines), 1.0), last;
    double bound = 1.0;
    for (int step = 0; step < most_steps; ++step) {
        last = v;
        apply_coupling(system, chord, v);
        double highest = 0.0, largest = 0.0;
        for (std::size_t i = 0; i < v.size(); ++i) {
            largest = std::max(largest, v[i]);
            highest = std::max(highest, v[i] / last[i]);
        }
        const double before = bound;
        bound = std::min(bound, highest);
        if (largest == 0.0 || bound < small || (step > 0 && bound > 0.95 * before)) break;
        // The floor keeps every element positive, as the bound asks, where a cell couples to nothing.
        for (double& value : v) value = std::max(value / largest, 1e-6);
    }
    return bound;
}

/// Slopes of a cell over a range of voltages.
struct CellSlopes {
    double low, high;
    double chord; ///< the one that stands for all
};

/// Those at 0 V and at both ends of [−v, v], beyond which laws bend one way.
///
/// The secant is the mean slope over the range, but the cells at higher voltages carry more of the current, and so of the error: the
/// chord lies between the secant and the middle of the slopes. For sinh cells of alpha·v = 0.6 that saves one pass in eight.
CellSlopes cell_slopes(const CellModel& model, double g, double shape, double v) {
    const CellPoint middle = evaluate_cell(model, g, shape, 0.0), up = evaluate_cell(model, g, shape, v),
                    down = evaluate_cell(model, g, shape, -v);
    const auto [low, high] = std::minmax({middle.slope, up.slope, down.slope});
    if (low == high) return {low, high, low};
    const double secant = v > 0.0 ? (up.current - down.current) / (2.0 * v) : middle.slope;
    return {low, high, 0.6 * secant + 0.4 * (0.5 * (low + high))};
}

/// One slope for each cell; none if a cell's slope varies too much for that.
std::optional<std::vector<double>> chord_slopes(const LineSystem& system, double v_largest) {
    constexpr double steepest = 4.0;
    std::vector<double> slopes(system.g.size());
    const bool scales = slope_scales_with_g(system.cell);
    CellSlopes unit{0.0, 0.0, 0.0};
    double shape = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t i = 0; i < slopes.size(); ++i) {
        const double g = system.g[i];
        if (g == 0.0) continue;
        const double own_shape = system.shape_at(static_cast<Index>(i));
        if (!scales || own_shape != shape) {
            shape = own_shape;
            unit = cell_slopes(system.cell, scales ? 1.0 : g, shape, v_largest);
            if (!(unit.low > 0.0 && unit.high <= steepest * unit.low)) return std::nullopt;
        }
        slopes[i] = unit.chord * (scales ? g : 1.0);
    }
    return slopes;
}

} // namespace

double Chord::passes(double factor) const {
    // Chebyshev's polynomial of degree n falls as 2·rate^n.
    const double sigma = contraction / (2.0 - contraction);
    const double rate = sigma > 0.0 ? (1.0 - std::sqrt(1.0 - sigma * sigma)) / sigma : 0.0;
    return rate > 0.0 ? std::max(1.0, std::log(0.5 * factor) / std::log(rate)) : 1.0;
}

std::optional<Chord> make_chord(const LineSystem& system, double v_largest) {
    if (system.rows_merged || system.cols_merged) return std::nullopt;
    const std::optional<std::vector<double>> slopes = chord_slopes(system, v_largest);
    if (!slopes) return std::nullopt;
    Chord chord;
    factorise_rows(system, *slopes, chord);
    factorise_columns(system, *slopes, chord);
    chord.contraction = bound_contraction(system, chord);
    constexpr double worth_modes = 0.15;
    if (chord.contraction > worth_modes) {
        chord.modes = make_line_modes(system, *slopes);
        chord.coarse = true;
        chord.contraction = chord.modes.rest;
    }
    return chord;
}

RelaxationBlock::RelaxationBlock(const LineSystem& system, bool keep_rows) {
    w_step = keep_rows || !is_linear(system.cell) ? system.sites * lane_count : 0;
    const std::size_t lanes = lane_count, row_nodes = at(system.rows * system.sites) * lanes,
                      col_nodes = at(system.rows * system.lines) * lanes, rows = at(system.rows) * lanes,
                      lines = at(system.lines) * lanes, sites = at(system.sites) * lanes;
    constexpr auto mode_count = std::size_t{LineModes::count * LineModes::count};
    const ArrayRequest requests[] = {{v_row, rows},
                                     {v_col, lines},
                                     {i_row, rows},
                                     {i_col, lines},
                                     {w, w_step > 0 ? row_nodes : sites},
                                     {columns, 2 * col_nodes},
                                     {inflow, lines},
                                     {swept, sites},
                                     {amplitudes, mode_count * lanes},
                                     {mode_sums, mode_count * lanes}};
    memory_ = cut_arrays(requests);
}

namespace line_kernels {

LaneErrors relax(const LineSystem& system, const Chord& chord, RelaxationBlock& block, Pass pass,
                 const Update& update) {
    return HWY_DYNAMIC_DISPATCH(relax_block)(system, chord, block, pass, update);
}
LaneErrors measure(const LineSystem& system, const Chord& chord, RelaxationBlock& block) {
    return HWY_DYNAMIC_DISPATCH(measure_block)(system, chord, block);
}

} // namespace line_kernels

} // namespace ohmloom
#endif
