#pragma once

#include "base/matrix.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ohmloom {

/// Input of `ohmloom solve` and `ohmloom transient`: one array and a batch of input vectors, as the file holds them (schema
/// "ohmloom-array-1").
///
// clang-format off
/// | path           | shape          | unit | meaning                                                       |
/// |----------------|----------------|------|---------------------------------------------------------------|
/// | /g             | [rows x cols]  | S    | cell conductance at zero bias; 0: open, inf: shorted          |
/// | /v_row         | [batch x rows] | V    | source voltage at the tied ends of each row                   |
/// | /r_row, /r_col | scalar or map  | Ohm  | one wire segment, or each of them; 0 allowed                  |
/// | /r_source      | scalar         | Ohm  | optional, 0: in series at every tied row end                  |
/// | /r_sense       | scalar         | Ohm  | optional, 0: in series at every tied column end               |
/// | /v_col         | [cols]         | V    | optional, 0: potential behind r_sense                         |
/// | /row_ends      | text           |      | optional: left (default), right, both                         |
/// | /col_ends      | text           |      | optional: bottom (default), top, both                         |
/// | /device        | text           |      | optional: linear (default), sinh (attribute `alpha` in 1/V)   |
/// | /c_row_ground, /c_col_ground     | scalar | F | optional, 0: of a wire segment to ground                |
/// | /c_row_coupling, /c_col_coupling | scalar | F | optional, 0: of a segment to the next line's            |
/// | /c_cell        | scalar         | F    | optional, 0: across every cell, its crossing of wires included |
/// | /c_driver, /c_sense | scalar    | F    | optional, 0: at every tied row or column end, to ground, on the wire's side of r_source or r_sense |
/// | /codes         | [batch x rows] | 1    | optional: whole numbers from 0 to 65535, input as pulse widths |
// clang-format on
///
/// A map gives every segment its own resistance: `/r_row` as [rows x (cols + 1)] holds in column k the segment before
/// cell k of each row, and in the last column the one behind its last cell; `/r_col` as [(rows + 1) x cols] likewise
/// down the columns. Segments at ends that are not tied do not matter. In a map 0 joins two nodes and inf cuts a line.
///
/// Capacitances and codes matter to `ohmloom transient` alone; they are checked wherever the file is read or solved.
///
/// A data set without a `unit` attribute is in the unit above; with another one it is refused.
struct ArrayFile {
    Matrix<double> g;                ///< [rows x cols] [S]
    Matrix<double> v_row;            ///< [batch x rows] [V]
    double r_row = 0.0;              ///< [Ohm]
    double r_col = 0.0;              ///< [Ohm]
    Matrix<double> r_row_map;        ///< [rows x (cols + 1)] [Ohm]; empty: r_row everywhere
    Matrix<double> r_col_map;        ///< [(rows + 1) x cols] [Ohm]; empty: r_col everywhere
    double r_source = 0.0;           ///< [Ohm]
    double r_sense = 0.0;            ///< [Ohm]
    std::vector<double> v_col;       ///< [cols] [V]; empty means 0
    std::string row_ends = "left";   ///< which ends of a row are tied
    std::string col_ends = "bottom"; ///< which ends of a column are tied
    std::string device = "linear";   ///< current law of the cells
    double alpha = 0.0;              ///< [1/V] of sinh cells: I = g sinh(alpha v) / alpha
    double c_row_ground = 0.0;       ///< [F] per segment
    double c_col_ground = 0.0;       ///< [F] per segment
    double c_row_coupling = 0.0;     ///< [F] per segment, to the next row
    double c_col_coupling = 0.0;     ///< [F] per segment, to the next column
    double c_cell = 0.0;             ///< [F]
    double c_driver = 0.0;           ///< [F]
    double c_sense = 0.0;            ///< [F]
    Matrix<Index> codes;             ///< [batch x rows] of pulse widths; empty: there are none
    friend bool operator==(const ArrayFile&, const ArrayFile&) = default;
};

/// Reads an input file: what must be there, its shapes and its words are checked here; whether the values
/// make an array that can be solved is left to the solver.
/// @throws FileError naming file and data set, with the nearest known name for an unknown one.
ArrayFile read_array_file(const std::filesystem::path& file);

/// Writes an input file, complete or not at all. @throws FileError.
void write_array_file(const ArrayFile& array, const std::filesystem::path& file);

/// Output of `ohmloom solve` (schema "ohmloom-array-result-1").
struct ArrayResultFile {
    Matrix<double> i_col;         ///< [batch x cols] [A] into the sense node, summed over the tied ends
    Matrix<double> i_row;         ///< [batch x rows] [A] delivered by the row source
    std::vector<double> power;    ///< [batch] [W] delivered by all sources together
    std::vector<double> residual; ///< [batch] [1] largest KCL error over the largest line current
    std::vector<int> iterations;  ///< [batch] [1]
    std::vector<int> status;      ///< [batch] [1] 0 converged
    Matrix<double> v_w;           ///< [batch x rows*cols] [V] row nodes; empty: not written
    Matrix<double> v_b;           ///< [batch x rows*cols] [V] column nodes; empty: not written
    std::string engine;           ///< the engine that was asked or chosen
    long fallbacks = 0;  ///< operating points that it could not solve as well as mna, whose answer they are
    std::string version; ///< of the program
};

/// Writes an output file, complete or not at all: one data set per field, with `v_w` and `v_b` as
/// [batch x rows x cols]; engine, fallbacks and version are attributes of the root. @throws FileError.
void write_array_result(const ArrayResultFile& result, const std::filesystem::path& file);

} // namespace ohmloom
