#include "adc_options.hpp"

#include "base/errors.hpp"
#include "store/toml_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ohmloom::cli {

namespace {

/// curve_strength as --curve-strength
std::string option_name(std::string_view key) {
    std::string name = fmt::format("--{}", key);
    std::ranges::replace(name, '_', '-');
    return name;
}

/// Text in quotes, as TOML reads it.
std::string toml_text(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + '"';
}

constexpr std::string_view source = "command line", table = "adc";

} // namespace

void AdcOptions::add_to(CLI::App& verb) {
    for (const AdcKey& key : adc_keys()) {
        given_.push_back(std::make_unique<Given>(Given{key, nullptr, {}, 0}));
        Given& one = *given_.back();
        const std::string name = option_name(key.name), meaning(key.meaning);
        switch (key.type) {
        case AdcKeyType::flag:
            one.option = verb.add_flag(name, meaning);
            break;
        case AdcKeyType::integer:
            one.option = verb.add_option(name, one.whole, meaning);
            break;
        case AdcKeyType::numbers:
            one.option = verb.add_option(name, one.words, meaning);
            break;
        case AdcKeyType::word:
        case AdcKeyType::number:
            one.option = verb.add_option(name, one.words, meaning)->expected(1);
            break;
        }
        one.option->group("Converter, as in an [adc] table");
    }
}

std::string AdcOptions::toml_of(const Given& given) const {
    switch (given.key.type) {
    case AdcKeyType::flag:
        return "true";
    case AdcKeyType::integer:
        return fmt::format("{}", given.whole);
    case AdcKeyType::numbers: {
        std::vector<std::string> words;
        for (const std::string& word : given.words) words.push_back(toml_text(word));
        return fmt::format("[{}]", fmt::join(words, ", "));
    }
    case AdcKeyType::word:
    case AdcKeyType::number:
        break;
    }
    return toml_text(given.words.front());
}

StudyAdc AdcOptions::read() const {
    // One reader: the options become the table that they stand for.
    std::string text = fmt::format("[{}]\n", table);
    for (const auto& one : given_)
        if (one->option->count() > 0) text += fmt::format("{} = {}\n", one->key.name, toml_of(*one));
    try {
        return read_adc(TomlTable::parse(text, std::string(source)).table(table), {});
    } catch (const InputError& error) {
        const std::string message = error.what();
        const std::string place = fmt::format("{}.", table);
        const auto at = message.find(place);
        if (!message.starts_with(source) || at == std::string::npos) throw;
        const auto key_begin = at + place.size(), key_end = message.find(' ', key_begin);
        throw InputError(option_name(message.substr(key_begin, key_end - key_begin)) +
                         message.substr(key_end));
    }
}

std::string AdcOptions::first_given() const {
    for (const auto& one : given_)
        if (one->option->count() > 0) return option_name(one->key.name);
    return "";
}

} // namespace ohmloom::cli
