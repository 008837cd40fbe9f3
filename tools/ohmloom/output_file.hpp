#pragma once

#include <filesystem>

namespace ohmloom::cli {

/// Checks, before the work is done, that its result can be written and does not replace its own input.
/// @throws InputError if both are one file; FileError if `output` cannot be written.
void require_output(const std::filesystem::path& output, const std::filesystem::path& input);

} // namespace ohmloom::cli
