#pragma once

#include "converters/adc_bank.hpp"
#include "digital/post_processing_error.hpp"
#include "inference/mixed_readout.hpp"
#include "inference/tile_circuit.hpp"

#include <optional>
#include <vector>

namespace ohmloom {

/// One tile with what stands around it.
struct MixedTile {
    TileCircuit circuit;
    Matrix<double> weights; ///< [outputs x rows] of the network; the bias is the last row of the last tile
    std::optional<DacBank> dac;
    std::optional<AdcBank> adc;
    Matrix<std::int32_t>
        unit_inputs; ///< [outputs x codes, the lowest first] what the digital unit gets for a code; empty: the code
    CalibrationCost calibration;
    std::optional<PostProcessor> unit; ///< codes to output steps of the layer
    /// [outputs] normalised sum as a line of what the unit gets for a code; without converters, of the stage output [1/V, 1].
    std::vector<ColumnCorrection> lines;
};

/// A layer whose partitions are added digitally.
struct MixedLayer {
    LayerPartition partition;
    Index rows = 0, outputs = 0; ///< rows: inputs and the bias row
    std::vector<Tile> places;    ///< of each tile in the layer
    std::vector<MixedTile> tiles;
    RowCoding coding;            ///< of its rows
    bool row_pairs = false;      ///< two rows for every input
    double full_number = 1.0;    ///< what a row at full voltage stands for; at least 1, the bias
    std::vector<BatchNorm> norm; ///< [outputs] of the weighted sums, whose sums follow below; empty: none
    bool relu = false;           ///< what is below 0 counts as 0 behind the layer
    Index conversions = 1;       ///< of a column for an image
    bool has_preset =
        false; ///< the normalisation's offset is what sums start with, since conversions cancel offsets
    double step = 1.0; ///< weighted sum per output step of the units
    int accumulator_bits = 1;
    Index limited_registers = 0;  ///< columns whose scale or offset the fixed units have no room for
    ConductanceError conductance; ///< of its devices
    std::vector<PostProcessingError> unit_error; ///< of each tile's fixed units over the calibration images
};

/// What a layer makes of its inputs.
struct MixedSignals {
    Matrix<double> z; ///< [images x outputs] weighted sums, normalised, as the digital side has them
    PowerBreakdown power;
    double charging = 0.0; ///< [J] of an image, all its samples, mean
    double residual = 0.0;
    bool converged = true;
    Engine engine = Engine::automatic;
    std::int64_t conversions = 0; ///< of all images
    std::int64_t clipped = 0;     ///< of them, whose input was beyond the range
    std::int64_t overflows = 0;   ///< of partial sums
};

/// Stage outputs of one tile as its converters get them.
struct TileSamples {
    Matrix<double> u; ///< [images·conversions x outputs] [V]; conversions of an image follow each other
    Matrix<double>
        driven; ///< [images·conversions x rows] what the rows carried meanwhile, as a part of v_full
    std::vector<double> weights; ///< [conversions] of an image's samples in its sum
    double sum_scale = 1.0;      ///< that makes the sum a weighted sum of numbers
    MixedSignals totals;         ///< power, residual and outcome
};

/// Drives a tile with numbers [images x rows], parts of full voltage. Its first sample has this number, for noise.
TileSamples sample_tile(const MixedTile& tile, const RowCoding& coding, const Matrix<double>& numbers,
                        const SolveOptions& options, bool power, Index first_sample = 0);

/// A tile's codes [samples x outputs] as the digital unit gets them: calibrated, and shifted to the top of its input.
Matrix<std::int32_t> unit_inputs(const MixedTile& tile, Matrix<std::int32_t> codes);

/// Stage outputs [samples x outputs] of a tile as output steps of its digital units. Sample k is number first_sample + k, for noise; conversions
/// are counted in `totals`.
Matrix<double> to_steps(const MixedLayer& layer, const MixedTile& tile, const Matrix<double>& samples,
                        Index first_sample, MixedSignals& totals);

/// How steeply a column's weighted sum rises with its stage output u [V]: through the smooth curve of its converter, 0 beyond its range.
double sum_per_volt(const MixedTile& tile, const MixedReadout& readout, Index column, double u);

/// What one step of a digital unit's input is, in the unit of the converter's input.
double input_step(const CodeGrid& grid, const MixedReadout& readout);

/// The part [rows x range] of a matrix.
Matrix<double> columns_between(const Matrix<double>& matrix, const IndexRange& range, const IndexRange& rows);

/// What a layer's rows carry for its inputs [images x inputs], as parts of full voltage: the bias behind the inputs or their pairs of rows.
Matrix<double> row_numbers(const MixedLayer& layer, const Matrix<double>& numbers);

/// What a layer's sums start with, in the unit of the sums, [outputs]: its normalisation's offset, or 0.
std::vector<double> preset_sums(const MixedLayer& layer);

/// Normalised sums of a layer's inputs [images x inputs] through everything that stands around the arrays. Image k is number
/// first_image + k of the run, for noise.
MixedSignals run_layer(const MixedLayer& layer, const MixedReadout& readout, const Matrix<double>& numbers,
                       const SolveOptions& options, Index first_image = 0, bool power = true);

} // namespace ohmloom
