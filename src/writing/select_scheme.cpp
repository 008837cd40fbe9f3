#include "writing/select_scheme.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <string>

namespace ohmloom {

namespace {

struct SchemeName {
    SelectScheme scheme;
    std::string_view name;
};

constexpr std::array<SchemeName, 4> scheme_names{{{SelectScheme::half, "v/2"},
                                                  {SelectScheme::third, "v/3"},
                                                  {SelectScheme::floating, "float"},
                                                  {SelectScheme::isolated, "none"}}};

bool is_addressed(const Selection& selection, Index line) {
    return selection.lines[static_cast<std::size_t>(line)];
}

/// Every segment of a family of lines, so that single ones can be opened.
Matrix<double> segments_of(const Matrix<double>& map, double one, Index rows, Index cols) {
    return map.empty() ? Matrix<double>(rows, cols, one) : map;
}

void open_ends(Crossbar& crossbar, const Selection& selection) {
    constexpr double open = std::numeric_limits<double>::infinity();
    const Index rows = crossbar.rows(), lines = crossbar.lines(), sites = crossbar.sites();
    crossbar.r_row_map = segments_of(crossbar.r_row_map, crossbar.r_row, rows, sites + 1);
    crossbar.r_col_map = segments_of(crossbar.r_col_map, crossbar.r_col, rows + 1, lines);
    for (Index r = 0; r < rows; ++r) {
        if (r != selection.row) crossbar.r_row_map(r, 0) = crossbar.r_row_map(r, sites) = open;
    }
    for (Index l = 0; l < lines; ++l) {
        if (!is_addressed(selection, l)) crossbar.r_col_map(0, l) = crossbar.r_col_map(rows, l) = open;
    }
}

} // namespace

std::string_view to_string(SelectScheme scheme) {
    for (const SchemeName& known : scheme_names) {
        if (known.scheme == scheme) return known.name;
    }
    return "unknown";
}

SelectScheme select_scheme_from_name(std::string_view name) {
    std::vector<std::string> names;
    for (const SchemeName& known : scheme_names) {
        if (known.name == name) return known.scheme;
        names.emplace_back(known.name);
    }
    throw InputError(fmt::format("unknown scheme '{}': expected one of {}", name, join_words(names)));
}

bool is_connected(SelectScheme scheme, const Selection& selection, Index row, Index line) {
    return scheme != SelectScheme::isolated || (row == selection.row && is_addressed(selection, line));
}

Drive potentials_of(SelectScheme scheme, const Selection& selection, Index rows) {
    const double v = selection.v;
    // Nothing flows into lines that float or whose cells are cut off: their potential does not matter.
    const double row = scheme == SelectScheme::third ? v / 3.0 : 0.5 * v;
    const double col = scheme == SelectScheme::third ? 2.0 * v / 3.0 : 0.5 * v;
    Drive drive{Matrix<double>(1, rows, row), std::vector<double>(selection.lines.size(), col)};
    drive.v_row(0, selection.row) = v;
    for (std::size_t l = 0; l < selection.lines.size(); ++l) {
        if (selection.lines[l]) drive.v_col[l] = 0.0;
    }
    return drive;
}

Crossbar selected(Crossbar crossbar, SelectScheme scheme, const Selection& selection) {
    if (scheme == SelectScheme::floating) open_ends(crossbar, selection);
    if (scheme != SelectScheme::isolated) return crossbar;
    for (Index r = 0; r < crossbar.rows(); ++r) {
        for (Index l = 0; l < crossbar.lines(); ++l) {
            if (!is_connected(scheme, selection, r, l)) crossbar.g(r, l) = 0.0;
        }
    }
    return crossbar;
}

} // namespace ohmloom
