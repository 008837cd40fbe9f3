// What converters with mismatch on every column cost a network between converters, beside ideal ones and none: 10,000 images through
// 32 x 32 tiles, once the arrays are solved and the converters set.
#include "inference/mixed_signal.hpp"
#include "network/dataset.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace {

using namespace ohmloom;

struct Case {
    std::string name;
    MixedReadout readout;
};

std::vector<Case> cases() {
    MixedReadout ideal;
    ideal.dac = DacDesign{.bits = 8, .is_signed = false};
    ideal.adc = AdcDesign{};
    ideal.arithmetic = UnitArithmetic::fixed;
    ideal.unit.output = {9, 0, true};
    ideal.correction = Correction::column;
    MixedReadout sar = ideal;
    sar.adc->kind = AdcKind::sar;
    sar.adc->capacitors.unit_sigma = 0.02;
    sar.adc->comparator.offset_sigma = 0.002;
    MixedReadout none = ideal;
    none.adc.reset();
    none.arithmetic = UnitArithmetic::exact;
    MixedReadout bits = sar;
    bits.input = RowInput::bit_serial;
    return {{"none", none}, {"ideal", ideal}, {"sar", sar}, {"sar_bit_serial", bits}};
}

MixedNetwork build(const Network& network, const MixedReadout& readout, const Matrix<double>& calibration) {
    std::vector<LayerPartition> partitions;
    for (const DenseLayer& layer : network.layers)
        partitions.push_back(fit_partition(layer.inputs() + 1, layer.outputs(), 32, 32));
    NetworkCircuit circuit{{}, std::vector<double>(network.layers.size(), 30.0), {}};
    circuit.array.r_row = 9.2416;
    circuit.array.r_col = 11.552;
    circuit.array.stage.kind = StageKind::virtual_ground;
    return build_mixed(network, make_plan(network, partitions, {1e-6, 2e-5}, Polarity::direct), circuit,
                       readout, calibration);
}

void infer_images(benchmark::State& state, const MixedReadout& readout) {
    const std::string folder = OHMLOOM_SOURCE_DIR "/examples/";
    const Network network = read_network(folder + "networks/mnist-real.h5");
    const DataSet images = read_dataset(folder + "data");
    const Matrix<double> inputs = encode_inputs(images, network.input, 0, images.count());
    const MixedNetwork mixed = build(network, readout, encode_inputs(images, network.input, 0, 256));
    for (auto _ : state) {
        const MixedInference inference = infer_mixed(mixed, inputs);
        benchmark::DoNotOptimize(inference.classes.data());
    }
    state.counters["images/s"] =
        benchmark::Counter(static_cast<double>(state.iterations()) * 10000.0, benchmark::Counter::kIsRate);
}

} // namespace

int main(int argc, char** argv) {
    for (const Case& each : cases())
        benchmark::RegisterBenchmark(each.name.c_str(), infer_images, each.readout)
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
