#include "array/programming.hpp"
#include "array_input.hpp"
#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/si.hpp"
#include "columns.hpp"
#include "device_input.hpp"
#include "devicemodels/device_library.hpp"
#include "drive_input.hpp"
#include "output_file.hpp"
#include "solver/moving_transient.hpp"
#include "store/array_file.hpp"
#include "store/transient_file.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace ohmloom::cli {

namespace {

/// Quantities stay text until the verb knows their unit.
struct TransientArguments {
    std::string input;
    std::string output;
    DriveOptions drive;
    std::vector<std::string> times;
    long points = 0; ///< 0: not given
    std::string from, to;
    bool logarithmic = false;
    double tolerance = 1e-3;
    double settled_within = 1e-3;
    std::string settled_current;
    bool from_zero = false;
    std::string device; ///< "": cells stand still
    std::vector<std::string> changes;
    bool fresh = false, conductances = false;
    std::string temperature;
    std::uint64_t seed = 1;
    std::string plot;
    int threads = 0;
    bool json = false;
};

/// Instants evenly, or by equal factors, from `from` to `to`.
std::vector<double> spaced_instants(const TransientArguments& arguments) {
    if (arguments.to.empty()) throw InputError("--points needs --to, the last instant, such as --to 1n");
    const double to = quantity_of("--to", arguments.to, "s");
    if (arguments.points == 1) return {to};
    if (arguments.logarithmic && arguments.from.empty())
        throw InputError("--log needs --from, the first instant, above 0, such as --from 1p");
    const double from = arguments.from.empty() ? 0.0 : quantity_of("--from", arguments.from, "s");
    if (!(from < to))
        throw InputError(
            fmt::format("--from is {} s and --to {} s: expected the earlier one first", from, to));
    if (arguments.logarithmic && from == 0.0) throw InputError("--from is 0 s: --log needs one above 0");
    std::vector<double> times;
    for (long k = 0; k < arguments.points; ++k) {
        const double part = static_cast<double>(k) / static_cast<double>(arguments.points - 1);
        times.push_back(arguments.logarithmic ? from * std::pow(to / from, part) : from + (to - from) * part);
    }
    times.back() = to;
    return times;
}

std::vector<double> instants(const TransientArguments& arguments) {
    const bool is_list = !arguments.times.empty(), is_spaced = arguments.points > 0;
    if (is_list == is_spaced) {
        throw InputError(is_list
                             ? "--times and --points are given: expected one of them"
                             : "no instants are asked for: give --times 10p 100p 1n, or --points 20 --to 1n");
    }
    if (is_spaced) return spaced_instants(arguments);
    if (arguments.logarithmic || !arguments.from.empty() || !arguments.to.empty())
        throw InputError("--from, --to and --log go with --points, not with --times");
    std::vector<double> times;
    for (const std::string& time : arguments.times) times.push_back(quantity_of("--times", time, "s"));
    return times;
}

TransientOptions options_of(const TransientArguments& arguments) {
    TransientOptions options;
    options.times = instants(arguments);
    options.tolerance = arguments.tolerance;
    options.settled_within = arguments.settled_within;
    if (!arguments.settled_current.empty()) {
        options.settled_current = quantity_of("--settled-current", arguments.settled_current, "A");
        if (options.settled_current == 0.0) throw InputError("--settled-current is 0 A: it must be above 0");
    }
    options.from_zero = arguments.from_zero;
    return options;
}

TransientResultFile to_result_file(TransientSolution solution, const std::vector<double>& times) {
    TransientResultFile file;
    file.times = times;
    file.i_col = std::move(solution.i_col);
    file.i_row = std::move(solution.i_row);
    file.charge_col = std::move(solution.charge_col);
    file.charge_row = std::move(solution.charge_row);
    file.settled = std::move(solution.settled);
    file.i_final = std::move(solution.i_final);
    file.energy = std::move(solution.energy);
    file.residual = std::move(solution.residual);
    for (const SolveStatus status : solution.status) file.status.push_back(static_cast<int>(status));
    file.steps = solution.steps;
    file.rejected = solution.rejected;
    file.engine = to_string(solution.engine);
    file.version = OHMLOOM_VERSION;
    return file;
}

/// Refuses options that say something of devices where none are given.
void require_device(const TransientArguments& arguments) {
    if (!arguments.device.empty()) return;
    const auto refuse = [](const char* option) {
        throw InputError(fmt::format("{} goes with --device: cells without a device do not change", option));
    };
    if (!arguments.changes.empty()) refuse("--set");
    if (arguments.fresh) refuse("--fresh");
    if (arguments.conductances) refuse("--conductances");
    if (!arguments.temperature.empty()) refuse("--temperature");
}

/// The array's cells as devices: programmed to /g, or fresh; where /g is 0 there is none.
DeviceArray to_devices(const TransientArguments& arguments, const ArrayFile& input,
                       const DeviceModel& model) {
    DeviceArray devices{&model,
                        Matrix<DeviceState>(input.g.rows(), input.g.cols()),
                        Matrix<std::uint8_t>(input.g.rows(), input.g.cols()),
                        temperature_or_room(arguments.temperature),
                        arguments.seed,
                        0};
    for (std::size_t k = 0; k < input.g.values().size(); ++k)
        devices.present.values()[k] = input.g.values()[k] != 0.0 ? 1 : 0;
    if (!arguments.fresh) require_targets(input.g, model, false, "initial");
    make_devices(devices, arguments.fresh ? Matrix<double>{} : input.g);
    return devices;
}

TransientResultFile to_result_file(MovingSolution solution, const std::vector<double>& times,
                                   const DeviceArray& devices, const std::string& name) {
    TransientResultFile file = to_result_file(std::move(solution.currents), times);
    file.device = name;
    file.g_initial = Matrix<double>(devices.state.rows(), devices.state.cols());
    for (std::size_t k = 0; k < file.g_initial.values().size(); ++k) {
        if (devices.present.values()[k] != 0)
            file.g_initial.values()[k] = devices.numbers(devices.state.values()[k]).g;
    }
    file.g_final = std::move(solution.g_final);
    file.g = std::move(solution.g);
    file.cell_energy = std::move(solution.cell_energy);
    return file;
}

/// How far devices have gone.
struct DeviceChange {
    long cells = 0, changed = 0;        ///< over all input vectors; changed: by more than a thousandth
    double largest = 0.0;               ///< [S] in magnitude, with its sign
    Index vector = 0, row = 0, col = 0; ///< and where
};

DeviceChange change_of(const TransientResultFile& result) {
    DeviceChange change;
    const Index cols = result.g_initial.cols();
    for (Index k = 0; k < result.g_final.rows(); ++k) {
        for (Index cell = 0; cell < result.g_final.cols(); ++cell) {
            const double before = result.g_initial(cell / cols, cell % cols),
                         by = result.g_final(k, cell) - before;
            if (before == 0.0) continue;
            ++change.cells;
            if (std::abs(by) > 1e-3 * before) ++change.changed;
            if (std::abs(by) <= std::abs(change.largest)) continue;
            change.largest = by;
            change.vector = k;
            change.row = cell / cols;
            change.col = cell % cols;
        }
    }
    return change;
}

/// The result in a few figures.
struct Summary {
    Index rows = 0, cols = 0;
    long batch = 0, converged = 0;
    long settled = 0;            ///< input vectors of which every column settles
    double settle_median = 0.0;  ///< [s] of each vector's slowest column; infinite if it does not settle
    double settle_worst = 0.0;   ///< [s]
    double energy_mean = 0.0;    ///< [J] per input vector
    double energy_largest = 0.0; ///< [J]
    double residual_max = 0.0;   ///< not a number if one of the residuals is none
    bool ends_at_rest = false;   ///< no column carries a final current, for any vector
    double wall_s = 0.0;
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

Summary summary_of(const TransientResultFile& result, double wall_s) {
    Summary summary;
    summary.rows = result.i_row.front().cols();
    summary.cols = result.i_final.cols();
    summary.batch = static_cast<long>(result.status.size());
    summary.converged = std::ranges::count(result.status, 0);
    std::vector<double> slowest;
    for (Index k = 0; k < result.settled.rows(); ++k)
        slowest.push_back(*std::ranges::max_element(result.settled.row(k)));
    summary.settled = std::ranges::count_if(slowest, [](double t) { return std::isfinite(t); });
    summary.settle_median = median(slowest);
    summary.settle_worst = *std::ranges::max_element(slowest);
    summary.energy_mean = std::accumulate(result.energy.begin(), result.energy.end(), 0.0) /
                          static_cast<double>(result.energy.size());
    summary.energy_largest = *std::ranges::max_element(result.energy);
    summary.residual_max = std::accumulate(result.residual.begin(), result.residual.end(), 0.0,
                                           [](double a, double b) { return std::isnan(a) || a > b ? a : b; });
    summary.ends_at_rest = std::ranges::all_of(result.i_final.values(), [](double i) { return i == 0.0; });
    summary.wall_s = wall_s;
    return summary;
}

void print_json(const Summary& summary, const TransientResultFile& result,
                const TransientArguments& arguments) {
    nlohmann::ordered_json object{{"schema", "ohmloom-transient-summary-1"},
                                  {"rows", summary.rows},
                                  {"cols", summary.cols},
                                  {"batch", summary.batch},
                                  {"instants", result.times.size()},
                                  {"converged", summary.converged},
                                  {"settled", summary.settled},
                                  {"settle_median_s", summary.settle_median}, // null if infinite
                                  {"settle_worst_s", summary.settle_worst},
                                  {"energy_mean_j", summary.energy_mean},
                                  {"energy_largest_j", summary.energy_largest},
                                  {"engine", result.engine},
                                  {"steps", result.steps},
                                  {"rejected", result.rejected},
                                  {"residual_max", summary.residual_max},
                                  {"wall_s", summary.wall_s},
                                  {"output", arguments.output}};
    if (!result.device.empty()) {
        const DeviceChange change = change_of(result);
        object["device"] = result.device;
        object["cells"] = change.cells;
        object["cells_changed"] = change.changed;
        object["change_largest_s"] = change.largest;
        object["change_largest_at"] = {change.vector, change.row, change.col};
    }
    if (!arguments.plot.empty()) object["plot"] = arguments.plot;
    fmt::print("{}\n", object.dump(2));
}

std::string time_text(double t) {
    return std::isfinite(t) ? format_si(t, "s") : "not within the run";
}

void print_text(const Summary& summary, const TransientResultFile& result, const TransientOptions& options) {
    fmt::print(
        "{} x {} array, {} input vector{}, {} instant{} up to {}: {} converged, largest residual {:.1e}\n",
        summary.rows, summary.cols, summary.batch, summary.batch == 1 ? "" : "s", result.times.size(),
        result.times.size() == 1 ? "" : "s", format_si(result.times.back(), "s"), summary.converged,
        summary.residual_max);
    const std::string within =
        options.settled_current > 0.0
            ? format_si(options.settled_current, "A")
            : fmt::format("{:.3g} % of the largest final current", 100.0 * options.settled_within);
    fmt::print("slowest column settles to {}: median {}, worst {}\n", within,
               time_text(summary.settle_median), time_text(summary.settle_worst));
    if (summary.settled < summary.batch && summary.ends_at_rest && options.settled_current == 0.0)
        fmt::print("all final currents are 0: say with --settled-current how near to 0 is settled\n");
    fmt::print("energy of an input vector: mean {}, largest {}\n", format_si(summary.energy_mean, "J"),
               format_si(summary.energy_largest, "J"));
    if (!result.device.empty()) {
        const DeviceChange change = change_of(result);
        fmt::print("device {}: {} of {} cells changed by more than 0.1 %", result.device, change.changed,
                   change.cells);
        if (change.largest != 0.0)
            fmt::print("; most, by {}, at row {}, column {} of input vector {}",
                       format_si(change.largest, "S"), change.row, change.col, change.vector);
        fmt::print("\n");
    }
    fmt::print("engine {}, {} time steps, {} refused, {}\n", result.engine, result.steps, result.rejected,
               format_si(summary.wall_s, "s"));
}

/// Column currents of the first input vector over the instants; of many columns some, evenly spread.
Columns drawing_of(const TransientResultFile& result, const TransientArguments& arguments) {
    constexpr Index most = 12;
    const Index cols = result.i_final.cols(), drawn = std::min(cols, most);
    Columns columns{fmt::format("{}: column currents of input vector 0", arguments.input), {}};
    columns.columns.push_back({"time", "s", result.times});
    for (Index d = 0; d < drawn; ++d) {
        const Index c = drawn == 1 ? 0 : d * (cols - 1) / (drawn - 1);
        Column column{fmt::format("i_col {}", c), "A", {}};
        for (const Matrix<double>& instant : result.i_col) column.values.push_back(instant(0, c));
        columns.columns.push_back(std::move(column));
    }
    columns.curves = static_cast<std::size_t>(drawn);
    columns.logarithmic = arguments.logarithmic;
    return columns;
}

void require_outputs(const TransientArguments& arguments) {
    std::vector<std::filesystem::path> inputs{arguments.input};
    if (!arguments.drive.curves.empty()) inputs.emplace_back(arguments.drive.curves);
    require_output(arguments.output, inputs);
    if (arguments.plot.empty()) return;
    const std::string ending = std::filesystem::path(arguments.plot).extension().string();
    if (ending != ".svg" && ending != ".png")
        throw InputError(fmt::format("--plot {}: expected a name that ends in .svg or .png", arguments.plot));
    require_columns_file(arguments.plot);
}

int run_transient(const TransientArguments& arguments) {
    const ThreadLimit threads(arguments.threads);
    const TransientOptions options = options_of(arguments);
    require_device(arguments);
    const auto device =
        arguments.device.empty()
            ? nullptr
            : make_device(card_of(arguments.device, arguments.changes, arguments.temperature));
    const ArrayFile input = read_array_file(arguments.input);
    const Crossbar crossbar = to_crossbar(input);
    const TransientDrive drive = to_drive(arguments.drive, input);
    require_outputs(arguments); // now, not after the work is done
    const auto started = std::chrono::steady_clock::now();
    TransientResultFile result;
    try {
        if (device == nullptr) {
            result = to_result_file(solve_transient(crossbar, drive, options), options.times);
        } else {
            const DeviceArray devices = to_devices(arguments, input, *device);
            result = to_result_file(solve_moving_transient(crossbar, devices, drive, options,
                                                           {.conductances = arguments.conductances}),
                                    options.times, devices, arguments.device);
        }
    } catch (const InputError& error) {
        throw InputError(fmt::format("{}: {}", arguments.input, error.what()));
    }
    const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    write_transient_result(result, arguments.output);
    if (!arguments.plot.empty()) write_columns(drawing_of(result, arguments), arguments.plot);

    const Summary summary = summary_of(result, wall);
    if (arguments.json) {
        print_json(summary, result, arguments);
    } else {
        print_text(summary, result, options);
    }
    return summary.converged == summary.batch ? exit_good : exit_not_converged;
}

void add_drive(CLI::App* verb, DriveOptions& drive) {
    verb->add_flag("--step", drive.step, "rows go from 0 to /v_row at t = 0 (default)");
    verb->add_option("--pulse", drive.pulse, "rows go to /v_row for so long [s] and back to 0");
    verb->add_option("--pulse-width", drive.pulse_width,
                     "rows go to /v_row (or --v-high) for /codes times so long [s]");
    verb->add_option(
        "--drive", drive.curves,
        "curves that /v_row is multiplied by: HDF5 with schema ohmloom-drive-1, or CSV: time and one "
        "factor, or one per row");
    verb->add_option("--rise", drive.rise, "rise time of a step or pulse [s]");
    verb->add_option("--fall", drive.fall, "fall time of a pulse [s]");
    verb->add_option("--delay", drive.delay, "of a step or pulse [s]");
    verb->add_flag("--drive-columns", drive.columns,
                   "/v_col follows the curve of the rows instead of standing still");
    verb->add_option("--v-high", drive.v_high, "potential of all rows during --pulse-width [V]");
}

} // namespace

void add_transient_verb(CommandLine& line) {
    auto arguments = std::make_shared<TransientArguments>();
    TransientArguments& a = *arguments;
    CLI::App* verb = line.app.add_subcommand(
        "transient", "Follow one array with its capacitances in time: currents, charges, settling, energy");
    verb->add_option("input", a.input, "HDF5 file with schema ohmloom-array-1")->required();
    verb->add_option("-o,--output", a.output, "HDF5 file to write")->required();
    add_drive(verb, a.drive);
    verb->add_option("--times", a.times, "instants to report [s]; the last one ends the run");
    verb->add_option("--points", a.points, "so many instants, evenly from --from to --to")
        ->check(at_least(1));
    verb->add_option("--from", a.from, "first of --points [s]; 0 if not given");
    verb->add_option("--to", a.to, "last of --points [s]");
    verb->add_flag("--log", a.logarithmic, "--points by equal factors");
    verb->add_option("--tolerance", a.tolerance, "local error of a step, relative to the largest potential")
        ->check(fraction())
        ->capture_default_str();
    verb->add_option("--settled-within", a.settled_within,
                     "settled: within this part of the largest final column current")
        ->check(fraction())
        ->capture_default_str();
    verb->add_option("--settled-current", a.settled_current, "settled: within this current [A], instead");
    verb->add_flag("--from-zero", a.from_zero,
                   "start with empty capacitors instead of at the operating point");
    verb->add_option("--device", a.device,
                     "cells are devices that change with their voltages: a card (pcm/accumulation), a folder "
                     "(cbram) or a card file (.toml)");
    verb->add_option("--set", a.changes, "replace a value of the card: NAME=VALUE");
    verb->add_flag("--fresh", a.fresh, "devices begin fresh instead of programmed to /g");
    verb->add_flag("--conductances", a.conductances, "also write the devices' conductances at all instants");
    verb->add_option("--temperature", a.temperature,
                     "of the devices [K]; 300 K, or the card's, if not given");
    verb->add_option("--seed", a.seed, "of all random numbers of the devices")->capture_default_str();
    verb->add_option("--plot", a.plot, "draw the column currents of the first input vector: .svg or .png");
    verb->add_option("--threads", a.threads, "threads to use; 0 for all")
        ->check(at_least(0))
        ->capture_default_str();
    verb->add_flag("--json", a.json, "print the summary as JSON");
    verb->footer(
        "Examples:\n  ohmloom transient array.h5 -o time.h5 --rise 10p --points 20 --from 1p --to 1n --log\n"
        "  ohmloom transient array.h5 -o write.h5 --device cbram --pulse 2u --times 1u 5u --conductances\n\n"
        "Times, voltages and currents take SI suffixes.\n"
        "Exit status: 0 good, 1 a run did not converge, 2 bad input.");
    verb->callback([arguments, &line] { line.chosen = [arguments] { return run_transient(*arguments); }; });
}

} // namespace ohmloom::cli
