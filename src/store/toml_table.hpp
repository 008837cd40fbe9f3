#pragma once

#include "base/matrix.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// One table of a TOML file, read strictly. Every question about a key makes the key known; `require_no_other_keys()` then
/// refuses what is left over. Errors name file, line and the whole key, and the nearest known key for an unknown one.
///
/// Numbers may be TOML numbers or text with SI prefixes and a unit ("10k", "1.2u", "9nm").
/// All functions throw InputError for a missing key without a default, a value of another type, or one out of range.
class TomlTable {
public:
    /// @throws FileError if the file cannot be read; InputError with line and column if it is not TOML.
    static TomlTable read(const std::filesystem::path& file);
    /// A document that is at hand as text; messages name it as `file`.
    /// @throws InputError with line and column if it is not TOML.
    static TomlTable parse(std::string_view text, std::string file);

    [[nodiscard]] bool has(std::string_view key) const;
    [[nodiscard]] std::string text(std::string_view key) const;
    [[nodiscard]] std::string text_or(std::string_view key, std::string_view fallback) const;
    /// One of the given words.
    [[nodiscard]] std::string word_or(std::string_view key, std::string_view fallback,
                                      const std::vector<std::string>& words) const;
    [[nodiscard]] double number(std::string_view key, std::string_view unit) const;
    [[nodiscard]] double number_or(std::string_view key, double fallback, std::string_view unit) const;
    [[nodiscard]] Index integer(std::string_view key) const;
    [[nodiscard]] Index integer_or(std::string_view key, Index fallback) const;
    [[nodiscard]] std::vector<double> numbers(std::string_view key, std::string_view unit) const;
    [[nodiscard]] std::vector<Index> integers(std::string_view key) const;
    [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
    [[nodiscard]] bool flag_or(std::string_view key, bool fallback) const;
    /// Whether the value is text, for keys that take a word or a list.
    [[nodiscard]] bool is_text(std::string_view key) const;
    /// Whether the value is a list, for keys that take a table or several.
    [[nodiscard]] bool is_list(std::string_view key) const;
    /// Whether the value is a table, for keys that take a list or a table.
    [[nodiscard]] bool is_table(std::string_view key) const;

    /// The table's own keys in the order they stand in the file; they are not known by that.
    [[nodiscard]] std::vector<std::string> keys() const;
    /// A value of any type as TOML would write it on one line: `5`, `"5k"`, `[16, 8, 8]`, `{ model = "mram" }`.
    [[nodiscard]] std::string literal(std::string_view key) const;
    /// The same for the elements of a list.
    [[nodiscard]] std::vector<std::string> literals(std::string_view key) const;

    /// Table below this one; an empty one if the key is not there. Asked for twice it is the same: what was asked of either is known.
    [[nodiscard]] TomlTable table(std::string_view key) const;
    /// Tables of an array of tables; none if the key is not there.
    [[nodiscard]] std::vector<TomlTable> tables(std::string_view key) const;

    /// Units of the numbers that were asked for, here and in the tables below, by their path from the root.
    [[nodiscard]] std::map<std::string, std::string> units() const;

    /// @throws InputError for the first key nobody asked about, here or in the tables below that were asked for.
    void require_no_other_keys() const;

    /// Error about a key's value that the caller found wrong: "file:line: key: what". Always throws InputError.
    [[noreturn]] void refuse(std::string_view key, std::string_view what) const;

private:
    friend class TomlDocument;
    struct State;
    explicit TomlTable(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

} // namespace ohmloom
