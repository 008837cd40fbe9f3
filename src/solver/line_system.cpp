#include "solver/line_system.hpp"

#include "array/array_nodes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ohmloom {

namespace {

/// How the lines of one family can be written as chains.
enum class Chaining {
    segments, ///< no two nodes are one, and none is its terminal
    merged,   ///< every line is one node
    neither,
};

/// One family of lines of a crossbar, whose segments are told by line and number: 0 before the first node of a line,
/// `count` behind its last.
template <class Segment, class Series>
struct LineFamily {
    Segment segment;
    Series series;
    TiedEnds ends;
    Index lines;
    Index count;  ///< nodes of a line
    bool uniform; ///< whether all segments are alike
    bool alike;   ///< whether all lines are, resistances in series included

    /// Resistance of the first and the last tie of a line; infinite where that end is not tied.
    [[nodiscard]] double first_tie(Index line) const {
        return ends == TiedEnds::last ? open : series(line) + segment(line, 0);
    }
    [[nodiscard]] double last_tie(Index line) const {
        return ends == TiedEnds::first ? open : series(line) + segment(line, count);
    }

    [[nodiscard]] Chaining chaining() const {
        bool can_be_segments = true, can_be_merged = true;
        for (Index line = 0; line < lines; ++line)
            can_be_segments = can_be_segments && !joins(first_tie(line)) && !joins(last_tie(line));
        for (Index line = 0; line < (uniform ? 1 : lines); ++line) {
            for (Index k = 1; k < (uniform ? std::min<Index>(count, 2) : count); ++k) {
                const bool joined = joins(segment(line, k));
                can_be_segments = can_be_segments && !joined;
                can_be_merged = can_be_merged && joined;
            }
        }
        return can_be_segments ? Chaining::segments : can_be_merged ? Chaining::merged : Chaining::neither;
    }

    static constexpr double open = std::numeric_limits<double>::infinity();
};

template <class Segment, class Series>
LineFamily(Segment, Series, TiedEnds, Index, Index, bool, bool) -> LineFamily<Segment, Series>;

auto row_family(const Crossbar& crossbar) {
    return LineFamily{[&](Index r, Index s) { return crossbar.row_segment(r, s); },
                      [&](Index r) { return crossbar.source_resistance(r); },
                      crossbar.row_ends,
                      crossbar.rows(),
                      crossbar.sites(),
                      crossbar.r_row_map.empty(),
                      crossbar.r_row_map.empty() && crossbar.r_source.empty()};
}

auto col_family(const Crossbar& crossbar) {
    return LineFamily{[&](Index l, Index r) { return crossbar.col_segment(r, l); },
                      [&](Index l) { return crossbar.sense_resistance(l); },
                      crossbar.col_ends,
                      crossbar.lines(),
                      crossbar.rows(),
                      crossbar.r_col_map.empty(),
                      crossbar.r_col_map.empty() && crossbar.r_sense.empty()};
}

double conductance(double resistance) {
    return is_open(resistance) ? 0.0 : 1.0 / resistance;
}

/// Where one family goes in a LineSystem.
struct FamilyArrays {
    bool along_rows; ///< a line's nodes are a row of the arrays; else a column
    bool& merged;
    NodeRows<double>& link;
    NodeRows<double>& tie;
    std::vector<double>& hold;

    /// Node k of a line.
    [[nodiscard]] double& place(NodeRows<double>& in, Index line, Index k) const {
        return along_rows ? in.own_row(line)[k] : in.own_row(k)[line];
    }
};

template <class Family>
void write_ties(const Family& family, const FamilyArrays& arrays) {
    const Index last = family.count - 1;
    for (Index line = 0; line < family.lines; ++line) {
        const double at_first = conductance(family.first_tie(line)),
                     at_last = conductance(family.last_tie(line));
        if (arrays.merged) {
            arrays.hold[static_cast<std::size_t>(line)] = at_first + at_last;
        } else if (!family.alike || !arrays.along_rows) {
            arrays.place(arrays.tie, line, 0) += at_first;
            arrays.place(arrays.tie, line, last) += at_last;
        } else if (line == 0) {
            arrays.tie.shared_row()[0] += at_first;
            arrays.tie.shared_row()[last] += at_last;
        }
    }
}

template <class Family>
void write_links(const Family& family, const FamilyArrays& arrays) {
    const Index last = family.count - 1;
    if (!family.uniform) {
        for (Index line = 0; line < family.lines; ++line) {
            for (Index k = 0; k < last; ++k)
                arrays.place(arrays.link, line, k) = conductance(family.segment(line, k + 1));
        }
        return;
    }
    const Index columns = arrays.along_rows ? family.count : family.lines;
    std::fill_n(arrays.link.shared_row(), columns, conductance(family.segment(0, 1)));
    if (arrays.along_rows) {
        arrays.link.shared_row()[last] = 0.0;
    } else {
        std::fill_n(arrays.link.own_row(last), columns, 0.0);
    }
}

template <class Family>
void write_family(const Family& family, const FamilyArrays& arrays) {
    arrays.merged = family.chaining() == Chaining::merged;
    write_ties(family, arrays);
    if (!arrays.merged) write_links(family, arrays);
}

/// True if one of the nodes is reached by a conducting cell.
bool has_cells(const Crossbar& crossbar, const ArrayPlaces& places, const ArrayNodes& nodes) {
    std::vector<bool> in_island(nodes.node.size(), false);
    for (const Island& island : nodes.islands) {
        for (const Index place : island.nodes) in_island[static_cast<std::size_t>(place)] = true;
    }
    for (Index r = 0; r < places.rows; ++r) {
        for (Index l = 0; l < places.lines; ++l) {
            const Index joined = nodes.node[static_cast<std::size_t>(places.col_node(r, l))];
            if (crossbar.g(r, l) >= open_conductance && in_island[static_cast<std::size_t>(joined)])
                return true;
        }
    }
    return false;
}

bool has_map(const Crossbar& crossbar) {
    return !crossbar.r_row_map.empty() || !crossbar.r_col_map.empty();
}

/// Ties the nodes of islands, which no cell reaches, each to the terminal of its own line: its chain would be singular
/// otherwise. Any conductance will do, since no current flows.
void tie_islands(const Crossbar& crossbar, LineSystem& system) {
    constexpr double any_conductance = 1e-6;
    const ArrayPlaces places(crossbar);
    const Index first_row_node = places.row_node(0, 0), first_col_node = places.col_node(0, 0);
    for (const Island& island : join_nodes(crossbar).islands) {
        for (const Index place : island.nodes) {
            const bool on_row = place < first_col_node;
            const bool merged = on_row ? system.rows_merged : system.cols_merged;
            const Index line = places.terminal_of(place) - (on_row ? 0 : system.rows);
            const Index node = place - (on_row ? first_row_node : first_col_node);
            if (merged) {
                (on_row ? system.row_hold : system.col_hold)[static_cast<std::size_t>(line)] =
                    any_conductance;
            } else if (on_row) {
                system.row_tie.own_row(node / system.sites)[node % system.sites] = any_conductance;
            } else {
                system.col_tie.own_row(node / system.lines)[node % system.lines] = any_conductance;
            }
        }
    }
}

} // namespace

bool is_line_system(const Crossbar& crossbar) {
    if (std::any_of(crossbar.g.values().begin(), crossbar.g.values().end(),
                    [](double g) { return std::isinf(g); })) {
        return false;
    }
    if (!has_map(crossbar)) return true;
    if (row_family(crossbar).chaining() == Chaining::neither ||
        col_family(crossbar).chaining() == Chaining::neither) {
        return false;
    }
    return !has_cells(crossbar, ArrayPlaces(crossbar), join_nodes(crossbar));
}

LineSystem make_line_system(const Crossbar& crossbar) {
    LineSystem system;
    system.rows = crossbar.rows();
    system.sites = crossbar.sites();
    system.lines_per_site = crossbar.lines_per_site;
    system.lines = crossbar.lines();
    system.cell = crossbar.cell;
    system.g = crossbar.g.values();
    system.shape = crossbar.shape.values();
    system.row_link = system.row_tie = NodeRows<double>(system.rows, system.sites, 0.0);
    system.row_hold.assign(static_cast<std::size_t>(system.rows), 0.0);
    system.col_link = system.col_tie = NodeRows<double>(system.rows, system.lines, 0.0);
    system.col_hold.assign(static_cast<std::size_t>(system.lines), 0.0);
    write_family(row_family(crossbar),
                 {true, system.rows_merged, system.row_link, system.row_tie, system.row_hold});
    write_family(col_family(crossbar),
                 {false, system.cols_merged, system.col_link, system.col_tie, system.col_hold});
    if (has_map(crossbar)) tie_islands(crossbar, system);
    return system;
}

} // namespace ohmloom
