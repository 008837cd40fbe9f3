// What a conversion costs, per sample and core: by table, with noise at the input, and decision by decision.
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "converters/adc_bank.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace {

using namespace ohmloom;

struct Case {
    std::string name;
    AdcDesign design;
};

AdcDesign sar(int bits) {
    AdcDesign design;
    design.kind = AdcKind::sar;
    design.bits = bits;
    design.capacitors.unit_sigma = 0.02;
    design.comparator.offset_sigma = 0.005;
    return design;
}

std::vector<Case> cases() {
    std::vector<Case> all;
    AdcDesign ideal;
    all.push_back({"ideal/8", ideal});
    for (const int bits : {4, 8, 12}) all.push_back({"sar/" + std::to_string(bits), sar(bits)});
    AdcDesign curved = sar(5);
    curved.front.curve = {.shape = TransferCurve::Shape::s_shape, .strength = 2.0};
    curved.front.curve_sigma = 0.2;
    all.push_back({"sar_s_shape/5", curved});
    AdcDesign exponential = ideal;
    exponential.front.curve = {.shape = TransferCurve::Shape::exponential, .strength = 4.0};
    all.push_back({"exponential/8", exponential});
    AdcDesign pipeline = ideal;
    pipeline.kind = AdcKind::pipeline;
    pipeline.stages.capacitor_sigma = 0.01;
    all.push_back({"pipeline/8", pipeline});
    AdcDesign noisy = sar(8);
    noisy.noise.input = 0.002;
    all.push_back({"sar_input_noise/8", noisy});
    AdcDesign comparator = sar(8);
    comparator.comparator.noise = 0.002;
    all.push_back({"sar_comparator_noise/8", comparator});
    return all;
}

/// A batch of samples under so many columns, every converter with mismatch of its own, on one core.
void convert(benchmark::State& state, const AdcDesign& design) {
    constexpr Index columns = 32;
    const Index rows = state.range(0);
    const ThreadLimit one(1);
    const AdcBank bank(design, columns, {});
    const RandomStream random(1, RandomPurpose::test_generation);
    Matrix<double> x(rows, columns);
    for (Index r = 0; r < rows; ++r)
        for (Index c = 0; c < columns; ++c)
            x(r, c) =
                2.2 * random.uniform(0, static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(c)) - 1.1;
    for (auto _ : state) {
        Matrix<std::int32_t> codes = bank.convert(x);
        benchmark::DoNotOptimize(codes.data());
    }
    state.SetItemsProcessed(state.iterations() * rows * columns);
}

/// What it takes to build the tables of a tile.
void build(benchmark::State& state, const AdcDesign& design) {
    const ThreadLimit one(1);
    for (auto _ : state) {
        const AdcBank bank(design, 32, {});
        benchmark::DoNotOptimize(bank.steps(0).edges.data());
    }
    state.SetItemsProcessed(state.iterations() * 32);
}

} // namespace

int main(int argc, char** argv) {
    for (const Case& one : cases()) {
        const bool slow = one.design.noise.input > 0.0 || one.design.comparator.noise > 0.0;
        benchmark::RegisterBenchmark(("convert/" + one.name).c_str(), [one](benchmark::State& state) {
            convert(state, one.design);
        })->Arg(slow ? 1000 : 10000);
        benchmark::RegisterBenchmark(("build/" + one.name).c_str(),
                                     [one](benchmark::State& state) { build(state, one.design); });
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
