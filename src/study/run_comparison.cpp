#include "study/run_comparison.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"
#include "study/point_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

namespace ohmloom {

namespace {

std::vector<MovedFigure> moved_figures(const StoredRun& first, const StoredRun& second,
                                       const PointMatch& match) {
    std::vector<MovedFigure> moved;
    for (const auto& [name, figure] : first.figures) {
        const auto other = second.figures.find(name);
        if (other == second.figures.end() || !is_compared(name)) continue;
        const auto a = figure.values.row(match.first), b = other->second.values.row(match.second);
        if (std::ranges::equal(a, b, [](double x, double y) { return !has_moved(x, y); })) continue;
        moved.push_back({name, figure.unit, {a.begin(), a.end()}, {b.begin(), b.end()}});
    }
    return moved;
}

std::vector<std::string> names_of_unmatched(const PointNames& names, const std::vector<bool>& said,
                                            const std::vector<PointMatch>& matches, Index PointMatch::*side) {
    std::vector<std::string> unmatched;
    for (const Index point : unmatched_points(matches, side, names.points))
        unmatched.push_back(point_name(names, said, point));
    return unmatched;
}

} // namespace

StoredRun read_run(const std::filesystem::path& file) {
    const auto reader = std::make_shared<const Hdf5Reader>(file);
    reader->require_schema("ohmloom-run-1");
    StoredRun run;
    run.file = file;
    run.study = reader->read_text("/study");
    run.version = reader->attribute_text("/", "version");
    run.labels = read_labels(*reader, "/labels");
    const Shape shape = reader->shape("/points/classes");
    run.classes = reader->read_byte_rows("/points/classes", "1", 0, shape.empty() ? 0 : shape.front());
    if (run.classes.cols() != static_cast<Index>(run.labels.size()))
        throw FileError(fmt::format("{}: /points/classes is of {} images: expected {}, one per label",
                                    file.string(), run.classes.cols(), run.labels.size()));
    const StoredPoints points(reader, run.classes.rows());
    for (const std::string& name : points.figures()) run.figures[name] = points.figure(name);
    for (const std::string& name : points.texts()) run.texts[name] = points.text(name);
    return run;
}

RunComparison compare_runs(const StoredRun& first, const StoredRun& second) {
    RunComparison comparison;
    comparison.images = common_images(first.labels, first.file, second.labels, second.file);
    comparison.first_images = static_cast<Index>(first.labels.size());
    comparison.second_images = static_cast<Index>(second.labels.size());
    const PointNames names = circuit_names(first.points(), first.figures, first.texts),
                     others = circuit_names(second.points(), second.figures, second.texts);
    const std::vector<bool> said = parts_to_say(names, others);
    std::vector<PointMatch> matches = match_points(names, others);
    if (matches.empty()) {
        if (first.points() != second.points())
            throw InputError(fmt::format("{} and {} have no point in common, and {} and {} points: expected "
                                         "the same networks, devices and partitions, or as many",
                                         first.file.string(), second.file.string(), first.points(),
                                         second.points()));
        comparison.by_place = true;
        for (Index p = 0; p < first.points(); ++p) matches.push_back({p, p});
    }
    const auto images = static_cast<std::size_t>(comparison.images);
    std::vector<double> probabilities;
    for (const PointMatch& match : matches) {
        ComparedPoint point{match.first, match.second, point_name(names, said, match.first), {}, {}, 1.0, 1.0,
                            {}};
        if (comparison.by_place) point.name += " against " + point_name(others, said, match.second);
        point.outcomes = count_outcomes(first.classes.row(match.first).first(images),
                                        second.classes.row(match.second).first(images),
                                        std::span(first.labels).first(images));
        point.difference = accuracy_difference(point.outcomes);
        point.probability = mcnemar_probability(point.outcomes);
        point.moved = moved_figures(first, second, match);
        probabilities.push_back(point.probability);
        comparison.points.push_back(std::move(point));
    }
    const std::vector<double> adjusted = holm_adjusted(probabilities);
    for (std::size_t k = 0; k < adjusted.size(); ++k) comparison.points[k].adjusted = adjusted[k];
    comparison.only_first = names_of_unmatched(names, said, matches, &PointMatch::first);
    comparison.only_second = names_of_unmatched(others, said, matches, &PointMatch::second);
    return comparison;
}

} // namespace ohmloom
