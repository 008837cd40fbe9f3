#include "verb_lut_use.hpp"

#include "base/errors.hpp"
#include "base/si.hpp"
#include "lut/exports.hpp"
#include "lut/interpolate.hpp"
#include "lut/lut_file.hpp"
#include "lut_sources.hpp"
#include "store/hdf5.hpp"
#include "store/unfinished_file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

namespace ohmloom::cli {

namespace {

struct LutUseArguments {
    std::string file, table, array, format, dialect = "ngspice", folder;
    std::vector<std::string> at;
    std::optional<std::uint32_t> seed;
    long points = 4096;
    bool json = false;
};

/// The error as a part of full scale.
std::string relative_text(double error, double full_scale) {
    return full_scale > 0.0 ? fmt::format("{:.3g} %", 100.0 * error / full_scale) : std::string("n/a");
}

/// A quantity with a prefix where its unit takes one.
std::string quantity_text(double value, const std::string& unit) {
    const bool simple =
        unit == "A" || unit == "V" || unit == "S" || unit == "s" || unit == "Ohm" || unit == "F";
    if (unit == "1") return fmt::format("{:.4g}", value);
    return simple && value != 0.0 ? format_si(value, unit) : fmt::format("{:.4g} {}", value, unit);
}

void print_table(const Lut& table) {
    fmt::print("\n{} ({}): {}\n", table.name, table.kind, table.summary);
    for (const LutAxis& axis : table.axes)
        fmt::print("  axis  {:<16}{:>6} nodes, {} to {}, {}, {}\n", axis.name, axis.values.size(),
                   quantity_text(axis.values.front(), axis.unit),
                   quantity_text(axis.values.back(), axis.unit), name_of(axis.rule),
                   axis.beyond == BeyondAxis::refuse ? "refuses what is beyond" : "holds its ends");
    for (const LutArray& array : table.arrays)
        fmt::print("  array {:<16}[{}] {} along {}\n", array.name, fmt::join(array.shape, " x "), array.unit,
                   fmt::join(array.dims, ", "));
    for (const LutError& error : table.errors)
        fmt::print("  error {:<16}largest {} ({}), rms {} ({}), against {} on {} points, seed {}\n", error.of,
                   quantity_text(error.largest, error.unit), relative_text(error.largest, error.full_scale),
                   quantity_text(error.rms, error.unit), relative_text(error.rms, error.full_scale),
                   error.reference, error.points, error.seed);
}

nlohmann::json json_of(const LutError& error) {
    return {{"of", error.of},
            {"unit", error.unit},
            {"largest", error.largest},
            {"rms", error.rms},
            {"full_scale", error.full_scale},
            {"points", error.points},
            {"seed", error.seed},
            {"reference", error.reference},
            {"drawn", error.drawn}};
}

nlohmann::json json_of(const Lut& table) {
    nlohmann::json axes = nlohmann::json::array(), arrays = nlohmann::json::array(),
                   errors = nlohmann::json::array();
    for (const LutAxis& axis : table.axes)
        axes.push_back({{"name", axis.name},
                        {"unit", axis.unit},
                        {"nodes", axis.values.size()},
                        {"low", axis.values.front()},
                        {"high", axis.values.back()},
                        {"rule", name_of(axis.rule)},
                        {"beyond", name_of(axis.beyond)}});
    for (const LutArray& array : table.arrays)
        arrays.push_back(
            {{"name", array.name}, {"unit", array.unit}, {"dims", array.dims}, {"shape", array.shape}});
    for (const LutError& error : table.errors) errors.push_back(json_of(error));
    return {{"name", table.name}, {"kind", table.kind},   {"summary", table.summary},
            {"axes", axes},       {"arrays", arrays},     {"errors", errors},
            {"seed", table.seed}, {"texts", table.texts}, {"numbers", table.numbers}};
}

int run_show(const LutUseArguments& arguments) {
    LutFile luts = read_luts(arguments.file);
    if (!arguments.table.empty()) luts.tables = {table_of(luts, arguments.table)};
    print_luts(luts, arguments.file, arguments.json);
    return exit_good;
}

/// A table held to what it was made of.
struct Recheck {
    std::vector<LutError> found; ///< on points drawn anew
    bool is_equal = true;        ///< numbers of an exact table, made again
};

/// Whether two arrays hold the same numbers, to the last digits.
bool agree(const LutArray& one, const LutArray& other) {
    if (one.shape != other.shape) return false;
    double scale = 0.0, worst = 0.0;
    for (std::size_t k = 0; k < one.values.size(); ++k) {
        scale = std::max(scale, std::abs(one.values[k]));
        worst = std::max(worst, std::abs(one.values[k] - other.values[k]));
    }
    return worst <= 1e-9 * scale;
}

Recheck recheck(const Lut& table, const LutSource& source, const LutUseArguments& arguments) {
    const std::uint32_t seed = arguments.seed.value_or(table.seed + 1);
    if (!is_exact(source))
        return {measure_errors(table, build_source(source).function, arguments.points, seed)};
    for (const Lut& anew : build_tables(source, max_lut_numbers, arguments.points, seed)) {
        if (anew.kind != table.kind) continue;
        Recheck check{anew.errors, anew.arrays.size() == table.arrays.size()};
        for (const LutArray& array : anew.arrays) {
            const LutArray* stored = find_array(table, array.name);
            check.is_equal = check.is_equal && stored != nullptr && agree(array, *stored);
        }
        return check;
    }
    return {{}, false};
}

/// Compares what was found with what the table states, and says so. Returns whether it holds.
bool report_check(const Lut& table, const Recheck& check, const LutUseArguments& arguments,
                  nlohmann::json& tables) {
    bool holds = check.is_equal;
    nlohmann::json errors = nlohmann::json::array();
    for (const LutError& found : check.found) {
        const LutError* stated = find_error(table, found.of);
        if (stated == nullptr)
            throw InputError(fmt::format("table {} states no error of {}", table.name, found.of));
        const bool is_true = found.largest <= 1.5 * stated->largest + 1e-12 * stated->full_scale;
        holds = holds && is_true;
        errors.push_back({{"of", found.of},
                          {"unit", found.unit},
                          {"stated", stated->largest},
                          {"found", found.largest},
                          {"seed", found.seed}});
        if (arguments.json) continue;
        fmt::print("{}: {}: largest error {} on {} new points, stated {}: {}\n", table.name, found.of,
                   quantity_text(found.largest, found.unit), found.points,
                   quantity_text(stated->largest, stated->unit),
                   is_true ? "holds" : "DOES NOT HOLD (more than 1.5 times as large)");
    }
    if (!arguments.json && !check.is_equal)
        fmt::print("{}: its numbers are NOT those of its source\n", table.name);
    if (!arguments.json && check.is_equal && check.found.empty())
        fmt::print("{}: made again, the same numbers\n", table.name);
    tables.push_back({{"table", table.name}, {"checked", true}, {"holds", holds}, {"errors", errors}});
    return holds;
}

int run_check(const LutUseArguments& arguments) {
    const LutFile luts = read_luts(arguments.file);
    nlohmann::json tables = nlohmann::json::array();
    bool all_hold = true;
    for (const Lut& table : luts.tables) {
        const std::optional<LutSource> source = source_of(table);
        if (source) {
            const bool holds = report_check(table, recheck(table, *source, arguments), arguments, tables);
            all_hold = all_hold && holds;
            continue;
        }
        tables.push_back({{"table", table.name}, {"checked", false}});
        if (!arguments.json)
            fmt::print("{}: well-formed; its source is not known here, its errors stand as stated\n",
                       table.name);
    }
    if (arguments.json) {
        const nlohmann::json object{{"schema", "ohmloom-lut-check-1"},
                                    {"file", arguments.file},
                                    {"holds", all_hold},
                                    {"tables", tables}};
        fmt::print("{}\n", object.dump(2));
    }
    return all_hold ? exit_good : exit_not_converged;
}

std::vector<ExportedFile> exported(const LutUseArguments& arguments) {
    const LutFile luts = read_luts(arguments.file);
    if (arguments.format == "neurosim") return export_neurosim(luts);
    std::vector<const Lut*> chosen;
    if (arguments.table.empty()) {
        for (const Lut& table : luts.tables) chosen.push_back(&table);
    } else {
        chosen.push_back(&table_of(luts, arguments.table));
    }
    std::vector<ExportedFile> files;
    for (const Lut* table : chosen) {
        std::vector<ExportedFile> some = arguments.format == "csv" ? export_csv(*table)
                                         : arguments.format == "spice"
                                             ? export_spice(*table, dialect_from_name(arguments.dialect))
                                             : export_verilog_a(*table);
        std::move(some.begin(), some.end(), std::back_inserter(files));
    }
    return files;
}

int run_export(const LutUseArguments& arguments) {
    const std::vector<ExportedFile> files = exported(arguments);
    const std::filesystem::path folder = arguments.folder;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        throw FileError(fmt::format("{}: the folder cannot be made: {}", arguments.folder, error.message()));
    std::vector<std::string> names;
    for (const ExportedFile& file : files) {
        UnfinishedFile unfinished{folder / file.name};
        std::ofstream stream(unfinished.path(), std::ios::binary);
        stream << file.text;
        stream.close();
        if (!stream)
            throw FileError(
                fmt::format("{}: writing failed: is the disk full?", unfinished.target().string()));
        unfinished.commit();
        names.push_back((folder / file.name).string());
    }
    if (arguments.json) {
        fmt::print("{}\n", nlohmann::json{{"schema", "ohmloom-lut-export-1"}, {"files", names}}.dump(2));
    } else {
        for (const std::string& name : names) fmt::print("{}\n", name);
    }
    return exit_good;
}

/// The argument of each axis from words such as voltage=0.3.
std::vector<double> point_of(const Interpolant& interpolant, const std::vector<std::string>& words) {
    std::vector<std::optional<double>> found(interpolant.axes().size());
    for (const std::string& word : words) {
        const auto equals = word.find('=');
        const std::string name = word.substr(0, equals);
        std::vector<std::string> names;
        for (std::size_t a = 0; a < found.size(); ++a) {
            const LutAxis& axis = *interpolant.axes()[a];
            names.push_back(axis.name);
            if (equals == std::string::npos || name != axis.name) continue;
            const bool has_prefix_unit = axis.unit != "1" && axis.unit != "code" &&
                                         axis.unit.find_first_of("/*^") == std::string::npos;
            found[a] = parse_si(word.substr(equals + 1), has_prefix_unit ? axis.unit : "");
        }
        if (equals == std::string::npos || std::ranges::find(names, name) == names.end())
            throw InputError(fmt::format("--at {}: expected NAME=VALUE with one of the axes {}", word,
                                         fmt::join(names, ", ")));
    }
    std::vector<double> point;
    for (std::size_t a = 0; a < found.size(); ++a) {
        if (!found[a])
            throw InputError(
                fmt::format("--at gives no {}: expected a value on every axis", interpolant.axes()[a]->name));
        point.push_back(*found[a]);
    }
    return point;
}

int run_eval(const LutUseArguments& arguments) {
    const LutFile luts = read_luts(arguments.file);
    const Lut& table = table_of(luts, arguments.table);
    const auto over_axes = [&](const LutArray& array) {
        return !array.dims.empty() && find_axis(table, array.dims.front()) != nullptr;
    };
    nlohmann::json results = nlohmann::json::object();
    for (const LutArray& array : table.arrays) {
        if (arguments.array.empty() ? !over_axes(array) : array.name != arguments.array) continue;
        const Interpolant interpolant(table, array.name);
        std::vector<double> values(static_cast<std::size_t>(interpolant.outputs()));
        interpolant.evaluate(point_of(interpolant, arguments.at), values);
        results[array.name] = {{"unit", array.unit}, {"values", values}};
        if (!arguments.json) fmt::print("{} = {:.17g} {}\n", array.name, fmt::join(values, ", "), array.unit);
    }
    if (results.empty())
        throw InputError(fmt::format("table {} has no array {}that runs along axes", table.name,
                                     arguments.array.empty() ? "" : arguments.array + " "));
    if (arguments.json)
        fmt::print(
            "{}\n",
            nlohmann::json{{"schema", "ohmloom-lut-value-1"}, {"table", table.name}, {"values", results}}
                .dump(2));
    return exit_good;
}

} // namespace

void print_luts(const LutFile& luts, const std::string& file, bool json) {
    if (json) {
        nlohmann::json tables = nlohmann::json::array();
        for (const Lut& table : luts.tables) tables.push_back(json_of(table));
        const nlohmann::json object{{"schema", "ohmloom-lut-show-1"},    {"file", file},
                                    {"version", luts.version},           {"command", luts.command},
                                    {"created_from", luts.created_from}, {"tables", tables}};
        fmt::print("{}\n", object.dump(2));
        return;
    }
    fmt::print("{}: {} table{}, made by `{}` ({})\n", file, luts.tables.size(),
               luts.tables.size() == 1 ? "" : "s", luts.command, luts.version);
    for (const Lut& table : luts.tables) print_table(table);
}

void add_lut_use_verbs(CLI::App& lut, CommandLine& line) {
    auto arguments = std::make_shared<LutUseArguments>();
    LutUseArguments& a = *arguments;
    const auto add = [&](const std::string& name, const std::string& summary,
                         int (*run)(const LutUseArguments&)) {
        CLI::App* verb = lut.add_subcommand(name, summary);
        verb->add_option("FILE", a.file, "tables, as the other verbs write them")->required();
        verb->add_flag("--json", a.json, "print as JSON");
        verb->callback(
            [&line, arguments, run] { line.chosen = [arguments, run] { return run(*arguments); }; });
        return verb;
    };
    CLI::App* show =
        add("show", "what a file of tables holds, and how far each is from what it stands for", run_show);
    show->add_option("--table", a.table, "only this one");
    CLI::App* check =
        add("check", "read a file strictly and measure its errors again, on points drawn anew", run_check);
    check->footer("Exit status 1 if a largest error is more than 1.5 times the stated one. Sources are built "
                  "again from the table's notes:\n"
                  "cards, studies and decks must be where they were.");
    check->add_option("--seed", a.seed, "of the points; the table's and one");
    check->add_option("--points", a.points, "over the range, and as many over the cells")
        ->check(at_least(1))
        ->capture_default_str();
    CLI::App* exporting = add("export", "write tables for other tools", run_export);
    exporting->footer("Example:\n  ohmloom lut export iv.h5 --format verilog-a -o models\n\nneurosim: "
                      "mem_states.csv of `lut device --levels`, "
                      "output_noise.csv of `lut adc`.");
    exporting->add_option("--format", a.format, "verilog-a, spice, csv or neurosim")
        ->required()
        ->check(CLI::IsMember({"verilog-a", "spice", "csv", "neurosim"}));
    exporting->add_option("--dialect", a.dialect, "of spice: ngspice, xyce or hspice")->capture_default_str();
    exporting->add_option("--table", a.table, "only this one");
    exporting->add_option("-o,--output", a.folder, "folder for the files")->required();
    CLI::App* eval = add("eval", "the value of a table at a point", run_eval);
    eval->footer("Example:\n  ohmloom lut eval iv.h5 --at voltage=0.3,state=12u");
    eval->add_option("--table", a.table, "which, if there are several");
    eval->add_option("--array", a.array, "only this one of the table");
    eval->add_option("--at", a.at, "NAME=VALUE of every axis")->required()->delimiter(',');
}

} // namespace ohmloom::cli
