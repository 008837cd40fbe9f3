#pragma once

#include "array/crossbar.hpp"
#include "store/array_file.hpp"

namespace ohmloom::cli {

/// The array of an input file of `ohmloom solve`.
Crossbar to_crossbar(const ArrayFile& file);

} // namespace ohmloom::cli
