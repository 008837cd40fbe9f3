#include "surrogate/tile_surrogate.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ohmloom {

namespace {

constexpr auto powers = static_cast<Index>(surrogate_powers.size());

void require(bool holds, const std::string& what) {
    if (!holds) throw InputError("a tile's surrogate is not valid: " + what);
}

bool are_finite(const std::vector<double>& values) {
    return std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

void validate_products(const TileSurrogate& surrogate) {
    for (const std::vector<LineMoment>& product : surrogate.products) {
        require(!product.empty(), "a product has no factors");
        for (const LineMoment& moment : product) {
            require(moment.mode >= 0 && moment.mode <= surrogate.modes() && moment.power >= 1 &&
                        moment.power <= LineMoment::most_power,
                    fmt::format("a product has a factor of mode {} and power {}, expected modes 0 to {} and "
                                "powers 1 to {}",
                                moment.mode, moment.power, surrogate.modes(), LineMoment::most_power));
        }
    }
}

/// Voltages a hair beyond the range are rounding.
void require_covered(const TileSurrogate& surrogate, const Matrix<double>& v) {
    if (v.cols() != surrogate.rows())
        throw InputError(fmt::format("a tile's surrogate has {} rows, but {} voltages are given",
                                     surrogate.rows(), v.cols()));
    const double slack = 1e-9 * surrogate.v_scale;
    for (Index k = 0; k < v.rows(); ++k) {
        for (std::size_t r = 0; r < surrogate.v_low.size(); ++r) {
            const double x = v(k, static_cast<Index>(r));
            if (x >= surrogate.v_low[r] - slack && x <= surrogate.v_high[r] + slack) continue;
            throw InputError(fmt::format("row {} is driven with {:.6g} V, but the table of this tile covers "
                                         "{:.6g} to {:.6g} V: make the table again "
                                         "for what drives the rows now",
                                         r, x, surrogate.v_low[r], surrogate.v_high[r]));
        }
    }
}

/// The largest power that a product takes of any row.
Index largest_power(const std::vector<std::vector<LineMoment>>& products) {
    Index largest = 0;
    for (const auto& product : products) {
        for (const LineMoment& moment : product) largest = std::max(largest, moment.power);
    }
    return largest;
}

/// Moment weights of all modes side by side, [rows x modes·(lines + 1)].
Matrix<double> side_by_side(const std::vector<Matrix<double>>& weights) {
    const Index each = weights.front().cols();
    Matrix<double> joined(weights.front().rows(), each * static_cast<Index>(weights.size()));
    for (std::size_t m = 0; m < weights.size(); ++m) {
        for (Index r = 0; r < joined.rows(); ++r)
            std::ranges::copy(weights[m].row(r), joined.row(r).begin() + static_cast<Index>(m) * each);
    }
    return joined;
}

void add_products(const TileSurrogate& surrogate, const Matrix<double>& v, SurrogatePoints& points) {
    const LineMoments moments(surrogate, v);
    const Index lines = surrogate.lines(), each = surrogate.lines_per_output;
    std::vector<double> product(static_cast<std::size_t>(lines)), by_line(static_cast<std::size_t>(lines));
    for (Index k = 0; k < v.rows(); ++k) {
        std::ranges::fill(by_line, 0.0);
        for (std::size_t p = 0; p < surrogate.products.size(); ++p) {
            products_of(moments, surrogate.products[p], k, product);
            const double* weights = surrogate.product_weights.row(static_cast<Index>(p)).data();
            for (std::size_t l = 0; l < by_line.size(); ++l) by_line[l] += weights[l] * product[l];
            const double mean =
                std::accumulate(product.begin(), product.end(), 0.0) / static_cast<double>(lines);
            for (Index q = 0; q < powers; ++q)
                points.power(k, q) += surrogate.power_weights(static_cast<Index>(p), q) * mean;
        }
        for (Index l = 0; l < lines; ++l) points.u(k, l / each) += by_line[static_cast<std::size_t>(l)];
    }
}

} // namespace

void validate(const TileSurrogate& surrogate) {
    const Index rows = surrogate.rows();
    require(rows >= 1 && surrogate.v_high.size() == surrogate.v_low.size(),
            "v_low and v_high need one number for each row");
    require(are_finite(surrogate.v_low) && are_finite(surrogate.v_high), "a limit of its rows is not finite");
    for (std::size_t r = 0; r < surrogate.v_low.size(); ++r)
        require(surrogate.v_low[r] <= surrogate.v_high[r], fmt::format("row {} has v_low above v_high", r));
    require(std::isfinite(surrogate.v_scale) && surrogate.v_scale > 0.0, "v_scale is not positive");
    require(surrogate.degree >= 1, "its degree is less than 1");
    require(surrogate.additive.rows() == 1 + surrogate.degree * rows && surrogate.additive.cols() > powers,
            fmt::format("additive is [{} x {}], expected [{} x outputs + {}]", surrogate.additive.rows(),
                        surrogate.additive.cols(), 1 + surrogate.degree * rows, powers));
    require(are_finite(surrogate.additive.values()), "a number of additive is not finite");
    require(surrogate.lines_per_output == 1 || surrogate.lines_per_output == 2,
            "an output has neither one line nor two");
    const auto products = static_cast<Index>(surrogate.products.size());
    require(products == 0 || surrogate.modes() >= 1, "products need moment weights");
    for (const Matrix<double>& weights : surrogate.moment_weights)
        require(weights.rows() == rows && weights.cols() == surrogate.lines() + 1 &&
                    are_finite(weights.values()),
                "moment weights do not fit rows and lines, or are not finite");
    validate_products(surrogate);
    require(surrogate.product_weights.rows() == products &&
                (products == 0 || surrogate.product_weights.cols() == surrogate.lines()) &&
                are_finite(surrogate.product_weights.values()),
            "product weights do not fit, or are not finite");
    require(surrogate.power_weights.rows() == products &&
                (products == 0 || surrogate.power_weights.cols() == powers) &&
                are_finite(surrogate.power_weights.values()),
            "power weights do not fit, or are not finite");
}

Matrix<double> additive_features(const TileSurrogate& surrogate, const Matrix<double>& v) {
    const Index rows = surrogate.rows();
    Matrix<double> features(v.rows(), 1 + surrogate.degree * rows);
    std::vector<double> slope(surrogate.v_low.size(), 0.0);
    for (std::size_t r = 0; r < slope.size(); ++r) {
        const double span = surrogate.v_high[r] - surrogate.v_low[r];
        if (span > 0.0) slope[r] = 2.0 / span;
    }
    for (Index k = 0; k < v.rows(); ++k) {
        double* first = features.row(k).data();
        *first++ = 1.0;
        const auto from = v.row(k);
        for (std::size_t r = 0; r < slope.size(); ++r)
            first[r] = slope[r] == 0.0 ? 0.0 : (from[r] - surrogate.v_low[r]) * slope[r] - 1.0;
        // T_(d+1) = 2·t·T_d − T_(d−1)
        for (Index d = 2; d <= surrogate.degree; ++d) {
            double* now = first + (d - 1) * rows;
            const double *before = now - rows, *two_before = before - rows;
            for (std::size_t r = 0; r < slope.size(); ++r) {
                const double last = d == 2 ? 1.0 : two_before[r];
                now[r] = slope[r] == 0.0 ? 0.0 : 2.0 * first[r] * before[r] - last;
            }
        }
    }
    return features;
}

LineMoments::LineMoments(const TileSurrogate& surrogate, const Matrix<double>& v)
    : modes_(surrogate.modes()), each_(surrogate.lines() + 1) {
    if (modes_ == 0) return;
    const Matrix<double> weights = side_by_side(surrogate.moment_weights);
    Matrix<double> x = v;
    for (double& value : x.values()) value /= surrogate.v_scale;
    Matrix<double> raised = x;
    const Index largest = largest_power(surrogate.products);
    for (Index power = 1; power <= largest; ++power) {
        by_power_[static_cast<std::size_t>(power - 1)] = multiply(raised, weights);
        for (std::size_t i = 0; i < raised.values().size(); ++i) raised.values()[i] *= x.values()[i];
    }
}

const double* LineMoments::of(const LineMoment& moment, Index k) const {
    const Index mode = is_whole(moment) ? 0 : moment.mode;
    return by_power_[static_cast<std::size_t>(moment.power - 1)].row(k).data() + mode * each_;
}

double product_of(const LineMoments& moments, const std::vector<LineMoment>& factors, Index k, Index line) {
    double product = 1.0;
    for (const LineMoment& factor : factors)
        product *= moments.of(factor, k)[moments.is_whole(factor) ? moments.lines() : line];
    return product;
}

void products_of(const LineMoments& moments, const std::vector<LineMoment>& factors, Index k,
                 std::vector<double>& product) {
    std::ranges::fill(product, 1.0);
    for (const LineMoment& factor : factors) {
        const double* values = moments.of(factor, k);
        if (moments.is_whole(factor)) {
            const double whole = values[moments.lines()];
            for (double& value : product) value *= whole;
        } else {
            for (std::size_t l = 0; l < product.size(); ++l) product[l] *= values[l];
        }
    }
}

SurrogatePoints evaluate(const TileSurrogate& surrogate, const Matrix<double>& v) {
    require_covered(surrogate, v);
    const Index outputs = surrogate.outputs();
    const Matrix<double> sums = multiply(additive_features(surrogate, v), surrogate.additive);
    SurrogatePoints points{Matrix<double>(v.rows(), outputs), Matrix<double>(v.rows(), powers)};
    for (Index k = 0; k < v.rows(); ++k) {
        const auto row = sums.row(k);
        std::copy_n(row.begin(), outputs, points.u.row(k).begin());
        std::copy_n(row.begin() + outputs, powers, points.power.row(k).begin());
    }
    if (!surrogate.products.empty()) add_products(surrogate, v, points);
    return points;
}

} // namespace ohmloom
