#include "value.hpp"

#include <base/value.hpp>
#include <gsl/span.hpp>

namespace ohmloom {

// std::exit(1) in a comment, "std::cout <<" in a string and 1'000'000 in a number are nobody's business.
const char* const harmless = "std::cout << 1; abort()";
const char* const raw = R"(fmt::print("never"))";
const long count = 1'000'000;

} // namespace ohmloom
