#pragma once

#include "converters/code_grid.hpp"
#include "converters/code_steps.hpp"

#include <vector>

namespace ohmloom {

/// Converters that are known by their edges: measured, or computed elsewhere. A bank takes them in turn: converter k of a tile is
/// steps[k mod count], so that a single one stands for all.
///
/// Edges are kept as inputs and not as positions, so that none is rounded where the range is that of the measurement. In another range every
/// edge stands at the same position (LSB) of that one's scale.
struct MeasuredConverters {
    InputRange range;             ///< that the edges were measured in
    std::vector<CodeSteps> steps; ///< of each converter; edges that are equal leave out what is between them
};

/// Checks them against the codes of `grid`.
/// @throws InputError naming converter and edge if there are no converters, if edges fall or are not finite, if there is not one code
/// more than edges, or a code that `grid` has not.
void validate(const MeasuredConverters& measured, const CodeGrid& grid);

} // namespace ohmloom
