#pragma once
// Inside the store layer only: what TomlTable and TomlDocument share.

#include "store/toml_table.hpp"

#include <toml++/toml.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

struct TomlTable::State {
    std::shared_ptr<const toml::table> root; ///< keeps the whole document alive
    const toml::table* table = nullptr;      ///< null where the file has no such table
    std::string file;
    std::string path; ///< "array.wire." in front of this table's keys
    std::set<std::string, std::less<>> known;
    std::map<std::string, std::string, std::less<>> units; ///< of numbers that were asked for
    std::vector<std::shared_ptr<State>> below;

    [[nodiscard]] const toml::node* find(std::string_view key) {
        known.emplace(key);
        return table == nullptr ? nullptr : table->get(key);
    }

    /// "file:line"; values that were set have no line.
    [[nodiscard]] std::string place(const toml::node* node) const;
    [[noreturn]] void refuse(const toml::node* node, std::string_view key, std::string_view what) const;
    [[nodiscard]] const toml::node& require(std::string_view key);
};

/// A value as TOML writes it on one line.
std::string toml_literal(const toml::node& node);

} // namespace ohmloom
