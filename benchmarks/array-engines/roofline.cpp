// How far each engine is from what this machine's memory and arithmetic give: see README.md. One thread; processor time.
#include "base/errors.hpp"
#include "direct_solver.hpp"
#include "engine_work.hpp"
#include "machine_kernels.hpp"
#include "paired_timing.hpp"
#include "problem.hpp"
#include "single_thread.hpp"

#include "solver/condensed_array.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace ohmloom::benchmarks {

namespace {

/// Bandwidth of the level of the memory that holds so much.
struct Level {
    std::string name;
    Index bytes;
    double rate; ///< [bytes/s]
};

struct Machine {
    std::vector<Level> levels; ///< smallest first
    double peak;               ///< [flop/s] in double precision
    double single_peak;        ///< [flop/s] in single precision

    [[nodiscard]] const Level& level_of(double bytes) const {
        const auto found = std::find_if(levels.begin(), levels.end(), [&](const Level& level) {
            return bytes <= static_cast<double>(level.bytes);
        });
        return found == levels.end() ? levels.back() : *found;
    }
};

/// One line of the note: an engine on a shape.
struct EngineLine {
    std::string engine;
    Index side;
    std::string per;    ///< what the figures are per, beside the cell and vector
    IterationWork work; ///< per cell and vector
    double seconds;     ///< per cell and vector
};

class Output {
public:
    explicit Output(const std::string& path) {
        if (path.empty()) return;
        csv_.open(path);
        if (!csv_) throw FileError(fmt::format("{}: cannot be written", path));
        fmt::print(csv_, "kind,name,side,per,level,bytes,flops,ns,gb_per_s,gflop_per_s,limit_ns,of_limit\n");
    }

    void machine(const std::string& name, const std::string& level, double gb_per_s, double gflop_per_s) {
        fmt::print("{:<14} {:<8} {:>8} GB/s {:>8} Gflop/s\n", name, level, number(gb_per_s),
                   number(gflop_per_s));
        line(fmt::format("machine,{},,,{},,,,{},{},,\n", name, level, number(gb_per_s), number(gflop_per_s)));
    }

    void engine(const EngineLine& of, const Machine& machine) {
        const bool moves =
            of.work.bytes > 0.0; // all in dense kernels, for which only arithmetic counts, if not
        const Level& level = machine.level_of(of.work.resident * static_cast<double>(of.side * of.side));
        const std::string place = moves ? level.name : "";
        const double peak = of.work.single ? machine.single_peak : machine.peak;
        const double limit = std::max(of.work.bytes / level.rate, of.work.flops / peak);
        const std::string figures = fmt::format(
            "{},{},{},{},{},{},{}", number(of.work.bytes), number(of.work.flops), number(1e9 * of.seconds),
            number(1e-9 * of.work.bytes / of.seconds), number(1e-9 * of.work.flops / of.seconds),
            number(1e9 * limit), number(limit / of.seconds));
        fmt::print("{:<18} {:>5} per cell, vector and {:<13} in {:<6}: {:.4g} bytes, {:.4g} flop, {:.3g} ns, "
                   "{:.0f} % of the "
                   "limit\n",
                   of.engine, of.side, of.per, place, of.work.bytes, of.work.flops, 1e9 * of.seconds,
                   100.0 * limit / of.seconds);
        line(fmt::format("engine,{},{},{},{},{}\n", of.engine, of.side, of.per, place, figures));
    }

private:
    static std::string number(double value) { return value > 0.0 ? fmt::format("{:.4g}", value) : ""; }

    void line(const std::string& text) {
        std::fflush(stdout);
        if (csv_.is_open()) csv_ << text << std::flush;
    }

    std::ofstream csv_;
};

Machine measure_machine(Output& output) {
    Machine machine;
    constexpr Index kib = 1024, mib = kib * kib;
    struct Place {
        const char* name;
        Index filled; ///< [bytes] measured with so much
        Index holds;  ///< [bytes] stands for all that is at most this
    };
    for (const Place& place : {Place{"L1", 16 * kib, 32 * kib}, Place{"L2", 512 * kib, mib},
                               Place{"L3", 8 * mib, 16 * mib}, Place{"memory", 256 * mib, 256 * mib}}) {
        machine.levels.push_back({place.name, place.holds, update_bandwidth(place.filled)});
        output.machine("update", place.name, 1e-9 * machine.levels.back().rate, 0.0);
    }
    machine.peak = double_peak();
    output.machine(fmt::format("FMA {} double", kernel_instructions()), "", 0.0, 1e-9 * machine.peak);
    machine.single_peak = single_peak();
    output.machine(fmt::format("FMA {} single", kernel_instructions()), "", 0.0, 1e-9 * machine.single_peak);
    output.machine("dgemm 1024", "", 0.0, 1e-9 * dgemm_rate(1024));
    return machine;
}

/// Median over at most so many turns of about 20 ms, or one call if that takes longer.
double median_seconds(const std::function<void()>& call, int most_rounds) {
    constexpr double turn = 0.02, enough = 2.0; // [s]
    const int repeats = static_cast<int>(std::clamp(turn / time_calls(call).cpu, 1.0, 1e4));
    std::vector<double> times;
    double total = 0.0;
    while (static_cast<int>(times.size()) < most_rounds && total < enough) {
        times.push_back(time_calls(call, repeats).cpu);
        total += times.back() * repeats;
    }
    return spread_of(std::move(times)).median;
}

/// Time of one iteration: what a tight tolerance costs more than a loose one, over the iterations it takes more, so that setting
/// up and checking are not in it.
double seconds_per_iteration(const Case& point, int rounds) {
    const Problem problem = make_problem(point);
    ArraySolution loose, tight;
    const auto solve = [&](double tolerance, ArraySolution& solution) {
        solution =
            solve_array(problem.crossbar, problem.drive, {.engine = Engine::lines, .tolerance = tolerance});
    };
    const double loose_time = median_seconds([&] { solve(1e-4, loose); }, rounds);
    const double tight_time = median_seconds([&] { solve(1e-10, tight); }, rounds);
    const double cells = static_cast<double>(point.rows * point.cols * point.vectors);
    return (tight_time - loose_time) /
           (cells * static_cast<double>(tight.iterations[0] - loose.iterations[0]));
}

EngineLine gradient_line(Index side, int rounds) {
    // A wire resistance at which many iterations are needed.
    const Case point{.rows = side, .cols = side, .r_wire = 100.0};
    return {"lines", side, "iteration", gradient_iteration(), seconds_per_iteration(point, rounds)};
}

EngineLine relaxation_line(Index side, bool nonlinear, int rounds) {
    // Few enough passes that relaxation is what is done.
    const Case point{.rows = side, .cols = side, .r_wire = 1.0, .nonlinear = nonlinear, .vectors = 64};
    return {nonlinear ? "lines (sinh batch)" : "lines (batch)", side, "iteration", relaxation_pass(nonlinear),
            seconds_per_iteration(point, rounds)};
}

EngineLine condense_line(Index side, int rounds) {
    const Problem problem = make_problem({.rows = side, .cols = side});
    const double time =
        median_seconds([&] { (void)port_matrix(problem.crossbar, {.engine = Engine::condense}); }, rounds);
    const double cells = static_cast<double>(side * side);
    return {"condense",
            side,
            "reduction",
            {0.0, CondensedArray(problem.crossbar).elimination_flops() / cells, 0.0},
            time / cells};
}

EngineLine direct_line(const char* name, Baseline kind, Index side, int rounds) {
    const Problem problem = make_problem({.rows = side, .cols = side});
    const NodalEquations equations(problem);
    const auto solver = make_direct_solver(kind);
    const std::vector<double> v(static_cast<std::size_t>(equations.unknowns()));
    const SparseMatrix matrix = equations.jacobian(v, solver->stored());
    solver->analyse(matrix);
    const double time = median_seconds([&] { solver->factorise(matrix); }, rounds);
    const double cells = static_cast<double>(side * side);
    const FactorWork work = solver->work();
    return {name,
            side,
            "factorisation",
            {work.bytes / cells, work.flops / cells, work.bytes / cells},
            time / cells};
}

void measure_engines(const Machine& machine, bool quick, Output& output) {
    const int rounds = quick ? 1 : 15;
    for (const Index side : quick ? std::vector<Index>{32} : std::vector<Index>{32, 128, 512, 2048})
        output.engine(gradient_line(side, rounds), machine);
    for (const bool nonlinear : {false, true}) {
        for (const Index side : quick ? std::vector<Index>{64} : std::vector<Index>{64, 128, 256, 512})
            output.engine(relaxation_line(side, nonlinear, rounds), machine);
    }
    for (const Index side : quick ? std::vector<Index>{32} : std::vector<Index>{128, 512, 1024})
        output.engine(condense_line(side, rounds), machine);
    for (const Index side : quick ? std::vector<Index>{32} : std::vector<Index>{128, 256}) {
        output.engine(direct_line("klu (mna)", Baseline::klu, side, rounds), machine);
        output.engine(direct_line("cholmod-amd", Baseline::cholmod_amd, side, rounds), machine);
    }
}

int run(int argc, char** argv) {
    bool quick = false;
    std::string csv;
    for (int i = 1; i < argc; ++i) {
        const std::string flag = argv[i];
        if (flag == "--quick") {
            quick = true;
        } else if (flag == "--csv" && i + 1 < argc) {
            csv = argv[++i];
        } else {
            throw InputError(fmt::format("'{}' is no flag: expected [--quick] [--csv FILE]", flag));
        }
    }
    const SingleThread one_thread;
    Output output(csv);
    const Machine machine = measure_machine(output);
    measure_engines(machine, quick, output);
    return 0;
}

} // namespace

} // namespace ohmloom::benchmarks

int main(int argc, char** argv) {
    try {
        return ohmloom::benchmarks::run(argc, argv);
    } catch (const std::exception& error) {
        fmt::print(stderr, "roofline: {}\n", error.what());
        return 2;
    }
}
