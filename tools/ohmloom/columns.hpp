#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace ohmloom::cli {

/// One quantity over the rows of a result.
struct Column {
    std::string name;
    std::string unit;
    std::vector<double> values;
};

/// A result as columns of one length; the first is what the others are drawn over.
struct Columns {
    std::string title;
    std::vector<Column> columns;
    bool logarithmic = false; ///< first axis of a drawing
    std::size_t curves = 1;   ///< how many columns after the first a drawing shows
    bool steps = false;       ///< drawn as a staircase
};

/// Writes columns as the ending of the name says: .csv, .h5, .png or .svg. Drawings are made by gnuplot.
/// @throws InputError for another ending; FileError if it cannot be written; BackendError if gnuplot is not installed or
/// fails.
void write_columns(const Columns& columns, const std::filesystem::path& file);

/// Draws several results into one picture, one above the other: .png or .svg.
/// @throws as write_columns().
void write_panels(const std::vector<Columns>& panels, const std::filesystem::path& file);

/// Checks, before the work is done, that a drawing's ending is a known one and the file can be written.
void require_drawing(const std::filesystem::path& file);

/// Checks, before the work is done, that the ending is a known one and the file can be written.
void require_columns_file(const std::filesystem::path& file);

} // namespace ohmloom::cli
