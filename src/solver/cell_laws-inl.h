// The cells' laws over the vectors of the line kernels. Included once per instruction set; see lane_vectors-inl.h.
#if defined(OHMLOOM_SOLVER_CELL_LAWS) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_SOLVER_CELL_LAWS
#undef OHMLOOM_SOLVER_CELL_LAWS
#else
#define OHMLOOM_SOLVER_CELL_LAWS
#endif

#include "devicemodels/cell_laws-inl.h"
#include "devicemodels/cell_model.hpp"
#include "devicemodels/lanes-inl.h"
#include "solver/lane_vectors-inl.h"

#include <variant>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

/// Current of a cell and its slope, at a voltage.
struct LanePoint {
    Two current, slope;
};

/// A cell model's law; `g` and `shape` are the cell's own numbers.
template <class Cell>
struct Law {
    static constexpr bool linear = Cell::is_linear;

    const Cell& cell;

    [[nodiscard]] HWY_INLINE Two current(double g, double shape, const Two& v) const {
        return {evaluate_current(cell, g, shape, LaneValues(v.a)).v,
                evaluate_current(cell, g, shape, LaneValues(v.b)).v};
    }
    [[nodiscard]] HWY_INLINE LanePoint point(double g, double shape, const Two& v) const {
        const auto a = evaluate_law(cell, g, shape, LaneValues(v.a)),
                   b = evaluate_law(cell, g, shape, LaneValues(v.b));
        return {{a.current.v, b.current.v}, {a.slope.v, b.slope.v}};
    }
};

/// Calls body with the law of the model, so that it is compiled for each law.
template <class Body>
HWY_INLINE void with_law(const CellModel& model, const Body& body) {
    std::visit([&](const auto& cell) HWY_ATTR { body(Law<std::decay_t<decltype(cell)>>{cell}); }, model);
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
