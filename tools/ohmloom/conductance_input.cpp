#include "conductance_input.hpp"

#include "base/errors.hpp"
#include "base/si.hpp"
#include "netlist/result_file.hpp"
#include "store/hdf5.hpp"
#include "store/readable_file.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace ohmloom::cli {

Matrix<double> read_conductances(const std::filesystem::path& file, Index rows, Index cols) {
    if (file.extension() != ".csv") return Hdf5Reader(file).read_matrix("/g", "S", rows, cols);
    require_readable(file, "a CSV file");
    const std::vector<std::vector<std::string>> table = read_csv(file);
    if (static_cast<Index>(table.size()) != rows) {
        throw FileError(fmt::format("{}: {} lines of numbers, expected {}, one per row of the array",
                                    file.string(), table.size(), rows));
    }
    Matrix<double> g(rows, cols);
    for (Index r = 0; r < rows; ++r) {
        const std::vector<std::string>& line = table[static_cast<std::size_t>(r)];
        if (static_cast<Index>(line.size()) != cols) {
            throw FileError(
                fmt::format("{}: line {} has {} numbers, expected {}, one per column of the array",
                            file.string(), r + 1, line.size(), cols));
        }
        for (Index c = 0; c < cols; ++c) {
            try {
                g(r, c) = parse_si(line[static_cast<std::size_t>(c)], "S");
            } catch (const InputError& error) {
                throw FileError(
                    fmt::format("{}: line {}, number {}: {}", file.string(), r + 1, c + 1, error.what()));
            }
        }
    }
    return g;
}

} // namespace ohmloom::cli
