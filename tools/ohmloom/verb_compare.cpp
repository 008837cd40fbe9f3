#include "base/errors.hpp"
#include "study/run_comparison.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

namespace ohmloom::cli {

namespace {

struct CompareArguments {
    std::string first, second;
    double level = 0.05;
    bool check = false, json = false;
};

bool is_worse(const ComparedPoint& point, double level) {
    return point.difference.value < 0.0 && point.adjusted < level;
}

std::string verdict(const ComparedPoint& point, double level) {
    const PairedOutcomes& o = point.outcomes;
    if (o.same_class == o.images()) return "every image alike";
    if (o.first_only + o.second_only == 0) return "right on the same images";
    if (point.adjusted >= level) return "no significant difference";
    return point.difference.value < 0.0 ? "worse" : "better";
}

/// "1.2e-05 -> 1.3e-05 W (+8.3 %)"
std::string change_text(const MovedFigure& figure) {
    const std::string unit = figure.unit == "1" ? "" : " " + figure.unit;
    if (figure.first.size() > 1 || figure.second.size() > 1)
        return fmt::format("{:.6g} -> {:.6g}{}", fmt::join(figure.first, "/"), fmt::join(figure.second, "/"),
                           unit);
    const double a = figure.first.front(), b = figure.second.front();
    std::string text = fmt::format("{:.6g} -> {:.6g}{}", a, b, unit);
    if (a != 0.0 && std::isfinite(a) && std::isfinite(b))
        text += fmt::format(" ({:+.3g} %)", 100.0 * (b / a - 1.0));
    return text;
}

void print_comparison(const RunComparison& comparison, const CompareArguments& arguments) {
    fmt::print("{} against {}: {} images\n", arguments.second, arguments.first, comparison.images);
    if (comparison.first_images != comparison.second_images) {
        fmt::print("below accuracy, figures are of {} images before and {} after\n", comparison.first_images,
                   comparison.second_images);
    }
    if (comparison.by_place) fmt::print("no point is named alike in both: taken in their order\n");
    for (const ComparedPoint& point : comparison.points) {
        const PairedOutcomes& o = point.outcomes;
        const auto images = static_cast<double>(o.images());
        fmt::print("\n{}\n", point.name);
        fmt::print("  {:<26}{:.2f} % -> {:.2f} %: {:+.2f} (95 %: {:+.2f} to {:+.2f}) points, {}\n",
                   "accuracy", 100.0 * static_cast<double>(o.both + o.first_only) / images,
                   100.0 * static_cast<double>(o.both + o.second_only) / images,
                   100.0 * point.difference.value, 100.0 * point.difference.low,
                   100.0 * point.difference.high, verdict(point, arguments.level));
        fmt::print("  {:<26}{} right only before, {} only after; McNemar p = {:.3g}", "", o.first_only,
                   o.second_only, point.probability);
        if (comparison.points.size() > 1)
            fmt::print(", {:.3g} among {} points", point.adjusted, comparison.points.size());
        fmt::print("\n  {:<26}the same class on {} of {} images\n", "", o.same_class, o.images());
        for (const MovedFigure& figure : point.moved) {
            if (figure.name == "accuracy") continue; // stands above, with its images
            fmt::print("  {:<26}{}\n", figure.name, change_text(figure));
        }
    }
    for (const std::string& name : comparison.only_first)
        fmt::print("\nonly in {}: {}\n", arguments.first, name);
    for (const std::string& name : comparison.only_second)
        fmt::print("\nonly in {}: {}\n", arguments.second, name);
}

void print_json(const RunComparison& comparison, const CompareArguments& arguments) {
    nlohmann::json points = nlohmann::json::array();
    for (const ComparedPoint& point : comparison.points) {
        nlohmann::json moved = nlohmann::json::object();
        for (const MovedFigure& figure : point.moved)
            moved[figure.name] = {{"unit", figure.unit}, {"first", figure.first}, {"second", figure.second}};
        points.push_back({{"name", point.name},
                          {"first", point.first},
                          {"second", point.second},
                          {"right_both", point.outcomes.both},
                          {"right_first_only", point.outcomes.first_only},
                          {"right_second_only", point.outcomes.second_only},
                          {"right_neither", point.outcomes.neither},
                          {"same_class", point.outcomes.same_class},
                          {"difference", point.difference.value},
                          {"difference_low", point.difference.low},
                          {"difference_high", point.difference.high},
                          {"p", point.probability},
                          {"p_adjusted", point.adjusted},
                          {"verdict", verdict(point, arguments.level)},
                          {"moved", moved}});
    }
    const nlohmann::json object{{"schema", "ohmloom-comparison-1"},
                                {"first", arguments.first},
                                {"second", arguments.second},
                                {"images", comparison.images},
                                {"first_images", comparison.first_images},
                                {"second_images", comparison.second_images},
                                {"level", arguments.level},
                                {"by_place", comparison.by_place},
                                {"points", points},
                                {"only_first", comparison.only_first},
                                {"only_second", comparison.only_second}};
    fmt::print("{}\n", object.dump(2));
}

int run_compare(const CompareArguments& arguments) {
    const StoredRun first = read_run(arguments.first), second = read_run(arguments.second);
    const RunComparison comparison = compare_runs(first, second);
    if (arguments.json) {
        print_json(comparison, arguments);
    } else {
        print_comparison(comparison, arguments);
    }
    const bool worse = std::ranges::any_of(
        comparison.points, [&](const ComparedPoint& point) { return is_worse(point, arguments.level); });
    return arguments.check && worse ? exit_not_converged : exit_good;
}

} // namespace

void add_compare_verb(CommandLine& line) {
    auto arguments = std::make_shared<CompareArguments>();
    CLI::App* verb = line.app.add_subcommand(
        "compare",
        "two runs on the same images: which figures moved, and whether accuracy did significantly");
    verb->add_option("FIRST", arguments->first, "result of `ohmloom run -o`")->required();
    verb->add_option("SECOND", arguments->second, "likewise; what is said is said of this one")->required();
    verb->add_option("--level", arguments->level, "probability below which a difference counts")
        ->check(fraction())
        ->capture_default_str();
    verb->add_flag("--check", arguments->check, "exit status 1 if a point is significantly less accurate");
    verb->add_flag("--json", arguments->json, "print as JSON (schema ohmloom-comparison-1)");
    verb->footer(
        "Example:\n  ohmloom compare before.h5 after.h5\n\n"
        "Accuracy is compared image by image (McNemar's exact test; Holm's correction for several points).\n"
        "Exit status: 0 good, 1 with --check if accuracy fell, 2 bad input.");
    verb->callback([arguments, &line] { line.chosen = [arguments] { return run_compare(*arguments); }; });
}

} // namespace ohmloom::cli
