#include "tests/fuzz/spice_reader_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ohmloom::testing::read_any_bytes(data, size);
    return 0;
}
