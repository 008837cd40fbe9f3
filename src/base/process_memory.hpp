#pragma once

#include <cstddef>

namespace ohmloom {

/// Largest memory that this process has had so far. [bytes]
std::size_t peak_memory();

} // namespace ohmloom
