#pragma once

#include "report/figure_choice.hpp"
#include "report/result_data.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ohmloom {

/// A figure as gnuplot draws it: what stands in NAME.dat and what NAME.gp does with it.
struct PaperFigure {
    std::string name;       ///< of its files
    std::string data;       ///< columns, below a line that names them
    std::string plot;       ///< gnuplot commands that read NAME.dat, without terminal and output
    std::size_t panels = 1; ///< in rows of panel_columns()
    int width = 640;        ///< of a figure of one panel, in pixels of the SVG file
};

/// How many of so many panels stand side by side.
std::size_t panel_columns(std::size_t panels);

/// The main figures of a result: accuracy against power, the chosen figure over an axis and over two, accuracy at equal errors of products, power by component,
/// the confusion matrix and errors by class of the most accurate row, maps of a tile (of that row, if it has one) and its errors. What the result does not
/// have is left out. @throws InputError if it has not what the choice names.
std::vector<PaperFigure> paper_figures(const ResultData& result, const FigureChoice& choice = {});

/// Writes every figure as NAME.svg and NAME.png into a folder, which is made if it is not there, by gnuplot; NAME.dat and NAME.gp stay beside them,
/// for `gnuplot NAME.gp`. Files of the same names are replaced.
/// @throws BackendError if gnuplot is not installed or fails; FileError if a file cannot be written.
void write_paper_figures(const std::vector<PaperFigure>& figures, const std::filesystem::path& folder);

} // namespace ohmloom
