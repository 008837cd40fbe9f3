#include "base/errors.hpp"
#include "base/si.hpp"
#include "base/text.hpp"
#include "charge/charge_deck.hpp"
#include "charge/charge_figures.hpp"
#include "circuit/spice_text.hpp"
#include "columns.hpp"
#include "output_file.hpp"
#include "store/hdf5.hpp"
#include "store/unfinished_file.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
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
struct ChargeArguments {
    std::string cell = "c2c", drive = "differential";
    std::string unit = "2f", supply = "0.8", column_capacitance = "0", injection = "0", injection_sigma = "0";
    std::string series = "2";
    int bits = 8;
    double termination = 1.0, node_parasitic = 0.0, bottom_parasitic = 0.0, unit_sigma = 0.0,
           temperature = 300.0;
    long rows = 64, columns = 16, vectors = 1000, column = 0;
    std::uint64_t seed = 1;
    std::vector<std::string> sweep;
    std::string table, output, deck;
    bool json = false;
};

/// One design and how it is tried.
struct ChargePoint {
    ChargeArrayDesign design;
    ChargeTrial trial;
};

/// A quantity that --sweep can vary.
struct SweepKey {
    std::string_view name, unit;
    double& (*place)(ChargePoint& point);
};

constexpr std::array<SweepKey, 8> sweep_keys{{
    {"supply", "V", [](ChargePoint& p) -> double& { return p.trial.supply; }},
    {"unit", "F", [](ChargePoint& p) -> double& { return p.design.cell.unit; }},
    {"series", "1", [](ChargePoint& p) -> double& { return p.design.cell.series; }},
    {"termination", "1", [](ChargePoint& p) -> double& { return p.design.cell.termination; }},
    {"node-parasitic", "1", [](ChargePoint& p) -> double& { return p.design.cell.node_parasitic; }},
    {"unit-sigma", "1", [](ChargePoint& p) -> double& { return p.design.cell.unit_sigma; }},
    {"column-capacitance", "F", [](ChargePoint& p) -> double& { return p.design.column_capacitance; }},
    {"temperature", "K", [](ChargePoint& p) -> double& { return p.design.temperature; }},
}};

double quantity(std::string_view option, const std::string& text, std::string_view unit) {
    try {
        return parse_si(text, unit == "1" ? "" : unit);
    } catch (const InputError& error) {
        throw InputError(fmt::format("--{}: {}", option, error.what()));
    }
}

template <class Kind>
Kind kind_from(std::string_view option, const std::string& name, std::initializer_list<Kind> kinds) {
    std::vector<std::string> names;
    for (const Kind kind : kinds) {
        if (name == name_of(kind)) return kind;
        names.emplace_back(name_of(kind));
    }
    throw InputError(fmt::format("--{} is '{}': expected {}", option, name, fmt::join(names, " or ")));
}

ChargePoint point_of(const ChargeArguments& arguments) {
    ChargePoint point;
    ChargeCellDesign& cell = point.design.cell;
    cell.kind =
        kind_from("cell", arguments.cell, {ChargeCellKind::c2c_ladder, ChargeCellKind::binary_weighted});
    cell.bits = arguments.bits;
    cell.unit = quantity("unit", arguments.unit, "F");
    cell.termination = arguments.termination;
    cell.node_parasitic = arguments.node_parasitic;
    cell.bottom_parasitic = arguments.bottom_parasitic;
    cell.unit_sigma = arguments.unit_sigma;
    point.design.drive =
        kind_from("drive", arguments.drive, {ChargeDrive::single_ended, ChargeDrive::differential});
    point.design.column_capacitance = quantity("column-capacitance", arguments.column_capacitance, "F");
    point.design.temperature = arguments.temperature;
    point.design.injection = quantity("injection", arguments.injection, "C");
    point.design.injection_sigma = quantity("injection-sigma", arguments.injection_sigma, "C");
    point.trial = {arguments.rows, arguments.columns, quantity("supply", arguments.supply, "V"),
                   arguments.vectors, arguments.seed};
    return point;
}

/// A series capacitor of `best` follows everything else.
ChargePoint with_series(ChargePoint point, const std::string& series) {
    validate(point.design);
    point.design.cell.series =
        series == "best" ? best_series(point.design.cell) : quantity("series", series, "1");
    return point;
}

/// The points of a sweep, or the one point without.
struct ChargeSweep {
    std::string name, unit;
    std::vector<double> values;
    std::vector<ChargePoint> points;
    std::vector<ChargeFigures> figures;
};

ChargeSweep sweep_of(const ChargeArguments& arguments) {
    ChargeSweep sweep;
    const ChargePoint base = point_of(arguments);
    if (arguments.sweep.empty()) {
        sweep.points.push_back(with_series(base, arguments.series));
        return sweep;
    }
    const auto key = std::ranges::find(sweep_keys, arguments.sweep.front(), &SweepKey::name);
    if (key == sweep_keys.end()) {
        std::vector<std::string> names(sweep_keys.size());
        std::ranges::transform(sweep_keys, names.begin(),
                               [](const SweepKey& known) { return std::string(known.name); });
        throw InputError(
            fmt::format("--sweep {}: expected one of {}", arguments.sweep.front(), join_words(names)));
    }
    if (arguments.sweep.size() < 2)
        throw InputError(fmt::format("--sweep {} has no values: expected some behind its name", key->name));
    if (key->name == "series" && arguments.series == "best")
        throw InputError("--sweep series and --series best contradict each other: give one of them");
    sweep.name = key->name;
    sweep.unit = key->unit;
    for (std::size_t k = 1; k < arguments.sweep.size(); ++k) {
        sweep.values.push_back(quantity(fmt::format("sweep {}", key->name), arguments.sweep[k], key->unit));
        ChargePoint point = base;
        if (key->name != "series") {
            key->place(point) = sweep.values.back();
            point = with_series(point, arguments.series);
        } else {
            key->place(point) = sweep.values.back();
        }
        sweep.points.push_back(point);
    }
    return sweep;
}

ChargeArray array_of(const ChargePoint& point) {
    validate(point.trial);
    return make_charge_array(point.design, random_codes(point.trial, point.design), point.trial.seed);
}

std::string title_of(const ChargePoint& point) {
    const ChargeCellDesign& cell = point.design.cell;
    return fmt::format("{} rows x {} columns of {} cells, {} bit, {} units, {} drive, seed {}",
                       point.trial.rows, point.trial.columns, name_of(cell.kind), cell.bits,
                       format_si(cell.unit, "F"), name_of(point.design.drive), point.trial.seed);
}

bool is_ladder(const ChargePoint& point) {
    return point.design.cell.kind == ChargeCellKind::c2c_ladder;
}

void print_point(const ChargePoint& point, const ChargeFigures& f) {
    fmt::print("{}\n\n", title_of(point));
    const auto line = [](std::string_view name, const std::string& text) {
        fmt::print("{:<20}{}\n", name, text);
    };
    if (is_ladder(point)) line("series capacitors", fmt::format("{:.5g} units", point.design.cell.series));
    line("cell INL", fmt::format("{:.3g} LSB by design, {:.3g} LSB as made (mean of the cells)", f.cell_inl,
                                 f.cell_inl_drawn));
    line("column", fmt::format("{}, gain {:.5f}, injected offset {}", format_si(f.capacitance, "F"),
                               f.products.gain, format_si(f.offset, "V")));
    line("kT/C noise", fmt::format("{} rms", format_si(f.noise, "V")));
    line("product error", fmt::format("{:.3g} % rms, {:.3g} % largest of full scale, without noise",
                                      100.0 * f.products.rms, 100.0 * f.products.largest));
    line("with noise", fmt::format("{:.3g} % rms, {:.3g} % largest", 100.0 * f.noisy_products.rms,
                                   100.0 * f.noisy_products.largest));
    line("energy", fmt::format("{} a cycle at {}, {} a product (capacitors alone: {:.4g} TOPS/W)",
                               format_si(f.cycle_energy, "J"), format_si(point.trial.supply, "V"),
                               format_si(f.energy_per_product, "J"), 2e-12 / f.energy_per_product));
}

void print_sweep(const ChargeSweep& sweep) {
    fmt::print("{}\n\n", title_of(sweep.points.front()));
    fmt::print("{:>20}{:>10}{:>12}{:>12}{:>12}{:>12}{:>12}{:>14}\n",
               sweep.unit == "1" ? sweep.name : fmt::format("{} [{}]", sweep.name, sweep.unit), "series",
               "INL [LSB]", "error [%]", "noisy [%]", "noise [V]", "energy [J]", "product [J]");
    for (std::size_t k = 0; k < sweep.values.size(); ++k) {
        const ChargeFigures& f = sweep.figures[k];
        fmt::print("{:>20.6g}{:>10.5g}{:>12.4g}{:>12.4g}{:>12.4g}{:>12.4g}{:>12.4g}{:>14.4g}\n",
                   sweep.values[k], sweep.points[k].design.cell.series, f.cell_inl_drawn,
                   100.0 * f.products.rms, 100.0 * f.noisy_products.rms, f.noise, f.cycle_energy,
                   f.energy_per_product);
    }
}

nlohmann::json json_of(const ChargePoint& point, const ChargeFigures& f) {
    return {{"supply_v", point.trial.supply},
            {"unit_f", point.design.cell.unit},
            {"series", point.design.cell.series},
            {"termination", point.design.cell.termination},
            {"node_parasitic", point.design.cell.node_parasitic},
            {"unit_sigma", point.design.cell.unit_sigma},
            {"cell_inl_lsb", f.cell_inl},
            {"cell_inl_drawn_lsb", f.cell_inl_drawn},
            {"capacitance_f", f.capacitance},
            {"noise_v", f.noise},
            {"offset_v", f.offset},
            {"gain", f.products.gain},
            {"error_rms", f.products.rms},
            {"error_largest", f.products.largest},
            {"noisy_error_rms", f.noisy_products.rms},
            {"noisy_error_largest", f.noisy_products.largest},
            {"cycle_energy_j", f.cycle_energy},
            {"product_energy_j", f.energy_per_product}};
}

void print_json(const ChargeSweep& sweep, std::optional<double> v_column) {
    const ChargePoint& first = sweep.points.front();
    nlohmann::json points = nlohmann::json::array();
    for (std::size_t k = 0; k < sweep.points.size(); ++k)
        points.push_back(json_of(sweep.points[k], sweep.figures[k]));
    nlohmann::json object{{"schema", "ohmloom-charge-1"},
                          {"cell", name_of(first.design.cell.kind)},
                          {"bits", first.design.cell.bits},
                          {"drive", name_of(first.design.drive)},
                          {"rows", first.trial.rows},
                          {"columns", first.trial.columns},
                          {"vectors", first.trial.vectors},
                          {"seed", first.trial.seed},
                          {"swept", sweep.name},
                          {"points", points}};
    if (v_column) object["deck_v_column_v"] = *v_column;
    fmt::print("{}\n", object.dump(2));
}

/// A sweep as columns, to be drawn or written.
Columns columns_of(const ChargeSweep& sweep) {
    Columns table{title_of(sweep.points.front()), {{sweep.name, sweep.unit, sweep.values}}};
    const auto add = [&](std::string name, std::string unit, double (*figure)(const ChargeFigures&)) {
        Column column{std::move(name), std::move(unit), {}};
        for (const ChargeFigures& f : sweep.figures) column.values.push_back(figure(f));
        table.columns.push_back(std::move(column));
    };
    add("error_rms", "1", [](const ChargeFigures& f) { return f.products.rms; });
    add("noisy_error_rms", "1", [](const ChargeFigures& f) { return f.noisy_products.rms; });
    table.curves = 2;
    add("cell_inl", "LSB", [](const ChargeFigures& f) { return f.cell_inl_drawn; });
    add("noise", "V", [](const ChargeFigures& f) { return f.noise; });
    add("cycle_energy", "J", [](const ChargeFigures& f) { return f.cycle_energy; });
    add("product_energy", "J", [](const ChargeFigures& f) { return f.energy_per_product; });
    return table;
}

/// The array's exact map, for other tools.
void write_response(const ChargePoint& point, const ChargeArray& array, const std::string& file) {
    const ChargeResponse response = charge_response(array);
    Hdf5Writer writer(file);
    writer.set_attribute("/", "schema", "ohmloom-charge-1");
    writer.set_attribute("/", "title", title_of(point));
    writer.set_attribute("/", "version", OHMLOOM_VERSION);
    writer.write("/codes", array.codes, "1");
    writer.write("/transfer", response.transfer, "V/V");
    writer.write("/offset", response.offset, "V");
    writer.write("/noise", response.noise, "V");
    writer.write("/capacitance", response.capacitance, "F");
    writer.write("/energy", response.energy, "F");
    writer.commit();
}

/// One column with the trial's first inputs. Returns what its measure must be.
double write_deck(const ChargePoint& point, const ChargeArray& array, Index column, const std::string& file) {
    ChargeTrial one = point.trial;
    one.vectors = 1;
    const Matrix<double> v = random_inputs(one, point.design.drive);
    UnfinishedFile unfinished{std::filesystem::path(file)};
    std::ofstream stream(unfinished.path(), std::ios::binary);
    write_spice(stream, charge_column_deck(array, column, v.row(0)));
    stream.close();
    if (!stream) throw FileError(fmt::format("{}: writing failed: is the disk full?", file));
    unfinished.commit();
    return column_voltages(charge_response(array), v)(0, column);
}

int run_charge(const ChargeArguments& arguments) {
    for (const std::string& file : {arguments.table, arguments.output, arguments.deck})
        if (!file.empty()) require_output(file, {});
    ChargeSweep sweep = sweep_of(arguments);
    if (!arguments.table.empty()) {
        if (sweep.values.empty()) throw InputError("--table needs a --sweep: one point is no curve");
        require_columns_file(arguments.table);
    }
    if (sweep.points.size() > 1 && !(arguments.output.empty() && arguments.deck.empty()))
        throw InputError("-o and --deck write one array: expected no --sweep beside them");
    if (!arguments.deck.empty() && arguments.column >= arguments.columns)
        throw InputError(
            fmt::format("--column {}: expected 0 to {}", arguments.column, arguments.columns - 1));
    for (const ChargePoint& point : sweep.points)
        sweep.figures.push_back(charge_figures(array_of(point), point.trial));
    const ChargePoint& point = sweep.points.front();
    if (!arguments.table.empty()) write_columns(columns_of(sweep), arguments.table);
    if (!arguments.output.empty()) write_response(point, array_of(point), arguments.output);
    std::optional<double> v_column; // that the deck must give
    if (!arguments.deck.empty())
        v_column = write_deck(point, array_of(point), arguments.column, arguments.deck);
    if (arguments.json) {
        print_json(sweep, v_column);
        return exit_good;
    }
    if (sweep.values.empty()) {
        print_point(point, sweep.figures.front());
    } else {
        print_sweep(sweep);
    }
    if (v_column) {
        fmt::print("\n{}: column {}, v_column must come out as {:.9g} V\n", arguments.deck, arguments.column,
                   *v_column);
    }
    return exit_good;
}

} // namespace

void add_charge_verb(CommandLine& line) {
    auto arguments = std::make_shared<ChargeArguments>();
    ChargeArguments& a = *arguments;
    CLI::App* charge = line.app.add_subcommand(
        "charge", "arrays that compute in charge: nonlinearity, product error, kT/C noise and energy");
    charge->footer(
        "Example:\n  ohmloom charge --node-parasitic 0.08 --series best --unit-sigma 0.005 "
        "--sweep supply 0.7 0.8 0.9 1.0 1.1\n\n"
        "Weights and inputs are random. Capacitors in units of --unit; equations: src/charge/README.md.");
    charge
        ->add_option("--cell", a.cell,
                     "c2c (ladder) or binary (weighted capacitors; of one bit: a capacitor)")
        ->capture_default_str();
    charge->add_option("--bits", a.bits, "of a weight")->capture_default_str();
    charge->add_option("--unit", a.unit, "unit capacitor [F]")->capture_default_str();
    charge
        ->add_option("--series", a.series,
                     "series capacitors of a ladder [units], or best: least nonlinearity")
        ->capture_default_str();
    charge->add_option("--termination", a.termination, "at a ladder's end [units]")->capture_default_str();
    charge->add_option("--node-parasitic", a.node_parasitic, "to ground at the top plates, per unit")
        ->capture_default_str();
    charge->add_option("--bottom-parasitic", a.bottom_parasitic, "to ground at the driven plates, per unit")
        ->capture_default_str();
    charge->add_option("--unit-sigma", a.unit_sigma, "mismatch of a unit, relative")->capture_default_str();
    charge->add_option("--column-capacitance", a.column_capacitance, "of a column's wire and converter [F]")
        ->capture_default_str();
    charge
        ->add_option("--drive", a.drive,
                     "differential (0 bits to the negative input) or single-ended (to 0 V)")
        ->capture_default_str();
    charge->add_option("--injection", a.injection, "charge that the reset switch leaves [C]")
        ->capture_default_str();
    charge->add_option("--injection-sigma", a.injection_sigma, "its spread from column to column [C]")
        ->capture_default_str();
    charge->add_option("--temperature", a.temperature, "[K]")->capture_default_str();
    charge->add_option("--supply", a.supply, "of a row at 1 [V]")->capture_default_str();
    charge->add_option("--rows", a.rows, "cells of a column")->check(at_least(1))->capture_default_str();
    charge->add_option("--columns", a.columns, "outputs")->check(at_least(1))->capture_default_str();
    charge->add_option("--vectors", a.vectors, "random inputs")->check(at_least(1))->capture_default_str();
    charge->add_option("--seed", a.seed, "of all random numbers")->capture_default_str();
    charge->add_option("--sweep", a.sweep, "a quantity and its values, such as: supply 0.7 0.8 0.9")
        ->expected(1, 1000);
    charge->add_option("--table", a.table, "write the sweep: .csv or .h5; or draw its errors: .png or .svg");
    charge->add_option("-o,--output", a.output, "write the array's map, noise and energy: .h5");
    charge->add_option("--deck", a.deck, "write one column with the first inputs as a SPICE transient");
    charge->add_option("--column", a.column, "that --deck writes")->check(at_least(0))->capture_default_str();
    charge->add_flag("--json", a.json, "print as JSON");
    charge->callback([&line, arguments] { line.chosen = [arguments] { return run_charge(*arguments); }; });
}

} // namespace ohmloom::cli
