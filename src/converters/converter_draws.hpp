#pragma once

#include "converters/converter_cores.hpp"

#include <cstdint>

namespace ohmloom {

/// Where a row of converters stands: what its random numbers are keyed by.
struct AdcPlace {
    std::uint64_t seed = 1;
    std::uint32_t tile = 0;
};

/// Front end of one converter, as drawn.
FrontEnd draw_front(const AdcDesign& design, InputRange range, const AdcPlace& place,
                    std::uint32_t converter);

/// How one converter decides, as drawn. What columns share (the ramp) is the same for all converters of the place.
ConverterCore draw_core(const AdcDesign& design, const CodeGrid& grid, const AdcPlace& place,
                        std::uint32_t converter);

} // namespace ohmloom
