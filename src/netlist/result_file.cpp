#include "netlist/result_file.hpp"

#include "base/errors.hpp"
#include "store/readable_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

namespace ohmloom {

namespace {

std::string lower(std::string_view text) {
    std::string lowered(text);
    std::ranges::transform(lowered, lowered.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lowered;
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

std::string read_all(const std::filesystem::path& file) {
    require_readable(file, "the result of a simulator");
    std::ifstream stream(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    if (!stream) throw FileError(fmt::format("{}: reading failed", file.string()));
    return text;
}

/// Takes the first line off a text.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return trim(line);
}

std::vector<std::string> split(std::string_view line) {
    std::vector<std::string> fields;
    while (true) {
        const std::size_t comma = line.find(',');
        fields.emplace_back(trim(line.substr(0, comma)));
        if (comma == std::string_view::npos) return fields;
        line.remove_prefix(comma + 1);
    }
}

std::vector<std::vector<std::string>> csv_of(std::string_view text) {
    std::vector<std::vector<std::string>> table;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (!line.empty()) table.push_back(split(line));
    }
    return table;
}

/// One plot of a raw file; leaves `text` behind it.
class RawPlot {
public:
    RawPlot(const std::filesystem::path& file, std::string_view& text) : file_(file), text_(text) {
        read_header();
        values_.resize(names_.size());
        is_binary_ ? read_binary() : read_ascii();
    }

    void store(SimulatorResult& result) {
        result.axis = values_.front();
        for (std::size_t k = 0; k < names_.size(); ++k) result.signals[names_[k]] = std::move(values_[k]);
    }

private:
    void read_header() {
        std::size_t variables = 0;
        while (!text_.empty()) {
            const std::string_view line = take_line(text_);
            const std::size_t colon = line.find(':');
            const std::string key = lower(line.substr(0, colon));
            const std::string_view value =
                colon == std::string_view::npos ? "" : trim(line.substr(colon + 1));
            if (key == "flags" && lower(value).find("complex") != std::string::npos)
                refuse("holds complex numbers: expected an operating point, a DC sweep or a transient");
            if (key == "no. variables") variables = count_of(value);
            if (key == "no. points") points_ = count_of(value);
            if (key == "variables") {
                for (std::size_t k = 0; k < variables; ++k) read_variable();
            }
            if (key == "binary" || key == "values") {
                is_binary_ = key == "binary";
                if (names_.empty() || points_ == 0) refuse("holds no points");
                return;
            }
        }
        refuse("ends within the header of a raw file");
    }

    void read_variable() {
        std::string_view line = take_line(text_);
        line = trim(line.substr(std::min(line.find_first_of(" \t"), line.size())));
        names_.push_back(lower(line.substr(0, line.find_first_of(" \t"))));
    }

    void read_binary() {
        const std::size_t bytes = points_ * names_.size() * sizeof(double);
        if (points_ > text_.size() / sizeof(double) / names_.size()) refuse("ends before its last point");
        for (std::vector<double>& signal : values_) signal.resize(points_);
        for (std::size_t p = 0; p < points_; ++p) {
            for (std::size_t k = 0; k < names_.size(); ++k)
                std::memcpy(&values_[k][p], text_.data() + (p * names_.size() + k) * sizeof(double),
                            sizeof(double));
        }
        text_.remove_prefix(bytes);
    }

    void read_ascii() {
        for (std::size_t p = 0; p < points_; ++p) {
            for (std::size_t k = 0; k < names_.size(); ++k) {
                // The number of the point stands before the first value.
                const std::string_view word = next_word(k == 0);
                const std::optional<double> value = number_of(word);
                if (!value) refuse(fmt::format("point {}: found '{}', expected a number", p, word));
                values_[k].push_back(*value);
            }
        }
    }

    std::string_view next_word(bool skip_one) {
        const auto word = [&] {
            text_.remove_prefix(std::min(text_.find_first_not_of(" \t\r\n"), text_.size()));
            const std::string_view found = text_.substr(0, text_.find_first_of(" \t\r\n"));
            text_.remove_prefix(found.size());
            return found;
        };
        if (skip_one) word();
        return word();
    }

    [[nodiscard]] std::size_t count_of(std::string_view text) const {
        std::size_t count = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (error != std::errc() || count > 100'000'000)
            refuse(fmt::format("says '{}' where a count belongs", text));
        return count;
    }

    [[noreturn]] void refuse(const std::string& why) const {
        throw FileError(fmt::format("{}: {}", file_.string(), why));
    }

    const std::filesystem::path& file_;
    std::string_view& text_;
    bool is_binary_ = false;
    std::size_t points_ = 0;
    std::vector<std::string> names_;
    std::vector<std::vector<double>> values_;
};

SimulatorResult read_raw(const std::filesystem::path& file, std::string_view text) {
    SimulatorResult result;
    // The last plot counts.
    while (!trim(text).empty()) {
        result = {};
        RawPlot(file, text).store(result);
        while (text.starts_with('\n') || text.starts_with('\r')) text.remove_prefix(1);
    }
    return result;
}

/// Columns `name` and `value`, or a column per signal.
SimulatorResult read_columns(const std::filesystem::path& file, std::string_view text) {
    const std::vector<std::vector<std::string>> table = csv_of(text);
    std::vector<std::string> names;
    for (const std::string& field : table.front()) names.push_back(lower(field));
    const auto column = [&](std::string_view name) { return std::ranges::find(names, name) - names.begin(); };
    const auto end = static_cast<std::ptrdiff_t>(names.size());
    SimulatorResult result;
    const auto number = [&](std::size_t row, std::size_t k) {
        const std::optional<double> value = k < table[row].size() ? number_of(table[row][k]) : std::nullopt;
        if (!value) {
            throw FileError(fmt::format("{}: line {} of its table has no number under '{}'", file.string(),
                                        row + 1, names[k]));
        }
        return *value;
    };
    if (column("name") != end && column("value") != end) {
        const auto name_column = static_cast<std::size_t>(column("name"));
        for (std::size_t row = 1; row < table.size(); ++row) {
            const double value = number(row, static_cast<std::size_t>(column("value")));
            if (name_column < table[row].size()) result.measures[lower(table[row][name_column])] = value;
        }
        return result;
    }
    for (std::size_t k = 0; k < names.size(); ++k) {
        std::vector<double>& signal = result.signals[names[k]];
        for (std::size_t row = 1; row < table.size(); ++row) signal.push_back(number(row, k));
        if (table.size() == 2) result.measures[names[k]] = signal.front();
    }
    const bool has_time = result.signals.contains("time");
    result.axis = result.signals[has_time ? "time" : names.front()];
    return result;
}

/// Every `name = value` of a text.
SimulatorResult read_measures(std::string_view text) {
    SimulatorResult result;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        for (std::size_t at = line.find('='); at != std::string_view::npos; at = line.find('=', at + 1)) {
            const std::string_view before = trim(line.substr(0, at));
            const std::size_t blank = before.find_last_of(" \t");
            const std::string_view name = before.substr(blank == std::string_view::npos ? 0 : blank + 1);
            const std::string_view behind = trim(line.substr(at + 1));
            const std::optional<double> value = number_of(behind.substr(0, behind.find_first_of(" \t")));
            if (value && !name.empty()) result.measures.emplace(lower(name), *value);
        }
    }
    return result;
}

} // namespace

std::optional<double> number_of(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::vector<std::vector<std::string>> read_csv(const std::filesystem::path& file) {
    return csv_of(read_all(file));
}

std::optional<double> SimulatorResult::measure(std::string_view name) const {
    const auto found = measures.find(name);
    return found == measures.end() ? std::nullopt : std::optional(found->second);
}

std::optional<double> SimulatorResult::signal_at(std::string_view signal, std::optional<double> time) const {
    const auto found = signals.find(signal);
    if (found == signals.end()) return std::nullopt;
    const std::vector<double>& values = found->second;
    if (!time) return values.size() == 1 ? std::optional(values.front()) : std::nullopt;
    const auto above = std::lower_bound(axis.begin(), axis.end(), *time);
    if (above == axis.end()) return std::nullopt;
    const auto k = static_cast<std::size_t>(above - axis.begin());
    if (axis[k] == *time || k == 0) return axis[k] == *time ? std::optional(values[k]) : std::nullopt;
    const double part = (*time - axis[k - 1]) / (axis[k] - axis[k - 1]);
    return values[k - 1] + part * (values[k] - values[k - 1]);
}

SimulatorResult read_simulator_result(const std::filesystem::path& file) {
    const std::string text = read_all(file);
    std::string_view rest = text;
    const std::string_view first = take_line(rest);
    SimulatorResult result;
    if (lower(first).starts_with("title:")) {
        result = read_raw(file, text);
    } else if (first.find(',') != std::string_view::npos && first.find('=') == std::string_view::npos) {
        result = read_columns(file, text);
    } else {
        result = read_measures(text);
    }
    if (result.measures.empty() && result.signals.empty()) {
        throw FileError(
            fmt::format("{}: holds no result: expected a raw file, a CSV table, or a log with 'name = value'",
                        file.string()));
    }
    return result;
}

} // namespace ohmloom
