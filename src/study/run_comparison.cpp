#include "study/run_comparison.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace ohmloom {

namespace {

std::vector<std::uint8_t> bytes_of(const std::vector<double>& values) {
    std::vector<std::uint8_t> bytes(values.size());
    std::ranges::transform(values, bytes.begin(), [](double v) { return static_cast<std::uint8_t>(v); });
    return bytes;
}

/// A figure that names a point among those of its run, and how it is said.
struct NamingFigure {
    const char* name;
    const char* text;
};
constexpr std::array<NamingFigure, 5> naming_figures{{{"horizontal", "horizontal {}"},
                                                      {"vertical", "vertical {}"},
                                                      {"read_time_s", "read after {} s"},
                                                      {"temperature_k", "{} K"},
                                                      {"sample_time_s", "sampled every {} s"}}};

std::string numbers_text(std::span<const double> values) {
    if (values.size() == 1) return fmt::format("{:g}", values.front());
    std::vector<double> layers(values.begin(), values.end());
    while (layers.size() > 1 && layers.back() == 0.0)
        layers.pop_back(); // networks of fewer layers are padded
    return fmt::format("{:g}", fmt::join(layers, "/"));
}

/// A point by what it is: the same number of parts for every point.
std::vector<std::string> parts_of_name(const StoredRun& run, Index point) {
    std::vector<std::string> parts;
    const auto at = static_cast<std::size_t>(point);
    for (const char* text : {"network", "device"}) {
        const auto found = run.texts.find(text);
        parts.push_back(found == run.texts.end() ? "" : found->second[at]);
    }
    for (const NamingFigure& figure : naming_figures) {
        const auto found = run.figures.find(figure.name);
        parts.push_back(
            found == run.figures.end()
                ? ""
                : fmt::format(fmt::runtime(figure.text), numbers_text(found->second.values.row(point))));
    }
    return parts;
}

std::vector<std::vector<std::string>> parts_of_names(const StoredRun& run) {
    std::vector<std::vector<std::string>> parts;
    for (Index p = 0; p < run.points(); ++p) parts.push_back(parts_of_name(run, p));
    return parts;
}

/// Whether a part tells points from each other.
bool varies(const std::vector<std::vector<std::string>>& points, std::size_t part) {
    return std::ranges::any_of(points,
                               [&](const auto& point) { return point[part] != points.front()[part]; });
}

/// Names of points. What all of them agree in is left out, but for network and device.
std::vector<std::string> names_of_points(const StoredRun& run,
                                         const std::vector<std::vector<std::string>>& all) {
    std::vector<std::string> names;
    for (Index p = 0; p < run.points(); ++p) {
        const std::vector<std::string> parts = parts_of_name(run, p);
        std::vector<std::string> said;
        for (std::size_t k = 0; k < parts.size(); ++k) {
            if (!parts[k].empty() && (k < 2 || varies(all, k))) said.push_back(parts[k]);
        }
        names.push_back(fmt::format("{}", fmt::join(said, ", ")));
    }
    return names;
}

struct Match {
    Index first, second;
};

/// Points of the same name; equal names by their order.
std::vector<Match> match_names(const std::vector<std::vector<std::string>>& first,
                               const std::vector<std::vector<std::string>>& second) {
    std::vector<Match> matches;
    std::vector<bool> taken(second.size(), false);
    for (std::size_t a = 0; a < first.size(); ++a) {
        for (std::size_t b = 0; b < second.size(); ++b) {
            if (taken[b] || first[a] != second[b]) continue;
            taken[b] = true;
            matches.push_back({static_cast<Index>(a), static_cast<Index>(b)});
            break;
        }
    }
    return matches;
}

Index common_images(const StoredRun& first, const StoredRun& second) {
    const std::size_t images = std::min(first.labels.size(), second.labels.size());
    const auto [a, b] =
        std::mismatch(first.labels.begin(), first.labels.begin() + static_cast<std::ptrdiff_t>(images),
                      second.labels.begin());
    if (a != first.labels.begin() + static_cast<std::ptrdiff_t>(images)) {
        throw InputError(fmt::format("{} and {} are of different images: image {} is a {} in the first, a {} "
                                     "in the second; expected runs on the same data set",
                                     first.file.string(), second.file.string(), a - first.labels.begin(), *a,
                                     *b));
    }
    return static_cast<Index>(images);
}

bool is_compared(std::string_view name) {
    return name != "wall_s" && !name.starts_with("accuracy_low") && !name.starts_with("accuracy_high");
}

bool differ(double a, double b) {
    return a != b && !std::isnan(a) &&
           !std::isnan(b); // what one of the two has not worked out cannot be compared
}

std::vector<MovedFigure> moved_figures(const StoredRun& first, const StoredRun& second, const Match& match) {
    std::vector<MovedFigure> moved;
    for (const auto& [name, figure] : first.figures) {
        const auto other = second.figures.find(name);
        if (other == second.figures.end() || !is_compared(name)) continue;
        const auto a = figure.values.row(match.first), b = other->second.values.row(match.second);
        if (std::ranges::equal(a, b, [](double x, double y) { return !differ(x, y); })) continue;
        moved.push_back({name, figure.unit, {a.begin(), a.end()}, {b.begin(), b.end()}});
    }
    return moved;
}

void name_unmatched(const std::vector<std::string>& names, const std::vector<Match>& matches,
                    Index Match::*side, std::vector<std::string>& unmatched) {
    for (std::size_t k = 0; k < names.size(); ++k) {
        const auto is_this = [&](const Match& match) { return match.*side == static_cast<Index>(k); };
        if (std::ranges::none_of(matches, is_this)) unmatched.push_back(names[k]);
    }
}

} // namespace

StoredRun read_run(const std::filesystem::path& file) {
    const Hdf5Reader reader(file);
    reader.require_schema("ohmloom-run-1");
    StoredRun run;
    run.file = file;
    run.study = reader.read_text("/study");
    run.version = reader.attribute_text("/", "version");
    run.labels = bytes_of(reader.read_vector("/labels", "1"));
    const auto images = static_cast<Index>(run.labels.size());
    const Matrix<double> classes = reader.read_matrix("/points/classes", "1", any_size, images);
    run.classes = Matrix<std::uint8_t>(classes.rows(), images, bytes_of(classes.values()));
    for (const std::string& name : reader.children("/points")) {
        const std::string path = "/points/" + name;
        if (name == "classes") continue;
        if (reader.is_text(path)) {
            run.texts[name] = reader.read_texts(path);
            if (static_cast<Index>(run.texts[name].size()) != run.points())
                throw FileError(fmt::format("{}: {} has {} entries: expected {}, one per point",
                                            file.string(), path, run.texts[name].size(), run.points()));
            continue;
        }
        const Shape shape = reader.shape(path);
        if (shape.empty() || shape.size() > 2 || shape[0] != run.points())
            throw FileError(fmt::format("{}: {} has the shape {}: expected {} points first", file.string(),
                                        path, to_string(shape), run.points()));
        const std::string unit = reader.attribute_text(path, "unit");
        const Index each = shape.size() == 2 ? shape[1] : 1;
        run.figures[name] = {unit, Matrix<double>(run.points(), each, reader.read_array(path, unit).values)};
    }
    return run;
}

RunComparison compare_runs(const StoredRun& first, const StoredRun& second) {
    RunComparison comparison;
    comparison.images = common_images(first, second);
    comparison.first_images = static_cast<Index>(first.labels.size());
    comparison.second_images = static_cast<Index>(second.labels.size());
    std::vector<std::vector<std::string>> all = parts_of_names(first), others = parts_of_names(second);
    std::vector<Match> matches = match_names(all, others);
    all.insert(all.end(), others.begin(), others.end());
    const std::vector<std::string> names = names_of_points(first, all),
                                   other_names = names_of_points(second, all);
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
    for (const Match& match : matches) {
        ComparedPoint point{
            match.first, match.second, names[static_cast<std::size_t>(match.first)], {}, {}, 1.0, 1.0, {}};
        if (comparison.by_place)
            point.name += " against " + other_names[static_cast<std::size_t>(match.second)];
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
    name_unmatched(names, matches, &Match::first, comparison.only_first);
    name_unmatched(other_names, matches, &Match::second, comparison.only_second);
    return comparison;
}

} // namespace ohmloom
