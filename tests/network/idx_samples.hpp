#pragma once

#include <zlib.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ohmloom {

/// Bytes of a small IDX file, for tests.
inline std::string big_endian(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
    return bytes;
}

inline std::string idx_images(std::uint32_t count, std::uint32_t rows, std::uint32_t cols,
                              std::string_view pixels) {
    return big_endian(0x803) + big_endian(count) + big_endian(rows) + big_endian(cols) + std::string(pixels);
}

inline std::string idx_labels(std::uint32_t count, std::string_view labels) {
    return big_endian(0x801) + big_endian(count) + std::string(labels);
}

/// The bytes as gzip packs them.
inline std::string gzip(std::string_view bytes) {
    z_stream packer{};
    if (deflateInit2(&packer, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("deflateInit2");
    std::string input(bytes);
    std::string packed(deflateBound(&packer, input.size()) + 64, '\0');
    packer.next_in = reinterpret_cast<Bytef*>(input.data());
    packer.avail_in = static_cast<uInt>(input.size());
    packer.next_out = reinterpret_cast<Bytef*>(packed.data());
    packer.avail_out = static_cast<uInt>(packed.size());
    deflate(&packer, Z_FINISH);
    packed.resize(packer.total_out);
    deflateEnd(&packer);
    return packed;
}

} // namespace ohmloom
