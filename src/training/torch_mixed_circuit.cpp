#include "training/torch_mixed_circuit.hpp"

#include "base/errors.hpp"

#include <algorithm>
#include <utility>

namespace ohmloom::detail {

using torch::Tensor;

Tensor tensor_of(const Matrix<double>& matrix) {
    return torch::from_blob(const_cast<double*>(matrix.data()), {matrix.rows(), matrix.cols()},
                            torch::kDouble);
}

namespace {

Matrix<double> matrix_of(const Tensor& tensor) {
    const Tensor doubles = tensor.detach().to(torch::kDouble).contiguous();
    const double* const data = doubles.data_ptr<double>();
    return {doubles.size(0), doubles.size(1), std::vector<double>(data, data + doubles.numel())};
}

Tensor floats_of(const Matrix<double>& matrix) {
    return tensor_of(matrix).to(torch::kFloat);
}

/// A value that cannot be differentiated, with the slope that stands for its derivative by `x`.
Tensor straight_through(const Tensor& x, const Tensor& value, const Tensor& slope) {
    return value + slope * (x - x.detach());
}

/// What the rows of a tile carry, as a part of full voltage.
Tensor drive(const MixedTile& tile, const Tensor& numbers) {
    if (!tile.dac) return numbers.clamp(0.0, 1.0);
    const Tensor converted = floats_of(tile.dac->convert(matrix_of(numbers.clamp(0.0, 1.0))));
    return straight_through(numbers, converted, torch::ones_like(numbers));
}

/// Weights [inputs + 1 x outputs] of pairs of rows, as with_row_pairs() has them.
Tensor paired_weights(const Tensor& weights) {
    const Tensor inputs = weights.slice(0, 0, -1);
    const Tensor pairs = torch::stack({inputs, -inputs}, 1).reshape({-1, inputs.size(1)});
    return torch::cat({pairs, weights.slice(0, -1)}, 0);
}

/// What pairs of rows carry for numbers [batch x inputs].
Tensor paired_numbers(const Tensor& numbers) {
    return torch::stack({torch::relu(numbers), torch::relu(-numbers)}, 2).reshape({numbers.size(0), -1});
}

/// Stage outputs [V] to normalised sums, through converters and digital units.
Tensor convert(const MixedLayer& layer, const MixedReadout& readout, const MixedTile& tile, const Tensor& u) {
    const Matrix<double> volts = matrix_of(u);
    MixedSignals unused;
    Matrix<double> sums = to_steps(layer, tile, volts, 0, unused);
    for (double& sum : sums.values()) sum *= layer.step;
    Matrix<double> slopes(volts.rows(), volts.cols());
    for (Index k = 0; k < volts.rows(); ++k) {
        for (Index c = 0; c < volts.cols(); ++c) slopes(k, c) = sum_per_volt(tile, readout, c, volts(k, c));
    }
    return straight_through(u, floats_of(sums), floats_of(slopes));
}

} // namespace

TorchMixedCircuit::TorchMixedCircuit(const MixedTrainingCircuit& circuit, Matrix<double> calibration_inputs)
    : circuit_(circuit), calibration_inputs_(std::move(calibration_inputs)) {}

void TorchMixedCircuit::refresh(const Network& network) {
    mixed_ = build_mixed(network, circuit_.partitions, circuit_.tiles, circuit_.readout, calibration_inputs_,
                         {}, false);
    maps_.clear();
    for (const MixedLayer& layer : mixed_.layers) {
        maps_.emplace_back();
        for (const MixedTile& tile : layer.tiles) maps_.back().push_back(relate(layer, tile));
    }
}

/// Least squares for each output, and what they leave.
TorchMixedCircuit::TileMap TorchMixedCircuit::relate(const MixedLayer& layer, const MixedTile& tile) const {
    if (!tile.circuit.map)
        throw InputError(
            "training between converters needs linear cells: expected a device of linear cells, or none");
    const Tensor target = layer.coding.v_full * tensor_of(tile.circuit.map->transfer).t(),
                 weights = tensor_of(tile.weights).t();
    const Tensor attenuation =
        (weights * target).sum(0, true) / (weights * weights).sum(0, true).clamp_min(1e-30);
    Tensor offset = torch::zeros({1, target.size(1)}, torch::kFloat);
    for (std::size_t o = 0; o < tile.circuit.map->offset.size(); ++o)
        offset[0][static_cast<std::int64_t>(o)] = tile.circuit.map->offset[o];
    return {attenuation.to(torch::kFloat), (target - attenuation * weights).to(torch::kFloat), offset};
}

/// Partial sums of a tile for numbers that its rows carry one way.
Tensor TorchMixedCircuit::tile_sums(std::size_t l, std::size_t t, const Tensor& weights,
                                    const Tensor& rows) const {
    const MixedLayer& layer = mixed_.layers[l];
    const Tile& place = layer.places[t];
    const TileMap& map = maps_[l][t];
    const Tensor part = weights.slice(0, place.inputs.begin, place.inputs.end)
                            .slice(1, place.outputs.begin, place.outputs.end);
    const Tensor driven = drive(layer.tiles[t], rows.slice(1, place.inputs.begin, place.inputs.end));
    Matrix<double> noise(driven.size(0), part.size(1));
    add_noise(layer.tiles[t].circuit.noise, 0, noise);
    const Tensor u = driven.mm(map.attenuation * part + map.difference) + map.offset + floats_of(noise);
    return convert(layer, mixed_.readout, layer.tiles[t], u);
}

Tensor TorchMixedCircuit::forward(std::size_t l, const Tensor& weights, const Tensor& numbers) const {
    const MixedLayer& layer = mixed_.layers[l];
    const Tensor cells = layer.row_pairs ? paired_weights(weights) : weights;
    const Tensor inputs = layer.row_pairs ? paired_numbers(numbers) : numbers;
    const Tensor rows = torch::cat({inputs, torch::ones({inputs.size(0), 1})}, 1) / layer.full_number;
    const bool two_phases = layer.coding.signs.has_value();
    const auto groups = static_cast<std::size_t>(layer.partition.horizontal),
               per_group = static_cast<std::size_t>(layer.partition.vertical);
    std::vector<Tensor> outputs;
    for (std::size_t v = 0; v < per_group; ++v) {
        std::vector<Tensor> partial;
        for (std::size_t t = v; t < groups * per_group; t += per_group) {
            partial.push_back(tile_sums(l, t, cells, two_phases ? torch::relu(rows) : rows));
            if (two_phases) partial.push_back(-tile_sums(l, t, cells, torch::relu(-rows)));
        }
        outputs.push_back(torch::stack(partial).sum(0));
    }
    const std::vector<double> preset = preset_sums(layer);
    return torch::cat(outputs, 1) + torch::tensor(preset, torch::kDouble).to(torch::kFloat);
}

} // namespace ohmloom::detail
