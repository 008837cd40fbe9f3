#pragma once

#include "base/matrix.hpp"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace ohmloom {

/// A figure of a result: for every row one number, or one per layer.
struct ResultFigure {
    std::string name; ///< as the file has it, such as "power_w"
    std::string unit;
    Matrix<double> values; ///< [rows x numbers per row]
};

/// A text that every row of a result has.
struct ResultText {
    std::string name;
    std::vector<std::string> values; ///< [rows]
};

/// Something that rows of a result differ in by design: an axis of a sweep, or what distinguishes a run's points.
struct ResultAxis {
    std::string
        name; ///< a key of study files such as "array.r_row", or "scheme", "network", "device", "read time" …
    std::string unit; ///< "1" for texts and pure numbers
    std::string
        kind; ///< "list", "range", "log", "sample", "draw", "repeat", "corner", "derived"; of a run's points "list"
    std::vector<double> numbers;    ///< [rows]; empty if these are texts
    std::vector<std::string> texts; ///< [rows]; empty if these are numbers
};

/// What became of the points of a sweep.
struct SweepOutcome {
    std::vector<Index> point_of_row; ///< [rows]
    std::vector<int> status; ///< [sweep points] 0 done, 1 not converged, 2 failed; others are told by number
    std::vector<std::string> messages; ///< [sweep points] why; "" if all is well
    std::vector<double> wall_time;     ///< [sweep points] [s]; may be empty
};

/// The inside of one tile for one image, and what it puts out for all of them (`ohmloom run --map`).
struct ResultMap {
    Index row = 0; ///< of the result that it belongs to
    Index layer = 0, tile = 0, image = 0;
    Index lines_per_site = 1; ///< column lines of an output
    Matrix<double> v_w;       ///< [rows x sites] [V]
    Matrix<double> v_b;       ///< [rows x lines] [V]
    Matrix<double> i_cell;    ///< [rows x lines] [A]
    Matrix<double> outputs;   ///< [images x outputs] [V]
    Matrix<double>
        outputs_ideal; ///< likewise, with ideal wires, drivers and devices at the same row voltages
};

/// A result file as a report needs it: of a run ("ohmloom-run-1") or a sweep ("ohmloom-sweep-1").
struct ResultData {
    std::filesystem::path file;
    std::string schema;
    std::string version; ///< of the program that made it
    std::string study;   ///< text of the study file
    Index rows = 0;      ///< points of a run; of a sweep, those of all its points
    Index images = 0;
    std::vector<ResultFigure> figures; ///< in alphabetical order
    std::vector<ResultText> texts;     ///< likewise
    std::vector<ResultAxis> axes;      ///< a sweep's in its order, then what a run's points differ in
    SweepOutcome sweep;                ///< empty for a run
    /// [rows] [classes x classes]: images of a class (first index) taken for a class (second); empty if the file has no classes.
    std::vector<Matrix<Index>> confusion;
    std::vector<ResultMap> maps;
    std::vector<std::pair<std::string, std::string>> provenance; ///< name and value, in the order of telling
};

/// Reads a result. Unknown data sets below /points are figures or texts as well.
/// @throws FileError if it is none, or its parts do not fit each other.
ResultData read_result(const std::filesystem::path& file);

/// The figure of that name; none: nullptr.
const ResultFigure* find_figure(const ResultData& result, std::string_view name);

} // namespace ohmloom
