// Targets that are ratios of an engine to a sparse direct solver or to ngspice. One thread; processor time.
#include "circuit/array_netlist.hpp"
#include "circuit/spice_text.hpp"
#include "contender.hpp"
#include "single_thread.hpp"
#include "solver/ngspice_jobs.hpp"
#include "target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace ohmloom::benchmarks {

namespace {

/// The quickest of several contenders, and how they all did.
struct Selection {
    std::string name;
    std::string note; ///< "klu 88 ms, cholmod-amd 60 ms"
};

Selection quickest(const std::vector<std::string>& names, const Problem& problem) {
    constexpr int most_tries = 3;
    constexpr double long_enough = 1.0; // [s]
    Selection best;
    double best_time = 0.0;
    for (const std::string& name : names) {
        const auto contender = make_contender(name, problem);
        double least = 0.0, total = 0.0;
        for (int i = 0; i < most_tries && total < long_enough; ++i) {
            const double time = time_calls([&] { contender->run(); }).cpu;
            least = i == 0 ? time : std::min(least, time);
            total += time;
        }
        best.note += fmt::format("{}{} {:.3g} ms", best.note.empty() ? "" : ", ", name, 1e3 * least);
        if (best.name.empty() || least < best_time) {
            best.name = name;
            best_time = least;
        }
    }
    return best;
}

void add_quality(const Problem& problem, const Answer& answer, Measurement& measurement) {
    measurement.residual = answer.residual;
    if (const auto reference = reference_currents(problem))
        measurement.error = largest_error(answer.i_col, *reference);
}

Measurement against_direct_solvers(const Case& point, const std::vector<std::string>& engines,
                                   const TargetOptions& options) {
    const SingleThread one_thread;
    const Problem problem = make_problem(point);
    const Selection baseline = quickest({"klu", "cholmod-amd", "cholmod-metis"}, problem);
    const Selection engine = quickest(engines, problem);

    const auto ours = make_contender(engine.name, problem), theirs = make_contender(baseline.name, problem);
    const std::vector<Round> rounds =
        time_in_turns([&] { ours->run(); }, [&] { theirs->run(); }, options.effort);
    Measurement measurement;
    measurement.value =
        spread_of(rounds, [](const Round& round) { return round.second.cpu / round.first.cpu; });
    measurement.rounds = static_cast<int>(rounds.size());
    measurement.ours_s = spread_of(rounds, [](const Round& round) { return round.first.cpu; }).median;
    measurement.baseline_s = spread_of(rounds, [](const Round& round) { return round.second.cpu; }).median;
    measurement.ours = engine.name;
    measurement.baseline = baseline.name;
    measurement.note = baseline.note + "; " + engine.note;
    add_quality(problem, ours->answer(), measurement);
    return measurement;
}

Measurement linear_square(Index side, Index vectors, const std::vector<std::string>& engines,
                          const TargetOptions& options) {
    if (options.quick) side /= 8;
    return against_direct_solvers({.rows = side, .cols = side, .vectors = vectors}, engines, options);
}

} // namespace

Measurement lines_128_once(const TargetOptions& options) {
    return linear_square(128, 1, {"lines"}, options);
}

Measurement lines_512_once(const TargetOptions& options) {
    return linear_square(512, 1, {"lines"}, options);
}

Measurement best_128_hundred(const TargetOptions& options) {
    return linear_square(128, 100, {"lines", "condense", "port-matrix"}, options);
}

Measurement best_512_hundred(const TargetOptions& options) {
    return linear_square(512, 100, {"lines", "condense", "port-matrix"}, options);
}

Measurement lines_against_ngspice(const TargetOptions& options) {
    const SingleThread one_thread;
    const Index side = options.quick ? 8 : 64;
    const Problem once = make_problem({.rows = side, .cols = side});
    const auto lines = make_contender("lines", once);
    std::ostringstream deck;
    write_spice(deck, expand_array(once.crossbar,
                                   {.v_row = {once.drive.v_row.row(0).begin(), once.drive.v_row.row(0).end()},
                                    .v_col = {},
                                    .stage = {}})
                          .circuit);
    const auto run = [&](std::vector<std::string> commands) {
        return [job = NgspiceAnalyses{deck.str(), std::move(commands)}] {
            static_cast<void>(run_analyses(job));
        };
    };

    // What a second `op` adds: the deck is read once. On the clock, since ngspice works in a process of its own.
    const std::vector<Round> ngspice = time_in_turns(run({"op"}), run({"op", "op"}), options.effort);
    const Spread op =
        spread_of(ngspice, [](const Round& round) { return round.second.wall - round.first.wall; });
    const double ours = time_calls([&] { lines->run(); }, options.quick ? 1 : 1000).cpu;
    Measurement measurement;
    measurement.value = {op.median / ours, op.low / ours, op.high / ours};
    measurement.rounds = static_cast<int>(ngspice.size());
    measurement.ours_s = ours;
    measurement.ours = "lines";
    measurement.baseline_s = op.median;
    measurement.baseline = "ngspice";
    const double with_deck = spread_of(ngspice, [](const Round& round) { return round.first.wall; }).median;
    measurement.note = fmt::format("op of a plain deck; deck and op together {:.3g} ms", 1e3 * with_deck);
    add_quality(once, lines->answer(), measurement);
    return measurement;
}

} // namespace ohmloom::benchmarks
