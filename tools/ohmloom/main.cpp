#include "base/errors.hpp"
#include "verbs.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <new>

namespace {

using namespace ohmloom;

int report(const char* message, int status) {
    fmt::print(stderr, "ohmloom: {}\n", message);
    return status;
}

int parse_and_run(int argc, char** argv) {
    CLI::App app{"Circuit-level simulation of analog in-memory computing arrays"};
    app.name("ohmloom");
    app.require_subcommand(1);
    app.set_version_flag("--version", OHMLOOM_VERSION);

    cli::CommandLine line{app, {}};
    cli::add_run_verb(line);
    cli::add_solve_verb(line);
    cli::add_data_verb(line);
    cli::add_train_verb(line);

    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& request) { // --help, --version
        return app.exit(request);
    } catch (const CLI::ParseError& error) {
        return report(fmt::format("{} (see `ohmloom --help`)", error.what()).c_str(), cli::exit_bad_input);
    }
    return line.chosen();
}

} // namespace

int main(int argc, char** argv) {
    try {
        return parse_and_run(argc, argv);
    } catch (const InputError& error) {
        return report(error.what(), cli::exit_bad_input);
    } catch (const FileError& error) {
        return report(error.what(), cli::exit_bad_input);
    } catch (const std::bad_alloc&) {
        return report("not enough memory for this problem", cli::exit_bad_input);
    } catch (const std::exception& error) {
        return report(error.what(), cli::exit_not_converged);
    }
}
