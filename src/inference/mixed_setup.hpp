#pragma once

#include "inference/mixed_layer.hpp"

#include <span>
#include <vector>

namespace ohmloom {

/// A layer with its tiles and drivers, but without converters: its tiles' outputs are known exactly.
/// `rows` are the weights of what the rows carry: the layer's own, or those of its pairs of rows.
/// `first_tile` numbers its first tile within the network.
MixedLayer begin_layer(const DenseLayer& rows, TiledLayer tiles, const MixedReadout& readout, double v_full,
                       std::uint32_t first_tile);

/// Sets what a row at full voltage stands for by the numbers [images x inputs] that reach a layer behind a ReLU.
void set_full_number(MixedLayer& layer, const MixedReadout& readout, const Matrix<double>& numbers);

/// Stage outputs of every tile of a layer for some inputs [images x inputs].
std::vector<TileSamples> sample_layer(const MixedLayer& layer, const Matrix<double>& numbers,
                                      const SolveOptions& options);

/// Sets what is made of stage outputs where there are no converters, and where normalisation comes in, by samples of every tile.
void set_lines(MixedLayer& layer, const MixedReadout& readout, std::span<const TileSamples> samples);

/// Input ranges of every column of every tile of every layer, from samples of all of them.
std::vector<std::vector<std::vector<InputRange>>>
set_ranges(const MixedReadout& readout, std::span<const std::vector<TileSamples>> layers);

/// Puts converters with these ranges behind a layer's tiles, and digital units set by the samples behind them.
void attach_converters(MixedLayer& layer, const MixedReadout& readout,
                       std::span<const std::vector<InputRange>> ranges, std::span<const TileSamples> samples,
                       std::uint32_t first_tile);

} // namespace ohmloom
