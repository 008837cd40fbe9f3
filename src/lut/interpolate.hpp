#pragma once

#include "lut/lut.hpp"

#include <span>
#include <vector>

namespace ohmloom {

/// One array of a table as a function of its axes, by the rules of the axes: the tensor product of straight lines between nodes
/// (multilinear), steps and indices.
///
/// Immutable; may be called from many threads. Holds the table by reference: it must live longer.
class Interpolant {
public:
    /// @throws InputError if the table has no array of that name, or the array runs along no axis.
    Interpolant(const Lut& table, std::string_view array);

    [[nodiscard]] const LutArray& array() const { return *array_; }
    /// The axes that the array runs along, in order: the arguments.
    [[nodiscard]] const std::vector<const LutAxis*>& axes() const { return axes_; }
    /// Values at one point: those of the dimensions that are no axes, row-major; 1 if there are none.
    [[nodiscard]] Index outputs() const { return outputs_; }

    /// All outputs at a point: one argument per axis.
    /// @throws InputError naming the axis, if an argument lies beyond an axis that refuses it, is no node of an axis of nodes, or is
    /// no number.
    void evaluate(std::span<const double> point, std::span<double> values) const;
    /// The one output. There must be just one.
    [[nodiscard]] double evaluate(std::span<const double> point) const;

private:
    const LutArray* array_;
    std::vector<const LutAxis*> axes_;
    std::vector<Index> strides_; ///< of each axis, in values
    Index outputs_ = 1;
};

/// Where an argument lies on an axis: value = (1 − weight)·node[index] + weight·node[index + 1].
struct AxisPlace {
    Index index = 0;
    double weight = 0.0; ///< 0 where there is no next node or it does not count
};

/// @throws InputError as Interpolant::evaluate.
AxisPlace place_on(const LutAxis& axis, double x);

} // namespace ohmloom
