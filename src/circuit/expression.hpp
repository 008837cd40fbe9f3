#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// What one step of an expression does with the values before it.
enum class Operation : std::uint8_t {
    constant, ///< a number
    voltage,  ///< of a node, or between two
    current,  ///< of a voltage source, inductor or controlled voltage source
    time,     ///< [s] 0 at an operating point
    add,
    subtract,
    multiply,
    divide,
    power, ///< of two values; a power is that of the base's magnitude
    less,
    less_equal,
    greater,
    greater_equal,
    equal,
    unequal,
    both,
    either, ///< 1 if so, else 0
    choose, ///< second value if the first is not 0, else the third
    negate,
    invert, ///< of one value; invert: 1 for 0, else 0
    sin,
    cos,
    tan,
    asin,
    acos,
    atan,
    sinh,
    cosh,
    tanh,
    asinh,
    acosh,
    atanh,
    exp,
    ln,
    log10,
    sqrt,
    abs,
    sign,
    floor,
    ceil,
    step,
    ramp, ///< step: 1 above 0; ramp: the value above 0, else 0
    minimum,
    maximum,
    atan2,
    pow ///< functions of two values
};

/// One step of an expression in postfix order.
struct ExpressionStep {
    Operation operation = Operation::constant;
    double value = 0.0;      ///< of a constant
    std::string plus, minus; ///< nodes of a voltage ("0" for ground), or in `plus` the element of a current
    friend bool operator==(const ExpressionStep&, const ExpressionStep&) = default;
};

/// Formula of voltages, currents and numbers, as a value.
struct Expression {
    std::vector<ExpressionStep> steps; ///< postfix: operands before their operation
    friend bool operator==(const Expression&, const Expression&) = default;
};

/// Number of values that an operation takes: 0 to 3.
int operand_count(Operation operation);

/// Name of a function in text, such as "sinh"; empty if the operation is none.
std::string_view function_name(Operation operation);

/// Values of the signals of an expression in the order of its voltage and current steps, and the time.
struct ExpressionPoint {
    std::span<const double> signals; ///< [V or A]
    double time = 0.0;               ///< [s]
};

/// Value of an expression; if `slopes` is not empty, it receives the derivatives by the signals.
///
/// Derivatives where there are none (abs at 0, comparisons) are 0. What is not defined (a root of a negative
/// number) is not a number.
double evaluate(const Expression& expression, const ExpressionPoint& point, std::span<double> slopes = {});

/// Number of voltage and current steps.
std::size_t signal_count(const Expression& expression);

/// The expression as SPICE text, with 17 digits and no more parentheses than it needs.
std::string to_text(const Expression& expression);

/// Calls `rename` for each name of an expression: nodes first as (name, true), elements as (name, false).
void rename_signals(Expression& expression,
                    const std::function<std::string(const std::string& name, bool is_node)>& rename);

} // namespace ohmloom
