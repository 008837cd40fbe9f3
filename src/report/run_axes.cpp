#include "report/run_axes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string>
#include <utility>

namespace ohmloom {

namespace {

std::string layers_text(std::span<const double> numbers) {
    std::vector<double> layers(numbers.begin(), numbers.end());
    while (layers.size() > 1 && layers.back() == 0.0)
        layers.pop_back(); // networks of fewer layers are padded
    return fmt::format("{:g}", fmt::join(layers, "/"));
}

/// Whether rows of one sweep point, or of a run, differ in these values.
template <class T>
bool varies(const ResultData& result, const std::vector<T>& values) {
    std::map<Index, T> first;
    for (std::size_t row = 0; row < values.size(); ++row) {
        const Index point = result.sweep.point_of_row.empty() ? 0 : result.sweep.point_of_row[row];
        if (first.emplace(point, values[row]).first->second != values[row]) return true;
    }
    return false;
}

std::vector<std::string> schemes_of(const ResultData& result) {
    const ResultFigure *horizontal = find_figure(result, "horizontal"),
                       *vertical = find_figure(result, "vertical");
    std::vector<std::string> schemes;
    if (horizontal == nullptr || vertical == nullptr) return schemes;
    for (Index row = 0; row < result.rows; ++row)
        schemes.push_back(fmt::format("{} x {}", layers_text(horizontal->values.row(row)),
                                      layers_text(vertical->values.row(row))));
    return schemes;
}

} // namespace

std::vector<ResultAxis> run_axes(const ResultData& result) {
    std::vector<ResultAxis> axes;
    const auto add_texts = [&](const std::string& name, std::vector<std::string> values) {
        if (varies(result, values)) axes.push_back({name, "1", "list", {}, std::move(values)});
    };
    add_texts("scheme", schemes_of(result));
    for (const char* name : {"network", "device"}) {
        const auto found = std::ranges::find(result.texts, name, &ResultText::name);
        if (found != result.texts.end()) add_texts(name, found->values);
    }
    constexpr std::array<std::pair<const char*, const char*>, 3> times{
        {{"read_time_s", "read time"}, {"temperature_k", "temperature"}, {"sample_time_s", "sampling time"}}};
    for (const auto& [figure, name] : times) {
        const ResultFigure* found = find_figure(result, figure);
        if (found != nullptr && varies(result, found->values.values()))
            axes.push_back({name, found->unit, "list", found->values.values(), {}});
    }
    return axes;
}

} // namespace ohmloom
