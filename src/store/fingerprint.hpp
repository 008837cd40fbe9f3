#pragma once

#include "store/sha256.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ohmloom {

/// Names a sequence of numbers and texts by a checksum: sequences that differ, if only in where one list ends, have different names.
class Fingerprint {
public:
    void add(std::span<const double> values) {
        add_count(values.size());
        sum_.add({reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()});
    }
    void add(double value) { add(std::span<const double>(&value, 1)); }
    void add(std::string_view text) {
        add_count(text.size());
        sum_.add({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    }
    /// A whole number, exactly.
    void add_count(std::uint64_t number) {
        sum_.add({reinterpret_cast<const std::uint8_t*>(&number), sizeof number});
    }

    /// As Sha256::finish().
    std::string finish() { return sum_.finish(); }

private:
    Sha256 sum_;
};

} // namespace ohmloom
