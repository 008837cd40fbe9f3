#include "device_input.hpp"

#include "base/errors.hpp"
#include "base/si.hpp"
#include "devicemodels/device_library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ohmloom::cli {

Card card_of(const std::string& name, const std::vector<std::string>& changes,
             const std::string& temperature) {
    CardChanges pairs;
    for (const std::string& change : changes) {
        const auto equals = change.find('=');
        if (equals == std::string::npos) {
            throw InputError(fmt::format("--set {}: expected NAME=VALUE, such as g_max=30u", change));
        }
        pairs.emplace_back(change.substr(0, equals), change.substr(equals + 1));
    }
    Card card = find_card(name, pairs);
    const std::string& own = kind_of(card).temperature;
    const bool fixed = std::ranges::any_of(pairs, [&](const auto& change) { return change.first == own; });
    if (temperature.empty() || fixed) return card;
    return with_temperature(std::move(card), temperature_or_room(temperature));
}

double temperature_or_room(const std::string& text) {
    if (text.empty()) return 300.0;
    const double t = parse_si(text, "K");
    if (!(t > 0.0)) throw InputError(fmt::format("the temperature is {} K: it must be positive", t));
    return t;
}

} // namespace ohmloom::cli
