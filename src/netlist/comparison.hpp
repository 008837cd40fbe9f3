#pragma once

#include "netlist/deck.hpp"
#include "netlist/result_file.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ohmloom {

/// One expected number of a deck.
struct ExpectedValue {
    std::string name;         ///< of the measure
    std::string unit;         ///< "V", "A" or "W"
    std::string signal;       ///< whose value it is: "v(o_3)"
    std::optional<double> at; ///< [s] in a transient
    double value = 0.0;
};

/// The measures whose native answer is known as a CSV table: name,unit,signal,at,value.
std::string expected_text(std::span<const DeckMeasure> measures);

/// Reads such a table. @throws FileError naming file and line.
std::vector<ExpectedValue> read_expected(const std::filesystem::path& file);

/// A simulator's numbers beside the expected ones.
struct Comparison {
    std::size_t compared = 0;
    std::vector<std::string> missing; ///< measures that the result does not hold
    /// Largest difference, over the larger of the expected value and a thousandth of the largest one in the same unit.
    double worst = 0.0;
    std::string worst_name, worst_unit;
    double worst_expected = 0.0, worst_found = 0.0;
};
Comparison compare(std::span<const ExpectedValue> expected, const SimulatorResult& result);

} // namespace ohmloom
