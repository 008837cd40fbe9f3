#include "array_input.hpp"
#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/si.hpp"
#include "output_file.hpp"
#include "solver/array_solver.hpp"
#include "store/array_file.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>

namespace ohmloom::cli {

namespace {

struct SolveArguments {
    std::string input;
    std::string output;
    std::string engine = "auto";
    double tolerance = 1e-9;
    double time_limit = 3600.0;
    int threads = 0;
    bool fields = false;
    bool json = false;
};

ArrayResultFile to_result_file(ArraySolution solution) {
    ArrayResultFile file;
    file.i_col = std::move(solution.i_col);
    file.i_row = std::move(solution.i_row);
    file.power = std::move(solution.power);
    file.residual = std::move(solution.residual);
    file.iterations = std::move(solution.iterations);
    for (const SolveStatus status : solution.status) file.status.push_back(static_cast<int>(status));
    file.v_w = std::move(solution.v_w);
    file.v_b = std::move(solution.v_b);
    file.engine = to_string(solution.engine);
    file.fallbacks = static_cast<long>(solution.fallbacks.size());
    file.version = OHMLOOM_VERSION;
    return file;
}

/// The result in a few figures.
struct Summary {
    Index rows = 0;
    Index cols = 0;
    long batch = 0;
    long converged = 0;
    double residual_max = 0.0; ///< not a number if one of the residuals is none
    int iterations_max = 0;
    std::string engine;
    long fallbacks = 0;
    double wall_s = 0.0;
    std::string problem;
};

/// std::max, but a value that is not a number stays.
double worse(double a, double b) {
    return std::isnan(a) || a > b ? a : b;
}

Summary summary_of(const ArrayResultFile& result, double wall_s) {
    Summary summary;
    summary.rows = result.i_row.cols();
    summary.cols = result.i_col.cols();
    summary.batch = static_cast<long>(result.status.size());
    summary.converged = std::count(result.status.begin(), result.status.end(), 0);
    summary.residual_max = std::accumulate(result.residual.begin(), result.residual.end(), 0.0, worse);
    summary.iterations_max = *std::max_element(result.iterations.begin(), result.iterations.end());
    summary.engine = result.engine;
    summary.fallbacks = result.fallbacks;
    summary.wall_s = wall_s;
    return summary;
}

void print_json(const Summary& summary, const std::string& output) {
    const nlohmann::ordered_json object{{"schema", "ohmloom-solve-1"},
                                        {"rows", summary.rows},
                                        {"cols", summary.cols},
                                        {"batch", summary.batch},
                                        {"converged", summary.converged},
                                        {"engine", summary.engine},
                                        {"fallbacks", summary.fallbacks},
                                        {"iterations_max", summary.iterations_max},
                                        {"residual_max", summary.residual_max},
                                        {"wall_s", summary.wall_s},
                                        {"problem", summary.problem},
                                        {"output", output}};
    fmt::print("{}\n", object.dump(2));
}

void print_text(const Summary& summary) {
    fmt::print("{} x {} array, {} input vector{}: {} converged, largest residual {:.1e}\n", summary.rows,
               summary.cols, summary.batch, summary.batch == 1 ? "" : "s", summary.converged,
               summary.residual_max);
    fmt::print("engine {}, at most {} iteration{}, {}\n", summary.engine, summary.iterations_max,
               summary.iterations_max == 1 ? "" : "s", format_si(summary.wall_s, "s"));
    if (summary.fallbacks != 0) {
        fmt::print("{} of them fell back to mna, which came closer\n", summary.fallbacks);
    }
    if (!summary.problem.empty()) fmt::print("{}\n", summary.problem);
}

int run_solve(const SolveArguments& arguments) {
    const ThreadLimit threads(arguments.threads);
    const SolveOptions options{.engine = engine_from_name(arguments.engine),
                               .tolerance = arguments.tolerance,
                               .fields = arguments.fields,
                               .time_limit = arguments.time_limit};
    const ArrayFile input = read_array_file(arguments.input);
    const Crossbar crossbar = to_crossbar(input);
    require_output(arguments.output, {arguments.input}); // now, not after the work is done
    const auto started = std::chrono::steady_clock::now();
    ArrayResultFile result;
    std::string problem;
    try {
        ArraySolution solution = solve_array(crossbar, {input.v_row, input.v_col}, options);
        problem = solution.problem;
        result = to_result_file(std::move(solution));
    } catch (const InputError& error) {
        throw InputError(fmt::format("{}: {}", arguments.input, error.what()));
    }
    const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    write_array_result(result, arguments.output);

    Summary summary = summary_of(result, wall);
    summary.problem = problem;
    if (arguments.json) {
        print_json(summary, arguments.output);
    } else {
        print_text(summary);
    }
    return summary.converged == summary.batch ? exit_good : exit_not_converged;
}

} // namespace

void add_solve_verb(CommandLine& line) {
    auto arguments = std::make_shared<SolveArguments>();
    CLI::App* verb = line.app.add_subcommand(
        "solve", "Solve matrix-vector products on one array: conductances and voltages in, currents out");
    verb->add_option("input", arguments->input, "HDF5 file with schema ohmloom-array-1")->required();
    verb->add_option("-o,--output", arguments->output, "HDF5 file to write")->required();
    verb->add_option("--engine", arguments->engine, "auto, lines, condense, mna or ngspice")
        ->capture_default_str();
    verb->add_option("--tol", arguments->tolerance, "largest KCL error relative to the largest line current")
        ->check(fraction())
        ->capture_default_str();
    verb->add_option("--time-limit", arguments->time_limit,
                     "seconds that ngspice may take for one input vector")
        ->check(positive())
        ->capture_default_str();
    verb->add_option("--threads", arguments->threads, "threads to use; 0 for all")
        ->check(at_least(0))
        ->capture_default_str();
    verb->add_flag("--fields", arguments->fields, "also write every node voltage");
    verb->add_flag("--json", arguments->json, "print the summary as JSON");
    verb->footer("Example:\n  ohmloom solve array.h5 -o currents.h5 --engine condense --fields\n\n"
                 "Exit status: 0 good, 1 an operating point did not converge, 2 bad input.");
    verb->callback([arguments, &line] { line.chosen = [arguments] { return run_solve(*arguments); }; });
}

} // namespace ohmloom::cli
