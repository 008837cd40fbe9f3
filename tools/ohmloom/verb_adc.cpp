#include "adc_options.hpp"
#include "base/errors.hpp"
#include "base/si.hpp"
#include "columns.hpp"
#include "converters/adc_metrics.hpp"
#include "output_file.hpp"
#include "store/hdf5.hpp"
#include "store/toml_table.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

namespace ohmloom::cli {

namespace {

struct AdcArguments {
    std::string file; ///< study with an [adc] table
    AdcOptions options;
    long columns = 64;
    std::optional<std::uint64_t> seed; ///< that of the study, or 1
    std::uint32_t tile = 0;
    std::string plot, csv, output;
    bool json = false;
};

/// Converters under a tile, with everything that is known of them.
struct AdcReport {
    StudyAdc adc;
    AdcPlace place;
    AdcBank bank;
    BankFigures figures;
    CalibratedCodes calibrated;
    double error_before = 0.0,
           error_after =
               0.0; ///< [LSB] root mean square of values over the range, without and with the calibration
};

/// Root mean square difference between inputs, evenly over the range, and the values of their codes, in LSB.
double value_error(const AdcBank& bank, const CodeValues& values) {
    constexpr Index points = 4096;
    double squares = 0.0;
    for (Index c = 0; c < bank.columns(); ++c) {
        const InputRange range = bank.grid(c).range();
        const StepTable table(bank.steps(c));
        for (Index k = 0; k < points; ++k) {
            const double x = range.low + (range.high - range.low) * (static_cast<double>(k) + 0.5) / points;
            const double error = (values.value(c, table.code(x)) - x) / bank.grid(c).step();
            squares += error * error;
        }
    }
    return std::sqrt(squares / static_cast<double>(points * bank.columns()));
}

AdcReport report_on(const AdcArguments& arguments) {
    StudyAdc adc;
    AdcPlace place{arguments.seed.value_or(1), arguments.tile};
    if (arguments.file.empty()) {
        adc = arguments.options.read();
    } else {
        const std::string given = arguments.options.first_given();
        if (!given.empty())
            throw InputError(fmt::format("{} beside {}: give a file or the converter's options, not both",
                                         given, arguments.file));
        const std::filesystem::path file = arguments.file;
        const TomlTable root = TomlTable::read(file);
        if (!root.has("adc"))
            root.refuse("adc", "is missing: expected a table [adc] that describes the converter");
        const TomlTable table = root.table("adc");
        adc = read_adc(table, file.parent_path());
        table.require_no_other_keys();
        if (!arguments.seed) {
            const Index seed = root.integer_or("seed", 1);
            if (seed < 0) root.refuse("seed", "must not be negative");
            place.seed = static_cast<std::uint64_t>(seed);
        }
    }
    const AdcBank bank(adc.design, arguments.columns, place);
    BankFigures figures = bank_figures(bank);
    CalibratedCodes calibrated = calibrate(bank, adc.calibration);
    const double before = value_error(bank, calibrate(bank, {}).values),
                 after = value_error(bank, calibrated.values);
    return {std::move(adc), place, bank, std::move(figures), std::move(calibrated), before, after};
}

std::string title_of(const AdcReport& report) {
    const AdcDesign& design = report.adc.design;
    return fmt::format("{}, {} bit{}, {} codes, {} to {}", name_of(design.kind), design.bits,
                       design.bits == 1 ? "" : "s", design.is_signed ? "signed" : "unsigned",
                       design.range.low, design.range.high);
}

std::string area_text(double area) {
    return fmt::format("{:.4g} um2", area * 1e12);
}

/// Figures that a converter has not, as the gain of one bit, are told as such.
std::string figure_text(double value) {
    return std::isnan(value) ? "n/a" : fmt::format("{:.4g}", value);
}

void print_table(const AdcReport& report) {
    const BankFigures& figures = report.figures;
    const Index columns = report.bank.columns(), converters = figures.converters;
    fmt::print("{}: {} converter{}{}, seed {}, tile {}\n\n", title_of(report), converters,
               converters == 1 ? "" : "s",
               columns == converters ? "" : fmt::format(" for {} columns", columns), report.place.seed,
               report.place.tile);
    fmt::print("{:<22}{:>12}{:>12}{:>12}{:>12}\n", "", "mean", "sigma", "least", "greatest");
    for (const Spread& spread : figures.spreads) {
        const std::string name =
            spread.unit == "1" ? std::string(spread.name) : fmt::format("{} [{}]", spread.name, spread.unit);
        fmt::print("{:<22}{:>12}{:>12}{:>12}{:>12}\n", name, figure_text(spread.mean),
                   figure_text(spread.sigma), figure_text(spread.least), figure_text(spread.greatest));
    }
    fmt::print("\n{:<22}{} of {}\n", "monotone", figures.monotone, converters);
    fmt::print("{:<22}{} of {}\n", "codes within range",
               std::ranges::min(figures.columns, {}, &AdcFigures::codes_in_range).codes_in_range,
               report.bank.highest_code() - report.bank.lowest_code() + 1);
    fmt::print("{:<22}{:.4g} LSB\n", "noise at the input", figures.noise);
    const ConverterCost& cost = report.adc.design.cost;
    fmt::print("{:<22}{} a conversion, {} at {} (Walden {}, Schreier {} dB)\n", "energy",
               format_si(figures.energy, "J"), format_si(figures.power, "W"),
               format_si(cost.sample_rate, "Hz"), format_si(cost.walden, "J"), cost.schreier);
    fmt::print("{:<22}{} a converter\n", "area", area_text(figures.area));
    fmt::print("{:<22}{:.4g} LSB rms of values over the range\n", "error as built", report.error_before);
    if (report.adc.calibration.kind == CalibrationKind::none) return;
    const CalibrationCost& spent = report.calibrated.cost;
    fmt::print("{:<22}{:.4g} LSB rms\n", "error calibrated", report.error_after);
    fmt::print("{:<22}{} conversions, {}, {}; then {} a code\n", "calibration", spent.conversions,
               format_si(spent.time, "s"), format_si(spent.energy, "J"),
               format_si(spent.energy_per_conversion, "J"));
    fmt::print("{:<22}{} bits, {}\n", "stored", spent.stored_bits, area_text(spent.area));
}

void print_json(const AdcReport& report) {
    const BankFigures& figures = report.figures;
    nlohmann::json spreads = nlohmann::json::object(), columns = nlohmann::json::array();
    for (const Spread& spread : figures.spreads)
        spreads[std::string(spread.name)] = {{"unit", spread.unit},
                                             {"mean", spread.mean},
                                             {"sigma", spread.sigma},
                                             {"least", spread.least},
                                             {"greatest", spread.greatest}};
    for (std::size_t c = 0; c < figures.columns.size(); ++c) {
        const AdcFigures& one = figures.columns[c];
        columns.push_back({{"first_code", one.first_code},
                           {"edges", one.edges},
                           {"dnl", one.dnl},
                           {"inl", one.inl},
                           {"inl_best", one.inl_best},
                           {"offset_lsb", one.end_point.offset},
                           {"gain_error", one.end_point.gain_error},
                           {"offset_best_lsb", one.best_fit.offset},
                           {"gain_error_best", one.best_fit.gain_error},
                           {"missing_codes", one.missing_codes},
                           {"codes_in_range", one.codes_in_range},
                           {"monotone", one.monotone},
                           {"sndr_db", figures.sndr[c]},
                           {"enob", figures.enob[c]}});
    }
    const AdcDesign& design = report.adc.design;
    const CalibrationCost& spent = report.calibrated.cost;
    const nlohmann::json object{{"schema", "ohmloom-adc-1"},
                                {"kind", name_of(design.kind)},
                                {"bits", design.bits},
                                {"range", {design.range.low, design.range.high}},
                                {"lowest_code", report.bank.lowest_code()},
                                {"highest_code", report.bank.highest_code()},
                                {"converters", figures.converters},
                                {"seed", report.place.seed},
                                {"tile", report.place.tile},
                                {"figures", spreads},
                                {"monotone", figures.monotone},
                                {"noise_lsb", figures.noise},
                                {"energy_j", figures.energy},
                                {"power_w", figures.power},
                                {"area_m2", figures.area},
                                {"error_lsb", report.error_before},
                                {"calibration",
                                 {{"error_lsb", report.error_after},
                                  {"conversions", spent.conversions},
                                  {"time_s", spent.time},
                                  {"energy_j", spent.energy},
                                  {"energy_per_conversion_j", spent.energy_per_conversion},
                                  {"stored_bits", spent.stored_bits},
                                  {"area_m2", spent.area}}},
                                {"columns", columns}};
    fmt::print("{}\n", object.dump(2));
}

/// Codes that have an edge below them: all but the lowest.
std::vector<double> upper_codes(const AdcReport& report) {
    std::vector<double> codes;
    for (std::int32_t code = report.bank.lowest_code() + 1; code <= report.bank.highest_code(); ++code)
        codes.push_back(code);
    return codes;
}

/// Values that begin at some code, laid over all upper codes; not a number where there is none.
std::vector<double> over_codes(const AdcReport& report, std::int32_t first,
                               const std::vector<double>& values) {
    std::vector<double> all(upper_codes(report).size(), std::numeric_limits<double>::quiet_NaN());
    std::ranges::copy(values, all.begin() + (first - report.bank.lowest_code() - 1));
    return all;
}

constexpr Index drawn_columns = 8; // more curves than this hide each other

/// One figure of the first columns over their codes.
Columns over_codes(const AdcReport& report, std::string title, std::vector<double> AdcFigures::*figure) {
    Columns columns{std::move(title), {{"code", "1", upper_codes(report)}}};
    for (std::size_t c = 0; c < report.figures.columns.size() && static_cast<Index>(c) < drawn_columns; ++c) {
        const AdcFigures& one = report.figures.columns[c];
        columns.columns.push_back(
            {fmt::format("column {}", c), "LSB", over_codes(report, one.first_code, one.*figure)});
    }
    columns.curves = columns.columns.size() - 1;
    return columns;
}

/// Codes over the range and a twentieth beyond.
Columns transfer_curves(const AdcReport& report) {
    constexpr int points = 1000;
    const InputRange range = report.adc.design.range;
    std::vector<double> inputs;
    for (int k = 0; k <= points; ++k)
        inputs.push_back(range.low + (range.high - range.low) * (1.1 * k / points - 0.05));
    Columns columns{title_of(report), {{"input", "1", inputs}}};
    for (Index c = 0; c < std::min(report.bank.columns(), drawn_columns); ++c) {
        std::vector<double> codes;
        codes.reserve(inputs.size());
        for (const double x : inputs) codes.push_back(report.bank.steps(c).code(x));
        columns.columns.push_back({fmt::format("code of column {}", c), "1", std::move(codes)});
    }
    columns.curves = columns.columns.size() - 1;
    columns.steps = true;
    return columns;
}

void write_plot(const AdcReport& report, const std::string& file) {
    std::vector<Columns> panels{
        transfer_curves(report), over_codes(report, "differential nonlinearity", &AdcFigures::dnl),
        over_codes(report, "integral nonlinearity, from the end-point line", &AdcFigures::inl),
        over_codes(report, "integral nonlinearity, from the line of least squares", &AdcFigures::inl_best)};
    // One bit has no nonlinearity to draw.
    std::erase_if(panels, [](const Columns& panel) {
        return std::all_of(panel.columns.begin() + 1, panel.columns.end(), [](const Column& curve) {
            return std::ranges::all_of(curve.values, [](double value) { return std::isnan(value); });
        });
    });
    write_panels(panels, file);
}

/// Edges of every column, a line for each code.
void write_edges(const AdcReport& report, const std::string& file) {
    Columns columns{title_of(report), {{"code", "1", upper_codes(report)}, {"ideal", "1", {}}}};
    const CodeGrid& grid = report.bank.grid(0);
    for (const double code : columns.columns[0].values)
        columns.columns[1].values.push_back(grid.edge(code - grid.code(1) + 1.0));
    for (std::size_t c = 0; c < report.figures.columns.size(); ++c) {
        const AdcFigures& one = report.figures.columns[c];
        columns.columns.push_back(
            {fmt::format("edge_{}", c), "1", over_codes(report, one.first_code, one.edges)});
    }
    write_columns(columns, file);
}

/// Everything of every column: exact staircases to replay, values of the codes, figures.
void write_hdf5(const AdcReport& report, const std::string& file) {
    Hdf5Writer writer(file);
    writer.set_attribute("/", "schema", "ohmloom-adc-1");
    writer.set_attribute("/", "title", title_of(report));
    std::vector<std::int64_t> begin{0};
    std::vector<double> edges;
    std::vector<std::int32_t> codes;
    const Index columns = report.bank.columns();
    for (Index c = 0; c < columns; ++c) {
        const CodeSteps& steps = report.bank.steps(c);
        edges.insert(edges.end(), steps.edges.begin(), steps.edges.end());
        codes.insert(codes.end(), steps.codes.begin(), steps.codes.end());
        begin.push_back(static_cast<std::int64_t>(edges.size()));
    }
    // Column c: edges[begin[c]] to edges[begin[c + 1]], and one more code: codes[begin[c] + c] to codes[begin[c + 1] + c + 1].
    writer.write("/steps/begin", begin, "1");
    writer.write("/steps/edges", edges, "1");
    writer.write("/steps/codes", codes, "1");
    writer.write("/values", report.calibrated.values.values(), "1");
    writer.write("/lowest_code", report.bank.lowest_code(), "1");
    Matrix<double> dnl(columns, report.bank.highest_code() - report.bank.lowest_code()),
        inl = dnl, inl_best = dnl, edge = dnl;
    const auto put = [&](Matrix<double>& into, Index c, std::vector<double> AdcFigures::*figure) {
        const AdcFigures& one = report.figures.columns[static_cast<std::size_t>(c)];
        std::ranges::copy(over_codes(report, one.first_code, one.*figure), into.row(c).begin());
    };
    for (Index c = 0; c < columns; ++c) {
        put(edge, c, &AdcFigures::edges);
        put(dnl, c, &AdcFigures::dnl);
        put(inl, c, &AdcFigures::inl);
        put(inl_best, c, &AdcFigures::inl_best);
    }
    writer.write("/edges", edge, "1");
    writer.write("/dnl", dnl, "LSB");
    writer.write("/inl", inl, "LSB");
    writer.write("/inl_best", inl_best, "LSB");
    writer.write("/sndr", report.figures.sndr, "dB");
    writer.write("/enob", report.figures.enob, "bit");
    writer.commit();
}

int run_adc(const AdcArguments& arguments) {
    std::vector<std::filesystem::path> inputs;
    if (!arguments.file.empty()) inputs.emplace_back(arguments.file);
    for (const std::string& output : {arguments.plot, arguments.csv, arguments.output})
        if (!output.empty()) require_output(output, inputs);
    if (!arguments.plot.empty()) require_drawing(arguments.plot);
    if (!arguments.csv.empty() && !arguments.csv.ends_with(".csv"))
        throw InputError(fmt::format("{}: expected a name that ends in .csv", arguments.csv));
    const AdcReport report = report_on(arguments);
    if (!arguments.csv.empty()) write_edges(report, arguments.csv);
    if (!arguments.output.empty()) write_hdf5(report, arguments.output);
    if (!arguments.plot.empty()) write_plot(report, arguments.plot);
    if (arguments.json) {
        print_json(report);
    } else {
        print_table(report);
    }
    return exit_good;
}

} // namespace

void add_adc_verb(CommandLine& line) {
    auto arguments = std::make_shared<AdcArguments>();
    AdcArguments& a = *arguments;
    CLI::App* adc = line.app.add_subcommand(
        "adc", "converters: edges, nonlinearity, effective bits, spread, energy and area");
    adc->footer("Example:\n  ohmloom adc --kind sar --bits 8 --capacitor-sigma 0.05 --plot sar.svg\n\n"
                "Equations and keys: src/converters/README.md. Sigmas are standard deviations, drawn for "
                "each converter.");
    adc->add_option("FILE", a.file, "study with an [adc] table, instead of the converter's options");
    adc->add_option("--columns", a.columns, "converters to draw")
        ->check(CLI::Range(1L, 100000L))
        ->capture_default_str();
    adc->add_option("--seed", a.seed, "of all random numbers; the study's, or 1");
    adc->add_option("--tile", a.tile, "that the converters stand under")->capture_default_str();
    adc->add_option("--plot", a.plot, "draw transfer curves, DNL and INL of the first columns: .png or .svg");
    adc->add_option("--csv", a.csv, "write the edges of all columns");
    adc->add_option("-o,--output", a.output, "write staircases, values of codes and figures: .h5");
    adc->add_flag("--json", a.json, "print as JSON");
    a.options.add_to(*adc);
    adc->callback([&line, arguments] { line.chosen = [arguments] { return run_adc(*arguments); }; });
}

} // namespace ohmloom::cli
