#include "base/errors.hpp"
#include "compare_arguments.hpp"
#include "sweep/sweep_comparison.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>
#include <tuple>

namespace ohmloom::cli {

namespace {

constexpr std::size_t most_lines = 10; ///< of one kind

/// Two results and what became of their comparison.
struct Comparison {
    const CompareArguments& arguments;
    const StoredSweep& first;
    const StoredSweep& second;
    const SweepComparison& found;

    [[nodiscard]] const SweepMatching& matching() const { return found.matching; }
};

/// One of the two results.
struct Side {
    const std::string& file;
    const std::string& other_file;
    const StoredSweep& sweep;
    const PointNames& names;                ///< of its rows
    const PointNames& others;               ///< of the other's rows
    const std::vector<Index>& only;         ///< its rows alone
    const std::vector<FailedMatch>& failed; ///< its failures where the other has results
};

std::array<Side, 2> sides_of(const Comparison& c) {
    const SweepMatching& m = c.matching();
    return {
        {{c.arguments.first, c.arguments.second, c.first, m.first, m.second, m.only_first, m.failed_in_first},
         {c.arguments.second, c.arguments.first, c.second, m.second, m.first, m.only_second,
          m.failed_in_second}}};
}

std::string name_or_only(const std::string& name) {
    return name.empty() ? "the only point" : name;
}

bool has_row_per_point(const StoredSweep& sweep) {
    return sweep.rows() + sweep.missing + static_cast<Index>(sweep.failures.size()) == sweep.points;
}

/// "30 points", or "60 circuits" where a point has several.
std::string count_text(const Comparison& c, Index rows) {
    const bool points = has_row_per_point(c.first) && has_row_per_point(c.second);
    return fmt::format("{} {}{}", rows, points ? "point" : "circuit", rows == 1 ? "" : "s");
}

std::string_view word_of(LoneAxis::Use use) {
    switch (use) {
    case LoneAxis::Use::held:
        return "held";
    case LoneAxis::Use::single:
        return "single";
    case LoneAxis::Use::label:
        return "label";
    }
    return "";
}

void print_lone_axis(const LoneAxis& axis, const CompareArguments& arguments) {
    const auto& [file, other] = axis.is_of_first ? std::tie(arguments.first, arguments.second)
                                                 : std::tie(arguments.second, arguments.first);
    fmt::print("{} is an axis of {} alone", axis.key, file);
    switch (axis.use) {
    case LoneAxis::Use::held:
        if (axis.value.empty())
            fmt::print(": compared where it is not given, as in {}\n", other);
        else
            fmt::print(": compared where it is {}, as in {}\n", axis.value, other);
        break;
    case LoneAxis::Use::single:
        fmt::print(", {} everywhere: not used to match\n", axis.value.empty() ? "not given" : axis.value);
        break;
    case LoneAxis::Use::label:
        fmt::print(": names alone, not used to match\n");
        break;
    }
}

/// Where a failure is: at a row that the other has there, else by its number.
std::string place_of_failure(const Side& side, const std::vector<bool>& said, std::size_t failure) {
    const auto known = std::ranges::find(side.failed, static_cast<Index>(failure), &FailedMatch::failure);
    if (known != side.failed.end()) return name_or_only(point_name(side.others, said, known->row));
    return fmt::format("point {}", side.sweep.failures[failure].point);
}

void print_side(const Comparison& c, const Side& side) {
    const StoredSweep& sweep = side.sweep;
    const std::vector<bool>& said = c.matching().said;
    if (!side.only.empty())
        fmt::print("only in {}: {}, the first {}\n", side.file,
                   count_text(c, static_cast<Index>(side.only.size())),
                   name_or_only(point_name(side.names, said, side.only.front())));
    if (!sweep.failures.empty()) {
        // What the other has got results for tells most.
        const std::size_t first =
            side.failed.empty() ? 0 : static_cast<std::size_t>(side.failed.front().failure);
        fmt::print("failed in {}: {} of {} points, {} of them with results in {}; {}: {}\n", side.file,
                   sweep.failures.size(), sweep.points, side.failed.size(), side.other_file,
                   place_of_failure(side, said, first), sweep.failures[first].message);
    }
    if (sweep.missing > 0)
        fmt::print("not computed in {}: {} of {} points\n", side.file, sweep.missing, sweep.points);
    if (sweep.not_converged > 0)
        fmt::print("not converged in {}: {} of {} points\n", side.file, sweep.not_converged, sweep.points);
}

bool draws(const StoredSweep& sweep) {
    return std::ranges::any_of(sweep.kinds,
                               [](const std::string& kind) { return kind == "draw" || kind == "repeat"; });
}

void print_head(const Comparison& c) {
    fmt::print("{} against {}: {} compared, of {} and {}\n", c.arguments.second, c.arguments.first,
               count_text(c, static_cast<Index>(c.matching().rows.size())), c.first.rows(), c.second.rows());
    for (const LoneAxis& axis : c.matching().lone_axes) print_lone_axis(axis, c.arguments);
    if (c.matching().circuits_by_place)
        fmt::print("no circuit is named alike in both: taken in their order\n");
    if (draws(c.first) && draws(c.second) && c.first.seed != c.second.seed)
        fmt::print("seeds are {} before and {} after: a draw is another one\n", c.first.seed, c.second.seed);
    for (const Side& side : sides_of(c)) print_side(c, side);
}

/// Rows that are significantly better, or worse, the furthest first.
std::vector<const RowOutcomes*> significant_rows(const SweepOutcomes& outcomes, double level, bool better) {
    std::vector<const RowOutcomes*> rows;
    for (const RowOutcomes& row : outcomes.rows) {
        if ((better ? is_better : is_worse)(row.outcomes, row.adjusted, level)) rows.push_back(&row);
    }
    const auto distance = [](const RowOutcomes* row) {
        return -std::abs(static_cast<double>(row->outcomes.second_only - row->outcomes.first_only) /
                         static_cast<double>(row->outcomes.images()));
    };
    std::ranges::stable_sort(rows, {}, distance);
    return rows;
}

void print_rows(const Comparison& c, const std::vector<const RowOutcomes*>& rows, std::string_view word) {
    for (std::size_t k = 0; k < std::min(rows.size(), most_lines); ++k) {
        const RowOutcomes& row = *rows[k];
        fmt::print("  {:<8}{}, p = {:.3g}: {}\n", word,
                   accuracy_text(row.outcomes, accuracy_difference(row.outcomes)), row.adjusted,
                   name_or_only(c.matching().name(row.rows)));
    }
    if (rows.size() > most_lines)
        fmt::print("  {:<8}at {} more: see --json\n", word, rows.size() - most_lines);
}

/// Images at all rows, and how many of them got the same class.
struct ImageTotals {
    std::int64_t images = 0, same_class = 0;
    Index alike = 0; ///< rows where every image did
};

ImageTotals totals_of(const SweepOutcomes& outcomes) {
    ImageTotals totals;
    for (const RowOutcomes& row : outcomes.rows) {
        totals.images += row.outcomes.images();
        totals.same_class += row.outcomes.same_class;
        if (row.outcomes.same_class == row.outcomes.images()) ++totals.alike;
    }
    return totals;
}

void print_accuracy(const Comparison& c) {
    fmt::print("\naccuracy, image by image\n");
    if (!c.found.outcomes) {
        fmt::print(
            "  not tested: {} keeps no classes of images (classes = false); it is among the figures below\n",
            c.first.has_classes ? c.arguments.second : c.arguments.first);
        return;
    }
    const SweepOutcomes& outcomes = *c.found.outcomes;
    const double level = c.arguments.level;
    const auto better = significant_rows(outcomes, level, true),
               worse = significant_rows(outcomes, level, false);
    const ImageTotals totals = totals_of(outcomes);
    fmt::print("  significantly better at {}, worse at {} of {} (McNemar, Holm's correction, level {:g})\n",
               better.size(), worse.size(), count_text(c, static_cast<Index>(outcomes.rows.size())), level);
    if (outcomes.pooled)
        fmt::print("  all together: {} images right more often, {} less often; sign test p = {:.3g}\n",
                   outcomes.pooled->more, outcomes.pooled->fewer, outcomes.pooled->probability);
    fmt::print("  the same class on {} of {} images, on all of them at {}\n", totals.same_class,
               totals.images, count_text(c, totals.alike));
    if (outcomes.unequal_images > 0)
        fmt::print("  more images in one of the two at {}: the fewer are compared, figures are of all\n",
                   count_text(c, outcomes.unequal_images));
    if (outcomes.without_images > 0)
        fmt::print("  without images at {}\n", count_text(c, outcomes.without_images));
    print_rows(c, worse, "worse");
    print_rows(c, better, "better");
}

std::string with_unit(double value, const std::string& unit) {
    return fmt::format("{:+.3g}{}", value, unit == "1" ? "" : " " + unit);
}

std::string movement_text(const Comparison& c, const FigureMovement& figure, const Movement& movement) {
    const std::string entry = figure.each > 1 ? fmt::format(" in layer {}", movement.entry) : "";
    return fmt::format("{}{} at {}", change_text({&movement.before, 1}, {&movement.after, 1}, figure.unit),
                       entry, name_or_only(c.matching().name(movement.rows)));
}

bool is_same_place(const Movement& a, const Movement& b) {
    return a.rows == b.rows && a.entry == b.entry;
}

void print_figure(const Comparison& c, const FigureMovement& figure) {
    std::string medians = with_unit(figure.median_absolute, figure.unit);
    if (!std::isnan(figure.median_relative))
        medians = fmt::format("{:+.3g} % ({})", 100.0 * figure.median_relative, medians);
    fmt::print("  {:<26}at {} of {}: {} up, {} down, median {}\n", figure.name, figure.moved,
               count_text(c, figure.compared), figure.up, figure.down, medians);
    if (figure.largest_relative)
        fmt::print("  {:<26}most in %: {}\n", "", movement_text(c, figure, *figure.largest_relative));
    if (!figure.largest_relative || !is_same_place(*figure.largest_relative, *figure.largest_absolute))
        fmt::print("  {:<26}most in {}: {}\n", "", figure.unit == "1" ? "value" : figure.unit,
                   movement_text(c, figure, *figure.largest_absolute));
}

void print_figures(const Comparison& c) {
    Index moved = 0;
    for (const FigureMovement& figure : c.found.figures) {
        if (figure.moved == 0) continue;
        if (moved++ == 0) fmt::print("\nfigures that moved\n");
        print_figure(c, figure);
    }
    const Index all = static_cast<Index>(c.found.figures.size());
    fmt::print("\n{} of {} figures are the same everywhere\n", all - moved, all);
    const std::vector<std::string>& others = c.found.other_figures;
    if (!others.empty())
        fmt::print("in one of the two alone, or in different units: {}\n", fmt::join(others, ", "));
}

nlohmann::json movement_json(const Comparison& c, const std::optional<Movement>& movement) {
    if (!movement) return nullptr;
    return {{"name", c.matching().name(movement->rows)},
            {"first_row", movement->rows.first},
            {"second_row", movement->rows.second},
            {"entry", movement->entry},
            {"first", movement->before},
            {"second", movement->after}};
}

nlohmann::json figures_json(const Comparison& c) {
    nlohmann::json figures = nlohmann::json::object();
    for (const FigureMovement& figure : c.found.figures)
        figures[figure.name] = {{"unit", figure.unit},
                                {"compared", figure.compared},
                                {"moved", figure.moved},
                                {"up", figure.up},
                                {"down", figure.down},
                                {"median_absolute", figure.median_absolute},
                                {"median_relative", figure.median_relative},
                                {"largest_absolute", movement_json(c, figure.largest_absolute)},
                                {"largest_relative", movement_json(c, figure.largest_relative)}};
    return figures;
}

nlohmann::json row_json(const Comparison& c, const RowOutcomes& row) {
    nlohmann::json json =
        outcomes_json(row.outcomes, accuracy_difference(row.outcomes), row.probability, row.adjusted);
    json["name"] = c.matching().name(row.rows);
    json["first_row"] = row.rows.first;
    json["second_row"] = row.rows.second;
    json["verdict"] = row.outcomes.second_only < row.outcomes.first_only ? "worse" : "better";
    return json;
}

nlohmann::json accuracy_json(const Comparison& c) {
    if (!c.found.outcomes) return nullptr;
    const SweepOutcomes& outcomes = *c.found.outcomes;
    const double level = c.arguments.level;
    const auto better = significant_rows(outcomes, level, true),
               worse = significant_rows(outcomes, level, false);
    nlohmann::json rows = nlohmann::json::array();
    for (const auto* found : {&worse, &better}) {
        for (const RowOutcomes* row : *found) rows.push_back(row_json(c, *row));
    }
    const ImageTotals totals = totals_of(outcomes);
    nlohmann::json pooled;
    if (outcomes.pooled)
        pooled = {{"images_more_often_right", outcomes.pooled->more},
                  {"images_less_often_right", outcomes.pooled->fewer},
                  {"p", outcomes.pooled->probability}};
    return {{"tested", outcomes.rows.size()},
            {"better", better.size()},
            {"worse", worse.size()},
            {"images", totals.images},
            {"same_class", totals.same_class},
            {"rows_alike", totals.alike},
            {"unequal_images", outcomes.unequal_images},
            {"without_images", outcomes.without_images},
            {"pooled", pooled},
            {"significant", rows}};
}

nlohmann::json side_json(const Comparison& c, const Side& side) {
    nlohmann::json only = nlohmann::json::array(), failed = nlohmann::json::array();
    for (const Index row : side.only) only.push_back(point_name(side.names, c.matching().said, row));
    for (const FailedMatch& match : side.failed) {
        const PointFailure& failure = side.sweep.failures[static_cast<std::size_t>(match.failure)];
        failed.push_back({{"name", point_name(side.others, c.matching().said, match.row)},
                          {"point", failure.point},
                          {"message", failure.message}});
    }
    return {{"file", side.file},
            {"points", side.sweep.points},
            {"rows", side.sweep.rows()},
            {"missing", side.sweep.missing},
            {"not_converged", side.sweep.not_converged},
            {"failed", side.sweep.failures.size()},
            {"failed_here_only", failed},
            {"only_here", only}};
}

void print_json(const Comparison& c) {
    nlohmann::json axes = nlohmann::json::array();
    for (const LoneAxis& axis : c.matching().lone_axes)
        axes.push_back({{"key", axis.key},
                        {"of", axis.is_of_first ? "first" : "second"},
                        {"use", word_of(axis.use)},
                        {"value", axis.value}});
    const std::array<Side, 2> sides = sides_of(c);
    const nlohmann::json object{{"schema", "ohmloom-sweep-comparison-1"},
                                {"first", side_json(c, sides[0])},
                                {"second", side_json(c, sides[1])},
                                {"level", c.arguments.level},
                                {"ignored", c.arguments.ignored},
                                {"compared", c.matching().rows.size()},
                                {"by_place", c.matching().circuits_by_place},
                                {"axes_of_one", axes},
                                {"accuracy", accuracy_json(c)},
                                {"figures", figures_json(c)},
                                {"other_figures", c.found.other_figures}};
    fmt::print("{}\n", object.dump(2));
}

/// Whether the second is worse somewhere. @throws InputError if that cannot be known.
bool is_worse_anywhere(const Comparison& c) {
    if (!c.found.outcomes)
        throw InputError(
            fmt::format("--check needs the class of every image, and {} has none: compute it with "
                        "classes = true in [sweep]",
                        c.first.has_classes ? c.arguments.second : c.arguments.first));
    return !c.matching().failed_in_second.empty() ||
           !significant_rows(*c.found.outcomes, c.arguments.level, false).empty();
}

} // namespace

int compare_as_sweeps(const CompareArguments& arguments) {
    const StoredSweep first = open_sweep(arguments.first), second = open_sweep(arguments.second);
    const SweepComparison found = compare_sweeps(first, second, arguments.ignored);
    const Comparison comparison{arguments, first, second, found};
    const bool worse = arguments.check && is_worse_anywhere(comparison);
    if (arguments.json) {
        print_json(comparison);
    } else {
        print_head(comparison);
        print_accuracy(comparison);
        print_figures(comparison);
    }
    return worse ? exit_not_converged : exit_good;
}

} // namespace ohmloom::cli
