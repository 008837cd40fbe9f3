#include "base/dense.hpp"
#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "network/child_process.hpp"
#include "network/fetch.hpp"
#include "report/page_assets.hpp"
#include "solver/lanes.hpp"
#include "solver/ngspice_jobs.hpp"
#include "store/hdf5.hpp"
#include "training_program.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace ohmloom::cli {

namespace {

enum class Health {
    good,
    could_be_more, ///< something optional is not there
    bad,           ///< part of the program does not work
};

/// One line of the doctor's.
struct Finding {
    std::string what;
    Health health = Health::good;
    std::string found;
    std::string mend; ///< a command, or what else helps; "" if nothing is missing
};

std::string processor_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name")) return line.substr(std::min(line.find(": ") + 2, line.size()));
    }
    return "of unknown name";
}

Finding find_processor() {
    return {"processor", Health::good,
            fmt::format("{}, instruction set {}", processor_name(), lane_instruction_set()), ""};
}

Finding find_threads() {
    const double memory =
        static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE)) / 0x1p30;
    return {"threads", Health::good,
            fmt::format("{} used of {}, {:.1f} GiB of memory", allowed_threads(),
                        std::thread::hardware_concurrency(), memory),
            ""};
}

/// The version, then its matrix package and models, each on a line: they decide what can be solved in which time.
std::vector<Finding> find_ngspice() {
    try {
        const NgspiceAbout about = about_ngspice();
        std::string parts;
        for (const auto& [there, name] :
             {std::pair{about.xspice, ", XSPICE"}, {about.cider, ", CIDER"}, {about.openmp, ", OpenMP"}}) {
            if (there) parts += name;
        }
        const std::string newer = "ngspice 42 or later, built with it; nothing here needs it";
        return {{"ngspice", Health::good,
                 fmt::format("version {}{}, in processes of its own", about.version, parts), ""},
                {"ngspice KLU", about.klu ? Health::good : Health::could_be_more,
                 about.klu ? "there" : "not there: its own matrix package is at work",
                 about.klu ? "" : newer},
                {"ngspice OSDI", about.osdi ? Health::good : Health::could_be_more,
                 about.osdi ? "there" : "not there: no compiled Verilog-A models", about.osdi ? "" : newer}};
    } catch (const BackendError& error) {
        const bool no_program = !std::filesystem::exists(ngspice_program());
        return {{"ngspice", Health::bad, error.what(),
                 no_program ? "cmake --build BUILD --target ohmloom-ngspice" : "apt install libngspice0"}};
    }
}

Finding find_gnuplot() {
    bool there = false;
    try {
        there = run_child({"gnuplot", "--version"}, ".").status == 0;
    } catch (const BackendError&) { // it is not there
    }
    return {"gnuplot", there ? Health::good : Health::could_be_more,
            there ? "there" : "not there: no plots from `ohmloom device`, no figures from `ohmloom report`",
            there ? "" : "apt install gnuplot-nox"};
}

Finding find_report() {
    if (has_page()) return {"report", Health::good, "its page is built in", ""};
    return {"report", Health::could_be_more, "not built: no pages from `ohmloom report`",
            "apt install npm, then configure and build again"};
}

#if defined(OHMLOOM_HAS_TRAINING)
Finding find_training() {
    const std::filesystem::path program = training_program();
    if (!std::filesystem::exists(program))
        return {"training", Health::could_be_more, program.string() + " is not there: no `ohmloom train`",
                "cmake --build BUILD --target ohmloom-train"};
    try {
        const ChildResult ended = run_child({program.string(), "--version"}, ".");
        if (ended.status == 0)
            return {"training", Health::good, "there, on libtorch, in a program of its own", ""};
        return {"training", Health::bad,
                fmt::format("{} does not start: {}", program.string(), ended.error_text),
                "apt install libtorch-dev"};
    } catch (const BackendError& error) {
        return {"training", Health::bad, error.what(), "cmake --build BUILD --target ohmloom-train"};
    }
}
#else
Finding find_training() {
    return {"training", Health::could_be_more, "not built: no `ohmloom train`",
            "apt install libtorch-dev, then configure and build again"};
}
#endif

std::vector<Finding> find_data_sets() {
    std::vector<Finding> findings;
    try {
        for (const DataSetEntry& entry : list_data_sets()) {
            const bool there = !entry.images.empty();
            findings.push_back({"data " + entry.name, there ? Health::good : Health::could_be_more,
                                there ? fmt::format("{} images in {}", entry.header.count,
                                                    entry.images.parent_path().string())
                                      : "not found",
                                there ? "" : command_that_gets(entry.name)});
        }
    } catch (const FileError& error) {
        findings.push_back({"data", Health::bad, error.what(), "ohmloom data list"});
    }
    return findings;
}

std::vector<Finding> examine() {
    std::vector<Finding> findings{{"ohmloom", Health::good, "version " OHMLOOM_VERSION, ""},
                                  find_processor(),
                                  find_threads(),
                                  {"BLAS", Health::good, describe_blas(), ""},
                                  {"HDF5", Health::good, "version " + hdf5_version(), ""}};
    std::ranges::move(find_ngspice(), std::back_inserter(findings));
    findings.push_back(find_gnuplot());
    findings.push_back(find_report());
    findings.push_back(find_training());
    std::ranges::move(find_data_sets(), std::back_inserter(findings));
    return findings;
}

std::string word_of(Health health) {
    switch (health) {
    case Health::good:
        return "good";
    case Health::could_be_more:
        return "optional";
    case Health::bad:
        break;
    }
    return "BAD";
}

int run_doctor(bool json) {
    const std::vector<Finding> findings = examine();
    nlohmann::ordered_json checks = nlohmann::ordered_json::array();
    for (const Finding& finding : findings) {
        if (json) {
            checks.push_back({{"what", finding.what},
                              {"health", word_of(finding.health)},
                              {"found", finding.found},
                              {"mend", finding.mend}});
            continue;
        }
        fmt::print("{:<8} {:<20} {}{}\n", word_of(finding.health), finding.what, finding.found,
                   finding.mend.empty() ? "" : "; mend: " + finding.mend);
    }
    if (json)
        fmt::print("{}\n",
                   nlohmann::ordered_json{{"schema", "ohmloom-doctor-1"}, {"checks", checks}}.dump(2));
    const bool good =
        std::ranges::none_of(findings, [](const Finding& f) { return f.health == Health::bad; });
    return good ? exit_good : exit_not_converged;
}

} // namespace

void add_doctor_verb(CommandLine& line) {
    auto json = std::make_shared<bool>(false);
    CLI::App* verb = line.app.add_subcommand(
        "doctor", "Say what of this machine and its libraries is there, and how to mend what is missing");
    verb->add_flag("--json", *json, "print the findings as JSON");
    verb->footer(
        "Example:\n  ohmloom doctor\n\n"
        "Exit status: 0 good (optional parts may be missing), 1 a part that is needed does not work.");
    verb->callback([json, &line] { line.chosen = [json] { return run_doctor(*json); }; });
}

} // namespace ohmloom::cli
