#include "store/csv_numbers.hpp"

#include "base/errors.hpp"
#include "base/si.hpp"
#include "store/readable_file.hpp"

#include <fmt/format.h>

#include <fstream>
#include <string>

namespace ohmloom {

namespace {

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<double> parse_line(std::string_view line) {
    std::vector<double> numbers;
    while (true) {
        const auto comma = line.find(',');
        numbers.push_back(parse_si(trimmed(line.substr(0, comma))));
        if (comma == std::string_view::npos) return numbers;
        line.remove_prefix(comma + 1);
    }
}

} // namespace

std::vector<std::vector<double>> read_csv_numbers(const std::filesystem::path& file,
                                                  std::string_view expected) {
    require_readable(file, "a CSV file");
    std::ifstream stream(file);
    std::vector<std::vector<double>> lines;
    std::string text;
    bool has_heading = false;
    for (int number = 1; std::getline(stream, text); ++number) {
        const std::string_view line = trimmed(text);
        if (line.empty() || line.front() == '#') continue;
        if (!has_heading) {
            has_heading = true;
            continue;
        }
        try {
            lines.push_back(parse_line(line));
        } catch (const InputError& error) {
            throw InputError(fmt::format("{}:{}: {}", file.string(), number, error.what()));
        }
        if (lines.back().size() < 2 || lines.back().size() != lines.front().size()) {
            throw InputError(fmt::format("{}:{}: {} numbers, expected {} as in the lines before",
                                         file.string(), number, lines.back().size(), expected));
        }
    }
    if (lines.empty())
        throw InputError(fmt::format("{}: no numbers below a line of headings", file.string()));
    return lines;
}

} // namespace ohmloom
