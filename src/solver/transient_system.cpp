#include "solver/transient_system.hpp"

#include "array/array_nodes.hpp"

#include <algorithm>
#include <utility>

namespace ohmloom {

namespace {

/// The ends of one family of lines as nodes of their own.
struct EndNodes {
    bool first = false, last = false;
};

/// Whether some line of a family has both a series resistance and a segment at an end.
template <class Series, class Segment>
bool has_node_between(Index lines, const Series& series, const Segment& segment) {
    for (Index line = 0; line < lines; ++line) {
        if (!joins(series(line)) && !joins(segment(line))) return true;
    }
    return false;
}

EndNodes row_end_nodes(const Crossbar& crossbar) {
    if (crossbar.capacitance.driver == 0.0) return {};
    const auto series = [&](Index r) { return crossbar.source_resistance(r); };
    return {
        crossbar.row_ends != TiedEnds::last &&
            has_node_between(crossbar.rows(), series, [&](Index r) { return crossbar.row_segment(r, 0); }),
        crossbar.row_ends != TiedEnds::first && has_node_between(crossbar.rows(), series, [&](Index r) {
            return crossbar.row_segment(r, crossbar.sites());
        })};
}

EndNodes column_end_nodes(const Crossbar& crossbar) {
    if (crossbar.capacitance.sense == 0.0) return {};
    const auto series = [&](Index l) { return crossbar.sense_resistance(l); };
    return {
        crossbar.col_ends != TiedEnds::last &&
            has_node_between(crossbar.lines(), series, [&](Index l) { return crossbar.col_segment(0, l); }),
        crossbar.col_ends != TiedEnds::first && has_node_between(crossbar.lines(), series, [&](Index l) {
            return crossbar.col_segment(crossbar.rows(), l);
        })};
}

/// Resistances of a line's segments with its ends as nodes: segment k of `count` + 1. A line without series resistance has its end
/// node, which then carries nothing, in the middle of its end segment.
template <class Segment>
void extend_line(const EndNodes& ends, Index count, double series, const Segment& segment, const auto& put) {
    Index k = 0;
    if (ends.first) {
        put(k++, joins(series) ? 0.5 * segment(0) : series);
        put(k++, joins(series) ? 0.5 * segment(0) : segment(0));
    } else {
        put(k++, segment(0));
    }
    for (Index inner = 1; inner < count; ++inner) put(k++, segment(inner));
    if (ends.last) {
        put(k++, joins(series) ? 0.5 * segment(count) : segment(count));
        put(k, joins(series) ? 0.5 * segment(count) : series);
    } else {
        put(k, segment(count));
    }
}

/// The crossbar with end nodes as sites and rows of open cells.
Crossbar extend(const Crossbar& crossbar, const EndNodes& row_ends, const EndNodes& col_ends) {
    const Index per_site = crossbar.lines_per_site;
    const Index left = row_ends.first ? 1 : 0, right = row_ends.last ? 1 : 0;
    const Index top = col_ends.first ? 1 : 0, bottom = col_ends.last ? 1 : 0;
    const Index rows = crossbar.rows() + top + bottom, sites = crossbar.sites() + left + right;
    const auto widened = [&](const Matrix<double>& from) {
        if (from.empty()) return from;
        Matrix<double> to(rows, sites * per_site, 0.0);
        for (Index r = 0; r < crossbar.rows(); ++r)
            std::copy(from.row(r).begin(), from.row(r).end(), to.row(top + r).begin() + left * per_site);
        return to;
    };
    Crossbar extended = crossbar;
    extended.g = widened(crossbar.g);
    extended.shape = widened(crossbar.shape);
    // Lines that only hold end nodes of the other family have the segments of any array without a map.
    const double row_segment = crossbar.r_row > 0.0 ? crossbar.r_row : 1.0;
    const double col_segment = crossbar.r_col > 0.0 ? crossbar.r_col : 1.0;
    if (left + right + top + bottom == 0) return extended;
    const bool has_row_map = left + right > 0 || !crossbar.r_row_map.empty();
    if (has_row_map || (top + bottom > 0 && !joins(crossbar.r_row))) {
        extended.r_row_map = Matrix<double>(rows, sites + 1, row_segment);
        for (Index r = 0; r < crossbar.rows(); ++r) {
            extend_line(
                row_ends, crossbar.sites(), crossbar.source_resistance(r),
                [&](Index s) { return crossbar.row_segment(r, s); },
                [&](Index s, double value) { extended.r_row_map(top + r, s) = value; });
        }
    }
    const bool has_col_map = top + bottom > 0 || !crossbar.r_col_map.empty();
    if (has_col_map || (left + right > 0 && !joins(crossbar.r_col))) {
        extended.r_col_map = Matrix<double>(rows + 1, sites * per_site, col_segment);
        for (Index l = 0; l < crossbar.lines(); ++l) {
            extend_line(
                col_ends, crossbar.rows(), crossbar.sense_resistance(l),
                [&](Index r) { return crossbar.col_segment(r, l); },
                [&](Index r, double value) { extended.r_col_map(r, left * per_site + l) = value; });
        }
    }
    const auto series_of = [](const std::vector<double>& from, Index before, Index after, bool inside) {
        if (from.empty() || inside) return std::vector<double>{};
        std::vector<double> to(static_cast<std::size_t>(before), 1.0);
        to.insert(to.end(), from.begin(), from.end());
        to.insert(to.end(), static_cast<std::size_t>(after), 1.0);
        return to;
    };
    extended.r_source = series_of(crossbar.r_source, top, bottom, left + right > 0);
    extended.r_sense = series_of(crossbar.r_sense, left * per_site, right * per_site, top + bottom > 0);
    return extended;
}

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

} // namespace

TransientSystem make_transient_system(const Crossbar& crossbar) {
    const EndNodes row_ends = row_end_nodes(crossbar), col_ends = column_end_nodes(crossbar);
    TransientSystem system;
    system.extended = std::make_unique<const Crossbar>(extend(crossbar, row_ends, col_ends));
    system.first_site = row_ends.first ? 1 : 0;
    system.first_row = col_ends.first ? 1 : 0;
    system.lines = make_line_system(*system.extended);

    const ArrayCapacitance& c = crossbar.capacitance;
    const Index sites = system.lines.sites, lines = system.lines.lines, per_site = crossbar.lines_per_site;
    const Index rows = system.lines.rows;
    const auto row_node = [&](Index r, Index s) {
        return at((system.first_row + r) * sites + system.first_site + s);
    };
    const auto col_node = [&](Index r, Index l) {
        return at((system.first_row + r) * lines + system.first_site * per_site + l);
    };
    system.row_ground.assign(at(rows * sites), 0.0);
    system.col_ground.assign(at(rows * lines), 0.0);
    if (c.row_coupling > 0.0) system.row_next.assign(at(rows * sites), 0.0);
    if (c.col_coupling > 0.0 || c.pair_coupling > 0.0) system.col_next.assign(at(rows * lines), 0.0);
    if (c.cell > 0.0) system.cell.assign(at(rows * lines), 0.0);
    for (Index r = 0; r < crossbar.rows(); ++r) {
        for (Index s = 0; s < crossbar.sites(); ++s) {
            system.row_ground[row_node(r, s)] = c.row_ground;
            if (c.row_coupling > 0.0 && r + 1 < crossbar.rows())
                system.row_next[row_node(r, s)] = c.row_coupling;
        }
        for (Index l = 0; l < crossbar.lines(); ++l) {
            system.col_ground[col_node(r, l)] = c.col_ground;
            if (c.cell > 0.0) system.cell[col_node(r, l)] = c.cell;
            if (!system.col_next.empty() && l + 1 < crossbar.lines())
                system.col_next[col_node(r, l)] = (l + 1) % per_site == 0 ? c.col_coupling : c.pair_coupling;
        }
    }
    // Drivers and sense nodes: at their own node, at the nearest one where no segment lies between, nowhere at an ideal source.
    const auto add_end = [&](double series, double segment, std::vector<double>& ground, std::size_t end,
                             std::size_t nearest, double value) {
        if (!joins(series) && !is_open(series + segment)) ground[joins(segment) ? nearest : end] += value;
    };
    for (Index r = 0; r < crossbar.rows(); ++r) {
        const double series = crossbar.source_resistance(r);
        const Index last = crossbar.sites() - 1;
        if (crossbar.row_ends != TiedEnds::last)
            add_end(series, crossbar.row_segment(r, 0), system.row_ground, row_node(r, -system.first_site),
                    row_node(r, 0), c.driver);
        if (crossbar.row_ends != TiedEnds::first)
            add_end(series, crossbar.row_segment(r, last + 1), system.row_ground,
                    row_node(r, last + (row_ends.last ? 1 : 0)), row_node(r, last), c.driver);
    }
    for (Index l = 0; l < crossbar.lines(); ++l) {
        const double series = crossbar.sense_resistance(l);
        const Index last = crossbar.rows() - 1;
        if (crossbar.col_ends != TiedEnds::last)
            add_end(series, crossbar.col_segment(0, l), system.col_ground, col_node(-system.first_row, l),
                    col_node(0, l), c.sense);
        if (crossbar.col_ends != TiedEnds::first)
            add_end(series, crossbar.col_segment(last + 1, l), system.col_ground,
                    col_node(last + (col_ends.last ? 1 : 0), l), col_node(last, l), c.sense);
    }
    return system;
}

LineSystem at_rate(const TransientSystem& system, double rate, std::vector<double>& g) {
    LineSystem lines = system.lines;
    g.assign(lines.g.begin(), lines.g.end());
    for (std::size_t i = 0; i < system.cell.size(); ++i) g[i] += rate * system.cell[i];
    lines.g = g;
    const auto scaled = [&](const std::vector<double>& capacitance) {
        std::vector<double> conductance = capacitance;
        for (double& x : conductance) x *= rate;
        return conductance;
    };
    if (!lines.rows_merged) lines.row_below = scaled(system.row_next);
    if (!lines.cols_merged) lines.col_beside = scaled(system.col_next);
    for (Index r = 0; r < lines.rows; ++r) {
        for (Index s = 0; s < lines.sites; ++s) {
            const Index node = r * lines.sites + s;
            double c = system.row_ground[at(node)];
            if (!system.row_next.empty())
                c += system.row_next[at(node)] + (r > 0 ? system.row_next[at(node - lines.sites)] : 0.0);
            (lines.rows_merged ? lines.row_hold[at(r)] : lines.row_tie.own_row(r)[s]) += rate * c;
        }
        for (Index l = 0; l < lines.lines; ++l) {
            const Index node = r * lines.lines + l;
            double c = system.col_ground[at(node)];
            if (!system.col_next.empty())
                c += system.col_next[at(node)] + (l > 0 ? system.col_next[at(node - 1)] : 0.0);
            (lines.cols_merged ? lines.col_hold[at(l)] : lines.col_tie.own_row(r)[l]) += rate * c;
        }
    }
    return lines;
}

} // namespace ohmloom
