// Targets on two threads. Time on the clock: a busy machine shows in them.
#include "contender.hpp"
#include "single_thread.hpp"
#include "target.hpp"

#include "base/parallel.hpp"
#include "solver/condensed_array.hpp"

#include <cblas.h>
#include <fmt/format.h>

#include <cmath>
#include <vector>

namespace ohmloom::benchmarks {

namespace {

/// One product of two square matrices.
class Dgemm {
public:
    explicit Dgemm(Index side)
        : side_(static_cast<int>(side)), a_(side, side, 0.5), b_(side, side, 0.25), c_(side, side) {}

    void run() {
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, side_, side_, side_, 1.0, a_.data(), side_,
                    b_.data(), side_, 0.0, c_.data(), side_);
    }

private:
    int side_;
    Matrix<double> a_, b_, c_;
};

Measurement two_threads_against_one(bool nonlinear, const TargetOptions& options) {
    const Index side = options.quick ? 32 : 256;
    const Problem problem =
        make_problem({.rows = side, .cols = side, .nonlinear = nonlinear, .vectors = 100});
    const auto contender = make_contender("lines", problem);
    const auto run_on = [&](int threads) {
        const ThreadLimit limit(threads);
        contender->run();
    };
    const std::vector<Round> rounds = time_in_turns([&] { run_on(2); }, [&] { run_on(1); }, options.effort);
    Measurement measurement;
    measurement.value =
        spread_of(rounds, [](const Round& round) { return round.second.wall / round.first.wall; });
    measurement.rounds = static_cast<int>(rounds.size());
    measurement.ours = "lines, two threads";
    measurement.ours_s = spread_of(rounds, [](const Round& round) { return round.first.wall; }).median;
    measurement.baseline = "lines, one thread";
    measurement.baseline_s = spread_of(rounds, [](const Round& round) { return round.second.wall; }).median;
    const double cpu =
        spread_of(rounds, [](const Round& round) { return round.first.cpu / round.second.cpu; }).median;
    measurement.note = fmt::format("processor time of two threads {:.2f} of that of one", cpu);
    measurement.residual = contender->answer().residual;
    return measurement;
}

} // namespace

Measurement condense_against_dgemm(const TargetOptions& options) {
    const Index side = options.quick ? 64 : 1024;
    const Problem problem = make_problem({.rows = side, .cols = side});
    const double flops = CondensedArray(problem.crossbar).elimination_flops();
    Dgemm product(static_cast<Index>(std::cbrt(flops / 2.0)));
    const ThreadLimit limit(2);
    PortMatrix ports;
    const auto condense = [&] {
        set_blas_threads(1); // the engine's own parallelism is over branches
        ports = port_matrix(problem.crossbar, {.engine = Engine::condense});
    };
    const auto dgemm = [&] {
        set_blas_threads(2);
        product.run();
    };
    const std::vector<Round> rounds = time_in_turns(condense, dgemm, options.effort);
    set_blas_threads(1);
    Measurement measurement;
    measurement.value =
        spread_of(rounds, [](const Round& round) { return round.first.wall / round.second.wall; });
    measurement.rounds = static_cast<int>(rounds.size());
    measurement.ours = "condense";
    measurement.ours_s = spread_of(rounds, [](const Round& round) { return round.first.wall; }).median;
    measurement.baseline = "dgemm";
    measurement.baseline_s = spread_of(rounds, [](const Round& round) { return round.second.wall; }).median;
    measurement.residual = ports.residual;
    measurement.note = fmt::format("{:.3g} Gflop; dgemm reaches {:.3g} Gflop/s", 1e-9 * flops,
                                   1e-9 * flops / measurement.baseline_s);
    return measurement;
}

Measurement two_threads_linear(const TargetOptions& options) {
    return two_threads_against_one(false, options);
}

Measurement two_threads_sinh(const TargetOptions& options) {
    return two_threads_against_one(true, options);
}

} // namespace ohmloom::benchmarks
