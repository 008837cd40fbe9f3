#include "solver/array_solver.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"
#include "solver/condense_engine.hpp"
#include "solver/engine_choice.hpp"
#include "solver/line_system.hpp"
#include "solver/lines_engine.hpp"
#include "solver/mna_engine.hpp"
#include "solver/ngspice_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <string>

namespace ohmloom {

namespace {

struct EngineName {
    Engine engine;
    std::string_view name;
};

constexpr std::array<EngineName, 5> engine_names{{{Engine::automatic, "auto"},
                                                  {Engine::lines, "lines"},
                                                  {Engine::condense, "condense"},
                                                  {Engine::mna, "mna"},
                                                  {Engine::ngspice, "ngspice"}}};

void validate(const Crossbar& crossbar, const Drive& drive) {
    if (drive.v_row.rows() == 0) throw InputError("v_row is empty: expected at least one input vector");
    if (drive.v_row.cols() != crossbar.rows()) {
        throw InputError(fmt::format("v_row has {} columns, expected {} (one per row of the array)",
                                     drive.v_row.cols(), crossbar.rows()));
    }
    for (Index k = 0; k < drive.v_row.rows(); ++k) {
        for (Index r = 0; r < drive.v_row.cols(); ++r) {
            if (!std::isfinite(drive.v_row(k, r))) {
                throw InputError(
                    fmt::format("v_row[{}, {}] is {} V: it must be finite", k, r, drive.v_row(k, r)));
            }
        }
    }
    if (!drive.v_col.empty() && static_cast<Index>(drive.v_col.size()) != crossbar.lines()) {
        throw InputError(fmt::format("v_col has {} entries, expected {} (one per column line) or none",
                                     drive.v_col.size(), crossbar.lines()));
    }
    for (std::size_t l = 0; l < drive.v_col.size(); ++l) {
        if (!std::isfinite(drive.v_col[l])) {
            throw InputError(fmt::format("v_col[{}] is {} V: it must be finite", l, drive.v_col[l]));
        }
    }
    if (drive.v_col_each.empty()) return;
    if (drive.v_col_each.rows() != drive.v_row.rows() || drive.v_col_each.cols() != crossbar.lines()) {
        throw InputError(fmt::format("v_col_each is {} x {}, expected {} x {} (vectors x column lines)",
                                     drive.v_col_each.rows(), drive.v_col_each.cols(), drive.v_row.rows(),
                                     crossbar.lines()));
    }
    for (Index k = 0; k < drive.v_col_each.rows(); ++k) {
        for (Index l = 0; l < drive.v_col_each.cols(); ++l) {
            if (!std::isfinite(drive.v_col_each(k, l))) {
                throw InputError(fmt::format("v_col_each[{}, {}] is {} V: it must be finite", k, l,
                                             drive.v_col_each(k, l)));
            }
        }
    }
}

/// One family of a start's node voltages: a node of the crossbar per column.
void validate_start(std::string_view name, const Matrix<double>& v, Index batch, Index nodes) {
    if (v.rows() != batch || v.cols() != nodes) {
        throw InputError(fmt::format("{} of the start is {} x {}, expected {} x {} (vectors x nodes)", name,
                                     v.rows(), v.cols(), batch, nodes));
    }
    const auto odd = std::ranges::find_if(v.values(), [](double value) { return !std::isfinite(value); });
    if (odd == v.values().end()) return;
    const Index place = odd - v.values().begin();
    throw InputError(fmt::format("{}[{}, {}] of the start is {} V: it must be finite", name, place / nodes,
                                 place % nodes, *odd));
}

void validate(const Crossbar& crossbar, const Drive& drive, const NodeVoltages& start) {
    validate_start("v_w", start.v_w, drive.v_row.rows(), crossbar.rows() * crossbar.sites());
    validate_start("v_b", start.v_b, drive.v_row.rows(), crossbar.rows() * crossbar.lines());
}

/// A terminal and its potential.
struct Extreme {
    double v = 0.0;
    std::string name;
};

/// No cell sees more than the difference of the highest and the lowest terminal; a law that covers less is refused.
void require_covered(const Crossbar& crossbar, const Drive& drive) {
    const CellRange range = range_of(crossbar.cell);
    if (std::isinf(range.v_low) && std::isinf(range.v_high)) return;
    for (Index k = 0; k < drive.v_row.rows(); ++k) {
        Extreme low{0.0, "the column lines"}, high = low;
        if (!drive.v_col_each.empty() || !drive.v_col.empty()) {
            low.v = std::numeric_limits<double>::infinity();
            high.v = -low.v;
        }
        const auto take = [&](double v, std::string_view terminal, Index number) {
            if (v < low.v) low = {v, fmt::format("{}[{}]", terminal, number)};
            if (v > high.v) high = {v, fmt::format("{}[{}]", terminal, number)};
        };
        const std::span<const double> v_col =
            drive.v_col_each.empty() ? std::span<const double>(drive.v_col) : drive.v_col_each.row(k);
        for (std::size_t l = 0; l < v_col.size(); ++l) take(v_col[l], "v_col", static_cast<Index>(l));
        for (Index r = 0; r < drive.v_row.cols(); ++r) take(drive.v_row(k, r), "v_row", r);
        // Either sign can arise inside: currents go through rows as well as out of them.
        const double most = high.v - low.v, covered = std::min(range.v_high, -range.v_low);
        if (most > covered) {
            throw InputError(fmt::format("vector {}: cells could see up to {:.6g} V, from {} at {:.6g} V to "
                                         "{} at {:.6g} V, but their law "
                                         "covers {:.6g} V to {:.6g} V only: expected at most {:.6g} V "
                                         "between any two terminals; lower the "
                                         "inputs, or let the table extrapolate",
                                         k, most, low.name, low.v, high.name, high.v, range.v_low,
                                         range.v_high, covered));
        }
    }
}

void validate(const SolveOptions& options) {
    if (!(options.tolerance > 0.0 && options.tolerance < 1.0)) {
        throw InputError(
            fmt::format("the tolerance is {}: expected a number between 0 and 1", options.tolerance));
    }
    if (!(options.time_limit > 0.0)) {
        throw InputError(fmt::format("the time limit is {} s: expected more than 0", options.time_limit));
    }
    if (options.max_iterations < 1) {
        throw InputError(fmt::format("max_iterations is {}: expected at least 1", options.max_iterations));
    }
}

void require_linear(const Crossbar& crossbar, std::string_view what) {
    if (!is_linear(crossbar.cell)) {
        throw InputError(fmt::format(
            "{} needs linear cells, but the array's cells are nonlinear: use the mna engine", what));
    }
}

/// The lines engine; where the array is no system of chains, the mna engine in its place, for every point.
ArraySolution solve_by_lines(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options,
                             const std::optional<NodeVoltages>& start) {
    if (is_line_system(crossbar)) return solve_array_lines(crossbar, drive, options, start);
    ArraySolution solution = solve_array_mna(crossbar, drive, options, start);
    solution.engine = Engine::lines;
    solution.fallbacks.resize(solution.status.size());
    std::iota(solution.fallbacks.begin(), solution.fallbacks.end(), Index{0});
    return solution;
}

} // namespace

std::string_view to_string(Engine engine) {
    for (const EngineName& known : engine_names) {
        if (known.engine == engine) return known.name;
    }
    return "unknown";
}

Engine engine_from_name(std::string_view name) {
    std::vector<std::string> names;
    for (const EngineName& known : engine_names) {
        if (known.name == name) return known.engine;
        names.emplace_back(known.name);
    }
    const std::string nearest = nearest_word(name, names);
    throw InputError(fmt::format("unknown engine '{}': expected one of {}{}", name, join_words(names),
                                 nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)));
}

ArraySolution solve_array(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options,
                          const std::optional<NodeVoltages>& start) {
    validate(crossbar);
    validate(crossbar, drive);
    if (start) validate(crossbar, drive, *start);
    require_covered(crossbar, drive);
    validate(options);
    Engine engine = options.engine;
    if (engine == Engine::automatic) engine = choose_engine(crossbar, drive.v_row.rows());
    switch (engine) {
    case Engine::condense:
        require_linear(crossbar, "the condense engine");
        return solve_array_condense(crossbar, drive, options);
    case Engine::ngspice:
        return solve_array_ngspice(crossbar, drive, options);
    case Engine::lines:
        return solve_by_lines(crossbar, drive, options, start);
    case Engine::mna:
        return solve_array_mna(crossbar, drive, options, start);
    case Engine::automatic:
        break;
    }
    throw BackendError("no engine was chosen");
}

PortMatrix port_matrix(const Crossbar& crossbar, const SolveOptions& options) {
    validate(crossbar);
    validate(options);
    require_linear(crossbar, "a port matrix");
    switch (options.engine) {
    case Engine::ngspice:
        throw InputError("the ngspice engine gives operating points, not port matrices: use condense or mna");
    case Engine::mna:
        return port_matrix_mna(crossbar, options);
    default:
        return port_matrix_condense(crossbar, options);
    }
}

} // namespace ohmloom
