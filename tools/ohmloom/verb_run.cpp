#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/si.hpp"
#include "converter_report.hpp"
#include "output_file.hpp"
#include "progress_bar.hpp"
#include "solver/ngspice_jobs.hpp"
#include "store/toml_document.hpp"
#include "study/run.hpp"
#include "study/run_file.hpp"
#include "study/tile_luts.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace ohmloom::cli {

namespace {

struct RunArguments {
    std::string study;
    std::string output;
    std::string tables;
    Index images = 0;
    int threads = 0;
    Index check_pairs = 0;
    std::string check_engine = "ngspice";
    double time_limit = 600.0;
    std::vector<std::string> maps; ///< "LAYER/TILE" or "LAYER/TILE/IMAGE"
    bool json = false;
};

std::vector<Index> counts(const RunPoint& point, Index LayerPartition::*member) {
    std::vector<Index> values;
    for (const LayerPartition& partition : point.partitions) values.push_back(partition.*member);
    return values;
}

std::string partition_text(const RunPoint& point) {
    return fmt::format("{} x {}", fmt::join(counts(point, &LayerPartition::horizontal), "/"),
                       fmt::join(counts(point, &LayerPartition::vertical), "/"));
}

/// An accuracy in percent; "-" where it was not worked out.
std::string percent(double part) {
    return std::isnan(part) ? "-" : fmt::format("{:.2f}", 100.0 * part);
}

nlohmann::json figures_of(const RunPoint& point) {
    return {{"device", point.device},
            {"network", point.network},
            {"horizontal", counts(point, &LayerPartition::horizontal)},
            {"vertical", counts(point, &LayerPartition::vertical)},
            {"gain", point.gain},
            {"tiles", point.tiles},
            {"accuracy", point.accuracy.value},
            {"accuracy_low", point.accuracy.low},
            {"accuracy_high", point.accuracy.high},
            {"accuracy_ideal_wires", point.accuracy_ideal_wires},
            {"accuracy_ideal_devices", point.accuracy_ideal_devices},
            {"accuracy_software", point.accuracy_software},
            {"read_time_s", point.read_time},
            {"temperature_k", point.temperature},
            {"g_error_mean_s", point.conductance.mean},
            {"g_error_spread_s", point.conductance.spread},
            {"g_error_worst_s", point.conductance.worst},
            {"drift_compensation", point.drift.mean},
            {"drift_compensation_least", point.drift.least},
            {"drift_compensation_greatest", point.drift.greatest},
            {"programming_pulses", point.conductance.pulses},
            {"programming_energy_j", point.conductance.energy},
            {"power_w", point.power.total()},
            {"power_cells_w", point.power.cells},
            {"power_wires_w", point.power.wires},
            {"power_amplifiers_w", point.power.stages},
            {"energy_j", point.energy},
            {"sample_time_s", point.sample_time},
            {"residual_max", point.residual_max},
            {"converged", point.converged},
            {"engine", point.tables ? "tables" : to_string(point.engine)},
            {"wall_s", point.wall_time}};
}

nlohmann::json to_json(const CrossCheck& check) {
    return {{"engine", to_string(check.engine)}, {"pairs", check.pairs},       {"unsolved", check.unsolved},
            {"deviation", check.deviation},      {"layer", check.worst.layer}, {"tile", check.worst.tile},
            {"image", check.worst.image},        {"passed", check.passed()},   {"problem", check.problem}};
}

/// JSON knows no infinity: what has not settled is null.
nlohmann::json settling_of(const RunPoint& point) {
    nlohmann::json times = nlohmann::json::array();
    for (const double t : point.settling)
        times.push_back(std::isfinite(t) ? nlohmann::json(t) : nlohmann::json());
    return times;
}

nlohmann::json to_json(const RunPoint& point) {
    nlohmann::json object = figures_of(point);
    if (!point.settling.empty()) {
        object["accuracy_settled"] = point.accuracy_settled;
        object["settling_time_s"] = settling_of(point);
        object["energy_charging_j"] = point.charging;
    }
    if (point.mixed && point.mixed->charge) object["power_capacitors_w"] = point.power.capacitors;
    add_converters(point, object);
    if (point.tables) {
        object["tables"] = {{"file", point.tables->file},
                            {"tables", point.tables->tables},
                            {"error_largest_v", point.tables->error}};
    }
    if (point.check.pairs > 0) object["cross_check"] = to_json(point.check);
    return object;
}

void print_json(const RunResult& result) {
    nlohmann::json points = nlohmann::json::array();
    for (const RunPoint& point : result.points) points.push_back(to_json(point));
    const nlohmann::json object{{"schema", "ohmloom-run-1"},  {"study", result.study.file.string()},
                                {"version", OHMLOOM_VERSION}, {"data", result.study.data_set},
                                {"images", result.images},    {"points", std::move(points)}};
    fmt::print("{}\n", object.dump(2));
}

void print_table(const RunResult& result) {
    std::size_t name_width = 7;
    for (const RunPoint& point : result.points) name_width = std::max(name_width, point.network.size());
    const std::size_t samples = result.study.timing.samples.size();
    fmt::print("{}: {} images of {}, {} {}\n\n", result.study.file.filename().string(), result.images,
               result.study.data_set, result.study.mixed ? "rows driven for" : "one per",
               samples > 1 ? fmt::format("{} different times", samples)
                           : format_si(result.study.timing.samples.front(), "s"));
    const bool charge = result.study.charge.has_value();
    const auto print_heads = [&](std::string_view name, std::string_view partitions, std::string_view tiles,
                                 const std::vector<std::string_view>& heads,
                                 const std::vector<std::string_view>& powers, std::string_view energy,
                                 std::string_view time) {
        fmt::print("{:<{}}  {:<20} {:>5}  {:>8} {:>15}  {:>6} {:>8} ", name, name_width, partitions, tiles,
                   heads[0], heads[1], heads[2], heads[3]);
        for (const std::string_view power : powers) fmt::print(" {:>8}", power);
        fmt::print("  {:>8}  {:>7}\n", energy, time);
    };
    const auto powers_of = [&](const PowerBreakdown& power) {
        return charge ? std::vector<double>{power.total()}
                      : std::vector<double>{power.total(), power.cells, power.wires, power.stages};
    };
    print_heads("network", "partitions H x V", "tiles", {"accuracy", "95 % interval", "ideal", "software"},
                charge ? std::vector<std::string_view>{"CV^2"}
                       : std::vector<std::string_view>{"power", "cells", "wires", "amps"},
                "energy", "time");
    print_heads("", "", "", {"%", "", charge ? "caps" : "wires", "%"},
                std::vector<std::string_view>(charge ? 1 : 4, "W"), "J", "s");
    for (const RunPoint& point : result.points) {
        const double ideal =
            charge ? point.mixed->charge->accuracy_ideal_capacitors : point.accuracy_ideal_wires;
        fmt::print("{:<{}}  {:<20} {:>5}  {:>8.2f} {:>15}  {:>6} {:>8.2f} ", point.network, name_width,
                   partition_text(point), point.tiles, 100.0 * point.accuracy.value,
                   fmt::format("{:.2f} - {:.2f}", 100.0 * point.accuracy.low, 100.0 * point.accuracy.high),
                   percent(ideal), 100.0 * point.accuracy_software);
        for (const double power : powers_of(point.power)) fmt::print(" {:>8.3g}", power);
        fmt::print("  {:>8.2e}  {:>7.2f}{}\n", point.energy, point.wall_time,
                   point.converged ? "" : "  NOT CONVERGED");
    }
    if (!charge) return;
    for (const RunPoint& point : result.points) {
        fmt::print("\n{}: columns of {} sample with {} rms of noise\n", point.device,
                   format_si(point.mixed->charge->capacitance, "F"),
                   format_si(point.mixed->charge->noise, "V"));
    }
}

/// What the devices cost: lines below the table, one per point whose cells are not ideal.
void print_devices(const RunResult& result) {
    if (std::ranges::all_of(result.points, &RunPoint::ideal_devices)) return;
    std::size_t name_width = 6;
    for (const RunPoint& point : result.points) name_width = std::max(name_width, point.device.size());
    fmt::print("\n{:<{}}  {:<20} {:>8}  {:>8} {:>8}  {:>9} {:>9} {:>9}  {:>7}  {:>7} {:>8}\n", "device",
               name_width, "partitions H x V", "accuracy", "ideal", "lost to", "g error", "g error",
               "g error", "outputs", "pulses", "energy");
    fmt::print("{:<{}}  {:<20} {:>8}  {:>8} {:>8}  {:>9} {:>9} {:>9}  {:>7}  {:>7} {:>8}\n", "", name_width,
               "", "%", "devices", "devices", "mean uS", "spread uS", "worst uS", "times", "a cell", "J");
    for (const RunPoint& point : result.points) {
        const ConductanceError& error = point.conductance;
        fmt::print("{:<{}}  {:<20} {:>8.2f}  {:>8} {:>8}  {:>9.3g} {:>9.3g} {:>9.3g}  {:>7.4g}  {:>7.3g} "
                   "{:>8.2e}\n",
                   point.device, name_width, partition_text(point), 100.0 * point.accuracy.value,
                   percent(point.accuracy_ideal_devices),
                   percent(point.accuracy_ideal_devices - point.accuracy.value), 1e6 * error.mean,
                   1e6 * error.spread, 1e6 * error.worst, point.drift.mean, error.pulses, error.energy);
    }
}

/// How far images had settled when they were read: lines below the table, one per point.
void print_settling(const RunResult& result) {
    if (!result.study.timing.sequence) return;
    fmt::print("\nimages {}\n", *result.study.timing.sequence == ImageSequence::stream
                                    ? "in a stream, each from where the last one left the circuit"
                                    : "each from rest");
    fmt::print("{:<20} {:>8} {:>9}  {:>8} {:>8}  {:>8} {:>8}  {}\n", "partitions H x V", "read", "images",
               "accuracy", "settled", "energy", "charging", "layers settle to a thousandth in");
    fmt::print("{:<20} {:>8} {:>9}  {:>8} {:>8}  {:>8} {:>8}\n", "", "after", "a second", "%", "%", "J", "J");
    for (const RunPoint& point : result.points) {
        std::string times;
        for (const double t : point.settling) {
            const double followed = point.sample_time * static_cast<double>(result.study.timing.memory);
            times += times.empty() ? "" : ", ";
            times += std::isfinite(t) ? format_si(t, "s") : "more than " + format_si(followed, "s");
        }
        fmt::print("{:<20} {:>8} {:>9.3g}  {:>8.2f} {:>8.2f}  {:>8.2e} {:>8.2e}  {}\n", partition_text(point),
                   format_si(point.sample_time, "s"), 1.0 / point.sample_time, 100.0 * point.accuracy.value,
                   100.0 * point.accuracy_settled, point.energy, point.charging, times);
    }
}

/// What stood for the tiles: a line below the table for each point.
void print_tables(const RunResult& result) {
    for (const RunPoint& point : result.points) {
        if (!point.tables) continue;
        const TablesUsed& tables = *point.tables;
        fmt::print("\ntiles: {} table{} of {} in the place of circuits, {}; not compared with ideal wires or "
                   "devices\n",
                   tables.tables, tables.tables == 1 ? "" : "s", tables.file,
                   tables.error == 0.0 ? "exact"
                                       : fmt::format("within {} of them", format_si(tables.error, "V")));
    }
}

/// What the cross-check found: lines below the table, one per point.
void print_checks(const RunResult& result) {
    if (std::ranges::all_of(result.points, [](const RunPoint& p) { return p.check.pairs == 0; })) return;
    const CrossCheck& first = result.points.front().check;
    fmt::print(
        "\ncross-check: {} (tile, image) pair{} a scheme, drawn at random, their circuits solved by {}{}\n",
        first.pairs, first.pairs == 1 ? "" : "s", to_string(first.engine),
        first.engine == Engine::mna ? ", which is not an independent program" : "");
    fmt::print("{:<20} {:>8}  {:>9}  {:>6} {:>6} {:>6}\n", "partitions H x V", "unsolved", "largest", "layer",
               "tile", "image");
    fmt::print("{:<20} {:>8}  {:>9}  {:>6} {:>6} {:>6}\n", "", "", "deviation", "of it", "of it", "of it");
    for (const RunPoint& point : result.points) {
        const CrossCheck& check = point.check;
        const bool any = check.unsolved < check.pairs;
        fmt::print(
            "{:<20} {:>8}  {:>9}  {:>6} {:>6} {:>6}{}{}\n", partition_text(point), check.unsolved,
            any ? fmt::format("{:.1e}", check.deviation) : "-", any ? std::to_string(check.worst.layer) : "-",
            any ? std::to_string(check.worst.tile) : "-", any ? std::to_string(check.worst.image) : "-",
            check.passed() ? "" : "  FAILED", check.problem.empty() ? "" : ": " + check.problem);
    }
}

/// A cross-check needs ngspice from the start, not after the work is done.
void require_check_engine(const RunArguments& arguments) {
    if (arguments.check_pairs == 0 || arguments.check_engine != "ngspice") return;
    try {
        static_cast<void>(about_ngspice());
    } catch (const BackendError& error) {
        throw InputError(
            fmt::format("--cross-check needs ngspice: {}; mend it, or ask for our own engine with "
                        "--cross-check-engine mna",
                        error.what()));
    }
}

/// The tile and image of a map: "LAYER/TILE", which is of image 0, or "LAYER/TILE/IMAGE".
CheckedPair parse_map(const std::string& text) {
    std::vector<Index> numbers;
    std::istringstream parts(text);
    bool good = !text.ends_with('/');
    for (std::string part; std::getline(parts, part, '/');) {
        Index number = 0;
        const char* end = part.data() + part.size();
        const auto read = std::from_chars(part.data(), end, number);
        good = good && read.ec == std::errc() && read.ptr == end && number >= 0;
        numbers.push_back(number);
    }
    if (!good || numbers.size() < 2 || numbers.size() > 3)
        throw InputError(
            fmt::format("--map is '{}': expected layer/tile or layer/tile/image, counted from 0, "
                        "such as 0/5/2",
                        text));
    return {numbers[0], numbers[1], numbers.size() == 3 ? numbers[2] : 0};
}

/// The study and its networks: what the result must not replace.
std::vector<std::filesystem::path> files_of(const Study& study) {
    std::vector<std::filesystem::path> files{study.file};
    for (const Scheme& scheme : study.schemes) files.push_back(scheme.network);
    return files;
}

/// Runs the study; what it finds wrong with the study's figures is told with the study's name.
RunResult run_named(const Study& study, const RunArguments& arguments) {
    const CrossCheckOptions check{.pairs = arguments.check_pairs,
                                  .engine = engine_from_name(arguments.check_engine),
                                  .time_limit = arguments.time_limit};
    std::vector<CheckedPair> maps;
    for (const std::string& text : arguments.maps) maps.push_back(parse_map(text));
    if (!maps.empty() && arguments.output.empty())
        throw InputError("--map has nowhere to write: give -o RESULT.h5");
    try {
        return run_study(study, arguments.images, make_progress_bar(), check, maps);
    } catch (const InputError& error) {
        throw InputError(fmt::format("{}: {}", study.file.string(), error.what()));
    }
}

int run_run(const RunArguments& arguments) {
    const ThreadLimit threads(arguments.threads);
    Study study = read_study(arguments.study);
    if (!arguments.tables.empty())
        study.tables = std::make_shared<const TileTables>(read_tile_tables(arguments.tables));
    if (!arguments.output.empty())
        require_output(arguments.output, files_of(study)); // now, not after the work is done
    require_check_engine(arguments);
    if (TomlDocument::read(arguments.study).value("sweep"))
        fmt::print(
            stderr,
            "ohmloom: {}: this is the study as it stands; `ohmloom sweep` runs the points of its [sweep]\n",
            arguments.study);
    const RunResult result = run_named(study, arguments);
    if (!arguments.output.empty()) write_run(result, OHMLOOM_VERSION, arguments.output);
    if (arguments.json) {
        print_json(result);
    } else {
        print_table(result);
        print_devices(result);
        print_settling(result);
        print_converters(result);
        print_tables(result);
        print_checks(result);
    }
    const bool good = std::all_of(result.points.begin(), result.points.end(),
                                  [](const RunPoint& p) { return p.converged && p.check.passed(); });
    return good ? exit_good : exit_not_converged;
}

} // namespace

void add_run_verb(CommandLine& line) {
    auto arguments = std::make_shared<RunArguments>();
    CLI::App* verb = line.app.add_subcommand(
        "run", "Run a network on arrays: accuracy, power and energy of every scheme of a study");
    verb->add_option("study", arguments->study, "study file (TOML)")->required();
    verb->add_option("-o,--output", arguments->output, "HDF5 file to write everything to");
    verb->add_option("--tables", arguments->tables,
                     "tables that `ohmloom lut tiles` made of the study, in the place of solving its tiles");
    verb->add_option("--images", arguments->images, "only the first N images")->check(at_least(1));
    verb->add_option("--threads", arguments->threads, "threads to use; 0 for all")
        ->check(at_least(0))
        ->capture_default_str();
    verb->add_option("--cross-check", arguments->check_pairs,
                     "solve N (tile, image) pairs of every scheme once more, as circuits in ngspice")
        ->check(at_least(0))
        ->capture_default_str();
    verb->add_option("--cross-check-engine", arguments->check_engine,
                     "ngspice; or mna, our own, without ngspice")
        ->check(CLI::IsMember({"ngspice", "mna"}))
        ->capture_default_str();
    verb->add_option("--time-limit", arguments->time_limit, "seconds that ngspice may take for one pair")
        ->check(positive())
        ->capture_default_str();
    verb->add_option(
        "--map", arguments->maps,
        "LAYER/TILE[/IMAGE], counted from 0: write node voltages and cell currents of that tile for "
        "that image (0), and its outputs for all; may be given again");
    verb->add_flag("--json", arguments->json, "print the result as JSON (schema ohmloom-run-1)");
    verb->footer("Example:\n  ohmloom run examples/mnist-partitions.toml -o partitions.h5 --images 1000\n\n"
                 "Exit status: 0 good, 1 an array did not converge or a cross-check failed, "
                 "2 bad input.");
    verb->callback([arguments, &line] { line.chosen = [arguments] { return run_run(*arguments); }; });
}

} // namespace ohmloom::cli
