#include "lut/array_lut.hpp"

#include "base/random.hpp"
#include "solver/array_solver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

/// Largest and RMS error of the table's currents against operating points of the general engine.
LutError transfer_error(const Crossbar& crossbar, const std::vector<double>& v_col,
                        const Matrix<double>& transfer, const std::vector<double>& offset, double v_scale,
                        Index points, std::uint32_t seed) {
    const RandomStream stream(seed, RandomPurpose::cross_check);
    Drive drive{Matrix<double>(points, crossbar.rows()), v_col};
    for (Index k = 0; k < points; ++k) {
        for (Index r = 0; r < crossbar.rows(); ++r)
            drive.v_row(k, r) =
                v_scale *
                (2.0 * stream.uniform(0, static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(r)) - 1.0);
    }
    const ArraySolution solution = solve_array(crossbar, drive, {.engine = Engine::mna, .tolerance = 1e-12});
    LutError error{"transfer",
                   "A",
                   0.0,
                   0.0,
                   0.0,
                   points,
                   seed,
                   "operating points by the mna engine",
                   fmt::format("row voltages evenly at random within {} V", v_scale)};
    double squares = 0.0;
    for (Index k = 0; k < points; ++k) {
        for (Index c = 0; c < transfer.cols(); ++c) {
            double i = offset[static_cast<std::size_t>(c)];
            for (Index r = 0; r < transfer.rows(); ++r) i += transfer(r, c) * drive.v_row(k, r);
            const double difference = std::abs(i - solution.i_col(k, c));
            error.largest = std::max(error.largest, difference);
            error.full_scale = std::max(error.full_scale, std::abs(solution.i_col(k, c)));
            squares += difference * difference;
        }
    }
    error.rms = std::sqrt(squares / static_cast<double>(std::max<Index>(points * transfer.cols(), 1)));
    return error;
}

} // namespace

Lut array_transfer_lut(const Crossbar& crossbar, const std::vector<double>& v_col, double v_scale,
                       Index points, std::uint32_t seed) {
    const PortMatrix port = port_matrix(crossbar);
    Matrix<double> transfer(port.rows, port.lines);
    std::vector<double> offset(static_cast<std::size_t>(port.lines), 0.0);
    // Port currents flow into the array, column currents out of it into the sense nodes.
    for (Index c = 0; c < port.lines; ++c) {
        for (Index r = 0; r < port.rows; ++r) transfer(r, c) = -port.y(port.rows + c, r);
        for (std::size_t other = 0; other < v_col.size(); ++other)
            offset[static_cast<std::size_t>(c)] -=
                port.y(port.rows + c, port.rows + static_cast<Index>(other)) * v_col[other];
    }
    Lut table;
    table.kind = table.name = "transfer";
    table.summary = fmt::format("column currents of a linear array of {} rows and {} columns per row voltage",
                                port.rows, port.lines);
    table.errors = {transfer_error(crossbar, v_col, transfer, offset, v_scale, points, seed)};
    const Index terminals = port.rows + port.lines;
    table.arrays = {{"transfer", "A/V", {"row", "column"}, {port.rows, port.lines}, transfer.values()},
                    {"offset", "A", {"column"}, {port.lines}, offset},
                    {"port", "S", {"terminal", "of"}, {terminals, terminals}, port.y.values()}};
    table.seed = seed;
    table.numbers["residual"] = port.residual;
    return table;
}

} // namespace ohmloom
