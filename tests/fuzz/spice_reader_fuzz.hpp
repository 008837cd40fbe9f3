#pragma once

#include <cstddef>
#include <cstdint>

namespace ohmloom::testing {

/// Reads bytes as a deck whose inclusions are those bytes again. What is taken must be written and read back as an equal
/// deck, and flattened or refused.
/// @throws whatever the reader must not throw: anything but InputError and FileError; std::logic_error if the two
/// decks differ.
void read_any_bytes(const std::uint8_t* data, std::size_t size);

} // namespace ohmloom::testing
