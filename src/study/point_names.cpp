#include "study/point_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace ohmloom {

namespace {

/// A figure that names a point among those of its run, and how it is said.
struct NamingFigure {
    const char* name;
    const char* pattern;
};
constexpr std::array<const char*, 2> naming_texts{"network", "device"};
constexpr std::array<NamingFigure, 5> naming_figures{{{"horizontal", "horizontal {}"},
                                                      {"vertical", "vertical {}"},
                                                      {"read_time_s", "read after {} s"},
                                                      {"temperature_k", "{} K"},
                                                      {"sample_time_s", "sampled every {} s"}}};

std::string numbers_text(std::span<const double> values) {
    if (values.size() == 1) return fmt::format("{:g}", values.front());
    std::size_t layers = values.size();
    while (layers > 1 && values[layers - 1] == 0.0) --layers; // networks of fewer layers are padded
    return fmt::format("{:g}", fmt::join(values.first(layers), "/"));
}

bool has_numbers(const NamePart& part, Index point) {
    return !part.numbers.empty() && !std::isnan(part.numbers(point, 0));
}

std::string_view text_at(const NamePart& part, Index point) {
    return part.texts.empty() ? std::string_view() : part.texts[static_cast<std::size_t>(point)];
}

std::string value_text(const NamePart& part, Index point) {
    const std::string value =
        has_numbers(part, point) ? numbers_text(part.numbers.row(point)) : std::string(text_at(part, point));
    return value.empty() ? "" : fmt::format(fmt::runtime(part.pattern), value);
}

/// Names for values, the same for equal ones. All values are known beforehand.
class ValueNames {
public:
    explicit ValueNames(std::vector<double> numbers) : numbers_(std::move(numbers)) {
        std::ranges::sort(numbers_);
        std::uint32_t name = 0;
        for (std::size_t k = 0; k < numbers_.size(); ++k) {
            if (k > 0 && !nearly_equal(numbers_[k - 1], numbers_[k])) ++name;
            names_.push_back(name);
        }
        first_text_ = name + 1;
    }

    std::uint32_t of(double number) const {
        const auto at = std::ranges::lower_bound(numbers_, number);
        return names_[static_cast<std::size_t>(at - numbers_.begin())];
    }
    std::uint32_t of(std::string_view text) {
        return texts_.try_emplace(text, first_text_ + static_cast<std::uint32_t>(texts_.size()))
            .first->second;
    }

private:
    /// A value and its neighbours: "3.3n" and 3.3e-9, or a power by another library.
    static bool nearly_equal(double a, double b) {
        constexpr double few_ulp = 4.0 * std::numeric_limits<double>::epsilon();
        return a == b || std::abs(b - a) <= few_ulp * std::max(std::abs(a), std::abs(b));
    }

    std::vector<double> numbers_; ///< in order
    std::vector<std::uint32_t> names_;
    std::unordered_map<std::string_view, std::uint32_t> texts_;
    std::uint32_t first_text_ = 0;
};

/// A number of a list at a point; lists that are too short are padded with 0.
double number_at(const NamePart& part, Index point, Index column) {
    return column < part.numbers.cols() ? part.numbers(point, column) : 0.0;
}

/// One part of the names of two results' points.
struct PartOfBoth {
    std::array<const NamePart*, 2> part;
    std::array<Index, 2> points;

    [[nodiscard]] Index width() const {
        return std::max<Index>({part[0]->numbers.cols(), part[1]->numbers.cols(), 1});
    }
};

PartOfBoth part_of_both(const PointNames& first, const PointNames& second, std::size_t p) {
    return {{&first.parts[p], &second.parts[p]}, {first.points, second.points}};
}

/// Names of a column's values at the points of the first, then of the second.
std::vector<std::uint32_t> value_names(const PartOfBoth& both, Index column) {
    std::vector<double> numbers;
    for (std::size_t side = 0; side < 2; ++side) {
        for (Index i = 0; i < both.points[side]; ++i) {
            if (has_numbers(*both.part[side], i)) numbers.push_back(number_at(*both.part[side], i, column));
        }
    }
    ValueNames known(std::move(numbers));
    std::vector<std::uint32_t> names;
    names.reserve(static_cast<std::size_t>(both.points[0] + both.points[1]));
    for (std::size_t side = 0; side < 2; ++side) {
        const NamePart& part = *both.part[side];
        for (Index i = 0; i < both.points[side]; ++i)
            names.push_back(has_numbers(part, i) ? known.of(number_at(part, i, column))
                                                 : known.of(text_at(part, i)));
    }
    return names;
}

bool all_equal(const std::vector<std::uint32_t>& names) {
    return std::ranges::all_of(names, [&](std::uint32_t name) { return name == names.front(); });
}

/// Points of the first, then of the second, by numbers of groups that agree in all parts.
std::vector<std::uint32_t> group_points(const PointNames& first, const PointNames& second) {
    std::vector<std::uint32_t> groups(static_cast<std::size_t>(first.points + second.points), 0);
    for (std::size_t p = 0; p < first.parts.size(); ++p) {
        const PartOfBoth both = part_of_both(first, second, p);
        for (Index column = 0; column < both.width(); ++column) {
            const std::vector<std::uint32_t> names = value_names(both, column);
            if (all_equal(names)) continue;
            std::unordered_map<std::uint64_t, std::uint32_t> known;
            for (std::size_t i = 0; i < groups.size(); ++i) {
                const std::uint64_t pair = std::uint64_t{groups[i]} << 32U | names[i];
                groups[i] = known.try_emplace(pair, static_cast<std::uint32_t>(known.size())).first->second;
            }
        }
    }
    return groups;
}

} // namespace

PointNames circuit_names(Index points, const std::map<std::string, StoredFigure>& figures,
                         const std::map<std::string, std::vector<std::string>>& texts) {
    PointNames names{points};
    for (const char* name : naming_texts) {
        names.parts.push_back({.name = name, .is_always_said = true});
        const auto found = texts.find(name);
        if (found != texts.end()) names.parts.back().texts = found->second;
    }
    for (const NamingFigure& figure : naming_figures) {
        names.parts.push_back({.name = figure.name, .pattern = figure.pattern});
        const auto found = figures.find(figure.name);
        if (found != figures.end()) names.parts.back().numbers = found->second.values;
    }
    return names;
}

PointNames circuit_names(const StoredPoints& points) {
    std::map<std::string, StoredFigure> figures;
    std::map<std::string, std::vector<std::string>> texts;
    for (const char* name : naming_texts) {
        if (points.has_text(name)) texts[name] = points.text(name);
    }
    for (const NamingFigure& figure : naming_figures) {
        if (points.has_figure(figure.name)) figures[figure.name] = points.figure(figure.name);
    }
    return circuit_names(points.points(), figures, texts);
}

std::vector<bool> parts_to_say(const PointNames& first, const PointNames& second) {
    std::vector<bool> said;
    for (std::size_t p = 0; p < first.parts.size(); ++p) {
        const PartOfBoth both = part_of_both(first, second, p);
        bool varies = first.parts[p].is_always_said;
        for (Index column = 0; column < both.width() && !varies; ++column)
            varies = !all_equal(value_names(both, column));
        said.push_back(varies);
    }
    return said;
}

std::string point_name(const PointNames& names, const std::vector<bool>& said, Index point) {
    std::vector<std::string> words;
    for (std::size_t p = 0; p < names.parts.size(); ++p) {
        if (!said[p]) continue;
        std::string word = value_text(names.parts[p], point);
        if (!word.empty()) words.push_back(std::move(word));
    }
    return fmt::format("{}", fmt::join(words, ", "));
}

Index repeated_points(const PointNames& names) {
    const PointNames nothing{0, std::vector<NamePart>(names.parts.size())};
    std::vector<std::uint32_t> groups = group_points(names, nothing);
    std::ranges::sort(groups);
    return std::distance(std::unique(groups.begin(), groups.end()), groups.end());
}

std::vector<PointMatch> match_points(const PointNames& first, const PointNames& second) {
    const std::vector<std::uint32_t> groups = group_points(first, second);
    const std::span ours = std::span(groups).first(static_cast<std::size_t>(first.points));
    const std::span theirs = std::span(groups).subspan(static_cast<std::size_t>(first.points));
    constexpr Index none = -1;
    std::vector<Index> next_in_group(groups.size(), none); // of the second's points that are not taken yet
    std::vector<Index> next(theirs.size(), none);
    for (std::size_t k = theirs.size(); k-- > 0;) {
        next[k] = next_in_group[theirs[k]];
        next_in_group[theirs[k]] = static_cast<Index>(k);
    }
    std::vector<PointMatch> matches;
    for (std::size_t k = 0; k < ours.size(); ++k) {
        Index& waiting = next_in_group[ours[k]];
        if (waiting == none) continue;
        matches.push_back({static_cast<Index>(k), waiting});
        waiting = next[static_cast<std::size_t>(waiting)];
    }
    return matches;
}

std::vector<Index> unmatched_points(const std::vector<PointMatch>& matches, Index PointMatch::*side,
                                    Index points) {
    std::vector<bool> matched(static_cast<std::size_t>(points), false);
    for (const PointMatch& match : matches) matched[static_cast<std::size_t>(match.*side)] = true;
    std::vector<Index> rest;
    for (Index p = 0; p < points; ++p) {
        if (!matched[static_cast<std::size_t>(p)]) rest.push_back(p);
    }
    return rest;
}

} // namespace ohmloom
