#include "solver/transient_drive.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

Index curve_of(const TransientDrive& drive, Index k, Index r) {
    return drive.curve.empty() ? 0 : drive.curve(k, r);
}

void require_curve(const VoltageCurve& curve, std::size_t number) {
    if (curve.t.empty() || curve.t.size() != curve.v.size()) {
        throw InputError(fmt::format(
            "curve {} of the drive has {} times and {} values: expected as many of both, and at least one",
            number, curve.t.size(), curve.v.size()));
    }
    for (std::size_t i = 0; i < curve.t.size(); ++i) {
        if (!std::isfinite(curve.t[i]) || !std::isfinite(curve.v[i])) {
            throw InputError(
                fmt::format("curve {} of the drive: point {} is ({} s, {}): expected finite numbers", number,
                            i, curve.t[i], curve.v[i]));
        }
        if (i > 0 && curve.t[i] < curve.t[i - 1]) {
            throw InputError(
                fmt::format("curve {} of the drive: time {} s comes after {} s: times must not fall", number,
                            curve.t[i], curve.t[i - 1]));
        }
    }
}

std::vector<double> values(const TransientDrive& drive, const auto& value_of) {
    std::vector<double> all;
    all.reserve(drive.curves.size());
    for (const VoltageCurve& curve : drive.curves) all.push_back(value_of(curve));
    return all;
}

} // namespace

TransientDrive step_drive(Matrix<double> v_row, double rise) {
    return {std::move(v_row), {{{0.0, rise}, {0.0, 1.0}}}, {}, {}};
}

TransientDrive pulse_width_drive(const Matrix<Index>& codes, double v, double unit) {
    if (!(unit > 0.0))
        throw InputError(fmt::format("pulse width unit is {} s: expected a positive time", unit));
    TransientDrive drive;
    drive.v_row = Matrix<double>(codes.rows(), codes.cols(), v);
    drive.curve = codes;
    for (const Index code : codes.values()) {
        if (code < 0) throw InputError(fmt::format("pulse width code {}: expected 0 or more", code));
        while (static_cast<Index>(drive.curves.size()) <= code) {
            const double end = static_cast<double>(drive.curves.size()) * unit;
            drive.curves.push_back({{0.0, 0.0, end, end}, {0.0, 1.0, 1.0, 0.0}});
        }
    }
    if (!drive.curves.empty()) drive.curves.front() = {{0.0}, {0.0}};
    return drive;
}

void validate(const TransientDrive& drive, const Crossbar& crossbar) {
    if (drive.v_row.cols() != crossbar.rows()) {
        throw InputError(fmt::format("v_row is [{} x {}], expected [batch x {}]: one potential per row",
                                     drive.v_row.rows(), drive.v_row.cols(), crossbar.rows()));
    }
    for (const double v : drive.v_row.values()) {
        if (!std::isfinite(v)) throw InputError(fmt::format("v_row holds {}: potentials must be finite", v));
    }
    if (!drive.v_col.empty() && static_cast<Index>(drive.v_col.size()) != crossbar.lines()) {
        throw InputError(fmt::format("v_col has {} entries, expected {} (one per column line) or none",
                                     drive.v_col.size(), crossbar.lines()));
    }
    for (const double v : drive.v_col) {
        if (!std::isfinite(v)) throw InputError(fmt::format("v_col holds {}: potentials must be finite", v));
    }
    if (drive.curves.empty()) throw InputError("the drive has no curve: expected at least one");
    for (std::size_t i = 0; i < drive.curves.size(); ++i) require_curve(drive.curves[i], i);
    const auto require_known = [&](const char* what, Index c) {
        if (c < 0 || c >= static_cast<Index>(drive.curves.size()))
            throw InputError(fmt::format("{} holds {}: there are {} curves", what, c, drive.curves.size()));
    };
    if (!drive.col_curve.empty() && drive.col_curve.size() != drive.v_col.size()) {
        throw InputError(fmt::format("col_curve has {} entries, expected {} as v_col, or none",
                                     drive.col_curve.size(), drive.v_col.size()));
    }
    for (const Index c : drive.col_curve) require_known("col_curve", c);
    if (drive.curve.empty()) return;
    if (drive.curve.rows() != drive.v_row.rows() || drive.curve.cols() != drive.v_row.cols()) {
        throw InputError(fmt::format("curve is [{} x {}], expected [{} x {}] as v_row, or none",
                                     drive.curve.rows(), drive.curve.cols(), drive.v_row.rows(),
                                     drive.v_row.cols()));
    }
    for (const Index c : drive.curve.values()) require_known("curve", c);
}

double value_after(const VoltageCurve& curve, double t) {
    return voltage_at(curve, t);
}

double value_before(const VoltageCurve& curve, double t) {
    const auto not_below = std::lower_bound(curve.t.begin(), curve.t.end(), t);
    if (not_below == curve.t.begin()) return curve.v.front();
    if (not_below == curve.t.end()) return curve.v.back();
    const auto k = static_cast<std::size_t>(not_below - curve.t.begin());
    const double along = (t - curve.t[k - 1]) / (curve.t[k] - curve.t[k - 1]);
    return curve.v[k - 1] + along * (curve.v[k] - curve.v[k - 1]);
}

std::vector<DriveEvent> events_of(const TransientDrive& drive) {
    std::vector<DriveEvent> events;
    for (const VoltageCurve& curve : drive.curves) {
        for (const double t : curve.t) {
            if (t >= 0.0) events.push_back({t, value_before(curve, t) != value_after(curve, t)});
        }
    }
    std::sort(events.begin(), events.end(),
              [](const DriveEvent& a, const DriveEvent& b) { return a.time < b.time; });
    std::vector<DriveEvent> merged;
    for (const DriveEvent& event : events) {
        if (!merged.empty() && merged.back().time == event.time) {
            merged.back().jumps = merged.back().jumps || event.jumps;
        } else {
            merged.push_back(event);
        }
    }
    return merged;
}

Matrix<double> row_potentials(const TransientDrive& drive, const std::vector<double>& curve_values) {
    Matrix<double> v = drive.v_row;
    for (Index k = 0; k < v.rows(); ++k) {
        for (Index r = 0; r < v.cols(); ++r)
            v(k, r) *= curve_values[static_cast<std::size_t>(curve_of(drive, k, r))];
    }
    return v;
}

Matrix<double> first_potentials(const TransientDrive& drive) {
    return row_potentials(drive, values(drive, [](const VoltageCurve& c) { return value_before(c, 0.0); }));
}

Matrix<double> final_potentials(const TransientDrive& drive) {
    return row_potentials(drive, values(drive, [](const VoltageCurve& c) { return c.v.back(); }));
}

std::vector<double> column_potentials(const TransientDrive& drive, const std::vector<double>& curve_values) {
    std::vector<double> v = drive.v_col;
    for (std::size_t l = 0; l < drive.col_curve.size(); ++l)
        v[l] *= curve_values[static_cast<std::size_t>(drive.col_curve[l])];
    return v;
}

std::vector<double> final_columns(const TransientDrive& drive) {
    return column_potentials(drive, values(drive, [](const VoltageCurve& c) { return c.v.back(); }));
}

std::vector<double> largest_potentials(const TransientDrive& drive) {
    const std::vector<double> heights = values(drive, [](const VoltageCurve& c) {
        double largest = 0.0;
        for (const double v : c.v) largest = std::max(largest, std::abs(v));
        return largest;
    });
    double column = 0.0;
    for (const double v : column_potentials(drive, heights)) column = std::max(column, std::abs(v));
    std::vector<double> largest(static_cast<std::size_t>(drive.v_row.rows()), column);
    for (Index k = 0; k < drive.v_row.rows(); ++k) {
        for (Index r = 0; r < drive.v_row.cols(); ++r) {
            const double v =
                std::abs(drive.v_row(k, r)) * heights[static_cast<std::size_t>(curve_of(drive, k, r))];
            largest[static_cast<std::size_t>(k)] = std::max(largest[static_cast<std::size_t>(k)], v);
        }
    }
    return largest;
}

} // namespace ohmloom
