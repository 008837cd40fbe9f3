#pragma once

#include "devicemodels/device_model.hpp"

namespace ohmloom {

/// Phase-change cells that crystallise a little with every SET pulse.
///
/// Pulses of the nominal width at v_set <= |v| < v_reset; G in µS, P the cell's inner variable (`memory`):
///
///     P <- P·exp(−1/p_decay)
///     G <- clip(G + N(a·G + b + c·P, (sa·G + sb + sc·P)²), g_min, g_max)
///
/// |v| >= v_reset melts the cell: G ~ N(reset_mean, reset_spread²), P = 1. A pulse n times as long acts as n pulses;
/// between whole pulses the mean follows the differential equation that passes through them,
/// dG/dt = −k·G + B + C·P, dP/dt = −P/(p_decay·width), which is also the SPICE face.
/// Source: Nandakumar et al., J. Appl. Phys. 124, 152135, 2018, as coded by its users; see README.md.
DeviceKind accumulation_pcm_kind();

} // namespace ohmloom
