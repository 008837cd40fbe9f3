#pragma once

#include "devicemodels/cbram/ecm_cell.hpp"
#include "devicemodels/device_model.hpp"

namespace ohmloom {

/// Cells of the energy-threshold model: they switch on when the energy taken up at v > 0 since the last RESET reaches
/// e_set, and off when that taken up at v < 0 since the last SET reaches e_reset. `memory` is the part of the threshold
/// that has been taken up: [0, 1) off, on its way to SET; [1, 2) on, on its way to RESET. With a softness p > 0 the
/// filament is there in part on the way, b = part^p.
/// Source: Garcia-Redondo et al., TCAS-I 2016. doi:10.1109/TCSI.2016.2564703
DeviceKind ecm_kind();

/// The law of a card at a temperature [K].
EcmCell ecm_law(const Card& card, double temperature);

} // namespace ohmloom
