#pragma once

#include "base/errors.hpp"
#include "circuit/expression.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ohmloom {

/// A deck cannot be read: "file:line:column: found 'token', expected …".
class SpiceError : public InputError {
public:
    using InputError::InputError;
};

struct SpiceFunctions;

/// Text of one file of a deck.
struct SpiceText {
    std::string name;
    std::string text;
    const SpiceFunctions* functions = nullptr; ///< of the deck, for the formulas in it
};

/// One card of a deck: its first line and the lines that continue it, comments between them included.
struct SpiceCard {
    const SpiceText* source = nullptr;
    std::size_t begin = 0, end = 0; ///< in the text
    std::size_t line = 0;           ///< of the file, from 1
};

/// A function that a deck defines: `.func f(x, y) {formula}`.
struct SpiceFunction {
    std::vector<std::string> parameters;
    SpiceCard card;
    std::size_t body = 0; ///< where its formula begins in the text
};
struct SpiceFunctions {
    std::map<std::string, SpiceFunction, std::less<>> by_name;
};

/// The first card at or after a place in a text; the place behind it replaces `at` and `line`.
std::optional<SpiceCard> next_card(const SpiceText& source, std::size_t& at, std::size_t& line);

/// Digits, point and exponent at the beginning of a text: their length.
std::size_t plain_number_length(std::string_view text);

/// A number with one of SPICE's suffixes: t g meg k m mil u n p f a and any unit behind it, in lower or upper
/// case ("4.7k", "10MEGohm", "3uF"). Nothing if the text is no such number.
std::optional<double> parse_spice_number(std::string_view text);

/// Reads one card from left to right: words, numbers and formulas. Continuation lines and comments are nothing
/// but blanks to it. It is a value: a copy remembers a place to come back to.
///
/// Everything it refuses is a SpiceError.
class SpiceCursor {
public:
    /// Value of a name in a formula that is no signal; nothing if there is no such name.
    using Lookup = std::function<std::optional<double>(std::string_view)>;

    explicit SpiceCursor(const SpiceCard& card);

    /// Reads the head of a `.func` card, up to its formula. @throws SpiceError.
    static std::pair<std::string, SpiceFunction> function_of(const SpiceCard& card);

    /// The next character that is no blank, '\0' at the end of the card.
    char peek();
    bool at_end() { return peek() == '\0'; }

    /// Steps over a character if it is the next one.
    bool accept(char c);
    void expect(char c, std::string_view what);

    /// Steps over parentheses and commas, which separate like blanks in most places of a card.
    void skip_separators();

    /// The next word in lower case, with anything in it but blanks and ( ) , = { } ' " ;.
    /// @throws InputError if there is none.
    std::string word(std::string_view what);
    /// The next word if there is one, without stepping over it.
    std::string peek_word();
    /// As word(), but as it is written, and quoted if it holds blanks: a file name.
    std::string file_name();

    /// A name for a node, an element, a model or a subcircuit.
    std::string name(std::string_view what);

    /// A number, or a formula without signals in braces or quotes, or the name of a parameter.
    double number(std::string_view what, const Lookup& lookup);
    /// True if a number may stand here.
    bool number_follows(const Lookup& lookup);

    /// A formula, in braces, in quotes or bare; names that `lookup` knows become numbers.
    /// @param with_signals whether voltages, currents and the time may be in it
    Expression formula(std::string_view what, const Lookup& lookup, bool with_signals);

    /// Refuses what comes next, or what the last call stepped over.
    [[noreturn]] void refuse_next(std::string_view expected);
    [[noreturn]] void refuse_last(std::string_view expected);
    /// Puts the place of the last token before a message.
    [[noreturn]] void refuse(std::string_view message) const;

private:
    friend class FormulaParser;

    struct Place {
        std::size_t at = 0, line = 1, line_begin = 0;
    };

    void skip_blanks();
    [[nodiscard]] char here() const { return place_.at < end_ ? text_[place_.at] : '\0'; }
    std::string_view raw_word();
    [[nodiscard]] std::string where(const Place& place) const;
    [[noreturn]] void refuse_at(const Place& place, std::string_view token, std::string_view expected) const;

    const SpiceText* source_;
    std::string_view text_;
    std::size_t end_;
    Place place_;
    Place last_; ///< where the last token began
};

} // namespace ohmloom
