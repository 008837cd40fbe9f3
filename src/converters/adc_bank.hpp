#pragma once

#include "converters/converter_draws.hpp"
#include "converters/step_table.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace ohmloom {

/// The converters under the columns of one tile, built with their mismatch, which depends on seed, tile and converter only.
///
/// Without decision noise a conversion is a look-up in a table of exact edges (StepTable); noise at the input moves the sample first.
/// With comparator noise every conversion is made decision by decision, some hundred times slower. Noise is keyed by seed, tile, sample
/// and column: it does not depend on threads, nor on how samples are cut into batches.
class AdcBank {
public:
    /// `ranges`: of each column, where they differ; else the design's. Columns that share a converter share its mismatch.
    /// @throws InputError if the design is not valid, a range is not, or what was drawn cannot be built.
    AdcBank(const AdcDesign& design, Index columns, const AdcPlace& place,
            std::span<const InputRange> ranges = {});

    [[nodiscard]] const AdcDesign& design() const { return design_; }
    [[nodiscard]] Index columns() const { return static_cast<Index>(columns_.size()); }
    [[nodiscard]] std::int32_t lowest_code() const { return design_.grid().lowest_code(); }
    [[nodiscard]] std::int32_t highest_code() const { return design_.grid().highest_code(); }

    /// Codes of `x` [batch × columns], in the unit of the ranges. Row k is sample first_sample + k, for the noise.
    [[nodiscard]] Matrix<std::int32_t> convert(const Matrix<double>& x, Index first_sample = 0) const;

    /// The first column that has this one's converter and range: what is known of that one is known of this one.
    [[nodiscard]] Index first_alike(Index column) const;

    /// A column's staircase without noise.
    [[nodiscard]] const CodeSteps& steps(Index column) const { return at(column).table->steps; }
    /// Its ideal scale: what a code is taken to stand for if nothing is known of the converter.
    [[nodiscard]] const CodeGrid& grid(Index column) const { return at(column).map->grid; }
    [[nodiscard]] double code_value(Index column, std::int32_t code) const {
        return grid(column).centre(code);
    }
    /// Offset, gain and curve before the decisions; its slope is what a gradient through the converter is.
    [[nodiscard]] const FrontEnd& front(Index column) const { return at(column).map->front; }

    /// The same conversion decision by decision, without noise: slow, for checks.
    [[nodiscard]] std::int32_t decide(Index column, double x) const;

private:
    struct Table {
        CodeSteps steps;
        StepTable fast;
    };
    struct Column {
        std::shared_ptr<const ConverterCore> core;
        std::shared_ptr<const ThresholdMap> map;
        std::shared_ptr<const Table> table;
        double input_noise; ///< in the unit of the input
    };
    [[nodiscard]] const Column& at(Index column) const { return columns_[static_cast<std::size_t>(column)]; }
    [[nodiscard]] Column build(const InputRange& range, std::uint32_t converter) const;
    void convert_noisy(const Matrix<double>& x, Index first_sample, Index row,
                       Matrix<std::int32_t>& codes) const;

    AdcDesign design_;
    AdcPlace place_;
    std::vector<Column> columns_;
};

/// Whether nothing of the design differs from converter to converter.
bool is_without_mismatch(const AdcDesign& design);

} // namespace ohmloom
