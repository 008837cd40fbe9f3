#pragma once

#include "store/toml_table.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// A TOML document as a value: single keys can be given other values, and the rest stays as it is.
///
/// A path names a key from the root: "array.r_row", or "device[1].r_on" within an array of tables (counted from 0).
/// Values are written as TOML writes them on one line: `5`, `"5k"`, `[16, 8, 8]`.
class TomlDocument {
public:
    /// @throws FileError if the file cannot be read; InputError with line and column if it is not TOML.
    static TomlDocument read(const std::filesystem::path& file);
    /// @throws InputError with line and column if it is not TOML; messages name it as `file`.
    static TomlDocument parse(std::string_view text, std::string file);

    TomlDocument(const TomlDocument& other);
    TomlDocument& operator=(const TomlDocument& other);
    TomlDocument(TomlDocument&&) noexcept;
    TomlDocument& operator=(TomlDocument&&) noexcept;
    ~TomlDocument();

    /// Value at a path; none if the key is not there.
    [[nodiscard]] std::optional<std::string> value(std::string_view path) const;
    /// Puts a value at a path; tables on the way are made. Values that were set are not at any line of the file.
    /// @throws InputError if the value is not TOML, or the path leads through something that is no table.
    void set(std::string_view path, std::string_view value);
    /// Takes a key of the root away; nothing happens if it is not there.
    void remove(std::string_view key);

    /// The document as text, keys in alphabetical order and without comments: equal content gives equal text.
    [[nodiscard]] std::string text() const;
    /// Every key below the root that is no table, with its value.
    struct Entry {
        std::string path, value;
    };
    [[nodiscard]] std::vector<Entry> entries() const;

    /// For strict reading. The table is of the document as it is now.
    [[nodiscard]] TomlTable table() const;

private:
    struct Content;
    explicit TomlDocument(std::unique_ptr<Content> content);
    std::unique_ptr<Content> content_;
};

} // namespace ohmloom
