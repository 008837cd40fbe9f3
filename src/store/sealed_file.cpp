#include "store/sealed_file.hpp"

#include "base/errors.hpp"
#include "store/readable_file.hpp"
#include "store/sha256.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

namespace {

constexpr std::string_view seal_word = "ohmloom-seal-1 sha256 ";

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
    throw FileError(fmt::format("{}: {}", file.string(), what));
}

/// The sum of all bytes behind the seal.
std::string sum_of_content(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    stream.seekg(seal_size);
    Sha256 sum;
    std::vector<char> piece(std::size_t{1} << 20);
    while (stream) {
        stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        const auto* const bytes = reinterpret_cast<const std::uint8_t*>(piece.data());
        sum.add(std::span(bytes, static_cast<std::size_t>(stream.gcount())));
    }
    if (stream.bad()) fail(file, "cannot be read");
    return sum.finish();
}

std::string seal_of(std::string_view sum) {
    std::string seal = fmt::format("{}{}", seal_word, sum);
    seal.resize(seal_size, '\n');
    return seal;
}

} // namespace

void seal_file(const std::filesystem::path& file) {
    const std::string seal = seal_of(sum_of_content(file));
    std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
    stream.write(seal.data(), static_cast<std::streamsize>(seal.size()));
    stream.close();
    if (!stream) fail(file, "its seal cannot be written: is the disk full?");
}

void require_sealed(const std::filesystem::path& file) {
    require_readable(file, "a sealed HDF5 file");
    std::string found(seal_size, '\0');
    std::ifstream stream(file, std::ios::binary);
    stream.read(found.data(), static_cast<std::streamsize>(found.size()));
    if (stream.gcount() != static_cast<std::streamsize>(seal_size) || !found.starts_with(seal_word))
        fail(file, fmt::format("has no seal: expected 512 bytes that begin with '{}' before the HDF5 data",
                               seal_word));
    const std::string sum = sum_of_content(file);
    if (found != seal_of(sum))
        fail(file, fmt::format("is damaged: its content has the SHA-256 {}, its seal says otherwise; "
                               "write or copy it again",
                               sum));
}

} // namespace ohmloom
