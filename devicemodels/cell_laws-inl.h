// All cell laws, for the instruction set that is being compiled: evaluate_law(law, g, shape, v) for each alternative
// of CellModel.
#if defined(OHMLOOM_DEVICEMODELS_CELL_LAWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_DEVICEMODELS_CELL_LAWS_INL_H
#undef OHMLOOM_DEVICEMODELS_CELL_LAWS_INL_H
#else
#define OHMLOOM_DEVICEMODELS_CELL_LAWS_INL_H
#endif

#include "devicemodels/cbram/ecm_law-inl.h"
#include "devicemodels/linear/linear_law-inl.h"
#include "devicemodels/mram/mram_law-inl.h"
#include "devicemodels/pcm/pcm_law-inl.h"
#include "devicemodels/sinh/sinh_law-inl.h"
#include "devicemodels/table/table_law-inl.h"

#endif
