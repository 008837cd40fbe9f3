#pragma once

#include <filesystem>
#include <vector>

namespace ohmloom::cli {

/// Checks, before the work is done, that its result can be written and replaces none of its own inputs.
/// @throws InputError if the output is one of the inputs; FileError if it cannot be written.
void require_output(const std::filesystem::path& output, const std::vector<std::filesystem::path>& inputs);

} // namespace ohmloom::cli
