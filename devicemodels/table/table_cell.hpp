#pragma once

#include "base/matrix.hpp"
#include "devicemodels/cell_face.hpp"
#include "devicemodels/cell_point.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// Measured or simulated currents over voltage, one curve per state, with a monotone cubic between the points.
///
/// The curves are named by their conductance at zero bias, the slope of the interpolant there: a cell of
/// conductance g between two of them carries the mix of both whose slope at zero bias is g.
/// Source of the slopes: Fritsch and Butland, SIAM J. Sci. Stat. Comput. 5(2), 1984: monotone data give a monotone
/// curve, so the cell stays passive.
struct CurrentTable {
    std::vector<double> v;            ///< [knots] [V] increasing, with 0 among them
    Matrix<double> i;                 ///< [states x knots] [A] strictly increasing along v, 0 at v = 0
    std::vector<double> g;            ///< [states] [S] slope of each curve at zero bias, increasing
    std::vector<double> coefficients; ///< [states x intervals x 4] of powers of v − v[k], constant first
    std::vector<double> upper;        ///< [knots] upper end of each interval; infinite for the last
    std::vector<double> bucket;       ///< [buckets] interval in which each of equally wide buckets begins
    double buckets_per_volt = 0.0;

    [[nodiscard]] Index intervals() const { return static_cast<Index>(v.size()) - 1; }
};

/// The interpolant of a table.
/// @throws InputError, naming the place, if a voltage is not above the one before, none is 0, a current does not
/// grow with the voltage, is not 0 at 0 V or is not finite, two states have one conductance at zero bias, or the
/// voltages lie more than 10^5 times closer in one place than the range is wide.
CurrentTable make_current_table(std::vector<double> v, Matrix<double> i);

/// Cell whose current is a table. Beyond the voltages of the table its current goes on along the tangent, for
/// Newton's trial steps; results there are to be refused (`range`). Below the least and above the greatest
/// conductance of the table the nearest curve is scaled.
struct TableCell {
    static constexpr bool is_linear = false, scales_with_g = false;

    std::shared_ptr<const CurrentTable> table; ///< never null
    bool extrapolate = false; ///< accept results beyond the voltages and conductances of the table

    [[nodiscard]] double current(double v, double g, double shape = 0.0) const; ///< [A]
    [[nodiscard]] double slope(double v, double g, double shape = 0.0) const;   ///< [S]

    /// @throws InputError if there is no table.
    void validate() const;
    [[nodiscard]] CellRange range() const;
    [[nodiscard]] std::string spice_current(double g, double shape, std::string_view v) const;
    [[nodiscard]] std::vector<CellFace> faces(const FormulaStyle& style) const;
    [[nodiscard]] CellFaceCall call_face(double g, double shape) const;

    friend bool operator==(const TableCell&, const TableCell&) = default;
};

/// Between which curves a conductance lies: current = low·I[state] + high·I[state + 1].
struct TableMix {
    Index state = 0;
    double low = 0.0;
    double high = 0.0; ///< 0 where there is no next state
};
TableMix mix_of(const CurrentTable& table, double g);

} // namespace ohmloom
