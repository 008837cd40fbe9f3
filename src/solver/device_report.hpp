#pragma once

#include "solver/nodal_system.hpp"

#include <vector>

namespace ohmloom {

/// The voltage sources, diodes, transistors and switches of a circuit where it is.
std::vector<DeviceReport> device_report(const NodalSystem& system);

} // namespace ohmloom
