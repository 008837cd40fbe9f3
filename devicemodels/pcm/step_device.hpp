#pragma once

#include "devicemodels/device_model.hpp"

namespace ohmloom {

/// Steps of a weight by training pulses, exponential in the weight ("ExpStep"), without noise.
///
///     z = 2·slope·w/w_max + offset
///     up    dw_min·max(0, 1 − a_up·exp(gamma_up·z))        down    dw_min·max(0, 1 − a_down·exp(−gamma_down·z))
///
/// Source: AIHWKit (MIT) 4545f11, PCMPresetDevice, a fit to Nandakumar et al., Front. Neurosci. 14:406, 2020.
struct ExponentialSteps {
    double dw_min = 0.01;
    double w_max = 2.0;
    double slope = -1.0, offset = 0.0;
    double gamma_up = 2.5, gamma_down = 2.5;
    double a_up = -27.235, a_down = -2.235;

    [[nodiscard]] double up(double w) const;
    [[nodiscard]] double down(double w) const; ///< >= 0, too: by how much w falls
};

/// Phase-change cells that change by such steps, for training in place. Pulses of the nominal width at |v| >= v_set make one
/// step, up where v > 0, down where v < 0; shorter ones their part of it, longer ones several. |v| >= v_reset resets.
/// `memory` is w, g runs with it from g_min at 0 to g_max at w_max.
DeviceKind step_pcm_kind();

} // namespace ohmloom
