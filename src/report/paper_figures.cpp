#include "report/paper_figures.hpp"

#include "base/errors.hpp"
#include "network/child_process.hpp"
#include "report/axis_figures.hpp"
#include "report/figure_text.hpp"
#include "report/output_error.hpp"
#include "report/row_groups.hpp"
#include "store/unfinished_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

/// Rows that differ in repetitions only, and where they stand.
struct CostPoint {
    RowGroup group;
    double power; ///< [W] median
    RowSummary accuracy;
    bool is_front = false; ///< no other is more accurate at less power
};

/// By rising power; none if the result does not tell it.
std::vector<CostPoint> cost_points(const ResultData& result) {
    const ResultFigure *accuracy = find_figure(result, "accuracy"), *power = find_figure(result, "power_w");
    std::vector<CostPoint> points;
    if (accuracy == nullptr || power == nullptr) return points;
    for (RowGroup& group : groups_of_rows(result)) {
        const auto p = summarise(result, *power, group.rows), a = summarise(result, *accuracy, group.rows);
        if (p && a) points.push_back({std::move(group), p->value, *a});
    }
    std::ranges::sort(points, [](const CostPoint& a, const CostPoint& b) {
        return std::pair(a.power, -a.accuracy.value) < std::pair(b.power, -b.accuracy.value);
    });
    double best = -1.0;
    for (CostPoint& point : points) {
        point.is_front = point.accuracy.value > best;
        best = std::max(best, point.accuracy.value);
    }
    return points;
}

std::optional<PaperFigure> against_power(const ResultData& result) {
    const std::vector<CostPoint> points = cost_points(result);
    if (points.size() < 2) return {};
    std::string data = "# power_W accuracy_% low_% high_% name; all points, then the front\n";
    const auto tell = [&](const CostPoint& point) {
        data +=
            fmt::format("{} {} {} {} {}\n", point.power, 100.0 * point.accuracy.value,
                        100.0 * point.accuracy.low, 100.0 * point.accuracy.high, in_quotes(point.group.name));
    };
    for (const CostPoint& point : points) tell(point);
    data += "\n\n";
    for (const CostPoint& point : points) {
        if (point.is_front) tell(point);
    }
    return PaperFigure{
        "accuracy-power", data,
        "set xlabel 'power / W'\nset ylabel 'accuracy / %'\nset key bottom right\nset xrange [0:]\n"
        "plot 'accuracy-power.dat' index 1 using 1:2 with lines dt 2 lc rgb '#2c6fad' title 'front', \\\n"
        "     '' index 0 using 1:2:3:4 with yerrorbars pt 6 lc rgb '#5d6875' title 'points', \\\n"
        "     '' index 1 using 1:2 with points pt 7 lc rgb '#2c6fad' notitle\n"};
}

std::optional<PaperFigure> by_component(const ResultData& result) {
    std::vector<const ResultFigure*> parts;
    for (const ResultFigure& figure : result.figures) {
        const bool is_part =
            figure.name.starts_with("power_") && figure.name != "power_w" && figure.values.cols() == 1;
        if (is_part && std::ranges::any_of(figure.values.values(), [](double v) { return v > 0.0; }))
            parts.push_back(&figure);
    }
    if (parts.empty()) return {};
    std::string data = "# name", plot;
    for (std::size_t p = 0; p < parts.size(); ++p) {
        data += fmt::format(" {}", parts[p]->name);
        const std::string_view name = std::string_view(parts[p]->name).substr(6);
        plot += fmt::format("{}'power-parts.dat' using {}{} title {} noenhanced",
                            p == 0 ? "plot " : ", \\\n     ", p + 2, p == 0 ? ":xtic(1)" : "",
                            in_quotes(name.substr(0, name.rfind('_'))));
    }
    constexpr std::size_t most_names = 16;
    std::vector<RowGroup> groups = groups_of_rows(result);
    if (groups.size() > most_names) { // more names than there is room for: the front
        groups.clear();
        for (CostPoint& point : cost_points(result)) {
            if (point.is_front) groups.push_back(std::move(point.group));
        }
    }
    for (const RowGroup& group : groups) {
        data += fmt::format("\n{}", in_quotes(group.name));
        for (const ResultFigure* part : parts) {
            const auto found = summarise(result, *part, group.rows);
            data += fmt::format(" {}", found ? found->value : 0.0);
        }
    }
    return PaperFigure{
        "power-parts", data + "\n",
        "set style data histograms\nset style histogram rowstacked\nset style fill solid\nset boxwidth 0.7\n"
        "set ylabel 'power / W'\nset xtics rotate by 45 right noenhanced\nset bmargin 11\nset key top "
        "left\n" +
            plot + "\n"};
}

Index most_accurate(const ResultData& result) {
    const ResultFigure* accuracy = find_figure(result, "accuracy");
    Index best = 0;
    for (Index row = 1; row < result.rows; ++row) {
        if (!(accuracy->values(row, 0) <= accuracy->values(best, 0)) && !std::isnan(accuracy->values(row, 0)))
            best = row;
    }
    return best;
}

std::vector<PaperFigure> classes_of(const ResultData& result) {
    if (result.confusion.empty()) return {};
    const Matrix<Index>& counts = result.confusion[at(most_accurate(result))];
    std::string data = "# taken_for class images\n", errors = "# class error_% images\n";
    for (Index c = 0; c < counts.rows(); ++c) {
        const auto row = counts.row(c);
        for (Index j = 0; j < counts.cols(); ++j) data += fmt::format("{} {} {}\n", j, c, counts(c, j));
        const Index all = std::accumulate(row.begin(), row.end(), Index{0});
        if (all > 0)
            errors +=
                fmt::format("{} {} {}\n", c,
                            100.0 * static_cast<double>(all - counts(c, c)) / static_cast<double>(all), all);
    }
    return {{"confusion", data,
             "set xlabel 'taken for'\nset ylabel 'class of the image'\nset yrange [] reverse\nset size "
             "square\nunset grid\nunset key\n"
             "unset colorbox\nset logscale cb\nset autoscale fix\nset xtics 1\nset ytics 1\n"
             "plot 'confusion.dat' using 1:2:($3 + 1) with image, '' using 1:2:(($3 > 0) ? sprintf('%d', $3) "
             ": '') with labels "
             "font ',8'\n"},
            {"class-errors", errors,
             "set xlabel 'class of the image'\nset ylabel 'taken for another / %'\nset style fill solid\nset "
             "boxwidth 0.7\nset yrange [0:]\nset xrange [-0.6:*<1000]\n"
             "set xtics 1\nunset key\nplot 'class-errors.dat' using 1:2 with boxes lc rgb '#2c6fad'\n"}};
}

PaperFigure map_figure(const std::string& name, const Matrix<double>& values, const char* title,
                       const char* column) {
    std::string data = "# column row value\n";
    for (Index r = 0; r < values.rows(); ++r) {
        for (Index c = 0; c < values.cols(); ++c) data += fmt::format("{} {} {}\n", c, r, values(r, c));
    }
    const auto [least, greatest] = std::ranges::minmax(values.values());
    std::string colours;
    if (least < 0.0 && greatest > 0.0) { // either sign: 0 in the middle
        const double span = std::max(-least, greatest);
        colours =
            fmt::format("set palette defined (-1 '#285d93', 0 '#f7f7f5', 1 '#a1581a')\nset cbrange [{}:{}]\n",
                        -span, span);
    }
    return {name, data,
            fmt::format("set xlabel '{}'\nset ylabel 'row'\nset cblabel '{}' offset 1.5\nset format cb '%.0s "
                        "%c'\nset rmargin at screen 0.8\n"
                        "set yrange [] reverse\nunset grid\nunset key\nset autoscale xfix\nset autoscale "
                        "yfix\n{}plot '{}.dat' using 1:2:3 with image\n",
                        column, title, colours, name)};
}

std::vector<PaperFigure> tile_figures(const ResultData& result) {
    if (result.maps.empty()) return {};
    const auto of_best = std::ranges::find(result.maps, most_accurate(result), &ResultMap::row);
    const ResultMap& map = of_best == result.maps.end() ? result.maps.front() : *of_best;
    std::vector<PaperFigure> figures{
        map_figure("tile-word-lines", map.v_w, "word-line voltage / V", "output"),
        map_figure("tile-bit-lines", map.v_b, "bit-line voltage / V", "column line"),
        map_figure("tile-currents", map.i_cell, "cell current / A", "column line")};
    const OutputError error = output_error(map);
    if (error.counts.empty()) return figures;
    std::string bins = "# middle_V width_V outputs\n", columns = "# output mean_V low_V high_V rms_V\n";
    for (std::size_t k = 0; k < error.counts.size(); ++k)
        bins += fmt::format("{} {} {}\n", 0.5 * (error.edges[k] + error.edges[k + 1]),
                            error.edges[k + 1] - error.edges[k], error.counts[k]);
    for (std::size_t k = 0; k < error.mean.size(); ++k)
        columns +=
            fmt::format("{} {} {} {} {}\n", k, error.mean[k], error.low[k], error.high[k], error.rms[k]);
    figures.push_back(
        {"tile-error-histogram", bins,
         "set xlabel 'output less ideal output / V'\nset ylabel 'outputs of images'\nset format x '%.1s "
         "%c'\nset xtics rotate by 30 right\n"
         "set style fill solid\nunset key\nplot 'tile-error-histogram.dat' using 1:3:2 with boxes lc rgb "
         "'#2c6fad'\n"});
    figures.push_back(
        {"tile-error-columns", columns,
         "set xlabel 'output of the tile'\nset ylabel 'error / V'\nset format y '%.1s %c'\nunset key\nset "
         "offsets 0.5, 0.5, 0, 0\n"
         "plot 'tile-error-columns.dat' using 1:2:3:4 with yerrorbars pt 7 lc rgb '#2c6fad'\n"});
    return figures;
}

/// The whole script: both pictures by `gnuplot NAME.gp`.
std::string script_of(const PaperFigure& figure) {
    const auto panels = static_cast<int>(figure.panels),
               across = static_cast<int>(panel_columns(figure.panels));
    const int down = (panels + across - 1) / across;
    const int width = panels == 1 ? figure.width : 120 + 300 * across,
              height = panels == 1 ? 440 : 40 + 340 * down;
    return fmt::format(
        "# Draws {0}.svg and {0}.png from {0}.dat: gnuplot {0}.gp\n"
        "set style line 100 lc rgb '#dde1e6' lw 0.6\nset grid ls 100\nset border 3\nset tics nomirror\n"
        "set linetype 1 lc rgb '#2c6fad' lw 1.6\nset linetype 2 lc rgb '#d5802b' lw 1.6\n"
        "set linetype 3 lc rgb '#3b9476' lw 1.6\nset linetype 4 lc rgb '#9b4f8c' lw 1.6\n"
        "set linetype 5 lc rgb '#8c7a1f' lw 1.6\nset linetype 6 lc rgb '#66717e' lw 1.6\n"
        "set palette defined (0 '#f1f5f9', 1 '#cbdceb', 2 '#93b9d9', 3 '#5389bd', 4 '#285d93')\n"
        "set linetype 7 lc rgb '#b8433f' lw 1.6\nset linetype 8 lc rgb '#4a4f57' lw 1.6\n"
        "set terminal svg size {2},{3} font 'Helvetica,13' background 'white'\nset output '{0}.svg'\n"
        "{1}"
        "set terminal pngcairo size {4},{5} font 'Helvetica,13' fontscale 2.2 linewidth 2.4 pointscale 2\n"
        "set output '{0}.png'\n{6}set output\n",
        figure.name, figure.plot, width, height, width * 5 / 2, height * 5 / 2,
        figure.panels == 1 ? "replot\n" : figure.plot);
}

void require_gnuplot() {
    try {
        if (run_child({"gnuplot", "--version"}, ".").status == 0) return;
    } catch (const BackendError&) { // it is not there
    }
    throw BackendError("figures need gnuplot, which is not there: apt install gnuplot-nox");
}

} // namespace

std::size_t panel_columns(std::size_t panels) {
    return panels == 4 ? 2 : std::min<std::size_t>(panels, 3);
}

std::vector<PaperFigure> paper_figures(const ResultData& result, const FigureChoice& choice) {
    std::vector<PaperFigure> figures;
    for (std::optional<PaperFigure>& figure :
         std::array{against_power(result), figure_over_axis(result, choice),
                    figure_over_two_axes(result, choice), figure_over_error(result), by_component(result)}) {
        if (figure) figures.push_back(std::move(*figure));
    }
    for (auto* make : std::array{&classes_of, &tile_figures})
        std::ranges::move(make(result), std::back_inserter(figures));
    return figures;
}

void write_paper_figures(const std::vector<PaperFigure>& figures, const std::filesystem::path& folder) {
    require_gnuplot();
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    if (problem)
        throw FileError(fmt::format("{}: the folder cannot be made: {}", folder.string(), problem.message()));
    for (const PaperFigure& figure : figures) {
        write_text_file(folder / (figure.name + ".dat"), figure.data);
        write_text_file(folder / (figure.name + ".gp"), script_of(figure));
        const ChildResult ended = run_child({"gnuplot", figure.name + ".gp"}, folder);
        if (ended.status != 0)
            throw BackendError(fmt::format("gnuplot could not draw {}: {}",
                                           (folder / (figure.name + ".gp")).string(), ended.error_text));
    }
}

} // namespace ohmloom
