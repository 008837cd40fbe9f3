#pragma once

#include <string_view>
#include <vector>

namespace ohmloom {

/// Curve that an approximate converter sees its input through: y = f(z), both relative to the range. z goes from 0 to 1, or from −1 to 1
/// for a signed converter. All but polynomials and tables are odd functions; those of them that reach 1 at 1, polynomials and tables go on
/// straight beyond the ends.
struct TransferCurve {
    enum class Shape {
        linear,      ///< y = z
        polynomial,  ///< y = z + c₂·z² + c₃·z³ + …
        s_shape,     ///< y = z / (1 + s·|z|); saturates at 1/s
        exponential, ///< y = (exp(s·z) − 1) / (exp(s) − 1)
        logarithmic, ///< y = ln(1 + s·z) / ln(1 + s)
        square_law, ///< z = (y + s·√y) / (1 + s): current of a transistor of square law with a resistor in its source; s is its
                    ///< overdrive over the voltage across the resistor at full scale. s large: y = z²
        table,      ///< measured: straight between points
    };
    Shape shape = Shape::linear;
    double strength = 0.0;                 ///< s ≥ 0; 0 is linear
    std::vector<double> coefficients = {}; ///< polynomial: c₂, c₃, …
    std::vector<double> inputs = {};       ///< table: z, rising, at least two
    std::vector<double> outputs = {};      ///< table: y, rising
    bool full_scale = false;               ///< scaled so that the ends of the range stay where they are
};

/// One converter's curve: f with its strength, and what it needs to be turned round.
class ConverterCurve {
public:
    /// `spread` multiplies the strength: s, all cᵢ, or a table's distance from y = z.
    /// @throws InputError naming the value if one is not finite or out of range, or if the curve does not rise everywhere: only then do
    ///         codes have one piece each.
    ConverterCurve(const TransferCurve& curve, bool is_signed, double spread = 1.0);

    [[nodiscard]] bool is_linear() const { return shape_ == TransferCurve::Shape::linear; }
    [[nodiscard]] double value(double z) const;
    [[nodiscard]] double slope(double z) const;
    /// z with f(z) = y; ±infinity where the curve never gets there.
    [[nodiscard]] double inverse(double y) const;

private:
    [[nodiscard]] double bare(double z) const; ///< f before it is scaled
    [[nodiscard]] double bare_slope(double z) const;
    [[nodiscard]] double bare_inverse(double y) const;
    [[nodiscard]] double odd(double magnitude) const; ///< the odd shapes, for z ≥ 0
    [[nodiscard]] double odd_slope(double magnitude) const;
    [[nodiscard]] double odd_inverse(double magnitude) const;
    [[nodiscard]] bool is_odd() const;

    TransferCurve::Shape shape_;
    double low_; ///< lower end of z: −1 or 0
    double strength_ = 0.0;
    std::vector<double> powers_; ///< polynomial, from the constant on
    std::vector<double> inputs_, outputs_;
    double scale_ = 1.0, shift_ = 0.0; ///< value = scale·f + shift
};

} // namespace ohmloom
