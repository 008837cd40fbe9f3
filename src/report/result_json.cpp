#include "report/result_json.hpp"

#include "report/equal_error.hpp"
#include "report/output_error.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

namespace {

using Json = nlohmann::json;

template <class T>
Json rows_of(const Matrix<T>& matrix) {
    Json rows = Json::array();
    for (Index r = 0; r < matrix.rows(); ++r) {
        const auto row = matrix.row(r);
        rows.push_back(std::vector<T>(row.begin(), row.end()));
    }
    return rows;
}

Json to_json(const ResultFigure& figure) {
    return {{"name", figure.name},
            {"unit", figure.unit},
            {"values", figure.values.cols() == 1 ? Json(figure.values.values()) : rows_of(figure.values)}};
}

Json to_json(const ResultAxis& axis) {
    return {{"name", axis.name},
            {"unit", axis.unit},
            {"kind", axis.kind},
            {"values", axis.texts.empty() ? Json(axis.numbers) : Json(axis.texts)}};
}

/// Maps are large: seven digits are more than any colour shows.
Json map_rows(const Matrix<double>& matrix) {
    Matrix<double> rounded = matrix;
    for (double& value : rounded.values()) {
        if (std::isfinite(value)) value = std::stod(fmt::format("{:.6e}", value));
    }
    return rows_of(rounded);
}

Json to_json(const ResultMap& map) {
    const OutputError error = output_error(map);
    return {{"row", map.row},
            {"layer", map.layer},
            {"tile", map.tile},
            {"image", map.image},
            {"lines_per_output", map.lines_per_site},
            {"v_w", map_rows(map.v_w)},
            {"v_b", map_rows(map.v_b)},
            {"i_cell", map_rows(map.i_cell)},
            {"images", map.outputs.rows()},
            {"error",
             {{"edges", error.edges},
              {"counts", error.counts},
              {"mean", error.mean},
              {"rms", error.rms},
              {"low", error.low},
              {"high", error.high}}}};
}

/// null if the result has nothing to compare.
Json to_json(const std::optional<EqualError>& equal) {
    if (!equal) return nullptr;
    Json curves = Json::array();
    for (const ErrorCurve& curve : equal->curves) {
        Json points = Json::array();
        for (const ErrorPoint& point : curve.points) {
            points.push_back({{"name", point.name},
                              {"error", point.error},
                              {"accuracy", point.accuracy},
                              {"low", point.low},
                              {"high", point.high}});
        }
        curves.push_back(
            {{"name", curve.name}, {"points", std::move(points)}, {"accuracy_at", curve.accuracy_at}});
    }
    return {{"axis", equal->axis}, {"errors", equal->errors}, {"curves", std::move(curves)}};
}

/// JSON has "<" in texts only, where it may also be written so.
std::string without_less_than(std::string_view json) {
    std::string text;
    text.reserve(json.size());
    for (const char c : json) {
        if (c == '<') {
            text += "\\u003c";
        } else {
            text += c;
        }
    }
    return text;
}

} // namespace

std::string result_json(const ResultData& result) {
    Json figures = Json::array(), texts = Json::array(), axes = Json::array(), confusion = Json::array(),
         maps = Json::array(), provenance = Json::array();
    for (const ResultFigure& figure : result.figures) figures.push_back(to_json(figure));
    for (const ResultText& text : result.texts)
        texts.push_back({{"name", text.name}, {"values", text.values}});
    for (const ResultAxis& axis : result.axes) axes.push_back(to_json(axis));
    for (const Matrix<Index>& counts : result.confusion) confusion.push_back(rows_of(counts));
    for (const ResultMap& map : result.maps) maps.push_back(to_json(map));
    for (const auto& [name, value] : result.provenance)
        provenance.push_back({{"name", name}, {"value", value}});
    const Json page{{"schema", "ohmloom-report-1"},
                    {"source", result.schema},
                    {"file", result.file.filename().string()},
                    {"version", result.version},
                    {"study", result.study},
                    {"rows", result.rows},
                    {"images", result.images},
                    {"figures", std::move(figures)},
                    {"texts", std::move(texts)},
                    {"axes", std::move(axes)},
                    {"confusion", std::move(confusion)},
                    {"maps", std::move(maps)},
                    {"equal_error", to_json(compare_at_equal_error(result))},
                    {"sweep",
                     {{"point_of_row", result.sweep.point_of_row},
                      {"status", result.sweep.status},
                      {"messages", result.sweep.messages},
                      {"wall_s", result.sweep.wall_time}}},
                    {"provenance", std::move(provenance)}};
    return without_less_than(page.dump(-1, ' ', false, Json::error_handler_t::replace));
}

} // namespace ohmloom
