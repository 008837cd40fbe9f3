#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// What a circuit simulator found: measures, waveforms, or both. Names are in lower case.
struct SimulatorResult {
    std::map<std::string, double, std::less<>> measures;
    std::vector<double> axis;                                        ///< [points] [s] or [V]
    std::map<std::string, std::vector<double>, std::less<>> signals; ///< "v(o_3)": [points]

    [[nodiscard]] std::optional<double> measure(std::string_view name) const;
    /// A signal at a time, as a straight line between points; without a time, the signal of a single point.
    [[nodiscard]] std::optional<double> signal_at(std::string_view signal, std::optional<double> time) const;
};

/// Reads the result of a simulator, whichever of these it is:
///
/// - a raw file of ngspice or Xyce, binary or ASCII, with real numbers (`ngspice -b -r out.raw`);
/// - a CSV file with a header: a column per signal and the axis first, or the columns `name` and `value`;
/// - a log or a file of measures with `name = value` in it: what `ngspice -b` prints, .ms0 and .mt0 of Xyce, those of HSPICE
///   with `measform=2`, which the decks ask for.
/// @throws FileError if the file cannot be read or holds no number.
SimulatorResult read_simulator_result(const std::filesystem::path& file);

/// The fields of a CSV file without quotes, line by line; blanks around fields and empty lines are dropped. @throws FileError.
std::vector<std::vector<std::string>> read_csv(const std::filesystem::path& file);

/// The number that a text is, if it is one.
std::optional<double> number_of(std::string_view text);

} // namespace ohmloom
