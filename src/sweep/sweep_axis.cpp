#include "sweep/sweep_axis.hpp"

#include "base/errors.hpp"
#include "base/si.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

namespace ohmloom {

std::string_view name_of(AxisKind kind) {
    switch (kind) {
    case AxisKind::list:
        return "list";
    case AxisKind::range:
        return "range";
    case AxisKind::log:
        return "log";
    case AxisKind::sample:
        return "sample";
    case AxisKind::corner:
        return "corner";
    case AxisKind::draw:
        return "draw";
    case AxisKind::repeat:
        return "repeat";
    case AxisKind::derived:
        return "derived";
    }
    return "";
}

Index SweepAxis::steps() const {
    return static_cast<Index>(literals.empty() ? numbers.size() : literals.size());
}

std::string SweepAxis::literal(Index step) const {
    const auto at = static_cast<std::size_t>(step);
    return literals.empty() ? literal_of_number(numbers[at]) : literals[at];
}

double number_of_literal(std::string_view literal) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    if (literal.size() >= 2 && literal.front() == '"' && literal.back() == '"') {
        const std::string text(literal.substr(1, literal.size() - 2));
        constexpr std::array units{"", "Ohm", "V", "s", "S", "A", "F", "Hz", "m", "K", "W", "J", "m2"};
        for (const char* unit : units) {
            try {
                return parse_si(text, unit);
            } catch (const InputError&) { // another unit, or no number
            }
        }
        return none;
    }
    double value = none;
    const auto [end, error] = std::from_chars(literal.data(), literal.data() + literal.size(), value);
    return error == std::errc() && end == literal.data() + literal.size() ? value : none;
}

std::string literal_of_number(double value) {
    return fmt::format("{}", value);
}

} // namespace ohmloom
