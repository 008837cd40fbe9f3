#include "store/sha256.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

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

} // namespace ohmloom
