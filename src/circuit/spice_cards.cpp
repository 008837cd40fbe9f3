#include "circuit/spice_cards.hpp"

#include "base/errors.hpp"
#include "circuit/spice_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

namespace ohmloom {

namespace {

constexpr std::string_view known_cards =
    ".subckt, .ends, .model, .param, .func, .global, .include, .lib, .endl, .op, .dc, .ac, .tran, "
    ".ic, .measure, .options, .temp, .title or .end";

template <std::size_t Count>
bool is_one_of(std::string_view word, const std::array<std::string_view, Count>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 10> control_cards{".op",   ".dc",      ".ac",     ".tran", ".measure",
                                                         ".meas", ".options", ".option", ".opt",  ".temp"};
constexpr std::array<std::string_view, 5> output_cards{".print", ".plot", ".save", ".probe", ".width"};

class CardCollector {
public:
    explicit CardCollector(const SpiceReadOptions& options) : options_(options) {
        open_.push_back(&cards_.top);
    }

    SpiceCards collect(std::string text, const std::string& name) {
        const SpiceText& top = keep(std::move(text), name);
        std::size_t at = 0, line = 1;
        cards_.title = take_title(top, at, line);
        paths_.push_back(std::filesystem::path(name).lexically_normal());
        collect_text(top, at, line, "");
        if (open_.size() > 1) SpiceCursor(open_.back()->header).refuse(".subckt without .ends");
        return std::move(cards_);
    }

private:
    static std::string take_title(const SpiceText& text, std::size_t& at, std::size_t& line) {
        const std::size_t end = std::min(text.text.find('\n'), text.text.size());
        at = end + 1;
        line = 2;
        return title_of(std::string_view(text.text).substr(0, end));
    }

    static std::string title_of(std::string_view text) {
        std::string title(text);
        // A comment's star is not part of the title, and neither is what no line can hold.
        if (title.starts_with("*")) title.erase(0, 1);
        const auto is_edge = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
        title.erase(std::find_if_not(title.rbegin(), title.rend(), is_edge).base(), title.end());
        title.erase(title.begin(), std::find_if_not(title.begin(), title.end(), is_edge));
        for (const char edge : {'\r', '\n'}) std::replace(title.begin(), title.end(), edge, ' ');
        return title;
    }

    const SpiceText& keep(std::string text, const std::string& name) {
        bytes_ += text.size();
        if (bytes_ > options_.limits.bytes) {
            throw InputError(fmt::format("{}: the deck and its files hold more than {} bytes", name,
                                         options_.limits.bytes));
        }
        cards_.texts.push_back(
            std::make_unique<SpiceText>(SpiceText{name, std::move(text), cards_.functions.get()}));
        return *cards_.texts.back();
    }

    /// Collects the cards of a text from `at` on. With a section, only those between `.lib section` and `.endl`.
    void collect_text(const SpiceText& text, std::size_t at, std::size_t line, const std::string& section) {
        bool is_inside = section.empty(), was_found = section.empty();
        while (const auto card = next_card(text, at, line)) {
            const char first = first_character(*card);
            if (first != '.') {
                if (is_inside) open_.back()->elements.push_back(*card);
                continue;
            }
            SpiceCursor cursor(*card);
            const std::string word = cursor.word("a card");
            if (word == ".end") break;
            if (word == ".lib" && is_section_head(cursor)) {
                const std::string name = cursor.word("the name of a section");
                if (!section.empty() && name == section) {
                    is_inside = was_found = true;
                } else {
                    skip_section(text, *card, at, line);
                }
            } else if (word == ".endl") {
                if (section.empty()) cursor.refuse_last(".endl after a .lib section only");
                if (is_inside) break;
            } else if (is_inside) {
                collect_dot_card(word, *card, cursor);
            }
        }
        if (!was_found) throw InputError(fmt::format("{}: found no section '.lib {}'", text.name, section));
    }

    static char first_character(const SpiceCard& card) {
        const std::string& text = card.source->text;
        std::size_t at = card.begin;
        while (at < card.end && (text[at] == ' ' || text[at] == '\t')) ++at;
        return text[at];
    }

    /// `.lib section` begins one, `.lib file section` calls one.
    static bool is_section_head(SpiceCursor cursor) {
        cursor.file_name();
        return cursor.at_end();
    }

    static void skip_section(const SpiceText& text, const SpiceCard& head, std::size_t& at,
                             std::size_t& line) {
        while (const auto card = next_card(text, at, line)) {
            if (first_character(*card) == '.' && SpiceCursor(*card).word("a card") == ".endl") return;
        }
        SpiceCursor(head).refuse(".lib section without .endl");
    }

    void collect_dot_card(const std::string& word, const SpiceCard& card, SpiceCursor& cursor) {
        SpiceScope& scope = *open_.back();
        if (word == ".param" || word == ".parameter" || word == ".params") {
            scope.parameters.push_back(card);
        } else if (word == ".model") {
            scope.models.push_back(card);
        } else if (word == ".ic") {
            scope.initials.push_back(card);
        } else if (word == ".func" || word == ".function") {
            add_function(card, cursor);
        } else if (word == ".global") {
            while (!cursor.at_end()) cards_.globals.insert(cursor.name("a node"));
        } else if (word == ".title") {
            cards_.title = title_of(
                std::string_view(card.source->text).substr(card.begin, card.end - card.begin).substr(6));
        } else if (word == ".subckt") {
            open_subcircuit(card, cursor);
        } else if (word == ".ends") {
            close_subcircuit(cursor);
        } else if (word == ".include" || word == ".inc") {
            const std::string file = cursor.file_name();
            if (!cursor.at_end()) cursor.refuse_next("the end of the card");
            include(file, "", cursor);
        } else if (word == ".lib") {
            const std::string file = cursor.file_name();
            const std::string section = cursor.word("the name of a section");
            if (!cursor.at_end()) cursor.refuse_next("the end of the card");
            include(file, section, cursor);
        } else if (is_one_of(word, control_cards)) {
            if (open_.size() > 1) cursor.refuse_last("no analysis, measure or option inside a subcircuit");
            scope.controls.push_back(card);
        } else if (!is_one_of(word, output_cards)) {
            cursor.refuse_last(fmt::format("{} (other cards are not part of the subset)", known_cards));
        }
    }

    void add_function(const SpiceCard& card, SpiceCursor& cursor) {
        if (open_.size() > 1) cursor.refuse_last("functions outside subcircuits: they are the whole deck's");
        auto [name, function] = SpiceCursor::function_of(card);
        if (!cards_.functions->by_name.emplace(name, std::move(function)).second)
            cursor.refuse_last("a function name that is not taken");
    }

    void open_subcircuit(const SpiceCard& card, SpiceCursor& cursor) {
        if (static_cast<int>(open_.size()) > options_.limits.subcircuit_depth) {
            cursor.refuse_last("subcircuits that are nested less deeply");
        }
        auto scope = std::make_unique<SpiceScope>();
        scope->name = cursor.name("the name of a subcircuit");
        scope->header = card;
        SpiceScope& outer = *open_.back();
        if (!outer.subcircuit_names.emplace(scope->name, scope.get()).second) {
            cursor.refuse_last("a subcircuit name that is not taken");
        }
        open_.push_back(scope.get());
        outer.subcircuits.push_back(std::move(scope));
    }

    void close_subcircuit(SpiceCursor& cursor) {
        if (open_.size() == open_at_file_) cursor.refuse_last(".ends after a .subckt of the same file only");
        if (!cursor.at_end()) {
            const std::string name = cursor.word("a name");
            if (name != open_.back()->name) {
                cursor.refuse_last(fmt::format("'{}', the subcircuit that is open", open_.back()->name));
            }
        }
        open_.pop_back();
    }

    void include(const std::string& file, const std::string& section, const SpiceCursor& cursor) {
        const SpiceReadLimits& limits = options_.limits;
        std::filesystem::path path(file);
        if (path.is_relative()) path = paths_.back().parent_path() / path;
        path = path.lexically_normal();
        // A file may call a section of its own library, but nothing may include itself as a whole.
        const bool is_open = section.empty() && std::find(paths_.begin(), paths_.end(), path) != paths_.end();
        if (is_open) cursor.refuse(fmt::format("{} includes itself", path.string()));
        if (static_cast<int>(paths_.size()) > limits.include_depth) {
            cursor.refuse(fmt::format("files include each other more than {} deep", limits.include_depth));
        }
        if (cards_.texts.size() > limits.files) {
            cursor.refuse(fmt::format("the deck includes more than {} files", limits.files));
        }
        std::string content;
        try {
            content = options_.open ? options_.open(path) : read_deck_text(path, limits.bytes);
        } catch (const FileError& error) {
            cursor.refuse(error.what());
        }
        const SpiceText& text = keep(std::move(content), path.string());
        paths_.push_back(path);
        const std::size_t open_outside = std::exchange(open_at_file_, open_.size());
        collect_text(text, 0, 1, section);
        if (open_.size() != open_at_file_) SpiceCursor(open_.back()->header).refuse(".subckt without .ends");
        open_at_file_ = open_outside;
        paths_.pop_back();
    }

    const SpiceReadOptions& options_;
    SpiceCards cards_;
    std::vector<SpiceScope*> open_;
    std::size_t open_at_file_ = 1;
    std::vector<std::filesystem::path> paths_; ///< files that are being read, outermost first
    std::size_t bytes_ = 0;
};

} // namespace

std::string read_deck_text(const std::filesystem::path& file, std::size_t most) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) {
        throw FileError(fmt::format("{}: expected a SPICE deck, found {}", file.string(),
                                    std::filesystem::exists(file, error) ? "something that is no regular file"
                                                                         : "no file of that name"));
    }
    const std::uintmax_t size = std::filesystem::file_size(file, error);
    std::ifstream stream(file, std::ios::binary);
    if (error || !stream) throw FileError(fmt::format("{}: the file cannot be read", file.string()));
    if (size > most) {
        throw FileError(
            fmt::format("{}: the file holds {} bytes, expected at most {}", file.string(), size, most));
    }
    std::string text(static_cast<std::size_t>(size), '\0');
    stream.read(text.data(), static_cast<std::streamsize>(size));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
    return text;
}

SpiceCards collect_cards(std::string text, const std::string& name, const SpiceReadOptions& options) {
    return CardCollector(options).collect(std::move(text), name);
}

} // namespace ohmloom
