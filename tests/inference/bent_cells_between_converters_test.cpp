// Wired tiles of cells that are not linear, between converters, against operating points of mna, which knows neither tiles nor stages nor
// converters: they come from the converters' own edges and plain sums.
#include "inference/mixed_signal.hpp"

#include "circuit/array_netlist.hpp"
#include "devicemodels/device_library.hpp"
#include "readout/readout_circuits.hpp"
#include "solver/circuit_solver.hpp"
#include "tests/approx.hpp"
#include "tests/inference/small_networks.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

constexpr int dac_bits = 3;
constexpr std::int32_t highest = (1 << dac_bits) - 1;
constexpr double v_full = 0.8;

/// 31 inputs and a bias on two tiles of 16 x 8 pairs, with wires that take a good part of the voltage.
struct BentNetwork {
    Network network = random_network({31, 8}, WeightKind::real, 55);
    NetworkCircuit circuit;
    ConductanceWindow window;
    Matrix<double> inputs = random_inputs(5, 31, 56);
    MixedReadout readout;

    BentNetwork(const std::string& card, const CardChanges& changes, double wire, StageKind stage) {
        circuit.devices.model = make_device(find_card(card, changes));
        circuit.devices.programming.read_noise = false;
        window = {circuit.devices.model->g_min(), circuit.devices.model->g_max()};
        circuit.array = small_circuit();
        circuit.array.r_row = circuit.array.r_col = wire;
        circuit.array.stage = {.kind = stage,
                               .gain = 3.0,
                               .r_input = 0.1 / window.g_max,
                               .open_loop_gain = 500.0,
                               .spread = {1e-3, 0.02, 9}};
        circuit.gain = {3.0};
        circuit.neuron.v_supply = v_full;
        readout.dac.emplace();
        readout.dac->bits = dac_bits;
        readout.dac->is_signed = false;
        readout.adc.emplace();
        readout.adc->kind = AdcKind::sar;
        readout.adc->bits = 8;
        readout.adc->capacitors.unit_sigma = 0.1;
        readout.adc->comparator.offset_sigma = 0.01;
        readout.arithmetic = UnitArithmetic::fixed;
        readout.unit.output = {9, 0, true};
        readout.correction = Correction::column;
    }

    [[nodiscard]] Plan plan() const {
        return make_plan(network, std::vector<LayerPartition>{{2, 1}}, window, Polarity::direct);
    }
    [[nodiscard]] MixedNetwork build() const {
        return build_mixed(network, plan(), circuit, readout, inputs);
    }
};

/// Stage outputs of a tile at some row voltages.
std::vector<double> in_mna(const LayerArrays& array, const std::vector<double>& v_row) {
    Crossbar crossbar = array.crossbars.front();
    crossbar.r_sense.clear();
    Circuit circuit = expand_array(crossbar, {v_row, {}, {}, true}).circuit;
    for (Index s = 0; s < crossbar.sites(); ++s) {
        const auto node = [&](const char* stem, Index k) { return circuit.node(stem + std::to_string(k)); };
        const std::string name = "stage_" + std::to_string(s);
        circuit.add(stage_circuit(name, array.stage, sample_stage(array.stage, array.first_tile, s), false));
        circuit.add("x" + name,
                    SubcircuitCall{name, {node("col_", 2 * s), node("col_", 2 * s + 1), node("o_", s)}});
    }
    const Waveforms point = CircuitSolver(circuit).operating_point();
    REQUIRE(point.all_converged());
    std::vector<double> u;
    for (Index s = 0; s < crossbar.sites(); ++s) {
        const auto found = std::ranges::find(point.signals, "v(o_" + std::to_string(s) + ")");
        REQUIRE(found != point.signals.end());
        u.push_back(point.values(0, found - point.signals.begin()));
    }
    return u;
}

/// What one tile's rows are driven with for one image, one set of voltages after the other.
std::vector<std::vector<double>> phases_of(const std::vector<double>& numbers, RowInput input) {
    std::vector<std::int32_t> codes;
    for (const double x : numbers) codes.push_back(static_cast<std::int32_t>(std::floor(x * highest + 0.5)));
    const auto drive = [&](auto part) {
        std::vector<double> v;
        for (const std::int32_t code : codes) v.push_back(v_full * part(code));
        return v;
    };
    std::vector<std::vector<double>> phases;
    switch (input) {
    case RowInput::level:
        phases.push_back(drive([](std::int32_t code) { return static_cast<double>(code) / highest; }));
        break;
    case RowInput::pulse_width:
        for (std::int32_t slot = 0; slot < highest; ++slot)
            phases.push_back(drive([=](std::int32_t code) { return code > slot ? 1.0 : 0.0; }));
        break;
    case RowInput::bit_serial:
        for (int bit = 0; bit < dac_bits; ++bit)
            phases.push_back(drive([=](std::int32_t code) { return (code >> bit & 1) != 0 ? 1.0 : 0.0; }));
        break;
    }
    return phases;
}

/// Output steps of a tile for one image: phases averaged and converted, or converted and added as the bits that they are.
std::vector<double> steps_of(const MixedTile& tile, const LayerArrays& array,
                             const std::vector<double>& numbers, RowInput input) {
    std::vector<std::vector<double>> samples;
    for (const std::vector<double>& v : phases_of(numbers, input)) samples.push_back(in_mna(array, v));
    if (input == RowInput::pulse_width) {
        std::vector<double> mean(samples.front().size(), 0.0);
        for (const std::vector<double>& slot : samples) {
            for (std::size_t c = 0; c < mean.size(); ++c)
                mean[c] += slot[c] / static_cast<double>(samples.size());
        }
        samples = {mean};
    }
    std::vector<double> steps(samples.front().size(), 0.0);
    double weight = 1.0;
    for (const std::vector<double>& u : samples) {
        for (std::size_t c = 0; c < steps.size(); ++c) {
            const auto column = static_cast<Index>(c);
            const std::vector<double>& edges = tile.adc->steps(column).edges;
            // Nothing is told by an output so near to an edge that solvers may disagree about its side.
            for (const double edge : edges)
                REQUIRE(std::abs(u[c] - edge) > 1e-7 * tile.adc->grid(column).step());
            const auto below = std::ranges::count_if(edges, [&](double edge) { return edge <= u[c]; });
            std::int32_t code = tile.adc->steps(column).codes[static_cast<std::size_t>(below)];
            if (!tile.unit_inputs.empty()) code = tile.unit_inputs(column, code - tile.adc->lowest_code());
            steps[c] += weight * tile.unit->apply(column, code);
        }
        weight *= 2.0;
    }
    return steps;
}

} // namespace

TEST_CASE("wired tiles of bent cells between converters are what mna and the converters' edges say") {
    const struct {
        const char* card;
        CardChanges changes;
        double wire;
        StageKind stage;
    } cells[] = {{"sinh", {{"alpha", "4.0"}}, 100.0, StageKind::op_amp},
                 {"sinh", {{"alpha", "4.0"}}, 100.0, StageKind::difference},
                 {"pcm", {}, 200.0, StageKind::op_amp}};
    for (const auto& of : cells) {
        for (const RowInput input : {RowInput::level, RowInput::pulse_width, RowInput::bit_serial}) {
            CAPTURE(of.card);
            CAPTURE(to_string(of.stage));
            CAPTURE(static_cast<int>(input));
            BentNetwork bent(of.card, of.changes, of.wire, of.stage);
            bent.readout.input = input;
            const MixedNetwork mixed = bent.build();
            const MixedLayer& layer = mixed.layers.front();
            const LayerArrays arrays = build_network(bent.plan(), bent.circuit).front();
            REQUIRE(layer.tiles.size() == 2);
            REQUIRE(!layer.tiles.front().circuit.map.has_value());
            const MixedSignals found = run_layer(layer, mixed.readout, bent.inputs, {});
            CHECK(found.converged);
            CHECK(found.overflows == 0);
            const double sum_scale = input == RowInput::bit_serial ? 1.0 / highest : 1.0;
            for (Index k = 0; k < bent.inputs.rows(); ++k) {
                std::vector<double> sums(8, 0.0);
                for (std::size_t t = 0; t < 2; ++t) {
                    std::vector<double> numbers(bent.inputs.row(k).begin(), bent.inputs.row(k).end());
                    numbers.push_back(1.0);
                    const IndexRange& rows = layer.places[t].inputs;
                    const std::vector<double> steps =
                        steps_of(layer.tiles[t], single_tile(arrays, t),
                                 {numbers.begin() + rows.begin, numbers.begin() + rows.end}, input);
                    for (std::size_t c = 0; c < 8; ++c) sums[c] += steps[c];
                }
                for (Index c = 0; c < 8; ++c) {
                    CHECK(found.z(k, c) ==
                          approx(layer.step * sum_scale * sums[static_cast<std::size_t>(c)]).epsilon(1e-12));
                }
            }
            // Wires are not to be overlooked: without them codes are others.
            BentNetwork wireless = bent;
            wireless.circuit.array.r_row = wireless.circuit.array.r_col = 0.0;
            const MixedNetwork flat = wireless.build();
            CHECK(flat.layers.front().tiles.front().adc->grid(0).range().high >
                  1.02 * layer.tiles.front().adc->grid(0).range().high);
        }
    }
}
