// What it costs to take changed cells into a condensed array, beside condensing it afresh; and what `mna` saves on the second array
// of a shape: see README.md.
#include "benchmarks/array-engines/problem.hpp"
#include "benchmarks/array-engines/single_thread.hpp"
#include "solver/array_solver.hpp"
#include "solver/condensed_array.hpp"
#include "solver/klu_matrix.hpp"

#include <benchmark/benchmark.h>

#include <map>
#include <vector>

namespace ohmloom::benchmarks {

namespace {

Crossbar crossbar_of(Index side) {
    return make_problem({.rows = side, .cols = side}).crossbar;
}

/// Condensed arrays by their side, with all parts: made when first asked for.
const CondensedArray& condensed(Index side) {
    static std::map<Index, CondensedArray> arrays;
    const auto found = arrays.find(side);
    if (found != arrays.end()) return found->second;
    return arrays.emplace(side, CondensedArray(crossbar_of(side), CondenseKeep::all_parts)).first->second;
}

/// `count` cells spread over the array, no two in one block of a few sites; other ones in every round.
std::vector<CellChange> changes(Index side, Index count, Index round) {
    std::vector<CellChange> cells;
    for (Index i = 0; i < count; ++i) {
        const Index place = (round * 7919 + i * side * side / count + 13 * i * i) % (side * side);
        cells.push_back({place / side, (place * 31 + 17 * i) % side, round % 2 == 0 ? 0.0 : 1e-4});
    }
    return cells;
}

void condense_afresh(benchmark::State& state, CondenseKeep keep) {
    const SingleThread single;
    const Crossbar crossbar = crossbar_of(state.range(0));
    for (auto _ : state) benchmark::DoNotOptimize(CondensedArray(crossbar, keep));
}

void redo_the_path(benchmark::State& state) {
    const SingleThread single;
    const CondensedArray& array = condensed(state.range(0));
    Index round = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(array.with_cells(changes(state.range(0), state.range(1), round++)));
}

void change_the_port_matrix(benchmark::State& state) {
    const SingleThread single;
    const CondensedArray& array = condensed(state.range(0));
    Index round = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(
            array.port_conductance_with(changes(state.range(0), state.range(1), round++)));
}

/// One array after another of the same shape; with `remembered`, the analysis of their pattern is there already.
void solve_with_mna(benchmark::State& state) {
    const SingleThread single;
    const Problem problem = make_problem({.rows = state.range(0), .cols = state.range(0)});
    const bool remembered = state.range(1) != 0;
    for (auto _ : state) {
        if (!remembered) {
            // Others come in between, more than are remembered.
            state.PauseTiming();
            for (Index size = 2; size < 12; ++size) const KluMatrix other(size, {});
            state.ResumeTiming();
        }
        benchmark::DoNotOptimize(solve_array(problem.crossbar, problem.drive, {.engine = Engine::mna}));
    }
}

BENCHMARK_CAPTURE(condense_afresh, keeping_factors, CondenseKeep::factors)
    ->Arg(128)
    ->Arg(512)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(condense_afresh, keeping_all_parts, CondenseKeep::all_parts)
    ->Arg(128)
    ->Arg(512)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(redo_the_path)->ArgsProduct({{128, 512}, {1, 16}})->Unit(benchmark::kMillisecond);
BENCHMARK(change_the_port_matrix)->ArgsProduct({{128, 512}, {1, 16}})->Unit(benchmark::kMillisecond);
BENCHMARK(solve_with_mna)
    ->ArgsProduct({{64, 128}, {0, 1}})
    ->ArgNames({"", "remembered"})
    ->Unit(benchmark::kMillisecond);

} // namespace

} // namespace ohmloom::benchmarks

BENCHMARK_MAIN();
