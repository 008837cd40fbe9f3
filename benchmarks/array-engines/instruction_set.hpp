#pragma once

#include <string_view>

namespace ohmloom::benchmarks {

/// Instruction sets that targets speak of, in ascending order.
enum class InstructionSet { avx2, avx512 };

std::string_view name_of(InstructionSet set);

/// True if this processor has it.
bool has(InstructionSet set);

/// Holds run-time dispatch to instruction sets up to the given one for as long as it lives.
class InstructionLimit {
public:
    explicit InstructionLimit(InstructionSet most);
    ~InstructionLimit();
    InstructionLimit(const InstructionLimit&) = delete;
    InstructionLimit& operator=(const InstructionLimit&) = delete;
};

} // namespace ohmloom::benchmarks
