#pragma once

#include "devicemodels/device_model.hpp"

namespace ohmloom {

/// Cu/SiO2/W filaments as `FilamentGrowth` says, with a sinh current, noise on every programming event and read noise;
/// optionally at rest on half-integer conductance quanta.
DeviceKind pheno_kind();

} // namespace ohmloom
