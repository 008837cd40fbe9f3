#pragma once

#include "array/wire.hpp"
#include "solver/engine.hpp"

namespace ohmloom {

struct Crossbar {
    Wire* wire;
};

} // namespace ohmloom
