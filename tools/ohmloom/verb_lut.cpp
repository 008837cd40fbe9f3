#include "base/errors.hpp"
#include "lut/lut_file.hpp"
#include "lut_sources.hpp"
#include "lut_tiles.hpp"
#include "output_file.hpp"
#include "verb_lut_use.hpp"
#include "verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ohmloom::cli {

namespace {

struct LutArguments {
    LutSource source;
    std::string output;
    std::string max_error = "0.1%";
    long max_points = 100000, check_points = 4096;
    std::uint32_t check_seed = 1;
    bool json = false;
    std::vector<long> levels;
    std::string command;
};

RefineOptions refine_options(const LutArguments& arguments, const std::string& unit) {
    RefineOptions options;
    set_max_error(options, arguments.max_error, unit);
    options.max_points = arguments.max_points;
    options.check_points = arguments.check_points;
    options.seed = arguments.check_seed;
    return options;
}

LutFile new_file(const LutArguments& arguments, std::string text) {
    return {{}, OHMLOOM_VERSION, arguments.command, arguments.source.file, std::move(text)};
}

/// What was asked for, and what there is.
std::string shortfall(const RefinedTable& made, const RefineOptions& options, const std::string& asked) {
    const std::string reached = options.is_relative ? fmt::format("{:.4g} %", 100.0 * made.reached)
                                                    : fmt::format("{:.4g}", made.reached);
    return fmt::format("table {}: the error {} is not met within {} points: reached {}", made.table.name,
                       asked, options.max_points, reached);
}

/// Makes a table of a function, writes it whatever came of it, and says whether it is as good as asked for.
int make_refined(const LutArguments& arguments, BuiltSource built, std::vector<Lut> others = {}) {
    const RefineOptions options = refine_options(arguments, built.function.outputs.front().unit);
    RefinedTable made = refine_table(built.function, options);
    LutFile file = new_file(arguments, std::move(built.text));
    file.tables = std::move(others);
    file.tables.push_back(made.table);
    write_luts(arguments.output, file);
    print_luts(in_file_order(std::move(file)), arguments.output, arguments.json);
    if (made.is_met) return exit_good;
    fmt::print(stderr, "ohmloom: {}\n", shortfall(made, options, arguments.max_error));
    return exit_not_converged;
}

int run_device(const LutArguments& arguments) {
    require_output(arguments.output, {});
    std::vector<Lut> levels;
    for (const long count : arguments.levels) {
        LutSource source = arguments.source;
        source.made_by = "levels";
        source.levels = count;
        levels.push_back(build_tables(source, 0, 0, arguments.check_seed).front());
        if (arguments.levels.size() > 1) levels.back().name = fmt::format("levels_{}", count);
    }
    return make_refined(arguments, build_source(arguments.source), std::move(levels));
}

int run_refined(const LutArguments& arguments) {
    require_output(arguments.output, {arguments.source.file});
    return make_refined(arguments, build_source(arguments.source));
}

int run_exact(const LutArguments& arguments) {
    require_output(arguments.output, {arguments.source.file});
    LutFile file =
        new_file(arguments, arguments.source.made_by == "adc" ? text_of_file(arguments.source.file) : "");
    file.tables =
        build_tables(arguments.source, arguments.max_points, arguments.check_points, arguments.check_seed);
    write_luts(arguments.output, file);
    print_luts(in_file_order(std::move(file)), arguments.output, arguments.json);
    return exit_good;
}

/// What all verbs that make tables take.
void add_common(CLI::App& verb, LutArguments& a) {
    verb.add_option("-o,--output", a.output, "tables to write: .h5")->required();
    verb.add_option("--check-points", a.check_points,
                    "points, not used to make the table, that its error is measured on")
        ->check(at_least(1))
        ->capture_default_str();
    verb.add_option("--check-seed", a.check_seed, "of these")->capture_default_str();
    verb.add_flag("--json", a.json, "print as JSON");
}

void add_refinement(CLI::App& verb, LutArguments& a) {
    verb.add_option("--max-error", a.max_error, "largest error: 0.1% of full scale, or a quantity such as 2n")
        ->capture_default_str();
    verb.add_option("--max-points", a.max_points, "of the table; where these do not do, exit status 1")
        ->check(at_least(4))
        ->capture_default_str();
}

class MakingVerbs {
public:
    MakingVerbs(CLI::App& lut, CommandLine& line) : lut_(lut), line_(line) {}

    void add_all() {
        add_device();
        add_array();
        add_adc();
        add_readout("neuron");
        add_readout("stage");
        add_curve();
    }

private:
    CLI::App& add(const std::string& name, const std::string& summary,
                  const std::shared_ptr<LutArguments>& arguments, int (*run)(const LutArguments&)) {
        CLI::App* verb = lut_.add_subcommand(name, summary);
        verb->callback([line = &line_, arguments, run] {
            arguments->command = line->command;
            line->chosen = [arguments, run] { return run(*arguments); };
        });
        return *verb;
    }

    void add_device() {
        auto arguments = std::make_shared<LutArguments>();
        LutArguments& a = *arguments;
        a.source.made_by = "device iv";
        CLI::App& verb = add(
            "device", "a device: current over voltage and state; with --amplitude, its state after pulses",
            arguments, [](const LutArguments& given) {
                LutArguments asked = given;
                if (!asked.source.amplitudes.empty() || !asked.source.widths.empty())
                    asked.source.made_by = "device pulse";
                return run_device(asked);
            });
        verb.footer("Examples:\n  ohmloom lut device pcm/hermes_1 --max-error 0.1% --levels 16 -o pcm.h5\n"
                    "  ohmloom lut device cbram --amplitude 0.2 1.0 --width 100n 1u -o pulses.h5");
        verb.add_option("CARD", a.source.file,
                        "card, as `ohmloom device list` names it, or a file of one's own")
            ->required();
        verb.add_option("--set", a.source.changes, "NAME=VALUE of the card");
        verb.add_option("--temperature", a.source.temperature, "[K]; that of the card, or 300");
        verb.add_option("--from", a.source.v_low, "lowest voltage [V]");
        verb.add_option("--to", a.source.v_high, "highest voltage [V]");
        verb.add_option("--amplitude", a.source.amplitudes, "of pulses: ends and nodes to begin with [V]");
        verb.add_option("--width", a.source.widths, "of pulses, likewise [s]");
        verb.add_option("--states", a.source.states, "nodes of the state to begin with")
            ->check(CLI::Range(2L, 10000L))
            ->capture_default_str();
        verb.add_option("--devices", a.source.devices, "whose pulses are averaged; of levels at least 1000")
            ->check(CLI::Range(1L, 1000000L))
            ->capture_default_str();
        verb.add_option("--levels", a.levels, "also a table of so many programmed levels, for NeuroSim")
            ->check(CLI::Range(2L, 65536L));
        verb.add_flag("--single-shot", a.source.single_shot, "levels are programmed once, not verified");
        verb.add_option("--tolerance", a.source.tolerance,
                        "of write-verify, as a part of the greatest conductance")
            ->capture_default_str();
        verb.add_option("--seed", a.source.seed, "of the devices' chance")->capture_default_str();
        add_refinement(verb, a);
        add_common(verb, a);
    }

    void add_array() {
        auto arguments = std::make_shared<LutArguments>();
        LutArguments& a = *arguments;
        CLI::App& verb =
            add("array", "a linear array's transfer and port matrix, exact", arguments, run_exact);
        a.source.made_by = "array";
        verb.footer("Example:\n  ohmloom lut array array.h5 -o transfer.h5");
        verb.add_option("FILE", a.source.file, "array, as for `ohmloom solve`")->required();
        verb.add_option("--scale", a.source.v_scale, "largest row voltage of the points it is checked on [V]")
            ->capture_default_str();
        add_common(verb, a);
    }

    void add_adc() {
        auto arguments = std::make_shared<LutArguments>();
        LutArguments& a = *arguments;
        a.max_points = 4000000;
        a.source.made_by = "adc";
        CLI::App& verb =
            add("adc", "converters: edges, codes over input, spread of codes", arguments, run_exact);
        verb.footer("Example:\n  ohmloom lut adc study.toml --columns 32 -o adc.h5");
        verb.add_option("STUDY", a.source.file, "study with an [adc] table")->required();
        verb.add_option("--columns", a.source.columns, "converters")
            ->check(CLI::Range(1L, 100000L))
            ->capture_default_str();
        verb.add_option("--seed", a.source.seed, "of mismatch and noise")->capture_default_str();
        verb.add_option("--tile", a.source.tile, "that the converters stand under")->capture_default_str();
        verb.add_option("--unit", a.source.input_unit, "of the converter's range")->capture_default_str();
        verb.add_option("--conversions", a.source.conversions, "per code and column, for the spread")
            ->check(at_least(1))
            ->capture_default_str();
        verb.add_option("--max-points", a.max_points, "of codes over input; beyond it that table is left out")
            ->capture_default_str();
        add_common(verb, a);
    }

    void add_readout(const std::string& part) {
        auto arguments = std::make_shared<LutArguments>();
        LutArguments& a = *arguments;
        a.source.made_by = part;
        CLI::App& verb =
            add(part,
                part == "neuron" ? "a neuron's output over its input"
                                 : "a read-out stage's output and line potentials over its currents",
                arguments, run_refined);
        verb.footer(fmt::format("Example:\n  ohmloom lut {} study.toml -o {}.h5", part, part));
        verb.add_option("STUDY", a.source.file, "study with a [readout] table")->required();
        if (part == "neuron") {
            verb.add_option("--from", a.source.v_low, "lowest input [V]; -1");
            verb.add_option("--to", a.source.v_high, "highest input [V]; 1");
        } else {
            verb.add_option("--scale", a.source.i_scale, "largest current of a line [A]")
                ->capture_default_str();
        }
        add_refinement(verb, a);
        add_common(verb, a);
    }

    void add_curve() {
        auto arguments = std::make_shared<LutArguments>();
        LutArguments& a = *arguments;
        a.source.made_by = "curve";
        CLI::App& verb = add("curve", "a node's voltage of any SPICE deck over one or two of its sources",
                             arguments, run_refined);
        verb.footer("Example:\n  ohmloom lut curve netlists/sigmoid_neuron.cir --sweep vin -0.3 0.3 --node "
                    "out -o neuron.h5");
        verb.add_option("DECK", a.source.file, "SPICE deck, as for `ohmloom spice`")->required();
        verb.add_option("--sweep", a.source.sweeps, "NAME FROM TO of a source; twice for two")
            ->required()
            ->expected(3, 6);
        verb.add_option("--node", a.source.node, "whose voltage it is")->required();
        add_refinement(verb, a);
        add_common(verb, a);
    }

    CLI::App& lut_;
    CommandLine& line_;
};

} // namespace

void add_lut_verb(CommandLine& line) {
    CLI::App* lut = line.app.add_subcommand(
        "lut", "behavioural tables of devices, arrays, converters and circuits, with their error");
    lut->footer("Tables are HDF5 (src/lut/README.md). Exit status 1: an error asked for is not met, the "
                "table is written all the same.");
    lut->require_subcommand(1);
    MakingVerbs(*lut, line).add_all();
    add_lut_tiles(*lut, line);
    add_lut_use_verbs(*lut, line);
}

} // namespace ohmloom::cli
