#include "command_line.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"
#include "interruption.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace ohmloom;

int report(const char* message, int status) {
    fmt::print(stderr, "ohmloom: {}\n", message);
    return status;
}

/// What to say of the first word that stands where a verb is expected and is none; "" if there is no such word.
std::string unknown_verb(const CLI::App& app, std::span<char* const> words) {
    const CLI::App* level = &app;
    for (const std::string_view word : words) {
        std::vector<std::string> verbs;
        const CLI::App* chosen = nullptr;
        for (const CLI::App* verb : level->get_subcommands([](const CLI::App*) { return true; })) {
            verbs.push_back(verb->get_name());
            if (verb->get_name() == word) chosen = verb;
        }
        if (verbs.empty() || word.starts_with('-')) return "";
        if (chosen == nullptr) {
            const std::string nearest = nearest_word(word, verbs);
            return fmt::format("unknown verb '{}': expected one of {}{} (see `ohmloom --help`)", word,
                               join_words(verbs),
                               nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest));
        }
        level = chosen;
    }
    return "";
}

int parse_and_run(int argc, char** argv, void (*add_verbs)(cli::CommandLine&)) {
    CLI::App app{"Circuit-level simulation of analog in-memory computing arrays"};
    app.name("ohmloom");
    app.require_subcommand(1);
    app.set_version_flag("--version", OHMLOOM_VERSION);

    const std::span<char* const> words = std::span(argv, static_cast<std::size_t>(argc)).subspan(1);
    cli::CommandLine line{
        app, {}, {words.begin(), words.end()}, fmt::format("ohmloom {}", fmt::join(words, " "))};
    add_verbs(line);

    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& request) { // --help, --version
        return app.exit(request);
    } catch (const CLI::ParseError& error) {
        const std::string unknown = unknown_verb(app, words);
        if (!unknown.empty()) return report(unknown.c_str(), cli::exit_bad_input);
        return report(fmt::format("{} (see `ohmloom --help`)", error.what()).c_str(), cli::exit_bad_input);
    }
    return line.chosen();
}

} // namespace

CLI::Validator ohmloom::cli::at_least(long least) {
    const auto check = [least](const std::string& text) {
        long value = 0;
        const bool good = CLI::detail::lexical_cast(text, value) && value >= least;
        return good ? std::string() : fmt::format("'{}' is not a whole number of at least {}", text, least);
    };
    return {check, fmt::format(">= {}", least)};
}

CLI::Validator ohmloom::cli::fraction() {
    const auto check = [](const std::string& text) {
        double value = 0.0;
        const bool good = CLI::detail::lexical_cast(text, value) && value > 0.0 && value < 1.0;
        return good ? std::string() : fmt::format("'{}' is not a number between 0 and 1", text);
    };
    return {check, "0..1"};
}

CLI::Validator ohmloom::cli::positive() {
    const auto check = [](const std::string& text) {
        double value = 0.0;
        const bool good = CLI::detail::lexical_cast(text, value) && value > 0.0;
        return good ? std::string() : fmt::format("'{}' is not a number above 0", text);
    };
    return {check, "> 0"};
}

int ohmloom::cli::run_program(int argc, char** argv, void (*add_verbs)(CommandLine&)) {
    clean_up_when_interrupted();
    try {
        return parse_and_run(argc, argv, add_verbs);
    } catch (const InputError& error) {
        return report(error.what(), exit_bad_input);
    } catch (const FileError& error) {
        return report(error.what(), exit_bad_input);
    } catch (const std::bad_alloc&) {
        return report("not enough memory for this problem", exit_bad_input);
    } catch (const std::exception& error) {
        // Some libraries put a stack trace below their first line.
        const std::string said = error.what();
        return report(said.substr(0, said.find('\n')).c_str(), exit_not_converged);
    }
}
