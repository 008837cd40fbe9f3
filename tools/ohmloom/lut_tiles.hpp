#pragma once

#include "verbs.hpp"

namespace ohmloom::cli {

/// `ohmloom lut tiles`: tables of all tiles of a study.
void add_lut_tiles(CLI::App& lut, CommandLine& line);

} // namespace ohmloom::cli
