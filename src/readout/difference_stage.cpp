#include "readout/difference_stage.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"

#include <fmt/format.h>

#include <cmath>

namespace ohmloom {

namespace {

void validate(const ReadoutStage& stage) {
    if (!(std::isfinite(stage.gain) && stage.gain > 0.0)) {
        throw InputError(
            fmt::format("the gain of the read-out stage is {}: it must be positive", stage.gain));
    }
    if (!(std::isfinite(stage.r_input) && stage.r_input > 0.0)) {
        throw InputError(
            fmt::format("r_input of the read-out stage is {} Ohm: it must be positive", stage.r_input));
    }
}

void require_pairs(Index lines, Index lines_per_site) {
    if (lines_per_site != 2 || lines % 2 != 0) {
        throw InputError(fmt::format(
            "a read-out stage joins the two lines of a differential pair, but the array has {} line(s) "
            "per site: expected 2",
            lines_per_site));
    }
}

/// Block of the port matrix, with the sign of currents out of the array: −Y[rows of `line`, first .. first +
/// step·count).
Matrix<double> out_of_array(const PortMatrix& ports, Index line, Index first, Index step, Index count) {
    const Index sites = ports.lines / 2;
    Matrix<double> block(sites, count);
    for (Index s = 0; s < sites; ++s) {
        for (Index c = 0; c < count; ++c) block(s, c) = -ports.y(ports.rows + 2 * s + line, first + step * c);
    }
    return block;
}

} // namespace

void attach_stages(Crossbar& crossbar, const ReadoutStage& stage) {
    validate(stage);
    require_pairs(crossbar.lines(), crossbar.lines_per_site);
    crossbar.r_sense.assign(static_cast<std::size_t>(crossbar.lines()), 0.0);
    if (stage.kind == StageKind::virtual_ground) return;
    for (std::size_t l = 0; l < crossbar.r_sense.size(); l += 2) {
        crossbar.r_sense[l] = stage.r_input + stage.r_feedback();
        crossbar.r_sense[l + 1] = stage.r_input;
    }
}

Matrix<double> stage_loop(const PortMatrix& ports, const ReadoutStage& stage) {
    validate(stage);
    require_pairs(ports.lines, 2);
    Matrix<double> loop = out_of_array(ports, 0, ports.rows + 1, 2, ports.lines / 2);
    for (Index s = 0; s < loop.rows(); ++s) {
        for (Index c = 0; c < loop.cols(); ++c)
            loop(s, c) = (s == c ? 1.0 : 0.0) - stage.r_feedback() * loop(s, c);
    }
    return loop;
}

StageResponse close_stages(const PortMatrix& ports, const ReadoutStage& stage) {
    validate(stage);
    require_pairs(ports.lines, 2);
    const Index sites = ports.lines / 2, rows = ports.rows;
    constexpr Index plus = 0, minus = 1;
    StageResponse response{Matrix<double>(sites, rows), out_of_array(ports, plus, 0, 1, rows),
                           out_of_array(ports, minus, 0, 1, rows), Matrix<double>(sites, rows)};
    if (stage.kind == StageKind::difference) {
        // (1 + r_feedback·Y_PN)·s_P = −Y_PR·x
        response.i_plus = solve_dense(stage_loop(ports, stage), response.i_plus);
        for (Index s = 0; s < sites; ++s) {
            for (Index r = 0; r < rows; ++r)
                response.v_minus(s, r) = stage.r_feedback() * response.i_plus(s, r);
        }
        // s_N = −Y_NR·x − Y_NN·v_N
        const Matrix<double> from_minus =
            multiply(out_of_array(ports, minus, rows + 1, 2, sites), response.v_minus);
        for (Index s = 0; s < sites; ++s) {
            for (Index r = 0; r < rows; ++r) response.i_minus(s, r) += from_minus(s, r);
        }
    }
    for (Index s = 0; s < sites; ++s) {
        for (Index r = 0; r < rows; ++r) {
            const double v_plus = stage.kind == StageKind::difference
                                      ? response.v_minus(s, r)
                                      : stage.r_feedback() * response.i_plus(s, r);
            response.u(s, r) = v_plus - stage.r_feedback() * response.i_minus(s, r);
        }
    }
    return response;
}

} // namespace ohmloom
