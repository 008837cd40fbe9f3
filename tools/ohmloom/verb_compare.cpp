#include "base/errors.hpp"
#include "compare_arguments.hpp"
#include "store/hdf5.hpp"
#include "study/run_comparison.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

namespace ohmloom::cli {

namespace {

std::string verdict(const ComparedPoint& point, double level) {
    const PairedOutcomes& o = point.outcomes;
    if (o.same_class == o.images()) return "every image alike";
    if (o.first_only + o.second_only == 0) return "right on the same images";
    if (is_worse(o, point.adjusted, level)) return "worse";
    return is_better(o, point.adjusted, level) ? "better" : "no significant difference";
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
        fmt::print("\n{}\n", point.name);
        fmt::print("  {:<26}{}, {}\n", "accuracy", accuracy_text(o, point.difference),
                   verdict(point, arguments.level));
        fmt::print("  {:<26}{} right only before, {} only after; McNemar p = {:.3g}", "", o.first_only,
                   o.second_only, point.probability);
        if (comparison.points.size() > 1)
            fmt::print(", {:.3g} among {} points", point.adjusted, comparison.points.size());
        fmt::print("\n  {:<26}the same class on {} of {} images\n", "", o.same_class, o.images());
        for (const MovedFigure& figure : point.moved) {
            if (figure.name == "accuracy") continue; // stands above, with its images
            fmt::print("  {:<26}{}\n", figure.name, change_text(figure.first, figure.second, figure.unit));
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
        nlohmann::json json =
            outcomes_json(point.outcomes, point.difference, point.probability, point.adjusted);
        json["name"] = point.name;
        json["first"] = point.first;
        json["second"] = point.second;
        json["verdict"] = verdict(point, arguments.level);
        json["moved"] = std::move(moved);
        points.push_back(std::move(json));
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

int compare_as_runs(const CompareArguments& arguments) {
    if (!arguments.ignored.empty())
        throw InputError("--ignore is for axes of sweeps: neither file is one of `ohmloom sweep`");
    const StoredRun first = read_run(arguments.first), second = read_run(arguments.second);
    const RunComparison comparison = compare_runs(first, second);
    if (arguments.json) {
        print_json(comparison, arguments);
    } else {
        print_comparison(comparison, arguments);
    }
    const bool worse = std::ranges::any_of(comparison.points, [&](const ComparedPoint& point) {
        return is_worse(point.outcomes, point.adjusted, arguments.level);
    });
    return arguments.check && worse ? exit_not_converged : exit_good;
}

bool is_sweep(const std::string& file) {
    return Hdf5Reader(file).schema_among({"ohmloom-run-1", "ohmloom-sweep-1"}) == "ohmloom-sweep-1";
}

int run_compare(const CompareArguments& arguments) {
    const bool first = is_sweep(arguments.first), second = is_sweep(arguments.second);
    return first || second ? compare_as_sweeps(arguments) : compare_as_runs(arguments);
}

} // namespace

bool is_worse(const PairedOutcomes& outcomes, double adjusted, double level) {
    return outcomes.second_only < outcomes.first_only && adjusted < level;
}

bool is_better(const PairedOutcomes& outcomes, double adjusted, double level) {
    return outcomes.second_only > outcomes.first_only && adjusted < level;
}

nlohmann::json outcomes_json(const PairedOutcomes& outcomes, const Accuracy& difference, double probability,
                             double adjusted) {
    return {{"right_both", outcomes.both},
            {"right_first_only", outcomes.first_only},
            {"right_second_only", outcomes.second_only},
            {"right_neither", outcomes.neither},
            {"same_class", outcomes.same_class},
            {"difference", difference.value},
            {"difference_low", difference.low},
            {"difference_high", difference.high},
            {"p", probability},
            {"p_adjusted", adjusted}};
}

std::string accuracy_text(const PairedOutcomes& outcomes, const Accuracy& difference) {
    const auto images = static_cast<double>(outcomes.images());
    return fmt::format("{:.2f} % -> {:.2f} %: {:+.2f} (95 %: {:+.2f} to {:+.2f}) points",
                       100.0 * static_cast<double>(outcomes.both + outcomes.first_only) / images,
                       100.0 * static_cast<double>(outcomes.both + outcomes.second_only) / images,
                       100.0 * difference.value, 100.0 * difference.low, 100.0 * difference.high);
}

std::string change_text(std::span<const double> first, std::span<const double> second,
                        const std::string& unit) {
    const std::string ending = unit == "1" ? "" : " " + unit;
    std::string text =
        fmt::format("{:.6g} -> {:.6g}{}", fmt::join(first, "/"), fmt::join(second, "/"), ending);
    if (first.size() > 1 || second.size() > 1) return text;
    const double a = first.front(), b = second.front();
    if (a != 0.0 && std::isfinite(a) && std::isfinite(b))
        text += fmt::format(" ({:+.3g} %)", 100.0 * (b - a) / std::abs(a));
    return text;
}

void add_compare_verb(CommandLine& line) {
    auto arguments = std::make_shared<CompareArguments>();
    CLI::App* verb = line.app.add_subcommand(
        "compare",
        "two results on the same images: which figures moved, and whether accuracy did significantly");
    verb->add_option("FIRST", arguments->first, "result of `ohmloom run` or `ohmloom sweep`")->required();
    verb->add_option("SECOND", arguments->second, "likewise; what is said is said of this one")->required();
    verb->add_option("--level", arguments->level, "probability below which a difference counts")
        ->check(fraction())
        ->capture_default_str();
    verb->add_option("--ignore", arguments->ignored,
                     "axes of sweeps by which points are not matched; several, or separated by commas")
        ->delimiter(',');
    verb->add_flag("--check", arguments->check,
                   "exit status 1 if a point is significantly less accurate, or fails only in SECOND");
    verb->add_flag("--json", arguments->json,
                   "print as JSON (schema ohmloom-comparison-1, of sweeps ohmloom-sweep-comparison-1)");
    verb->footer(
        "Example:\n  ohmloom compare before.h5 after.h5\n\n"
        "Accuracy is compared image by image (McNemar's exact test; Holm's correction for several points).\n"
        "Points of sweeps are matched by the values of their axes. An axis that only one sweep has is "
        "matched\n"
        "with what the other's study holds it at; so a run is matched with the points of a sweep that it "
        "is.\n"
        "Exit status: 0 good, 1 with --check if accuracy fell, 2 bad input.");
    verb->callback([arguments, &line] { line.chosen = [arguments] { return run_compare(*arguments); }; });
}

} // namespace ohmloom::cli
