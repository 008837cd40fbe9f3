#include "devicemodels/table/table_cell.hpp"

#include "base/errors.hpp"
#include "devicemodels/cell_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ohmloom {

namespace {

constexpr Index most_buckets = 100'000;

void require_voltages(const std::vector<double>& v) {
    if (v.size() < 2) {
        throw InputError(
            fmt::format("the table has {} voltages: it needs at least two, one of them 0", v.size()));
    }
    for (std::size_t k = 0; k < v.size(); ++k) {
        if (!std::isfinite(v[k]) || (k > 0 && !(v[k] > v[k - 1]))) {
            throw InputError(fmt::format(
                "voltage {} of the table is {} V: voltages must be finite and increase", k, v[k]));
        }
    }
    if (std::find(v.begin(), v.end(), 0.0) == v.end()) {
        throw InputError(
            fmt::format("the table runs from {} V to {} V without a point at 0 V: it needs one, where "
                        "the current is 0",
                        v.front(), v.back()));
    }
}

void require_currents(const std::vector<double>& v, const Matrix<double>& i) {
    if (i.rows() == 0 || i.cols() != static_cast<Index>(v.size())) {
        throw InputError(
            fmt::format("the table has {} states of {} currents for {} voltages: expected one current "
                        "per voltage and state, and one state at least",
                        i.rows(), i.cols(), v.size()));
    }
    for (Index s = 0; s < i.rows(); ++s) {
        for (Index k = 0; k < i.cols(); ++k) {
            const double volts = v[static_cast<std::size_t>(k)];
            if (!std::isfinite(i(s, k))) {
                throw InputError(fmt::format("the current of state {} at {} V is {} A: it must be finite", s,
                                             volts, i(s, k)));
            }
            if (volts == 0.0 && i(s, k) != 0.0) {
                throw InputError(
                    fmt::format("the current of state {} at 0 V is {} A: it must be 0, or the cell "
                                "would be a source",
                                s, i(s, k)));
            }
            if (k > 0 && !(i(s, k) > i(s, k - 1))) {
                throw InputError(
                    fmt::format("the current of state {} at {} V is {} A: it must be above that of "
                                "the voltage before, {} A",
                                s, volts, i(s, k), i(s, k - 1)));
            }
        }
    }
}

/// Slope at an end of the range from the two nearest intervals, kept from turning the curve around.
double end_slope(double h0, double h1, double d0, double d1) {
    const double slope = ((2.0 * h0 + h1) * d0 - h0 * d1) / (h0 + h1);
    return std::clamp(slope, 0.0, 3.0 * d0);
}

/// Slopes at the knots: weighted harmonic means of the neighbouring secants.
std::vector<double> monotone_slopes(const std::vector<double>& v, std::span<const double> i) {
    const std::size_t n = v.size();
    std::vector<double> h(n - 1), secant(n - 1), slope(n);
    for (std::size_t k = 0; k + 1 < n; ++k) {
        h[k] = v[k + 1] - v[k];
        secant[k] = (i[k + 1] - i[k]) / h[k];
    }
    if (n == 2) return {secant[0], secant[0]};
    slope.front() = end_slope(h[0], h[1], secant[0], secant[1]);
    slope.back() = end_slope(h[n - 2], h[n - 3], secant[n - 2], secant[n - 3]);
    for (std::size_t k = 1; k + 1 < n; ++k) {
        const double before = 2.0 * h[k] + h[k - 1], after = h[k] + 2.0 * h[k - 1];
        slope[k] = (before + after) / (before / secant[k - 1] + after / secant[k]);
    }
    return slope;
}

/// The four coefficients of each interval of one curve.
std::vector<double> cubic_coefficients(const std::vector<double>& v, std::span<const double> i,
                                       const std::vector<double>& slope) {
    std::vector<double> coefficients;
    for (std::size_t k = 0; k + 1 < v.size(); ++k) {
        const double h = v[k + 1] - v[k], secant = (i[k + 1] - i[k]) / h;
        const double c2 = (3.0 * secant - 2.0 * slope[k] - slope[k + 1]) / h;
        const double c3 = (slope[k] + slope[k + 1] - 2.0 * secant) / (h * h);
        coefficients.insert(coefficients.end(), {i[k], slope[k], c2, c3});
    }
    return coefficients;
}

/// Order of the states by their conductance.
std::vector<Index> ascending(const std::vector<double>& g) {
    std::vector<Index> order(g.size());
    for (std::size_t s = 0; s < g.size(); ++s) order[s] = static_cast<Index>(s);
    std::sort(order.begin(), order.end(), [&](Index a, Index b) {
        return g[static_cast<std::size_t>(a)] < g[static_cast<std::size_t>(b)];
    });
    return order;
}

/// Buckets no wider than the narrowest interval: the interval of any voltage is that of its bucket or the next.
void add_buckets(CurrentTable& table) {
    const double range = table.v.back() - table.v.front();
    double narrowest = range;
    for (std::size_t k = 0; k + 1 < table.v.size(); ++k)
        narrowest = std::min(narrowest, table.v[k + 1] - table.v[k]);
    const double wanted = std::ceil(range / narrowest);
    if (!(wanted <= static_cast<double>(most_buckets))) {
        throw InputError(
            fmt::format("the table's closest voltages lie {} V apart, over a range of {} V: at most {} "
                        "such steps are supported",
                        narrowest, range, most_buckets));
    }
    const auto count = static_cast<std::size_t>(wanted) + 1;
    table.buckets_per_volt = wanted / range;
    std::size_t interval = 0;
    for (std::size_t b = 0; b < count; ++b) {
        const double begin = table.v.front() + static_cast<double>(b) / table.buckets_per_volt;
        while (interval + 2 < table.v.size() && table.v[interval + 1] <= begin) ++interval;
        // A bucket that begins a rounding error above a knot is searched from the interval below it.
        const bool on_knot = interval > 0 && begin - table.v[interval] < 1e-9 * narrowest;
        table.bucket.push_back(static_cast<double>(on_knot ? interval - 1 : interval));
    }
    table.upper.assign(table.v.begin() + 1, table.v.end() - 1);
    table.upper.insert(table.upper.end(), 2, std::numeric_limits<double>::infinity());
}

} // namespace

CurrentTable make_current_table(std::vector<double> v, Matrix<double> i) {
    require_voltages(v);
    require_currents(v, i);
    const auto zero = static_cast<std::size_t>(std::find(v.begin(), v.end(), 0.0) - v.begin());
    std::vector<std::vector<double>> slopes;
    std::vector<double> g;
    for (Index s = 0; s < i.rows(); ++s) {
        slopes.push_back(monotone_slopes(v, i.row(s)));
        g.push_back(slopes.back()[zero]);
    }
    CurrentTable table;
    table.i = Matrix<double>(i.rows(), i.cols());
    for (const Index s : ascending(g)) {
        const auto state = static_cast<Index>(table.g.size());
        const double here = g[static_cast<std::size_t>(s)];
        if (!(here > 0.0) || (state > 0 && !(here > table.g.back()))) {
            throw InputError(
                fmt::format("state {} of the table conducts {} S at 0 V: it must be positive and "
                            "differ from every other state",
                            s, here));
        }
        table.g.push_back(here);
        const auto from = i.row(s);
        std::copy(from.begin(), from.end(), table.i.row(state).begin());
        const std::vector<double> cubic = cubic_coefficients(v, from, slopes[static_cast<std::size_t>(s)]);
        table.coefficients.insert(table.coefficients.end(), cubic.begin(), cubic.end());
    }
    table.v = std::move(v);
    add_buckets(table);
    return table;
}

TableMix mix_of(const CurrentTable& table, double g) {
    const std::vector<double>& states = table.g;
    if (g <= states.front()) return {0, g / states.front(), 0.0};
    if (g >= states.back()) return {static_cast<Index>(states.size()) - 1, g / states.back(), 0.0};
    const auto above = std::upper_bound(states.begin(), states.end(), g);
    const auto state = static_cast<Index>(above - states.begin()) - 1;
    const double low = states[static_cast<std::size_t>(state)];
    const double high = (g - low) / (*above - low);
    return {state, 1.0 - high, high};
}

double TableCell::current(double v, double g, double shape) const {
    return evaluate_cell(*this, g, shape, v).current;
}

double TableCell::slope(double v, double g, double shape) const {
    return evaluate_cell(*this, g, shape, v).slope;
}

void TableCell::validate() const {
    if (table == nullptr) throw InputError("the table cells have no table: read one first");
}

CellRange TableCell::range() const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (extrapolate) return {-infinity, infinity, 0.0, infinity};
    return {table->v.front(), table->v.back(), table->g.front(), table->g.back()};
}

namespace {

/// One curve as text: a binary search over its intervals, written in conditionals, and tangents beyond its ends.
/// Numbers have the 17 digits that bring a double back unchanged.
class CurveText {
public:
    CurveText(const TableCell& cell, double g, std::string_view v)
        : cell_(cell), mix_(mix_of(*cell.table, g)), g_(g), v_(v) {}

    [[nodiscard]] std::string text() const {
        const CurrentTable& table = *cell_.table;
        return fmt::format("({0}<{1:.17g} ? {2} : ({0}>{3:.17g} ? {4} : {5}))", v_, table.v.front(),
                           tangent(table.v.front()), table.v.back(), tangent(table.v.back()),
                           search(0, table.intervals()));
    }

private:
    [[nodiscard]] std::string tangent(double end) const {
        return fmt::format("({:.17g}+({}-({:.17g}))*{:.17g})", cell_.current(end, g_), v_, end,
                           cell_.slope(end, g_));
    }

    /// Intervals [from, to).
    [[nodiscard]] std::string search(Index from, Index to) const {
        if (to - from == 1) return cubic(from);
        const Index middle = (from + to) / 2;
        return fmt::format("({}<{:.17g} ? {} : {})", v_, cell_.table->v[static_cast<std::size_t>(middle)],
                           search(from, middle), search(middle, to));
    }

    [[nodiscard]] std::string cubic(Index interval) const {
        const CurrentTable& table = *cell_.table;
        double c[4];
        for (Index j = 0; j < 4; ++j) {
            const auto at = static_cast<std::size_t>(4 * (mix_.state * table.intervals() + interval) + j);
            const auto stride = static_cast<std::size_t>(4 * table.intervals());
            c[j] = mix_.low * table.coefficients[at] +
                   (mix_.high == 0.0 ? 0.0 : mix_.high * table.coefficients[at + stride]);
        }
        const std::string d = fmt::format("({}-({:.17g}))", v_, table.v[static_cast<std::size_t>(interval)]);
        return fmt::format("({1:.17g}+{0}*({2:.17g}+{0}*({3:.17g}+{0}*({4:.17g}))))", d, c[0], c[1], c[2],
                           c[3]);
    }

    const TableCell& cell_;
    TableMix mix_;
    double g_;
    std::string_view v_;
};

} // namespace

std::string TableCell::spice_current(double g, double /*shape*/, std::string_view v) const {
    return CurveText(*this, g, v).text();
}

/// A cell is a mix of two neighbouring curves, so there is a face for each pair of neighbours.
std::vector<CellFace> TableCell::faces(const FormulaStyle& style) const {
    const auto curve = [&](std::size_t state) {
        return CurveText(*this, table->g[state], cell_face_voltage).text();
    };
    if (table->g.size() == 1) return {{"", {"low"}, fmt::format("{}*{}", style.of("low"), curve(0))}};
    std::vector<CellFace> pairs;
    for (std::size_t k = 0; k + 1 < table->g.size(); ++k) {
        pairs.push_back(
            {fmt::format("_{}", k),
             {"low", "high"},
             fmt::format("{}*{}+{}*{}", style.of("low"), curve(k), style.of("high"), curve(k + 1))});
    }
    return pairs;
}

CellFaceCall TableCell::call_face(double g, double /*shape*/) const {
    const TableMix mix = mix_of(*table, g);
    const auto states = static_cast<Index>(table->g.size());
    if (states > 1 && mix.state == states - 1) return {static_cast<std::size_t>(states - 2), {0.0, mix.low}};
    return {static_cast<std::size_t>(mix.state), {mix.low, mix.high}};
}

} // namespace ohmloom
