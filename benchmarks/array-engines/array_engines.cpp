// All engines and baselines on the whole grid, by Google Benchmark: see README.md. Its own flags are passed on.
#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "contender.hpp"
#include "csv_reporter.hpp"
#include "single_thread.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace ohmloom::benchmarks {

namespace {

/// The problem that is being measured, with its reference: made when first asked for and kept until another one is.
class ProblemAtHand {
public:
    const Problem& of(const Case& point) {
        if (!problem_ || !(problem_->point == point)) {
            reference_.reset();
            problem_.emplace(make_problem(point));
            reference_.emplace(reference_currents(*problem_));
        }
        return *problem_;
    }
    [[nodiscard]] double error_of(const Matrix<double>& i_col) const {
        return *reference_ ? largest_error(i_col, **reference_) : std::numeric_limits<double>::quiet_NaN();
    }

private:
    std::optional<Problem> problem_;
    std::optional<std::optional<Matrix<double>>> reference_;
};

/// An error no residual that was asked for explains, even of the largest arrays and wires.
constexpr double wrong = 1e-4;

void measure(benchmark::State& state, const ContenderKind& kind, const Case& point) {
    static ProblemAtHand at_hand;
    if (const auto reason = kind.why_not(point)) {
        state.SkipWithError(reason->c_str());
        return;
    }
    try {
        const auto contender = make_contender(kind.name, at_hand.of(point));
        for ([[maybe_unused]] auto _ : state) contender->run();
        const Answer answer = contender->answer();
        const double error = at_hand.error_of(answer.i_col);
        if (error > wrong) {
            state.SkipWithError(fmt::format("wrong: its currents are off by {:.1e}", error).c_str());
            return;
        }
        state.counters["residual"] = answer.residual;
        state.counters["error"] = error;
        state.counters["iterations"] = answer.iterations;
    } catch (const Error& error) {
        state.SkipWithError(error.what());
    }
}

std::vector<Case> grid(bool quick) {
    struct Shape {
        Index rows, cols;
    };
    const std::vector<Shape> shapes =
        quick ? std::vector<Shape>{{16, 16}, {40, 12}}
              : std::vector<Shape>{{32, 32},   {64, 64},   {128, 128},   {400, 120},
                                   {256, 256}, {512, 512}, {1024, 1024}, {2048, 2048}};
    const std::vector<double> wires = quick ? std::vector{1.0} : std::vector{1.0, 5.0, 10.0};
    std::vector<Case> cases;
    for (const Shape& shape : shapes) {
        for (const double r_wire : wires) {
            for (const bool nonlinear : {false, true}) {
                for (const Index vectors : {Index{1}, Index{100}}) {
                    cases.push_back({shape.rows, shape.cols, r_wire, nonlinear, vectors});
                }
            }
        }
    }
    return cases;
}

void register_all(bool quick) {
    for (const Case& point : grid(quick)) {
        for (const ContenderKind& kind : contender_kinds()) {
            const std::string name = fmt::format("{}/{}", kind.name, describe(point));
            benchmark::RegisterBenchmark(
                name.c_str(), [&kind, point](benchmark::State& state) { measure(state, kind, point); })
                ->Unit(benchmark::kMillisecond)
                ->MeasureProcessCPUTime()
                ->MinTime(quick ? 1e-3 : 0.2);
        }
    }
}

int run(int argc, char** argv) {
    bool quick = false;
    std::string csv;
    std::vector<char*> passed_on;
    for (int i = 0; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "--quick") {
            quick = true;
        } else if (argument == "--csv" && i + 1 < argc) {
            csv = argv[++i];
        } else {
            passed_on.push_back(argv[i]);
        }
    }
    int count = static_cast<int>(passed_on.size());
    benchmark::Initialize(&count, passed_on.data());
    if (benchmark::ReportUnrecognizedArguments(count, passed_on.data())) return 2;

    const SingleThread one_thread;
    register_all(quick);
    CsvReporter reporter(csv);
    benchmark::RunSpecifiedBenchmarks(&reporter);
    return reporter.failed() ? 1 : 0;
}

} // namespace

} // namespace ohmloom::benchmarks

int main(int argc, char** argv) {
    try {
        return ohmloom::benchmarks::run(argc, argv);
    } catch (const std::exception& error) {
        fmt::print(stderr, "array_engines: {}\n", error.what());
        return 2;
    }
}
