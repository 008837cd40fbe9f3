#include "report/result_data.hpp"

#include "base/errors.hpp"
#include "report/run_axes.hpp"
#include "store/hdf5.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

[[noreturn]] void refuse(const Hdf5Reader& reader, std::string_view path, std::string_view what) {
    throw FileError(fmt::format("{}: {} {}", reader.file().string(), path, what));
}

void require_entries(const Hdf5Reader& reader, std::string_view path, Index found, Index expected,
                     std::string_view of_what) {
    if (found == expected) return;
    refuse(reader, path, fmt::format("has {} entries: expected {}, one per {}", found, expected, of_what));
}

std::string unit_of(const Hdf5Reader& reader, const std::string& path) {
    return reader.has_attribute(path, "unit") ? reader.attribute_text(path, "unit") : "1";
}

/// Numbers of a data set [rows], or [rows x parts].
Matrix<double> read_rows(const Hdf5Reader& reader, const std::string& path, const std::string& unit,
                         Index rows) {
    const Shape shape = reader.shape(path);
    if (shape.empty() || shape.size() > 2 || shape[0] != rows)
        refuse(reader, path, fmt::format("has the shape {}: expected {} rows first", to_string(shape), rows));
    return {rows, shape.size() == 2 ? shape[1] : 1, reader.read_array(path, unit).values};
}

/// Whole numbers, each at least 0 and below `limit`.
std::vector<Index> whole_numbers(const Hdf5Reader& reader, std::string_view path,
                                 const std::vector<double>& values, Index limit) {
    std::vector<Index> whole;
    for (const double value : values) {
        if (!(value >= 0.0) || value != std::floor(value) || value >= static_cast<double>(limit))
            refuse(reader, path,
                   fmt::format("holds {}: expected whole numbers from 0 to {}", value, limit - 1));
        whole.push_back(static_cast<Index>(value));
    }
    return whole;
}

void read_points(const Hdf5Reader& reader, ResultData& result) {
    constexpr std::string_view counted = "/points/accuracy"; // every run has it
    if (!reader.has(counted)) refuse(reader, counted, "is missing: expected one number per point");
    result.rows = element_count(reader.shape(counted));
    for (const std::string& name : reader.children("/points")) {
        const std::string path = "/points/" + name;
        if (name == "classes" || name == "point") continue;
        if (reader.is_text(path)) {
            result.texts.push_back({name, reader.read_texts(path)});
            require_entries(reader, path, static_cast<Index>(result.texts.back().values.size()), result.rows,
                            "row");
        } else {
            const std::string unit = unit_of(reader, path);
            result.figures.push_back({name, unit, read_rows(reader, path, unit, result.rows)});
        }
    }
}

/// Counts of every row: true class by class it was taken for.
void read_classes(const Hdf5Reader& reader, ResultData& result) {
    constexpr Index most_classes = 256;
    if (!reader.has("/labels") || !reader.has("/points/classes")) return;
    const std::vector<Index> labels =
        whole_numbers(reader, "/labels", reader.read_vector("/labels", "1"), most_classes);
    const auto images = static_cast<Index>(labels.size());
    const std::vector<Index> classes =
        whole_numbers(reader, "/points/classes",
                      reader.read_matrix("/points/classes", "1", result.rows, images).values(), most_classes);
    Index count = 0;
    for (const auto* numbers : {&labels, &classes}) {
        for (const Index number : *numbers) count = std::max(count, number + 1);
    }
    for (Index row = 0; row < result.rows; ++row) {
        Matrix<Index>& counts = result.confusion.emplace_back(count, count);
        for (Index k = 0; k < images; ++k) ++counts(labels[at(k)], classes[at(row * images + k)]);
    }
}

ResultAxis read_axis(const Hdf5Reader& reader, const std::string& name, Index rows) {
    const std::string path = "/coordinates/" + name;
    if (!reader.has(path)) refuse(reader, path, "is missing: /axes/names names it");
    ResultAxis axis{name, unit_of(reader, path), {}, {}, {}};
    axis.kind =
        reader.has_attribute(path, "kind") ? reader.attribute_text(path, "kind") : std::string("list");
    if (reader.is_text(path)) {
        axis.texts = reader.read_texts(path);
        require_entries(reader, path, static_cast<Index>(axis.texts.size()), rows, "row");
    } else {
        axis.numbers = reader.read_vector(path, axis.unit, rows);
    }
    return axis;
}

void read_sweep(const Hdf5Reader& reader, ResultData& result) {
    for (const std::string& name : reader.read_texts("/axes/names"))
        result.axes.push_back(read_axis(reader, name, result.rows));
    SweepOutcome& sweep = result.sweep;
    constexpr Index any = std::int64_t{1} << 40;
    for (const Index status :
         whole_numbers(reader, "/sweep/status", reader.read_vector("/sweep/status", "1"), 256))
        sweep.status.push_back(static_cast<int>(status));
    const auto points = static_cast<Index>(sweep.status.size());
    sweep.messages = reader.has("/sweep/message") ? reader.read_texts("/sweep/message")
                                                  : std::vector<std::string>(at(points));
    require_entries(reader, "/sweep/message", static_cast<Index>(sweep.messages.size()), points,
                    "sweep point");
    if (reader.has("/timing/wall_s")) sweep.wall_time = reader.read_vector("/timing/wall_s", "s", points);
    sweep.point_of_row =
        whole_numbers(reader, "/points/point", reader.read_vector("/points/point", "1", result.rows),
                      std::min(any, std::max<Index>(points, 1)));
}

Index attribute_index(const Hdf5Reader& reader, const std::string& group, const std::string& name,
                      Index limit) {
    return whole_numbers(reader, group, {reader.attribute_number(group, name)}, limit).front();
}

void read_maps(const Hdf5Reader& reader, ResultData& result) {
    constexpr Index any = std::int64_t{1} << 40;
    if (!reader.has("/maps")) return;
    for (const std::string& name : reader.children("/maps")) {
        const std::string group = "/maps/" + name;
        ResultMap map;
        map.row = attribute_index(reader, group, "point", result.rows);
        map.layer = attribute_index(reader, group, "layer", any);
        map.tile = attribute_index(reader, group, "tile", any);
        map.image = attribute_index(reader, group, "image", any);
        map.lines_per_site = attribute_index(reader, group, "lines_per_output", 3);
        map.v_w = reader.read_matrix(group + "/v_w", "V");
        map.v_b = reader.read_matrix(group + "/v_b", "V", map.v_w.rows());
        map.i_cell = reader.read_matrix(group + "/i_cell", "A", map.v_b.rows(), map.v_b.cols());
        map.outputs = reader.read_matrix(group + "/outputs", "V");
        map.outputs_ideal =
            reader.read_matrix(group + "/outputs_ideal", "V", map.outputs.rows(), map.outputs.cols());
        result.maps.push_back(std::move(map));
    }
}

/// A scalar as text, whatever it holds.
std::string value_text(const Hdf5Reader& reader, const std::string& path) {
    if (reader.is_text(path)) return reader.read_text(path);
    const std::string unit = unit_of(reader, path);
    const double value = reader.read_scalar(path, unit);
    return unit == "1" ? fmt::format("{}", value) : fmt::format("{} {}", value, unit);
}

void read_provenance(const Hdf5Reader& reader, ResultData& result) {
    const auto tell = [&](std::string name, std::string value) {
        result.provenance.emplace_back(std::move(name), std::move(value));
    };
    tell("result file", result.file.filename().string());
    tell("schema", result.schema);
    tell("ohmloom", result.version);
    for (const auto& [name, path] : {std::pair{"images", "/images"},
                                     {"seed", "/seed"},
                                     {"image every", "/sample_time"},
                                     {"images read", "/images_sequence"}}) {
        if (reader.has(path)) tell(name, value_text(reader, path));
    }
    if (!reader.has("/provenance")) return;
    for (const std::string& name : reader.children("/provenance")) {
        if (name != "version") tell(name, value_text(reader, "/provenance/" + name));
    }
}

} // namespace

ResultData read_result(const std::filesystem::path& file) {
    const Hdf5Reader reader(file);
    ResultData result;
    result.file = file;
    result.schema = reader.has_attribute("/", "schema") ? reader.attribute_text("/", "schema") : "";
    const bool is_sweep = result.schema == "ohmloom-sweep-1";
    if (!is_sweep && result.schema != "ohmloom-run-1")
        throw FileError(
            fmt::format("{}: schema is '{}': expected 'ohmloom-run-1' or 'ohmloom-sweep-1', which "
                        "`ohmloom run -o` and `ohmloom sweep -o` write",
                        file.string(), result.schema));
    if (reader.has_attribute("/", "version")) result.version = reader.attribute_text("/", "version");
    if (reader.has("/study")) result.study = reader.read_text("/study");
    read_points(reader, result);
    if (is_sweep) read_sweep(reader, result);
    for (ResultAxis& axis : run_axes(result)) result.axes.push_back(std::move(axis));
    read_classes(reader, result);
    if (reader.has("/labels")) {
        result.images = element_count(reader.shape("/labels"));
    } else if (reader.has("/images")) {
        result.images = static_cast<Index>(reader.read_scalar("/images", "1"));
    }
    read_maps(reader, result);
    read_provenance(reader, result);
    return result;
}

const ResultFigure* find_figure(const ResultData& result, std::string_view name) {
    const auto found = std::ranges::find(result.figures, name, &ResultFigure::name);
    return found == result.figures.end() ? nullptr : &*found;
}

} // namespace ohmloom
