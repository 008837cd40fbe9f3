#include "solver/line_system.hpp"

#include <cmath>

namespace ohmloom {

namespace {

/// Infinite for no resistance, and for one too small for its inverse to be a double.
double conductance(double resistance) {
    return 1.0 / resistance;
}

bool is_merged(double r_segment) {
    return std::isinf(conductance(r_segment));
}

/// One family of lines of a crossbar, written into arrays in which neighbours along a line are `step` apart.
struct LineFamily {
    double r_segment;
    TiedEnds ends;
    Index count; ///< nodes of a line
    Index step;  ///< between neighbours
    std::vector<double>& link;
    std::vector<double>& tie;
    std::vector<double>& hold;

    void add(Index line, Index first_node, double r_series) const {
        const Index last_node = first_node + step * (count - 1);
        if (!is_merged(r_segment)) {
            const double end = conductance(r_series + r_segment);
            for (Index k = 0; k + 1 < count; ++k) link[at(first_node + step * k)] = conductance(r_segment);
            if (ends != TiedEnds::last) tie[at(first_node)] += end;
            if (ends != TiedEnds::first) tie[at(last_node)] += end;
        } else {
            hold[at(line)] = conductance(r_series) * (ends == TiedEnds::both ? 2.0 : 1.0);
        }
    }

    static std::size_t at(Index i) { return static_cast<std::size_t>(i); }
};

} // namespace

LineSystem make_line_system(const Crossbar& crossbar) {
    LineSystem system;
    system.rows = crossbar.rows();
    system.sites = crossbar.sites();
    system.lines_per_site = crossbar.lines_per_site;
    system.lines = crossbar.lines();
    system.cell = crossbar.cell;
    system.g = crossbar.g.values();
    system.shape = crossbar.shape.values();
    system.shape.resize(system.g.size()); // none given: 0
    system.rows_merged = is_merged(crossbar.r_row);
    system.cols_merged = is_merged(crossbar.r_col);
    const auto row_nodes = static_cast<std::size_t>(system.rows * system.sites);
    const auto col_nodes = static_cast<std::size_t>(system.rows * system.lines);
    system.row_link.assign(row_nodes, 0.0);
    system.row_tie.assign(row_nodes, 0.0);
    system.row_hold.assign(static_cast<std::size_t>(system.rows), 0.0);
    system.col_link.assign(col_nodes, 0.0);
    system.col_tie.assign(col_nodes, 0.0);
    system.col_hold.assign(static_cast<std::size_t>(system.lines), 0.0);

    const LineFamily rows{crossbar.r_row,  crossbar.row_ends, system.sites,   1,
                          system.row_link, system.row_tie,    system.row_hold};
    for (Index r = 0; r < system.rows; ++r) rows.add(r, r * system.sites, crossbar.source_resistance(r));
    const LineFamily cols{crossbar.r_col,  crossbar.col_ends, system.rows,    system.lines,
                          system.col_link, system.col_tie,    system.col_hold};
    for (Index l = 0; l < system.lines; ++l) cols.add(l, l, crossbar.sense_resistance(l));
    return system;
}

} // namespace ohmloom
