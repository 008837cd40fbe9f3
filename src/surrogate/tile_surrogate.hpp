#pragma once

#include "base/matrix.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace ohmloom {

/// One factor of a product: a weighted sum over a line's rows, Σ_r w_mode(r, line)·x_r^power.
struct LineMoment {
    Index mode = 0;  ///< TileSurrogate::modes(): that of all lines together, in mode 0
    Index power = 1; ///< 1 to most_power
    static constexpr Index most_power = 4;
    friend bool operator==(const LineMoment&, const LineMoment&) = default;
};

/// What a surrogate gives, beside the stage outputs.
inline constexpr std::array<const char*, 3> surrogate_powers{"cells", "wires", "stages"};

/// What a tile of nonlinear cells with its wires and stages makes of its row voltages, in a form of few numbers:
///
///     u_o(v) = Σ_k≤degree Σ_r additive(k·r, o)·T_k(t_r) + Σ_lines of o Σ_products weight(product, line)·Π moments of that line
///
/// with t the row voltages scaled to their range, [−1, 1], T_k Chebyshev polynomials and x = v/v_scale.
///
/// Without wires and with virtual grounds the first sum is all there is: each cell's current depends on its own row. Potentials that lines take
/// from all their cells, and the way they fall along the wires, come in products with the nonlinear part of the currents: line moments of mode 0
/// tell the former (all cells weigh by their conductance), those of higher modes, weighed along the line by cosines, the latter.
/// Power is the same with the mean of the products over the lines.
struct TileSurrogate {
    std::vector<double> v_low, v_high; ///< [rows] [V] that it covers
    double v_scale = 1.0;              ///< [V] of x
    Index degree = 1;                  ///< of the Chebyshev polynomials
    Matrix<double>
        additive; ///< [1 + degree·rows x outputs + 3] [V], and [W] of surrogate_powers; the first row is the constant
    Index lines_per_output = 1;
    std::vector<Matrix<double>>
        moment_weights; ///< [modes] of [rows x lines + 1]; the last is all lines together
    std::vector<std::vector<LineMoment>> products;
    Matrix<double> product_weights; ///< [products x lines] [V]
    Matrix<double> power_weights;   ///< [products x 3] [W]

    [[nodiscard]] Index rows() const { return static_cast<Index>(v_low.size()); }
    [[nodiscard]] Index outputs() const {
        return additive.cols() - static_cast<Index>(surrogate_powers.size());
    }
    [[nodiscard]] Index lines() const { return outputs() * lines_per_output; }
    [[nodiscard]] Index modes() const { return static_cast<Index>(moment_weights.size()); }
};

/// Outputs and power for a batch of row voltages.
struct SurrogatePoints {
    Matrix<double> u;     ///< [batch x outputs] [V]
    Matrix<double> power; ///< [batch x 3] [W] of surrogate_powers
};

/// @throws InputError if sizes do not fit each other, or a number is not finite; it names the field.
void validate(const TileSurrogate& surrogate);

/// @throws InputError if `v` [batch x rows] [V] does not fit or is beyond what the surrogate covers.
SurrogatePoints evaluate(const TileSurrogate& surrogate, const Matrix<double>& v);

/// Chebyshev polynomials of the rows' voltages, [batch x 1 + degree·rows], the constant first, then all rows of T_1, of T_2 …
/// Rows whose range is a point give 0.
Matrix<double> additive_features(const TileSurrogate& surrogate, const Matrix<double>& v);

/// Moments of all lines, and of all together, [batch x lines + 1] for each that any product needs, in one walk over the batch.
class LineMoments {
public:
    LineMoments(const TileSurrogate& surrogate, const Matrix<double>& v);
    /// Moments [lines + 1] of one factor for vector k.
    [[nodiscard]] const double* of(const LineMoment& moment, Index k) const;
    /// Whether a factor is one number for all lines, the last of the moments.
    [[nodiscard]] bool is_whole(const LineMoment& moment) const { return moment.mode == modes_; }
    [[nodiscard]] Index lines() const { return each_ - 1; }

private:
    Index modes_ = 0, each_ = 0;                                  ///< each_: lines + 1
    std::array<Matrix<double>, LineMoment::most_power> by_power_; ///< [batch x modes·(lines + 1)]
};

/// A product of moments of vector k, for one line.
double product_of(const LineMoments& moments, const std::vector<LineMoment>& factors, Index k, Index line);

/// The same for all lines, [lines].
void products_of(const LineMoments& moments, const std::vector<LineMoment>& factors, Index k,
                 std::vector<double>& product);

} // namespace ohmloom
