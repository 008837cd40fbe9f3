// Where one native engine overtakes the other: the measurements behind `--engine auto` (src/solver/engine_choice.cpp).
#include "base/errors.hpp"
#include "paired_timing.hpp"
#include "problem.hpp"
#include "single_thread.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom::benchmarks {

namespace {

constexpr std::string_view usage =
    R"(crossover [--quick] [--csv FILE] [--seconds S]

  --quick      one small array: only to see that everything runs
  --csv        where the table goes as CSV
  --seconds    about how long to measure each point (0.3)
)";

struct Arguments {
    bool quick = false;
    std::string csv;
    double seconds = 0.3;
};

Arguments read_arguments(int argc, char** argv) {
    Arguments arguments;
    const std::vector<std::string> words(argv + 1, argv + argc);
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--quick") {
            arguments.quick = true;
        } else if (words[i] == "--csv" && i + 1 < words.size()) {
            arguments.csv = words[++i];
        } else if (words[i] == "--seconds" && i + 1 < words.size()) {
            arguments.seconds = std::stod(words[++i]);
        } else {
            throw InputError(fmt::format("'{}' is no flag, or lacks its value\n\n{}", words[i], usage));
        }
    }
    return arguments;
}

struct Shape {
    Index rows, cols;
};
struct Wires {
    double r_row, r_col;
};

/// One point of the table.
struct Crossing {
    Shape shape;
    Wires wires;
    Index vectors;
    double lines_ns, condense_ns; ///< per cell and vector
    int iterations;               ///< of lines
    Engine chosen;

    [[nodiscard]] Engine faster() const { return lines_ns < condense_ns ? Engine::lines : Engine::condense; }
    /// What the choice costs against the better one.
    [[nodiscard]] double loss() const {
        const double taken = chosen == Engine::lines ? lines_ns : condense_ns;
        return taken / std::min(lines_ns, condense_ns);
    }
};

Crossing measure(const Shape& shape, const Wires& wires, Index vectors, double seconds) {
    Problem problem = make_problem({.rows = shape.rows, .cols = shape.cols, .vectors = vectors});
    problem.crossbar.r_row = wires.r_row;
    problem.crossbar.r_col = wires.r_col;
    ArraySolution solution;
    const auto solve_by = [&](Engine engine) {
        return [&problem, &solution, engine] {
            solution = solve_array(problem.crossbar, problem.drive, {.engine = engine});
        };
    };
    const std::vector<Round> rounds =
        time_in_turns(solve_by(Engine::lines), solve_by(Engine::condense), {seconds, 1, 9});
    const auto per_cell = [&](double s) {
        return 1e9 * s / static_cast<double>(shape.rows * shape.cols * vectors);
    };
    Crossing crossing{shape, wires, vectors, 0.0, 0.0, 0, Engine::automatic};
    crossing.lines_ns =
        per_cell(spread_of(rounds, [](const Round& round) { return round.first.cpu; }).median);
    crossing.condense_ns =
        per_cell(spread_of(rounds, [](const Round& round) { return round.second.cpu; }).median);
    solve_by(Engine::lines)();
    crossing.iterations = solution.iterations.front();
    solve_by(Engine::automatic)();
    crossing.chosen = solution.engine;
    return crossing;
}

std::vector<Crossing> measure_all(const Arguments& arguments) {
    const std::vector<Shape> shapes = arguments.quick
                                          ? std::vector<Shape>{{16, 16}}
                                          : std::vector<Shape>{{32, 32}, {128, 128}, {400, 120}, {512, 512}};
    const std::vector<Wires> all_wires{{0.1, 0.1},   {1, 1}, {10, 10}, {100, 100},
                                       {1000, 1000}, {0, 1}, {1, 0}};
    constexpr Index most_numbers = 30'000'000; // larger batches only repeat what smaller ones say
    std::vector<Crossing> crossings;
    for (const Shape& shape : shapes) {
        for (const Wires& wires : all_wires) {
            for (const Index vectors : {1, 6, 16, 100, 1000}) {
                if (shape.rows * shape.cols * vectors > most_numbers) continue;
                crossings.push_back(measure(shape, wires, vectors, arguments.seconds));
            }
        }
    }
    return crossings;
}

void print(const std::vector<Crossing>& crossings, const std::string& csv) {
    std::ofstream file;
    if (!csv.empty()) {
        file.open(csv);
        if (!file) throw InputError(fmt::format("{}: cannot be written", csv));
        fmt::print(file,
                   "rows,cols,r_row,r_col,vectors,lines_ns,condense_ns,iterations,faster,chosen,loss\n");
    }
    fmt::print("{:>5} {:>5} {:>7} {:>7} {:>7} {:>10} {:>12} {:>5}  {:9} {:9} {:>5}\n", "rows", "cols",
               "r_row", "r_col", "vectors", "lines [ns]", "condense [ns]", "iter.", "faster", "auto", "loss");
    for (const Crossing& x : crossings) {
        fmt::print("{:5} {:5} {:7} {:7} {:7} {:10.1f} {:13.1f} {:5}  {:9} {:9} {:5.2f}\n", x.shape.rows,
                   x.shape.cols, x.wires.r_row, x.wires.r_col, x.vectors, x.lines_ns, x.condense_ns,
                   x.iterations, to_string(x.faster()), to_string(x.chosen), x.loss());
        if (file)
            fmt::print(file, "{},{},{},{},{},{:.4g},{:.4g},{},{},{},{:.3f}\n", x.shape.rows, x.shape.cols,
                       x.wires.r_row, x.wires.r_col, x.vectors, x.lines_ns, x.condense_ns, x.iterations,
                       to_string(x.faster()), to_string(x.chosen), x.loss());
    }
}

} // namespace

} // namespace ohmloom::benchmarks

int main(int argc, char** argv) {
    using namespace ohmloom::benchmarks;
    try {
        const Arguments arguments = read_arguments(argc, argv);
        const SingleThread alone;
        print(measure_all(arguments), arguments.csv);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "crossover: {}\n", error.what());
        return 2;
    }
}
