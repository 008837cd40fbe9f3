#include "writing/array_writing.hpp"

#include "array/programming.hpp"
#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "writing/line_delay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace ohmloom {

namespace {

void validate(const PulseChange& change, const char* which) {
    if (change.v && !(std::isfinite(*change.v) && *change.v != 0.0)) {
        throw InputError(fmt::format("the {} pulse is {} V: it must be finite and not 0", which, *change.v));
    }
    if (change.width && !(std::isfinite(*change.width) && *change.width > 0.0)) {
        throw InputError(fmt::format("the {} pulse lasts {} s: it must be finite and longer than 0", which,
                                     *change.width));
    }
}

/// How far a pulse brings a device in this state towards the other end of its range [S]: mean of some pulses, each with noise of its own.
double mean_gain(const DeviceModel& device, const DeviceState& state, const Pulse& pulse,
                 const DeviceDraws& draws, bool up) {
    constexpr std::uint32_t first_event = 1000, pulses = 16; // behind those that brought the device here
    double moved = 0.0;
    for (std::uint32_t k = 0; k < pulses; ++k)
        moved += device.pulse(state, pulse, draws, first_event + k).state.g - state.g;
    return (up ? moved : -moved) / pulses;
}

/// Refuses a given voltage of the wrong sign: at the far end of its range it moves a device by nothing but noise, while the same pulse turned
/// round moves it. Devices that either sign moves alike take both.
void require_polarity(const WritingOptions& options, const DeviceModel& device, bool up) {
    const PulseChange& change = up ? options.up : options.down;
    if (!change.v) return;
    constexpr double noise = 0.25; // of what the turned pulse does: heat does as much with either sign
    const DeviceDraws draws{options.seed, {options.tile}};
    const double from = up ? device.g_min() : device.g_max(), to = up ? device.g_max() : device.g_min();
    const DeviceState state = device.program(device.fresh(draws), from, {}, draws, 1).state;
    const double width = change.width ? *change.width : device.write_pulse(state, to).value_or(Pulse{}).width;
    const double turned = mean_gain(device, state, {-*change.v, width}, draws, up);
    if (!(turned > 0.0) || mean_gain(device, state, {*change.v, width}, draws, up) > noise * turned) return;
    throw InputError(fmt::format("the {} pulse is {} V, which does not {} the conductance of {}, while {} V "
                                 "does: expected a {} voltage",
                                 up ? "SET" : "RESET", *change.v, up ? "raise" : "lower", device.card().name,
                                 -*change.v, *change.v > 0.0 ? "negative" : "positive"));
}

void validate(const WritingOptions& options, const DeviceModel& device) {
    validate(options.up, "SET");
    validate(options.down, "RESET");
    if (!(options.tolerance > 0.0 && options.tolerance < 1.0)) {
        throw InputError(
            fmt::format("the tolerance is {}: expected a number between 0 and 1", options.tolerance));
    }
    if (options.max_pulses < 1 || options.passes < 1) {
        throw InputError(fmt::format("at most {} pulses in {} passes: expected at least 1 of both",
                                     options.max_pulses, options.passes));
    }
    const bool all_given = options.up.v && options.up.width && options.down.v && options.down.width;
    if (!all_given && !device.write_pulse(device.fresh({options.seed, {}}), device.g_max())) {
        throw InputError(
            fmt::format("{} has no write pulses of its own: give voltage and width of SET and RESET pulses",
                        device.card().name));
    }
    for (const bool up : {true, false}) require_polarity(options, device, up);
}

/// An array on the way to its targets.
class ArrayWriter {
public:
    ArrayWriter(const Crossbar& wires, const Matrix<double>& target, const Matrix<double>& initial,
                const DeviceModel& device, const WritingOptions& options)
        : wires_(wires), device_(device), options_(options), rows_(target.rows()), lines_(target.cols()) {
        written_.target = target;
        written_.verified = written_.disturb = written_.cell_energy = Matrix<double>(rows_, lines_);
        written_.pulses = Matrix<std::int32_t>(rows_, lines_);
        written_.reached = written_.met = Matrix<std::uint8_t>(rows_, lines_);
        written_.slowest_line = slowest_line(wires);
        array_ = {&device,
                  Matrix<DeviceState>(rows_, lines_),
                  Matrix<std::uint8_t>(rows_, lines_),
                  options.temperature,
                  options.seed,
                  options.tile};
        for (std::size_t k = 0; k < target.values().size(); ++k)
            array_.present.values()[k] = target.values()[k] != 0.0 ? 1 : 0;
        make_devices(array_, initial);
        written_.initial = conductances();
    }

    WrittenArray run() {
        for (int pass = 0; pass < options_.passes; ++pass) {
            for (Index row = 0; row < rows_; ++row) {
                write_row(row);
                if (options_.progress)
                    options_.progress("writing", pass * rows_ + row + 1, options_.passes * rows_);
            }
            look_at_all();
        }
        written_.got = conductances();
        return std::move(written_);
    }

private:
    Matrix<double> conductances() const {
        Matrix<double> g(rows_, lines_);
        for (std::size_t k = 0; k < g.values().size(); ++k) {
            if (array_.present.values()[k] != 0) g.values()[k] = array_.state.values()[k].g;
        }
        return g;
    }

    bool meets(Index r, Index l) const {
        const double wanted = std::clamp(written_.target(r, l), device_.g_min(), device_.g_max());
        return device_.meets(array_.state(r, l), wanted, options_.tolerance);
    }

    Pulse next_pulse(Index r, Index l) const {
        const DeviceState& state = array_.state(r, l);
        const PulseChange& change = state.g < written_.target(r, l) ? options_.up : options_.down;
        const Pulse own = device_.write_pulse(state, written_.target(r, l)).value_or(Pulse{});
        return {change.v.value_or(own.v), change.width.value_or(own.width)};
    }

    void write_row(Index row) {
        if (options_.order == WriteOrder::cells) {
            for (Index l = 0; l < lines_; ++l) write_cells(row, l, l + 1);
        } else {
            write_cells(row, 0, lines_);
        }
        for (Index l = 0; l < lines_; ++l) {
            if (array_.present(row, l) == 0) continue;
            written_.verified(row, l) = array_.state(row, l).g;
            written_.reached(row, l) = meets(row, l) ? 1 : 0;
        }
    }

    /// Writes the cells of a row from line `first` up to `last`.
    void write_cells(Index row, Index first, Index last) {
        std::vector<int> left(static_cast<std::size_t>(lines_), options_.max_pulses);
        while (true) {
            // Cells that need the same voltage get it at the same time, each for as long as it needs it.
            std::map<double, std::vector<double>> widths;
            for (Index l = first; l < last; ++l) {
                const auto k = static_cast<std::size_t>(l);
                if (array_.present(row, l) == 0 || left[k] == 0 || meets(row, l)) continue;
                const Pulse next = next_pulse(row, l);
                --left[k];
                ++written_.pulses(row, l);
                if (!(next.width > 0.0)) continue;
                auto& group = widths[next.v];
                group.resize(left.size(), 0.0);
                group[k] = next.width;
            }
            if (widths.empty()) return;
            for (auto& [v, width] : widths) apply({row, v, std::move(width)});
        }
    }

    void apply(const RowPulse& pulse) {
        const Matrix<double> before = conductances();
        PulseOutcome outcome =
            pulse_array(wires_, array_, options_.scheme, pulse, event_++, options_.accuracy);
        array_.state = std::move(outcome.state);
        for (Index r = 0; r < rows_; ++r) {
            for (Index l = 0; l < lines_; ++l) {
                const bool is_addressed = r == pulse.row && pulse.width[static_cast<std::size_t>(l)] > 0.0;
                if (!is_addressed && array_.present(r, l) != 0)
                    written_.disturb(r, l) += array_.state(r, l).g - before(r, l);
                written_.cell_energy(r, l) += outcome.cell_energy(r, l);
            }
        }
        written_.energy += outcome.energy;
        written_.time += outcome.time;
        for (const double width : pulse.width) {
            if (width > 0.0 && (written_.shortest_pulse == 0.0 || width < written_.shortest_pulse))
                written_.shortest_pulse = width;
        }
        ++written_.array_pulses;
        written_.solutions += outcome.solutions;
        written_.unsolved += outcome.unsolved;
    }

    void look_at_all() {
        for (Index r = 0; r < rows_; ++r) {
            for (Index l = 0; l < lines_; ++l)
                written_.met(r, l) = array_.present(r, l) != 0 && meets(r, l) ? 1 : 0;
        }
    }

    const Crossbar& wires_;
    const DeviceModel& device_;
    const WritingOptions& options_;
    Index rows_, lines_;
    DeviceArray array_;
    WrittenArray written_;
    std::uint32_t event_ = first_free_event;
};

} // namespace

WrittenArray write_array(const Crossbar& wires, const Matrix<double>& target, const Matrix<double>& initial,
                         const DeviceModel& device, const WritingOptions& options) {
    validate(options, device);
    const auto require_shape = [&](const Matrix<double>& g, const char* what) {
        if (g.rows() == wires.rows() && g.cols() == wires.lines()) return;
        throw InputError(
            fmt::format("the {} conductances are {} x {}, expected {} x {} (rows x lines of the array)", what,
                        g.rows(), g.cols(), wires.rows(), wires.lines()));
    };
    require_shape(target, "target");
    require_targets(target, device);
    if (!initial.empty()) {
        require_shape(initial, "initial");
        require_targets(initial, device, false, "initial");
    }
    return ArrayWriter(wires, target, initial, device, options).run();
}

WritingSummary summary_of(const WrittenArray& written) {
    WritingSummary summary;
    for (Index r = 0; r < written.target.rows(); ++r) {
        for (Index l = 0; l < written.target.cols(); ++l) {
            if (written.target(r, l) == 0.0) continue;
            ++summary.cells;
            summary.reached += written.reached(r, l);
            summary.met += written.met(r, l);
            summary.pulses_mean += written.pulses(r, l);
            summary.pulses_most = std::max(summary.pulses_most, written.pulses(r, l));
            const double error = std::abs(written.got(r, l) - written.target(r, l));
            summary.error_mean += error;
            if (error > summary.error_worst) {
                summary.error_worst = error;
                summary.error_row = r;
                summary.error_line = l;
            }
            const double disturb = written.disturb(r, l);
            summary.disturb_mean += std::abs(disturb);
            if (std::abs(disturb) > std::abs(summary.disturb_worst)) {
                summary.disturb_worst = disturb;
                summary.disturb_row = r;
                summary.disturb_line = l;
            }
        }
    }
    const ArrayPower& energy = written.energy;
    if (energy.sources > 0.0) {
        summary.imbalance =
            std::abs(energy.sources - energy.cells - energy.wires - energy.drivers) / energy.sources;
    }
    if (summary.cells == 0) return summary;
    const auto cells = static_cast<double>(summary.cells);
    summary.error_mean /= cells;
    summary.disturb_mean /= cells;
    summary.pulses_mean /= cells;
    return summary;
}

} // namespace ohmloom
