#include "sweep/stored_sweep.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"
#include "sweep/sweep_plan.hpp"
#include "sweep/sweep_result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <utility>

namespace ohmloom {

namespace {

std::string without_quotes(std::string literal) {
    if (literal.size() >= 2 && literal.front() == '"' && literal.back() == '"')
        literal = literal.substr(1, literal.size() - 2);
    return literal;
}

/// Whole numbers of a data set, from 0 to below `limit`.
std::vector<Index> whole_numbers(const Hdf5Reader& reader, const std::string& path, Index count,
                                 Index limit) {
    std::vector<Index> numbers;
    for (const double value : reader.read_vector(path, "1", count)) {
        if (!(value >= 0.0 && value < static_cast<double>(limit)))
            throw FileError(fmt::format("{}: {} holds {}: expected numbers from 0 to below {}",
                                        reader.file().string(), path, value, limit));
        numbers.push_back(static_cast<Index>(value));
    }
    return numbers;
}

NamePart read_axis(const Hdf5Reader& reader, const std::string& key, Index rows) {
    const std::string path = "/coordinates/" + key;
    const Shape shape = reader.shape(path);
    if (shape != Shape{rows})
        throw FileError(fmt::format("{}: {} has the shape {}: expected [{}], one value a row",
                                    reader.file().string(), path, to_string(shape), rows));
    if (reader.is_text(path)) return coordinate_part(key, reader.read_texts(path));
    NamePart part = coordinate_part(key, {});
    part.numbers = Matrix<double>(rows, 1, reader.read_vector(path, reader.attribute_text(path, "unit")));
    return part;
}

void read_axes(StoredSweep& sweep) {
    sweep.axes.points = sweep.rows();
    for (const std::string& key : sweep.reader->read_texts("/axes/names")) {
        sweep.axes.parts.push_back(read_axis(*sweep.reader, key, sweep.rows()));
        const std::string path = "/coordinates/" + key;
        sweep.kinds.push_back(
            sweep.reader->has_attribute(path, "kind") ? sweep.reader->attribute_text(path, "kind") : "list");
    }
}

/// Where the failed points are: the file says that of points with results only, its study of all.
void place_failures(StoredSweep& sweep, const std::string& study) {
    sweep.failed_axes.points = static_cast<Index>(sweep.failures.size());
    for (const NamePart& axis : sweep.axes.parts)
        sweep.failed_axes.parts.push_back(coordinate_part(axis.name, {}));
    if (sweep.failures.empty()) return;
    try {
        const SweepPlan plan = parse_sweep(study, sweep.file);
        if (plan.points() != sweep.points) return;
        const std::vector<AxisLabel> axes = axes_of(plan);
        std::vector<std::vector<std::string>> literals(axes.size());
        for (const PointFailure& failure : sweep.failures) {
            const SweepPoint point = point_at(plan, failure.point);
            for (std::size_t a = 0; a < axes.size(); ++a)
                literals[a].push_back(coordinate_at(plan, axes, point, a));
        }
        for (NamePart& part : sweep.failed_axes.parts) {
            const auto axis = std::ranges::find(axes, part.name, &AxisLabel::key);
            if (axis != axes.end())
                part = coordinate_part(part.name, literals[static_cast<std::size_t>(axis - axes.begin())]);
        }
    } catch (const Error&) { // a study in the words of another version: its failures stay without a place
    }
}

void read_statuses(StoredSweep& sweep) {
    const std::vector<double> status = sweep.reader->read_vector("/sweep/status", "1");
    const std::vector<std::string> messages = sweep.reader->read_texts("/sweep/message");
    if (messages.size() != status.size())
        throw FileError(fmt::format("{}: /sweep/message has {} entries: expected {}, one per point",
                                    sweep.file.string(), messages.size(), status.size()));
    sweep.points = static_cast<Index>(status.size());
    for (std::size_t p = 0; p < status.size(); ++p) {
        if (status[p] == static_cast<double>(PointStatus::failed))
            sweep.failures.push_back({static_cast<Index>(p), messages[p]});
        if (status[p] == static_cast<double>(PointStatus::not_converged)) ++sweep.not_converged;
        if (status[p] == point_not_computed) ++sweep.missing;
    }
}

void read_sweep_rows(StoredSweep& sweep) {
    read_statuses(sweep);
    sweep.point_of_row = whole_numbers(*sweep.reader, "/points/point", sweep.rows(), sweep.points);
    const std::vector<double> images = sweep.reader->read_vector("/sweep/images", "1", sweep.points);
    SweepLabels labels = read_sweep_labels(*sweep.reader, sweep.points);
    sweep.label_sets = std::move(labels.sets);
    for (const Index point : sweep.point_of_row) {
        sweep.images.push_back(static_cast<Index>(images.at(static_cast<std::size_t>(point))));
        sweep.label_set.push_back(labels.set_of_point.at(static_cast<std::size_t>(point)));
    }
    read_axes(sweep);
    place_failures(sweep, sweep.reader->read_text("/study"));
}

void read_run_rows(StoredSweep& sweep) {
    const auto rows = static_cast<std::size_t>(sweep.rows());
    sweep.label_sets = {read_labels(*sweep.reader, "/labels")};
    sweep.label_set.assign(rows, 0);
    sweep.point_of_row.assign(rows, 0);
    sweep.images.assign(rows, static_cast<Index>(sweep.label_sets.front().size()));
    sweep.axes.points = sweep.rows();
}

void require_classes(const StoredSweep& sweep) {
    const Shape shape = sweep.reader->shape("/points/classes");
    if (shape.size() != 2 || shape.front() != sweep.rows())
        throw FileError(fmt::format("{}: /points/classes has the shape {}: expected [{} x images]",
                                    sweep.file.string(), to_string(shape), sweep.rows()));
}

Index rows_in(const Hdf5Reader& reader, const std::string& path) {
    const Shape shape = reader.shape(path);
    return shape.empty() ? 0 : shape.front();
}

} // namespace

NamePart coordinate_part(const std::string& key, std::vector<std::string> literals) {
    NamePart part{.name = key, .pattern = key + " = {}"};
    std::unordered_map<std::string, double>
        known; // few different values, and finding out what they are is slow
    std::vector<double> numbers;
    for (std::string& literal : literals) {
        literal = without_quotes(std::move(literal));
        const auto [value, is_new] = known.try_emplace(literal, std::numeric_limits<double>::quiet_NaN());
        if (is_new) value->second = number_of_literal("\"" + literal + "\"");
        numbers.push_back(value->second);
    }
    if (std::ranges::any_of(numbers, [](double number) { return !std::isnan(number); })) {
        const auto rows = static_cast<Index>(numbers.size());
        part.numbers = Matrix<double>(rows, 1, std::move(numbers));
    }
    part.texts = std::move(literals);
    return part;
}

StoredSweep open_sweep(const std::filesystem::path& file) {
    const auto reader = std::make_shared<const Hdf5Reader>(file);
    const bool is_sweep = reader->schema_among({"ohmloom-run-1", "ohmloom-sweep-1"}) == "ohmloom-sweep-1";
    const Index rows = rows_in(*reader, is_sweep ? "/points/point" : "/points/classes");
    StoredSweep sweep{.file = file,
                      .reader = reader,
                      .study = TomlDocument::parse(reader->read_text("/study"), file.string()),
                      .figures = StoredPoints(reader, rows)};
    const double seed = number_of_literal(sweep.study.value("seed").value_or("1"));
    sweep.seed = seed >= 0.0 ? static_cast<std::uint64_t>(seed) : 1;
    if (is_sweep)
        read_sweep_rows(sweep);
    else
        read_run_rows(sweep);
    sweep.circuits = circuit_names(sweep.figures);
    sweep.has_classes = reader->has("/points/classes") && !sweep.label_sets.empty();
    if (sweep.has_classes) require_classes(sweep);
    return sweep;
}

} // namespace ohmloom
