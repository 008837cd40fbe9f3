#include "devicemodels/card.hpp"

#include "base/errors.hpp"
#include "base/si.hpp"
#include "base/text.hpp"
#include "store/toml_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace ohmloom {

bool Card::has(std::string_view value) const {
    return find(value) != nullptr;
}

const CardValue* Card::find(std::string_view value) const {
    const auto found =
        std::find_if(values.begin(), values.end(), [&](const CardValue& v) { return v.name == value; });
    return found == values.end() ? nullptr : &*found;
}

const CardValue& Card::require(std::string_view value) const {
    const CardValue* found = find(value);
    if (found == nullptr) throw InputError(fmt::format("card {}: the value {} is missing", name, value));
    return *found;
}

double Card::number(std::string_view value) const {
    return require(value).numbers.front();
}
double Card::number_or(std::string_view value, double fallback) const {
    return has(value) ? number(value) : fallback;
}
const std::vector<double>& Card::numbers(std::string_view value) const {
    return require(value).numbers;
}
const std::string& Card::text(std::string_view value) const {
    return require(value).text;
}

bool Card::has_placeholders() const {
    return std::any_of(values.begin(), values.end(), [](const CardValue& v) { return v.placeholder; });
}

namespace {

/// A quantity as a card writes it: text that ends in its unit; a pure number without quotes.
double parse_quantity(std::string_view text, std::string_view unit) {
    const double value = parse_si(text, unit);
    if (!unit.empty() && !text.ends_with(unit)) {
        throw InputError(
            fmt::format("'{}' has no unit: write it in {}, such as \"{} {}\"", text, unit, text, unit));
    }
    return value;
}

std::vector<double> read_numbers(const TomlTable& entry, std::string_view key, const std::string& unit,
                                 bool list) {
    if (unit.empty()) return list ? entry.numbers(key, unit) : std::vector<double>{entry.number(key, unit)};
    std::vector<double> values;
    for (const std::string& text : list ? entry.texts(key) : std::vector<std::string>{entry.text(key)}) {
        try {
            values.push_back(parse_quantity(text, unit));
        } catch (const InputError& error) {
            entry.refuse(key, fmt::format("is wrong: {}", error.what()));
        }
    }
    return values;
}

void require_count(const std::vector<double>& numbers, const ParameterSpec& spec) {
    const auto count = static_cast<Index>(numbers.size());
    if (count == 0 || (spec.count >= 0 && count != spec.count))
        throw InputError(fmt::format("has {} numbers, expected {}", count,
                                     spec.count < 0 ? "one at least" : std::to_string(spec.count)));
}

/// Numbers as people write them: "[1, 2]".
std::vector<double> parse_list(std::string_view text, const ParameterSpec& spec) {
    const TomlTable holder = TomlTable::parse(fmt::format("{} = {}", spec.name, text), "list");
    std::vector<double> numbers = holder.numbers(spec.name, spec.unit);
    require_count(numbers, spec);
    return numbers;
}

/// What is wrong with a number, if anything.
std::optional<std::string> range_error(const CardValue& value, const ParameterSpec& spec) {
    for (const double number : value.numbers) {
        if (number < value.low || number > value.high) {
            return fmt::format("is {} {}: out of its range, {} to {} {}", number, spec.unit, value.low,
                               value.high, spec.unit);
        }
        if (number < spec.low || number > spec.high) {
            return fmt::format("is {} {}: the model works from {} to {} {} only", number, spec.unit, spec.low,
                               spec.high, spec.unit);
        }
    }
    return std::nullopt;
}

void read_range(const TomlTable& entry, const ParameterSpec& spec, CardValue& value) {
    const std::vector<double> range = read_numbers(entry, "range", spec.unit, true);
    if (range.size() != 2 || !(range[0] <= range[1])) {
        entry.refuse("range", "is no range: expected the least and the greatest value, in this order");
    }
    value.low = range[0];
    value.high = range[1];
    if (const auto wrong = range_error(value, spec)) entry.refuse("value", *wrong);
}

std::string read_source(const TomlTable& entry, const TomlTable& sources) {
    const std::string source = entry.text_or("source", "");
    if (source.empty()) {
        entry.refuse(
            "source",
            "is missing: every value needs one; say \"assumed\" and placeholder = true if there is none");
    }
    return sources.has(source) ? sources.text(source) : source;
}

CardValue read_value(const TomlTable& entry, const ParameterSpec& spec, const TomlTable& sources) {
    CardValue value{spec.name, spec.unit, spec.meaning, spec.kind, {}, "", 0.0, 0.0, "", false};
    if (spec.kind == ValueKind::text) {
        value.text = entry.text("value");
    } else {
        value.numbers = read_numbers(entry, "value", spec.unit, spec.kind == ValueKind::numbers);
        try {
            require_count(value.numbers, spec);
        } catch (const InputError& error) {
            entry.refuse("value", error.what());
        }
        read_range(entry, spec, value);
    }
    value.source = read_source(entry, sources);
    value.placeholder = entry.flag_or("placeholder", false);
    return value;
}

} // namespace

Card read_card(const TomlTable& table, std::span<const ParameterSpec> parameters) {
    Card card;
    card.model = table.text("model");
    card.title = table.text("title");
    card.is_default = table.flag_or("default", false);
    const TomlTable sources = table.table("sources"), values = table.table("values");
    for (const ParameterSpec& spec : parameters) {
        if (values.has(spec.name)) card.values.push_back(read_value(values.table(spec.name), spec, sources));
    }
    // An unknown key first: it is often the missing one, misspelt.
    table.require_no_other_keys();
    for (const ParameterSpec& spec : parameters) {
        if (!spec.needed || values.has(spec.name)) continue;
        values.refuse(spec.name,
                      fmt::format("is missing: the model {} needs it ({})", card.model, spec.meaning));
    }
    return card;
}

Card with_value(Card card, std::span<const ParameterSpec> parameters, std::string_view value,
                std::string_view text) {
    std::vector<std::string> names;
    for (const CardValue& known : card.values) names.push_back(known.name);
    const auto found = std::find(names.begin(), names.end(), value);
    if (found == names.end()) {
        const std::string nearest = nearest_word(value, names);
        throw InputError(fmt::format("card {} has no value {}: expected one of {}{}", card.name, value,
                                     join_words(names),
                                     nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)));
    }
    CardValue& changed = card.values[static_cast<std::size_t>(found - names.begin())];
    const auto spec = std::find_if(parameters.begin(), parameters.end(),
                                   [&](const ParameterSpec& known) { return known.name == value; });
    OHMLOOM_ASSERT(spec != parameters.end());
    changed.source = "given by the user";
    changed.placeholder = false;
    if (changed.kind == ValueKind::text) {
        changed.text = text;
        return card;
    }
    try {
        changed.numbers = changed.kind == ValueKind::numbers
                              ? parse_list(text, *spec)
                              : std::vector<double>{parse_si(text, spec->unit)};
    } catch (const InputError& error) {
        throw InputError(fmt::format("card {}: {} is wrong: {}", card.name, value, error.what()));
    }
    if (const auto wrong = range_error(changed, *spec)) {
        throw InputError(fmt::format("card {}: {} {}", card.name, value, *wrong));
    }
    return card;
}

} // namespace ohmloom
