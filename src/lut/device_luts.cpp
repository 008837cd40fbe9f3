#include "lut/device_luts.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>

namespace ohmloom {

namespace {

constexpr ProgrammingScheme careful{Programming::write_verify, 1e-4, 2000},
    near_enough{Programming::write_verify, 0.01, 200}; // where the error is taken off
constexpr int pulse_states = 64; ///< parts of the range of conductances that pulses are looked at from
constexpr std::uint32_t programming_event = 1, pulse_event = 2;

/// A device that has been brought as near to a conductance as it goes.
DeviceState state_near(const DeviceModel& device, double g, const DeviceDraws& draws,
                       const ProgrammingScheme& scheme) {
    return device
        .program(device.fresh(draws), std::clamp(g, device.g_min(), device.g_max()), scheme, draws,
                 programming_event)
        .state;
}

/// The numbers of the states that a device can be brought to, by their conductance; asked for from many threads.
class ReachableStates {
public:
    ReachableStates(const DeviceModel& device, double temperature, std::uint32_t seed)
        : device_(device), temperature_(temperature), draws_(seed, {}) {}

    /// The conductance that the device gets when it is brought to `target`.
    double reach(double target) {
        const CellNumbers cell =
            device_.aged(state_near(device_, target, draws_, careful), {0.0, temperature_});
        const std::scoped_lock lock(mutex_);
        cells_.emplace(cell.g, cell);
        return cell.g;
    }

    /// Numbers of a state that was reached; of one that was reached in an earlier run, the numbers of a neighbour beside its conductance.
    CellNumbers at(double g) {
        {
            const std::scoped_lock lock(mutex_);
            const auto found = cells_.find(g);
            if (found != cells_.end()) return found->second;
        }
        CellNumbers cell = device_.aged(state_near(device_, g, draws_, careful), {0.0, temperature_});
        cell.g = g;
        const std::scoped_lock lock(mutex_);
        return cells_.emplace(g, cell).first->second;
    }

private:
    const DeviceModel& device_;
    double temperature_;
    DeviceDraws draws_;
    std::mutex mutex_;
    std::map<double, CellNumbers> cells_;
};

/// Distinct states, rising, that a device reaches evenly over its range.
std::vector<double> state_nodes(ReachableStates& states, const DeviceModel& device, Index count) {
    std::vector<double> nodes;
    for (const double target : even_nodes(device.g_min(), device.g_max(), device.is_binary() ? 2 : count))
        nodes.push_back(states.reach(target));
    std::ranges::sort(nodes);
    nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
    return nodes;
}

/// Notes of a table, or of the function that it is to be of.
template <class Table>
void describe(Table& table, const DeviceModel& device, const DeviceLutOptions& options) {
    table.texts["card"] = device.card().name;
    table.numbers["temperature"] = options.temperature;
    table.numbers["device_seed"] = options.seed;
}

/// Mean and standard deviation.
std::pair<double, double> moments(const std::vector<double>& values) {
    double sum = 0.0, squares = 0.0;
    for (const double value : values) sum += value;
    const double mean = sum / static_cast<double>(values.size());
    for (const double value : values) squares += (value - mean) * (value - mean);
    return {mean, std::sqrt(squares / static_cast<double>(values.size()))};
}

} // namespace

RefinedFunction device_iv_function(const DeviceModel& device, const DeviceLutOptions& options) {
    const CellModel law = device.law(options.temperature);
    const CellRange range = range_of(law);
    const double low = options.v_low.value_or(std::max(-0.5, range.v_low)),
                 high = options.v_high.value_or(std::min(0.5, range.v_high));
    if (!(low < high))
        throw InputError(fmt::format("voltages from {} V to {} V: expected the lower one first", low, high));
    if (low < range.v_low || high > range.v_high)
        throw InputError(fmt::format("voltages from {} V to {} V: the model covers {} V to {} V only", low,
                                     high, range.v_low, range.v_high));
    auto states = std::make_shared<ReachableStates>(device, options.temperature, options.seed);
    const bool binary = device.is_binary();
    RefinedFunction function;
    // 0 V is a node where it is inside: there all states meet.
    std::vector<double> voltages = even_nodes(low, high, 9);
    if (low < 0.0 && high > 0.0 && !std::ranges::binary_search(voltages, 0.0))
        voltages.insert(std::ranges::upper_bound(voltages, 0.0), 0.0);
    function.axes = {{{"voltage", "V", voltages, AxisRule::linear, BeyondAxis::refuse}, true},
                     {{"state", "S", state_nodes(*states, device, options.states),
                       binary ? AxisRule::nodes : AxisRule::linear, BeyondAxis::refuse},
                      !binary}};
    if (function.axes[1].axis.values.size() < 2) function.axes[1].refined = false;
    function.outputs = {{"current", "A"}};
    function.reference = "the device's current law";
    function.snap = [states](std::size_t axis, double x) { return axis == 1 ? states->reach(x) : x; };
    function.evaluate = [states, law](std::span<const double> p, std::span<double> current) {
        const CellNumbers cell = states->at(p[1]);
        current[0] = evaluate_cell(law, cell.g, cell.shape, p[0]).current;
    };
    function.kind = function.name = "iv";
    function.summary =
        fmt::format("current of {} over voltage and conductance at zero bias", device.card().name);
    describe(function, device, options);
    return function;
}

RefinedFunction device_pulse_function(const DeviceModel& device, const DeviceLutOptions& options,
                                      const PulseLutOptions& pulses) {
    const bool binary = device.is_binary();
    RefinedFunction function;
    const auto axis = [](std::string name, std::string unit, std::vector<double> nodes) {
        const bool several = nodes.size() > 1;
        return RefinedAxis{{std::move(name), std::move(unit), std::move(nodes),
                            several ? AxisRule::linear : AxisRule::nodes, BeyondAxis::refuse},
                           several};
    };
    function.axes = {
        axis("state", "S", even_nodes(device.g_min(), device.g_max(), binary ? 2 : options.states)),
        axis("amplitude", "V", pulses.amplitudes), axis("width", "s", pulses.widths)};
    if (binary) {
        function.axes[0].axis.rule = AxisRule::nodes;
        function.axes[0].refined = false;
    }
    function.outputs = {{"mean", "S"}, {"sigma", "S"}};
    function.reference = fmt::format("the model, by the mean of {} devices, at {} conductances",
                                     pulses.devices, pulse_states + 1);
    // Devices are programmed once for each of these conductances, which takes most of the time.
    function.snap = [low = device.g_min(), high = device.g_max()](std::size_t a, double x) {
        if (a != 0 || !(high > low)) return x;
        return low + (high - low) * std::round((x - low) / (high - low) * pulse_states) / pulse_states;
    };
    // The devices of a state serve all pulses.
    struct Devices {
        std::mutex mutex;
        std::map<double, std::shared_ptr<const std::vector<DeviceState>>> of_state;
    };
    auto cache = std::make_shared<Devices>();
    function.evaluate = [&device, seed = options.seed, count = pulses.devices,
                         cache](std::span<const double> p, std::span<double> values) {
        const auto draws = [&](Index k) { return DeviceDraws(seed, {0, 0, static_cast<std::uint32_t>(k)}); };
        std::shared_ptr<const std::vector<DeviceState>> start;
        {
            const std::scoped_lock lock(cache->mutex);
            const auto found = cache->of_state.find(p[0]);
            if (found != cache->of_state.end()) start = found->second;
        }
        if (!start) {
            auto made = std::make_shared<std::vector<DeviceState>>();
            made->reserve(static_cast<std::size_t>(count));
            for (Index k = 0; k < count; ++k)
                made->push_back(state_near(device, p[0], draws(k), near_enough));
            start = made;
            const std::scoped_lock lock(cache->mutex);
            cache->of_state.emplace(p[0], start);
        }
        std::vector<double> after;
        after.reserve(start->size());
        for (Index k = 0; k < count; ++k) {
            const DeviceState& before = (*start)[static_cast<std::size_t>(k)];
            after.push_back(p[0] + device.pulse(before, {p[1], p[2]}, draws(k), pulse_event).state.g -
                            before.g);
        }
        std::tie(values[0], values[1]) = moments(after);
    };
    function.kind = function.name = "pulse";
    function.summary = fmt::format("state of {} after a pulse", device.card().name);
    describe(function, device, options);
    function.numbers["devices"] = static_cast<double>(pulses.devices);
    return function;
}

Lut device_levels_lut(const DeviceModel& device, const DeviceLutOptions& options, Index levels, Index devices,
                      const ProgrammingScheme& scheme) {
    if (levels < 2 || (device.is_binary() && levels != 2))
        throw InputError(fmt::format("{} levels: expected {}", levels,
                                     device.is_binary() ? "2, as the device has two states" : "at least 2"));
    const std::vector<double> targets = even_nodes(device.g_min(), device.g_max(), levels);
    std::vector<double> numbers, means, sigmas;
    for (std::size_t level = 0; level < targets.size(); ++level) {
        std::vector<double> got(static_cast<std::size_t>(devices));
        parallel_for(devices, [&](Index k) {
            const DeviceDraws draws(options.seed,
                                    {static_cast<std::uint32_t>(level), 0, static_cast<std::uint32_t>(k)});
            const DeviceState state =
                device.program(device.fresh(draws), targets[level], scheme, draws, programming_event).state;
            got[static_cast<std::size_t>(k)] =
                read_device(device, state, {0.0, options.temperature}, draws, 0).g;
        });
        const auto [mean, sigma] = moments(got);
        numbers.push_back(static_cast<double>(level));
        means.push_back(mean);
        sigmas.push_back(sigma);
    }
    Lut table;
    table.kind = table.name = "levels";
    table.summary =
        fmt::format("{} levels of {} as programmed, over {} devices", levels, device.card().name, devices);
    table.axes = {{"level", "1", numbers, AxisRule::nodes, BeyondAxis::refuse}};
    const std::vector<Index> shape{levels};
    table.arrays = {{"target", "S", {"level"}, shape, targets},
                    {"mean", "S", {"level"}, shape, means},
                    {"sigma", "S", {"level"}, shape, sigmas}};
    describe(table, device, options);
    table.seed = options.seed;
    table.numbers["devices"] = static_cast<double>(devices);
    return table;
}

} // namespace ohmloom
