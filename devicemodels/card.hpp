#pragma once

#include "base/matrix.hpp"

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ohmloom {

class TomlTable;

/// What a value of a card is.
enum class ValueKind {
    number,  ///< one number
    numbers, ///< a list of numbers
    text,    ///< a word or a file name
};

/// One value that a device model reads from its card: the model states name, unit and what it can work with at all.
struct ParameterSpec {
    std::string name;
    std::string unit;                                      ///< "" for a pure number or text
    std::string meaning;                                   ///< for people, one line
    double low = -std::numeric_limits<double>::infinity(); ///< least value the equations hold for
    double high = std::numeric_limits<double>::infinity(); ///< greatest
    bool needed = true;
    ValueKind kind = ValueKind::number;
    Index count = -1; ///< numbers of a list; -1: any number but none
};

/// One value as a card gives it.
struct CardValue {
    std::string name;
    std::string unit;
    std::string meaning;
    ValueKind kind = ValueKind::number;
    std::vector<double> numbers; ///< one for a number, none for text; in `unit`
    std::string text;
    double low = 0.0, high = 0.0; ///< range the source or the card's author vouches for
    std::string source;
    bool placeholder = false; ///< not a published value: to be calibrated
};

/// The parameters of one device: SI units, a range and a source for every value.
///
/// As a TOML file:
///
///     model = "pcm"
///     title = "one line for people"
///     [sources]                        # optional: long sources that several values share
///     fit = "Author, Journal, year. doi:..."
///     [values]
///     g_max = { value = "25 uS", range = ["1 uS", "100 uS"], source = "fit" }
///     v0 = { value = "0.25 V", range = ["0.1 V", "1 V"], source = "assumed", placeholder = true }
///
/// Values are text with their unit; pure numbers stand without quotes.
class Card {
public:
    std::string model; ///< name of the model that reads it
    std::string title;
    std::string name;   ///< "pcm/aihwkit" of a built-in card, else the file
    std::string folder; ///< where files that the card names are looked for; "" for built-in cards
    bool is_default = false;
    std::vector<CardValue>
        values; ///< in the order of the model's parameters; what the card leaves out is missing

    [[nodiscard]] bool has(std::string_view value) const;
    /// @throws InputError if the card has no such value; models ask for these only if they are optional.
    [[nodiscard]] double number(std::string_view value) const;
    [[nodiscard]] double number_or(std::string_view value, double fallback) const;
    [[nodiscard]] const std::vector<double>& numbers(std::string_view value) const;
    [[nodiscard]] const std::string& text(std::string_view value) const;

    /// True if any value is a placeholder.
    [[nodiscard]] bool has_placeholders() const;

private:
    [[nodiscard]] const CardValue* find(std::string_view value) const;
    [[nodiscard]] const CardValue& require(std::string_view value) const;
};

/// Reads what stands in a card against what its model expects; `card.model` is set by the caller, who knows the model.
/// @throws InputError with file and line for an unknown or missing key, a wrong unit, a value outside its range or the
/// model's, a range that is none, and a missing source.
Card read_card(const TomlTable& table, std::span<const ParameterSpec> parameters);

/// The card with one value replaced: `text` as people write it, "30u" or "30 uS", "[1, 2]" for a list. The range
/// of the card still holds.
/// @throws InputError if there is no such value, it is no number in its unit, or it is out of range.
Card with_value(Card card, std::span<const ParameterSpec> parameters, std::string_view value,
                std::string_view text);

} // namespace ohmloom
