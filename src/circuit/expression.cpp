#include "circuit/expression.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>

namespace ohmloom {

namespace {

/// How tightly an operation binds in text; what stands alone binds most tightly.
int precedence(Operation operation) {
    switch (operation) {
    case Operation::choose:
        return 0;
    case Operation::either:
        return 1;
    case Operation::both:
        return 2;
    case Operation::less:
    case Operation::less_equal:
    case Operation::greater:
    case Operation::greater_equal:
    case Operation::equal:
    case Operation::unequal:
        return 3;
    case Operation::add:
    case Operation::subtract:
        return 4;
    case Operation::multiply:
    case Operation::divide:
        return 5;
    case Operation::negate:
    case Operation::invert:
        return 6;
    case Operation::power:
        return 7;
    default:
        return 8;
    }
}

std::string_view operator_text(Operation operation) {
    switch (operation) {
    case Operation::add:
        return "+";
    case Operation::subtract:
        return "-";
    case Operation::multiply:
        return "*";
    case Operation::divide:
        return "/";
    case Operation::power:
        return "^";
    case Operation::less:
        return "<";
    case Operation::less_equal:
        return "<=";
    case Operation::greater:
        return ">";
    case Operation::greater_equal:
        return ">=";
    case Operation::equal:
        return "==";
    case Operation::unequal:
        return "!=";
    case Operation::both:
        return "&&";
    case Operation::either:
        return "||";
    default:
        return "";
    }
}

/// Value and partial derivatives of one operation.
struct Partial {
    double value;
    std::array<double, 3> slopes{};
};

Partial apply(Operation operation, double a, double b, double c) {
    const auto truth = [](bool is_true) { return Partial{is_true ? 1.0 : 0.0}; };
    switch (operation) {
    case Operation::add:
        return {a + b, {1.0, 1.0}};
    case Operation::subtract:
        return {a - b, {1.0, -1.0}};
    case Operation::multiply:
        return {a * b, {b, a}};
    case Operation::divide:
        return {a / b, {1.0 / b, -a / (b * b)}};
    case Operation::power: {
        const double base = std::abs(a);
        const double value = std::pow(base, b);
        return {value,
                {b * std::pow(base, b - 1.0) * (a < 0.0 ? -1.0 : 1.0),
                 base > 0.0 ? value * std::log(base) : 0.0}};
    }
    case Operation::pow: {
        const double value = std::pow(a, b);
        return {value, {b * std::pow(a, b - 1.0), a > 0.0 ? value * std::log(a) : 0.0}};
    }
    case Operation::less:
        return truth(a < b);
    case Operation::less_equal:
        return truth(a <= b);
    case Operation::greater:
        return truth(a > b);
    case Operation::greater_equal:
        return truth(a >= b);
    case Operation::equal:
        return truth(a == b);
    case Operation::unequal:
        return truth(a != b);
    case Operation::both:
        return truth(a != 0.0 && b != 0.0);
    case Operation::either:
        return truth(a != 0.0 || b != 0.0);
    case Operation::choose:
        return a != 0.0 ? Partial{b, {0.0, 1.0, 0.0}} : Partial{c, {0.0, 0.0, 1.0}};
    case Operation::negate:
        return {-a, {-1.0}};
    case Operation::invert:
        return truth(a == 0.0);
    case Operation::sin:
        return {std::sin(a), {std::cos(a)}};
    case Operation::cos:
        return {std::cos(a), {-std::sin(a)}};
    case Operation::tan:
        return {std::tan(a), {1.0 + std::tan(a) * std::tan(a)}};
    case Operation::asin:
        return {std::asin(a), {1.0 / std::sqrt(1.0 - a * a)}};
    case Operation::acos:
        return {std::acos(a), {-1.0 / std::sqrt(1.0 - a * a)}};
    case Operation::atan:
        return {std::atan(a), {1.0 / (1.0 + a * a)}};
    case Operation::sinh:
        return {std::sinh(a), {std::cosh(a)}};
    case Operation::cosh:
        return {std::cosh(a), {std::sinh(a)}};
    case Operation::tanh:
        return {std::tanh(a), {1.0 - std::tanh(a) * std::tanh(a)}};
    case Operation::asinh:
        return {std::asinh(a), {1.0 / std::sqrt(a * a + 1.0)}};
    case Operation::acosh:
        return {std::acosh(a), {1.0 / std::sqrt(a * a - 1.0)}};
    case Operation::atanh:
        return {std::atanh(a), {1.0 / (1.0 - a * a)}};
    case Operation::exp:
        return {std::exp(a), {std::exp(a)}};
    case Operation::ln:
        return {std::log(a), {1.0 / a}};
    case Operation::log10:
        return {std::log10(a), {1.0 / (a * std::log(10.0))}};
    case Operation::sqrt:
        return {std::sqrt(a), {a > 0.0 ? 0.5 / std::sqrt(a) : 0.0}};
    case Operation::abs:
        return {std::abs(a), {a > 0.0 ? 1.0 : a < 0.0 ? -1.0 : 0.0}};
    case Operation::sign:
        return {a > 0.0 ? 1.0 : a < 0.0 ? -1.0 : 0.0};
    case Operation::floor:
        return {std::floor(a)};
    case Operation::ceil:
        return {std::ceil(a)};
    case Operation::step:
        return truth(a > 0.0);
    case Operation::ramp:
        return {a > 0.0 ? a : 0.0, {a > 0.0 ? 1.0 : 0.0}};
    case Operation::minimum:
        return a < b ? Partial{a, {1.0, 0.0}} : Partial{b, {0.0, 1.0}};
    case Operation::maximum:
        return a > b ? Partial{a, {1.0, 0.0}} : Partial{b, {0.0, 1.0}};
    case Operation::atan2:
        return {std::atan2(a, b), {b / (a * a + b * b), -a / (a * a + b * b)}};
    case Operation::constant:
    case Operation::voltage:
    case Operation::current:
    case Operation::time:
        break;
    }
    return {0.0};
}

bool is_signal(Operation operation) {
    return operation == Operation::voltage || operation == Operation::current;
}

double leaf_value(const ExpressionStep& step, const ExpressionPoint& point, std::size_t& signal) {
    if (step.operation == Operation::constant) return step.value;
    if (step.operation == Operation::time) return point.time;
    return point.signals[signal++];
}

std::string leaf_text(const ExpressionStep& step) {
    if (step.operation == Operation::time) return "time";
    if (step.operation == Operation::current) return fmt::format("i({})", step.plus);
    if (step.operation == Operation::voltage) {
        return step.minus == "0" ? fmt::format("v({})", step.plus)
                                 : fmt::format("v({},{})", step.plus, step.minus);
    }
    return step.value < 0.0 ? fmt::format("({:.17g})", step.value) : fmt::format("{:.17g}", step.value);
}

/// Text of a part of an expression.
struct TextPart {
    std::string text;
    int binding;
};

std::string enclosed(TextPart part, int least) {
    return part.binding >= least ? std::move(part.text) : fmt::format("({})", part.text);
}

TextPart part_text(const ExpressionStep& step, std::span<TextPart> operands) {
    const int binding = precedence(step.operation);
    if (operands.empty()) return {leaf_text(step), binding};
    if (step.operation == Operation::choose) {
        return {fmt::format("{} ? {} : {}", enclosed(std::move(operands[0]), 1),
                            enclosed(std::move(operands[1]), 1), enclosed(std::move(operands[2]), 0)),
                binding};
    }
    if (step.operation == Operation::negate || step.operation == Operation::invert) {
        return {fmt::format("{}{}", step.operation == Operation::negate ? '-' : '!',
                            enclosed(std::move(operands[0]), binding)),
                binding};
    }
    if (binding == 8) {
        std::string text(function_name(step.operation));
        for (std::size_t i = 0; i < operands.size(); ++i) text += (i == 0 ? "(" : ",") + operands[i].text;
        return {text + ")", binding};
    }
    // Append in place: a long sum is written in linear time.
    std::string text = enclosed(std::move(operands[0]), binding);
    text += operator_text(step.operation);
    text += enclosed(std::move(operands[1]), binding + 1);
    return {std::move(text), binding};
}

} // namespace

int operand_count(Operation operation) {
    switch (operation) {
    case Operation::constant:
    case Operation::voltage:
    case Operation::current:
    case Operation::time:
        return 0;
    case Operation::choose:
        return 3;
    case Operation::minimum:
    case Operation::maximum:
    case Operation::atan2:
    case Operation::pow:
        return 2;
    default:
        return operator_text(operation).empty() ? 1 : 2;
    }
}

std::string_view function_name(Operation operation) {
    switch (operation) {
    case Operation::sin:
        return "sin";
    case Operation::cos:
        return "cos";
    case Operation::tan:
        return "tan";
    case Operation::asin:
        return "asin";
    case Operation::acos:
        return "acos";
    case Operation::atan:
        return "atan";
    case Operation::sinh:
        return "sinh";
    case Operation::cosh:
        return "cosh";
    case Operation::tanh:
        return "tanh";
    case Operation::asinh:
        return "asinh";
    case Operation::acosh:
        return "acosh";
    case Operation::atanh:
        return "atanh";
    case Operation::exp:
        return "exp";
    case Operation::ln:
        return "ln";
    case Operation::log10:
        return "log10";
    case Operation::sqrt:
        return "sqrt";
    case Operation::abs:
        return "abs";
    case Operation::sign:
        return "sgn";
    case Operation::floor:
        return "floor";
    case Operation::ceil:
        return "ceil";
    case Operation::step:
        return "u";
    case Operation::ramp:
        return "uramp";
    case Operation::minimum:
        return "min";
    case Operation::maximum:
        return "max";
    case Operation::atan2:
        return "atan2";
    case Operation::pow:
        return "pow";
    default:
        return "";
    }
}

double evaluate(const Expression& expression, const ExpressionPoint& point, std::span<double> slopes) {
    // Forward over the steps with a stack of step numbers, then the derivatives backwards.
    const std::size_t count = expression.steps.size();
    std::vector<Partial> partials(count);
    std::vector<std::array<std::size_t, 3>> operands(count);
    std::vector<std::size_t> stack;
    std::size_t signal = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const ExpressionStep& step = expression.steps[i];
        const auto arity = static_cast<std::size_t>(operand_count(step.operation));
        OHMLOOM_ASSERT(stack.size() >= arity);
        std::array<double, 3> values{};
        for (std::size_t k = arity; k-- > 0; stack.pop_back()) {
            operands[i][k] = stack.back();
            values[k] = partials[stack.back()].value;
        }
        partials[i] = arity == 0 ? Partial{leaf_value(step, point, signal)}
                                 : apply(step.operation, values[0], values[1], values[2]);
        stack.push_back(i);
    }
    OHMLOOM_ASSERT(stack.size() == 1);
    if (!slopes.empty()) {
        std::vector<double> adjoint(count, 0.0);
        adjoint.back() = 1.0;
        for (std::size_t i = count; i-- > 0;) {
            const Operation operation = expression.steps[i].operation;
            if (is_signal(operation)) slopes[--signal] = adjoint[i];
            // A branch that was not taken may be undefined: 0 times its slope is not looked at.
            for (std::size_t k = 0; k < static_cast<std::size_t>(operand_count(operation)); ++k) {
                const double slope = partials[i].slopes[k];
                if (adjoint[i] != 0.0 && slope != 0.0) adjoint[operands[i][k]] += adjoint[i] * slope;
            }
        }
    }
    return partials.back().value;
}

std::size_t signal_count(const Expression& expression) {
    return static_cast<std::size_t>(
        std::count_if(expression.steps.begin(), expression.steps.end(),
                      [](const ExpressionStep& step) { return is_signal(step.operation); }));
}

std::string to_text(const Expression& expression) {
    std::vector<TextPart> stack;
    for (const ExpressionStep& step : expression.steps) {
        const auto arity = static_cast<std::size_t>(operand_count(step.operation));
        OHMLOOM_ASSERT(stack.size() >= arity);
        TextPart part = part_text(step, std::span(stack).last(arity));
        stack.resize(stack.size() - arity, TextPart{});
        stack.push_back(std::move(part));
    }
    OHMLOOM_ASSERT(stack.size() == 1);
    return std::move(stack.back().text);
}

void rename_signals(Expression& expression,
                    const std::function<std::string(const std::string& name, bool is_node)>& rename) {
    for (ExpressionStep& step : expression.steps) {
        if (!is_signal(step.operation)) continue;
        const bool is_node = step.operation == Operation::voltage;
        step.plus = rename(step.plus, is_node);
        if (is_node) step.minus = rename(step.minus, true);
    }
}

} // namespace ohmloom
