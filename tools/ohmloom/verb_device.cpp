#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/si.hpp"
#include "columns.hpp"
#include "device_input.hpp"
#include "devicemodels/device_library.hpp"
#include "devicemodels/stdp.hpp"
#include "store/unfinished_file.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <vector>

namespace ohmloom::cli {

namespace {

/// What all verbs below `device` take; quantities stay text until the verb knows their unit.
struct DeviceArguments {
    std::string name;
    std::vector<std::string> changes; ///< "g_max=30u"
    std::string output;
    std::string temperature; ///< "" for that of the card, or 300 K
    std::string g;           ///< conductance the device starts at; "" as made
    std::uint64_t seed = 1;
    bool json = false;

    std::string from, to;
    long points = 101;
    std::vector<std::string> amplitudes;
    std::string width = "1u";
    long count = 20;
    std::vector<std::string> targets;
    long devices = 1000;
    bool single_shot = false;
    double tolerance = 0.02;
    long max_pulses = 50;
    std::vector<std::string> times;
    std::string peak = "0.18", peak_time = "10u", tail = "-0.15", tail_time = "100u";
};

double asked_temperature(const DeviceArguments& arguments) {
    return temperature_or_room(arguments.temperature);
}

Card card_of(const DeviceArguments& arguments) {
    return cli::card_of(arguments.name, arguments.changes, arguments.temperature);
}

/// The device at the conductance that is asked for, without the chance of programming where that can be avoided.
DeviceState start_state(const DeviceModel& device, const DeviceArguments& arguments,
                        const DeviceDraws& draws) {
    const DeviceState fresh = device.fresh(draws);
    if (arguments.g.empty()) return fresh;
    const ProgrammingScheme careful{Programming::write_verify, 1e-3, 10000};
    return device.program(fresh, parse_si(arguments.g, "S"), careful, draws, 1).state;
}

void print_json(const Columns& columns, const DeviceArguments& arguments) {
    nlohmann::json list = nlohmann::json::array();
    for (const Column& column : columns.columns)
        list.push_back({{"name", column.name}, {"unit", column.unit}, {"values", column.values}});
    nlohmann::json object{
        {"schema", "ohmloom-device-columns-1"}, {"title", columns.title}, {"columns", std::move(list)}};
    if (!arguments.output.empty()) object["output"] = arguments.output;
    fmt::print("{}\n", object.dump(2));
}

void finish(const Columns& columns, const DeviceArguments& arguments) {
    if (!arguments.output.empty()) write_columns(columns, arguments.output);
    if (arguments.json) return print_json(columns, arguments);
    if (!arguments.output.empty()) {
        fmt::print("{}: {} rows\n", arguments.output, columns.columns.front().values.size());
        return;
    }
    for (const Column& column : columns.columns) {
        fmt::print("{:>16}",
                   column.unit == "1" ? column.name : fmt::format("{} [{}]", column.name, column.unit));
    }
    fmt::print("\n");
    for (std::size_t row = 0; row < columns.columns.front().values.size(); ++row) {
        for (const Column& column : columns.columns) fmt::print("{:>16.6g}", column.values[row]);
        fmt::print("\n");
    }
}

void require_output_name(const DeviceArguments& arguments) {
    if (!arguments.output.empty()) require_columns_file(arguments.output);
}

int run_list(const DeviceArguments& arguments) {
    nlohmann::json list = nlohmann::json::array();
    for (const std::string& name : card_names()) {
        const Card card = find_card(name);
        if (arguments.json) {
            list.push_back({{"name", name},
                            {"model", card.model},
                            {"title", card.title},
                            {"default", card.is_default},
                            {"placeholders", card.has_placeholders()}});
        } else {
            fmt::print("{:<24} {}{}{}\n", name, card.title,
                       card.is_default ? fmt::format("  (also: {})", name.substr(0, name.find('/'))) : "",
                       card.has_placeholders() ? "  [placeholders]" : "");
        }
    }
    if (arguments.json)
        fmt::print("{}\n", nlohmann::json{{"schema", "ohmloom-device-list-1"}, {"devices", list}}.dump(2));
    return exit_good;
}

std::string value_text(const CardValue& value) {
    if (value.kind == ValueKind::text) return value.text;
    if (value.kind == ValueKind::numbers)
        return fmt::format("[{:.6g}] {}", fmt::join(value.numbers, ", "), value.unit);
    // Prefixes belong to simple units only: nobody writes mega per volt.
    const bool simple = !value.unit.empty() && value.unit.find_first_of("/^ ") == std::string::npos;
    return simple ? format_si(value.numbers.front(), value.unit)
                  : fmt::format("{:.6g} {}", value.numbers.front(), value.unit);
}

int run_show(const DeviceArguments& arguments) {
    const Card card = card_of(arguments);
    const auto device = make_device(card);
    if (arguments.json) {
        nlohmann::json values = nlohmann::json::array();
        for (const CardValue& value : card.values) {
            nlohmann::json entry{{"name", value.name},
                                 {"unit", value.unit},
                                 {"meaning", value.meaning},
                                 {"source", value.source},
                                 {"low", value.low},
                                 {"high", value.high},
                                 {"placeholder", value.placeholder}};
            if (value.kind == ValueKind::text) entry["value"] = value.text;
            if (value.kind == ValueKind::number) entry["value"] = value.numbers.front();
            if (value.kind == ValueKind::numbers) entry["value"] = value.numbers;
            values.push_back(std::move(entry));
        }
        const nlohmann::json object{{"schema", "ohmloom-device-1"},  {"name", card.name},
                                    {"model", card.model},           {"title", card.title},
                                    {"g_min_s", device->g_min()},    {"g_max_s", device->g_max()},
                                    {"binary", device->is_binary()}, {"values", values}};
        fmt::print("{}\n", object.dump(2));
        return exit_good;
    }
    fmt::print("{}: {}\nmodel {}: {}\nconductance {} to {}{}\n\n", card.name, card.title, card.model,
               kind_of(card).summary, format_si(device->g_min(), "S"), format_si(device->g_max(), "S"),
               device->is_binary() ? ", two states" : "");
    for (const CardValue& value : card.values) {
        fmt::print("{:<24} {:>14}  {}{}\n{:<41}{}\n", value.name, value_text(value),
                   value.placeholder ? "PLACEHOLDER  " : "", value.meaning, "", value.source);
    }
    return exit_good;
}

int run_iv(const DeviceArguments& arguments) {
    require_output_name(arguments);
    const auto device = make_device(card_of(arguments));
    const DeviceDraws draws(arguments.seed, {});
    const DeviceState state = start_state(*device, arguments, draws);
    const double t = asked_temperature(arguments);
    const CellModel law = device->law(t);
    const CellNumbers cell = device->aged(state, {0.0, t});
    const CellRange range = range_of(law);
    const double from = arguments.from.empty() ? std::max(-0.5, range.v_low) : parse_si(arguments.from, "V");
    const double to = arguments.to.empty() ? std::min(0.5, range.v_high) : parse_si(arguments.to, "V");
    if (from > to)
        throw InputError(
            fmt::format("the sweep from {} V to {} V: expected the lower voltage first", from, to));
    if (from < range.v_low || to > range.v_high) {
        throw InputError(fmt::format("the sweep from {} V to {} V: the model covers {} V to {} V only", from,
                                     to, range.v_low, range.v_high));
    }
    std::vector<double> v, current(static_cast<std::size_t>(arguments.points)), slope(current);
    for (long k = 0; k < arguments.points; ++k) {
        v.push_back(arguments.points == 1 ? from
                                          : from + (to - from) * static_cast<double>(k) /
                                                       static_cast<double>(arguments.points - 1));
    }
    evaluate_cell(law, cell.g, cell.shape, v, current, slope);
    finish({fmt::format("{}, {} at zero bias", device->card().name, format_si(cell.g, "S")),
            {{"v", "V", v}, {"i", "A", current}, {"slope", "S", slope}}},
           arguments);
    return exit_good;
}

int run_pulse(const DeviceArguments& arguments) {
    require_output_name(arguments);
    const auto device = make_device(card_of(arguments));
    const DeviceDraws draws(arguments.seed, {});
    DeviceState state = start_state(*device, arguments, draws);
    const double width = parse_si(arguments.width, "s");
    if (!(width >= 0.0))
        throw InputError(fmt::format("the pulse width is {} s: it must not be negative", width));
    Column number{"pulse", "1", {0.0}}, v{"v", "V", {0.0}}, g{"g", "S", {state.g}},
        energy{"energy", "J", {0.0}};
    std::uint32_t event = 2; // 0 and 1 made and programmed the device
    for (const std::string& amplitude : arguments.amplitudes) {
        const Pulse pulse{parse_si(amplitude, "V"), width};
        for (long k = 0; k < arguments.count; ++k) {
            const PulseResult result = device->pulse(state, pulse, draws, event++);
            state = result.state;
            number.values.push_back(number.values.back() + 1.0);
            v.values.push_back(pulse.v);
            g.values.push_back(state.g);
            energy.values.push_back(result.energy);
        }
    }
    finish(
        {fmt::format("{}: pulses of {}", device->card().name, format_si(width, "s")), {number, g, v, energy}},
        arguments);
    return exit_good;
}

struct Outcome {
    double got = 0.0, pulses = 0.0, energy = 0.0, reached = 0.0;
};

int run_program(const DeviceArguments& arguments) {
    require_output_name(arguments);
    const auto device = make_device(card_of(arguments));
    const ProgrammingScheme scheme{arguments.single_shot ? Programming::single_shot
                                                         : Programming::write_verify,
                                   arguments.tolerance, static_cast<int>(arguments.max_pulses)};
    std::vector<double> targets;
    for (const std::string& target : arguments.targets) targets.push_back(parse_si(target, "S"));
    if (targets.empty()) {
        const int levels = device->is_binary() ? 2 : 5;
        for (int k = 0; k < levels; ++k)
            targets.push_back(device->g_min() + (device->g_max() - device->g_min()) * k / (levels - 1));
    }
    Column asked{"asked", "S", {}}, mean{"mean", "S", {}}, spread{"spread", "S", {}},
        pulses{"pulses", "1", {}}, energy{"energy", "J", {}}, reached{"reached", "1", {}};
    for (std::size_t level = 0; level < targets.size(); ++level) {
        std::vector<Outcome> outcomes(static_cast<std::size_t>(arguments.devices));
        parallel_for(arguments.devices, [&](Index k) {
            const DeviceDraws draws(arguments.seed,
                                    {static_cast<std::uint32_t>(level), 0, static_cast<std::uint32_t>(k)});
            const Programmed one = device->program(device->fresh(draws), targets[level], scheme, draws, 1);
            outcomes[static_cast<std::size_t>(k)] = {one.got(), static_cast<double>(one.pulses), one.energy,
                                                     one.reached ? 1.0 : 0.0};
        });
        Outcome sum;
        double squares = 0.0;
        const auto count = static_cast<double>(arguments.devices);
        for (const Outcome& one : outcomes) {
            sum = {sum.got + one.got, sum.pulses + one.pulses, sum.energy + one.energy,
                   sum.reached + one.reached};
        }
        for (const Outcome& one : outcomes)
            squares += (one.got - sum.got / count) * (one.got - sum.got / count);
        asked.values.push_back(targets[level]);
        mean.values.push_back(sum.got / count);
        spread.values.push_back(std::sqrt(squares / count));
        pulses.values.push_back(sum.pulses / count);
        energy.values.push_back(sum.energy / count);
        reached.values.push_back(sum.reached / count);
    }
    finish({fmt::format("{}: {} devices each", device->card().name, arguments.devices),
            {asked, mean, spread, pulses, energy, reached}},
           arguments);
    return exit_good;
}

int run_age(const DeviceArguments& arguments) {
    require_output_name(arguments);
    const auto device = make_device(card_of(arguments));
    const double target = arguments.g.empty() ? device->g_max() : parse_si(arguments.g, "S");
    std::vector<double> times;
    for (const std::string& time : arguments.times) times.push_back(parse_si(time, "s"));
    if (times.empty()) times = {1.0, 60.0, 3600.0, 86400.0, 30 * 86400.0, 365 * 86400.0};
    const double temperature = asked_temperature(arguments);
    Column t{"time", "s", times}, mean{"mean", "S", {}}, spread{"spread", "S", {}},
        noise{"read_noise", "S", {}};
    for (const double time : times) {
        if (!(time >= 0.0)) throw InputError(fmt::format("the time {} s is negative", time));
        double sum = 0.0, squares = 0.0, sigma = 0.0;
        for (long k = 0; k < arguments.devices; ++k) {
            const DeviceDraws draws(arguments.seed, {0, 0, static_cast<std::uint32_t>(k)});
            const Programmed one =
                device->program(device->fresh(draws), target, {Programming::single_shot}, draws, 1);
            const double g = device->aged(one.state, {time, temperature}).g;
            sum += g;
            squares += g * g;
            sigma += device->read_noise(one.state, {time, temperature});
        }
        const auto count = static_cast<double>(arguments.devices);
        mean.values.push_back(sum / count);
        spread.values.push_back(std::sqrt(std::max(0.0, squares / count - sum / count * (sum / count))));
        noise.values.push_back(sigma / count);
    }
    finish(
        {fmt::format("{}: {} devices at {}", device->card().name, arguments.devices, format_si(target, "S")),
         {t, mean, spread, noise},
         true,
         3},
        arguments);
    return exit_good;
}

int run_stdp(const DeviceArguments& arguments) {
    require_output_name(arguments);
    const auto device = make_device(card_of(arguments));
    const DeviceDraws draws(arguments.seed, {});
    const DeviceState state = start_state(*device, arguments, draws);
    const SpikeShape shape{parse_si(arguments.peak, "V"), parse_si(arguments.peak_time, "s"),
                           parse_si(arguments.tail, "V"), parse_si(arguments.tail_time, "s")};
    if (!(shape.t_peak > 0.0 && shape.t_tail > 0.0))
        throw InputError("a spike's peak and tail must last longer than 0 s");
    const double span = 1.2 * (shape.t_peak + shape.t_tail);
    const double from = arguments.from.empty() ? -span : parse_si(arguments.from, "s");
    const double to = arguments.to.empty() ? span : parse_si(arguments.to, "s");
    Column delay{"delay", "s", {}}, change{"change", "S", {}};
    for (long k = 0; k < arguments.points; ++k) {
        const double part =
            arguments.points == 1 ? 0.0 : static_cast<double>(k) / static_cast<double>(arguments.points - 1);
        delay.values.push_back(from + (to - from) * part);
        change.values.push_back(spike_pair_change(*device, state, shape, delay.values.back(), draws,
                                                  static_cast<std::uint32_t>(k + 2)));
    }
    finish({fmt::format("{}: change by one pair of spikes, from {}", device->card().name,
                        format_si(state.g, "S")),
            {delay, change}},
           arguments);
    return exit_good;
}

int run_spice(const DeviceArguments& arguments) {
    if (!arguments.output.empty()) require_writable(arguments.output);
    const auto device = make_device(card_of(arguments));
    const SpiceFace face = device->spice(start_state(*device, arguments, DeviceDraws(arguments.seed, {})),
                                         asked_temperature(arguments));
    std::string text = fmt::format("* {}\n", device->card().name);
    for (const std::string& note : face.notes) text += fmt::format("* {}\n", note);
    text += fmt::format("* ports: {}\n{}", fmt::join(face.ports, " "), face.text);
    if (!arguments.output.empty()) {
        UnfinishedFile unfinished{std::filesystem::path(arguments.output)};
        std::ofstream stream(unfinished.path(), std::ios::binary);
        stream << text;
        stream.close();
        if (!stream) throw FileError(fmt::format("{}: writing failed: is the disk full?", arguments.output));
        unfinished.commit();
    }
    if (arguments.json) {
        const nlohmann::json object{{"schema", "ohmloom-device-spice-1"},
                                    {"name", face.name},
                                    {"ports", face.ports},
                                    {"notes", face.notes},
                                    {"text", face.text}};
        fmt::print("{}\n", object.dump(2));
    } else if (arguments.output.empty()) {
        fmt::print("{}", text);
    }
    return exit_good;
}

/// A verb below `device` with what all of them share.
CLI::App* add_verb(CLI::App& device, CommandLine& line, const std::shared_ptr<DeviceArguments>& arguments,
                   const char* name, const char* summary, int (*body)(const DeviceArguments&),
                   const char* example) {
    CLI::App* verb = device.add_subcommand(name, summary);
    verb->footer(fmt::format("Example:\n  {}\n\nExit status: 0 good, 2 bad input.", example));
    verb->callback(
        [arguments, body, &line] { line.chosen = [arguments, body] { return body(*arguments); }; });
    return verb;
}

void add_device(CLI::App* verb, DeviceArguments& arguments) {
    verb->add_option("device", arguments.name,
                     "a card (pcm/hermes_1), a folder (pcm: its default card) or a card file (.toml)")
        ->required();
    verb->add_option("--set", arguments.changes, "replace a value of the card: NAME=VALUE");
}

void add_output(CLI::App* verb, DeviceArguments& arguments) {
    verb->add_option("-o,--output", arguments.output,
                     "file to write: .csv, .h5, .png or .svg; a table on the screen if not given");
    verb->add_option("--seed", arguments.seed, "of all random numbers")->capture_default_str();
}

} // namespace

void add_device_verb(CommandLine& line) {
    auto arguments = std::make_shared<DeviceArguments>();
    DeviceArguments& a = *arguments;
    CLI::App* device =
        line.app.add_subcommand("device", "memory devices: list, show, plot, pulse, program, age");
    device->require_subcommand(1);
    device->footer("Example:\n  ohmloom device iv pcm --g 10u -o pcm.svg\n\nTimes, voltages and conductances "
                   "take SI suffixes.");

    CLI::App* list = add_verb(*device, line, arguments, "list", "all built-in device cards", run_list,
                              "ohmloom device list");
    list->add_flag("--json", a.json, "print as JSON");

    CLI::App* show =
        add_verb(*device, line, arguments, "show", "a card: every value with its unit, range and source",
                 run_show, "ohmloom device show cbram");
    add_device(show, a);
    show->add_flag("--json", a.json, "print as JSON");

    CLI::App* iv = add_verb(*device, line, arguments, "iv", "current over voltage", run_iv,
                            "ohmloom device iv mram --g 40u --from -1 --to 1 -o mram.csv");
    CLI::App* pulse =
        add_verb(*device, line, arguments, "pulse", "conductance over a train of pulses", run_pulse,
                 "ohmloom device pulse pcm/accumulation --v 1 --width 50n --count 20 -o train.png");
    CLI::App* program = add_verb(*device, line, arguments, "program",
                                 "many devices towards targets: mean, spread, pulses, energy", run_program,
                                 "ohmloom device program cbram --target 50u 100u --devices 1000");
    CLI::App* age =
        add_verb(*device, line, arguments, "age", "conductance and read noise over time after programming",
                 run_age, "ohmloom device age pcm --g 20u --time 1 1000 1M -o drift.svg");
    CLI::App* stdp = add_verb(*device, line, arguments, "stdp",
                              "change of conductance by pairs of spikes, over their delay", run_stdp,
                              "ohmloom device stdp cbram --set noise=0 --g 150u -o stdp.png");
    CLI::App* spice = add_verb(*device, line, arguments, "spice", "the device as a SPICE subcircuit",
                               run_spice, "ohmloom device spice mram/spinlib -o spinlib.sub");
    for (CLI::App* verb : {iv, pulse, program, age, stdp}) {
        add_device(verb, a);
        add_output(verb, a);
    }
    add_device(spice, a);
    spice->add_option("-o,--output", a.output, "file to write; the screen if not given");
    for (CLI::App* verb : {iv, pulse, program, age, stdp, spice})
        verb->add_flag("--json", a.json, "print as JSON");
    for (CLI::App* verb : {iv, pulse, age, stdp, spice})
        verb->add_option("--g", a.g, "conductance it is programmed to first [S]");
    for (CLI::App* verb : {iv, age, spice})
        verb->add_option("--temperature", a.temperature, "[K]; 300, or a junction's own, if not given");
    for (CLI::App* verb : {iv, stdp}) {
        verb->add_option("--from", a.from, "first voltage [V] or delay [s]");
        verb->add_option("--to", a.to, "last voltage or delay");
        verb->add_option("--points", a.points, "of the curve")->check(at_least(1))->capture_default_str();
    }
    pulse->add_option("--v", a.amplitudes, "amplitude [V]; several: one train after the other")->required();
    pulse->add_option("--width", a.width, "of each pulse [s]")->capture_default_str();
    pulse->add_option("--count", a.count, "pulses of each amplitude")
        ->check(at_least(1))
        ->capture_default_str();
    for (CLI::App* verb : {program, age})
        verb->add_option("--devices", a.devices, "how many")->check(at_least(1))->capture_default_str();
    program->add_option("--target", a.targets,
                        "conductances [S]; levels over the device's range if not given");
    program->add_flag("--single-shot", a.single_shot, "one attempt each, instead of write-verify");
    program->add_option("--tolerance", a.tolerance, "accepted error, as a part of the greatest conductance")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    program->add_option("--max-pulses", a.max_pulses, "of write-verify")
        ->check(CLI::Range(1L, 10000L))
        ->capture_default_str();
    age->add_option("--time", a.times, "after programming [s]; 1 s to 1 year if not given");
    stdp->add_option("--peak", a.peak, "of the spike [V]")->capture_default_str();
    stdp->add_option("--peak-time", a.peak_time, "[s]")->capture_default_str();
    stdp->add_option("--tail", a.tail, "after the peak [V], fading to 0")->capture_default_str();
    stdp->add_option("--tail-time", a.tail_time, "[s]")->capture_default_str();
}

} // namespace ohmloom::cli
