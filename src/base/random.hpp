#pragma once

#include <cstdint>

namespace ohmloom {

/// What a random number is for. Each purpose has its own streams, so that adding draws for one never moves
/// another.
enum class RandomPurpose : std::uint32_t {
    data_split = 1,
    weight_initialisation = 2,
    batch_order = 3,
    augmentation = 4,
    test_generation = 5,
    device_variation = 6,   ///< what differs from device to device and never changes
    device_programming = 7, ///< what differs from one programming of a device to the next
    device_drift = 8,
    device_read = 9,
    cross_check = 10,
    circuit_noise = 11,       ///< of resistors in a transient
    converter_variation = 12, ///< what differs from converter to converter and never changes
    converter_noise = 13,     ///< drawn for every conversion
    stage_variation = 14,     ///< of read-out stages, from output to output
    surrogate_points = 15,    ///< that surrogates of tiles are made and checked with
    sweep_samples = 16,       ///< where the points of a sweep lie
};

/// Counter-based random numbers (Philox 4x32-10, Random123): a pure function of a key and a counter, so that
/// any point of any study can be recomputed alone, on any number of threads. Source: Salmon et al., "Parallel
/// random numbers: as easy as 1, 2, 3", SC 2011. doi:10.1145/2063384.2063405
class RandomStream {
public:
    RandomStream(std::uint64_t seed, RandomPurpose purpose) : seed_(seed), purpose_(purpose) {}

    /// Uniform in the open interval (0, 1), 53 bits, for draw `draw` at the place (tile, row, column).
    [[nodiscard]] double uniform(std::uint32_t tile, std::uint32_t row, std::uint32_t column,
                                 std::uint32_t draw = 0) const;

    /// Standard normal deviate (Box–Muller) for draw `draw` at the place (tile, row, column).
    [[nodiscard]] double normal(std::uint32_t tile, std::uint32_t row, std::uint32_t column,
                                std::uint32_t draw = 0) const;

private:
    struct Pair {
        double first, second;
    };
    [[nodiscard]] Pair uniform_pair(std::uint32_t tile, std::uint32_t row, std::uint32_t column,
                                    std::uint32_t draw) const;

    std::uint64_t seed_;
    RandomPurpose purpose_;
};

} // namespace ohmloom
