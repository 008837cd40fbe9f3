#include "solver/single_point.hpp"

#include "devicemodels/cell_model.hpp"

#include <algorithm>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

/// Numbers of all strips, padding included; none without chains to eliminate.
template <class T>
std::size_t row_factors(const LineSystem& system, Index padded_sites) {
    constexpr Index width = PointGradients<T>::strip_rows;
    return system.rows_merged ? 0 : at((system.rows + width - 1) / width * width * padded_sites);
}

} // namespace

template <class T>
PointGradients<T>::PointGradients(const LineSystem& system, SinglePoint& point)
    : col_link(system.col_link), col_tie(system.col_tie) {
    const std::size_t rows = at(system.rows), lines = at(system.lines), nodes = rows * lines;
    padded_sites = (system.sites + site_padding - 1) / site_padding * site_padding;
    const std::size_t factors = row_factors<T>(system, padded_sites),
                      strip_numbers = at(strip_rows * padded_sites);
    const bool alike = system.row_link.all_alike();
    const ArrayRequest requests[] = {{own_g, is_double ? 0 : nodes},
                                     {row_pivot, system.rows_merged ? rows : factors},
                                     {row_gain, alike ? 0 : factors},
                                     {row_link, alike ? at(padded_sites) : 0},
                                     {col_pivot, system.cols_merged ? lines : nodes},
                                     {x, nodes},
                                     {r, is_double ? 0 : nodes},
                                     {y, system.cols_merged ? lines : nodes},
                                     {z, system.cols_merged ? nodes : 0},
                                     {s, nodes},
                                     {p, nodes},
                                     {q, nodes},
                                     {strip, strip_numbers},
                                     {swept, strip_numbers},
                                     {paired, system.lines_per_site > 1 ? lines : 0},
                                     {psi, point.coarse ? LineModes::count * lines : 0},
                                     {added, point.coarse ? 3 * lines : 0},
                                     {solved, point.coarse ? 2 * lines : 0}};
    memory_ = cut_arrays(requests);
    if constexpr (is_double) {
        g = point.slope;
        r = point.f_b;
    } else {
        g = own_g;
    }
    if (z.empty()) z = y;
    std::fill(strip.begin(), strip.end(), T{0}); // what pads it stays zero
    if (alike) {
        std::fill(row_link.begin(), row_link.end(), T{0});
        std::copy_n(system.row_link.row(0), system.sites, row_link.begin());
    }
    if (!point.coarse) return;
    for (Index j = 0; j < LineModes::count; ++j) {
        for (Index l = 0; l < system.lines; ++l)
            psi[at(j * system.lines + l)] = static_cast<T>(point.modes.psi[at(l)][at(j)]);
    }
}

template class PointGradients<float>;
template class PointGradients<double>;

SinglePoint::SinglePoint(const LineSystem& system) {
    constexpr double worth_modes = 0.5; // below it the steps saved do not pay for the modes
    const bool linear = is_linear(system.cell);
    const std::size_t rows = at(system.rows), sites = at(system.sites), lines = at(system.lines);
    const ArrayRequest requests[] = {{v_row, rows},
                                     {v_col, lines},
                                     {i_row, rows},
                                     {i_col, lines},
                                     {w, rows * sites},
                                     {b, rows * lines},
                                     {f_w, rows * sites},
                                     {f_b, rows * lines},
                                     {slopes, linear ? 0 : rows * lines},
                                     {paired, system.lines_per_site > 1 ? lines : 0}};
    memory_ = cut_arrays(requests);
    slope = linear ? system.g : slopes;
    shape = system.shape.empty() ? 0.0 : system.shape.front();
    one_shape =
        std::all_of(system.shape.begin(), system.shape.end(), [&](double other) { return other == shape; });
    // Of nonlinear cells the modes are those at zero bias: they only have to be smooth.
    coarse =
        !system.rows_merged && !system.cols_merged && estimate_contraction(system, system.g) > worth_modes;
    if (coarse) modes = make_line_modes(system, system.g);
    singles.emplace(system, *this);
}

void SinglePoint::start(const LineSystem& system) {
    for (Index r = 0; r < system.rows; ++r) {
        std::fill_n(w.data() + r * system.sites, system.sites, v_row[at(r)]);
        std::copy(v_col.begin(), v_col.end(), b.data() + r * system.lines);
    }
    in_double = false;
}

void SinglePoint::use_double_precision(const LineSystem& system) {
    in_double = true;
    if (!doubles) doubles.emplace(system, *this);
}

} // namespace ohmloom
