// What it takes to follow an array after a step of its inputs, and what ngspice takes for the same: see README.md.
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "benchmarks/array-engines/measured_process.hpp"
#include "circuit/array_netlist.hpp"
#include "circuit/spice_deck.hpp"
#include "circuit/spice_text.hpp"
#include "solver/array_transient.hpp"
#include "solver/ngspice_jobs.hpp"
#include "solver/ngspice_order.hpp"
#include "solver/settled_response.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom::benchmarks {

namespace {

struct Arguments {
    Index side = 128, ngspice_side = 32, batch = 64, repeats = 5;
};

constexpr double tolerance = 1e-3, first = 1e-12, last = 1e-9;
constexpr int instants = 20;

/// Cells of 10 kOhm to 1 MOhm on the wires of a 9 nm node.
Crossbar array_of(Index side, bool coupled) {
    const RandomStream random(7, RandomPurpose::test_generation);
    Crossbar crossbar;
    crossbar.g = Matrix<double>(side, side);
    std::uint32_t draw = 0;
    for (double& g : crossbar.g.values()) g = 1e-6 + 9.9e-5 * random.uniform(0, 0, draw++);
    crossbar.r_row = 9.24;
    crossbar.r_col = 11.55;
    crossbar.capacitance = {.row_ground = 46e-18, .col_ground = 44e-18, .cell = 20e-18};
    if (coupled) {
        crossbar.capacitance.row_coupling = 5e-18;
        crossbar.capacitance.col_coupling = 6e-18;
    }
    return crossbar;
}

Matrix<double> inputs(Index batch, Index rows) {
    const RandomStream random(8, RandomPurpose::test_generation);
    Matrix<double> v(batch, rows);
    std::uint32_t draw = 0;
    for (double& x : v.values()) x = 0.2 * random.uniform(1, 0, draw++);
    return v;
}

TransientOptions options_of(double accuracy) {
    TransientOptions options;
    options.tolerance = accuracy;
    for (int i = 0; i < instants; ++i)
        options.times.push_back(i == instants - 1 ? last
                                                  : first * std::pow(last / first, i / (instants - 1.0)));
    return options;
}

/// Processor time of this program [s]; its transients run in one thread.
double processor_time() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

template <class Time>
double fastest(Index repeats, const Time& time) {
    double best = time();
    for (Index i = 1; i < repeats; ++i) best = std::min(best, time());
    return best;
}

/// What an array does, to compare with.
TransientSolution exact_answer(const Crossbar& crossbar) {
    return solve_transient(crossbar, step_drive(inputs(1, crossbar.rows())), options_of(1e-5));
}

/// Largest error of all currents of the first run, over the largest of them.
double error_of(const TransientSolution& solution, const TransientSolution& exact) {
    double error = 0.0, full = 0.0;
    for (std::size_t i = 0; i < exact.i_col.size(); ++i) {
        for (Index l = 0; l < exact.i_final.cols(); ++l) {
            error = std::max(error, std::abs(solution.i_col[i](0, l) - exact.i_col[i](0, l)));
            full = std::max(full, std::abs(exact.i_col[i](0, l)));
        }
    }
    return error / full;
}

/// Seconds per vector.
double follow(Index side, Index batch, bool coupled, Index repeats) {
    const ThreadLimit one_thread(1);
    const Crossbar crossbar = array_of(side, coupled);
    const TransientDrive drive = step_drive(inputs(batch, side));
    TransientSolution solution;
    const double seconds = fastest(repeats, [&] {
        const double start = processor_time();
        solution = solve_transient(crossbar, drive, options_of(tolerance));
        return processor_time() - start;
    });
    const double per_vector = seconds / static_cast<double>(batch);
    fmt::print("{:>4} x {:<4} {:>3} at once  {:<11} {:9.3f} ms per vector  {:>3} steps {:>2} refused  error "
               "{:.1e}\n",
               side, side, batch, coupled ? "coupled" : "to ground", 1e3 * per_vector, solution.steps,
               solution.rejected, error_of(solution, exact_answer(crossbar)));
    std::fflush(stdout);
    return per_vector;
}

/// The array as a deck, its rows driven by a step that takes 0.1 ps.
std::string deck_of(const Crossbar& crossbar, bool ordered) {
    const Matrix<double> v = inputs(1, crossbar.rows());
    const ArrayNetlist netlist =
        expand_array(crossbar, {.v_row = {v.row(0).begin(), v.row(0).end()}, .v_col = {}, .stage = {}});
    // Nodes hold some 1e-17 C: below its default chgtol, 1e-14 C, ngspice does not control the error of a step.
    SpiceDeck deck{"array in time", {}, {}, {}, {{"noopalter", ""}, {"chgtol", "1e-21"}}};
    for (Index n = 1; n < netlist.circuit.node_count(); ++n)
        (void)deck.circuit.node(netlist.circuit.node_name(static_cast<NodeId>(n)));
    for (const Element& element : netlist.circuit.elements()) {
        ElementKind kind = element.kind;
        if (auto* source = std::get_if<VoltageSource>(&kind); source != nullptr && source->dc != 0.0) {
            source->stimulus.waveform = {WaveformKind::pwl, {0.0, 0.0, 1e-13, source->dc}};
            source->dc = 0.0;
        }
        deck.circuit.add(element.name, std::move(kind));
    }
    std::ostringstream text;
    write_spice(text, deck);
    std::string cards = text.str();
    if (!ordered) return cards;
    std::string order;
    for (const std::string& card : ordering_cards(deck.circuit)) order += card + "\n";
    return cards.insert(cards.rfind(".end"), order);
}

/// ngspice's currents at our instants, straight between its points; `exact` says how far they are off.
double error_of(const NgspiceVectors& vectors, const std::vector<double>& times,
                const TransientSolution& exact) {
    double error = 0.0, full = 0.0;
    const auto axis = static_cast<Index>(vectors.axis);
    for (Index l = 0; l < exact.i_final.cols(); ++l) {
        const auto name = std::ranges::find(vectors.names, fmt::format("vcol_{}#branch", l));
        if (name == vectors.names.end()) throw std::runtime_error("ngspice knows no current of a column");
        const Index column = name - vectors.names.begin();
        Index p = 1;
        for (std::size_t i = 0; i < times.size(); ++i) {
            while (p + 1 < vectors.values.rows() && vectors.values(p, axis) < times[i]) ++p;
            const double part = (times[i] - vectors.values(p - 1, axis)) /
                                (vectors.values(p, axis) - vectors.values(p - 1, axis));
            const double found = vectors.values(p - 1, column) +
                                 part * (vectors.values(p, column) - vectors.values(p - 1, column));
            error = std::max(error, std::abs(found - exact.i_col[i](0, l)));
            full = std::max(full, std::abs(exact.i_col[i](0, l)));
        }
    }
    return error / full;
}

/// Processor time of `ngspice -b` for a deck [s].
double batch_time(const std::string& deck) {
    const std::filesystem::path file = std::filesystem::temp_directory_path() /
                                       fmt::format("array_transients_{}.cir", getpid()),
                                raw = std::filesystem::path(file).replace_extension("raw");
    std::ofstream(file) << deck;
    const ProcessUse use = run_measured({"ngspice", "-b", "-r", raw.string(), file.string()});
    std::filesystem::remove(file);
    std::filesystem::remove(raw);
    if (use.status != 0) throw std::runtime_error(fmt::format("ngspice ended with status {}", use.status));
    return use.cpu_s;
}

/// Seconds of one transient in ngspice, without the time it takes to start it and load the deck.
double ask_ngspice(Index side, bool coupled, bool ordered, Index repeats) {
    const Crossbar crossbar = array_of(side, coupled);
    const std::string deck = deck_of(crossbar, ordered);
    // The longest steps that its own control allows: no limit but the length of the run.
    const std::string command = fmt::format("tran {} {} 0 {}", last / 50.0, last, last);
    std::string with_analysis = deck, without = deck;
    with_analysis.insert(deck.rfind(".end"), "." + command + "\n");
    // A circuit that asks for nothing is only loaded.
    without.insert(deck.rfind(".end"), ".control\nquit 0\n.endc\n");
    const double loading = fastest(repeats, [&] { return batch_time(without); });
    const double seconds = fastest(repeats, [&] { return batch_time(with_analysis); }) - loading;
    const NgspiceRun run = run_analyses({deck, {command}, {}});
    if (run.analyses.empty() || !run.analyses.front().completed)
        throw std::runtime_error("ngspice: " + run.report.problem);
    fmt::print(
        "{:>4} x {:<4} ngspice, {:<7}  {:<11} {:9.1f} ms per vector  {:>3} points           error {:.1e}\n",
        side, side, ordered ? "ordered" : "plain", coupled ? "coupled" : "to ground", 1e3 * seconds,
        run.analyses.front().values.rows(),
        error_of(run.analyses.front(), options_of(tolerance).times, exact_answer(crossbar)));
    std::fflush(stdout);
    return seconds;
}

Arguments arguments_of(std::span<char* const> words) {
    Arguments arguments;
    for (std::size_t i = 0; i < words.size(); i += 2) {
        const std::string_view name = words[i], value = i + 1 < words.size() ? words[i + 1] : "";
        Index* number = name == "--side"           ? &arguments.side
                        : name == "--ngspice-side" ? &arguments.ngspice_side
                        : name == "--batch"        ? &arguments.batch
                        : name == "--repeats"      ? &arguments.repeats
                                                   : nullptr;
        const char* end = value.data() + value.size();
        if (number == nullptr || std::from_chars(value.data(), end, *number).ptr != end || value.empty() ||
            *number < 1) {
            throw std::runtime_error(fmt::format(
                "'{} {}': expected --side, --ngspice-side, --batch or --repeats and a number", name, value));
        }
    }
    return arguments;
}

/// The settled-by-t map of all rows at the same instants.
void map_array(Index side, bool coupled, Index repeats) {
    const ThreadLimit one_thread(1);
    const Crossbar crossbar = array_of(side, coupled);
    const std::vector<double> times = options_of(tolerance).times;
    SettledResponse response;
    const double seconds = fastest(repeats, [&] {
        const double start = processor_time();
        response = settled_response(crossbar, times);
        return processor_time() - start;
    });
    fmt::print("{:>4} x {:<4} settled map  {:<11} {:9.3f} s   {} instants, {:>3} solutions, error {:.1e}\n",
               side, side, coupled ? "coupled" : "to ground", seconds, times.size(), response.solutions,
               response.error);
    std::fflush(stdout);
}

void measure(const Arguments& a) {
    for (const bool coupled : {false, true}) follow(a.side, a.batch, coupled, a.repeats);
    for (const bool coupled : {false, true}) map_array(a.side, coupled, a.repeats);
    for (const bool coupled : {false, true}) {
        (void)follow(a.ngspice_side, 1, coupled, a.repeats);
        const double ours = follow(a.ngspice_side, a.batch, coupled, a.repeats);
        const double theirs =
            std::min(ask_ngspice(a.ngspice_side, coupled, false, std::min<Index>(a.repeats, 2)),
                     ask_ngspice(a.ngspice_side, coupled, true, std::min<Index>(a.repeats, 2)));
        fmt::print("{:>4} x {:<4} {:<11} ratio to ngspice's better time: {:.0f}\n", a.ngspice_side,
                   a.ngspice_side, coupled ? "coupled" : "to ground", theirs / ours);
    }
}

} // namespace

} // namespace ohmloom::benchmarks

int main(int argc, char** argv) {
    try {
        ohmloom::benchmarks::measure(
            ohmloom::benchmarks::arguments_of(std::span(argv, static_cast<std::size_t>(argc)).subspan(1)));
    } catch (const std::exception& error) {
        fmt::print(stderr, "array_transients: {}\n", error.what());
        return 2;
    }
    return 0;
}
