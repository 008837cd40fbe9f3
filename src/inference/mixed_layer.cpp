#include "inference/mixed_layer.hpp"

#include "base/dense.hpp"
#include "base/parallel.hpp"
#include "converters/input_coding.hpp"
#include "digital/partial_sum.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ohmloom {

namespace {

/// Images that are taken through a layer of linear arrays together: enough for matrix products, few enough for the caches.
constexpr Index images_together = 256;

/// Mean power of linear arrays under pulses. Row voltages times v_full are on or off, so the mean of the product of two is the time both are
/// on, the less of their times: pulses start together. Forms with stages' offsets have a constant 1 behind the rows.
PowerBreakdown pulse_power(const PowerForms& forms, const Matrix<double>& on_time, double v_full) {
    const Index rows = on_time.cols(), size = forms.cells.rows();
    Matrix<double> moments(size, size);
    for (Index k = 0; k < on_time.rows(); ++k) {
        const auto time = [&](Index i) { return i < rows ? on_time(k, i) : 1.0; };
        for (Index i = 0; i < size; ++i) {
            for (Index j = 0; j < size; ++j) moments(i, j) += std::min(time(i), time(j));
        }
    }
    for (Index i = 0; i < size; ++i) {
        for (Index j = 0; j < size; ++j)
            moments(i, j) *=
                (i < rows ? v_full : 1.0) * (j < rows ? v_full : 1.0) / static_cast<double>(on_time.rows());
    }
    return mean_power(forms, moments);
}

void add_to(std::span<const double> term, double weight, std::span<double> sum) {
    std::ranges::transform(sum, term, sum.begin(), [&](double s, double t) { return s + weight * t; });
}

void count_conversions(const Matrix<double>& samples, const AdcBank& adc, MixedSignals& totals) {
    totals.conversions += static_cast<std::int64_t>(samples.size());
    for (Index c = 0; c < samples.cols(); ++c) {
        const InputRange range = adc.grid(c).range();
        for (Index k = 0; k < samples.rows(); ++k)
            totals.clipped += samples(k, c) < range.low || samples(k, c) > range.high ? 1 : 0;
    }
}

/// Sum of what each image's conversions gave, [images x outputs].
Matrix<double> add_conversions(const Matrix<double>& steps, std::span<const double> weights) {
    const auto conversions = static_cast<Index>(weights.size());
    if (conversions == 1) return steps;
    Matrix<double> sums(steps.rows() / conversions, steps.cols());
    for (Index row = 0; row < steps.rows(); ++row) {
        const double weight = weights[static_cast<std::size_t>(row % conversions)];
        const auto sum = sums.row(row / conversions);
        add_to(steps.row(row), weight, sum);
    }
    return sums;
}

void join(const MixedSignals& part, MixedSignals& whole, double share) {
    whole.power += share * part.power;
    whole.charging += share * part.charging;
    whole.residual = std::max(whole.residual, part.residual);
    whole.converged = whole.converged && part.converged;
    whole.engine = part.engine;
    whole.conversions += part.conversions;
    whole.clipped += part.clipped;
    whole.overflows += part.overflows;
}

/// The steps that sums start with, [images x outputs], as the digital side holds them.
Matrix<double> preset_steps(const MixedLayer& layer, const MixedReadout& readout, const IndexRange& outputs,
                            double step, Index images) {
    const std::vector<double> sums = preset_sums(layer);
    Matrix<double> steps(images, outputs.size());
    for (Index k = 0; k < images; ++k) {
        for (Index o = 0; o < outputs.size(); ++o) {
            const double exact = sums[static_cast<std::size_t>(outputs.begin + o)] / step;
            steps(k, o) = readout.arithmetic == UnitArithmetic::fixed ? std::nearbyint(exact)
                                                                      : round_to(exact, readout.arithmetic);
        }
    }
    return steps;
}

/// Images `which` through all tiles, and their partial sums added partition by partition.
MixedSignals run_images(const MixedLayer& layer, const MixedReadout& readout, const Matrix<double>& numbers,
                        const IndexRange& which, const SolveOptions& options, Index first_image, bool power) {
    MixedSignals signals;
    signals.z = Matrix<double>(which.size(), layer.outputs);
    const Index groups = layer.partition.horizontal, per_group = layer.partition.vertical;
    for (Index v = 0; v < per_group; ++v) {
        std::vector<Matrix<double>> terms;
        double step = layer.step;
        for (Index h = 0; h < groups; ++h) {
            const auto t = static_cast<std::size_t>(h * per_group + v);
            const MixedTile& tile = layer.tiles[t];
            const Index first_sample = (first_image + which.begin) * layer.conversions;
            TileSamples samples =
                sample_tile(tile, layer.coding, columns_between(numbers, layer.places[t].inputs, which),
                            options, power, first_sample);
            const Matrix<double> steps = to_steps(layer, tile, samples.u, first_sample, samples.totals);
            terms.push_back(add_conversions(steps, samples.weights));
            step = layer.step * samples.sum_scale;
            join(samples.totals, signals, 1.0);
        }
        const IndexRange& outputs = layer.places[static_cast<std::size_t>(v)].outputs;
        if (layer.has_preset) terms.push_back(preset_steps(layer, readout, outputs, step, which.size()));
        const PartialSums sums =
            add_partitions(terms, readout.arithmetic, layer.accumulator_bits, readout.unit.overflow);
        signals.overflows += sums.overflows;
        for (Index k = 0; k < which.size(); ++k) {
            std::ranges::transform(sums.values.row(k), signals.z.row(k).begin() + outputs.begin,
                                   [&](double steps) { return step * steps; });
        }
    }
    return signals;
}

} // namespace

Matrix<double> to_steps(const MixedLayer& layer, const MixedTile& tile, const Matrix<double>& samples,
                        Index first_sample, MixedSignals& totals) {
    if (tile.adc) {
        const Matrix<std::int32_t> codes = tile.adc->convert(samples, first_sample);
        count_conversions(samples, *tile.adc, totals);
        return tile.unit->apply(unit_inputs(tile, codes));
    }
    Matrix<double> steps(samples.rows(), samples.cols());
    for (Index k = 0; k < steps.rows(); ++k) {
        std::ranges::transform(samples.row(k), tile.lines, steps.row(k).begin(),
                               [&](double u, const ColumnCorrection& line) {
                                   return (line.scale * u + line.offset) / layer.step;
                               });
    }
    return steps;
}

double input_step(const CodeGrid& grid, const MixedReadout& readout) {
    return std::ldexp(grid.step(), readout.adc->bits - unit_input_bits(readout));
}

double sum_per_volt(const MixedTile& tile, const MixedReadout& readout, Index column, double u) {
    const double scale = tile.lines[static_cast<std::size_t>(column)].scale;
    if (!tile.adc) return scale;
    const CodeGrid& grid = tile.adc->grid(column);
    const FrontEnd& front = tile.adc->front(column);
    const double seen = front.value(u);
    if (seen < grid.range().low || seen > grid.range().high) return 0.0;
    // Calibrated values are the converter's input itself, whatever its curve.
    const double curve = readout.calibration.kind == CalibrationKind::none ? front.slope(u) : 1.0;
    return scale * curve / input_step(grid, readout);
}

Matrix<std::int32_t> unit_inputs(const MixedTile& tile, Matrix<std::int32_t> codes) {
    if (tile.unit_inputs.empty()) return codes;
    const std::int32_t lowest = tile.adc->lowest_code();
    for (Index k = 0; k < codes.rows(); ++k) {
        for (Index c = 0; c < codes.cols(); ++c) codes(k, c) = tile.unit_inputs(c, codes(k, c) - lowest);
    }
    return codes;
}

TileSamples sample_tile(const MixedTile& tile, const RowCoding& coding, const Matrix<double>& numbers,
                        const SolveOptions& options, bool power, Index first_sample) {
    const RowDrive drive = drive_rows(numbers, coding, tile.dac, tile.circuit.map.has_value());
    const auto conversions = static_cast<Index>(drive.conversions.size());
    TileSamples samples;
    samples.u = Matrix<double>(numbers.rows() * conversions, tile.circuit.outputs);
    samples.driven = Matrix<double>(numbers.rows() * conversions, numbers.cols());
    samples.sum_scale = drive.sum_scale;
    for (Index c = 0; c < conversions; ++c) {
        const RowDrive::Conversion& conversion = drive.conversions[static_cast<std::size_t>(c)];
        samples.weights.push_back(conversion.weight);
        const double time = 1.0 / static_cast<double>(conversions);
        const bool pulses = power && !conversion.on_time.empty();
        if (pulses)
            samples.totals.power +=
                time * pulse_power(tile.circuit.map->power, conversion.on_time, coding.v_full);
        for (const auto& [v, weight] : conversion.phases) {
            const LayerSignals signals = answer(tile.circuit, v, options, power && !pulses);
            samples.totals.power += time / static_cast<double>(conversion.phases.size()) * signals.power;
            samples.totals.charging += signals.charging;
            samples.totals.residual = std::max(samples.totals.residual, signals.residual);
            samples.totals.converged = samples.totals.converged && signals.converged;
            samples.totals.engine = signals.engine;
            for (Index k = 0; k < numbers.rows(); ++k) {
                const Index row = k * conversions + c;
                add_to(signals.u.row(k), weight, samples.u.row(row));
                add_to(v.row(k), weight / coding.v_full, samples.driven.row(row));
            }
        }
    }
    add_noise(tile.circuit.noise, first_sample, samples.u);
    return samples;
}

Matrix<double> columns_between(const Matrix<double>& matrix, const IndexRange& range,
                               const IndexRange& rows) {
    Matrix<double> part(rows.size(), range.size());
    for (Index k = 0; k < rows.size(); ++k) {
        const auto from = matrix.row(rows.begin + k);
        std::copy_n(from.begin() + range.begin, range.size(), part.row(k).begin());
    }
    return part;
}

Matrix<double> row_numbers(const MixedLayer& layer, const Matrix<double>& numbers) {
    const Index each = layer.row_pairs ? 2 : 1;
    const double full = layer.full_number;
    Matrix<double> rows(numbers.rows(), each * numbers.cols() + 1, 1.0 / full);
    const SignPhases parts = layer.row_pairs ? split_signs(numbers) : SignPhases{numbers, {}};
    for (Index k = 0; k < numbers.rows(); ++k) {
        for (Index i = 0; i < numbers.cols(); ++i) {
            rows(k, each * i) = parts.positive(k, i) / full;
            if (layer.row_pairs) rows(k, each * i + 1) = parts.negative(k, i) / full;
        }
    }
    return rows;
}

std::vector<double> preset_sums(const MixedLayer& layer) {
    std::vector<double> sums(static_cast<std::size_t>(layer.outputs), 0.0);
    if (!layer.has_preset) return sums;
    std::ranges::transform(layer.norm, sums.begin(), [](const BatchNorm& norm) {
        return fold({1.0, 0.0}, norm).offset;
    });
    return sums;
}

MixedSignals run_layer(const MixedLayer& layer, const MixedReadout& readout, const Matrix<double>& numbers,
                       const SolveOptions& options, Index first_image, bool power) {
    const Matrix<double> rows = row_numbers(layer, numbers);
    // Arrays of nonlinear cells share work among all images, and have their own parallel loops.
    const bool linear =
        std::ranges::all_of(layer.tiles, [](const MixedTile& tile) { return tile.circuit.map.has_value(); });
    const Index together = linear ? images_together : std::max<Index>(rows.rows(), 1);
    const Index parts = (rows.rows() + together - 1) / together;
    std::vector<MixedSignals> results(static_cast<std::size_t>(parts));
    const auto images_of = [&](Index part) {
        return IndexRange{part * together, std::min(rows.rows(), (part + 1) * together)};
    };
    parallel_for(parts, [&](Index part) {
        results[static_cast<std::size_t>(part)] =
            run_images(layer, readout, rows, images_of(part), options, first_image, power);
    });
    MixedSignals signals;
    signals.z = Matrix<double>(rows.rows(), layer.outputs);
    for (Index part = 0; part < parts; ++part) {
        const MixedSignals& result = results[static_cast<std::size_t>(part)];
        const IndexRange images = images_of(part);
        join(result, signals, static_cast<double>(images.size()) / static_cast<double>(rows.rows()));
        std::ranges::copy(result.z.values(), signals.z.row(images.begin).begin());
    }
    return signals;
}

} // namespace ohmloom
