#include "instruction_set.hpp"

#include <hwy/targets.h>

namespace ohmloom::benchmarks {

namespace {

constexpr long long target_of(InstructionSet set) {
    return set == InstructionSet::avx2 ? HWY_AVX2 : HWY_AVX3;
}

} // namespace

std::string_view name_of(InstructionSet set) {
    return set == InstructionSet::avx2 ? "AVX2" : "AVX-512";
}

bool has(InstructionSet set) {
    return (hwy::SupportedTargets() & target_of(set)) != 0;
}

InstructionLimit::InstructionLimit(InstructionSet most) {
    // Highway numbers targets from the best: those better than AVX2 are all the bits below its own. Nothing that is asked
    // for here is better than AVX-512.
    if (most == InstructionSet::avx2) hwy::DisableTargets(HWY_AVX2 - 1);
}

InstructionLimit::~InstructionLimit() {
    hwy::DisableTargets(0);
}

} // namespace ohmloom::benchmarks
