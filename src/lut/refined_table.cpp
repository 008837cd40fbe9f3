#include "lut/refined_table.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "base/si.hpp"
#include "lut/interpolate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace ohmloom {

namespace {

using Point = std::vector<double>;

/// Values of all outputs at many points, [points x outputs].
Matrix<double> evaluate_all(const RefinedFunction& function, const std::vector<Point>& points) {
    Matrix<double> values(static_cast<Index>(points.size()), static_cast<Index>(function.outputs.size()));
    parallel_for(values.rows(), [&](Index k) {
        const Point& point = points[static_cast<std::size_t>(k)];
        function.evaluate(point, values.row(k));
        for (const double value : values.row(k)) {
            if (!std::isfinite(value))
                throw InputError(fmt::format("the function is {} at [{}]: expected finite values", value,
                                             fmt::join(point, ", ")));
        }
    });
    return values;
}

/// A table on its way: nodes of every axis, and the function there.
class Grid {
public:
    explicit Grid(const RefinedFunction& function) : function_(function) {
        for (const RefinedAxis& axis : function.axes) nodes_.push_back(axis.axis.values);
        values_ = Matrix<double>(size(), outputs());
        fill(std::vector<std::vector<Index>>(nodes_.size()));
    }

    [[nodiscard]] Index size() const { return size_of(nodes_); }
    [[nodiscard]] Index outputs() const { return static_cast<Index>(function_.outputs.size()); }
    [[nodiscard]] const std::vector<std::vector<double>>& nodes() const { return nodes_; }

    static Index size_of(const std::vector<std::vector<double>>& nodes) {
        double count = 1.0;
        for (const std::vector<double>& axis : nodes) count *= static_cast<double>(axis.size());
        return count < 1e15 ? static_cast<Index>(count) : Index{1} << 50;
    }

    /// Largest magnitude of each output.
    [[nodiscard]] std::vector<double> full_scales() const {
        std::vector<double> scales(static_cast<std::size_t>(outputs()), 0.0);
        for (Index k = 0; k < values_.rows(); ++k) {
            for (std::size_t o = 0; o < scales.size(); ++o)
                scales[o] = std::max(scales[o], std::abs(values_(k, static_cast<Index>(o))));
        }
        return scales;
    }

    /// How far the function is from straight lines in the middle of every interval of an axis, at the nodes of all others;
    /// in units of `limits`.
    [[nodiscard]] std::vector<double> curvature(std::size_t axis, const std::vector<double>& limits) const {
        const std::vector<double>& x = nodes_[axis];
        std::vector<Point> points;
        std::vector<std::pair<Index, Index>> ends; // grid points on both sides
        std::vector<std::size_t> intervals;
        for (Index k = 0; k < size(); ++k) {
            const std::size_t n = index_on(k, axis);
            if (n + 1 == x.size()) continue;
            Point point = point_at(k);
            point[axis] = snapped(axis, 0.5 * (x[n] + x[n + 1]));
            if (!(point[axis] > x[n] && point[axis] < x[n + 1])) continue;
            points.push_back(std::move(point));
            ends.emplace_back(k, k + stride(axis));
            intervals.push_back(n);
        }
        const Matrix<double> found = evaluate_all(function_, points);
        std::vector<double> worst(x.size() - 1, 0.0);
        for (std::size_t p = 0; p < points.size(); ++p) {
            const std::size_t n = intervals[p];
            const double weight = (points[p][axis] - x[n]) / (x[n + 1] - x[n]);
            for (Index o = 0; o < outputs(); ++o) {
                const double straight =
                    (1.0 - weight) * values_(ends[p].first, o) + weight * values_(ends[p].second, o);
                worst[n] = std::max(worst[n], std::abs(found(static_cast<Index>(p), o) - straight) /
                                                  limits[static_cast<std::size_t>(o)]);
            }
        }
        return worst;
    }

    /// The nodes with those intervals of each axis cut whose curvature is above `limit`: in two, or in three where two would
    /// not do.
    [[nodiscard]] std::vector<std::vector<double>> cut(const std::vector<std::vector<double>>& curvatures,
                                                       double limit) const {
        std::vector<std::vector<double>> cut_nodes(nodes_.size());
        for (std::size_t a = 0; a < nodes_.size(); ++a) {
            const std::vector<double>& x = nodes_[a];
            const double range = x.back() - x.front();
            for (std::size_t n = 0; n < x.size(); ++n) {
                cut_nodes[a].push_back(x[n]);
                if (n + 1 == x.size() || curvatures[a].empty() || !(curvatures[a][n] > limit)) continue;
                if (x[n + 1] - x[n] < 1e-9 * range) continue;
                const int parts = curvatures[a][n] > 4.0 * limit ? 3 : 2;
                for (int part = 1; part < parts; ++part) {
                    const double between = snapped(a, x[n] + (x[n + 1] - x[n]) * part / parts);
                    if (between > cut_nodes[a].back() && between < x[n + 1]) cut_nodes[a].push_back(between);
                }
            }
        }
        return cut_nodes;
    }

    /// Takes other nodes, of which the old ones are some, and evaluates what is new.
    void refine(std::vector<std::vector<double>> nodes) {
        std::vector<std::vector<Index>> old_index(nodes.size());
        for (std::size_t a = 0; a < nodes.size(); ++a) {
            for (const double x : nodes[a]) {
                const auto found = std::ranges::lower_bound(nodes_[a], x);
                const bool is_old = found != nodes_[a].end() && *found == x;
                old_index[a].push_back(is_old ? found - nodes_[a].begin() : -1);
            }
        }
        nodes_.swap(nodes); // `nodes` are the old ones now
        Matrix<double> old = std::exchange(values_, Matrix<double>(size(), outputs()));
        std::vector<Index> old_strides(nodes.size(), 1);
        for (std::size_t a = nodes.size() - 1; a > 0; --a)
            old_strides[a - 1] = old_strides[a] * static_cast<Index>(nodes[a].size());
        fill(old_index, old, old_strides);
    }

    [[nodiscard]] Lut table() const {
        Lut lut;
        lut.name = function_.name;
        lut.kind = function_.kind;
        lut.summary = function_.summary;
        lut.texts = function_.texts;
        lut.numbers = function_.numbers;
        std::vector<std::string> dims;
        std::vector<Index> shape;
        for (std::size_t a = 0; a < nodes_.size(); ++a) {
            lut.axes.push_back(function_.axes[a].axis);
            lut.axes.back().values = nodes_[a];
            dims.push_back(lut.axes.back().name);
            shape.push_back(static_cast<Index>(nodes_[a].size()));
        }
        for (Index o = 0; o < outputs(); ++o) {
            const RefinedFunction::Output& output = function_.outputs[static_cast<std::size_t>(o)];
            LutArray array{output.name, output.unit, dims, shape, {}};
            array.values.reserve(static_cast<std::size_t>(size()));
            for (Index k = 0; k < size(); ++k) array.values.push_back(values_(k, o));
            lut.arrays.push_back(std::move(array));
        }
        return lut;
    }

private:
    [[nodiscard]] Index stride(std::size_t axis) const {
        Index product = 1;
        for (std::size_t a = axis + 1; a < nodes_.size(); ++a)
            product *= static_cast<Index>(nodes_[a].size());
        return product;
    }
    [[nodiscard]] std::size_t index_on(Index k, std::size_t axis) const {
        return static_cast<std::size_t>(k / stride(axis)) % nodes_[axis].size();
    }
    [[nodiscard]] Point point_at(Index k) const {
        Point point(nodes_.size());
        for (std::size_t a = 0; a < nodes_.size(); ++a) point[a] = nodes_[a][index_on(k, a)];
        return point;
    }
    [[nodiscard]] double snapped(std::size_t axis, double x) const {
        return function_.snap ? function_.snap(axis, x) : x;
    }

    /// Fills in all values: old ones where every index has an old one, others by the function.
    void fill(const std::vector<std::vector<Index>>& old_index, const Matrix<double>& old = {},
              const std::vector<Index>& old_strides = {}) {
        std::vector<Point> points;
        std::vector<Index> places;
        for (Index k = 0; k < size(); ++k) {
            Index from = old.empty() ? -1 : 0;
            for (std::size_t a = 0; a < nodes_.size() && from >= 0; ++a) {
                const Index index = old_index[a][index_on(k, a)];
                from = index < 0 ? -1 : from + index * old_strides[a];
            }
            if (from >= 0) {
                std::ranges::copy(old.row(from), values_.row(k).begin());
            } else {
                points.push_back(point_at(k));
                places.push_back(k);
            }
        }
        const Matrix<double> found = evaluate_all(function_, points);
        for (std::size_t p = 0; p < places.size(); ++p)
            std::ranges::copy(found.row(static_cast<Index>(p)), values_.row(places[p]).begin());
    }

    const RefinedFunction& function_;
    std::vector<std::vector<double>> nodes_;
    Matrix<double> values_; ///< [points x outputs]
};

void require_axes(const RefinedFunction& function) {
    for (const RefinedAxis& axis : function.axes) {
        const std::vector<double>& x = axis.axis.values;
        const bool rises = std::ranges::adjacent_find(x, std::ranges::greater_equal()) == x.end();
        if (x.size() < (axis.refined ? 2U : 1U) || !rises)
            throw InputError(fmt::format("the nodes of {} are [{}]: expected at least two that rise",
                                         axis.axis.name, fmt::join(x, ", ")));
        OHMLOOM_ASSERT(!axis.refined || axis.axis.rule == AxisRule::linear);
    }
}

/// Where the table is compared with the function.
class CheckPoints {
public:
    CheckPoints(const Lut& table, const RefinedFunction& function, std::uint32_t seed)
        : table_(table), function_(function), stream_(seed, RandomPurpose::cross_check) {}

    /// Evenly over the range of every axis, or with every cell equally likely.
    [[nodiscard]] std::vector<Point> draw(Index count, bool over_cells) const {
        std::vector<Point> points(static_cast<std::size_t>(count), Point(table_.axes.size()));
        parallel_for(count, [&](Index k) {
            for (std::size_t a = 0; a < table_.axes.size(); ++a) {
                const std::vector<double>& x = table_.axes[a].values;
                const auto number = [&](std::uint32_t draw) {
                    return stream_.uniform(over_cells ? 1 : 0, static_cast<std::uint32_t>(k),
                                           static_cast<std::uint32_t>(a), draw);
                };
                const auto pick = [&](std::size_t among) {
                    return std::min(static_cast<std::size_t>(number(1) * static_cast<double>(among)),
                                    among - 1);
                };
                double& place = points[static_cast<std::size_t>(k)][a];
                if (table_.axes[a].rule == AxisRule::nodes || x.size() == 1) {
                    place = x[pick(x.size())];
                } else {
                    const std::size_t n = over_cells ? pick(x.size() - 1) : 0;
                    const double low = x[n], high = over_cells ? x[n + 1] : x.back();
                    place = snapped(a, low + (high - low) * number(0));
                }
            }
        });
        return points;
    }

    /// Steps from a point to worse ones nearby, within its cell; returns the largest error found.
    [[nodiscard]] double climb(Point point, const Interpolant& interpolant, std::size_t output) const {
        double worst = error_at(point, interpolant, output);
        for (double step = 0.25; step > 0.01; step *= 0.5) {
            for (bool moved = true; moved;) {
                moved = false;
                for (std::size_t a = 0; a < point.size(); ++a) {
                    const LutAxis& axis = table_.axes[a];
                    if (axis.rule != AxisRule::linear || axis.values.size() < 2) continue;
                    const auto n = static_cast<std::size_t>(
                        std::min(place_on(axis, point[a]).index, static_cast<Index>(axis.values.size()) - 2));
                    const double low = axis.values[n], high = axis.values[n + 1];
                    for (const double direction : {-step, step}) {
                        Point there = point;
                        there[a] = snapped(a, std::clamp(point[a] + direction * (high - low), low, high));
                        if (there[a] < axis.values.front() || there[a] > axis.values.back()) continue;
                        const double error = error_at(there, interpolant, output);
                        if (error > worst * 1.001) {
                            worst = error;
                            point = there;
                            moved = true;
                        }
                    }
                }
            }
        }
        return worst;
    }

private:
    [[nodiscard]] double snapped(std::size_t axis, double x) const {
        if (!function_.snap) return x;
        return std::clamp(function_.snap(axis, x), table_.axes[axis].values.front(),
                          table_.axes[axis].values.back());
    }
    [[nodiscard]] double error_at(const Point& point, const Interpolant& interpolant,
                                  std::size_t output) const {
        std::vector<double> values(function_.outputs.size());
        function_.evaluate(point, values);
        return std::abs(interpolant.evaluate(point) - values[output]);
    }

    const Lut& table_;
    const RefinedFunction& function_;
    RandomStream stream_;
};

/// Largest error in the measure of the options.
double worst_of(const std::vector<LutError>& errors, bool is_relative) {
    double worst = 0.0;
    for (const LutError& error : errors) {
        const double scale = is_relative && error.full_scale > 0.0 ? error.full_scale : 1.0;
        worst = std::max(worst, error.largest / scale);
    }
    return worst;
}

} // namespace

std::vector<LutError> measure_errors(const Lut& table, const RefinedFunction& function, Index points,
                                     std::uint32_t seed) {
    const CheckPoints checks(table, function, seed);
    const std::vector<Point> over_range = checks.draw(points, false), over_cells = checks.draw(points, true);
    const Matrix<double> in_range = evaluate_all(function, over_range),
                         in_cells = evaluate_all(function, over_cells);
    std::vector<LutError> errors;
    for (std::size_t o = 0; o < function.outputs.size(); ++o) {
        const RefinedFunction::Output& output = function.outputs[o];
        const Interpolant interpolant(table, output.name);
        LutError error{
            output.name,
            output.unit,
            0.0,
            0.0,
            0.0,
            2 * points,
            seed,
            function.reference,
            "half evenly over the range (RMS), half with every cell equally likely; from the worst uphill"};
        std::vector<std::pair<double, const Point*>> found;
        double squares = 0.0;
        const auto take = [&](const std::vector<Point>& drawn, const Matrix<double>& truth, bool for_rms) {
            for (std::size_t k = 0; k < drawn.size(); ++k) {
                const double true_value = truth(static_cast<Index>(k), static_cast<Index>(o));
                const double difference = std::abs(interpolant.evaluate(drawn[k]) - true_value);
                if (for_rms) squares += difference * difference;
                error.full_scale = std::max(error.full_scale, std::abs(true_value));
                found.emplace_back(difference, &drawn[k]);
            }
        };
        take(over_range, in_range, true);
        take(over_cells, in_cells, false);
        for (const double value : interpolant.array().values)
            error.full_scale = std::max(error.full_scale, std::abs(value));
        const std::size_t starts = std::min<std::size_t>(found.size(), 16);
        std::ranges::partial_sort(found, found.begin() + static_cast<Index>(starts), std::greater<>());
        std::vector<double> climbed(starts);
        parallel_for(static_cast<Index>(starts), [&](Index k) {
            const auto n = static_cast<std::size_t>(k);
            climbed[n] = checks.climb(*found[n].second, interpolant, o);
        });
        if (starts > 0) error.largest = *std::ranges::max_element(climbed);
        error.rms = std::sqrt(squares / static_cast<double>(std::max<Index>(points, 1)));
        errors.push_back(std::move(error));
    }
    return errors;
}

RefinedTable refine_table(const RefinedFunction& function, const RefineOptions& options) {
    require_axes(function);
    Grid grid(function);
    if (grid.size() > options.max_points)
        throw InputError(fmt::format("the table begins with {} points: expected at most {}", grid.size(),
                                     options.max_points));
    const auto refinable =
        std::ranges::count_if(function.axes, [](const RefinedAxis& axis) { return axis.refined; });
    // Errors of the axes add up.
    double part = 0.95 / static_cast<double>(std::max<std::ptrdiff_t>(refinable, 1));
    RefinedTable result;
    for (int round = 0;; ++round) {
        std::vector<double> limits = grid.full_scales();
        for (double& limit : limits)
            limit = options.max_error * (options.is_relative && limit > 0.0 ? limit : 1.0);
        std::vector<std::vector<double>> curvatures(function.axes.size());
        for (std::size_t a = 0; a < function.axes.size(); ++a)
            if (function.axes[a].refined) curvatures[a] = grid.curvature(a, limits);
        std::vector<std::vector<double>> nodes = grid.cut(curvatures, part);
        // Where not all cuts are within the number of points, those with the greatest need are.
        double harder = part;
        while (Grid::size_of(nodes) > options.max_points) nodes = grid.cut(curvatures, harder *= 1.5);
        const bool is_cut = Grid::size_of(nodes) > grid.size();
        if (is_cut && round < 100) {
            grid.refine(std::move(nodes));
            continue;
        }
        result.table = grid.table();
        result.table.seed = options.seed;
        result.table.errors = measure_errors(result.table, function, options.check_points, options.seed);
        result.reached = worst_of(result.table.errors, options.is_relative);
        result.is_met = result.reached <= options.max_error;
        // Middles of intervals were good enough and random points are not: be stricter with the middles.
        if (result.is_met || harder > part || part < 1e-3 || refinable == 0 || round >= 100) return result;
        part *= std::clamp(0.9 * options.max_error / result.reached, 0.3, 0.9);
    }
}

void set_max_error(RefineOptions& options, std::string_view text, std::string_view unit) {
    options.is_relative = text.ends_with('%');
    options.max_error = options.is_relative ? 0.01 * parse_si(text.substr(0, text.size() - 1))
                                            : parse_si(text, unit == "1" ? "" : unit);
    if (!(options.max_error > 0.0)) throw InputError(fmt::format("the error {} is not above 0", text));
}

std::vector<double> even_nodes(double low, double high, Index count, bool logarithmic) {
    std::vector<double> nodes;
    for (Index k = 0; k < count; ++k) {
        const double part = count == 1 ? 0.0 : static_cast<double>(k) / static_cast<double>(count - 1);
        nodes.push_back(logarithmic ? low * std::pow(high / low, part) : low + (high - low) * part);
    }
    if (count > 1) nodes.back() = high;
    return nodes;
}

} // namespace ohmloom
