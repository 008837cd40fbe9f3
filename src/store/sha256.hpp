#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace ohmloom {

/// SHA-256 of bytes that come piece by piece (FIPS 180-4, computed by OpenSSL).
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void add(std::span<const std::uint8_t> bytes);

    /// The sum as 64 small hexadecimal digits; nothing may be added afterwards.
    std::string finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// SHA-256 of a file's content. @throws FileError if it cannot be read.
std::string sha256_of_file(const std::filesystem::path& file);

} // namespace ohmloom
