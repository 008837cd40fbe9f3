#include "base/errors.hpp"
#include "output_file.hpp"
#include "report/paper_figures.hpp"
#include "report/report_page.hpp"
#include "report/result_data.hpp"
#include "store/unfinished_file.hpp"
#include "verbs.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace ohmloom::cli {

namespace {

struct ReportArguments {
    std::string result, output, figures;
    FigureChoice choice;
};

int run_report(const ReportArguments& arguments) {
    if (arguments.output.empty() && arguments.figures.empty())
        throw InputError("nothing to make: give -o PAGE.html, --figures FOLDER, or both");
    const ResultData result = read_result(arguments.result);
    if (!arguments.output.empty()) {
        require_output(arguments.output, {arguments.result});
        write_text_file(arguments.output, report_page(result));
    }
    if (!arguments.figures.empty())
        write_paper_figures(paper_figures(result, arguments.choice), arguments.figures);
    return exit_good;
}

} // namespace

void add_report_verb(CommandLine& line) {
    auto arguments = std::make_shared<ReportArguments>();
    CLI::App* verb = line.app.add_subcommand(
        "report", "A result as one HTML page with tables and charts, or as figures for papers");
    verb->add_option("RESULT", arguments->result, "result of `ohmloom run -o` or `ohmloom sweep -o`")
        ->required();
    verb->add_option("-o,--output", arguments->output, "HTML file to write: one file, no network");
    verb->add_option(
        "--figures", arguments->figures,
        "folder for the main figures as SVG and PNG, each beside its data (.dat) and gnuplot script (.gp)");
    verb->add_option("--figure", arguments->choice.figure,
                     "what the figures over axes show: a figure of the result, as power_w")
        ->capture_default_str();
    verb->add_option("--over", arguments->choice.over, "axis, or figure, that they show it over");
    verb->add_option("--curves", arguments->choice.curves,
                     "axis whose levels are curves, or go up in heat maps; or none");
    verb->add_option("--panels", arguments->choice.panels,
                     "axis whose levels are panels side by side; or none");
    verb->footer("Example:\n  ohmloom run examples/mnist-partitions.toml -o partitions.h5\n"
                 "  ohmloom report partitions.h5 -o partitions.html\n\n"
                 "Exit status: 0 good, 2 bad input.");
    verb->callback([arguments, &line] { line.chosen = [arguments] { return run_report(*arguments); }; });
}

} // namespace ohmloom::cli
