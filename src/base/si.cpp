#include "base/si.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace ohmloom {

namespace {

struct Prefix {
    char letter;
    double factor;
};

constexpr std::array<Prefix, 11> prefixes{{{'T', 1e12},
                                           {'G', 1e9},
                                           {'M', 1e6},
                                           {'k', 1e3},
                                           {' ', 1.0},
                                           {'m', 1e-3},
                                           {'u', 1e-6},
                                           {'n', 1e-9},
                                           {'p', 1e-12},
                                           {'f', 1e-15},
                                           {'a', 1e-18}}};

std::optional<double> suffix_factor(std::string_view suffix, std::string_view unit) {
    if (suffix.empty() || suffix == unit) return 1.0;
    for (const Prefix& prefix : prefixes) {
        if (suffix.front() != prefix.letter) continue;
        const std::string_view rest = suffix.substr(1);
        if (rest.empty() || rest == unit) return prefix.factor;
    }
    return std::nullopt;
}

} // namespace

double parse_si(std::string_view text, std::string_view unit) {
    double number = 0.0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
    while (!suffix.empty() && suffix.front() == ' ') suffix.remove_prefix(1);

    const std::optional<double> factor = suffix_factor(suffix, unit);
    if (status != std::errc{} || !factor || !std::isfinite(number)) {
        throw InputError(fmt::format("'{}' is not a number{}: expected digits and an optional SI prefix "
                                     "(T G M k m u n p f a){}, such as 10k or 1.2u",
                                     text, unit.empty() ? "" : fmt::format(" in {}", unit),
                                     unit.empty() ? "" : fmt::format(" and the unit {}", unit)));
    }
    // Dividing by the exact 10^n is correctly rounded; multiplying by the inexact 10^-n is not: 22n must
    // be 2.2e-8.
    return *factor < 1.0 ? number / std::round(1.0 / *factor) : number * *factor;
}

std::string format_si(double value, std::string_view unit) {
    if (value == 0.0 || !std::isfinite(value)) return fmt::format("{} {}", value, unit);
    const Prefix* chosen = &prefixes.back();
    for (const Prefix& prefix : prefixes) {
        if (std::abs(value) >= prefix.factor * 0.9995) {
            chosen = &prefix;
            break;
        }
    }
    const std::string letter = chosen->letter == ' ' ? "" : std::string(1, chosen->letter);
    return fmt::format("{:.3g} {}{}", value / chosen->factor, letter, unit);
}

} // namespace ohmloom
