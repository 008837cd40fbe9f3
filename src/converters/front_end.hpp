#pragma once

#include "converters/adc_design.hpp"

namespace ohmloom {

/// One converter's offset, gain and curve: from the input to what its comparators see, in the same unit. Rises everywhere.
class FrontEnd {
public:
    struct Draws {
        double offset = 0.0, gain = 0.0, curve = 0.0; ///< standard normal
    };
    /// @throws InputError if the gain that was drawn is not positive, or the curve not monotone.
    FrontEnd(const AdcDesign& design, InputRange range, const Draws& draws);

    [[nodiscard]] double value(double x) const;
    [[nodiscard]] double slope(double x) const;
    /// Input whose value is y; ±infinity if the curve saturates before.
    [[nodiscard]] double inverse(double y) const;

private:
    ConverterCurve curve_;
    double middle_, span_; ///< z = (x − middle) / span
    double offset_, gain_; ///< in the unit of the input; factor
};

/// Where an error-free scale's positions lie on the input of one converter, through its front end.
struct ThresholdMap {
    CodeGrid grid;
    FrontEnd front;

    [[nodiscard]] double operator()(double position) const { return front.inverse(grid.edge(position)); }
};

} // namespace ohmloom
