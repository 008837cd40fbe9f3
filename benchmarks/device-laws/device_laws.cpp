// What current and slope of a cell cost, per cell and operating point, for every law: the inner loop of every engine that solves
// nonlinear arrays.
#include "devicemodels/cell_model.hpp"

#include <benchmark/benchmark.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace ohmloom;

struct Law {
    std::string name;
    CellModel model;
    double g, shape;
};

/// Three sinh curves on 15 voltages.
CurrentTable three_curves() {
    const std::vector<double> g{1e-6, 1e-5, 4e-5}, alpha{4.0, 2.0, 0.5};
    std::vector<double> v;
    for (int k = -7; k <= 7; ++k) v.push_back(k / 7.0);
    Matrix<double> i(3, static_cast<Index>(v.size()));
    for (Index s = 0; s < 3; ++s) {
        const double a = alpha[static_cast<std::size_t>(s)];
        for (Index k = 0; k < i.cols(); ++k)
            i(s, k) = g[static_cast<std::size_t>(s)] * std::sinh(a * v[static_cast<std::size_t>(k)]) / a;
    }
    return make_current_table(v, i);
}

std::vector<Law> laws() {
    return {{"linear", LinearCell{}, 1e-5, 0.0},
            {"sinh", SinhCell{3.0}, 1e-5, 0.0},
            {"table", TableCell{std::make_shared<const CurrentTable>(three_curves())}, 2e-5, 0.0},
            {"pcm", PcmCell{0.0, 0.0}, 1e-5, 2.0},
            {"pcm_with_powers", PcmCell{0.3, 0.1}, 1e-5, 2.0},
            {"mram", MramCell{0.65}, 7e-5, 2.0},
            {"ecm", EcmCell{}, 1e-6, 0.0}};
}

void evaluate(benchmark::State& state, const Law& law) {
    const auto count = static_cast<std::size_t>(state.range(0));
    std::vector<double> v(count), current(count), slope(count);
    for (std::size_t k = 0; k < count; ++k)
        v[k] = -0.8 + 1.6 * (static_cast<double>(k) + 0.5) / static_cast<double>(count);
    for (auto _ : state) {
        evaluate_cell(law.model, law.g, law.shape, v, current, slope);
        benchmark::DoNotOptimize(current.data());
        benchmark::DoNotOptimize(slope.data());
        benchmark::ClobberMemory();
    }
    state.counters["s/point"] =
        benchmark::Counter(static_cast<double>(count),
                           benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

} // namespace

int main(int argc, char** argv) {
    for (const Law& law : laws()) {
        benchmark::RegisterBenchmark(law.name.c_str(),
                                     [law](benchmark::State& state) { evaluate(state, law); })
            ->Arg(16)
            ->Arg(1024);
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
