#include "solver/deck_solver.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "circuit/spice_cursor.hpp"
#include "circuit/spice_text.hpp"
#include "solver/ngspice_jobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <tuple>
#include <utility>

namespace ohmloom {

namespace {

void require_analyses(const SpiceDeck& deck) {
    if (deck.analyses.empty()) {
        throw InputError("the deck asks for no analysis: add .op, .dc, .ac or .tran");
    }
}

bool is_transient(const Analysis& analysis) {
    return std::holds_alternative<TransientAnalysis>(analysis);
}

CircuitSolveOptions mna_options(const SpiceDeck& deck) {
    CircuitSolveOptions options;
    for (const auto& [name, text] : deck.options) {
        const std::optional<double> value = parse_spice_number(text);
        if (name == "gmin" && value && *value >= 0.0) options.gmin = *value;
        if ((name == "temp" || name == "tnom") && value != 27.0) {
            throw InputError(fmt::format(
                "option {} is {}: the mna engine knows 27 degrees only; use --engine ngspice", name, text));
        }
    }
    return options;
}

/// The tolerances of SPICE, for the steps of a transient.
CircuitTransientOptions transient_options(const SpiceDeck& deck) {
    CircuitTransientOptions options;
    for (const auto& [name, text] : deck.options) {
        const std::optional<double> value = parse_spice_number(text);
        if (!value) continue;
        if (name == "reltol") options.relative = *value;
        if (name == "vntol") options.voltage = *value;
        if (name == "abstol") options.current = *value;
    }
    return options;
}

/// "v(node)" or "i(element)" for ngspice's name of a vector; "" for what is inside a device.
std::string signal_name(const std::string& vector) {
    const std::size_t hash = vector.find('#');
    if (hash == std::string::npos) return fmt::format("v({})", vector);
    if (vector.substr(hash) == "#branch") return fmt::format("i({})", vector.substr(0, hash));
    return "";
}

/// Name and unit of an axis that is no sweep.
std::pair<std::string, std::string> axis_of(const Analysis& analysis) {
    if (std::holds_alternative<AcAnalysis>(analysis)) return {"frequency", "Hz"};
    if (is_transient(analysis)) return {"time", "s"};
    return {"point", "1"};
}

/// ngspice gives currents first and the voltages of the nodes last first.
void sort_as_in_deck(std::vector<std::string>& signals, std::vector<Index>& columns) {
    const auto voltages =
        std::ranges::find_if(signals, [](const std::string& signal) { return signal.front() == 'v'; });
    const auto currents = voltages - signals.begin();
    std::ranges::reverse(signals);
    std::ranges::reverse(columns);
    std::reverse(signals.end() - currents, signals.end());
    std::reverse(columns.end() - currents, columns.end());
}

Waveforms to_waveforms(const Analysis& analysis, NgspiceVectors vectors) {
    Waveforms waveforms;
    waveforms.analysis = analysis_word(analysis);
    const Index points = vectors.values.rows();
    if (const auto* dc = std::get_if<DcAnalysis>(&analysis)) {
        waveforms.axis_name = "sweep";
        waveforms.axis_unit = std::string(1, dc->sweeps.front().source.front() == 'v' ? 'V' : 'A');
        if (dc->sweeps.size() > 1) {
            const std::size_t inner = sweep_values(dc->sweeps[0]).size();
            const std::vector<double> outer = sweep_values(dc->sweeps[1]);
            for (std::size_t p = 0; p < static_cast<std::size_t>(points); ++p) {
                waveforms.outer.push_back(outer[std::min(p / inner, outer.size() - 1)]);
            }
        }
    } else {
        std::tie(waveforms.axis_name, waveforms.axis_unit) = axis_of(analysis);
    }
    const bool has_axis = vectors.has_axis && waveforms.analysis != "op";
    std::vector<Index> columns;
    for (std::size_t k = 0; k < vectors.names.size(); ++k) {
        std::string name = signal_name(vectors.names[k]);
        if (name.empty() || (has_axis && k == vectors.axis)) continue;
        waveforms.signals.push_back(std::move(name));
        columns.push_back(static_cast<Index>(k));
    }
    sort_as_in_deck(waveforms.signals, columns);
    const auto signals = static_cast<Index>(columns.size());
    waveforms.values = Matrix<double>(points, signals);
    if (waveforms.analysis == "ac") waveforms.imaginary = waveforms.values;
    for (Index p = 0; p < points; ++p) {
        waveforms.axis.push_back(has_axis ? vectors.values(p, static_cast<Index>(vectors.axis)) : 0.0);
        for (Index s = 0; s < signals; ++s) {
            const Index column = columns[static_cast<std::size_t>(s)];
            waveforms.values(p, s) = vectors.values(p, column);
            if (!vectors.imaginary.empty() && !waveforms.imaginary.empty())
                waveforms.imaginary(p, s) = vectors.imaginary(p, column);
        }
    }
    if (const auto* tran = std::get_if<TransientAnalysis>(&analysis)) waveforms.output_step = tran->step;
    waveforms.converged.assign(static_cast<std::size_t>(points), true);
    if (!vectors.completed) waveforms.converged.push_back(false);
    return waveforms;
}

/// The deck without its analyses and measures, which are given as commands.
std::string ngspice_text(const SpiceDeck& deck, bool is_static) {
    SpiceDeck bare{deck.title, deck.circuit, {}, {}, deck.options};
    if (is_static) {
        // As for arrays: the last Newton step below these leaves an error near rounding.
        for (const auto& [name, value] : {std::pair{"reltol", "1e-9"},
                                          {"vntol", "1e-11"},
                                          {"abstol", "1e-14"},
                                          {"itl1", "500"},
                                          {"itl2", "500"}}) {
            bare.options.emplace_back(name, value);
        }
    }
    bare.options.emplace_back("noopalter", "");
    std::ostringstream text;
    write_spice(text, bare);
    return text.str();
}

/// The static analyses of a deck, or the transient ones.
std::vector<Waveforms> run_some(const SpiceDeck& deck, bool transient, double time_limit) {
    NgspiceAnalyses job;
    job.limits.time = time_limit;
    std::vector<const Analysis*> analyses;
    for (const Analysis& analysis : deck.analyses) {
        if (is_transient(analysis) != transient) continue;
        analyses.push_back(&analysis);
        job.commands.push_back(analysis_card(analysis).substr(1));
    }
    if (analyses.empty()) return {};
    job.deck = ngspice_text(deck, !transient);
    NgspiceRun run = run_analyses(job);
    std::vector<Waveforms> waveforms;
    std::string problem;
    for (std::size_t k = 0; k < analyses.size(); ++k) {
        waveforms.push_back(to_waveforms(*analyses[k], std::move(run.analyses[k])));
        if (waveforms.back().all_converged()) continue;
        if (problem.empty()) {
            problem = run.report.problem.empty() ? "ngspice gave up before the end of the analysis"
                                                 : run.report.problem;
            problem += kept_as(job.deck, run.report.log);
        }
        waveforms.back().message = problem;
    }
    return waveforms;
}

} // namespace

bool DeckSolution::all_converged() const {
    return std::all_of(analyses.begin(), analyses.end(),
                       [](const Waveforms& waveforms) { return waveforms.all_converged(); });
}

DeckSolution solve_deck_mna(const SpiceDeck& deck, const std::optional<ThermalNoise>& noise) {
    require_analyses(deck);
    CircuitSolver solver(deck.circuit, mna_options(deck));
    DeckSolution solution;
    for (const Analysis& analysis : deck.analyses) {
        if (const auto* dc = std::get_if<DcAnalysis>(&analysis)) {
            solution.analyses.push_back(solver.sweep(*dc));
        } else if (const auto* ac = std::get_if<AcAnalysis>(&analysis)) {
            solution.analyses.push_back(solver.small_signal(*ac));
            solution.devices = solver.report();
        } else if (const auto* tran = std::get_if<TransientAnalysis>(&analysis)) {
            CircuitTransientOptions options = transient_options(deck);
            options.noise = noise;
            solution.analyses.push_back(solver.transient(*tran, options));
        } else {
            solution.analyses.push_back(solver.operating_point());
            solution.devices = solver.report();
        }
    }
    return solution;
}

DeckSolution solve_deck_ngspice(const SpiceDeck& deck, double time_limit) {
    require_analyses(deck);
    std::vector<Waveforms> statics, transients;
    parallel_pair([&] { statics = run_some(deck, false, time_limit); },
                  [&] { transients = run_some(deck, true, time_limit); });
    DeckSolution solution;
    auto next_static = statics.begin(), next_transient = transients.begin();
    for (const Analysis& analysis : deck.analyses) {
        solution.analyses.push_back(std::move(is_transient(analysis) ? *next_transient++ : *next_static++));
    }
    return solution;
}

} // namespace ohmloom
