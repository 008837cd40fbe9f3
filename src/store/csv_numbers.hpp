#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace ohmloom {

/// The numbers of a CSV file, line by line: a line of headings, then lines of as many numbers each, at least two, separated by commas; empty
/// lines and lines that begin with # are passed over. Numbers may have SI prefixes ("1.2u").
/// @param expected what a line holds, for the message about one of another length
/// @throws FileError if the file cannot be read; InputError with file and line for what is no number or a line of another length, or
///         if there is no line of numbers.
std::vector<std::vector<double>> read_csv_numbers(const std::filesystem::path& file,
                                                  std::string_view expected);

} // namespace ohmloom
