#include "store/sha256.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace ohmloom;

namespace {

std::string sum_of(std::string_view text, std::size_t piece) {
    Sha256 sum;
    for (std::size_t i = 0; i < text.size(); i += piece) {
        const std::string_view part = text.substr(i, piece);
        sum.add({reinterpret_cast<const std::uint8_t*>(part.data()), part.size()});
    }
    return sum.finish();
}

} // namespace

TEST_CASE("SHA-256 of the standard's own examples, in whatever pieces they come") {
    // NIST, "SHA-256 examples" (FIPS 180-4): the empty text is from the test vectors of the standard's CAVP.
    CHECK(sum_of("", 1) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sum_of("abc", 1) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sum_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 5) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}
