#include "report/axis_figures.hpp"

#include "base/errors.hpp"
#include "report/equal_error.hpp"
#include "report/figure_text.hpp"
#include "report/row_groups.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ohmloom {

namespace {

constexpr std::size_t most_curves = 8, most_panels = 6, most_cells = 24;

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

/// What a figure shows of a result. Axes are null where it has none.
struct Layout {
    std::vector<AxisLevels> axes;
    const ResultFigure* figure = nullptr;
    const ResultFigure* over_figure = nullptr; ///< instead of `over`
    const AxisLevels *over = nullptr, *curves = nullptr, *panels = nullptr;

    [[nodiscard]] bool shows(const AxisLevels& axis) const {
        return &axis == over || &axis == curves || &axis == panels;
    }
    [[nodiscard]] std::size_t curve_count() const { return curves == nullptr ? 1 : curves->names.size(); }
    [[nodiscard]] std::size_t panel_count() const { return panels == nullptr ? 1 : panels->names.size(); }
};

const AxisLevels* named_axis(const std::vector<AxisLevels>& axes, const std::string& name) {
    const auto found = std::ranges::find(axes, name, [](const AxisLevels& axis) { return axis.axis->name; });
    return found == axes.end() ? nullptr : &*found;
}

std::vector<std::string> names_of(const std::vector<AxisLevels>& axes) {
    std::vector<std::string> names;
    names.reserve(axes.size());
    for (const AxisLevels& axis : axes) names.push_back(axis.axis->name);
    return names;
}

/// Null if there is none, or it has a number per layer.
const ResultFigure* figure_of_one_number(const ResultData& result, const std::string& name) {
    const ResultFigure* figure = find_figure(result, name);
    return figure != nullptr && figure->values.cols() == 1 ? figure : nullptr;
}

const ResultFigure* wanted_figure(const ResultData& result, const std::string& name) {
    if (const ResultFigure* figure = figure_of_one_number(result, name)) return figure;
    std::vector<std::string> known;
    for (const ResultFigure& one : result.figures) {
        if (one.values.cols() == 1) known.push_back(one.name);
    }
    throw InputError(fmt::format("{}: there is no figure '{}': expected one of {}", result.file.string(),
                                 name, fmt::join(known, ", ")));
}

/// The axis asked for; none if "none" is.
const AxisLevels* wanted_axis(const ResultData& result, const Layout& layout, const std::string& name,
                              const char* option) {
    if (name == "none") return nullptr;
    const AxisLevels* axis = named_axis(layout.axes, name);
    if (axis == nullptr)
        throw InputError(
            fmt::format("{}: {} is '{}', which is no axis with several levels of its own: expected one of {}",
                        result.file.string(), option, name, fmt::join(names_of(layout.axes), ", ")));
    if (layout.shows(*axis))
        throw InputError(fmt::format("{} is '{}', which the figure shows already", option, name));
    return axis;
}

/// The first axis that is not shown yet and has at most so many levels.
const AxisLevels* next_axis(const Layout& layout, std::size_t most, bool numbers_only = false) {
    for (const AxisLevels& axis : layout.axes) {
        if (!layout.shows(axis) && !axis.is_stepped && axis.names.size() <= most &&
            !(numbers_only && axis.is_text()))
            return &axis;
    }
    return nullptr;
}

Layout lay_out(const ResultData& result, const FigureChoice& choice, std::size_t most_across,
               std::size_t most_second) {
    Layout layout{axes_with_levels(result)};
    layout.figure = wanted_figure(result, choice.figure);
    if (layout.axes.empty()) return layout;
    if (!choice.over.empty() && named_axis(layout.axes, choice.over) == nullptr)
        layout.over_figure = figure_of_one_number(result, choice.over);
    if (layout.over_figure == nullptr) {
        layout.over = !choice.over.empty() ? wanted_axis(result, layout, choice.over, "--over")
                                           : next_axis(layout, most_across, true);
        if (layout.over == nullptr) layout.over = next_axis(layout, most_across);
    }
    layout.curves = !choice.curves.empty() ? wanted_axis(result, layout, choice.curves, "--curves")
                                           : next_axis(layout, most_second);
    layout.panels = !choice.panels.empty() ? wanted_axis(result, layout, choice.panels, "--panels")
                                           : next_axis(layout, most_panels);
    return layout;
}

/// Rows at these levels of what is shown (none: any); of axes that are not, the first levels.
std::vector<Index> rows_at(const ResultData& result, const Layout& layout, std::optional<std::size_t> across,
                           std::size_t curve, std::size_t panel) {
    std::vector<Index> rows;
    for (Index row = 0; row < result.rows; ++row) {
        const bool is_there = std::ranges::all_of(layout.axes, [&](const AxisLevels& axis) {
            const std::size_t level = at(axis.of_row[at(row)]);
            if (&axis == layout.over) return !across || level == *across;
            if (&axis == layout.curves) return level == curve;
            if (&axis == layout.panels) return level == panel;
            return layout.over_figure != nullptr || axis.is_stepped || level == 0;
        });
        if (is_there) rows.push_back(row);
    }
    return rows;
}

/// "At device.r_off = 25 kOhm": where axes stand that are not shown.
std::string title_of(const Layout& layout) {
    std::string title;
    for (const AxisLevels& axis : layout.axes) {
        if (layout.shows(axis) || axis.is_stepped || layout.over_figure != nullptr) continue;
        title += fmt::format("{}{} = {}", title.empty() ? "" : ", ", axis.axis->name, axis.names.front());
    }
    return title;
}

/// Powers: every level is the one before times the same.
bool is_geometric(const std::vector<double>& numbers) {
    for (std::size_t k = 2; k < numbers.size(); ++k) {
        const double ratio = numbers[k] / numbers[k - 1] / (numbers[1] / numbers[0]);
        if (!(std::abs(ratio - 1.0) < 0.01)) return false;
    }
    return numbers.size() > 2;
}

bool is_logarithmic(const AxisLevels& axis) {
    return !axis.is_text() && axis.numbers.front() > 0.0 &&
           (axis.axis->kind == "log" || axis.numbers.back() / axis.numbers.front() >= 30.0 ||
            is_geometric(axis.numbers));
}

/// The axis across: named where it has names, with its levels as tics where they are few powers.
std::string across_settings(const AxisLevels& across) {
    constexpr std::size_t most_tics = 6;
    if (across.is_text())
        return named_tics("x", across.names) + "set xtics rotate by 20 right\nset offsets 0.3, 0.3, 0, 0\n";
    if (!is_logarithmic(across)) return "";
    const std::string scale = fmt::format("set logscale x\nset xrange [{:.6g}:{:.6g}]\n",
                                          across.numbers.front() / 1.2, across.numbers.back() * 1.2);
    if (across.numbers.size() > most_tics) return scale + "set format x '%.0s%c'\n";
    std::string tics;
    for (std::size_t k = 0; k < across.names.size(); ++k)
        tics +=
            fmt::format("{}{} {:.10g}", k == 0 ? "" : ", ", in_quotes(across.names[k]), across.numbers[k]);
    return scale + fmt::format("set xtics ({}) noenhanced\n", tics);
}

/// A point of a curve.
struct CurvePoint {
    double x;
    RowSummary y;
};

/// Along the axis, or by rising values of the figure that stands for it, where repetitions count as one.
std::vector<CurvePoint> points_of(const ResultData& result, const Layout& layout, std::size_t curve,
                                  std::size_t panel) {
    std::vector<CurvePoint> points;
    if (layout.over != nullptr) {
        for (std::size_t k = 0; k < layout.over->names.size(); ++k) {
            if (const auto y = summarise(result, *layout.figure, rows_at(result, layout, k, curve, panel)))
                points.push_back({layout.over->numbers[k], *y});
        }
        return points;
    }
    const std::vector<Index> there = rows_at(result, layout, {}, curve, panel);
    for (const RowGroup& group : groups_of_rows(result)) {
        if (!std::ranges::binary_search(there, group.rows.front())) continue;
        const auto x = summarise(result, *layout.over_figure, group.rows),
                   y = summarise(result, *layout.figure, group.rows);
        if (x && y) points.push_back({x->value, *y});
    }
    std::ranges::sort(points, {}, &CurvePoint::x);
    return points;
}

/// A level as keys and titles of panels name it: pure numbers and flags with the last part of their key.
std::string level_name(const AxisLevels* axis, std::size_t level) {
    if (axis == nullptr) return "";
    const std::string& name = axis->names[level];
    const bool is_flag = name == "true" || name == "false";
    if (!is_flag && (axis->is_text() || axis->axis->unit != "1")) return name;
    const std::string& key = axis->axis->name;
    return fmt::format("{} {}", key.substr(key.rfind('.') + 1), name);
}

/// Where several panels stand, their common title and key are above them.
std::string begin_panels(std::size_t count, const std::string& title) {
    if (count == 1)
        return (title.empty() ? "" : fmt::format("set title {} noenhanced\n", in_quotes(title))) +
               "set key outside top center horizontal\n";
    const std::size_t columns = panel_columns(count), rows = (count + columns - 1) / columns;
    // A title of two lines leaves room for keys, which are no wider than a panel.
    return fmt::format("set multiplot layout {},{} title {}.\"\\n \" noenhanced\n"
                       "set key at screen 0.5, screen 0.99 center top horizontal\n",
                       rows, columns, in_quotes(title.empty() ? " " : title));
}

std::string panel_title(const Layout& layout, std::size_t panel) {
    if (layout.panels == nullptr) return "";
    return fmt::format("set title {} noenhanced\n", in_quotes(level_name(layout.panels, panel)));
}

std::string end_panels(std::size_t count) {
    return count == 1 ? "" : "unset multiplot\n";
}

} // namespace

std::optional<PaperFigure> figure_over_axis(const ResultData& result, const FigureChoice& choice) {
    const Layout layout = lay_out(result, choice, std::numeric_limits<std::size_t>::max(), most_curves);
    if (layout.over == nullptr && layout.over_figure == nullptr) return {};
    const std::string name = choice.figure + "-axis";
    const double factor = figure_factor(*layout.figure),
                 x_factor = layout.over_figure == nullptr ? 1.0 : figure_factor(*layout.over_figure);
    const std::string x_title =
        layout.over_figure == nullptr ? axis_title(*layout.over->axis) : figure_title(*layout.over_figure);
    std::string data = fmt::format("# {} {} low high; a block per curve, panel after panel\n", x_title,
                                   figure_title(*layout.figure)),
                plot;
    double least = std::numeric_limits<double>::infinity(), most = -least;
    std::size_t block = 0;
    for (std::size_t p = 0; p < layout.panel_count(); ++p) {
        std::string curves;
        for (std::size_t c = 0; c < layout.curve_count(); ++c) {
            const std::vector<CurvePoint> points = points_of(result, layout, c, p);
            if (points.empty()) continue;
            data += fmt::format("{}{}\n", block == 0 ? "" : "\n\n", in_quotes(level_name(layout.curves, c)));
            for (const CurvePoint& point : points) {
                least = std::min(least, factor * point.y.low);
                most = std::max(most, factor * point.y.high);
                data += fmt::format("{:.10g} {:.10g} {:.10g} {:.10g}\n", x_factor * point.x,
                                    factor * point.y.value, factor * point.y.low, factor * point.y.high);
            }
            // The key stands in the first panel.
            curves += fmt::format(
                "{}'{}.dat' index {} using 1:3:4 every ::1 with filledcurves lc {} fs transparent solid 0.18 "
                "notitle, \\\n"
                "     '' index {} using 1:2 every ::1 with linespoints pt 7 ps 0.6 lc {} title {} noenhanced",
                curves.empty() ? "plot " : ", \\\n     ", name, block, c + 1, block, c + 1,
                in_quotes(level_name(layout.curves, c)));
            ++block;
        }
        if (curves.empty()) continue;
        const bool has_key = p == 0 && layout.curves != nullptr;
        plot += panel_title(layout, p) + (has_key ? "" : "unset key\n") + curves + "\n";
    }
    if (block == 0) return {};
    std::string head = fmt::format("set xlabel {} noenhanced\nset ylabel {} noenhanced\n", in_quotes(x_title),
                                   in_quotes(figure_title(*layout.figure)));
    if (layout.over != nullptr) head += across_settings(*layout.over);
    if (layout.panel_count() > 1 && most > least) { // one scale for all
        const double room = 0.05 * (most - least);
        head += fmt::format("set yrange [{:.6g}:{:.6g}]\n", least - room, most + room);
    }
    return PaperFigure{name, data,
                       head + begin_panels(layout.panel_count(), title_of(layout)) + plot +
                           end_panels(layout.panel_count()),
                       layout.panel_count()};
}

std::optional<PaperFigure> figure_over_two_axes(const ResultData& result, const FigureChoice& choice) {
    FigureChoice axes_only = choice;
    if (!choice.over.empty() && named_axis(axes_with_levels(result), choice.over) == nullptr)
        axes_only.over.clear();
    const Layout layout = lay_out(result, axes_only, most_cells, most_cells);
    if (layout.over == nullptr || layout.curves == nullptr) return {};
    const std::string name = choice.figure + "-axes";
    const double factor = figure_factor(*layout.figure);
    std::string data =
        fmt::format("# column row {}; every place, then those with numbers, panel after panel\n",
                    figure_title(*layout.figure));
    double least = std::numeric_limits<double>::infinity(), most = -least;
    for (std::size_t p = 0; p < layout.panel_count(); ++p) {
        data += p == 0 ? "" : "\n\n";
        std::string numbers;
        for (std::size_t j = 0; j < layout.curve_count(); ++j) {
            for (std::size_t i = 0; i < layout.over->names.size(); ++i) {
                const auto found = summarise(result, *layout.figure, rows_at(result, layout, i, j, p));
                const double value = found ? factor * found->value : std::numeric_limits<double>::quiet_NaN();
                data += fmt::format("{} {} {:.10g}\n", i, j, value); // pictures want every place
                if (!found) continue;
                numbers += fmt::format("{} {} {:.10g}\n", i, j, value);
                least = std::min(least, value);
                most = std::max(most, value);
            }
        }
        data += "\n\n" + numbers;
    }
    if (!(least <= most)) return {};
    std::string plot;
    for (std::size_t p = 0; p < layout.panel_count(); ++p) {
        // Numbers on dark cells are white.
        plot += panel_title(layout, p) +
                fmt::format("unset key\nplot '{0}.dat' index {1} using 1:2:3 with image, \\\n"
                            "     '' index {2} using 1:2:($3 <= {3:.6g} ? sprintf('{4}', $3) : '') with "
                            "labels tc rgb 'black', \\\n"
                            "     '' index {2} using 1:2:($3 > {3:.6g} ? sprintf('{4}', $3) : '') with "
                            "labels tc rgb 'white'\n",
                            name, 2 * p, 2 * p + 1, least + 0.6 * (most - least),
                            factor == 1.0 ? "%.3g" : "%.1f");
    }
    const std::string head = fmt::format(
        "set xlabel {} noenhanced\nset ylabel {} noenhanced\nset cblabel {} noenhanced\n{}{}set xtics rotate "
        "by 20 right\nunset grid\n"
        "set xrange [-0.5:{}]\nset yrange [-0.5:{}]\nset cbrange [{:.6g}:{:.6g}]\n{}",
        in_quotes(layout.over->axis->name), in_quotes(layout.curves->axis->name),
        in_quotes(figure_title(*layout.figure)), named_tics("x", layout.over->names),
        named_tics("y", layout.curves->names), static_cast<double>(layout.over->names.size()) - 0.5,
        static_cast<double>(layout.curve_count()) - 0.5, least, most > least ? most : least + 1.0,
        layout.panel_count() > 1 ? "unset colorbox\n" : "");
    return PaperFigure{name, data,
                       head + begin_panels(layout.panel_count(), title_of(layout)) + plot +
                           end_panels(layout.panel_count()),
                       layout.panel_count()};
}

std::optional<PaperFigure> figure_over_error(const ResultData& result) {
    const std::optional<EqualError> equal = compare_at_equal_error(result);
    if (!equal) return {};
    std::string data = "# error_of_products_% accuracy_% low_% high_%; a block per curve, then accuracy_% at "
                       "equal errors\n",
                plot;
    for (std::size_t c = 0; c < equal->curves.size(); ++c) {
        data += fmt::format("{}{}\n", c == 0 ? "" : "\n\n", in_quotes(equal->curves[c].name));
        for (const ErrorPoint& point : equal->curves[c].points)
            data += fmt::format("{:.10g} {:.10g} {:.10g} {:.10g}\n", 100.0 * point.error,
                                100.0 * point.accuracy, 100.0 * point.low, 100.0 * point.high);
        plot += fmt::format("{}'accuracy-error.dat' index {} using 1:2 every ::1 with linespoints {} ps "
                            "0.6 lc {} title {} noenhanced",
                            c == 0 ? "plot " : ", \\\n     ", c, c < 8 ? "pt 7 dt 1" : "pt 5 dt 2", c % 8 + 1,
                            in_quotes(equal->curves[c].name));
    }
    data += "\n\n# at";
    for (const double error : equal->errors) data += fmt::format(" {}%", 100.0 * error);
    for (const ErrorCurve& curve : equal->curves) {
        data += fmt::format("\n{}", in_quotes(curve.name));
        for (const double accuracy : curve.accuracy_at) data += fmt::format(" {:.2f}", 100.0 * accuracy);
    }
    return PaperFigure{"accuracy-error", data + "\n",
                       "set xlabel 'error of products / %'\nset ylabel 'accuracy / %'\nset logscale x\n"
                       "set xrange [] noextend\nset key outside right top samplen 2\n" +
                           plot + "\n",
                       1, 880};
}

} // namespace ohmloom
