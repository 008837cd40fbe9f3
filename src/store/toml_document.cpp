#include "store/toml_document.hpp"

#include "base/errors.hpp"
#include "store/readable_file.hpp"
#include "store/toml_state.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <charconv>
#include <sstream>
#include <utility>

namespace ohmloom {

struct TomlDocument::Content {
    std::shared_ptr<const toml::table> root; ///< shared with tables that were handed out, hence never changed
    std::string file;
};

namespace {

/// One step of a path: a key, and an element of the list it holds.
struct PathStep {
    std::string_view key;
    std::optional<std::size_t> element;
};

PathStep path_step(std::string_view text, std::string_view path) {
    const std::size_t bracket = text.find('[');
    PathStep step{text.substr(0, bracket), {}};
    if (bracket != std::string_view::npos) {
        const std::string_view digits = text.substr(bracket + 1);
        std::size_t element = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), element);
        if (error != std::errc() || end + 1 != digits.data() + digits.size() || *end != ']')
            throw InputError(
                fmt::format("'{}' is no key: expected a number in brackets, as device[0].r_on", path));
        step.element = element;
    }
    if (step.key.empty())
        throw InputError(fmt::format("'{}' is no key: expected names joined by dots, as array.r_row", path));
    return step;
}

std::vector<PathStep> path_steps(std::string_view path) {
    std::vector<PathStep> steps;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('.', begin), path.size());
        steps.push_back(path_step(path.substr(begin, end - begin), path));
        begin = end + 1;
    }
    return steps;
}

const toml::node* find_node(const toml::table& root, std::string_view path) {
    const toml::table* table = &root;
    const toml::node* node = nullptr;
    for (const PathStep& step : path_steps(path)) {
        if (table == nullptr) return nullptr;
        node = table->get(step.key);
        if (node != nullptr && step.element)
            node = node->is_array() ? node->as_array()->get(*step.element) : nullptr;
        table = node == nullptr ? nullptr : node->as_table();
    }
    return node;
}

/// The table that a step leads to, made if it is not there.
toml::table& enter(toml::table& table, const PathStep& step, std::string_view path) {
    toml::node* node = table.get(step.key);
    if (node == nullptr && !step.element) {
        table.insert(step.key, toml::table{});
        node = table.get(step.key);
    }
    if (node != nullptr && step.element)
        node = node->is_array() ? node->as_array()->get(*step.element) : nullptr;
    if (node == nullptr || !node->is_table())
        throw InputError(
            fmt::format("'{}' cannot be set: '{}' is no table{}", path, step.key,
                        node != nullptr && node->is_array()
                            ? fmt::format(" but a list: name its element, as {}[0]", step.key)
                            : (step.element ? fmt::format(" [{}] of the study", *step.element) : "")));
    return *node->as_table();
}

void collect(const toml::node& node, const std::string& path, std::vector<TomlDocument::Entry>& entries) {
    if (const toml::table* table = node.as_table()) {
        for (const auto& [key, value] : *table)
            collect(value, path.empty() ? std::string(key.str()) : fmt::format("{}.{}", path, key.str()),
                    entries);
    } else if (node.is_array_of_tables()) {
        for (std::size_t i = 0; i < node.as_array()->size(); ++i)
            collect(*node.as_array()->get(i), fmt::format("{}[{}]", path, i), entries);
    } else {
        entries.push_back({path, toml_literal(node)});
    }
}

/// A key as TOML writes it: bare where it may be.
std::string key_text(std::string_view key) {
    const bool bare =
        !key.empty() && key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                              "0123456789_-") == std::string_view::npos;
    if (bare) return std::string(key);
    return toml_literal(toml::value<std::string>(key));
}

} // namespace

std::string toml_literal(const toml::node& node) {
    if (const toml::table* table = node.as_table()) {
        std::string text;
        for (const auto& [key, value] : *table)
            text +=
                fmt::format("{}{} = {}", text.empty() ? "" : ", ", key_text(key.str()), toml_literal(value));
        return text.empty() ? "{}" : fmt::format("{{ {} }}", text);
    }
    if (const toml::array* array = node.as_array()) {
        std::string text;
        for (const toml::node& element : *array)
            text += fmt::format("{}{}", text.empty() ? "" : ", ", toml_literal(element));
        return fmt::format("[{}]", text);
    }
    if (const auto* number = node.as_floating_point()) {
        const std::string text = fmt::format("{}", number->get()); // the shortest that is read back exactly
        return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
    }
    std::ostringstream text;
    node.visit([&](const auto& value) {
        if constexpr (toml::is_value<decltype(value)>) {
            text << toml::toml_formatter(toml::array{value.get()},
                                         toml::toml_formatter::default_flags &
                                             ~(toml::format_flags::allow_literal_strings |
                                               toml::format_flags::allow_multi_line_strings));
        }
    });
    std::string list = std::move(text).str(); // "[ 5 ]"
    const std::size_t begin = list.find_first_not_of("[ \n"), end = list.find_last_not_of("] \n");
    return list.substr(begin, end + 1 - begin);
}

TomlDocument::TomlDocument(std::unique_ptr<Content> content) : content_(std::move(content)) {}
TomlDocument::TomlDocument(const TomlDocument& other)
    : content_(std::make_unique<Content>(*other.content_)) {}
TomlDocument& TomlDocument::operator=(const TomlDocument& other) {
    *this = TomlDocument(other);
    return *this;
}
TomlDocument::TomlDocument(TomlDocument&&) noexcept = default;
TomlDocument& TomlDocument::operator=(TomlDocument&&) noexcept = default;
TomlDocument::~TomlDocument() = default;

TomlDocument TomlDocument::read(const std::filesystem::path& file) {
    require_readable(file, "a TOML file");
    return parse(read_text_file(file), file.string());
}

TomlDocument TomlDocument::parse(std::string_view text, std::string file) {
    try {
        auto root = std::make_shared<const toml::table>(toml::parse(text));
        return TomlDocument(std::make_unique<Content>(Content{std::move(root), std::move(file)}));
    } catch (const toml::parse_error& error) {
        throw InputError(fmt::format("{}:{}:{}: not valid TOML: {}", file, error.source().begin.line,
                                     error.source().begin.column, error.description()));
    }
}

std::optional<std::string> TomlDocument::value(std::string_view path) const {
    const toml::node* node = find_node(*content_->root, path);
    if (node == nullptr) return std::nullopt;
    return toml_literal(*node);
}

void TomlDocument::set(std::string_view path, std::string_view value) {
    toml::table holder;
    try {
        holder = toml::parse(fmt::format("value = {}", value));
    } catch (const toml::parse_error& error) {
        throw InputError(fmt::format("'{}' is no TOML value for {}: {}", value, path, error.description()));
    }
    auto root = std::make_shared<toml::table>(*content_->root);
    const std::vector<PathStep> steps = path_steps(path);
    toml::table* table = root.get();
    for (std::size_t s = 0; s + 1 < steps.size(); ++s) table = &enter(*table, steps[s], path);
    if (steps.back().element) throw InputError(fmt::format("'{}' cannot be set: give the whole list", path));
    holder.get("value")->visit([&](const auto& node) { table->insert_or_assign(steps.back().key, node); });
    content_->root = std::move(root);
}

void TomlDocument::remove(std::string_view key) {
    auto root = std::make_shared<toml::table>(*content_->root);
    root->erase(key);
    content_->root = std::move(root);
}

std::string TomlDocument::text() const {
    std::ostringstream text;
    text << toml::toml_formatter(*content_->root) << '\n';
    return std::move(text).str();
}

std::vector<TomlDocument::Entry> TomlDocument::entries() const {
    std::vector<Entry> entries;
    collect(*content_->root, "", entries);
    return entries;
}

TomlTable TomlDocument::table() const {
    auto state = std::make_shared<TomlTable::State>();
    state->root = content_->root;
    state->table = state->root.get();
    state->file = content_->file;
    return TomlTable(std::move(state));
}

} // namespace ohmloom
