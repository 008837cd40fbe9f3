#include "circuit/spice_characters.hpp"
#include "circuit/spice_cursor.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace ohmloom {

namespace {

constexpr int deepest_formula = 256;
constexpr std::size_t longest_formula = 100'000; ///< steps
constexpr int most_calls = 10'000;               ///< of the deck's own functions in one formula

} // namespace

/// Recursive descent over a formula; emits its steps in postfix order.
///
///     choice     = binary(1) [ '?' choice ':' choice ]
///     binary(n)  = binary(n+1) { operator of precedence n  binary(n+1) }
///     unary      = { '-' | '+' | '!' } power
///     power      = primary { ('^' | '**') unary }
///     primary    = number | parameter | 'time' | '(' choice ')' | 'v(' node [ ',' node ] ')' | 'i(' element ')'
///                | '{' choice '}' | function '(' choice { ',' choice } ')'
///
/// A call of a function of the deck's own is its formula, with the arguments in the place of its parameters.
class FormulaParser {
public:
    FormulaParser(SpiceCursor& cursor, const SpiceCursor::Lookup& lookup, bool with_signals)
        : cursor_(cursor), lookup_(lookup), with_signals_(with_signals), calls_(&own_calls_) {}

    Expression parse() {
        parse_choice();
        return std::move(expression_);
    }

private:
    using Arguments = std::map<std::string, Expression, std::less<>>;

    /// Of the formula of a function, called from another one.
    FormulaParser(SpiceCursor& cursor, const FormulaParser& caller, Arguments arguments)
        : cursor_(cursor), lookup_(caller.lookup_), with_signals_(caller.with_signals_),
          arguments_(std::move(arguments)), depth_(caller.depth_), calls_(caller.calls_) {}

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
        Expression inside = take_choice();
        cursor_.expect('}', "'}'");
        const bool varies =
            signal_count(inside) > 0 || std::ranges::any_of(inside.steps, [](const ExpressionStep& step) {
                return step.operation == Operation::time;
            });
        const double value = varies ? 0.0 : evaluate(inside, {});
        if (varies || !std::isfinite(value)) {
            for (ExpressionStep& step : inside.steps) emit(std::move(step));
        } else {
            emit({Operation::constant, value, {}, {}});
        }
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
            text.push_back(lower_case(cursor_.here()));
            ++place.at;
        }
        return text;
    }

    void parse_word() {
        const std::string text = identifier();
        if (cursor_.peek() == '(') return parse_call(text);
        if (const auto argument = arguments_.find(text); argument != arguments_.end()) {
            for (const ExpressionStep& step : argument->second.steps) emit(step);
            return;
        }
        if (const auto value = lookup_(text)) return emit({Operation::constant, *value, {}, {}});
        if (with_signals_ && text == "time") return emit({Operation::time, 0.0, {}, {}});
        if (text == "pi") return emit({Operation::constant, 3.14159265358979323846, {}, {}});
        cursor_.refuse_last("the name of a parameter that is defined");
    }

    void parse_call(const std::string& text) {
        if (with_signals_ && (text == "v" || text == "i")) return parse_signal(text == "v");
        const auto function = find_function(text);
        if (!function && parse_own_function(text)) return;
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

    /// The formula of a function that the deck defines, in the place of its call. False if there is none of that name.
    bool parse_own_function(const std::string& text) {
        const SpiceFunctions* functions = cursor_.source_->functions;
        if (functions == nullptr) return false;
        const auto found = functions->by_name.find(text);
        if (found == functions->by_name.end()) return false;
        const SpiceFunction& function = found->second;
        const Level level(*this);
        if (++*calls_ > most_calls) cursor_.refuse_last("fewer calls of functions in one formula");
        Arguments arguments;
        cursor_.expect('(', "'('");
        for (const std::string& parameter : function.parameters) {
            if (!arguments.empty()) cursor_.expect(',', "',' and one more argument");
            arguments.emplace(parameter, take_choice());
        }
        cursor_.expect(')', "')'");
        SpiceCursor body(function.card);
        body.place_.at = function.body;
        for (const ExpressionStep& step : FormulaParser(body, *this, std::move(arguments)).parse().steps)
            emit(step);
        return true;
    }

    /// A formula by itself.
    Expression take_choice() {
        const auto begin = static_cast<std::ptrdiff_t>(expression_.steps.size());
        parse_choice();
        Expression taken{{expression_.steps.begin() + begin, expression_.steps.end()}};
        expression_.steps.resize(static_cast<std::size_t>(begin));
        return taken;
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
    Arguments arguments_; ///< in the place of names
    Expression expression_;
    int depth_ = 0;
    int own_calls_ = 0;
    int* calls_; ///< of functions, in the whole formula
};

std::pair<std::string, SpiceFunction> SpiceCursor::function_of(const SpiceCard& card) {
    SpiceCursor cursor(card);
    cursor.word("a card");
    std::string name = cursor.word("the name of a function");
    const auto is_identifier = [](std::string_view text) {
        return is_letter(text.front()) &&
               std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
    };
    if (!is_identifier(name)) cursor.refuse_last("the name of a function");
    SpiceFunction function{{}, card, 0};
    cursor.expect('(', "'(' and names of parameters");
    while (!cursor.accept(')')) {
        function.parameters.push_back(cursor.word("the name of a parameter"));
        const auto& names = function.parameters;
        if (!is_identifier(names.back()) ||
            std::find(names.begin(), names.end() - 1, names.back()) != names.end() - 1)
            cursor.refuse_last("a name of a parameter that is not there already");
        cursor.accept(',');
    }
    cursor.accept('=');
    const char open = cursor.peek();
    if (open == '\'' || open == '"') cursor.accept(open);
    if (cursor.at_end()) cursor.refuse_next("the formula of the function");
    function.body = cursor.place_.at;
    return {std::move(name), std::move(function)};
}

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
