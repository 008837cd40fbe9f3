#include "inference/mixed_setup.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "digital/partial_sum.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace ohmloom {

namespace {

/// A layer's normalisation, output by output.
std::vector<BatchNorm> norms_of(const DenseLayer& layer) {
    std::vector<BatchNorm> norms;
    for (std::size_t o = 0; layer.norm && o < layer.norm->gamma.size(); ++o) {
        norms.push_back({layer.norm->gamma[o], layer.norm->beta[o], layer.norm->mean[o],
                         layer.norm->variance[o], layer.norm->epsilon});
    }
    return norms;
}

/// A column's weighted sum as a straight line of its codes.
ColumnCorrection line_of(const CodeGrid& grid, double slope) {
    const Index middle = grid.count() / 2;
    const double at_middle =
        0.5 * (grid.edge(static_cast<double>(middle)) + grid.edge(static_cast<double>(middle + 1)));
    const double per_code = slope * grid.step();
    return {per_code, slope * at_middle - per_code * grid.code(middle)};
}

/// The line by least squares through codes or voltages and weighted sums, both [samples x columns]; `fallback` if all are the same.
template <class T>
ColumnCorrection fit_line(const Matrix<T>& codes, const Matrix<double>& sums, Index column,
                          const ColumnCorrection& fallback) {
    const auto count = static_cast<double>(codes.rows());
    double mean_code = 0.0, mean_sum = 0.0;
    for (Index k = 0; k < codes.rows(); ++k) {
        mean_code += codes(k, column) / count;
        mean_sum += sums(k, column) / count;
    }
    double products = 0.0, squares = 0.0;
    for (Index k = 0; k < codes.rows(); ++k) {
        const double code = codes(k, column) - mean_code;
        products += code * (sums(k, column) - mean_sum);
        squares += code * code;
    }
    if (squares == 0.0) return fallback;
    const double per_code = products / squares;
    return {per_code, mean_sum - per_code * mean_code};
}

/// Bits that codes are shifted up by on their way to the digital unit: guard bits of the calibration, and alignment.
int shift_bits(const MixedReadout& readout) {
    return unit_input_bits(readout) - readout.adc->bits;
}

/// The code that the digital unit takes for 0. Unsigned codes are turned about their middle, where the unit's offset has least to do.
std::int32_t code_origin(const MixedReadout& readout) {
    return readout.adc->is_signed ? 0 : std::int32_t{1} << (readout.adc->bits - 1);
}

/// Values of a column's codes after calibration, whole numbers of input steps from 0 V; the guard bits are all it knows them to.
void set_calibrated(std::span<const double> values, double step, int alignment,
                    std::span<std::int32_t> inputs) {
    std::ranges::transform(values, inputs.begin(), [&](double value) {
        return static_cast<std::int32_t>(std::nearbyint(std::ldexp(value / step, -alignment))) *
               (1 << alignment);
    });
}

/// Works out what a tile's codes become on their way to the digital unit, and calibrates its converters.
void prepare_inputs(MixedTile& tile, const MixedReadout& readout) {
    const bool calibrated = readout.calibration.kind != CalibrationKind::none;
    const int shift = shift_bits(readout);
    const std::int32_t origin = code_origin(readout);
    if (!calibrated && shift == 0 && origin == 0) return;
    const std::int32_t lowest = tile.adc->lowest_code();
    tile.unit_inputs = Matrix<std::int32_t>(tile.adc->columns(), tile.adc->highest_code() - lowest + 1);
    if (!calibrated) {
        for (Index c = 0; c < tile.unit_inputs.rows(); ++c) {
            std::int32_t code = lowest;
            for (std::int32_t& input : tile.unit_inputs.row(c)) input = (code++ - origin) * (1 << shift);
        }
        return;
    }
    const CalibratedCodes codes = calibrate(*tile.adc, readout.calibration);
    tile.calibration = codes.cost;
    for (Index c = 0; c < tile.unit_inputs.rows(); ++c) {
        set_calibrated(codes.values.values().row(c), input_step(tile.adc->grid(c), readout),
                       shift - readout.calibration.guard_bits, tile.unit_inputs.row(c));
    }
}

/// Lines from the unit's inputs to weighted sums.
struct TileLines {
    std::vector<ColumnCorrection> designed; ///< [outputs] of ideal converters
    std::vector<ColumnCorrection> chosen;   ///< likewise, or what was measured
};

/// Weighted sums of what a tile's rows carried, in the unit of the layer's sums.
Matrix<double> driven_sums(const MixedLayer& layer, const MixedTile& tile, const TileSamples& samples) {
    Matrix<double> sums = multiply_transposed(samples.driven, tile.weights);
    for (double& sum : sums.values()) sum *= layer.full_number;
    return sums;
}

/// Weighted sum per volt of a column, in the unit of the layer's sums, as designed.
double designed_slope(const MixedLayer& layer, const MixedTile& tile, Index column) {
    return tile.circuit.slope[static_cast<std::size_t>(column)] * layer.full_number *
           tile.circuit.drift_factor;
}

/// A line to weighted sums with the normalisation of its output folded in. The offset comes once: in equal parts with every partition's
/// sums, or before them.
ColumnCorrection normalised(const MixedLayer& layer, Index output, const ColumnCorrection& line) {
    if (layer.norm.empty()) return line;
    BatchNorm norm = layer.norm[static_cast<std::size_t>(output)];
    const double share = layer.has_preset ? 0.0 : 1.0 / static_cast<double>(layer.partition.horizontal);
    norm.mean *= share;
    norm.beta *= share;
    return fold(line, norm);
}

TileLines lines_of(const MixedLayer& layer, std::size_t t, const MixedReadout& readout,
                   const TileSamples& samples) {
    const MixedTile& tile = layer.tiles[t];
    TileLines lines;
    const Matrix<std::int32_t> inputs = unit_inputs(tile, tile.adc->convert(samples.u, calibration_sample));
    const Matrix<double> sums = driven_sums(layer, tile, samples);
    for (Index c = 0; c < tile.adc->columns(); ++c) {
        const CodeGrid& grid = tile.adc->grid(c);
        const double per_volt = designed_slope(layer, tile, c);
        ColumnCorrection line = line_of(grid, per_volt);
        line.scale = per_volt * input_step(grid, readout);
        line.offset += per_volt * grid.step() * code_origin(readout);
        if (readout.calibration.kind != CalibrationKind::none)
            line.offset = 0.0; // calibrated values are volts
        const ColumnCorrection chosen =
            readout.correction == Correction::design ? line : fit_line(inputs, sums, c, line);
        const Index output = layer.places[t].outputs.begin + c;
        lines.designed.push_back(normalised(layer, output, line));
        lines.chosen.push_back(normalised(layer, output, chosen));
    }
    return lines;
}

std::vector<double> layer_samples(std::span<const TileSamples> tiles) {
    std::vector<double> values;
    for (const TileSamples& tile : tiles)
        values.insert(values.end(), tile.u.values().begin(), tile.u.values().end());
    return values;
}

/// One output step for all of a layer's columns: the steepest designed line gets half of what the scale can be, or of what the output has
/// bits for, so that what is measured can be steeper as well as flatter.
double output_step(const std::vector<TileLines>& tiles, const MixedReadout& readout) {
    double steepest = 0.0;
    for (const TileLines& tile : tiles) {
        for (const ColumnCorrection& column : tile.designed)
            steepest = std::max(steepest, std::abs(column.scale));
    }
    const FixedFormat& scale = readout.unit.scale;
    const int spare_bits = readout.unit.output.bits() + readout.unit.cut_after - unit_input_bits(readout);
    const double top = std::min(scale.value(scale.raw_max()), std::ldexp(1.0, spare_bits));
    return steepest / (0.5 * top) * std::ldexp(1.0, readout.unit.cut_after);
}

/// Columns whose scale or offset the fixed unit's registers have no room for.
Index limited_registers(const MixedReadout& readout, std::span<const ColumnCorrection> columns) {
    if (readout.arithmetic != UnitArithmetic::fixed) return 0;
    const PostProcessingDesign& unit = readout.unit;
    const auto fits = [](const FixedFormat& format, double value) {
        return std::abs(format.value(nearest_raw(value, format)) - value) <= 0.5 * format.step();
    };
    return std::ranges::count_if(columns, [&](const ColumnCorrection& column) {
        return !fits(unit.scale, column.scale) || !fits(unit.offset, column.offset);
    });
}

/// Bits that a layer's sums can need: of all partitions and conversions with their weights, and of what they start with.
int accumulator_bits(const MixedLayer& layer, const MixedReadout& readout, const TileSamples& samples) {
    double weights = 0.0;
    for (const double weight : samples.weights) weights += std::abs(weight);
    const int sum_bits = grown_bits(readout.unit.output.bits(),
                                    layer.partition.horizontal * static_cast<Index>(std::llround(weights)));
    if (!layer.has_preset) return sum_bits;
    double largest = 0.0;
    for (const double preset : preset_sums(layer)) largest = std::max(largest, std::abs(preset));
    const double steps = std::max(1.0, largest / (layer.step * samples.sum_scale));
    return std::min(32, std::max(sum_bits, std::ilogb(steps) + 2) + 1);
}

void attach_units(MixedLayer& layer, const MixedReadout& readout, const std::vector<TileLines>& lines,
                  std::span<const TileSamples> samples) {
    layer.step = output_step(lines, readout);
    layer.accumulator_bits = readout.accumulator_bits > 0 ? readout.accumulator_bits
                                                          : accumulator_bits(layer, readout, samples.front());
    PostProcessingDesign unit = readout.unit;
    unit.relu = layer.relu && layer.partition.horizontal == 1 && layer.conversions == 1;
    const double before_cut = layer.step * std::ldexp(1.0, -readout.unit.cut_after);
    layer.unit_error.clear();
    layer.limited_registers = 0;
    for (std::size_t t = 0; t < layer.tiles.size(); ++t) {
        MixedTile& tile = layer.tiles[t];
        std::vector<ColumnCorrection> columns = lines[t].chosen;
        for (ColumnCorrection& column : columns)
            column = {column.scale / before_cut, column.offset / before_cut};
        tile.lines = lines[t].chosen;
        layer.limited_registers += limited_registers(readout, columns);
        tile.unit.emplace(readout.arithmetic, unit, columns);
        if (readout.arithmetic != UnitArithmetic::fixed) continue;
        layer.unit_error.push_back(post_processing_error(
            unit, columns, unit_inputs(tile, tile.adc->convert(samples[t].u, calibration_sample))));
    }
}

} // namespace

int unit_input_bits(const MixedReadout& readout) {
    const Calibration& calibration = readout.calibration;
    const int guard_bits = calibration.kind == CalibrationKind::none ? 0 : calibration.guard_bits;
    return std::max(readout.input_bits, readout.adc->bits + guard_bits);
}

void set_full_number(MixedLayer& layer, const MixedReadout& readout, const Matrix<double>& numbers) {
    const RangeSetting setting{RangeScope::layer, readout.input_percentile};
    layer.full_number = std::max(1.0, range_for(numbers.values(), true, setting).high);
}

void set_lines(MixedLayer& layer, const MixedReadout& readout, std::span<const TileSamples> samples) {
    const std::vector<double>& weights = samples.front().weights;
    layer.conversions = static_cast<Index>(weights.size());
    // Offsets of an image's conversions add up to one, bit by bit, too; not where some are subtracted.
    layer.has_preset =
        !layer.norm.empty() && std::ranges::any_of(weights, [](double weight) { return weight < 0.0; });
    for (std::size_t t = 0; t < layer.tiles.size(); ++t) {
        MixedTile& tile = layer.tiles[t];
        const Matrix<double> sums = driven_sums(layer, tile, samples[t]);
        tile.lines.resize(static_cast<std::size_t>(tile.circuit.outputs));
        for (Index c = 0; c < tile.circuit.outputs; ++c) {
            const ColumnCorrection designed{designed_slope(layer, tile, c), 0.0};
            ColumnCorrection& line = tile.lines[static_cast<std::size_t>(c)];
            line = designed;
            if (readout.correction == Correction::column) line = fit_line(samples[t].u, sums, c, designed);
            line = normalised(layer, layer.places[t].outputs.begin + c, line);
        }
    }
}

MixedLayer begin_layer(const DenseLayer& rows, TiledLayer tiles, const MixedReadout& readout, double v_full,
                       std::uint32_t first_tile) {
    MixedLayer layer;
    layer.partition = tiles.partition;
    layer.row_pairs = tiles.row_pairs;
    layer.rows = rows.inputs() + 1;
    layer.outputs = rows.outputs();
    layer.coding = {readout.input, {}, v_full};
    layer.norm = norms_of(rows);
    layer.places = std::move(tiles.places);
    layer.conductance = tiles.conductance;
    layer.tiles.resize(tiles.tiles.size());
    parallel_for(static_cast<Index>(layer.tiles.size()), [&](Index t) {
        const auto at = static_cast<std::size_t>(t);
        MixedTile& tile = layer.tiles[at];
        tile.circuit = std::move(tiles.tiles[at]);
        tile.weights = tile_weights(rows, layer.places[at]);
        if (readout.dac)
            tile.dac.emplace(*readout.dac, tile.circuit.rows,
                             AdcPlace{readout.seed, first_tile + static_cast<std::uint32_t>(t)});
    });
    return layer;
}

std::vector<TileSamples> sample_layer(const MixedLayer& layer, const Matrix<double>& numbers,
                                      const SolveOptions& options) {
    const Matrix<double> rows = row_numbers(layer, numbers);
    std::vector<TileSamples> samples(layer.tiles.size());
    parallel_for(static_cast<Index>(samples.size()), [&](Index t) {
        const auto at = static_cast<std::size_t>(t);
        samples[at] = sample_tile(layer.tiles[at], layer.coding,
                                  columns_between(rows, layer.places[at].inputs, {0, rows.rows()}), options,
                                  false, calibration_sample);
    });
    return samples;
}

std::vector<std::vector<std::vector<InputRange>>>
set_ranges(const MixedReadout& readout, std::span<const std::vector<TileSamples>> layers) {
    const AdcDesign& design = *readout.adc;
    const RangeScope scope = readout.range.scope;
    InputRange shared = design.range;
    if (scope == RangeScope::chip) {
        std::vector<double> all;
        for (const std::vector<TileSamples>& layer : layers) {
            const std::vector<double> values = layer_samples(layer);
            all.insert(all.end(), values.begin(), values.end());
        }
        shared = range_for(all, design.is_signed, readout.range);
    }
    std::vector<std::vector<std::vector<InputRange>>> ranges;
    for (const std::vector<TileSamples>& layer : layers) {
        if (scope == RangeScope::layer)
            shared = range_for(layer_samples(layer), design.is_signed, readout.range);
        ranges.emplace_back();
        for (const TileSamples& tile : layer) {
            ranges.back().push_back(
                scope == RangeScope::column
                    ? column_ranges(tile.u, design.is_signed, readout.range)
                    : std::vector<InputRange>(static_cast<std::size_t>(tile.u.cols()), shared));
        }
    }
    return ranges;
}

void attach_converters(MixedLayer& layer, const MixedReadout& readout,
                       std::span<const std::vector<InputRange>> ranges, std::span<const TileSamples> samples,
                       std::uint32_t first_tile) {
    std::vector<TileLines> lines(layer.tiles.size());
    parallel_for(static_cast<Index>(layer.tiles.size()), [&](Index t) {
        const auto at = static_cast<std::size_t>(t);
        MixedTile& tile = layer.tiles[at];
        tile.adc.emplace(*readout.adc, tile.circuit.outputs,
                         AdcPlace{readout.seed, first_tile + static_cast<std::uint32_t>(t)}, ranges[at]);
        prepare_inputs(tile, readout);
        lines[at] = lines_of(layer, at, readout, samples[at]);
    });
    attach_units(layer, readout, lines, samples);
}

} // namespace ohmloom
