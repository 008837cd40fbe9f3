#pragma once

#include "base/matrix.hpp"
#include "base/page_memory.hpp"

#include <array>
#include <span>
#include <string>

namespace ohmloom {

/// Operating points solved side by side: every node value is stored for this many input vectors next to each other, so that the
/// recurrences along a line, serial in themselves, fill the SIMD lanes.
inline constexpr Index lane_count = 16;

/// One number per lane.
using Lanes = std::array<double, lane_count>;

/// KCL error and scale of each lane after an evaluation.
struct LaneErrors {
    Lanes error{};    ///< [A] largest KCL error over the unknown nodes
    Lanes current{};  ///< [A] largest line current
    Lanes rounding{}; ///< [A] what rounding the node voltages alone can leave
};

/// One array asked of cut_arrays().
struct ArrayRequest {
    std::span<double>& place; ///< set to the array
    std::size_t size;
};

/// Cuts arrays out of one piece of make_page_memory(), each beginning on a cache line of its own.
PageMemory cut_arrays(std::span<const ArrayRequest> requests);

/// Name of the instruction set that the kernels over lanes choose on this processor, as "AVX2".
std::string lane_instruction_set();

} // namespace ohmloom
