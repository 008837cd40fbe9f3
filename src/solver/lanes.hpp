#pragma once

#include "base/matrix.hpp"
#include "base/page_memory.hpp"

#include <array>
#include <cstddef>
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

/// One array asked of cut_arrays(): of so many numbers, in double or single precision.
class ArrayRequest {
public:
    /// `place` will be set to the array.
    template <class T>
    ArrayRequest(std::span<T>& place, std::size_t size)
        : place_(&place), size_(size), bytes_(size * sizeof(T)),
          set_([](void* to, void* begin, std::size_t count) {
              *static_cast<std::span<T>*>(to) = {static_cast<T*>(begin), count};
          }) {}

    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    void set(void* begin) const { set_(place_, begin, size_); }

private:
    void* place_;
    std::size_t size_, bytes_;
    void (*set_)(void*, void*, std::size_t);
};

/// Cuts arrays out of one piece of make_page_memory(), each beginning on a cache line of its own.
PageMemory cut_arrays(std::span<const ArrayRequest> requests);

/// Name of the instruction set that the kernels over lanes choose on this processor, as "AVX2".
std::string lane_instruction_set();

} // namespace ohmloom
