// All cell laws, for the instruction set that is being compiled: evaluate_law(law, g, shape, v) for each alternative
// of CellModel.
#if defined(OHMLOOM_DEVICEMODELS_CELL_LAWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_DEVICEMODELS_CELL_LAWS_INL_H
#undef OHMLOOM_DEVICEMODELS_CELL_LAWS_INL_H
#else
#define OHMLOOM_DEVICEMODELS_CELL_LAWS_INL_H
#endif

#include "devicemodels/family_laws-inl.h"

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

/// The current of evaluate_law() alone, for laws that have no shorter way to it.
template <class Cell, class Real>
HWY_INLINE Real evaluate_current(const Cell& law, double g, double shape, const Real& v) {
    return evaluate_law(law, g, shape, v).current;
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
