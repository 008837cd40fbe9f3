#include "sweep/expression.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <muParser.h>

#include <cmath>
#include <map>
#include <utility>

namespace ohmloom {

struct Expression::State {
    std::string text;
    mu::Parser parser;
    std::map<std::string, double> variables; ///< muParser reads them where they are
    std::vector<std::string> names;
};

namespace {

double* new_variable(const char* name, void* variables) {
    return &(*static_cast<std::map<std::string, double>*>(variables))[name];
}

} // namespace

Expression::Expression(const std::string& text) : state_(std::make_unique<State>()) {
    state_->text = text;
    mu::Parser& parser = state_->parser;
    parser.DefineNameChars("0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.[]");
    parser.SetVarFactory(new_variable, &state_->variables);
    try {
        parser.SetExpr(text);
        static_cast<void>(parser.Eval()); // makes the variables
    } catch (const mu::ParserError& error) {
        throw InputError(fmt::format("'{}' is no formula: {}", text, error.GetMsg()));
    }
    for (const auto& [name, value] : state_->variables) state_->names.push_back(name);
}

Expression::~Expression() = default;
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;

const std::string& Expression::text() const {
    return state_->text;
}

const std::vector<std::string>& Expression::names() const {
    return state_->names;
}

double Expression::value(std::span<const double> values) const {
    std::size_t next = 0;
    for (auto& [name, value] : state_->variables) value = values[next++];
    double result = 0.0;
    try {
        result = state_->parser.Eval();
    } catch (const mu::ParserError& error) {
        throw InputError(fmt::format("'{}' cannot be worked out: {}", state_->text, error.GetMsg()));
    }
    if (!std::isfinite(result))
        throw InputError(fmt::format("'{}' is {} with {} = {}: expected a finite number", state_->text,
                                     result, fmt::join(state_->names, ", "), fmt::join(values, ", ")));
    return result;
}

} // namespace ohmloom
