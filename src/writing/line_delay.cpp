#include "writing/line_delay.hpp"

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

/// Elmore delay of a line that is driven at segment 0: every segment charges all that lies behind it.
template <class Segment>
double delay_from(double series, Index nodes, double per_node, double at_end, const Segment& segment) {
    Index reached = 0;
    while (reached < nodes && std::isfinite(segment(reached))) ++reached;
    double delay = series * (at_end + per_node * static_cast<double>(reached));
    for (Index k = 0; k < reached; ++k) delay += segment(k) * per_node * static_cast<double>(reached - k);
    return delay;
}

template <class Segment>
double line_delay(TiedEnds ends, double series, Index nodes, double per_node, double at_end,
                  const Segment& segment) {
    const auto backwards = [&](Index k) { return segment(nodes - k); };
    if (ends == TiedEnds::first) return delay_from(series, nodes, per_node, at_end, segment);
    if (ends == TiedEnds::last) return delay_from(series, nodes, per_node, at_end, backwards);
    // From both ends: each charges its half.
    const Index half = (nodes + 1) / 2;
    return std::max(delay_from(series, half, per_node, at_end, segment),
                    delay_from(series, half, per_node, at_end, backwards));
}

} // namespace

double slowest_line(const Crossbar& crossbar) {
    const ArrayCapacitance& c = crossbar.capacitance;
    const Index rows = crossbar.rows(), lines = crossbar.lines(), sites = crossbar.sites();
    const auto cells = static_cast<double>(crossbar.lines_per_site);
    // Neighbours are held still: coupling to both counts as ground.
    const double row_node = c.row_ground + 2.0 * c.row_coupling + cells * c.cell;
    const double col_node = c.col_ground + 2.0 * c.col_coupling + c.pair_coupling + c.cell;
    double slowest = 0.0;
    for (Index r = 0; r < rows; ++r) {
        slowest =
            std::max(slowest, line_delay(crossbar.row_ends, crossbar.source_resistance(r), sites, row_node,
                                         c.driver, [&](Index k) { return crossbar.row_segment(r, k); }));
    }
    for (Index l = 0; l < lines; ++l) {
        slowest =
            std::max(slowest, line_delay(crossbar.col_ends, crossbar.sense_resistance(l), rows, col_node,
                                         c.sense, [&](Index k) { return crossbar.col_segment(k, l); }));
    }
    return slowest;
}

} // namespace ohmloom
