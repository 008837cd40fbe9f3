#include "devicemodels/device_library.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"
#include "devicemodels/device_folders.hpp"
#include "store/fingerprint.hpp"
#include "store/toml_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace ohmloom {

const std::vector<DeviceKind>& model_kinds() {
    static const std::vector<DeviceKind> kinds = [] {
        std::vector<DeviceKind> all;
        for (const DeviceFolder& folder : device_folders()) {
            for (DeviceKind& kind : folder.kinds()) all.push_back(std::move(kind));
        }
        std::sort(all.begin(), all.end(),
                  [](const DeviceKind& a, const DeviceKind& b) { return a.name < b.name; });
        return all;
    }();
    return kinds;
}

namespace {

const DeviceKind* find_kind(std::string_view model) {
    const auto& kinds = model_kinds();
    const auto found =
        std::find_if(kinds.begin(), kinds.end(), [&](const DeviceKind& kind) { return kind.name == model; });
    return found == kinds.end() ? nullptr : &*found;
}

std::string guess(std::string_view word, const std::vector<std::string>& words) {
    const std::string nearest = nearest_word(word, words);
    return nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest);
}

Card read_any_card(const TomlTable& table) {
    const std::string model = table.text("model");
    const DeviceKind* kind = find_kind(model);
    if (kind == nullptr) {
        std::vector<std::string> names;
        for (const DeviceKind& known : model_kinds()) names.push_back(known.name);
        table.refuse("model", fmt::format("is '{}': expected one of {}{}", model, join_words(names),
                                          guess(model, names)));
    }
    return read_card(table, kind->parameters);
}

Card read_built_in(const BuiltInCard& built_in) {
    Card card = read_any_card(TomlTable::parse(built_in.text, built_in.file));
    card.name = built_in.name;
    return card;
}

Card read_card_file(std::string_view name) {
    Card card = read_any_card(TomlTable::read(std::filesystem::path(name)));
    card.name = name;
    card.folder = std::filesystem::path(name).parent_path().string();
    return card;
}

Card find_built_in(std::string_view name) {
    std::vector<std::string> names;
    for (const BuiltInCard& built_in : built_in_cards()) {
        if (built_in.name == name) return read_built_in(built_in);
        names.push_back(built_in.name);
    }
    for (const BuiltInCard& built_in : built_in_cards()) {
        std::string folder = built_in.name.substr(0, built_in.name.find('/'));
        if (folder != name) {
            names.push_back(std::move(folder));
            continue;
        }
        Card card = read_built_in(built_in);
        if (card.is_default) return card;
    }
    throw InputError(
        fmt::format("unknown device '{}': expected a built-in card, such as pcm or mram/spinlib, or the path "
                    "of a card, ending in .toml{}; `ohmloom device list` shows all",
                    name, guess(name, names)));
}

} // namespace

std::vector<std::string> card_names() {
    std::vector<std::string> names;
    for (const BuiltInCard& built_in : built_in_cards()) names.push_back(built_in.name);
    return names;
}

Card find_card(std::string_view name, const CardChanges& changes) {
    Card card = name.ends_with(".toml") ? read_card_file(name) : find_built_in(name);
    const auto& parameters = kind_of(card).parameters;
    for (const auto& [value, text] : changes) card = with_value(std::move(card), parameters, value, text);
    return card;
}

Card with_temperature(Card card, double temperature) {
    const DeviceKind& kind = kind_of(card);
    if (kind.temperature.empty()) return card;
    return with_value(std::move(card), kind.parameters, kind.temperature,
                      fmt::format("{:.17g}", temperature));
}

double temperature_of(const Card& card, double temperature) {
    const std::string& own = kind_of(card).temperature;
    return own.empty() ? temperature : card.number(own);
}

std::string card_fingerprint(const Card& card) {
    Fingerprint print;
    print.add(card.model);
    for (const CardValue& value : card.values) {
        print.add(value.name);
        print.add(value.numbers);
        print.add(value.text);
        if (value.text.empty()) continue;
        const std::filesystem::path file = std::filesystem::path(card.folder) / value.text;
        std::error_code none;
        if (std::filesystem::is_regular_file(file, none)) print.add(sha256_of_file(file));
    }
    return print.finish();
}

const DeviceKind& kind_of(const Card& card) {
    const DeviceKind* kind = find_kind(card.model);
    OHMLOOM_ASSERT(kind != nullptr);
    return *kind;
}

std::unique_ptr<const DeviceModel> make_device(const Card& card) {
    try {
        return kind_of(card).make(card);
    } catch (const InputError& error) {
        throw InputError(fmt::format("card {}: {}", card.name, error.what()));
    }
}

} // namespace ohmloom
