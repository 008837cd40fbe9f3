#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// What ngspice said, line by line: the beginning and the end of it if it talks much, as it does when it
/// steps gmin for a circuit without a solution.
class NgspiceLog {
public:
    void add(std::string_view line, bool is_error_stream);

    void clear() { *this = {}; }

    /// All lines that were kept.
    [[nodiscard]] std::string text() const;

    /// The first error that ngspice reported, with the line that follows it (often the card it means), on one
    /// line; empty if it reported none.
    [[nodiscard]] const std::string& telling_line() const { return telling_; }

    /// telling_line(), or the last line if no error was reported.
    [[nodiscard]] std::string telling_or_last_line() const;

    /// Lines heard, also those not kept.
    [[nodiscard]] std::size_t size() const { return lines_.size() + dropped_; }

private:
    void note_telling(std::string_view line);

    static constexpr std::size_t most_lines = 400;
    static constexpr std::size_t longest_line = 2000; // characters
    std::vector<std::string> lines_;
    std::size_t dropped_ = 0;
    std::string telling_;
    int telling_lines_ = 2; ///< still to be noted
};

} // namespace ohmloom
