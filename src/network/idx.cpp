#include "network/idx.hpp"

#include "base/errors.hpp"
#include "network/byte_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace ohmloom {

namespace {

constexpr std::uint32_t image_magic = 0x00000803;
constexpr std::uint32_t label_magic = 0x00000801;

/// Largest side of an image that is believed; a larger one means that the header is damaged.
constexpr std::uint32_t max_side = 1u << 14;

[[noreturn]] void fail(const ByteStream& stream, std::uint64_t offset, const std::string& what) {
    throw FileError(fmt::format("{}: byte {}{}: {}", stream.file().string(), offset,
                                stream.packed() ? " of the unpacked data" : "", what));
}

std::uint32_t read_big_endian(ByteStream& stream, const std::string& meaning) {
    const std::uint64_t start = stream.offset();
    std::array<std::uint8_t, 4> bytes{};
    if (stream.read(bytes) != bytes.size()) {
        fail(stream, stream.offset(),
             fmt::format("the file ends inside the header, expected {} (4 bytes from byte {})", meaning,
                         start));
    }
    std::uint32_t value = 0;
    for (const std::uint8_t byte : bytes) value = value << 8 | byte;
    return value;
}

void require_magic(ByteStream& stream, std::uint32_t expected, const std::string& meaning) {
    const std::uint32_t magic = read_big_endian(stream, "the magic number");
    if (magic != expected) {
        fail(stream, 0,
             fmt::format("the magic number is 0x{:08x}, expected 0x{:08x} (IDX {})", magic, expected,
                         meaning));
    }
}

Index read_size(ByteStream& stream, const std::string& meaning, std::uint32_t largest) {
    const std::uint64_t start = stream.offset();
    const std::uint32_t size = read_big_endian(stream, meaning);
    if (size == 0 || size > largest) {
        fail(stream, start, fmt::format("{} is {}, expected 1 to {}", meaning, size, largest));
    }
    return static_cast<Index>(size);
}

/// The `count` bytes that the header announces, which must be all that is left. Memory grows with what is
/// really there, so that a damaged header cannot ask for all of it.
std::vector<std::uint8_t> read_rest(ByteStream& stream, std::uint64_t count, const std::string& what) {
    constexpr std::uint64_t step = 1u << 24;
    std::vector<std::uint8_t> bytes;
    while (bytes.size() < count) {
        const std::size_t start = bytes.size();
        bytes.resize(static_cast<std::size_t>(std::min(count, start + step)));
        const std::size_t got = stream.read(std::span(bytes).subspan(start));
        if (start + got == bytes.size()) continue;
        fail(stream, stream.offset(),
             fmt::format("the file ends here, but the header announces {} ({} bytes more)", what,
                         count - start - got));
    }
    const std::uint64_t end = stream.offset();
    std::array<std::uint8_t, 1> surplus{};
    if (stream.read(surplus) != 0) {
        fail(stream, end, fmt::format("expected the end of the file after {}, found more bytes", what));
    }
    return bytes;
}

IdxImageHeader read_image_header(ByteStream& stream) {
    require_magic(stream, image_magic, "images");
    IdxImageHeader header;
    header.count = read_size(stream, "the number of images", UINT32_MAX);
    header.rows = read_size(stream, "the number of pixel rows", max_side);
    header.cols = read_size(stream, "the number of pixel columns", max_side);
    return header;
}

} // namespace

IdxImages read_idx_images(const std::filesystem::path& file) {
    ByteStream stream(file);
    const IdxImageHeader header = read_image_header(stream);
    const Index pixels = header.rows * header.cols;
    std::vector<std::uint8_t> bytes =
        read_rest(stream, static_cast<std::uint64_t>(header.count) * static_cast<std::uint64_t>(pixels),
                  fmt::format("{} images of {} x {} pixels", header.count, header.rows, header.cols));
    return {Matrix<std::uint8_t>(header.count, pixels, std::move(bytes)), header.rows, header.cols};
}

std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& file, int classes) {
    ByteStream stream(file);
    require_magic(stream, label_magic, "labels");
    const Index count = read_size(stream, "the number of labels", UINT32_MAX);
    const std::uint64_t start = stream.offset();
    std::vector<std::uint8_t> labels =
        read_rest(stream, static_cast<std::uint64_t>(count), fmt::format("{} labels", count));
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] >= classes) {
            fail(stream, start + i,
                 fmt::format("label {} is {}, expected 0 to {}", i, labels[i], classes - 1));
        }
    }
    return labels;
}

IdxImageHeader read_idx_image_header(const std::filesystem::path& file) {
    ByteStream stream(file);
    return read_image_header(stream);
}

} // namespace ohmloom
