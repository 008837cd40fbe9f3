#include "array_input.hpp"
#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/si.hpp"
#include "conductance_input.hpp"
#include "device_input.hpp"
#include "devicemodels/device_library.hpp"
#include "drive_input.hpp"
#include "output_file.hpp"
#include "progress_bar.hpp"
#include "store/array_file.hpp"
#include "store/written_file.hpp"
#include "verbs.hpp"
#include "writing/array_writing.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ohmloom::cli {

namespace {

/// Quantities stay text until the verb knows their unit.
struct WriteArguments {
    std::string input, output;
    std::string device;
    std::vector<std::string> changes;
    std::string targets, initial; ///< files; "": /g of the input, fresh devices
    std::string scheme = "v/2", order = "rows";
    std::string v_set, width_set, v_reset, width_reset; ///< "": the device's own
    double tolerance = 0.02;
    long max_pulses = 50, passes = 1;
    double accuracy = 1e-3;
    std::string temperature;
    std::uint64_t seed = 1;
    int threads = 0;
    bool json = false;
};

PulseChange pulse_change(const std::string& v, const std::string& width, const char* width_option) {
    PulseChange change;
    if (!v.empty()) change.v = parse_si(v, "V");
    if (!width.empty()) change.width = quantity_of(width_option, width, "s");
    return change;
}

WritingOptions options_of(const WriteArguments& arguments) {
    WritingOptions options;
    options.scheme = select_scheme_from_name(arguments.scheme);
    if (arguments.order != "rows" && arguments.order != "cells")
        throw InputError(fmt::format("--order {}: expected rows or cells", arguments.order));
    options.order = arguments.order == "rows" ? WriteOrder::rows : WriteOrder::cells;
    options.up = pulse_change(arguments.v_set, arguments.width_set, "--width-set");
    options.down = pulse_change(arguments.v_reset, arguments.width_reset, "--width-reset");
    options.tolerance = arguments.tolerance;
    options.max_pulses = static_cast<int>(arguments.max_pulses);
    options.passes = static_cast<int>(arguments.passes);
    options.temperature = temperature_or_room(arguments.temperature);
    options.seed = arguments.seed;
    options.accuracy.voltage = arguments.accuracy;
    options.progress = make_progress_bar();
    return options;
}

WrittenFile to_written_file(const WrittenArray& written, const WriteArguments& arguments) {
    return {.initial = written.initial,
            .target = written.target,
            .verified = written.verified,
            .g = written.got,
            .disturb = written.disturb,
            .pulses = written.pulses,
            .reached = written.reached,
            .met = written.met,
            .cell_energy = written.cell_energy,
            .energy_sources = written.energy.sources,
            .energy_cells = written.energy.cells,
            .energy_wires = written.energy.wires,
            .energy_drivers = written.energy.drivers,
            .time = written.time,
            .slowest_line = written.slowest_line,
            .array_pulses = written.array_pulses,
            .device = arguments.device,
            .scheme = arguments.scheme,
            .version = OHMLOOM_VERSION};
}

void print_json(const WrittenArray& written, const WritingSummary& summary, const WriteArguments& arguments,
                double wall) {
    const nlohmann::json object{{"schema", "ohmloom-written-summary-1"},
                                {"rows", written.target.rows()},
                                {"cols", written.target.cols()},
                                {"device", arguments.device},
                                {"scheme", arguments.scheme},
                                {"cells", summary.cells},
                                {"reached", summary.reached},
                                {"met", summary.met},
                                {"error_mean_s", summary.error_mean},
                                {"error_worst_s", summary.error_worst},
                                {"error_worst_at", {summary.error_row, summary.error_line}},
                                {"disturb_mean_s", summary.disturb_mean},
                                {"disturb_worst_s", summary.disturb_worst},
                                {"disturb_worst_at", {summary.disturb_row, summary.disturb_line}},
                                {"pulses_mean", summary.pulses_mean},
                                {"pulses_most", summary.pulses_most},
                                {"array_pulses", written.array_pulses},
                                {"time_s", written.time},
                                {"energy_j", written.energy.sources},
                                {"energy_cells_j", written.energy.cells},
                                {"energy_wires_j", written.energy.wires},
                                {"energy_drivers_j", written.energy.drivers},
                                {"energy_imbalance", summary.imbalance},
                                {"slowest_line_s", written.slowest_line},
                                {"shortest_pulse_s", written.shortest_pulse},
                                {"solutions", written.solutions},
                                {"unsolved", written.unsolved},
                                {"wall_s", wall},
                                {"output", arguments.output}};
    fmt::print("{}\n", object.dump(2));
}

std::string place(Index row, Index line) {
    return fmt::format("row {}, column {}", row, line);
}

/// Whether the lines were as fast as the pulses took them to be.
std::string settling_text(const WrittenArray& written) {
    if (written.slowest_line == 0.0) return "no capacitance is given: lines are taken to settle at once";
    const std::string times =
        fmt::format("slowest line {}, shortest pulse {}", format_si(written.slowest_line, "s"),
                    format_si(written.shortest_pulse, "s"));
    const bool is_fast = 10.0 * written.slowest_line <= written.shortest_pulse;
    return times + (is_fast ? ": lines settle well within the pulses"
                            : ": lines do not settle within the pulses, as is assumed here");
}

void print_text(const WrittenArray& written, const WritingSummary& summary, const WriteArguments& arguments,
                double wall) {
    fmt::print(
        "{} x {} array of {}, scheme {}: {} of {} cells reached their targets, {} meet them in the end\n",
        written.target.rows(), written.target.cols(), arguments.device, arguments.scheme, summary.reached,
        summary.cells, summary.met);
    fmt::print("error: mean {}, worst {} at {}\n", format_si(summary.error_mean, "S"),
               format_si(summary.error_worst, "S"), place(summary.error_row, summary.error_line));
    fmt::print("disturb by pulses for other cells: mean {}, worst {}{}\n",
               format_si(summary.disturb_mean, "S"), format_si(summary.disturb_worst, "S"),
               summary.disturb_worst == 0.0
                   ? ""
                   : fmt::format(" at {}", place(summary.disturb_row, summary.disturb_line)));
    fmt::print("pulses: {:.3g} per cell, at most {}; {} through the array in {}\n", summary.pulses_mean,
               summary.pulses_most, written.array_pulses, format_si(written.time, "s"));
    fmt::print("energy: {}: cells {}, wires {}, drivers {}\n", format_si(written.energy.sources, "J"),
               format_si(written.energy.cells, "J"), format_si(written.energy.wires, "J"),
               format_si(written.energy.drivers, "J"));
    if (written.array_pulses > 0) fmt::print("{}\n", settling_text(written));
    fmt::print("{} operating points{}, {}\n", written.solutions,
               written.unsolved == 0 ? "" : fmt::format(", {} of them not converged", written.unsolved),
               format_si(wall, "s"));
}

int run_write(const WriteArguments& arguments) {
    const ThreadLimit threads(arguments.threads);
    const WritingOptions options = options_of(arguments);
    const auto device = make_device(card_of(arguments.device, arguments.changes, arguments.temperature));
    const ArrayFile file = read_array_file(arguments.input);
    const Crossbar wires = to_crossbar(file);
    std::vector<std::filesystem::path> inputs{arguments.input};
    for (const std::string& other : {arguments.targets, arguments.initial})
        if (!other.empty()) inputs.emplace_back(other);
    require_output(arguments.output, inputs); // now, not after the work is done
    const auto conductances = [&](const std::string& name, const Matrix<double>& otherwise) {
        return name.empty() ? otherwise : read_conductances(name, wires.rows(), wires.lines());
    };
    const Matrix<double> target = conductances(arguments.targets, file.g);
    const Matrix<double> initial = conductances(arguments.initial, {});

    const auto started = std::chrono::steady_clock::now();
    WrittenArray written;
    try {
        written = write_array(wires, target, initial, *device, options);
    } catch (const InputError& error) {
        throw InputError(fmt::format("{}: {}", arguments.input, error.what()));
    }
    const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    write_written_file(to_written_file(written, arguments), arguments.output);

    const WritingSummary summary = summary_of(written);
    if (arguments.json) {
        print_json(written, summary, arguments, wall);
    } else {
        print_text(written, summary, arguments, wall);
    }
    return summary.met == summary.cells && written.unsolved == 0 ? exit_good : exit_not_converged;
}

void add_pulses(CLI::App* verb, WriteArguments& a) {
    verb->add_option("--v-set", a.v_set,
                     "pulse of cells below their target [V]; the device's own if not given");
    verb->add_option("--width-set", a.width_set, "its length [s]");
    verb->add_option("--v-reset", a.v_reset, "pulse of cells above their target [V]; with its sign");
    verb->add_option("--width-reset", a.width_reset, "its length [s]");
}

} // namespace

void add_write_verb(CommandLine& line) {
    auto arguments = std::make_shared<WriteArguments>();
    WriteArguments& a = *arguments;
    CLI::App* verb = line.app.add_subcommand(
        "write", "Program an array by pulses through its wires: what is reached, disturb, energy, time");
    verb->add_option("input", a.input, "HDF5 file with schema ohmloom-array-1; /g is what to write")
        ->required();
    verb->add_option("-o,--output", a.output, "HDF5 file to write")->required();
    verb->add_option("--device", a.device,
                     "a card (pcm/accumulation), a folder (cbram) or a card file (.toml)")
        ->required();
    verb->add_option("--set", a.changes, "replace a value of the card: NAME=VALUE");
    verb->add_option("--targets", a.targets, "what to write, instead of /g: CSV [S], or HDF5 with /g");
    verb->add_option("--initial", a.initial,
                     "where cells begin: CSV or HDF5 likewise; fresh devices if not given");
    verb->add_option("--scheme", a.scheme,
                     "lines not addressed: v/2, v/3, float; none: transistors cut their cells off")
        ->capture_default_str();
    verb->add_option("--order", a.order, "rows: all cells of a row that need the same voltage at once; cells")
        ->capture_default_str();
    add_pulses(verb, a);
    verb->add_option("--tolerance", a.tolerance,
                     "accepted error, as a part of the device's greatest conductance")
        ->check(fraction())
        ->capture_default_str();
    verb->add_option("--max-pulses", a.max_pulses, "of a cell, in a pass")
        ->check(at_least(1))
        ->capture_default_str();
    verb->add_option("--passes", a.passes, "times that the array is gone over")
        ->check(at_least(1))
        ->capture_default_str();
    verb->add_option("--accuracy", a.accuracy,
                     "of the voltages over the cells during a pulse, as a part of it")
        ->check(fraction())
        ->capture_default_str();
    verb->add_option("--temperature", a.temperature, "[K]; 300 K, or the card's, if not given");
    verb->add_option("--seed", a.seed, "of all random numbers")->capture_default_str();
    verb->add_option("--threads", a.threads, "threads to use; 0 for all")
        ->check(at_least(0))
        ->capture_default_str();
    verb->add_flag("--json", a.json, "print the summary as JSON");
    verb->footer(
        "Example:\n  ohmloom write array.h5 -o written.h5 --device cbram --scheme v/3\n\n"
        "Times, voltages and temperatures take SI suffixes. Cells of conductance 0 are not there.\n"
        "Exit status: 0 good, 1 a cell does not meet its target or an operating point did not converge, "
        "2 bad input.");
    verb->callback([arguments, &line] { line.chosen = [arguments] { return run_write(*arguments); }; });
}

} // namespace ohmloom::cli
