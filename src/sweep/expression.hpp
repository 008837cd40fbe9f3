#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ohmloom {

/// A formula over keys of a study, as "1.25 * array.r_row" or "array.cols >= array.rows && readout.gain[0] < 40" (muParser: its
/// operators and functions; comparisons are 1 or 0).
class Expression {
public:
    /// @throws InputError naming the formula and the place where it is wrong.
    explicit Expression(const std::string& text);
    ~Expression();
    Expression(Expression&&) noexcept;
    Expression& operator=(Expression&&) noexcept;

    [[nodiscard]] const std::string& text() const;
    /// The keys it asks for, in alphabetical order.
    [[nodiscard]] const std::vector<std::string>& names() const;
    /// With these values of its keys. Limits: one thread at a time.
    /// @throws InputError if that is not a finite number.
    [[nodiscard]] double value(std::span<const double> values) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace ohmloom
