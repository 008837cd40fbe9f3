#include "base/errors.hpp"
#include "circuit/spice_reader.hpp"
#include "output_file.hpp"
#include "solver/deck_solver.hpp"
#include "store/hdf5.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ohmloom::cli {

namespace {

struct SpiceArguments {
    std::string input;
    std::string output;
    std::string engine = "auto";
    double tolerance = 1e-6;
    double transient_tolerance = 1e-3;
    double time_limit = 3600.0;
    double noise_step = 0.0;
    std::uint64_t noise_seed = 1;
    bool devices = false;
    bool json = false;
};

/// One engine's work on the deck.
struct EngineRun {
    std::string engine;
    DeckSolution solution;
    std::vector<MeasuredValue> measures;
};

EngineRun run_engine(const std::string& engine, const SpiceDeck& deck, const SpiceArguments& arguments) {
    EngineRun run{engine, {}, {}};
    std::optional<ThermalNoise> noise;
    if (arguments.noise_step > 0.0) noise = ThermalNoise{arguments.noise_step, arguments.noise_seed};
    run.solution =
        engine == "mna" ? solve_deck_mna(deck, noise) : solve_deck_ngspice(deck, arguments.time_limit);
    run.measures = take_measures(deck, run.solution);
    return run;
}

/// The engines that a run asks for.
std::vector<std::string> engines_for(const std::string& asked) {
    if (asked == "both") return {"mna", "ngspice"};
    return {asked == "auto" ? "mna" : asked};
}

std::string unit_of(const std::string& signal) {
    return signal.starts_with("v(") ? "V" : "A";
}

/// One group per analysis, /ENGINE/0_op, /ENGINE/1_dc, …: the axis, and a data set per signal.
void write_waveforms(Hdf5Writer& file, const std::string& group, const Waveforms& waveforms) {
    file.make_group(group);
    file.set_attribute(group, "analysis", waveforms.analysis);
    file.set_attribute(group, "message", waveforms.message);
    if (waveforms.work) {
        file.set_attribute(group, "steps", waveforms.work->steps);
        file.set_attribute(group, "rejected_steps", waveforms.work->rejected);
        file.set_attribute(group, "newton_iterations", waveforms.work->iterations);
        file.set_attribute(group, "factorisations", waveforms.work->factorisations);
    }
    file.write(fmt::format("{}/{}", group, waveforms.axis_name), waveforms.axis, waveforms.axis_unit);
    if (!waveforms.outer.empty()) file.write(group + "/outer_sweep", waveforms.outer, waveforms.axis_unit);
    const auto column = [](const Matrix<double>& values, Index s) {
        std::vector<double> signal;
        for (Index p = 0; p < values.rows(); ++p) signal.push_back(values(p, s));
        return signal;
    };
    for (std::size_t k = 0; k < waveforms.signals.size(); ++k) {
        const std::string& name = waveforms.signals[k];
        const auto s = static_cast<Index>(k);
        if (waveforms.imaginary.empty()) {
            file.write(fmt::format("{}/{}", group, name), column(waveforms.values, s), unit_of(name));
            continue;
        }
        file.write(fmt::format("{}/{}_real", group, name), column(waveforms.values, s), unit_of(name));
        file.write(fmt::format("{}/{}_imaginary", group, name), column(waveforms.imaginary, s),
                   unit_of(name));
    }
}

void write_result(const SpiceArguments& arguments, const SpiceDeck& deck,
                  const std::vector<EngineRun>& runs) {
    Hdf5Writer file(arguments.output);
    file.set_attribute("/", "schema", "ohmloom-spice-1");
    file.set_attribute("/", "version", OHMLOOM_VERSION);
    file.set_attribute("/", "deck", arguments.input);
    file.set_attribute("/", "title", deck.title);
    for (const EngineRun& run : runs) {
        for (std::size_t k = 0; k < run.solution.analyses.size(); ++k) {
            const Waveforms& waveforms = run.solution.analyses[k];
            write_waveforms(file, fmt::format("/{}/{}_{}", run.engine, k, waveforms.analysis), waveforms);
        }
        for (const MeasuredValue& measure : run.measures) {
            if (!measure.value) continue;
            file.write(fmt::format("/{}/measures/{}_{}", run.engine, measure.analysis, measure.name),
                       *measure.value, measure.unit);
        }
    }
    file.commit();
}

nlohmann::ordered_json json_of(const EngineRun& run) {
    nlohmann::ordered_json object{{"engine", run.engine}};
    for (const Waveforms& waveforms : run.solution.analyses) {
        nlohmann::ordered_json entry(
            {{"analysis", waveforms.analysis},
             {"points", waveforms.axis.size()},
             {"signals", waveforms.signals.size()},
             {"converged", std::count(waveforms.converged.begin(), waveforms.converged.end(), true)},
             {"message", waveforms.message}});
        if (waveforms.work) {
            entry["steps"] = waveforms.work->steps;
            entry["rejected_steps"] = waveforms.work->rejected;
            entry["newton_iterations"] = waveforms.work->iterations;
            entry["factorisations"] = waveforms.work->factorisations;
        }
        object["analyses"].push_back(std::move(entry));
    }
    object["measures"] = nlohmann::ordered_json::array();
    for (const MeasuredValue& measure : run.measures) {
        nlohmann::ordered_json entry{
            {"analysis", measure.analysis}, {"name", measure.name}, {"unit", measure.unit}};
        if (measure.value) entry["value"] = *measure.value;
        if (!measure.value) entry["problem"] = measure.problem;
        object["measures"].push_back(std::move(entry));
    }
    object["devices"] = nlohmann::ordered_json::array();
    for (const DeviceReport& device : run.solution.devices) {
        nlohmann::ordered_json entry{{"name", device.name}, {"region", device.region}};
        for (const DeviceReport::Value& value : device.values) entry["values"][value.name] = value.value;
        object["devices"].push_back(std::move(entry));
    }
    return object;
}

nlohmann::ordered_json json_of(const WaveformDifference& difference) {
    return {{"analysis", difference.analysis}, {"comparable", difference.comparable},
            {"relative", difference.relative}, {"absolute", difference.absolute},
            {"signal", difference.signal},     {"axis", difference.axis}};
}

void print_json(const std::vector<EngineRun>& runs, const std::vector<WaveformDifference>& differences) {
    nlohmann::ordered_json object{{"schema", "ohmloom-spice-1"}};
    for (const EngineRun& run : runs) object["engines"].push_back(json_of(run));
    for (const WaveformDifference& difference : differences)
        object["differences"].push_back(json_of(difference));
    fmt::print("{}\n", object.dump(2));
}

/// The signals of an operating point, when there are few enough to read.
void print_point(const Waveforms& waveforms) {
    constexpr std::size_t readable = 40;
    if (waveforms.analysis != "op" || waveforms.signals.size() > readable || !waveforms.all_converged())
        return;
    for (std::size_t s = 0; s < waveforms.signals.size(); ++s) {
        fmt::print("  {:24} {:.9g} {}\n", waveforms.signals[s], waveforms.values(0, static_cast<Index>(s)),
                   unit_of(waveforms.signals[s]));
    }
}

void print_run(const EngineRun& run, bool with_devices) {
    for (const Waveforms& waveforms : run.solution.analyses) {
        fmt::print("{}: .{}, {} point{}, {} signals, {}{}\n", run.engine, waveforms.analysis,
                   waveforms.axis.size(), waveforms.axis.size() == 1 ? "" : "s", waveforms.signals.size(),
                   waveforms.all_converged() ? "converged" : "NOT converged",
                   waveforms.message.empty() ? "" : ": " + waveforms.message);
        if (waveforms.work) {
            fmt::print("  {} steps, {} rejected, {} Newton iterations, {} factorisations\n",
                       waveforms.work->steps, waveforms.work->rejected, waveforms.work->iterations,
                       waveforms.work->factorisations);
        }
        print_point(waveforms);
    }
    for (const MeasuredValue& measure : run.measures) {
        if (measure.value) {
            fmt::print("  {:24} {:.9g} {}\n", measure.name, *measure.value, measure.unit);
        } else {
            fmt::print("  {:24} failed: {}\n", measure.name, measure.problem);
        }
    }
    if (!with_devices) return;
    for (const DeviceReport& device : run.solution.devices) {
        fmt::print("  {:24}", device.name);
        for (const DeviceReport::Value& value : device.values) {
            fmt::print(" {}={:.6g} {}", value.name, value.value, value.unit);
        }
        fmt::print(" {}\n", device.region);
    }
}

void print_difference(const WaveformDifference& difference) {
    if (!difference.comparable) {
        fmt::print(".{}: the engines cannot be compared{}\n", difference.analysis,
                   difference.signal.empty() ? "" : ": one of them has no " + difference.signal);
        return;
    }
    if (difference.relative == 0.0) {
        fmt::print(".{}: no difference between the engines above 1e-11 V and 1e-14 A\n", difference.analysis);
        return;
    }
    const std::string place = difference.analysis == "op"
                                  ? ""
                                  : fmt::format(" at {:.6g} {}", difference.axis, difference.axis_unit);
    fmt::print(".{}: largest difference {:.1e} ({:.3g} {}) in {}{}\n", difference.analysis,
               difference.relative, difference.absolute, unit_of(difference.signal), difference.signal,
               place);
}

bool is_good(const EngineRun& run) {
    return run.solution.all_converged() &&
           std::all_of(run.measures.begin(), run.measures.end(),
                       [](const MeasuredValue& measure) { return measure.value.has_value(); });
}

int run_spice(const SpiceArguments& arguments) {
    if (arguments.noise_step > 0.0 && arguments.engine != "mna" && arguments.engine != "auto") {
        throw InputError(fmt::format(
            "--noise-step: engine {} draws no thermal noise in a transient, expected --engine mna",
            arguments.engine));
    }
    const SpiceDeck deck = read_spice(arguments.input);
    if (!arguments.output.empty()) require_output(arguments.output, {arguments.input});
    std::vector<EngineRun> runs;
    for (const std::string& engine : engines_for(arguments.engine)) {
        runs.push_back(run_engine(engine, deck, arguments));
    }
    std::vector<WaveformDifference> differences;
    if (runs.size() == 2) differences = compare(runs[0].solution, runs[1].solution);
    if (!arguments.output.empty()) write_result(arguments, deck, runs);
    if (arguments.json) {
        print_json(runs, differences);
    } else {
        for (const EngineRun& run : runs) print_run(run, arguments.devices);
        for (const WaveformDifference& difference : differences) print_difference(difference);
    }
    const bool agree =
        std::all_of(differences.begin(), differences.end(), [&](const WaveformDifference& difference) {
            const double tolerance =
                difference.analysis == "tran" ? arguments.transient_tolerance : arguments.tolerance;
            return difference.comparable && difference.relative <= tolerance;
        });
    return agree && std::all_of(runs.begin(), runs.end(), is_good) ? exit_good : exit_not_converged;
}

} // namespace

void add_spice_verb(CommandLine& line) {
    auto arguments = std::make_shared<SpiceArguments>();
    CLI::App* verb =
        line.app.add_subcommand("spice", "Run a SPICE deck: its analyses and measures, waveforms to HDF5");
    verb->add_option("deck", arguments->input, "SPICE deck in the ngspice dialect")->required();
    verb->add_option("--engine", arguments->engine, "mna, ngspice, both to compare them, or auto: mna")
        ->check(CLI::IsMember({"auto", "mna", "ngspice", "both"}))
        ->capture_default_str();
    verb->add_option("-o,--output", arguments->output, "HDF5 file to write all waveforms to");
    verb->add_option("--tol", arguments->tolerance, "largest relative difference between the engines")
        ->check(fraction())
        ->capture_default_str();
    verb->add_option(
            "--tran-tol", arguments->transient_tolerance,
            "largest difference between the engines in a transient, in parts of a signal's full scale")
        ->check(fraction())
        ->capture_default_str();
    verb->add_option("--time-limit", arguments->time_limit, "seconds that ngspice may take for one analysis")
        ->check(positive())
        ->capture_default_str();
    verb->add_option(
            "--noise-step", arguments->noise_step,
            "seconds between draws of the resistors' thermal noise in a transient (mna); none: no noise")
        ->check(positive());
    verb->add_option("--noise-seed", arguments->noise_seed, "of all draws of noise")->capture_default_str();
    verb->add_flag("--devices", arguments->devices, "also print every device at its operating point (mna)");
    verb->add_flag("--json", arguments->json, "print the result as JSON");
    verb->footer(
        "Example:\n  ohmloom spice netlists/comparator.cir --engine both -o waveforms.h5\n\n"
        "Exit status: 0 good, 1 an analysis did not converge, a measure failed or the engines differ, "
        "2 bad input.");
    verb->callback([arguments, &line] { line.chosen = [arguments] { return run_spice(*arguments); }; });
}

} // namespace ohmloom::cli
