#include "devicemodels/table/table_file.hpp"

#include "base/errors.hpp"
#include "base/si.hpp"
#include "store/hdf5.hpp"

#include <fmt/format.h>

#include <fstream>
#include <string>
#include <string_view>

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

CurrentTable read_csv(const std::filesystem::path& file) {
    std::ifstream stream(file);
    if (!stream) throw FileError(fmt::format("{}: the table of currents cannot be read", file.string()));
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
            throw InputError(
                fmt::format("{}:{}: {} numbers, expected a voltage and one current per state as in the "
                            "lines before",
                            file.string(), number, lines.back().size()));
        }
    }
    if (lines.empty())
        throw InputError(fmt::format("{}: no numbers below a line of headings", file.string()));
    std::vector<double> v;
    Matrix<double> i(static_cast<Index>(lines.front().size()) - 1, static_cast<Index>(lines.size()));
    for (std::size_t k = 0; k < lines.size(); ++k) {
        v.push_back(lines[k].front());
        for (Index s = 0; s < i.rows(); ++s)
            i(s, static_cast<Index>(k)) = lines[k][static_cast<std::size_t>(s) + 1];
    }
    return make_current_table(std::move(v), std::move(i));
}

} // namespace

CurrentTable read_current_table(const std::filesystem::path& file) {
    try {
        if (file.extension() == ".csv") return read_csv(file);
        const Hdf5Reader reader(file);
        return make_current_table(reader.read_vector("/v", "V"), reader.read_matrix("/i", "A"));
    } catch (const InputError& error) {
        const std::string message = error.what();
        if (message.starts_with(file.string())) throw;
        throw InputError(fmt::format("{}: {}", file.string(), message));
    }
}

} // namespace ohmloom
