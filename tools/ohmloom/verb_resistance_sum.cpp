#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/si.hpp"
#include "base/text.hpp"
#include "circuit/spice_text.hpp"
#include "columns.hpp"
#include "inference/classes.hpp"
#include "inference/software.hpp"
#include "network/dataset.hpp"
#include "output_file.hpp"
#include "progress_bar.hpp"
#include "resistance_sum/column_deck.hpp"
#include "resistance_sum/column_figures.hpp"
#include "resistance_sum/counting_network.hpp"
#include "store/hdf5.hpp"
#include "store/unfinished_file.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ohmloom::cli {

namespace {

/// Quantities stay text until the verb knows their unit.
struct ResistanceSumArguments {
    std::string r_low = "13k", sigma_low = "1.6k", r_high = "26k", sigma_high = "2k";
    std::string cell_capacitance = "2.1f", sense_capacitance = "0", switch_resistance = "0";
    std::string precharge = "1", threshold = "0.8823";
    std::string start = "13n", clock = "1n", jitter = "0", start_sigma = "0", cycle = "90.09n";
    double line_share = 1.0;
    int bits = 4;
    std::vector<double> window;
    double own_window = 0.0;
    long cells = 64, columns = 64, readings = 1000, known_vectors = 256, mismatches = -1, images = 0;
    std::uint64_t seed = 1;
    std::string network, data = "mnist-test", calibration = "table", known_data;
    std::vector<std::string> sweep;
    std::string table, output, deck;
    int threads = 0;
    bool json = false;
};

/// One design with its counter.
struct SumPoint {
    SeriesColumnDesign column;
    CountReadout readout;
};

/// A quantity that --sweep can vary.
struct SweepKey {
    std::string_view name, unit;
    double& (*place)(SumPoint& point);
};

constexpr std::array<SweepKey, 12> sweep_keys{{
    {"threshold", "V", [](SumPoint& p) -> double& { return p.column.threshold; }},
    {"precharge", "V", [](SumPoint& p) -> double& { return p.column.precharge; }},
    {"line-share", "1", [](SumPoint& p) -> double& { return p.column.line_share; }},
    {"cell-capacitance", "F", [](SumPoint& p) -> double& { return p.column.cell_capacitance; }},
    {"sense-capacitance", "F", [](SumPoint& p) -> double& { return p.column.sense_capacitance; }},
    {"switch-resistance", "Ohm", [](SumPoint& p) -> double& { return p.column.switch_resistance; }},
    {"sigma-low", "Ohm", [](SumPoint& p) -> double& { return p.column.low.sigma; }},
    {"sigma-high", "Ohm", [](SumPoint& p) -> double& { return p.column.high.sigma; }},
    {"start", "s", [](SumPoint& p) -> double& { return p.readout.counter.start; }},
    {"clock", "s", [](SumPoint& p) -> double& { return p.readout.counter.clock; }},
    {"jitter", "s", [](SumPoint& p) -> double& { return p.readout.counter.jitter; }},
    {"start-sigma", "s", [](SumPoint& p) -> double& { return p.readout.counter.start_sigma; }},
}};

double quantity(std::string_view option, const std::string& text, std::string_view unit) {
    try {
        return parse_si(text, unit == "1" ? "" : unit);
    } catch (const InputError& error) {
        throw InputError(fmt::format("--{}: {}", option, error.what()));
    }
}

CountCalibration calibration_of(const std::string& name) {
    std::vector<std::string> names;
    for (const CountCalibration kind : {CountCalibration::none, CountCalibration::shared,
                                        CountCalibration::offset, CountCalibration::table}) {
        if (name == name_of(kind)) return kind;
        names.emplace_back(name_of(kind));
    }
    throw InputError(fmt::format("--calibration is '{}': expected one of {}", name, join_words(names)));
}

SumPoint point_of(const ResistanceSumArguments& a) {
    SumPoint point;
    point.column.low = {quantity("r-low", a.r_low, "Ohm"), quantity("sigma-low", a.sigma_low, "Ohm")};
    point.column.high = {quantity("r-high", a.r_high, "Ohm"), quantity("sigma-high", a.sigma_high, "Ohm")};
    point.column.cell_capacitance = quantity("cell-capacitance", a.cell_capacitance, "F");
    point.column.line_share = a.line_share;
    point.column.sense_capacitance = quantity("sense-capacitance", a.sense_capacitance, "F");
    point.column.switch_resistance = quantity("switch-resistance", a.switch_resistance, "Ohm");
    point.column.precharge = quantity("precharge", a.precharge, "V");
    point.column.threshold = quantity("threshold", a.threshold, "V");
    point.readout.calibration = calibration_of(a.calibration);
    point.readout.own_window = a.own_window;
    point.readout.known_vectors = a.known_vectors;
    point.readout.cycle = quantity("cycle", a.cycle, "s");
    TimeCounter& counter = point.readout.counter;
    counter.bits = a.bits;
    counter.start = quantity("start", a.start, "s");
    counter.clock = quantity("clock", a.clock, "s");
    counter.jitter = quantity("jitter", a.jitter, "s");
    counter.start_sigma = quantity("start-sigma", a.start_sigma, "s");
    return point;
}

/// A --window follows everything else: it sets start and clock.
SumPoint with_window(SumPoint point, const ResistanceSumArguments& a) {
    validate(point.column);
    validate(point.readout);
    if (a.window.empty()) return point;
    TimeCounter& counter = point.readout.counter;
    const TimeCounter fitted =
        counter_for(ColumnDischarge(point.column, a.cells), counter.bits, a.window[0], a.window[1]);
    counter.start = fitted.start;
    counter.clock = fitted.clock;
    return point;
}

/// The points of a sweep, or the one point without.
struct SumSweep {
    std::string name, unit;
    std::vector<double> values;
    std::vector<SumPoint> points;
    std::vector<ColumnFigures> figures;
};

SumSweep sweep_of(const ResistanceSumArguments& a) {
    SumSweep sweep;
    const SumPoint base = point_of(a);
    if (a.sweep.empty()) {
        sweep.points.push_back(with_window(base, a));
        return sweep;
    }
    const auto key = std::ranges::find(sweep_keys, a.sweep.front(), &SweepKey::name);
    if (key == sweep_keys.end()) {
        std::vector<std::string> names(sweep_keys.size());
        std::ranges::transform(sweep_keys, names.begin(),
                               [](const SweepKey& known) { return std::string(known.name); });
        throw InputError(fmt::format("--sweep {}: expected one of {}", a.sweep.front(), join_words(names)));
    }
    if (a.sweep.size() < 2)
        throw InputError(fmt::format("--sweep {} has no values: expected some behind its name", key->name));
    if (!a.window.empty() && (key->name == "start" || key->name == "clock"))
        throw InputError(
            fmt::format("--sweep {} and --window contradict each other: give one of them", key->name));
    sweep.name = key->name;
    sweep.unit = key->unit;
    for (std::size_t k = 1; k < a.sweep.size(); ++k) {
        sweep.values.push_back(quantity(fmt::format("sweep {}", key->name), a.sweep[k], key->unit));
        SumPoint point = base;
        key->place(point) = sweep.values.back();
        sweep.points.push_back(with_window(point, a));
    }
    return sweep;
}

std::string title_of(const SumPoint& point, const ResistanceSumArguments& a) {
    const SeriesColumnDesign& c = point.column;
    return fmt::format("{} cells in series, {} (sigma {}) and {} ({}), {} each, {:.4g} % of it at the sensed "
                       "end; read at {:.6g} of {:.6g} V, seed {}",
                       a.cells, format_si(c.low.mean, "Ohm"), format_si(c.low.sigma, "Ohm"),
                       format_si(c.high.mean, "Ohm"), format_si(c.high.sigma, "Ohm"),
                       format_si(c.cell_capacitance, "F"), 100.0 * c.line_share, c.threshold, c.precharge,
                       a.seed);
}

const TimeSpread& half_spread(const ColumnFigures& f) {
    return f.spread[f.spread.size() / 2];
}

void print_line(std::string_view name, const std::string& text) {
    fmt::print("{:<18}{}\n", name, text);
}

std::string counter_text(const TimeCounter& counter) {
    return fmt::format(
        "{} bit, {} a code from {} to {}", counter.bits, format_si(counter.clock, "s"),
        format_si(counter.start, "s"),
        format_si(counter.start + static_cast<double>(code_count(counter)) * counter.clock, "s"));
}

void print_point(const SumPoint& point, const ColumnFigures& f, const ResistanceSumArguments& a) {
    fmt::print("{}\n\n", title_of(point, a));
    print_line(
        "delay",
        fmt::format("{} without mismatches to {} with all, {} each; with spreads {} to {} (three sigma; "
                    "published: 13 to 29 ns)",
                    format_si(f.nominal_times.front(), "s"), format_si(f.nominal_times.back(), "s"),
                    format_si(f.step, "s"), format_si(f.shortest, "s"), format_si(f.longest, "s")));
    print_line("INL of the mean", fmt::format("{:.3g} counts", f.inl));
    print_line("half mismatched", fmt::format("sigma {}, {:.3g} counts", format_si(half_spread(f).sigma, "s"),
                                              half_spread(f).sigma / f.step));
    print_line("single pole", fmt::format("{:+.1f} % beside the exact delay", 100.0 * f.single_pole_error));
    print_line("counter", counter_text(point.readout.counter));
    const auto say = [](std::string_view name, const CountError& e) {
        print_line(
            name,
            fmt::format("{:.2f} % of the counts right, {:.2f} % within one, rms {:.3f} counts, mean {:+.3f}",
                        100.0 * e.exact, 100.0 * e.near, e.rms, e.mean));
    };
    say("predicted", f.predicted_error);
    say("measured", f.measured_error);
    print_line("energy",
               fmt::format("{} a reading if discharge stops at the crossing, {} down to 0 V ({} a column)",
                           format_si(f.read_energy, "J"), format_si(f.full_energy, "J"),
                           format_si(f.capacitance, "F")));
}

void print_sweep(const SumSweep& sweep, const ResistanceSumArguments& a) {
    fmt::print("{}\n\n", title_of(sweep.points.front(), a));
    fmt::print("{:>24}{:>12}{:>12}{:>10}{:>14}{:>14}{:>14}{:>12}\n",
               sweep.unit == "1" ? sweep.name : fmt::format("{} [{}]", sweep.name, sweep.unit), "first [s]",
               "last [s]", "INL", "sigma [count]", "rms predicted", "rms measured", "energy [J]");
    for (std::size_t k = 0; k < sweep.values.size(); ++k) {
        const ColumnFigures& f = sweep.figures[k];
        fmt::print("{:>24.6g}{:>12.4g}{:>12.4g}{:>10.3g}{:>14.4g}{:>14.4g}{:>14.4g}{:>12.4g}\n",
                   sweep.values[k], f.nominal_times.front(), f.nominal_times.back(), f.inl,
                   half_spread(f).sigma / f.step, f.predicted_error.rms, f.measured_error.rms, f.read_energy);
    }
}

nlohmann::json json_of(const CountError& e) {
    return {{"exact", e.exact}, {"within_one", e.near}, {"rms_counts", e.rms}, {"mean_counts", e.mean}};
}

nlohmann::json json_of(const SumPoint& point, const ColumnFigures& f) {
    const SeriesColumnDesign& c = point.column;
    const TimeCounter& counter = point.readout.counter;
    return {{"threshold_v", c.threshold},
            {"precharge_v", c.precharge},
            {"line_share", c.line_share},
            {"cell_capacitance_f", c.cell_capacitance},
            {"sense_capacitance_f", c.sense_capacitance},
            {"switch_resistance_ohm", c.switch_resistance},
            {"sigma_low_ohm", c.low.sigma},
            {"sigma_high_ohm", c.high.sigma},
            {"start_s", counter.start},
            {"clock_s", counter.clock},
            {"jitter_s", counter.jitter},
            {"start_sigma_s", counter.start_sigma},
            {"delay_first_s", f.nominal_times.front()},
            {"delay_last_s", f.nominal_times.back()},
            {"delay_step_s", f.step},
            {"shortest_s", f.shortest},
            {"longest_s", f.longest},
            {"inl_counts", f.inl},
            {"half_sigma_s", half_spread(f).sigma},
            {"half_sigma_counts", half_spread(f).sigma / f.step},
            {"single_pole_error", f.single_pole_error},
            {"predicted", json_of(f.predicted_error)},
            {"measured", json_of(f.measured_error)},
            {"capacitance_f", f.capacitance},
            {"read_energy_j", f.read_energy},
            {"full_energy_j", f.full_energy}};
}

void print_json(const SumSweep& sweep, const ResistanceSumArguments& a, std::optional<double> t_cross) {
    nlohmann::json points = nlohmann::json::array();
    for (std::size_t k = 0; k < sweep.points.size(); ++k)
        points.push_back(json_of(sweep.points[k], sweep.figures[k]));
    nlohmann::json object{{"schema", "ohmloom-resistance-sum-1"},
                          {"cells", a.cells},
                          {"bits", a.bits},
                          {"readings", a.readings},
                          {"seed", a.seed},
                          {"swept", sweep.name},
                          {"points", points}};
    if (t_cross) object["deck_t_cross_s"] = *t_cross;
    fmt::print("{}\n", object.dump(2));
}

/// A sweep as columns, to be drawn or written.
Columns columns_of(const SumSweep& sweep, const ResistanceSumArguments& a) {
    Columns table{title_of(sweep.points.front(), a), {{sweep.name, sweep.unit, sweep.values}}};
    const auto add = [&](std::string name, std::string unit, double (*figure)(const ColumnFigures&)) {
        Column column{std::move(name), std::move(unit), {}};
        for (const ColumnFigures& f : sweep.figures) column.values.push_back(figure(f));
        table.columns.push_back(std::move(column));
    };
    add("rms_predicted", "count", [](const ColumnFigures& f) { return f.predicted_error.rms; });
    add("rms_measured", "count", [](const ColumnFigures& f) { return f.measured_error.rms; });
    table.curves = 2;
    add("half_sigma", "count", [](const ColumnFigures& f) { return half_spread(f).sigma / f.step; });
    add("delay_first", "s", [](const ColumnFigures& f) { return f.nominal_times.front(); });
    add("delay_last", "s", [](const ColumnFigures& f) { return f.nominal_times.back(); });
    add("read_energy", "J", [](const ColumnFigures& f) { return f.read_energy; });
    return table;
}

/// Delays and the chances of codes, for other tools.
void write_figures(const SumPoint& point, const ColumnFigures& f, const ResistanceSumArguments& a) {
    std::vector<double> mean, sigma;
    for (const TimeSpread& spread : f.spread) {
        mean.push_back(spread.mean);
        sigma.push_back(spread.sigma);
    }
    Hdf5Writer writer(a.output);
    writer.set_attribute("/", "schema", "ohmloom-resistance-sum-1");
    writer.set_attribute("/", "title", title_of(point, a));
    writer.set_attribute("/", "version", OHMLOOM_VERSION);
    writer.write("/nominal_delay", f.nominal_times, "s");
    writer.write("/delay_mean", mean, "s");
    writer.write("/delay_sigma", sigma, "s");
    writer.write("/predicted", f.predicted, "1");
    writer.write("/measured", f.measured, "1");
    writer.commit();
}

/// One column as made, with so many mismatches. Returns what its measure must be.
double write_deck(const SumPoint& point, const ResistanceSumArguments& a) {
    const long mismatches = a.mismatches < 0 ? a.cells / 2 : a.mismatches;
    const SeriesArray array = make_series_array(point.column, Signs(1, a.cells, std::int8_t{1}), a.seed);
    const std::vector<std::uint8_t> differs = random_mismatches(a.cells, mismatches, a.seed, 0, 0, 0);
    std::vector<std::int8_t> inputs(differs.size());
    std::ranges::transform(differs, inputs.begin(), [](std::uint8_t differ) {
        return static_cast<std::int8_t>(differ != 0 ? -1 : 1);
    });
    const std::vector<double> column = selected_resistances(array, 0, inputs);
    const double t_cross = crossing_time(point.column, discharge_modes(point.column, column));
    ColumnTiming timing;
    timing.discharge = 2.0 * t_cross;
    UnfinishedFile unfinished{std::filesystem::path(a.deck)};
    std::ofstream stream(unfinished.path(), std::ios::binary);
    write_spice(stream, series_column_deck(point.column, column, timing));
    stream.close();
    if (!stream) throw FileError(fmt::format("{}: writing failed: is the disk full?", a.deck));
    unfinished.commit();
    return t_cross;
}

int run_columns(const ResistanceSumArguments& a) {
    for (const std::string& file : {a.table, a.output, a.deck})
        if (!file.empty()) require_output(file, {});
    if (a.images != 0) throw InputError("--images needs a network to run them through");
    if (a.mismatches > a.cells)
        throw InputError(
            fmt::format("--mismatches {}: expected at most the {} cells", a.mismatches, a.cells));
    SumSweep sweep = sweep_of(a);
    if (!a.table.empty()) {
        if (sweep.values.empty()) throw InputError("--table needs a --sweep: one point is no curve");
        require_columns_file(a.table);
    }
    if (!sweep.values.empty() && !(a.output.empty() && a.deck.empty()))
        throw InputError("-o and --deck write one design: expected no --sweep beside them");
    for (const SumPoint& point : sweep.points)
        sweep.figures.push_back(
            column_figures(point.column, a.cells, point.readout.counter, a.readings, a.seed));
    const SumPoint& point = sweep.points.front();
    if (!a.table.empty()) write_columns(columns_of(sweep, a), a.table);
    if (!a.output.empty()) write_figures(point, sweep.figures.front(), a);
    std::optional<double> t_cross; // that the deck must give
    if (!a.deck.empty()) t_cross = write_deck(point, a);
    if (a.json) {
        print_json(sweep, a, t_cross);
        return exit_good;
    }
    if (sweep.values.empty()) {
        print_point(point, sweep.figures.front(), a);
    } else {
        print_sweep(sweep, a);
    }
    if (t_cross) fmt::print("\n{}: t_cross must come out as {:.9g} s\n", a.deck, *t_cross);
    return exit_good;
}

/// A network's run on such columns.
struct NetworkOutcome {
    Accuracy software, circuit;
    CountingInference inference;
    CountingCycles cycles;
    CalibrationCost calibration;
    Index images = 0;
    double wall_s = 0.0;
};

void print_network(const SumPoint& point, const Network& network, const NetworkOutcome& o,
                   const ResistanceSumArguments& a) {
    fmt::print("{}\n", title_of(point, a));
    fmt::print("network '{}', {} images; counter {}; calibration: {}\n\n", network.name, o.images,
               counter_text(point.readout.counter), a.calibration);
    fmt::print("{:<7}{:>7}{:>8}{:>12}{:>12}{:>14}{:>10}{:>10}{:>12}{:>14}\n", "layer", "parts", "arrays",
               "readings", "rms [count]", "uncalibrated", "ends [%]", "changed", "delay [s]", "J an image");
    for (std::size_t l = 0; l < o.inference.layers.size(); ++l) {
        const CountingLayerReport& r = o.inference.layers[l];
        fmt::print("{:<7}{:>7}{:>8}{:>12}{:>12.3f}{:>14.3f}{:>10.3f}{:>8.2f} %{:>12.3g}{:>14.3g}\n", l,
                   r.parts, r.arrays, r.readings, r.count_rms, r.raw_rms, 100.0 * r.beyond, 100.0 * r.changed,
                   r.mean_time, r.read_energy);
    }
    fmt::print("\n");
    const auto say = [](std::string_view name, const Accuracy& accuracy, std::string_view published) {
        print_line(name, fmt::format("{:.2f} % ({:.2f} to {:.2f}); published {}", 100.0 * accuracy.value,
                                     100.0 * accuracy.low, 100.0 * accuracy.high, published));
    };
    say("software", o.software, "95.24 %");
    say("circuit", o.circuit, "93.23 %");
    print_line(
        "latency",
        fmt::format("{} an image with an array for every part, {} with one array for all, without writing",
                    format_si(static_cast<double>(o.cycles.parallel) * point.readout.cycle, "s"),
                    format_si(static_cast<double>(o.cycles.serial) * point.readout.cycle, "s")));
    print_line("calibration", fmt::format("{} readings, {} with all arrays at the same time, {} bits stored",
                                          o.calibration.conversions, format_si(o.calibration.time, "s"),
                                          o.calibration.stored_bits));
    print_line("simulated in", fmt::format("{:.1f} s", o.wall_s));
}

nlohmann::json json_of(const NetworkOutcome& o, const SumPoint& point, const Network& network,
                       const ResistanceSumArguments& a) {
    nlohmann::json layers = nlohmann::json::array();
    for (const CountingLayerReport& r : o.inference.layers) {
        layers.push_back({{"parts", r.parts},
                          {"arrays", r.arrays},
                          {"readings", r.readings},
                          {"rms_counts", r.count_rms},
                          {"mean_counts", r.count_mean},
                          {"uncalibrated_rms_counts", r.raw_rms},
                          {"end_codes", r.beyond},
                          {"changed", r.changed},
                          {"mean_delay_s", r.mean_time},
                          {"read_energy_j", r.read_energy},
                          {"full_energy_j", r.full_energy}});
    }
    return {{"schema", "ohmloom-resistance-sum-network-1"},
            {"network", network.name},
            {"images", o.images},
            {"cells", a.cells},
            {"columns", a.columns},
            {"bits", a.bits},
            {"start_s", point.readout.counter.start},
            {"clock_s", point.readout.counter.clock},
            {"calibration", a.calibration},
            {"seed", a.seed},
            {"layers", layers},
            {"accuracy_software", o.software.value},
            {"accuracy_circuit", o.circuit.value},
            {"latency_s", static_cast<double>(o.cycles.parallel) * point.readout.cycle},
            {"latency_one_array_s", static_cast<double>(o.cycles.serial) * point.readout.cycle},
            {"calibration_readings", o.calibration.conversions},
            {"calibration_time_s", o.calibration.time},
            {"calibration_bits", o.calibration.stored_bits},
            {"wall_s", o.wall_s}};
}

/// The first images of the data set that calibrates; nothing for random vectors.
Matrix<double> known_inputs(const Network& network, const DataSet& digits, const ResistanceSumArguments& a) {
    if (a.known_data == "random") return {};
    const auto first = [&](const DataSet& data) {
        return encode_inputs(data, network.input, 0, std::min<Index>(a.known_vectors, data.count()));
    };
    return a.known_data.empty() ? first(digits) : first(read_dataset(a.known_data));
}

int run_network(const ResistanceSumArguments& a) {
    if (!a.sweep.empty() || !a.table.empty() || !a.output.empty() || !a.deck.empty())
        throw InputError(
            "--sweep, --table, -o and --deck are of columns alone: expected no network beside them");
    const auto started = std::chrono::steady_clock::now();
    const SumPoint point = with_window(point_of(a), a);
    const Network network = read_network(a.network);
    const DataSet digits = read_dataset(a.data);
    const CountingNetwork counting = build_counting_network(
        network, {point.column, point.readout, a.cells, a.columns, a.seed}, known_inputs(network, digits, a));
    NetworkOutcome outcome;
    outcome.images = a.images == 0 ? digits.count() : a.images;
    const Matrix<double> inputs = encode_inputs(digits, network.input, 0, outcome.images);
    const auto labels = std::span(digits.labels).first(static_cast<std::size_t>(outcome.images));
    outcome.software = measure_accuracy(classify_in_software(network, inputs), labels);
    outcome.inference = infer_counting(counting, inputs, a.json ? Progress{} : make_progress_bar());
    outcome.circuit = measure_accuracy(largest_output(outcome.inference.scores), labels);
    outcome.cycles = counting_cycles(counting);
    outcome.calibration = calibration_cost(counting);
    outcome.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    if (a.json) {
        fmt::print("{}\n", json_of(outcome, point, network, a).dump(2));
    } else {
        print_network(point, network, outcome, a);
    }
    return exit_good;
}

void add_column_options(CLI::App& verb, ResistanceSumArguments& a) {
    const std::string group = "Column";
    const auto add = [&](const char* flag, auto& value, const char* meaning) {
        return verb.add_option(flag, value, meaning)->capture_default_str()->group(group);
    };
    add("--cells", a.cells, "in series")->check(at_least(1));
    add("--r-low", a.r_low, "a cell whose input and weight agree [Ohm]");
    add("--sigma-low", a.sigma_low, "its spread from cell to cell [Ohm]");
    add("--r-high", a.r_high, "a mismatched cell [Ohm]");
    add("--sigma-high", a.sigma_high, "its spread [Ohm]");
    add("--cell-capacitance", a.cell_capacitance, "of the column for each cell [F]");
    add("--line-share", a.line_share, "part of it at the sensed end; the rest is between cells");
    add("--sense-capacitance", a.sense_capacitance, "more at the sensed end [F]");
    add("--switch-resistance", a.switch_resistance, "of the discharge switch [Ohm]");
    add("--precharge", a.precharge, "[V]");
    add("--threshold", a.threshold, "at which a column has been read [V]");
}

void add_counter_options(CLI::App& verb, ResistanceSumArguments& a) {
    const std::string group = "Time counter";
    const auto add = [&](const char* flag, auto& value, const char* meaning) {
        return verb.add_option(flag, value, meaning)->capture_default_str()->group(group);
    };
    add("--bits", a.bits, "of the counter");
    CLI::Option* start = add("--start", a.start, "of counting after the discharge begins [s]");
    CLI::Option* clock = add("--clock", a.clock, "time of one code [s]");
    verb.add_option("--window", a.window, "fewest and most mismatches that the codes are to cover, instead")
        ->expected(2)
        ->excludes(start)
        ->excludes(clock)
        ->group(group);
    add("--jitter", a.jitter, "of every reading, rms [s]");
    add("--start-sigma", a.start_sigma, "spread of the start from column to column [s]");
}

void add_network_options(CLI::App& verb, ResistanceSumArguments& a) {
    const std::string group = "Network";
    verb.add_option("network", a.network, "binary network to run on such columns")->group(group);
    const auto add = [&](const char* flag, auto& value, const char* meaning) {
        return verb.add_option(flag, value, meaning)->capture_default_str()->group(group);
    };
    add("--data", a.data, "data set, or folder, to run");
    add("--images", a.images, "the first so many; 0 for all")->check(at_least(0));
    add("--columns", a.columns, "of an array")->check(at_least(1));
    add("--calibration", a.calibration,
        "none, shared (one table for all columns), offset (and each column's own) or table (for each "
        "column)");
    add("--known-vectors", a.known_vectors, "that calibrate each column");
    add("--known-data", a.known_data,
        "data set whose first images are those vectors, or random [that of --data]");
    add("--own-window", a.own_window,
        "mismatches that each column's codes cover around its mean; 0: --start and --clock for all");
    add("--cycle", a.cycle, "of reading an array [s]");
}

} // namespace

void add_resistance_sum_verb(CommandLine& line) {
    auto arguments = std::make_shared<ResistanceSumArguments>();
    ResistanceSumArguments& a = *arguments;
    CLI::App* verb = line.app.add_subcommand(
        "resistance-sum",
        "columns of cells in series, read by their discharge time: delays, counts, networks");
    verb->footer(
        "Examples:\n  ohmloom resistance-sum --sweep line-share 0 0.5 1\n"
        "  ohmloom resistance-sum examples/networks/mnist-xnor.h5 --images 1000\n\n"
        "Defaults are the published MRAM macro's; circuit and equations: src/resistance_sum/README.md.");
    add_column_options(*verb, a);
    add_counter_options(*verb, a);
    add_network_options(*verb, a);
    verb->add_option("--readings", a.readings, "columns made and read for every number of mismatches")
        ->check(at_least(1))
        ->capture_default_str();
    verb->add_option("--seed", a.seed, "of all random numbers")->capture_default_str();
    verb->add_option("--sweep", a.sweep, "a quantity and its values, such as: threshold 0.5 0.9")
        ->expected(1, 1000);
    verb->add_option("--table", a.table, "write the sweep: .csv or .h5; or draw its errors: .png or .svg");
    verb->add_option("-o,--output", a.output, "write delays and the chances of codes: .h5");
    verb->add_option("--deck", a.deck, "write one column as a SPICE transient");
    verb->add_option("--mismatches", a.mismatches, "of the deck's column [half of the cells]")
        ->check(at_least(0));
    verb->add_option("--threads", a.threads, "threads to use; 0 for all")
        ->check(at_least(0))
        ->capture_default_str();
    verb->add_flag("--json", a.json, "print as JSON");
    verb->callback([&line, arguments] {
        line.chosen = [arguments] {
            const ThreadLimit threads(arguments->threads);
            return arguments->network.empty() ? run_columns(*arguments) : run_network(*arguments);
        };
    });
}

} // namespace ohmloom::cli
