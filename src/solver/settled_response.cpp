#include "solver/settled_response.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "solver/exponential_fit.hpp"
#include "solver/line_stage_solver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

void require_times(std::span<const double> times) {
    if (times.empty()) throw InputError("settled response: no time is asked for, give at least one");
    double last = 0.0;
    for (const double t : times) {
        if (!(std::isfinite(t) && t > last))
            throw InputError(fmt::format(
                "settled response: time {} s after {} s: times must rise and be above 0", t, last));
        last = t;
    }
}

/// Currents into the ports, or charges that flowed into them, of all lanes: [ports][lane].
using PortValues = std::vector<double>;

/// What all blocks share.
struct Job {
    const Crossbar& crossbar;
    const TransientSystem& system;
    std::span<const double> times;
    const std::vector<ExponentialFit>& fits; ///< of consecutive times
    double tolerance;
    const std::vector<Index>& driven;
    SettledResponse& response;
};

/// The responses to 16 ports at once.
class PortBlock {
public:
    PortBlock(const Job& job, Index first)
        : job_(job), first_(first), count_(std::min(lane_count, job.response.settled.rows() - first)),
          block_(job.system.lines), solver_(job.system, block_, Lanes{}, all_lanes(1.0)) {}

    void run() {
        drive(1.0);
        settle();
        std::size_t time = 0;
        for (const ExponentialFit& fit : job_.fits) {
            follow(fit, time);
            time += fit.at.size();
        }
    }

    [[nodiscard]] double residual() const { return residual_; }

private:
    struct Voltages {
        std::vector<double> w, b;
    };

    static Lanes all_lanes(double value) {
        Lanes lanes{};
        lanes.fill(value);
        return lanes;
    }

    [[nodiscard]] Index ports() const { return job_.response.settled.cols(); }

    /// Sets every lane's own port to `v` and all others to 0 V.
    void drive(double v) {
        std::ranges::fill(block_.lanes.v_row, 0.0);
        std::ranges::fill(block_.lanes.v_col, 0.0);
        for (Index lane = 0; lane < lane_count; ++lane) {
            const Index port = job_.driven[at(first_ + std::min(lane, count_ - 1))],
                        line = port - job_.crossbar.rows();
            if (line < 0) {
                block_.lanes.v_row[at((job_.system.first_row + port) * lane_count + lane)] = v;
            } else {
                block_.lanes.v_col[column(line) + at(lane)] = v;
            }
        }
    }
    /// Place of line l's lanes among the system's lines.
    [[nodiscard]] std::size_t column(Index l) const {
        return at((job_.system.first_site * job_.crossbar.lines_per_site + l) * lane_count);
    }

    [[nodiscard]] Voltages voltages() const {
        return {{block_.lanes.w.begin(), block_.lanes.w.end()},
                {block_.lanes.b.begin(), block_.lanes.b.end()}};
    }
    void set_voltages(const Voltages& v) {
        std::ranges::copy(v.w, block_.lanes.w.begin());
        std::ranges::copy(v.b, block_.lanes.b.begin());
    }
    void clear_voltages() {
        std::ranges::fill(block_.lanes.w, 0.0);
        std::ranges::fill(block_.lanes.b, 0.0);
    }

    /// Solves at a rate what is injected, to so little [A] of error.
    void solve(double rate, const Lanes& kcl, const Lanes& scale) {
        solver_.set_kcl(kcl);
        solver_.set_rate(rate);
        const bool solved = solver_.solve();
        for (std::size_t lane = 0; lane < lane_count; ++lane) {
            const double relative = scale[lane] > 0.0 ? solver_.left()[lane] / scale[lane] : 0.0;
            residual_ = std::max(residual_, solved ? relative : std::max(relative, 1.0));
        }
    }

    /// Where everything ends, and what is left to decay: the difference to what a jump sets at once.
    void settle() {
        std::ranges::fill(block_.injected.w, 0.0);
        std::ranges::fill(block_.injected.b, 0.0);
        clear_voltages();
        // The largest current of a port at 1 V is its tie's; no solution needs to be closer to KCL than to that.
        const Lanes scale = all_lanes(largest_conductance());
        solve(0.0, all_lanes(1e-3 * job_.tolerance * scale[0]), scale);
        end_ = voltages();
        end_current_ = currents();
        end_charge_ = held_charges();
        start_ = {std::vector<double>(end_.w.size(), 0.0), std::vector<double>(end_.b.size(), 0.0)};
        if (holds_a_line()) {
            // At the first instant only capacitances count.
            const double rate = jump_rate();
            clear_voltages();
            solve(rate, all_lanes(1e-3 * job_.tolerance * rate * largest_capacitance()),
                  all_lanes(rate * largest_capacitance()));
            start_ = voltages();
        }
        for (Index lane = 0; lane < count_; ++lane) {
            for (Index port = 0; port < ports(); ++port)
                job_.response.settled(first_ + lane, port) = end_current_[at(port * lane_count + lane)];
        }
    }

    /// The largest conductance between a port and its line, or the cells behind one that is held.
    [[nodiscard]] double largest_conductance() const {
        double largest = 0.0;
        for (const double g : job_.system.lines.g) largest = std::max(largest, g);
        return std::max(largest, 1e-12);
    }
    [[nodiscard]] double largest_capacitance() const {
        double largest = 0.0;
        for (const auto* c : {&job_.system.row_ground, &job_.system.col_ground, &job_.system.row_next,
                              &job_.system.col_next, &job_.system.cell}) {
            for (const double x : *c) largest = std::max(largest, x);
        }
        return largest;
    }
    /// A rate at which no conductance matters beside any capacitance.
    [[nodiscard]] double jump_rate() const {
        double least = std::numeric_limits<double>::infinity(), conductance = 0.0;
        for (const auto* c : {&job_.system.row_ground, &job_.system.col_ground, &job_.system.row_next,
                              &job_.system.col_next, &job_.system.cell}) {
            for (const double x : *c) {
                if (x > 0.0) least = std::min(least, x);
            }
        }
        const LineSystem& lines = job_.system.lines;
        for (const auto* g : {&lines.row_link, &lines.row_tie, &lines.col_link, &lines.col_tie})
            conductance = std::max(conductance, g->largest());
        conductance = std::max(conductance, largest_conductance());
        return std::isinf(least) ? 0.0 : 1e12 * conductance / least;
    }

    [[nodiscard]] bool is_held(Index port) const {
        const LineSystem& lines = job_.system.lines;
        const Index line = port - job_.crossbar.rows();
        return line < 0 ? lines.rows_merged && std::isinf(lines.row_hold[at(job_.system.first_row + port)])
                        : lines.cols_merged && std::isinf(lines.col_hold[column(line) / lane_count]);
    }
    [[nodiscard]] bool holds_a_line() const {
        for (Index port = 0; port < ports(); ++port) {
            if (is_held(port)) return true;
        }
        return false;
    }

    /// Currents into the ports, those of capacitors at held lines apart.
    [[nodiscard]] PortValues currents() {
        transient_kernels::evaluate(job_.system, job_.system.lines, 0.0, block_);
        const LineSystem& lines = job_.system.lines;
        const LaneBlock& lanes = block_.lanes;
        PortValues values(at(ports() * lane_count));
        // A line that is one node sums up what its cells take; behind a resistance its own capacitors take part of that.
        const auto put = [&](Index port, bool merged, double hold, double sign, const double* summed,
                             const double* v, const double* node) {
            for (Index lane = 0; lane < lane_count; ++lane) {
                values[at(port * lane_count + lane)] =
                    merged && !std::isinf(hold) ? hold * (v[lane] - node[lane]) : sign * summed[lane];
            }
        };
        for (Index r = 0; r < job_.crossbar.rows(); ++r) {
            const Index row = job_.system.first_row + r;
            put(r, lines.rows_merged, lines.row_hold[at(row)], 1.0, lanes.i_row.data() + row * lane_count,
                lanes.v_row.data() + row * lane_count, lanes.w.data() + row * lines.sites * lane_count);
        }
        for (Index l = 0; l < job_.crossbar.lines(); ++l) {
            const std::size_t line = column(l);
            put(job_.crossbar.rows() + l, lines.cols_merged, lines.col_hold[line / lane_count], -1.0,
                lanes.i_col.data() + line, lanes.v_col.data() + line, lanes.b.data() + line);
        }
        return values;
    }

    /// Charges on the lines that their terminals hold; 0 for all others. Leaves all nodes' charges in next_charge.
    [[nodiscard]] PortValues held_charges() {
        transient_kernels::measure_charges(job_.system, block_);
        PortValues values(at(ports() * lane_count), 0.0);
        const LineSystem& lines = job_.system.lines;
        for (Index port = 0; port < ports(); ++port) {
            if (!is_held(port)) continue;
            const Index line = port - job_.crossbar.rows();
            double* to = values.data() + port * lane_count;
            const auto add = [&](const std::span<double>& charges, Index node) {
                for (Index lane = 0; lane < lane_count; ++lane)
                    to[lane] += charges[at(node * lane_count + lane)];
            };
            if (line < 0) {
                for (Index s = 0; s < lines.sites; ++s)
                    add(block_.next_charge.w, (job_.system.first_row + port) * lines.sites + s);
            } else {
                for (Index r = 0; r < lines.rows; ++r)
                    add(block_.next_charge.b,
                        r * lines.lines + static_cast<Index>(column(line)) / lane_count);
            }
        }
        return values;
    }

    /// T_{k+1} = 2·Y·T_k − T_{k−1}; moments of all terms, added up with each time's coefficients as they come.
    void follow(const ExponentialFit& fit, std::size_t first_time) {
        drive(0.0);
        Voltages now = end_, before;
        for (std::size_t i = 0; i < now.w.size(); ++i) now.w[i] -= start_.w[i];
        for (std::size_t i = 0; i < now.b.size(); ++i) now.b[i] -= start_.b[i];
        std::vector<PortValues> current(fit.at.size(), end_current_), charge(fit.at.size(), end_charge_);
        for (std::size_t i = 0; i < fit.at.size(); ++i) {
            const double t = job_.times[first_time + i];
            for (std::size_t p = 0; p < charge[i].size(); ++p) charge[i][p] += t * end_current_[p];
        }
        for (int k = 0; k < fit.terms(); ++k) {
            const auto term = static_cast<std::size_t>(k);
            set_voltages(now);
            std::ranges::fill(block_.injected.w, 0.0);
            std::ranges::fill(block_.injected.b, 0.0);
            const PortValues flowing = currents(), held = held_charges();
            for (std::size_t i = 0; i < fit.at.size(); ++i) {
                const ExponentialFit::Series& c = fit.at[i];
                for (std::size_t p = 0; p < flowing.size(); ++p) {
                    current[i][p] += c.displacement[term] * held[p] - c.decay[term] * flowing[p];
                    charge[i][p] -= c.integral[term] * flowing[p] + c.decay[term] * held[p];
                }
            }
            if (k + 1 == fit.terms()) break;
            advance(fit.sigma, k == 0, now, before);
        }
        for (std::size_t i = 0; i < fit.at.size(); ++i) {
            for (Index lane = 0; lane < count_; ++lane) {
                for (Index port = 0; port < ports(); ++port) {
                    job_.response.current[first_time + i](first_ + lane, port) =
                        current[i][at(port * lane_count + lane)];
                    job_.response.charge[first_time + i](first_ + lane, port) =
                        charge[i][at(port * lane_count + lane)];
                }
            }
        }
    }

    /// From T_k and T_{k−1} to T_{k+1} and T_k. The charges of T_k are in next_charge.
    void advance(double sigma, bool first, Voltages& now, Voltages& before) {
        Lanes scale{};
        const auto inject = [&](const std::span<double>& charges, const std::span<double>& injected) {
            for (std::size_t i = 0; i < charges.size(); ++i) {
                injected[i] = sigma * charges[i];
                scale[i % lane_count] = std::max(scale[i % lane_count], std::abs(injected[i]));
            }
        };
        inject(block_.next_charge.w, block_.injected.w);
        inject(block_.next_charge.b, block_.injected.b);
        Lanes kcl{};
        for (std::size_t lane = 0; lane < lane_count; ++lane) kcl[lane] = 1e-3 * job_.tolerance * scale[lane];
        clear_voltages();
        solve(sigma, kcl, scale);
        const auto step = [&](const std::span<double>& solution, std::vector<double>& t_now,
                              std::vector<double>& t_before) {
            if (first) t_before.assign(t_now.size(), 0.0);
            for (std::size_t i = 0; i < t_now.size(); ++i) {
                const double image = t_now[i] - 2.0 * solution[i];
                const double next = first ? image : 2.0 * image - t_before[i];
                t_before[i] = t_now[i];
                t_now[i] = next;
            }
        };
        step(block_.lanes.w, now.w, before.w);
        step(block_.lanes.b, now.b, before.b);
    }

    const Job& job_;
    Index first_, count_;
    TransientBlock block_;
    LineStageSolver solver_;
    Voltages end_, start_;
    PortValues end_current_, end_charge_;
    double residual_ = 0.0;
};

} // namespace

SettledResponse settled_response(const Crossbar& crossbar, std::span<const double> times,
                                 const SettledOptions& options) {
    validate(crossbar);
    require_times(times);
    if (!is_linear(crossbar.cell))
        throw InputError("settled responses are maps: the array's cells must be linear");
    if (!is_line_system(crossbar))
        throw InputError("settled responses need chains: the array has shorted cells, cut-off parts or lines "
                         "joined in part");
    if (!(options.tolerance >= 1e-10 && options.tolerance < 1.0))
        throw InputError(fmt::format(
            "settled response: tolerance {} is out of range, expected 1e-10 to below 1", options.tolerance));
    const TransientSystem system = make_transient_system(crossbar);

    std::vector<ExponentialFit> fits;
    SettledResponse response;
    std::size_t first = 0;
    for (const std::size_t count : group_times(times, options.tolerance)) {
        fits.push_back(fit_exponentials(times.subspan(first, count), options.tolerance));
        response.error = std::max(response.error, fits.back().error);
        response.solutions += fits.back().terms() - 1;
        first += count;
    }
    const Index ports = crossbar.rows() + crossbar.lines();
    std::vector<Index> ports_driven = options.driven;
    if (ports_driven.empty()) {
        ports_driven.resize(at(crossbar.rows()));
        std::iota(ports_driven.begin(), ports_driven.end(), Index{0});
    }
    for (const Index port : ports_driven) {
        if (port < 0 || port >= ports)
            throw InputError(
                fmt::format("settled response: port {} is driven, but there are {} ports", port, ports));
    }
    const auto driven = static_cast<Index>(ports_driven.size());
    response.times.assign(times.begin(), times.end());
    response.current.assign(times.size(), Matrix<double>(driven, ports));
    response.charge.assign(times.size(), Matrix<double>(driven, ports));
    response.settled = Matrix<double>(driven, ports);

    const Job job{crossbar, system, times, fits, options.tolerance, ports_driven, response};
    const Index blocks = (driven + lane_count - 1) / lane_count;
    std::vector<double> residuals(at(blocks), 0.0);
    parallel_for(blocks, [&](Index k) {
        PortBlock block(job, k * lane_count);
        block.run();
        residuals[at(k)] = block.residual();
    });
    response.residual = *std::ranges::max_element(residuals);
    return response;
}

} // namespace ohmloom
