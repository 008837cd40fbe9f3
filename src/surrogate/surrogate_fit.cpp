#include "surrogate/surrogate_fit.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "readout/staged_array.hpp"
#include "surrogate/surrogate_forms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <optional>
#include <utility>

namespace ohmloom {

namespace {

constexpr auto powers = static_cast<Index>(surrogate_powers.size());
constexpr double ridge = 1e-7; ///< of each column's length: keeps apart what the points do not

/// Operating points of the circuit.
struct CircuitPoints {
    Matrix<double> v; ///< [points x rows] [V]
    Matrix<double> y; ///< [points x outputs + 3] [V], and [W] of surrogate_powers
    double residual = 0.0;
    bool converged = true;
};

CircuitPoints solve_points(const StagedArray& array, Matrix<double> v, Index outputs) {
    constexpr Index together = 128;
    CircuitPoints points{std::move(v), {}, 0.0, true};
    points.y = Matrix<double>(points.v.rows(), outputs + powers);
    const Index parts = (points.v.rows() + together - 1) / together;
    std::vector<double> residual(static_cast<std::size_t>(parts), 0.0);
    std::vector<int> converged(static_cast<std::size_t>(parts), 1);
    parallel_for(parts, [&](Index part) {
        const Index first = part * together, count = std::min(together, points.v.rows() - first);
        Matrix<double> drive(count, points.v.cols());
        std::copy_n(points.v.row(first).begin(), drive.size(), drive.values().begin());
        const StagedPoints solved = array.solve(drive);
        for (Index k = 0; k < count; ++k) {
            const auto at = static_cast<std::size_t>(k);
            const auto row = points.y.row(first + k);
            std::ranges::copy(solved.u.row(k), row.begin());
            const std::array<double, 3> power{solved.cells[at], solved.wires[at], solved.stages[at]};
            std::ranges::copy(power, row.begin() + outputs);
            double& largest = residual[static_cast<std::size_t>(part)];
            largest = std::max(largest, solved.residual[at]);
            if (solved.status[at] != SolveStatus::converged) converged[static_cast<std::size_t>(part)] = 0;
        }
    });
    for (const double value : residual) points.residual = std::max(points.residual, value);
    points.converged = std::ranges::all_of(converged, [](int value) { return value == 1; });
    return points;
}

void append_rows(const Matrix<double>& more, Matrix<double>& to) {
    if (more.empty()) return;
    if (to.empty()) {
        to = more;
        return;
    }
    std::vector<double> values = std::move(to.values());
    values.insert(values.end(), more.values().begin(), more.values().end());
    to = Matrix<double>(to.rows() + more.rows(), more.cols(), std::move(values));
}

Matrix<double> rows_between(const Matrix<double>& matrix, Index first, Index count) {
    Matrix<double> part(count, matrix.cols());
    if (count > 0) std::copy_n(matrix.row(first).begin(), part.size(), part.values().begin());
    return part;
}

void append_points(const CircuitPoints& more, CircuitPoints& to) {
    append_rows(more.v, to.v);
    append_rows(more.y, to.y);
    to.residual = std::max(to.residual, more.residual);
    to.converged = to.converged && more.converged;
}

/// The columns with a small multiple of the unit matrix below, so that columns that are nearly dependent share what they explain.
Matrix<double> with_ridge(const Matrix<double>& columns) {
    Matrix<double> joined(columns.rows() + columns.cols(), columns.cols());
    std::ranges::copy(columns.values(), joined.values().begin());
    std::vector<double> squares(static_cast<std::size_t>(columns.cols()), 0.0);
    for (Index k = 0; k < columns.rows(); ++k) {
        for (Index c = 0; c < columns.cols(); ++c)
            squares[static_cast<std::size_t>(c)] += columns(k, c) * columns(k, c);
    }
    for (Index c = 0; c < columns.cols(); ++c) {
        const double length = std::sqrt(squares[static_cast<std::size_t>(c)]);
        joined(columns.rows() + c, c) = length > 0.0 ? ridge * length : 1.0;
    }
    return joined;
}

Matrix<double> with_rows(const Matrix<double>& matrix, Index rows) {
    Matrix<double> longer(rows, matrix.cols());
    std::ranges::copy(matrix.values(), longer.values().begin());
    return longer;
}

Matrix<double> difference(Matrix<double> a, const Matrix<double>& b) {
    for (std::size_t i = 0; i < a.values().size(); ++i) a.values()[i] -= b.values()[i];
    return a;
}

/// Additive terms of all outputs, factorised once.
struct AdditiveFit {
    ThinQr qr;
    Matrix<double> projected; ///< [terms x outputs + 3] Qᵀ·y
    Matrix<double> rest;      ///< [points + terms x outputs + 3] what additive terms leave
};

AdditiveFit fit_additive(const TileSurrogate& form, const CircuitPoints& points) {
    AdditiveFit fit;
    fit.qr = thin_qr(with_ridge(additive_features(form, points.v)));
    const Matrix<double> y = with_rows(points.y, fit.qr.q.rows());
    fit.projected = transposed_multiply(fit.qr.q, y);
    fit.rest = difference(y, multiply(fit.qr.q, fit.projected));
    return fit;
}

Matrix<double> columns_of(const Matrix<double>& matrix, Index first, Index count) {
    Matrix<double> part(matrix.rows(), count);
    for (Index k = 0; k < matrix.rows(); ++k)
        std::copy_n(matrix.row(k).begin() + first, count, part.row(k).begin());
    return part;
}

/// Least squares by additive terms and by products together: products first, against what additive terms leave of both.
struct ProductFit {
    Matrix<double> products; ///< [products x quantities]
    Matrix<double> additive; ///< [terms x quantities]
};

ProductFit fit_products(const AdditiveFit& additive, Matrix<double> products, Index first, Index quantities) {
    std::vector<double> scale(static_cast<std::size_t>(products.cols()), 0.0);
    for (Index k = 0; k < products.rows(); ++k) {
        for (Index c = 0; c < products.cols(); ++c)
            scale[static_cast<std::size_t>(c)] =
                std::max(scale[static_cast<std::size_t>(c)], std::abs(products(k, c)));
    }
    for (Index k = 0; k < products.rows(); ++k) {
        for (Index c = 0; c < products.cols(); ++c) {
            if (scale[static_cast<std::size_t>(c)] > 0.0)
                products(k, c) /= scale[static_cast<std::size_t>(c)];
        }
    }
    products = with_rows(products, additive.qr.q.rows());
    const Matrix<double> along = transposed_multiply(additive.qr.q, products);
    const ThinQr qr = thin_qr(with_ridge(difference(products, multiply(additive.qr.q, along))));
    const Matrix<double> rest = with_rows(columns_of(additive.rest, first, quantities), qr.q.rows());
    ProductFit fit;
    fit.products = solve_upper(qr.r, transposed_multiply(qr.q, rest));
    fit.additive = solve_upper(additive.qr.r, difference(columns_of(additive.projected, first, quantities),
                                                         multiply(along, fit.products)));
    for (Index c = 0; c < fit.products.rows(); ++c) {
        const double size = scale[static_cast<std::size_t>(c)];
        for (double& weight : fit.products.row(c)) weight = size > 0.0 ? weight / size : 0.0;
    }
    return fit;
}

/// All products for each of some lines of all points, [points x lines·products]; a line's after each other.
Matrix<double> product_columns(const TileSurrogate& form, const LineMoments& moments, Index points,
                               Index first_line, Index lines) {
    const auto count = static_cast<Index>(form.products.size());
    Matrix<double> columns(points, lines * count);
    for (Index k = 0; k < points; ++k) {
        for (Index l = 0; l < lines; ++l) {
            for (Index p = 0; p < count; ++p)
                columns(k, l * count + p) =
                    product_of(moments, form.products[static_cast<std::size_t>(p)], k, first_line + l);
        }
    }
    return columns;
}

/// Means of all products over the lines, [points x products].
Matrix<double> mean_products(const TileSurrogate& form, const LineMoments& moments, Index points) {
    Matrix<double> columns(points, static_cast<Index>(form.products.size()));
    std::vector<double> product(static_cast<std::size_t>(form.lines()));
    for (Index k = 0; k < points; ++k) {
        for (std::size_t p = 0; p < form.products.size(); ++p) {
            products_of(moments, form.products[p], k, product);
            columns(k, static_cast<Index>(p)) =
                std::accumulate(product.begin(), product.end(), 0.0) / static_cast<double>(product.size());
        }
    }
    return columns;
}

/// Weights of every line's cells for the moments: their share of the line's conductance, times a cosine along the line.
std::vector<Matrix<double>> moment_weights(const Crossbar& crossbar, Index modes) {
    const Index rows = crossbar.rows(), lines = crossbar.lines();
    Matrix<double> share(rows, lines + 1);
    for (Index l = 0; l < lines; ++l) {
        double total = 0.0;
        for (Index r = 0; r < rows; ++r) total += std::isfinite(crossbar.g(r, l)) ? crossbar.g(r, l) : 0.0;
        for (Index r = 0; r < rows && total > 0.0; ++r) {
            if (!std::isfinite(crossbar.g(r, l))) continue;
            share(r, l) = crossbar.g(r, l) / total;
            share(r, lines) += share(r, l) / static_cast<double>(lines);
        }
    }
    std::vector<Matrix<double>> weights;
    for (Index m = 0; m < modes; ++m) {
        weights.push_back(share);
        for (Index r = 0; r < rows; ++r) {
            const double place = (static_cast<double>(r) + 0.5) / static_cast<double>(rows);
            for (double& weight : weights.back().row(r))
                weight *= std::cos(std::numbers::pi * static_cast<double>(m) * place);
        }
    }
    return weights;
}

TileSurrogate empty_surrogate(const SurrogateTile& tile, const RowRanges& ranges, const SurrogateForm& form) {
    TileSurrogate surrogate;
    surrogate.v_low = ranges.v_low;
    surrogate.v_high = ranges.v_high;
    surrogate.v_scale = 0.0;
    for (const std::vector<double>* limits : {&ranges.v_low, &ranges.v_high}) {
        for (const double v : *limits) surrogate.v_scale = std::max(surrogate.v_scale, std::abs(v));
    }
    if (surrogate.v_scale == 0.0) surrogate.v_scale = 1.0;
    surrogate.degree = form.degree;
    surrogate.lines_per_output = tile.crossbar.lines_per_site;
    surrogate.additive = Matrix<double>(1 + form.degree * surrogate.rows(), tile.crossbar.sites() + powers);
    surrogate.moment_weights = moment_weights(tile.crossbar, form.modes);
    surrogate.products = form.products;
    const auto products = static_cast<Index>(form.products.size());
    surrogate.product_weights = Matrix<double>(products, products == 0 ? 0 : surrogate.lines());
    surrogate.power_weights = Matrix<double>(products, products == 0 ? 0 : powers);
    return surrogate;
}

void set_columns(const Matrix<double>& from, Matrix<double>& to, Index first) {
    for (Index k = 0; k < to.rows(); ++k) std::ranges::copy(from.row(k), to.row(k).begin() + first);
}

/// Sets all numbers of a form.
void fit_form(const AdditiveFit& additive, const CircuitPoints& points, TileSurrogate& surrogate) {
    if (surrogate.products.empty()) {
        surrogate.additive = solve_upper(additive.qr.r, additive.projected);
        return;
    }
    const LineMoments moments(surrogate, points.v);
    const Index outputs = surrogate.outputs(), each = surrogate.lines_per_output;
    const auto count = static_cast<Index>(surrogate.products.size());
    std::vector<ProductFit> fits(static_cast<std::size_t>(outputs) + 1);
    parallel_for(outputs + 1, [&](Index o) {
        fits[static_cast<std::size_t>(o)] =
            o < outputs
                ? fit_products(additive, product_columns(surrogate, moments, points.v.rows(), o * each, each),
                               o, 1)
                : fit_products(additive, mean_products(surrogate, moments, points.v.rows()), outputs, powers);
    });
    for (Index o = 0; o < outputs; ++o) {
        const ProductFit& fit = fits[static_cast<std::size_t>(o)];
        set_columns(fit.additive, surrogate.additive, o);
        for (Index l = 0; l < each; ++l) {
            for (Index p = 0; p < count; ++p)
                surrogate.product_weights(p, o * each + l) = fit.products(l * count + p, 0);
        }
    }
    set_columns(fits.back().additive, surrogate.additive, outputs);
    surrogate.power_weights = fits.back().products;
}

SurrogateError error_of(const TileSurrogate& surrogate, const CircuitPoints& points) {
    SurrogateError error;
    error.points = points.v.rows();
    if (error.points == 0) return error;
    const SurrogatePoints found = evaluate(surrogate, points.v);
    const Index outputs = surrogate.outputs();
    double squares = 0.0, power_squares = 0.0, power_mean = 0.0;
    for (Index k = 0; k < points.v.rows(); ++k) {
        for (Index o = 0; o < outputs; ++o) {
            const double off = found.u(k, o) - points.y(k, o);
            squares += off * off;
            error.largest = std::max(error.largest, std::abs(off));
        }
        const auto exact = points.y.row(k).subspan(static_cast<std::size_t>(outputs));
        const double power = std::accumulate(exact.begin(), exact.end(), 0.0);
        const auto row = found.power.row(k);
        const double off = std::accumulate(row.begin(), row.end(), 0.0) - power;
        power_squares += off * off;
        power_mean += power / static_cast<double>(error.points);
    }
    error.rms = std::sqrt(squares / static_cast<double>(error.points * outputs));
    if (power_mean > 0.0)
        error.power_rms = std::sqrt(power_squares / static_cast<double>(error.points)) / power_mean;
    return error;
}

double span_of(const std::vector<const CircuitPoints*>& sets, Index outputs) {
    double low = 0.0, high = 0.0; // 0 V is an output like others: that of rows at rest, but for offsets
    for (const CircuitPoints* points : sets) {
        for (Index k = 0; k < points->y.rows(); ++k) {
            for (Index o = 0; o < outputs; ++o) {
                low = std::min(low, points->y(k, o));
                high = std::max(high, points->y(k, o));
            }
        }
    }
    return high - low;
}

void validate(const SurrogateTile& tile, const RowRanges& ranges, const Matrix<double>& given,
              const SurrogateOptions& options) {
    if (!(options.max_error > 0.0) || !std::isfinite(options.max_error))
        throw InputError(
            fmt::format("max_error is {}: expected a positive part of the outputs' span", options.max_error));
    const auto rows = static_cast<std::size_t>(tile.crossbar.rows());
    if (ranges.v_low.size() != rows || ranges.v_high.size() != rows)
        throw InputError(fmt::format("ranges are given for {} rows of {}", ranges.v_low.size(), rows));
    for (std::size_t r = 0; r < rows; ++r) {
        if (!std::isfinite(ranges.v_low[r]) || !std::isfinite(ranges.v_high[r]) ||
            ranges.v_low[r] > ranges.v_high[r])
            throw InputError(fmt::format(
                "the range of row {} is {} to {} V: expected two finite voltages, the lower first", r,
                ranges.v_low[r], ranges.v_high[r]));
    }
    if (given.rows() > 0 && given.cols() != tile.crossbar.rows())
        throw InputError(fmt::format("given points have {} rows of {}", given.cols(), rows));
}

/// The shortest of three runs of some work on this thread. [s]
template <class Work>
double seconds_of(const Work& work) {
    double shortest = std::numeric_limits<double>::infinity();
    for (int k = 0; k < 3; ++k) {
        const auto start = std::chrono::steady_clock::now();
        work();
        shortest = std::min(shortest,
                            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return shortest;
}

/// Half of what a tile's rows span, as a voltage that cells are likely to see.
double half_span(const RowRanges& ranges) {
    return 0.5 * (*std::ranges::max_element(ranges.v_high) - *std::ranges::min_element(ranges.v_low));
}

/// Points that a form of so many additive terms is fitted to.
Index points_for(Index terms) {
    return std::max<Index>(300, 3 * terms);
}

constexpr Index timed_together = 128; ///< points in a batch that is timed
constexpr Index checks_drawn = 1000, most_checks_given = 500;
constexpr Index first_check = Index{1} << 31; ///< far from what fitting ever draws

/// The circuit's points, ever more of them, and the best surrogate so far.
class Refinement {
public:
    Refinement(const SurrogateTile& tile, const RowRanges& ranges, const Matrix<double>& given,
               const SurrogateOptions& options, const SolveOptions& solver)
        : tile_(tile), ranges_(ranges), given_(given), options_(options),
          array_(tile.crossbar, tile.stages, solver, half_span(ranges)), outputs_(tile.crossbar.sites()),
          given_used_(std::min(given.rows() / 4, most_checks_given)) {
        drawn_ = solve_points(
            array_, draw_row_voltages(ranges, checks_drawn, options, tile.number, first_check), outputs_);
        if (given_used_ > 0)
            given_check_ = solve_points(array_, rows_between(given, 0, given_used_), outputs_);
    }

    /// Whether so many points to fit can be had beside the checks.
    [[nodiscard]] bool can_have(Index points) const { return points + checks() <= options_.max_points; }
    [[nodiscard]] Index points() const { return fit_.v.rows(); }
    [[nodiscard]] Index checks() const { return drawn_.v.rows() + given_check_.v.rows(); }

    /// Half of them given ones, as long as there are any.
    void have(Index points) {
        const Index more = points - this->points();
        if (more <= 0) return;
        const Index given = std::min(given_.rows() - given_used_, more / 2), drawn = more - given;
        if (given > 0)
            append_points(solve_points(array_, rows_between(given_, given_used_, given), outputs_), fit_);
        append_points(solve_points(array_,
                                   draw_row_voltages(ranges_, drawn, options_, tile_.number, drawn_used_),
                                   outputs_),
                      fit_);
        given_used_ += given;
        drawn_used_ += drawn;
        additive_.reset();
    }

    /// Fits a form to the points there are; true if it meets the error asked for.
    bool try_form(const SurrogateForm& form) {
        TileSurrogate surrogate = empty_surrogate(tile_, ranges_, form);
        if (!additive_ || degree_ != form.degree) {
            additive_ = fit_additive(surrogate, fit_);
            degree_ = form.degree;
        }
        fit_form(*additive_, fit_, surrogate);
        const SurrogateError drawn = error_of(surrogate, drawn_), given = error_of(surrogate, given_check_);
        if (best_.form.empty() || std::max(drawn.largest, given.largest) < largest_error(best_)) {
            best_.surrogate = std::move(surrogate);
            best_.form = form.name;
            best_.drawn = drawn;
            best_.given = given;
        }
        best_.span = span_of({&fit_, &drawn_, &given_check_}, outputs_);
        best_.reached = largest_error(best_) <= options_.max_error * best_.span;
        return best_.reached;
    }

    SurrogateFit finish() {
        best_.points_used = points() + checks();
        best_.residual = std::max({fit_.residual, drawn_.residual, given_check_.residual});
        best_.converged = fit_.converged && drawn_.converged && given_check_.converged;
        const Matrix<double> v = rows_between(drawn_.v, 0, std::min(timed_together, drawn_.v.rows()));
        const auto points = static_cast<double>(v.rows());
        const ThreadLimit one_thread(1);
        best_.circuit_time = seconds_of([&] { static_cast<void>(array_.solve(v)); }) / points;
        best_.table_time = seconds_of([&] { static_cast<void>(evaluate(best_.surrogate, v)); }) / points;
        return std::move(best_);
    }

private:
    static double largest_error(const SurrogateFit& fit) {
        return std::max(fit.drawn.largest, fit.given.largest);
    }

    const SurrogateTile& tile_;
    const RowRanges& ranges_;
    const Matrix<double>& given_;
    SurrogateOptions options_;
    StagedArray array_;
    Index outputs_;
    Index given_used_ = 0, drawn_used_ = 0;
    CircuitPoints fit_, drawn_, given_check_; ///< the latter two check
    std::optional<AdditiveFit> additive_;
    Index degree_ = 0;
    SurrogateFit best_;
};

} // namespace

Matrix<double> draw_row_voltages(const RowRanges& ranges, Index count, const SurrogateOptions& options,
                                 std::uint32_t tile, Index first) {
    const auto rows = static_cast<Index>(ranges.v_low.size());
    const RandomStream stream(options.seed, RandomPurpose::surrogate_points);
    Matrix<double> v(count, rows);
    parallel_for(count, [&](Index k) {
        const auto point = static_cast<std::uint32_t>(first + k);
        const auto whole = static_cast<std::uint32_t>(rows); // the place of what is common to the point
        const double part = stream.uniform(tile, point, whole),
                     driven = stream.uniform(tile, point, whole, 1);
        const bool on_or_off = point % 3 == 2;
        for (Index r = 0; r < rows; ++r) {
            const auto at = static_cast<std::size_t>(r);
            const double low = ranges.v_low[at], high = ranges.v_high[at], rest = std::clamp(0.0, low, high);
            const auto row = static_cast<std::uint32_t>(r);
            if (stream.uniform(tile, point, row, 1) > driven) {
                v(k, r) = rest;
                continue;
            }
            const double within = stream.uniform(tile, point, row);
            v(k, r) = rest + part * (low + (high - low) * (on_or_off ? std::round(within) : within) - rest);
        }
    });
    return v;
}

SurrogateFit fit_surrogate(const SurrogateTile& tile, const RowRanges& ranges, const Matrix<double>& given,
                           const SurrogateOptions& options, const SolveOptions& solver) {
    validate(tile, ranges, given, options);
    Refinement refinement(tile, ranges, given, options, solver);
    const std::vector<SurrogateForm> forms = surrogate_forms();
    const auto terms = [&](const SurrogateForm& form) { return 1 + form.degree * tile.crossbar.rows(); };
    for (const SurrogateForm& form : forms) {
        const Index points = points_for(terms(form));
        if (!refinement.can_have(points)) break;
        refinement.have(points);
        if (refinement.try_form(form)) return refinement.finish();
    }
    if (refinement.points() == 0)
        throw InputError(fmt::format("{} points are too few for a table of {} rows: expected at least {}",
                                     options.max_points, tile.crossbar.rows(),
                                     points_for(terms(forms.front())) + refinement.checks()));
    // What is left is what too few points leave open: more of them for the largest form that they determine.
    while (refinement.can_have(2 * refinement.points())) {
        refinement.have(2 * refinement.points());
        const auto largest = std::find_if(forms.rbegin(), forms.rend(), [&](const SurrogateForm& form) {
            return points_for(terms(form)) <= refinement.points();
        });
        if (refinement.try_form(*largest)) return refinement.finish();
    }
    return refinement.finish();
}

} // namespace ohmloom
