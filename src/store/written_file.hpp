#pragma once

#include "base/matrix.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace ohmloom {

/// Output of `ohmloom write` (schema "ohmloom-written-1"): a data set per field, `g` being what the array has in the end, and energies in
/// a group of their own; the texts are attributes of the root.
struct WrittenFile {
    Matrix<double> initial;  ///< [rows x cols] [S]
    Matrix<double> target;   ///< [rows x cols] [S] 0: no cell
    Matrix<double> verified; ///< [rows x cols] [S] at the last look before the next row
    Matrix<double> g;        ///< [rows x cols] [S] in the end
    Matrix<double> disturb;  ///< [rows x cols] [S] sum of the changes by pulses that did not address the cell
    Matrix<std::int32_t> pulses;  ///< [rows x cols] [1]
    Matrix<std::uint8_t> reached; ///< [rows x cols] [1] 1: met its target at that look
    Matrix<std::uint8_t> met;     ///< [rows x cols] [1] 1: meets it in the end
    Matrix<double> cell_energy;   ///< [rows x cols] [J] taken up by the cell
    double energy_sources = 0.0, energy_cells = 0.0, energy_wires = 0.0, energy_drivers = 0.0; ///< [J]
    double time = 0.0;         ///< [s] of all pulses
    double slowest_line = 0.0; ///< [s] Elmore delay
    std::int64_t array_pulses = 0;
    std::string device; ///< card
    std::string scheme;
    std::string version; ///< of the program
};

/// Writes an output file, complete or not at all. @throws FileError.
void write_written_file(const WrittenFile& written, const std::filesystem::path& file);

} // namespace ohmloom
