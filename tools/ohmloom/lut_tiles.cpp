#include "lut_tiles.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/si.hpp"
#include "lut/lut_file.hpp"
#include "output_file.hpp"
#include "progress_bar.hpp"
#include "study/make_tables.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ohmloom::cli {

namespace {

struct TilesArguments {
    std::string study, output;
    TableOptions options;
    int threads = 0;
    bool json = false;
};

nlohmann::json to_json(const SurrogateError& error) {
    return {{"largest_v", error.largest}, {"rms_v", error.rms}, {"points", error.points}};
}

nlohmann::json to_json(const MadeTable& made) {
    nlohmann::json object{
        {"name", made.name},          {"device", made.device},         {"network", made.network},
        {"scheme", made.scheme},      {"layer", made.layer},           {"tile", made.tile},
        {"rows", made.rows},          {"outputs", made.outputs},       {"form", made.form},
        {"reached", made.reached},    {"circuit_points", made.points}, {"residual_max", made.residual},
        {"converged", made.converged}};
    if (made.points == 0) return object;
    object["span_v"] = made.span;
    object["error"] = to_json(made.drawn);
    object["power_error_rms"] = made.drawn.power_rms;
    object["circuit_s"] = made.circuit_time;
    object["table_s"] = made.table_time;
    if (made.given.points > 0) object["error_for_images"] = to_json(made.given);
    return object;
}

void print_json(const TilesArguments& arguments, const StudyTables& tables) {
    nlohmann::json list = nlohmann::json::array();
    for (const MadeTable& made : tables.made) list.push_back(to_json(made));
    const nlohmann::json object{{"schema", "ohmloom-lut-tiles-1"},
                                {"study", arguments.study},
                                {"file", arguments.output},
                                {"max_error", arguments.options.surrogate.max_error},
                                {"tables", std::move(list)}};
    fmt::print("{}\n", object.dump(2));
}

std::string percent_of(double error, double span) {
    return span > 0.0 ? fmt::format("{:.4f}", 100.0 * error / span) : "-";
}

void print_table(const TilesArguments& arguments, const StudyTables& tables) {
    fmt::print("{}: {} table{} of tiles\n\n", std::filesystem::path(arguments.output).filename().string(),
               tables.made.size(), tables.made.size() == 1 ? "" : "s");
    fmt::print("{:<38} {:>9} {:>8} {:>8}  {:>8} {:>8}  {:>8} {:>8}  {}\n", "table", "tile", "circuit", "span",
               "drawn", "drawn", "images", "images", "form");
    fmt::print("{:<38} {:>9} {:>8} {:>8}  {:>8} {:>8}  {:>8} {:>8}\n", "errors in % of the span", "",
               "points", "V", "largest", "rms", "largest", "rms");
    for (const MadeTable& made : tables.made) {
        const bool images = made.given.points > 0;
        fmt::print("{:<38} {:>9} {:>8} {:>8}  {:>8} {:>8}  {:>8} {:>8}  {}{}{}\n", made.name,
                   fmt::format("{} x {}", made.rows, made.outputs), made.points,
                   made.points == 0 ? "-" : fmt::format("{:.4g}", made.span),
                   made.points == 0 ? "exact" : percent_of(made.drawn.largest, made.span),
                   percent_of(made.drawn.rms, made.span),
                   images ? percent_of(made.given.largest, made.span) : "-",
                   images ? percent_of(made.given.rms, made.span) : "-", made.form,
                   made.reached ? "" : "  ERROR NOT REACHED", made.converged ? "" : "  NOT CONVERGED");
    }
}

/// What the tables save: a line below the list.
void print_speed(const StudyTables& tables) {
    double circuits = 0.0, instead = 0.0;
    for (const MadeTable& made : tables.made) {
        circuits += made.circuit_time;
        instead += made.table_time;
    }
    if (instead == 0.0) return;
    fmt::print(
        "\nonce through all of these on one thread: {} as circuits, {} by tables, {:.0f} times faster\n",
        format_si(circuits, "s"), format_si(instead, "s"), circuits / instead);
}

int run_tiles(const TilesArguments& arguments) {
    const ThreadLimit threads(arguments.threads);
    const Study study = read_study(arguments.study);
    std::vector<std::filesystem::path> inputs{study.file};
    for (const Scheme& scheme : study.schemes) inputs.push_back(scheme.network);
    require_output(arguments.output, inputs);
    StudyTables tables;
    try {
        tables = make_tables(study, arguments.options, make_progress_bar());
    } catch (const InputError& error) {
        throw InputError(fmt::format("{}: {}", study.file.string(), error.what()));
    }
    tables.luts.version = OHMLOOM_VERSION;
    tables.luts.command =
        fmt::format("ohmloom lut tiles {} -o {} --max-error {} --images {}{} --seed {}", arguments.study,
                    arguments.output, arguments.options.surrogate.max_error, arguments.options.images,
                    arguments.options.data_set.empty() ? "" : " --data " + arguments.options.data_set,
                    arguments.options.surrogate.seed);
    write_luts(arguments.output, tables.luts);
    if (arguments.json) {
        print_json(arguments, tables);
    } else {
        print_table(arguments, tables);
        print_speed(tables);
    }
    const bool good = std::ranges::all_of(
        tables.made, [](const MadeTable& made) { return made.reached && made.converged; });
    return good ? exit_good : exit_not_converged;
}

} // namespace

void add_lut_tiles(CLI::App& lut, CommandLine& line) {
    auto arguments = std::make_shared<TilesArguments>();
    SurrogateOptions& surrogate = arguments->options.surrogate;
    CLI::App* verb =
        lut.add_subcommand("tiles", "Tables of all tiles of a study, for `ohmloom run --tables`: exact maps "
                                    "of linear cells, few numbers for others");
    verb->add_option("study", arguments->study, "study file (TOML)")->required();
    verb->add_option("-o,--output", arguments->output, "HDF5 file to write the tables to")->required();
    verb->add_option("--max-error", surrogate.max_error,
                     "largest error of a tile's outputs, as a part of their span")
        ->check(fraction())
        ->capture_default_str();
    verb->add_option("--max-points", surrogate.max_points,
                     "most operating points of the circuit for one tile, checks included")
        ->check(at_least(1))
        ->capture_default_str();
    verb->add_option("--images", arguments->options.images,
                     "images whose row voltages the tables are made for, beside drawn ones")
        ->check(at_least(0))
        ->capture_default_str();
    verb->add_option("--data", arguments->options.data_set,
                     "set that they are the first of; else data.calibration, or the study's data set");
    verb->add_option("--seed", surrogate.seed, "of the drawn points")->capture_default_str();
    verb->add_option("--threads", arguments->threads, "threads to use; 0 for all")
        ->check(at_least(0))
        ->capture_default_str();
    verb->add_flag("--json", arguments->json, "print what was made as JSON (schema ohmloom-lut-tiles-1)");
    verb->footer("Example:\n  ohmloom lut tiles examples/mnist-devices.toml -o tiles.h5\n  ohmloom run "
                 "examples/mnist-devices.toml --tables tiles.h5\n\n"
                 "Exit status: 0 good, 1 an error asked for was not reached (the file tells which was) or a "
                 "circuit did not converge, 2 bad input.");
    verb->callback([arguments, &line] { line.chosen = [arguments] { return run_tiles(*arguments); }; });
}

} // namespace ohmloom::cli
