#include "report/figure_text.hpp"

#include <fmt/format.h>

namespace ohmloom {

namespace {

std::string with_unit(std::string_view name, std::string_view unit) {
    return unit == "1" ? std::string(name) : fmt::format("{} / {}", name, unit);
}

bool is_percentage(const ResultFigure& figure) {
    return figure.name.starts_with("accuracy") || figure.name == "product_error";
}

} // namespace

std::string in_quotes(std::string_view text) {
    std::string inside;
    for (const char c : text) {
        if (c == '"' || c == '\\') inside.push_back('\\');
        inside.push_back(c == '\n' ? ' ' : c);
    }
    return fmt::format("\"{}\"", inside);
}

std::string named_tics(const char* axis, const std::vector<std::string>& names) {
    std::string tics;
    for (std::size_t k = 0; k < names.size(); ++k)
        tics += fmt::format("{}{} {}", k == 0 ? "" : ", ", in_quotes(names[k]), k);
    return fmt::format("set {}tics ({}) noenhanced\n", axis, tics);
}

std::string figure_title(const ResultFigure& figure) {
    std::string name = figure.name;
    if (figure.unit != "1") name = name.substr(0, name.rfind('_')); // "power_w / W" says it twice
    for (char& c : name) c = c == '_' ? ' ' : c;
    return with_unit(name, is_percentage(figure) ? "%" : figure.unit);
}

double figure_factor(const ResultFigure& figure) {
    return is_percentage(figure) ? 100.0 : 1.0;
}

std::string axis_title(const ResultAxis& axis) {
    return with_unit(axis.name, axis.unit);
}

} // namespace ohmloom
