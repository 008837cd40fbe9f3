#include "readout/stage_settling.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"
#include "solver/settled_response.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <utility>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

void add_scaled(Matrix<double>& to, double factor, const Matrix<double>& from) {
    for (std::size_t i = 0; i < to.values().size(); ++i) to.values()[i] += factor * from.values()[i];
}

/// A tile with its stages, step by step. Columns of all matrices: the rows' jumps, then the rows' ramps.
class SettlingTile {
public:
    SettlingTile(const Crossbar& crossbar, const ReadoutStage& stage, const AmplifierDynamics& amplifier,
                 double step, Index count, double tolerance)
        : rows_(crossbar.rows()), sites_(crossbar.sites()), stage_(stage), amplifier_(amplifier),
          step_(step) {
        const bool follows = stage.kind == StageKind::difference || std::isfinite(amplifier.gain_bandwidth);
        // Behind a difference stage only the I- lines' ends move; virtual grounds move with a slow amplifier, both of a pair.
        for (Index s = 0; follows && s < sites_; ++s) {
            if (stage.kind == StageKind::virtual_ground) moving_.push_back(2 * s);
            moving_.push_back(2 * s + 1);
        }
        std::vector<double> times(at(count));
        for (Index n = 0; n < count; ++n) times[at(n)] = step * static_cast<double>(n + 1);
        SettledOptions options{tolerance, {}};
        for (Index r = 0; r < rows_; ++r) options.driven.push_back(r);
        for (const Index line : moving_) options.driven.push_back(rows_ + line);
        array_ = settled_response(crossbar, times, options);
        for (Index n = 0; n < count; ++n) kernels_.push_back(kernel(n));
        v_.push_back(Matrix<double>(moving_count(), 2 * rows_));
        u_ = {Matrix<double>(moving_count(), 2 * rows_), Matrix<double>(moving_count(), 2 * rows_)};
        if (is_slow()) y_ = u_;
        for (const bool first : {true, false}) closures_.push_back(closure(first));
    }

    [[nodiscard]] const SettledResponse& array() const { return array_; }

    /// Stage outputs one step on, [sites x 2·rows].
    Matrix<double> advance() {
        const Index n = static_cast<Index>(v_.size()) - 1;
        const Matrix<double> without = currents_without_last(n);
        if (moving_.empty()) {
            v_.push_back(v_.back());
            return outputs(without, {});
        }
        const double a_0 = n == 0 ? 1.0 : 1.5;
        const Matrix<double> a_moving = lines_of(without, moving_), a_plus = plus_inputs(without);
        Matrix<double> right(moving_count(), 2 * rows_);
        Matrix<double> history_u(moving_count(), 2 * rows_), history_y = history_u;
        if (is_slow()) {
            history_u = bdf_history(u_, n);
            history_y = bdf_history(y_, n);
            add_scaled(right, loop_factor(a_0) * stage_.r_feedback(), a_moving);
            add_scaled(right, -1.0, history_y);
            if (has_second_pole()) add_scaled(right, -a_0 / step_ / second_pole(), history_u);
            add_scaled(right, unity_gain(), a_plus);
        } else {
            right = a_plus;
        }
        Matrix<double> v = multiply(closures_[n == 0 ? 0 : 1], right);
        v_.push_back(std::move(v));
        Matrix<double> currents = without; // out of all lines
        // The kernel's last part times all of v, whose former value currents_without_last() has left in.
        add_scaled(currents, -1.0, transposed_multiply(kernels_[0], v_.back()));
        Matrix<double> u = v_.back();
        add_scaled(u, -stage_.r_feedback(), lines_of(currents, moving_));
        if (is_slow()) {
            Matrix<double> y = u;
            if (has_second_pole()) {
                add_scaled(y, a_0 / step_ / second_pole(), u);
                add_scaled(y, 1.0 / second_pole(), history_u);
            }
            y_ = {std::move(y), std::move(y_[0])};
        }
        u_ = {u, std::move(u_[0])};
        return outputs(currents, u);
    }

private:
    [[nodiscard]] Index moving_count() const { return static_cast<Index>(moving_.size()); }
    [[nodiscard]] bool is_slow() const { return std::isfinite(amplifier_.gain_bandwidth); }
    [[nodiscard]] bool has_second_pole() const { return std::isfinite(amplifier_.second_pole); }
    [[nodiscard]] double unity_gain() const { return 2.0 * std::numbers::pi * amplifier_.gain_bandwidth; }
    [[nodiscard]] double second_pole() const { return 2.0 * std::numbers::pi * amplifier_.second_pole; }
    /// What d/dt and the second pole make of u in the amplifier's first equation.
    [[nodiscard]] double loop_factor(double a_0) const {
        const double rate = a_0 / step_;
        return has_second_pole() ? rate * (rate + second_pole()) / second_pole() : rate;
    }

    /// R of step n: currents into the lines' ports at t_(n+1) after one of the moving lines rose from 0 to 1 V in the first step,
    /// [moving x lines].
    [[nodiscard]] Matrix<double> kernel(Index n) const {
        Matrix<double> r(moving_count(), 2 * sites_);
        for (Index m = 0; m < moving_count(); ++m) {
            for (Index l = 0; l < 2 * sites_; ++l) r(m, l) = risen(n, rows_ + m, rows_ + l);
        }
        return r;
    }
    [[nodiscard]] double risen(Index n, Index driven, Index port) const {
        const double before = n == 0 ? 0.0 : array_.charge[at(n - 1)](driven, port);
        return (array_.charge[at(n)](driven, port) - before) / step_;
    }

    /// Currents out of the lines at t_(n+1), but for what the moving lines' last potentials do, v_(n+1) taken as 0, [lines x 2·rows].
    [[nodiscard]] Matrix<double> currents_without_last(Index n) const {
        Matrix<double> currents(2 * sites_, 2 * rows_);
        for (Index l = 0; l < 2 * sites_; ++l) {
            for (Index r = 0; r < rows_; ++r) {
                currents(l, r) = -array_.current[at(n)](r, rows_ + l);
                currents(l, rows_ + r) = -risen(n, r, rows_ + l);
            }
        }
        for (Index j = 0; j < n && !moving_.empty(); ++j) {
            Matrix<double> change = v_[at(j + 1)];
            add_scaled(change, -1.0, v_[at(j)]);
            add_scaled(currents, -1.0, transposed_multiply(kernels_[at(n - j)], change));
        }
        if (!moving_.empty()) add_scaled(currents, 1.0, transposed_multiply(kernels_[0], v_.back()));
        return currents;
    }

    /// Some lines' rows of [lines x …].
    [[nodiscard]] static Matrix<double> lines_of(const Matrix<double>& from,
                                                 const std::vector<Index>& lines) {
        Matrix<double> to(static_cast<Index>(lines.size()), from.cols());
        for (std::size_t i = 0; i < lines.size(); ++i)
            std::copy(from.row(lines[i]).begin(), from.row(lines[i]).end(),
                      to.row(static_cast<Index>(i)).begin());
        return to;
    }
    /// Potentials of the amplifiers' (+) inputs that line currents make, one for each moving line.
    [[nodiscard]] Matrix<double> plus_inputs(const Matrix<double>& currents) const {
        if (stage_.kind == StageKind::virtual_ground) return Matrix<double>(moving_count(), currents.cols());
        std::vector<Index> plus;
        for (const Index line : moving_) plus.push_back(line - 1);
        Matrix<double> v = lines_of(currents, plus);
        for (double& x : v.values()) x *= stage_.r_feedback();
        return v;
    }

    /// The inverse of what stands before v_(n+1): at once  1 − F·B,  slow  c·(1 − r·B) + ω_t·(1 − F·B), with the currents out of the
    /// lines a + B·v and (+) inputs F·currents.
    [[nodiscard]] Matrix<double> closure(bool first) const {
        const Index m = moving_count();
        if (m == 0) return {};
        Matrix<double> b(2 * sites_, m);
        for (Index l = 0; l < 2 * sites_; ++l) {
            for (Index k = 0; k < m; ++k) b(l, k) = -kernels_.front()(k, l);
        }
        Matrix<double> plus = plus_inputs(b), own = lines_of(b, moving_), sum(m, m), identity(m, m);
        const double a_0 = first ? 1.0 : 1.5;
        for (Index i = 0; i < m; ++i) {
            identity(i, i) = 1.0;
            sum(i, i) = is_slow() ? loop_factor(a_0) + unity_gain() : 1.0;
        }
        if (is_slow()) add_scaled(sum, -loop_factor(a_0) * stage_.r_feedback(), own);
        add_scaled(sum, is_slow() ? -unity_gain() : -1.0, plus);
        return solve_dense(sum, identity);
    }

    /// What the last values add to BDF2's (in the first step backward Euler's) derivative.
    [[nodiscard]] Matrix<double> bdf_history(const std::vector<Matrix<double>>& last, Index n) const {
        Matrix<double> history(last[0].rows(), last[0].cols());
        add_scaled(history, (n == 0 ? -1.0 : -2.0) / step_, last[0]);
        if (n > 0) add_scaled(history, 0.5 / step_, last[1]);
        return history;
    }

    /// Stage outputs from line currents and the outputs `u` of the moving lines' amplifiers.
    [[nodiscard]] Matrix<double> outputs(const Matrix<double>& currents, const Matrix<double>& u) const {
        if (stage_.kind == StageKind::difference) return u;
        Matrix<double> out(sites_, currents.cols());
        for (Index s = 0; s < sites_; ++s) {
            for (Index c = 0; c < currents.cols(); ++c) {
                out(s, c) = moving_.empty()
                                ? stage_.r_feedback() * (currents(2 * s, c) - currents(2 * s + 1, c))
                                : u(2 * s + 1, c) - u(2 * s, c);
            }
        }
        return out;
    }

    Index rows_, sites_;
    ReadoutStage stage_;
    AmplifierDynamics amplifier_;
    double step_;
    std::vector<Index> moving_; ///< lines whose ends move
    SettledResponse array_;
    std::vector<Matrix<double>> kernels_;
    std::vector<Matrix<double>> v_;     ///< [instants so far] of [moving x 2·rows] [V], from t = 0 on
    std::vector<Matrix<double>> u_, y_; ///< the last two amplifier outputs, behind and before the second pole
    std::vector<Matrix<double>> closures_; ///< of the first step and of all others
};

} // namespace

void validate(const AmplifierDynamics& amplifier) {
    for (const auto& [name, value] : {std::pair("gain_bandwidth", amplifier.gain_bandwidth),
                                      std::pair("second_pole", amplifier.second_pole)}) {
        if (!(value > 0.0))
            throw InputError(fmt::format("{} of the amplifiers is {} Hz: it must be positive", name, value));
    }
    if (std::isfinite(amplifier.second_pole) && !std::isfinite(amplifier.gain_bandwidth))
        throw InputError("second_pole of the amplifiers needs a gain_bandwidth beside it");
}

StageSettling settle_stages(const Crossbar& crossbar, const ReadoutStage& stage,
                            const AmplifierDynamics& amplifier, double step, Index count, double tolerance) {
    validate(amplifier);
    if (!is_ideal(stage)) {
        throw InputError(fmt::format(
            "{} stages are not followed in time, nor are flaws of others: expected differential-amplifier or "
            "virtual-ground without offset, spread and finite open_loop_gain",
            to_string(stage.kind)));
    }
    if (!(std::isfinite(step) && step > 0.0))
        throw InputError(fmt::format("time step is {} s: it must be positive", step));
    if (count < 1) throw InputError(fmt::format("{} instants are asked for: expected at least one", count));
    const PortMatrix ports = port_matrix(crossbar);
    StageSettling settling;
    settling.step = step;
    settling.settled = close_stages(ports, stage).u;
    SettlingTile tile(crossbar, stage, amplifier, step, count, tolerance);
    settling.residual = tile.array().residual;
    settling.error = tile.array().error;
    const Index rows = crossbar.rows(), sites = crossbar.sites();
    for (Index n = 0; n < count; ++n) {
        const Matrix<double> u = tile.advance();
        Matrix<double> jump(sites, rows), ramp(sites, rows);
        for (Index s = 0; s < sites; ++s) {
            for (Index r = 0; r < rows; ++r) {
                jump(s, r) = u(s, r);
                ramp(s, r) = u(s, rows + r);
            }
        }
        settling.jump.push_back(std::move(jump));
        settling.ramp.push_back(std::move(ramp));
    }
    return settling;
}

} // namespace ohmloom
