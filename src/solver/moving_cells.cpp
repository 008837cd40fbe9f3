#include "solver/moving_cells.hpp"

#include "base/parallel.hpp"
#include "solver/transient_kernels.hpp"

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

double voltage(const TransientBlock& block, std::size_t w, std::size_t b, Index lane) {
    const auto at = static_cast<std::size_t>(lane);
    return block.lanes.w[w * lane_count + at] - block.lanes.b[b * lane_count + at];
}

/// Part of the greater of two conductances by which they differ.
double difference(double a, double b) {
    return a == b ? 0.0 : std::abs(a - b) / std::max(std::abs(a), std::abs(b));
}

} // namespace

MovingCells::MovingCells(const DeviceArray& devices, const TransientSystem& system,
                         const Matrix<std::uint8_t>& followed, Index lanes, std::uint32_t first_event,
                         double tolerance, double steady)
    : devices_(devices), lanes_(lanes), first_event_(first_event), tolerance_(tolerance), steady_(steady),
      nodes_(system.lines.rows * system.lines.lines), mover_(followed.rows(), followed.cols(), -1),
      other_(followed.rows(), followed.cols(), -1), changed_(followed.rows(), followed.cols()) {
    const LineSystem& lines = system.lines;
    for (Index r = 0; r < followed.rows(); ++r) {
        for (Index l = 0; l < followed.cols(); ++l) {
            if (devices.present(r, l) == 0) continue;
            const Index row = system.first_row + r, line = system.first_site * lines.lines_per_site + l;
            const Place place{r, l, static_cast<std::size_t>(row * lines.sites + line / lines.lines_per_site),
                              static_cast<std::size_t>(row * lines.lines + line)};
            auto& list = followed(r, l) != 0 ? movers_ : others_;
            (followed(r, l) != 0 ? mover_ : other_)(r, l) = static_cast<std::int32_t>(list.size());
            list.push_back(place);
        }
    }
    const auto count = static_cast<std::size_t>(lanes);
    lives_.resize(movers_.size() * count);
    carried_.resize(others_.size() * count);
}

/// Calls each(place, number of the place, lane) for all of a list, each place as a whole on one thread.
template <class Each>
void MovingCells::for_each(const std::vector<Place>& places, const Each& each) const {
    const auto count = static_cast<Index>(places.size());
    const auto visit = [&](Index k) {
        const auto number = static_cast<std::size_t>(k);
        for (Index lane = 0; lane < lanes_; ++lane) each(places[number], number, lane);
    };
    // This happens thousands of times: a few devices are done before another thread has begun.
    constexpr Index worth_threads = 512;
    if (count * lanes_ >= worth_threads) {
        parallel_for(count, visit);
    } else {
        for (Index k = 0; k < count; ++k) visit(k);
    }
}

std::vector<std::int32_t> MovingCells::places() const {
    if (movers_.empty()) return {};
    std::vector<std::int32_t> places(static_cast<std::size_t>(nodes_), -1);
    for (std::size_t k = 0; k < movers_.size(); ++k) places[movers_[k].b] = static_cast<std::int32_t>(k);
    return places;
}

void MovingCells::begin(TransientBlock& block) {
    const auto lanes = static_cast<std::size_t>(lanes_);
    const auto event_of = [&](const Place& place, Index lane) {
        return devices_.model->begin_event(devices_.state(place.row, place.line), draws(place),
                                           first_event_ + static_cast<std::uint32_t>(lane));
    };
    for_each(movers_, [&](const Place& place, std::size_t k, Index lane) {
        Life& life = lives_[k * lanes + static_cast<std::size_t>(lane)];
        life.start = life.base = life.trial = event_of(place, lane);
        life.v_start = life.v_trial = voltage(block, place.w, place.b, lane);
        give(block, k, lane, life.start.state);
    });
    for_each(others_, [&](const Place& place, std::size_t k, Index lane) {
        Carried& life = carried_[k * lanes + static_cast<std::size_t>(lane)];
        life.event = event_of(place, lane);
        life.g = life.event.state.g;
        life.v = voltage(block, place.w, place.b, lane);
    });
    held_ = true; // until a stage begins
}

/// Sets the numbers of a followed cell in a lane; those of the last lane in all that repeat it.
void MovingCells::give(TransientBlock& block, std::size_t mover, Index lane, const DeviceState& state) const {
    const CellNumbers numbers = devices_.numbers(state);
    const Index last = lane + 1 == lanes_ ? lane_count : lane + 1;
    for (Index to = lane; to < last; ++to) {
        const std::size_t at = mover * lane_count + static_cast<std::size_t>(to);
        block.g[at] = numbers.g;
        block.shape[at] = numbers.shape;
    }
}

void MovingCells::begin_stage(double width) {
    width_ = width;
    held_ = false;
    for (Life& life : lives_) life.v_trial = std::numeric_limits<double>::quiet_NaN();
}

void MovingCells::begin_first_stage(double width) {
    for (Life& life : lives_) {
        life.base = life.start;
        life.v_base = life.v_start;
    }
    step_ = width;
    begin_stage(width);
}

void MovingCells::begin_second_stage(double width) {
    for (Life& life : lives_) {
        life.base = life.trial;
        life.v_base = life.v_trial;
    }
    step_ += width;
    begin_stage(width);
}

void MovingCells::follow(TransientBlock& block) {
    if (held_) return;
    for_each(movers_, [&](const Place& place, std::size_t k, Index lane) {
        Life& life = lives_[k * static_cast<std::size_t>(lanes_) + static_cast<std::size_t>(lane)];
        const double v = voltage(block, place.w, place.b, lane);
        if (v == life.v_trial) return;
        life.trial = life.base;
        life.v_trial = v;
        devices_.model->advance(life.trial, {life.v_base, v, width_}, draws(place));
        give(block, k, lane, life.trial.state);
    });
}

void MovingCells::hold(double width, TransientBlock& block) {
    step_ = width_ = width;
    held_ = true;
    for_each(movers_, [&](const Place& place, std::size_t k, Index lane) {
        Life& life = lives_[k * static_cast<std::size_t>(lanes_) + static_cast<std::size_t>(lane)];
        life.trial = life.start;
        devices_.model->advance(life.trial, {life.v_start, life.v_start, width}, draws(place));
        give(block, k, lane, life.trial.state);
    });
}

double MovingCells::error() const {
    // The error of a straight line for a bent voltage goes with the cube of its width: the two lines of a step, of the widths γ and
    // 1 − γ, have γ³ + (1 − γ)³ = 0.272 of that of the one line.
    constexpr double of_difference = 0.272 / (1.0 - 0.272);
    std::vector<double> worst(movers_.size(), 0.0);
    for_each(movers_, [&](const Place& place, std::size_t k, Index lane) {
        const Life& life = lives_[k * static_cast<std::size_t>(lanes_) + static_cast<std::size_t>(lane)];
        const DeviceState &before = life.start.state, &after = life.trial.state;
        if (before.g == after.g && before.memory == after.memory) return;
        DeviceEvent coarse = life.start;
        devices_.model->advance(coarse, {life.v_start, life.v_trial, step_}, draws(place));
        const double memory = std::abs(coarse.state.memory - after.memory) /
                              std::max(1.0, std::max(std::abs(before.memory), std::abs(after.memory)));
        worst[k] = std::max({worst[k], difference(coarse.state.g, after.g), memory});
    });
    const double largest = worst.empty() ? 0.0 : *std::ranges::max_element(worst);
    return of_difference * largest / tolerance_;
}

void MovingCells::accept(const TransientBlock& block) {
    for_each(movers_, [&](const Place& place, std::size_t k, Index lane) {
        Life& life = lives_[k * static_cast<std::size_t>(lanes_) + static_cast<std::size_t>(lane)];
        life.start = life.trial;
        life.v_start = voltage(block, place.w, place.b, lane);
    });
    for_each(others_, [&](const Place& place, std::size_t k, Index lane) {
        carry(place, carried_[k * static_cast<std::size_t>(lanes_) + static_cast<std::size_t>(lane)],
              voltage(block, place.w, place.b, lane));
    });
    held_ = true;
}

void MovingCells::revert(TransientBlock& block) {
    for_each(movers_, [&](const Place& /*place*/, std::size_t k, Index lane) {
        Life& life = lives_[k * static_cast<std::size_t>(lanes_) + static_cast<std::size_t>(lane)];
        give(block, k, lane, life.start.state);
    });
    held_ = true;
}

/// Takes a cell along to the voltage v, through the step: a voltage that stays near what it was joins the stretch.
void MovingCells::carry(const Place& place, Carried& life, double v) {
    const double from = life.v, low = std::min(from, v), high = std::max(from, v);
    life.v = v;
    if (life.width > 0.0 && std::max(high, life.high) - std::min(low, life.low) > steady_)
        release(place, life);
    if (high - low > steady_) {
        devices_.model->advance(life.event, {from, v, step_}, draws(place));
        note_change(place, life.g, life.event.state.g);
        return;
    }
    life.low = life.width > 0.0 ? std::min(low, life.low) : low;
    life.high = life.width > 0.0 ? std::max(high, life.high) : high;
    life.area += 0.5 * (from + v) * step_;
    life.width += step_;
}

/// Moves a cell through the stretch that has come together.
void MovingCells::release(const Place& place, Carried& life) {
    if (!(life.width > 0.0)) return;
    const double mean = life.area / life.width;
    devices_.model->advance(life.event, {mean, mean, life.width}, draws(place));
    life.area = life.width = 0.0;
    note_change(place, life.g, life.event.state.g);
}

void MovingCells::note_change(const Place& place, double before, double after) {
    if (difference(before, after) > tolerance_) changed_(place.row, place.line) = 1;
}

void MovingCells::finish() {
    for_each(movers_, [&](const Place& place, std::size_t k, Index lane) {
        Life& life = lives_[k * static_cast<std::size_t>(lanes_) + static_cast<std::size_t>(lane)];
        life.trial.state = devices_.model->end_event(life.start, draws(place));
    });
    for_each(others_, [&](const Place& place, std::size_t k, Index lane) {
        Carried& life = carried_[k * static_cast<std::size_t>(lanes_) + static_cast<std::size_t>(lane)];
        release(place, life);
        life.event.state = devices_.model->end_event(life.event, draws(place));
        note_change(place, devices_.state(place.row, place.line).g, life.event.state.g);
    });
}

double MovingCells::conductance(Index row, Index line, Index lane) const {
    const auto lanes = static_cast<std::size_t>(lanes_), at = static_cast<std::size_t>(lane);
    if (mover_(row, line) >= 0)
        return lives_[static_cast<std::size_t>(mover_(row, line)) * lanes + at].start.state.g;
    return other_(row, line) < 0
               ? 0.0
               : carried_[static_cast<std::size_t>(other_(row, line)) * lanes + at].event.state.g;
}

const DeviceState& MovingCells::state(Index row, Index line, Index lane) const {
    const auto lanes = static_cast<std::size_t>(lanes_), at = static_cast<std::size_t>(lane);
    if (mover_(row, line) >= 0)
        return lives_[static_cast<std::size_t>(mover_(row, line)) * lanes + at].trial.state;
    return other_(row, line) < 0
               ? devices_.state(row, line)
               : carried_[static_cast<std::size_t>(other_(row, line)) * lanes + at].event.state;
}

double MovingCells::energy(Index row, Index line, Index lane) const {
    const auto lanes = static_cast<std::size_t>(lanes_), at = static_cast<std::size_t>(lane);
    if (mover_(row, line) >= 0)
        return lives_[static_cast<std::size_t>(mover_(row, line)) * lanes + at].start.energy;
    return other_(row, line) < 0
               ? 0.0
               : carried_[static_cast<std::size_t>(other_(row, line)) * lanes + at].event.energy;
}

} // namespace ohmloom
