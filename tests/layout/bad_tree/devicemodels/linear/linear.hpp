#pragma once

#include "network/network.hpp"

namespace ohmloom {

/// Volts that reach for weights.
struct Linear {
    Network* network;
};

} // namespace ohmloom
