#include "circuit/spice_cursor.hpp"

#include "circuit/circuit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

namespace ohmloom {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Ends a word.
bool is_separator(char c) {
    return is_blank(c) || c == '\n' || c == '\0' ||
           std::string_view("(),={}'\";").find(c) != std::string_view::npos;
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
    const char first = lower(suffix[0]);
    if (first == 'm' && suffix.size() >= 3) {
        const char second = lower(suffix[1]), third = lower(suffix[2]);
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
    return suffix.size() >= 3 && lower(suffix[0]) == 'm' && lower(suffix[1]) == 'i' &&
           lower(suffix[2]) == 'l';
}

/// Digits, point and exponent at the beginning of a text: their length.
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
    if (at < text.size() && lower(text[at]) == 'e') {
        std::size_t after = at + 1;
        if (after < text.size() && (text[after] == '+' || text[after] == '-')) ++after;
        if (after < text.size() && is_digit(text[after])) {
            while (after < text.size() && is_digit(text[after])) ++after;
            at = after;
        }
    }
    return at;
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

constexpr int deepest_formula = 256;
constexpr std::size_t longest_formula = 100'000; ///< steps

} // namespace

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
    std::transform(text.begin(), text.end(), text.begin(), lower);
    return text;
}

std::string SpiceCursor::peek_word() {
    const Place place = place_, last = last_;
    std::string text(raw_word());
    std::transform(text.begin(), text.end(), text.begin(), lower);
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
    std::transform(parameter.begin(), parameter.end(), parameter.begin(), lower);
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

/// Recursive descent over a formula; emits its steps in postfix order.
///
///     choice     = binary(1) [ '?' choice ':' choice ]
///     binary(n)  = binary(n+1) { operator of precedence n  binary(n+1) }
///     unary      = { '-' | '+' | '!' } power
///     power      = primary { ('^' | '**') unary }
///     primary    = number | parameter | 'time' | '(' choice ')' | 'v(' node [ ',' node ] ')' | 'i(' element ')'
///                | function '(' choice { ',' choice } ')'
class FormulaParser {
public:
    FormulaParser(SpiceCursor& cursor, const SpiceCursor::Lookup& lookup, bool with_signals)
        : cursor_(cursor), lookup_(lookup), with_signals_(with_signals) {}

    Expression parse() {
        parse_choice();
        return std::move(expression_);
    }

private:
    struct Operator {
        Operation operation = Operation::constant;
        int precedence = 0;
        std::size_t length = 0;
    };

    /// Counts nesting, so that no text exhausts the stack.
    struct Level {
        explicit Level(FormulaParser& parser) : parser_(parser) {
            if (++parser_.depth_ > deepest_formula)
                parser_.cursor_.refuse_next("a formula that is nested less deeply");
        }
        ~Level() { --parser_.depth_; }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;
        FormulaParser& parser_;
    };

    void emit(ExpressionStep step) {
        if (expression_.steps.size() >= longest_formula) cursor_.refuse_next("a shorter formula");
        expression_.steps.push_back(std::move(step));
    }

    void parse_choice() {
        const Level level(*this);
        parse_binary(1);
        if (!cursor_.accept('?')) return;
        parse_choice();
        cursor_.expect(':', "':' of a choice 'condition ? value : value'");
        parse_choice();
        emit({Operation::choose, 0.0, {}, {}});
    }

    /// The operator that comes next, of precedence 1 (||) to 5 (*).
    Operator next_operator() {
        const char first = cursor_.peek();
        const char second =
            cursor_.place_.at + 1 < cursor_.end_ ? cursor_.text_[cursor_.place_.at + 1] : '\0';
        switch (first) {
        case '|':
            return second == '|' ? Operator{Operation::either, 1, 2} : Operator{};
        case '&':
            return second == '&' ? Operator{Operation::both, 2, 2} : Operator{};
        case '<':
            return second == '=' ? Operator{Operation::less_equal, 3, 2} : Operator{Operation::less, 3, 1};
        case '>':
            return second == '=' ? Operator{Operation::greater_equal, 3, 2}
                                 : Operator{Operation::greater, 3, 1};
        case '=':
            return second == '=' ? Operator{Operation::equal, 3, 2} : Operator{};
        case '!':
            return second == '=' ? Operator{Operation::unequal, 3, 2} : Operator{};
        case '+':
            return {Operation::add, 4, 1};
        case '-':
            return {Operation::subtract, 4, 1};
        case '*':
            return second == '*' ? Operator{} : Operator{Operation::multiply, 5, 1};
        case '/':
            return {Operation::divide, 5, 1};
        default:
            return {};
        }
    }

    /// Precedence climbing: everything that binds at least as tightly as `least`.
    void parse_binary(int least) {
        parse_unary();
        for (Operator op = next_operator(); op.length != 0 && op.precedence >= least; op = next_operator()) {
            cursor_.place_.at += op.length;
            const Level level(*this);
            parse_binary(op.precedence + 1);
            emit({op.operation, 0.0, {}, {}});
        }
    }

    void parse_unary() {
        const Level level(*this);
        const char sign = cursor_.peek();
        if (sign != '-' && sign != '+' && sign != '!') return parse_power();
        ++cursor_.place_.at;
        const std::size_t begin = expression_.steps.size();
        parse_unary();
        if (sign == '+') return;
        ExpressionStep& first = expression_.steps[begin];
        if (sign == '-' && expression_.steps.size() == begin + 1 && first.operation == Operation::constant) {
            first.value = -first.value;
        } else {
            emit({sign == '-' ? Operation::negate : Operation::invert, 0.0, {}, {}});
        }
    }

    void parse_power() {
        parse_primary();
        for (;;) {
            if (!cursor_.accept('^')) {
                const char c = cursor_.peek();
                const std::size_t at = cursor_.place_.at;
                if (c != '*' || at + 1 >= cursor_.end_ || cursor_.text_[at + 1] != '*') return;
                cursor_.place_.at += 2;
            }
            parse_unary();
            emit({Operation::power, 0.0, {}, {}});
        }
    }

    void parse_primary() {
        const char c = cursor_.peek();
        if (cursor_.accept('(')) {
            parse_choice();
            cursor_.expect(')', "')'");
        } else if (cursor_.accept('{')) {
            parse_braces();
        } else if (is_digit(c) || c == '.') {
            parse_number();
        } else if (is_letter(c) || c == '_') {
            parse_word();
        } else {
            cursor_.refuse_next("a number, a name, '(' or a sign");
        }
    }

    /// Braces within a formula: simulators put the number in place that their parameters give, and so does this.
    void parse_braces() {
        const auto begin = static_cast<std::ptrdiff_t>(expression_.steps.size());
        parse_choice();
        cursor_.expect('}', "'}'");
        Expression inside{{expression_.steps.begin() + begin, expression_.steps.end()}};
        const bool varies =
            signal_count(inside) > 0 || std::ranges::any_of(inside.steps, [](const ExpressionStep& step) {
                return step.operation == Operation::time;
            });
        if (varies) return;
        const double value = evaluate(inside, {});
        if (!std::isfinite(value)) return;
        expression_.steps.resize(static_cast<std::size_t>(begin));
        emit({Operation::constant, value, {}, {}});
    }

    /// A number ends where no letter or digit follows: unlike a word it may touch an operator.
    void parse_number() {
        SpiceCursor::Place& place = cursor_.place_;
        cursor_.last_ = place;
        const std::string_view rest = cursor_.text_.substr(place.at, cursor_.end_ - place.at);
        std::size_t length = plain_number_length(rest);
        while (length < rest.size() &&
               (is_letter(rest[length]) || is_digit(rest[length]) || rest[length] == '_')) {
            ++length;
        }
        const auto value = parse_spice_number(rest.substr(0, length));
        if (!value) cursor_.refuse_next("a number such as 4.7k, 10meg or 1e-9");
        place.at += length;
        emit({Operation::constant, *value, {}, {}});
    }

    std::string identifier() {
        SpiceCursor::Place& place = cursor_.place_;
        cursor_.last_ = place;
        std::string text;
        while (place.at < cursor_.end_ && (is_letter(cursor_.here()) || is_digit(cursor_.here()) ||
                                           cursor_.here() == '_' || cursor_.here() == '.')) {
            text.push_back(lower(cursor_.here()));
            ++place.at;
        }
        return text;
    }

    void parse_word() {
        const std::string text = identifier();
        if (cursor_.peek() == '(') return parse_call(text);
        if (const auto value = lookup_(text)) return emit({Operation::constant, *value, {}, {}});
        if (with_signals_ && text == "time") return emit({Operation::time, 0.0, {}, {}});
        if (text == "pi") return emit({Operation::constant, 3.14159265358979323846, {}, {}});
        cursor_.refuse_last("the name of a parameter that is defined");
    }

    void parse_call(const std::string& text) {
        if (with_signals_ && (text == "v" || text == "i")) return parse_signal(text == "v");
        const auto function = find_function(text);
        if (!function) {
            cursor_.refuse_last(with_signals_ ? "v(node), i(source) or a function such as sinh(x)"
                                              : "a function such as sqrt(x)");
        }
        cursor_.expect('(', "'('");
        for (int k = 0; k < operand_count(*function); ++k) {
            if (k > 0) cursor_.expect(',', "',' and one more argument");
            parse_choice();
        }
        cursor_.expect(')', "')'");
        emit({*function, 0.0, {}, {}});
    }

    void parse_signal(bool is_voltage) {
        cursor_.expect('(', "'('");
        ExpressionStep step;
        step.operation = is_voltage ? Operation::voltage : Operation::current;
        step.plus = is_voltage ? node() : cursor_.name("a voltage source");
        if (is_voltage) step.minus = cursor_.accept(',') ? node() : "0";
        cursor_.expect(')', "')'");
        emit(std::move(step));
    }

    std::string node() {
        std::string text = cursor_.name("a node");
        return text == "gnd" ? "0" : text;
    }

    static std::optional<Operation> find_function(std::string_view text) {
        if (text == "log") return Operation::ln;
        for (auto k = static_cast<int>(Operation::sin); k <= static_cast<int>(Operation::pow); ++k) {
            if (function_name(static_cast<Operation>(k)) == text) return static_cast<Operation>(k);
        }
        return std::nullopt;
    }

    SpiceCursor& cursor_;
    const SpiceCursor::Lookup& lookup_;
    bool with_signals_;
    Expression expression_;
    int depth_ = 0;
};

Expression SpiceCursor::formula(std::string_view what, const Lookup& lookup, bool with_signals) {
    const char open = peek();
    // Where signals may stand, more may follow a closing brace.
    const bool is_enclosed = (open == '{' && !with_signals) || open == '\'' || open == '"';
    if (at_end()) refuse_next(what);
    if (is_enclosed) accept(open);
    Expression expression = FormulaParser(*this, lookup, with_signals).parse();
    if (is_enclosed) expect(open == '{' ? '}' : open, "the end of the formula");
    return expression;
}

} // namespace ohmloom
