#include "lut/adc_luts.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace ohmloom {

namespace {

constexpr std::string_view again = "make the table again with `ohmloom lut adc`";

Index whole_note(const Lut& table, const std::string& name, Index least, Index most) {
    const auto found = table.numbers.find(name);
    if (found == table.numbers.end())
        throw InputError(fmt::format("the note {} is missing: {}", name, again));
    const double value = found->second;
    const bool fits = value >= static_cast<double>(least) && value <= static_cast<double>(most);
    if (!fits || value != std::floor(value))
        throw InputError(fmt::format("the note {} is {}: expected a whole number from {} to {}", name, value,
                                     least, most));
    return static_cast<Index>(value);
}

const std::string& text_note(const Lut& table, const std::string& name) {
    const auto found = table.texts.find(name);
    if (found == table.texts.end()) throw InputError(fmt::format("the note {} is missing: {}", name, again));
    return found->second;
}

const std::vector<double>& array(const Lut& table, std::string_view name) {
    const LutArray* found = find_array(table, name);
    if (found == nullptr) throw InputError(fmt::format("the array {} is missing: {}", name, again));
    return found->values;
}

/// Where the edges of every column begin, and where the last ones end.
std::vector<Index> beginnings(const Lut& table, std::size_t edges) {
    const std::vector<double>& given = array(table, "begin");
    if (given.size() < 2 || given.front() != 0.0 || given.back() != static_cast<double>(edges))
        throw InputError(fmt::format(
            "the array begin does not go from 0 to {}, which is how many edges there are", edges));
    std::vector<Index> begin{0};
    for (std::size_t c = 1; c < given.size(); ++c) {
        if (given[c] != std::floor(given[c]) || !(given[c] >= given[c - 1]))
            throw InputError(fmt::format("the array begin goes from {} to {} at column {}: expected whole "
                                         "numbers that do not fall",
                                         given[c - 1], given[c], c - 1));
        begin.push_back(static_cast<Index>(given[c]));
    }
    return begin;
}

/// Which codes the bits have is for the design to say.
std::int32_t code_of(double value) {
    if (value != std::floor(value) || std::abs(value) > 65536.0)
        throw InputError(fmt::format("{} is no code: expected whole numbers of at most 16 bits", value));
    return static_cast<std::int32_t>(value);
}

/// The staircase of every column.
std::vector<CodeSteps> staircases(const Lut& table) {
    const std::vector<double>&edges = array(table, "edge"), &codes = array(table, "code");
    const std::vector<Index> begin = beginnings(table, edges.size());
    const std::size_t columns = begin.size() - 1;
    if (codes.size() != edges.size() + columns)
        throw InputError(fmt::format("there are {} codes for {} edges of {} columns: expected {}, one more "
                                     "than edges in every column",
                                     codes.size(), edges.size(), columns, edges.size() + columns));
    std::vector<CodeSteps> all;
    for (std::size_t c = 0; c < columns; ++c) {
        CodeSteps steps{{edges.begin() + begin[c], edges.begin() + begin[c + 1]}, {}};
        const auto first = static_cast<std::size_t>(begin[c]) + c;
        for (std::size_t k = first; k <= first + steps.edges.size(); ++k)
            steps.codes.push_back(code_of(codes[k]));
        all.push_back(std::move(steps));
    }
    return all;
}

InputRange common_range(const Lut& table, std::size_t columns) {
    const std::vector<double>& ends = array(table, "range");
    if (ends.size() != 2 * columns)
        throw InputError(fmt::format("the array range has {} numbers for {} columns: expected the lower and "
                                     "the upper end of each",
                                     ends.size(), columns));
    const InputRange range{ends[0], ends[1]};
    for (std::size_t c = 1; c < columns; ++c) {
        const InputRange other{ends[2 * c], ends[2 * c + 1]};
        if (other != range)
            throw InputError(fmt::format("column {} has the range {} to {}, column 0 {} to {}: expected the "
                                         "same for all",
                                         c, other.low, other.high, range.low, range.high));
    }
    return range;
}

/// Columns on one converter have its edges, which are kept once.
std::vector<CodeSteps> one_per_converter(std::vector<CodeSteps> columns, Index sharing) {
    std::vector<CodeSteps> converters;
    const auto each = static_cast<std::size_t>(sharing);
    for (std::size_t c = 0; c < columns.size(); ++c) {
        if (c % each == 0) {
            converters.push_back(std::move(columns[c]));
        } else if (columns[c] != converters.back()) {
            throw InputError(fmt::format("column {} has other edges than column {}, though {} columns share "
                                         "a converter",
                                         c, c - c % each, sharing));
        }
    }
    return converters;
}

AdcDesign design_of(const Lut& table) {
    if (table.kind != "edges")
        throw InputError(
            fmt::format("it is of kind {}, expected edges, as `ohmloom lut adc` makes them", table.kind));
    AdcDesign design;
    design.kind = AdcKind::table;
    design.bits = static_cast<int>(whole_note(table, "bits", 1, 16));
    design.is_signed = whole_note(table, "is_signed", 0, 1) != 0;
    design.rounding = rounding_of(text_note(table, "rounding"));
    design.sharing = whole_note(table, "sharing", 1, 1'000'000);
    std::vector<CodeSteps> columns = staircases(table);
    design.range = design.measured.range = common_range(table, columns.size());
    design.measured.steps = one_per_converter(std::move(columns), design.sharing);
    validate(design);
    return design;
}

} // namespace

AdcDesign measured_design(const Lut& edges) {
    try {
        return design_of(edges);
    } catch (const InputError& error) {
        throw InputError(fmt::format("table {} cannot stand for converters: {}", edges.name, error.what()));
    }
}

} // namespace ohmloom
