#include "solver/ngspice_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ohmloom {

namespace {

/// ngspice's log knows no severity: these words are what its errors have in common.
bool reports_error(std::string_view line) {
    constexpr std::array<std::string_view, 5> signs{"Error", "error", "Undefined", "No circuit loaded",
                                                    "no circuit loaded"};
    return std::any_of(signs.begin(), signs.end(),
                       [&](std::string_view sign) { return line.find(sign) != std::string_view::npos; });
}

} // namespace

void NgspiceLog::add(std::string_view line, bool is_error_stream) {
    line = line.substr(0, longest_line);
    if (is_error_stream && telling_lines_ != 0) note_telling(line);
    if (lines_.size() < most_lines) {
        lines_.emplace_back(line);
        return;
    }
    // A ring over the second half.
    lines_[most_lines / 2 + dropped_ % (most_lines / 2)] = line;
    ++dropped_;
}

std::string NgspiceLog::text() const {
    std::string text;
    const std::size_t head = dropped_ == 0 ? lines_.size() : most_lines / 2;
    for (std::size_t i = 0; i < head; ++i) text += lines_[i] + "\n";
    if (dropped_ == 0) return text;
    text += fmt::format("... ({} lines left out)\n", dropped_);
    for (std::size_t i = 0; i < most_lines / 2; ++i) {
        text += lines_[head + (dropped_ + i) % (most_lines / 2)] + "\n";
    }
    return text;
}

std::string NgspiceLog::telling_or_last_line() const {
    if (!telling_.empty()) return telling_;
    if (lines_.empty()) return "it said nothing";
    if (dropped_ == 0) return lines_.back();
    return lines_[most_lines / 2 + (dropped_ - 1) % (most_lines / 2)];
}

void NgspiceLog::note_telling(std::string_view line) {
    if (telling_.empty()) {
        if (!reports_error(line)) return;
        telling_ = line;
    } else {
        telling_ += fmt::format(" | {}", line);
    }
    --telling_lines_;
}

} // namespace ohmloom
