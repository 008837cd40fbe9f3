#include "store/toml_table.hpp"

#include "base/errors.hpp"
#include "base/si.hpp"
#include "base/text.hpp"
#include "store/readable_file.hpp"
#include "store/toml_document.hpp"
#include "store/toml_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace ohmloom {

std::string TomlTable::State::place(const toml::node* node) const {
    const bool has_line = node != nullptr && node->source().begin.line > 0;
    return has_line ? fmt::format("{}:{}", file, node->source().begin.line) : file;
}

void TomlTable::State::refuse(const toml::node* node, std::string_view key, std::string_view what) const {
    throw InputError(fmt::format("{}: {}{} {}", place(node), path, key, what));
}

const toml::node& TomlTable::State::require(std::string_view key) {
    const toml::node* node = find(key);
    if (node == nullptr) refuse(table, key, "is missing: this key is needed");
    return *node;
}

namespace {

std::string type_name(const toml::node& node) {
    if (node.is_string()) return fmt::format("the text '{}'", node.value<std::string>().value_or(""));
    if (node.is_integer()) return fmt::format("the number {}", node.value<std::int64_t>().value_or(0));
    if (node.is_floating_point()) return fmt::format("the number {}", node.value<double>().value_or(0.0));
    if (node.is_boolean()) return "a boolean";
    if (node.is_array()) return "a list";
    if (node.is_table()) return "a table";
    return "a date or time";
}

} // namespace

TomlTable::TomlTable(std::shared_ptr<State> state) : state_(std::move(state)) {}

TomlTable TomlTable::read(const std::filesystem::path& file) {
    return TomlDocument::read(file).table();
}

TomlTable TomlTable::parse(std::string_view text, std::string file) {
    return TomlDocument::parse(text, std::move(file)).table();
}

bool TomlTable::has(std::string_view key) const {
    return state_->find(key) != nullptr;
}

bool TomlTable::is_text(std::string_view key) const {
    const toml::node* node = state_->find(key);
    return node != nullptr && node->is_string();
}

bool TomlTable::is_table(std::string_view key) const {
    const toml::node* node = state_->find(key);
    return node != nullptr && node->is_table();
}

std::vector<std::string> TomlTable::keys() const {
    std::vector<std::pair<toml::source_position, std::string>> found;
    if (state_->table != nullptr) {
        for (const auto& [key, node] : *state_->table)
            found.emplace_back(key.source().begin, std::string(key.str()));
    }
    std::ranges::stable_sort(found, [](const auto& a, const auto& b) {
        return std::pair(a.first.line, a.first.column) < std::pair(b.first.line, b.first.column);
    });
    std::vector<std::string> keys;
    keys.reserve(found.size());
    for (auto& [place, key] : found) keys.push_back(std::move(key));
    return keys;
}

std::string TomlTable::literal(std::string_view key) const {
    return toml_literal(state_->require(key));
}

std::vector<std::string> TomlTable::literals(std::string_view key) const {
    const toml::node& node = state_->require(key);
    if (!node.is_array()) state_->refuse(&node, key, fmt::format("is {}: expected a list", type_name(node)));
    std::vector<std::string> values;
    for (const toml::node& element : *node.as_array()) values.push_back(toml_literal(element));
    return values;
}

bool TomlTable::is_list(std::string_view key) const {
    const toml::node* node = state_->find(key);
    return node != nullptr && node->is_array();
}

std::string TomlTable::text(std::string_view key) const {
    const toml::node& node = state_->require(key);
    if (!node.is_string())
        state_->refuse(&node, key, fmt::format("is {}: expected text in quotes", type_name(node)));
    return node.value<std::string>().value_or("");
}

std::string TomlTable::text_or(std::string_view key, std::string_view fallback) const {
    return has(key) ? text(key) : std::string(fallback);
}

std::string TomlTable::word_or(std::string_view key, std::string_view fallback,
                               const std::vector<std::string>& words) const {
    std::string word = text_or(key, fallback);
    if (std::find(words.begin(), words.end(), word) == words.end()) {
        const std::string nearest = nearest_word(word, words);
        refuse(key, fmt::format("is '{}': expected one of {}{}", word, join_words(words),
                                nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)));
    }
    return word;
}

namespace {

double number_of(const toml::node& node, std::string_view unit) {
    if (node.is_string()) return parse_si(node.value<std::string>().value_or(""), unit);
    const double value = node.value<double>().value_or(std::nan(""));
    if (!node.is_number() || !std::isfinite(value)) {
        throw InputError(fmt::format("{} is not a finite number", type_name(node)));
    }
    return value;
}

} // namespace

double TomlTable::number(std::string_view key, std::string_view unit) const {
    state_->units[std::string(key)] = unit;
    const toml::node& node = state_->require(key);
    try {
        return number_of(node, unit);
    } catch (const InputError& error) {
        state_->refuse(&node, key, fmt::format("is wrong: {}", error.what()));
    }
}

double TomlTable::number_or(std::string_view key, double fallback, std::string_view unit) const {
    return has(key) ? number(key, unit) : fallback;
}

Index TomlTable::integer(std::string_view key) const {
    const toml::node& node = state_->require(key);
    if (!node.is_integer())
        state_->refuse(&node, key, fmt::format("is {}: expected a whole number", type_name(node)));
    return static_cast<Index>(node.value<std::int64_t>().value_or(0));
}

Index TomlTable::integer_or(std::string_view key, Index fallback) const {
    return has(key) ? integer(key) : fallback;
}

std::vector<double> TomlTable::numbers(std::string_view key, std::string_view unit) const {
    state_->units[std::string(key)] = unit;
    const toml::node& node = state_->require(key);
    if (!node.is_array())
        state_->refuse(&node, key, fmt::format("is {}: expected a list of numbers", type_name(node)));
    std::vector<double> values;
    for (const toml::node& element : *node.as_array()) {
        try {
            values.push_back(number_of(element, unit));
        } catch (const InputError& error) {
            state_->refuse(&element, key, fmt::format("is wrong: {}", error.what()));
        }
    }
    return values;
}

std::vector<Index> TomlTable::integers(std::string_view key) const {
    const toml::node& node = state_->require(key);
    if (!node.is_array())
        state_->refuse(&node, key, fmt::format("is {}: expected a list of whole numbers", type_name(node)));
    std::vector<Index> values;
    for (const toml::node& element : *node.as_array()) {
        if (!element.is_integer()) {
            state_->refuse(&element, key,
                           fmt::format("holds {}: expected whole numbers", type_name(element)));
        }
        values.push_back(static_cast<Index>(element.value<std::int64_t>().value_or(0)));
    }
    return values;
}

std::vector<std::string> TomlTable::texts(std::string_view key) const {
    const toml::node& node = state_->require(key);
    if (!node.is_array())
        state_->refuse(&node, key, fmt::format("is {}: expected a list of texts", type_name(node)));
    std::vector<std::string> values;
    for (const toml::node& element : *node.as_array()) {
        if (!element.is_string()) {
            state_->refuse(&element, key, fmt::format("holds {}: expected texts", type_name(element)));
        }
        values.push_back(element.value<std::string>().value_or(""));
    }
    return values;
}

bool TomlTable::flag_or(std::string_view key, bool fallback) const {
    const toml::node* node = state_->find(key);
    if (node == nullptr) return fallback;
    if (!node->is_boolean()) {
        state_->refuse(node, key, fmt::format("is {}: expected true or false", type_name(*node)));
    }
    return node->value<bool>().value_or(fallback);
}

TomlTable TomlTable::table(std::string_view key) const {
    const toml::node* node = state_->find(key);
    if (node != nullptr && !node->is_table()) {
        state_->refuse(node, key, fmt::format("is {}: expected a table", type_name(*node)));
    }
    const std::string path = fmt::format("{}{}.", state_->path, key);
    for (const std::shared_ptr<State>& asked : state_->below) {
        if (asked->path == path) return TomlTable(asked);
    }
    auto below = std::make_shared<State>();
    below->root = state_->root;
    below->table = node == nullptr ? nullptr : node->as_table();
    below->file = state_->file;
    below->path = path;
    state_->below.push_back(below);
    return TomlTable(std::move(below));
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) const {
    const toml::node* node = state_->find(key);
    if (node == nullptr) return {};
    if (!node->is_array_of_tables()) {
        state_->refuse(node, key,
                       fmt::format("is {}: expected an array of tables, [[{}]]", type_name(*node), key));
    }
    std::vector<TomlTable> tables;
    for (const toml::node& element : *node->as_array()) {
        auto below = std::make_shared<State>();
        below->root = state_->root;
        below->table = element.as_table();
        below->file = state_->file;
        below->path = fmt::format("{}{}[{}].", state_->path, key, tables.size());
        state_->below.push_back(below);
        tables.push_back(TomlTable(std::move(below)));
    }
    return tables;
}

namespace {

/// What to offer instead of an unknown key: the keys there are, or, where they would fill the line, those most like it in the alphabet.
std::string known_keys_like(std::string_view key, const std::vector<std::string>& known) {
    const std::string nearest = nearest_word(key, known);
    const std::string meant = nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest);
    constexpr std::size_t longest = 160;
    const std::string all = join_words(known);
    if (all.size() <= longest) return fmt::format("one of {}{}", all, meant);
    std::vector<std::string> some;
    std::ranges::copy_if(known, std::back_inserter(some),
                         [&](const std::string& one) { return one.starts_with(key.substr(0, 1)); });
    if (some.empty() || some.size() == known.size() || join_words(some).size() > longest)
        some = {known.front(), known.back()};
    return fmt::format("one of {} keys, {} among them{}", known.size(), join_words(some), meant);
}

} // namespace

void TomlTable::require_no_other_keys() const {
    if (state_->table != nullptr) {
        for (const auto& [key, node] : *state_->table) {
            if (state_->known.contains(key.str())) continue;
            const std::size_t line = key.source().begin.line; // 0: it was set, and stands in no file
            throw InputError(fmt::format(
                "{}: unknown key {}{}: expected {}",
                line == 0 ? state_->file : fmt::format("{}:{}", state_->file, line), state_->path, key.str(),
                known_keys_like(key.str(), {state_->known.begin(), state_->known.end()})));
        }
    }
    for (const std::shared_ptr<State>& below : state_->below) TomlTable(below).require_no_other_keys();
}

std::map<std::string, std::string> TomlTable::units() const {
    std::map<std::string, std::string> units;
    for (const auto& [key, unit] : state_->units) units[state_->path + key] = unit;
    for (const std::shared_ptr<State>& below : state_->below) units.merge(TomlTable(below).units());
    return units;
}

void TomlTable::refuse(std::string_view key, std::string_view what) const {
    const toml::node* node = state_->find(key);
    state_->refuse(node == nullptr ? state_->table : node, key, what);
}

} // namespace ohmloom
