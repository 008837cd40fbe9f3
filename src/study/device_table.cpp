#include "study/device_table.hpp"

#include "base/errors.hpp"
#include "devicemodels/device_library.hpp"
#include "store/toml_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

namespace ohmloom {

namespace {

double positive(const TomlTable& table, std::string_view key, double fallback, std::string_view unit) {
    const double value = table.number_or(key, fallback, unit);
    if (!(value > 0.0)) table.refuse(key, fmt::format("is {} {}: expected a positive number", value, unit));
    return value;
}

double not_negative(const TomlTable& table, std::string_view key, double fallback, std::string_view unit) {
    const double value = table.number_or(key, fallback, unit);
    if (!(value >= 0.0)) table.refuse(key, fmt::format("is {} {}: it must not be negative", value, unit));
    return value;
}

/// Keys that only a device model answers to.
constexpr std::string_view model_keys[] = {"values",     "programming", "tolerance",   "max_pulses",
                                           "read_noise", "read_time",   "temperature", "drift_compensation"};

/// The values that `[device.values]` replaces, in the order of the model's parameters.
CardChanges read_changes(const TomlTable& values, const std::vector<ParameterSpec>& parameters) {
    CardChanges changes;
    for (const ParameterSpec& parameter : parameters) {
        if (!values.has(parameter.name)) continue;
        changes.emplace_back(parameter.name, values.is_text(parameter.name) ? values.text(parameter.name)
                                             : values.is_list(parameter.name)
                                                 ? values.literal(parameter.name)
                                                 : fmt::format("{}", values.number(parameter.name, "")));
    }
    return changes;
}

/// The model that a device table names. A device that has a temperature of its own takes that of the study, unless `[device.values]`
/// fixes it.
std::shared_ptr<const DeviceModel> read_model(const TomlTable& device, const std::filesystem::path& folder,
                                              double temperature) {
    std::string name = device.text("model");
    if (name.ends_with(".toml")) name = (folder / name).string();
    const TomlTable values = device.table("values");
    std::optional<Card> card;
    try {
        card = find_card(name);
    } catch (const InputError& error) {
        device.refuse("model", fmt::format("is '{}': {}", device.text("model"), error.what()));
    } catch (const FileError& error) {
        device.refuse("model", fmt::format("is '{}': {}", device.text("model"), error.what()));
    }
    const DeviceKind& kind = kind_of(*card);
    const CardChanges changes = read_changes(values, kind.parameters);
    const TomlTable* table = &device; // where the mistake is, if there is one
    std::string key = "temperature";
    try {
        if (device.has(key) && !values.has(kind.temperature))
            card = with_temperature(std::move(*card), temperature);
        table = &values;
        for (const auto& change : changes) {
            key = change.first;
            card = with_value(std::move(*card), kind.parameters, change.first, change.second);
        }
        table = &device;
        key = "model";
        return make_device(*card);
    } catch (const InputError& error) {
        table->refuse(key, fmt::format("is wrong: {}", error.what()));
    }
}

/// Conductances that weights are laid into: the device's own, or r_on and r_off within them.
ConductanceWindow read_window(const TomlTable& device, const DeviceModel& model) {
    ConductanceWindow window{model.g_min(), model.g_max()};
    if (device.has("r_on")) window.g_max = 1.0 / positive(device, "r_on", 1.0, "Ohm");
    if (device.has("r_off")) window.g_min = 1.0 / positive(device, "r_off", 1.0, "Ohm");
    constexpr double slack = 1e-9; // of a resistance that is the inverse of a conductance
    const auto require_reach = [&](std::string_view key, double g) {
        if (g < model.g_min() * (1.0 - slack) || g > model.g_max() * (1.0 + slack)) {
            device.refuse(key, fmt::format("is {:.6g} Ohm: {} goes from {:.6g} Ohm to {:.6g} Ohm", 1.0 / g,
                                           model.card().name, 1.0 / model.g_max(), 1.0 / model.g_min()));
        }
    };
    if (device.has("r_on")) require_reach("r_on", window.g_max);
    if (device.has("r_off")) require_reach("r_off", window.g_min);
    if (!(window.g_max > window.g_min)) {
        device.refuse(device.has("r_off") ? "r_off" : "r_on",
                      fmt::format("gives the window {:.6g} Ohm to {:.6g} Ohm: r_off must be larger than r_on",
                                  1.0 / window.g_max, 1.0 / window.g_min));
    }
    window.g_min = std::max(window.g_min, model.g_min());
    window.g_max = std::min(window.g_max, model.g_max());
    return window;
}

ProgrammingScheme read_scheme(const TomlTable& device, const std::string& programming) {
    ProgrammingScheme scheme;
    scheme.kind = programming == "single-shot" ? Programming::single_shot : Programming::write_verify;
    if (programming != "write-verify") {
        for (const std::string_view key : {"tolerance", "max_pulses"}) {
            if (device.has(key)) device.refuse(key, "needs programming = \"write-verify\"");
        }
        return scheme;
    }
    scheme.tolerance = positive(device, "tolerance", scheme.tolerance, "");
    if (scheme.tolerance > 1.0)
        device.refuse("tolerance",
                      fmt::format("is {}: expected at most 1, the greatest conductance", scheme.tolerance));
    const Index pulses = device.integer_or("max_pulses", scheme.max_pulses);
    if (pulses < 1 || pulses > 10000)
        device.refuse("max_pulses", fmt::format("is {}: expected 1 to 10000", pulses));
    scheme.max_pulses = static_cast<int>(pulses);
    return scheme;
}

/// Ohmic cells without any model: the window alone.
StudyDevice read_ohmic(const TomlTable& device) {
    const double r_on = positive(device, "r_on", 5e3, "Ohm");
    const double r_off = positive(device, "r_off", 15e3, "Ohm");
    if (r_off <= r_on)
        device.refuse("r_off", fmt::format("is {} Ohm: it must be larger than r_on, {} Ohm", r_off, r_on));
    return {"linear", {1.0 / r_off, 1.0 / r_on}, {}};
}

StudyDevice read_device(const TomlTable& device, const std::filesystem::path& folder, std::uint64_t seed) {
    const bool modelled = std::ranges::any_of(model_keys, [&](auto key) { return device.has(key); });
    const std::string model = device.text_or("model", "linear");
    StudyDevice read;
    if (model == "linear" && !modelled) {
        read = read_ohmic(device);
    } else {
        if (!device.has("model"))
            device.refuse("model", "is missing: name the device that the other keys are for");
        ProgrammingOptions& options = read.use.programming;
        options.read.temperature = positive(device, "temperature", options.read.temperature, "K");
        const std::shared_ptr<const DeviceModel> made = read_model(device, folder, options.read.temperature);
        options.read.temperature = temperature_of(made->card(), options.read.temperature);
        read.name = made->card().name;
        read.window = read_window(device, *made);
        const std::string programming =
            device.word_or("programming", "write-verify", {"write-verify", "single-shot", "ideal"});
        options.scheme = read_scheme(device, programming);
        options.read.time = not_negative(device, "read_time", 0.0, "s");
        options.read_noise = device.flag_or("read_noise", true);
        options.seed = seed;
        read.use.compensate_drift = device.flag_or("drift_compensation", false);
        // Ideal programming leaves nothing of the device but its window.
        if (programming != "ideal") read.use.model = made;
    }
    read.name = device.text_or("name", read.name);
    return read;
}

} // namespace

std::vector<StudyDevice> read_devices(const TomlTable& root, const std::filesystem::path& folder,
                                      std::uint64_t seed) {
    std::vector<StudyDevice> devices;
    if (!root.is_list("device")) {
        devices.push_back(read_device(root.table("device"), folder, seed));
    } else {
        for (const TomlTable& device : root.tables("device"))
            devices.push_back(read_device(device, folder, seed));
    }
    return devices;
}

} // namespace ohmloom
