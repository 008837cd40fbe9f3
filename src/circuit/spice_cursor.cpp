#include "circuit/spice_cursor.hpp"

#include "circuit/circuit.hpp"
#include "circuit/spice_characters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

namespace ohmloom {

namespace {

/// What ends a word, one bit per character.
constexpr std::array<bool, 256> separators = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view(" \t\r\f\v\n\0(),={}'\";", 16))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

bool is_separator(char c) {
    return separators[static_cast<unsigned char>(c)];
}

std::size_t line_end(std::string_view text, std::size_t at) {
    return std::min(text.find('\n', at), text.size());
}

std::size_t skip_blanks_of_line(std::string_view text, std::size_t at) {
    while (at < text.size() && is_blank(text[at])) ++at;
    return at;
}

/// Power of ten of a suffix, and its length; a unit is left to the caller.
std::pair<int, std::size_t> suffix_exponent(std::string_view suffix) {
    if (suffix.empty()) return {0, 0};
    const char first = lower_case(suffix[0]);
    if (first == 'm' && suffix.size() >= 3) {
        const char second = lower_case(suffix[1]), third = lower_case(suffix[2]);
        if (second == 'e' && third == 'g') return {6, 3};
    }
    switch (first) {
    case 't':
        return {12, 1};
    case 'g':
        return {9, 1};
    case 'k':
        return {3, 1};
    case 'm':
        return {-3, 1};
    case 'u':
        return {-6, 1};
    case 'n':
        return {-9, 1};
    case 'p':
        return {-12, 1};
    case 'f':
        return {-15, 1};
    case 'a':
        return {-18, 1};
    default:
        return {0, 0};
    }
}

bool is_mil(std::string_view suffix) {
    return suffix.size() >= 3 && lower_case(suffix[0]) == 'm' && lower_case(suffix[1]) == 'i' &&
           lower_case(suffix[2]) == 'l';
}

/// The value of "digits" times ten to the power `shift`, rounded once.
std::optional<double> scaled(std::string_view digits, int shift) {
    if (digits.front() == '+') digits.remove_prefix(1);
    double value = 0.0;
    const auto convert = [&](std::string_view text) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc() && end == text.data() + text.size();
    };
    if (shift == 0) {
        if (convert(digits)) return value;
        return std::nullopt;
    }
    const std::size_t exponent_at = digits.find_first_of("eE");
    if (exponent_at != std::string_view::npos) {
        if (convert(digits)) return value * std::pow(10.0, shift);
        return std::nullopt;
    }
    std::array<char, 64> buffer{};
    if (digits.size() + 8 > buffer.size()) {
        if (convert(digits)) return value * std::pow(10.0, shift);
        return std::nullopt;
    }
    const auto end = fmt::format_to(buffer.data(), "{}e{}", digits, shift);
    if (convert({buffer.data(), static_cast<std::size_t>(end - buffer.data())})) return value;
    return std::nullopt;
}

} // namespace

std::size_t plain_number_length(std::string_view text) {
    std::size_t at = 0;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    std::size_t digits = 0;
    while (at < text.size() && is_digit(text[at])) ++at, ++digits;
    if (at < text.size() && text[at] == '.') {
        ++at;
        while (at < text.size() && is_digit(text[at])) ++at, ++digits;
    }
    if (digits == 0) return 0;
    if (at < text.size() && lower_case(text[at]) == 'e') {
        std::size_t after = at + 1;
        if (after < text.size() && (text[after] == '+' || text[after] == '-')) ++after;
        if (after < text.size() && is_digit(text[after])) {
            while (after < text.size() && is_digit(text[after])) ++after;
            at = after;
        }
    }
    return at;
}

std::optional<SpiceCard> next_card(const SpiceText& source, std::size_t& at, std::size_t& line) {
    const std::string_view text = source.text;
    // Blank lines and comments before the card.
    while (at < text.size()) {
        const std::size_t first = skip_blanks_of_line(text, at);
        if (first < text.size() && text[first] != '\n' && text[first] != '*' && text[first] != ';' &&
            text[first] != '$') {
            break;
        }
        at = line_end(text, at) + 1;
        ++line;
    }
    if (at >= text.size()) return std::nullopt;
    SpiceCard card{&source, at, line_end(text, at), line};
    at = card.end + 1;
    ++line;
    // Continuations may stand behind further comments; those at the end are not part of the card.
    std::size_t ahead = at, ahead_line = line;
    while (ahead < text.size()) {
        const std::size_t first = skip_blanks_of_line(text, ahead);
        const std::size_t end = line_end(text, ahead);
        const bool continues = first < text.size() && text[first] == '+';
        const bool is_empty = first == end || text[first] == '*';
        if (!continues && !is_empty) break;
        ahead = end + 1;
        ++ahead_line;
        if (!continues) continue;
        card.end = end;
        at = ahead;
        line = ahead_line;
    }
    return card;
}

std::optional<double> parse_spice_number(std::string_view text) {
    const std::size_t length = plain_number_length(text);
    if (length == 0) return std::nullopt;
    const std::string_view suffix = text.substr(length);
    if (!std::all_of(suffix.begin(), suffix.end(), is_letter)) return std::nullopt;
    if (is_mil(suffix)) {
        const auto value = scaled(text.substr(0, length), 0);
        return value ? std::optional(*value * 25.4e-6) : std::nullopt;
    }
    const std::optional<double> value = scaled(text.substr(0, length), suffix_exponent(suffix).first);
    if (!value || !std::isfinite(*value)) return std::nullopt;
    return value;
}

SpiceCursor::SpiceCursor(const SpiceCard& card)
    : source_(card.source), text_(card.source->text),
      end_(card.end), place_{card.begin, card.line, card.begin}, last_(place_) {}

void SpiceCursor::skip_blanks() {
    for (;;) {
        const char c = here();
        if (place_.at >= end_) return;
        if (is_blank(c)) {
            ++place_.at;
        } else if (c == ';' || c == '$') {
            place_.at = std::min(line_end(text_, place_.at), end_);
        } else if (c == '\n') {
            place_.line_begin = ++place_.at;
            ++place_.line;
            const std::size_t first = std::min(skip_blanks_of_line(text_, place_.at), end_);
            if (first < end_ && text_[first] == '+') {
                place_.at = first + 1;
            } else { // a comment or an empty line between continuations
                place_.at = std::min(line_end(text_, place_.at), end_);
            }
        } else {
            return;
        }
    }
}

char SpiceCursor::peek() {
    skip_blanks();
    return here();
}

bool SpiceCursor::accept(char c) {
    skip_blanks();
    if (place_.at >= end_ || here() != c) return false;
    last_ = place_;
    ++place_.at;
    return true;
}

void SpiceCursor::expect(char c, std::string_view what) {
    if (!accept(c)) refuse_next(what);
}

void SpiceCursor::skip_separators() {
    for (char c = peek(); c == '(' || c == ')' || c == ','; c = peek()) ++place_.at;
}

std::string_view SpiceCursor::raw_word() {
    skip_blanks();
    last_ = place_;
    const std::size_t begin = place_.at;
    while (place_.at < end_ && !is_separator(text_[place_.at])) ++place_.at;
    return text_.substr(begin, place_.at - begin);
}

std::string SpiceCursor::word(std::string_view what) {
    std::string text(raw_word());
    if (text.empty()) refuse_next(what);
    std::transform(text.begin(), text.end(), text.begin(), lower_case);
    return text;
}

std::string SpiceCursor::peek_word() {
    const Place place = place_, last = last_;
    std::string text(raw_word());
    std::transform(text.begin(), text.end(), text.begin(), lower_case);
    place_ = place;
    last_ = last;
    return text;
}

std::string SpiceCursor::file_name() {
    skip_blanks();
    last_ = place_;
    const char quote = here();
    if (quote == '"' || quote == '\'') {
        const std::size_t begin = place_.at + 1;
        const std::size_t close = text_.substr(0, end_).find(quote, begin);
        if (close == std::string_view::npos || close > line_end(text_, begin)) {
            refuse_next("a file name with a closing quote");
        }
        place_.at = close + 1;
        return std::string(text_.substr(begin, close - begin));
    }
    const std::size_t begin = place_.at;
    while (place_.at < end_ && !is_blank(here()) && here() != '\n') ++place_.at;
    if (place_.at == begin) refuse_next("a file name");
    return std::string(text_.substr(begin, place_.at - begin));
}

std::string SpiceCursor::name(std::string_view what) {
    std::string text = word(what);
    if (!is_legal_name(text)) {
        refuse_last(fmt::format("{}: a name of letters, digits and _ . + - # ! : [ ] < > % @ ~", what));
    }
    return text;
}

bool SpiceCursor::number_follows(const Lookup& lookup) {
    const char c = peek();
    if (c == '{' || c == '\'' || c == '"') return true;
    const std::string text = peek_word();
    return parse_spice_number(text).has_value() || lookup(text).has_value();
}

double SpiceCursor::number(std::string_view what, const Lookup& lookup) {
    const char c = peek();
    if (c == '{' || c == '\'' || c == '"') {
        const Place begin = place_;
        const double value = evaluate(formula(what, lookup, false), {});
        if (!std::isfinite(value)) {
            last_ = begin;
            refuse(fmt::format("{}: the formula gives {}, expected a finite number", what, value));
        }
        return value;
    }
    const std::string_view text = raw_word();
    if (const auto value = parse_spice_number(text)) return *value;
    std::string parameter(text);
    std::transform(parameter.begin(), parameter.end(), parameter.begin(), lower_case);
    if (!parameter.empty()) {
        if (const auto value = lookup(parameter)) return *value;
    }
    place_ = last_;
    refuse_next(what);
}

std::string SpiceCursor::where(const Place& place) const {
    return fmt::format("{}:{}:{}", source_->name, place.line, place.at - place.line_begin + 1);
}

void SpiceCursor::refuse_at(const Place& place, std::string_view token, std::string_view expected) const {
    constexpr std::size_t longest = 40;
    std::string shown(token.substr(0, longest));
    for (char& c : shown) {
        if (static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) > 126) c = '?';
    }
    throw SpiceError(fmt::format("{}: found {}, expected {}", where(place),
                                 token.empty()
                                     ? "the end of the card"
                                     : fmt::format("'{}{}'", shown, token.size() > longest ? "..." : ""),
                                 expected));
}

void SpiceCursor::refuse_next(std::string_view expected) {
    skip_blanks();
    const Place place = place_;
    std::string_view token = raw_word();
    if (token.empty() && place.at < end_) token = text_.substr(place.at, 1);
    place_ = last_ = place;
    refuse_at(place, token, expected);
}

void SpiceCursor::refuse_last(std::string_view expected) {
    place_ = last_;
    refuse_next(expected);
}

void SpiceCursor::refuse(std::string_view message) const {
    throw SpiceError(fmt::format("{}: {}", where(last_), message));
}

} // namespace ohmloom
