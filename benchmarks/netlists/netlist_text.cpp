// How many elements per second the netlist writer and the SPICE reader take, without files: see README.md.
#include "circuit/spice_reader.hpp"
#include "circuit/tile_netlist.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <iterator>
#include <ostream>
#include <streambuf>
#include <string>

namespace ohmloom::benchmarks {

namespace {

/// Takes whatever is written.
class Sink : public std::streambuf {
protected:
    int_type overflow(int_type character) override { return traits_type::not_eof(character); }
    std::streamsize xsputn(const char* /*text*/, std::streamsize count) override { return count; }
};

/// Wires and cells of a square tile with lines in pairs, as ngspice reads them.
void write_tiles(benchmark::State& state) {
    const Index side = state.range(0);
    Crossbar crossbar;
    crossbar.g = Matrix<double>(side, 2 * side, 1.0 / 7000.0);
    crossbar.lines_per_site = 2;
    crossbar.r_row = crossbar.r_col = 1.0 / 3.0;
    std::int64_t elements = 0;
    for (auto _ : state) {
        Sink sink;
        std::ostream stream(&sink);
        SpiceWriter writer(stream, SpiceDialect::ngspice);
        write_tile(writer, crossbar, {"tile", "cell", "stage", 1.0});
        writer.flush();
        elements += static_cast<std::int64_t>(writer.elements());
    }
    state.SetItemsProcessed(elements);
}

/// A chain of side x side resistors with numbers of full length.
void read_decks(benchmark::State& state) {
    const std::int64_t elements = state.range(0) * state.range(0);
    std::string text = "large\n";
    for (std::int64_t k = 0; k < elements; ++k)
        fmt::format_to(std::back_inserter(text), "r{0} w_{0} w_{1} 1.0000000000000001e-05\n", k, k + 1);
    for (auto _ : state) benchmark::DoNotOptimize(parse_spice(text, "large.cir"));
    state.SetItemsProcessed(elements * static_cast<std::int64_t>(state.iterations()));
}

BENCHMARK(write_tiles)->Arg(64)->Arg(512)->Unit(benchmark::kMillisecond);
BENCHMARK(read_decks)->Arg(64)->Arg(632)->Unit(benchmark::kMillisecond);

} // namespace

} // namespace ohmloom::benchmarks

BENCHMARK_MAIN();
