#pragma once

#include "surrogate/tile_surrogate.hpp"

#include <string>
#include <vector>

namespace ohmloom {

/// Which terms a surrogate has.
struct SurrogateForm {
    std::string name;
    Index degree = 1; ///< of each row's own polynomial
    Index modes = 0;
    std::vector<std::vector<LineMoment>> products;
};

/// From the least to the largest, each with all products of the one before.
std::vector<SurrogateForm> surrogate_forms();

} // namespace ohmloom
