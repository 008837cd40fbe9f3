#pragma once

#include "base/matrix.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ohmloom {

/// What the rows of an array are driven with, as factors of their potentials (schema "ohmloom-drive-1"). Between the points are straight
/// lines, before the first and behind the last one it stays; the same time twice is a jump.
///
// clang-format off
/// | path   | shape                                               | unit | meaning                                          |
/// |--------|-----------------------------------------------------|------|--------------------------------------------------|
/// | /t     | [points]                                            | s    | times, not falling                               |
/// | /curve | [points], [rows x points] or [batch x rows x points] | 1    | what /v_row is multiplied by: one curve for all rows, one per row, or one per input vector and row |
// clang-format on
struct DriveFile {
    std::vector<double> t; ///< [points] [s]
    Matrix<double> curves; ///< [batch*rows x points] [1]
    Index batch = 1;       ///< 1: the same for every input vector
    Index rows = 1;        ///< 1: the same for every row
};

/// Reads a drive for an array of so many rows and input vectors; whether the times rise is left to the solver.
/// @throws FileError naming file and data set.
DriveFile read_drive_file(const std::filesystem::path& file, Index rows, Index batch);

/// Output of `ohmloom transient` (schema "ohmloom-transient-1"): a data set per field.
struct TransientResultFile {
    std::vector<double> times; ///< [times] [s]
    std::vector<Matrix<double>>
        i_col; ///< [times x batch x cols] [A] into the sense node, summed over the tied ends
    std::vector<Matrix<double>> i_row;      ///< [times x batch x rows] [A] delivered by the row source
    std::vector<Matrix<double>> charge_col; ///< [times x batch x cols] [C] since t = 0
    std::vector<Matrix<double>> charge_row; ///< [times x batch x rows] [C] since t = 0
    Matrix<double> settled;                 ///< [batch x cols] [s] inf: not within the run
    Matrix<double> i_final;                 ///< [batch x cols] [A] operating point at the final potentials
    std::vector<double> energy;             ///< [batch] [J] delivered by all sources together
    std::vector<double> residual;           ///< [batch] [1] largest KCL error over the largest line current
    std::vector<int> status;                ///< [batch] [1] 0 converged
    int steps = 0;                          ///< time steps of the part of the batch that took most
    int rejected = 0;                       ///< steps that were refused and taken again, shorter
    std::string engine;
    std::string version; ///< of the program

    // Of devices that change (`--device`); all empty if there are none.
    std::string device;       ///< attribute of the root
    Matrix<double> g_initial; ///< [rows x cols] [S] conductances at zero bias before the run
    Matrix<double> g_final;   ///< [batch x rows*cols], written as [batch x rows x cols] [S] and after it
    std::vector<Matrix<double>>
        g; ///< [times] of those, written as [times x batch x rows x cols] [S]; empty: not asked for
    Matrix<double>
        cell_energy; ///< [batch x rows*cols], written as [batch x rows x cols] [J] taken up by the devices
};

/// Writes an output file, complete or not at all; engine, version, steps and rejected are attributes of the root. @throws FileError.
void write_transient_result(const TransientResultFile& result, const std::filesystem::path& file);

} // namespace ohmloom
