#include "readout/stage_closure.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

/// Lines of each stage. @throws InputError unless that is 1 or 2, and 2 where stages couple them.
Index lines_per_stage(Index lines, std::span<const StagePort> stages) {
    const auto count = static_cast<Index>(stages.size());
    const Index each = count > 0 ? lines / count : 0;
    if (each * count != lines || each < 1 || each > 2) {
        throw InputError(fmt::format("{} column lines end in {} read-out stages: expected one line for each, "
                                     "or the two of a differential pair",
                                     lines, count));
    }
    if (each == 1 && any_coupling(stages)) {
        throw InputError("a difference stage joins the two lines of a differential pair, but the array has "
                         "1 line per site: expected 2");
    }
    return each;
}

/// The blocks of a port matrix, with the sign of currents out of the array.
struct PortBlocks {
    const PortMatrix& ports;
    Index sites, each;

    /// Currents out of the `line`-th lines that 1 V at each row makes, [sites x rows].
    [[nodiscard]] Matrix<double> by_rows(Index line) const { return block(line, 0, 1, ports.rows); }
    /// Currents out of the `line`-th lines that 1 V behind each of the `other`-th ones makes, [sites x sites].
    [[nodiscard]] Matrix<double> by_lines(Index line, Index other) const {
        return block(line, ports.rows + other, each, sites);
    }

private:
    /// −Y[rows of `line`, first .. first + step·count)
    [[nodiscard]] Matrix<double> block(Index line, Index first, Index step, Index count) const {
        Matrix<double> part(sites, count);
        for (Index s = 0; s < sites; ++s) {
            for (Index c = 0; c < count; ++c)
                part(s, c) = -ports.y(ports.rows + each * s + line, first + step * c);
        }
        return part;
    }
};

constexpr Index plus = 0, minus = 1;

/// Adds a column behind the last.
void append_column(Matrix<double>& to, const std::vector<double>& column) {
    Matrix<double> wider(to.rows(), to.cols() + 1);
    for (Index s = 0; s < to.rows(); ++s) {
        std::ranges::copy(to.row(s), wider.row(s).begin());
        wider(s, to.cols()) = column[at(s)];
    }
    to = std::move(wider);
}

/// Takes the last column away.
std::vector<double> split_column(Matrix<double>& from) {
    std::vector<double> column(at(from.rows()));
    Matrix<double> narrower(from.rows(), from.cols() - 1);
    for (Index s = 0; s < from.rows(); ++s) {
        column[at(s)] = from(s, from.cols() - 1);
        std::copy_n(from.row(s).begin(), narrower.cols(), narrower.row(s).begin());
    }
    from = std::move(narrower);
    return column;
}

std::vector<double> values_of(std::span<const StagePort> stages, double StagePort::*value) {
    std::vector<double> values;
    for (const StagePort& stage : stages) values.push_back(stage.*value);
    return values;
}

void add_product(const Matrix<double>& block, const std::vector<double>& v, std::vector<double>& sum) {
    for (Index s = 0; s < block.rows(); ++s) {
        for (Index c = 0; c < block.cols(); ++c) sum[at(s)] += block(s, c) * v[at(c)];
    }
}

/// Currents out of the `line`-th lines with all I− lines at their offsets, [sites x rows (+ 1)]; the last column is what offsets make.
Matrix<double> uncoupled_currents(const PortBlocks& blocks, Index line, std::span<const StagePort> stages,
                                  bool with_offsets) {
    Matrix<double> currents = blocks.by_rows(line);
    if (!with_offsets) return currents;
    std::vector<double> rest(stages.size());
    add_product(blocks.by_lines(line, plus), values_of(stages, &StagePort::e_plus), rest);
    if (blocks.each == 2)
        add_product(blocks.by_lines(line, minus), values_of(stages, &StagePort::e_minus), rest);
    append_column(currents, rest);
    return currents;
}

} // namespace

bool any_coupling(std::span<const StagePort> stages) {
    return std::ranges::any_of(stages, [](const StagePort& stage) { return stage.coupling != 0.0; });
}

bool any_offset(std::span<const StagePort> stages) {
    return std::ranges::any_of(stages, [](const StagePort& stage) {
        return stage.e_plus != 0.0 || stage.e_minus != 0.0 || stage.u_0 != 0.0;
    });
}

void attach_stages(Crossbar& crossbar, std::span<const StagePort> stages) {
    const Index each = lines_per_stage(crossbar.lines(), stages);
    crossbar.r_sense.assign(at(crossbar.lines()), 0.0);
    for (Index l = 0; l < crossbar.lines(); ++l) {
        const StagePort& stage = stages[at(l / each)];
        crossbar.r_sense[at(l)] = l % each == plus ? stage.r_plus : stage.r_minus;
        double conductance = 0.0;
        for (Index r = 0; r < crossbar.rows(); ++r) conductance += crossbar.g(r, l);
        if (conductance > stage.quasi_static_limit) {
            throw InputError(fmt::format("column line {} conducts {:.4g} S, with which the integrator's "
                                         "op-amp lets it drift too far: expected at most "
                                         "{:.4g} S; give a larger open_loop_gain or a smaller gain",
                                         l, conductance, stage.quasi_static_limit));
        }
    }
}

void attach_stages(Crossbar& crossbar, const ReadoutStage& stage, std::uint32_t tile) {
    attach_stages(crossbar, stage_ports(stage, crossbar.sites(), crossbar.lines_per_site, tile));
}

Matrix<double> stage_loop(const PortMatrix& ports, std::span<const StagePort> stages) {
    const PortBlocks blocks{ports, static_cast<Index>(stages.size()), lines_per_stage(ports.lines, stages)};
    Matrix<double> loop(blocks.sites, blocks.sites);
    if (blocks.each == 2) loop = blocks.by_lines(plus, minus);
    for (Index s = 0; s < loop.rows(); ++s) {
        for (Index c = 0; c < loop.cols(); ++c)
            loop(s, c) = (s == c ? 1.0 : 0.0) - stages[at(c)].coupling * loop(s, c);
    }
    return loop;
}

StageResponse close_stages(const PortMatrix& ports, std::span<const StagePort> stages) {
    const PortBlocks blocks{ports, static_cast<Index>(stages.size()), lines_per_stage(ports.lines, stages)};
    const bool with_offsets = any_offset(stages);
    StageResponse response;
    response.i_plus = uncoupled_currents(blocks, plus, stages, with_offsets);
    const Index sites = blocks.sites, columns = response.i_plus.cols();
    response.i_minus = blocks.each == 2 ? uncoupled_currents(blocks, minus, stages, with_offsets)
                                        : Matrix<double>(sites, columns);
    response.v_minus = Matrix<double>(sites, columns);
    if (any_coupling(stages)) {
        response.i_plus = solve_dense(stage_loop(ports, stages), response.i_plus);
        for (Index s = 0; s < sites; ++s) {
            for (Index c = 0; c < columns; ++c)
                response.v_minus(s, c) = stages[at(s)].coupling * response.i_plus(s, c);
        }
        const Matrix<double> from_minus = multiply(blocks.by_lines(minus, minus), response.v_minus);
        for (std::size_t k = 0; k < from_minus.values().size(); ++k)
            response.i_minus.values()[k] += from_minus.values()[k];
    }
    response.u = Matrix<double>(sites, columns);
    for (Index s = 0; s < sites; ++s) {
        const StagePort& stage = stages[at(s)];
        for (Index c = 0; c < columns; ++c)
            response.u(s, c) = stage.t_plus * response.i_plus(s, c) + stage.t_minus * response.i_minus(s, c);
        if (!with_offsets) continue;
        response.u(s, columns - 1) += stage.u_0;
        response.v_minus(s, columns - 1) += stage.e_minus;
    }
    if (with_offsets) {
        response.rest = {split_column(response.u), split_column(response.i_plus),
                         split_column(response.i_minus), values_of(stages, &StagePort::e_plus),
                         split_column(response.v_minus)};
    }
    return response;
}

StageResponse close_stages(const PortMatrix& ports, const ReadoutStage& stage, std::uint32_t tile) {
    if (ports.lines % 2 != 0)
        throw InputError(
            fmt::format("{} column lines are not pairs: expected two for each read-out stage", ports.lines));
    return close_stages(ports, stage_ports(stage, ports.lines / 2, 2, tile));
}

} // namespace ohmloom
