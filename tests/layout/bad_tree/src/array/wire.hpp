#pragma once

#include "array/crossbar.hpp"

#include "devicemodels/linear/linear.hpp"

namespace ohmloom {

struct Crossbar;

struct Wire {
    Crossbar* crossbar;
};

} // namespace ohmloom
