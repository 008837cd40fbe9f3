#include "store/sha256.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <vector>

namespace ohmloom {

namespace {

struct FreeDigest {
    void operator()(EVP_MD_CTX* digest) const { EVP_MD_CTX_free(digest); }
};

void require(int status) {
    if (status != 1) throw BackendError("OpenSSL cannot compute SHA-256");
}

} // namespace

struct Sha256::State {
    std::unique_ptr<EVP_MD_CTX, FreeDigest> digest{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    require(EVP_DigestInit_ex(state_->digest.get(), EVP_sha256(), nullptr));
}
Sha256::~Sha256() = default;

void Sha256::add(std::span<const std::uint8_t> bytes) {
    require(EVP_DigestUpdate(state_->digest.get(), bytes.data(), bytes.size()));
}

std::string Sha256::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
    unsigned size = 0;
    require(EVP_DigestFinal_ex(state_->digest.get(), sum.data(), &size));
    std::string text;
    for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", sum.at(i));
    return text;
}

std::string sha256_of_file(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    Sha256 sum;
    std::vector<char> block(1U << 16U);
    while (stream.read(block.data(), static_cast<std::streamsize>(block.size())) || stream.gcount() > 0) {
        sum.add(
            {reinterpret_cast<const std::uint8_t*>(block.data()), static_cast<std::size_t>(stream.gcount())});
    }
    if (!stream.eof()) throw FileError(fmt::format("{}: cannot be read", file.string()));
    return sum.finish();
}

} // namespace ohmloom
