#include "converters/adc_bank.hpp"

#include "base/parallel.hpp"
#include "base/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace ohmloom {

bool is_without_mismatch(const AdcDesign& design) {
    return design.front.offset_sigma == 0.0 && design.front.gain_sigma == 0.0 &&
           design.front.curve_sigma == 0.0 && design.comparator.offset_sigma == 0.0 &&
           design.ladder.resistor_sigma == 0.0 && design.capacitors.unit_sigma == 0.0 &&
           design.stages.capacitor_sigma == 0.0 && design.oscillator.phase_sigma == 0.0 &&
           (design.kind != AdcKind::table || design.measured.steps.size() == 1);
}

AdcBank::Column AdcBank::build(const InputRange& range, std::uint32_t converter) const {
    const CodeGrid grid(design_.bits, design_.is_signed, design_.rounding, range);
    auto core = std::make_shared<const ConverterCore>(draw_core(design_, grid, place_, converter));
    auto map = std::make_shared<const ThresholdMap>(
        ThresholdMap{grid, draw_front(design_, range, place_, converter)});
    CodeSteps steps = steps_of(*core, *map);
    const StepTable fast(steps);
    return {std::move(core), std::move(map), std::make_shared<const Table>(Table{std::move(steps), fast}),
            ohmloom::input_noise(design_.noise, range)};
}

AdcBank::AdcBank(const AdcDesign& design, Index columns, const AdcPlace& place,
                 std::span<const InputRange> ranges)
    : design_(design), place_(place), columns_(static_cast<std::size_t>(columns)) {
    validate(design);
    if (!ranges.empty() && static_cast<Index>(ranges.size()) != columns)
        throw InputError(
            fmt::format("{} ranges for {} columns: expected one for each", ranges.size(), columns));
    // Columns that are alike are built once.
    using Key = std::tuple<std::uint32_t, double, double>;
    std::map<Key, std::vector<std::size_t>> alike;
    const bool same = is_without_mismatch(design);
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        const InputRange range = ranges.empty() ? design.range : ranges[c];
        alike[{same ? 0 : static_cast<std::uint32_t>(c) / static_cast<std::uint32_t>(design.sharing),
               range.low, range.high}]
            .push_back(c);
    }
    const std::vector<std::pair<Key, std::vector<std::size_t>>> kinds(alike.begin(), alike.end());
    parallel_for(static_cast<Index>(kinds.size()), [&](Index k) {
        const auto& [key, members] = kinds[static_cast<std::size_t>(k)];
        const auto& [converter, low, high] = key;
        const Column built = build({low, high}, converter);
        for (const std::size_t c : members) columns_[c] = built;
    });
}

Index AdcBank::first_alike(Index column) const {
    Index first = column - column % design_.sharing;
    while (grid(first).range() != grid(column).range()) ++first;
    return first;
}

Matrix<std::int32_t> AdcBank::convert(const Matrix<double>& x, Index first_sample) const {
    if (x.cols() != columns())
        throw InputError(
            fmt::format("inputs of {} columns for {} converters: expected as many", x.cols(), columns()));
    Matrix<std::int32_t> codes(x.rows(), x.cols());
    const bool noisy =
        design_.comparator.noise > 0.0 ||
        std::ranges::any_of(columns_, [](const Column& column) { return column.input_noise > 0.0; });
    if (noisy) {
        parallel_for(x.rows(), [&](Index row) { convert_noisy(x, first_sample, row, codes); });
        return codes;
    }
    // A strip of rows and the tables of neighbouring columns stay in the nearest cache.
    constexpr Index strip = 256;
    parallel_for((x.rows() + strip - 1) / strip, [&](Index block) {
        const Index first = block * strip, rows = std::min(strip, x.rows() - first);
        for (Index c = 0; c < columns(); ++c) {
            const Index begin = first * x.cols() + c;
            at(c).table->fast.convert(x.data() + begin, codes.data() + begin, rows, x.cols());
        }
    });
    return codes;
}

void AdcBank::convert_noisy(const Matrix<double>& x, Index first_sample, Index row,
                            Matrix<std::int32_t>& codes) const {
    const RandomStream stream(place_.seed, RandomPurpose::converter_noise);
    const auto sample = static_cast<std::uint32_t>(first_sample + row);
    for (Index c = 0; c < columns(); ++c) {
        const Column& column = at(c);
        const auto place = static_cast<std::uint32_t>(c);
        double input = x(row, c);
        if (column.input_noise > 0.0)
            input +=
                column.input_noise * stream.normal(place_.tile, sample, place, DecisionNoise::input_draw);
        if (design_.comparator.noise == 0.0) {
            codes(row, c) = column.table->fast.code(input);
        } else {
            const CodeGrid& grid = column.map->grid;
            const double lsb =
                design_.comparator.noise * (grid.range().high - grid.range().low) / grid.step();
            codes(row, c) =
                ohmloom::decide(*column.core, *column.map, input, {stream, lsb, place_.tile, sample, place});
        }
    }
}

std::int32_t AdcBank::decide(Index column, double x) const {
    return ohmloom::decide(*at(column).core, *at(column).map, x, {});
}

} // namespace ohmloom
