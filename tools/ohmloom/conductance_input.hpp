#pragma once

#include "base/matrix.hpp"

#include <filesystem>

namespace ohmloom::cli {

/// Conductances [S] of an array: a CSV table of numbers, a line per row, or the data set /g of an HDF5 file.
/// @throws FileError naming the place if it is not [rows x cols] numbers.
Matrix<double> read_conductances(const std::filesystem::path& file, Index rows, Index cols);

} // namespace ohmloom::cli
