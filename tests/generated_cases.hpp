#pragma once

#include <algorithm>
#include <cstdint>

namespace ohmloom::testing {

/// How many of `all` generated cases a test goes through: all of them, but only the first third (one at least) under g++'s address sanitizer.
///
/// Arrays that are stepped through time to small tolerances take a hundred times as long there, and a handful of such tests took a third of all
/// the time of the sanitizers' run. What the sanitizers look for, memory and arithmetic misused, shows in few cases; that numbers agree, for
/// which cases must be many, is what release builds are for. Kinds of cases should change from one number to the next, so that a third has all.
constexpr std::uint32_t generated_cases(std::uint32_t all) {
#if defined(__SANITIZE_ADDRESS__)
    return std::max<std::uint32_t>(1, all / 3);
#else
    return all;
#endif
}

} // namespace ohmloom::testing
