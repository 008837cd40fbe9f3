#pragma once

#include "lut/lut.hpp"
#include "verbs.hpp"

#include <string>

namespace ohmloom::cli {

/// Prints what is in tables: axes, arrays, errors; as text or JSON.
void print_luts(const LutFile& luts, const std::string& file, bool json);

/// The verbs below `lut` that take a file of tables: show, check, export, eval.
void add_lut_use_verbs(CLI::App& lut, CommandLine& line);

} // namespace ohmloom::cli
