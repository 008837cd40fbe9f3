#include "lut/lut_file.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"
#include "store/hdf5.hpp"
#include "store/sealed_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace ohmloom {

namespace {

constexpr std::string_view schema_word = "ohmloom-lut-";
constexpr int schema_version = 1;

std::string joined(const std::vector<std::string>& words) {
    return fmt::format("{}", fmt::join(words, ","));
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> words;
    if (text.empty()) return words;
    for (std::size_t begin = 0;;) {
        const std::size_t end = text.find(',', begin);
        words.push_back(text.substr(begin, end - begin));
        if (end == std::string::npos) return words;
        begin = end + 1;
    }
}

// ---------------------------------------------------------------------------------------------- writing

void write_axis(Hdf5Writer& writer, const std::string& group, const LutAxis& axis) {
    const std::string path = group + "/axes/" + axis.name;
    writer.write(path, axis.values, axis.unit);
    writer.set_attribute(path, "rule", name_of(axis.rule));
    writer.set_attribute(path, "beyond", name_of(axis.beyond));
}

void write_error(Hdf5Writer& writer, const std::string& group, const LutError& error) {
    const std::string path = group + "/errors/" + error.of;
    writer.make_group(path);
    writer.set_attribute(path, "largest", error.largest);
    writer.set_attribute(path, "rms", error.rms);
    writer.set_attribute(path, "full_scale", error.full_scale);
    writer.set_attribute(path, "unit", error.unit);
    writer.set_attribute(path, "points", error.points);
    writer.set_attribute(path, "seed", static_cast<std::int64_t>(error.seed));
    writer.set_attribute(path, "reference", error.reference);
    writer.set_attribute(path, "drawn", error.drawn);
}

void write_table(Hdf5Writer& writer, const Lut& table) {
    const std::string group = "/" + table.name;
    writer.make_group(group);
    writer.set_attribute(group, "kind", table.kind);
    writer.set_attribute(group, "summary", table.summary);
    writer.set_attribute(group, "seed", static_cast<std::int64_t>(table.seed));
    std::vector<std::string> axes;
    for (const LutAxis& axis : table.axes) axes.push_back(axis.name);
    writer.set_attribute(group, "axes", joined(axes));
    for (const char* part : {"/axes", "/arrays", "/errors", "/notes"}) writer.make_group(group + part);
    for (const LutAxis& axis : table.axes) write_axis(writer, group, axis);
    for (const LutArray& array : table.arrays) {
        const std::string path = group + "/arrays/" + array.name;
        writer.write_array<double>(path, array.values, array.shape, array.unit);
        writer.set_attribute(path, "dims", joined(array.dims));
    }
    for (const LutError& error : table.errors) write_error(writer, group, error);
    for (const auto& [name, text] : table.texts) writer.set_attribute(group + "/notes", name, text);
    for (const auto& [name, number] : table.numbers) writer.set_attribute(group + "/notes", name, number);
}

// ---------------------------------------------------------------------------------------------- reading

template <class Rule, std::size_t Count>
std::optional<Rule> rule_of(const std::array<Rule, Count>& rules, std::string_view name) {
    const auto found = std::ranges::find_if(rules, [&](Rule rule) { return name_of(rule) == name; });
    return found == rules.end() ? std::nullopt : std::optional(*found);
}

class LutReader {
public:
    explicit LutReader(const std::filesystem::path& file)
        : reader_(file, {.elements = max_lut_numbers, .plain_only = true}) {}

    LutFile read() {
        require_version();
        LutFile luts;
        luts.version = reader_.attribute_text("/", "version");
        luts.command = reader_.attribute_text("/", "command");
        luts.created_from = reader_.attribute_text("/", "created_from");
        luts.source = reader_.attribute_text("/", "source");
        for (const std::string& name : reader_.children("/")) luts.tables.push_back(read_table(name));
        try {
            validate(luts);
        } catch (const InputError& error) {
            fail(error.what());
        }
        return luts;
    }

private:
    [[noreturn]] void fail(const std::string& what) const {
        throw FileError(fmt::format("{}: {}", reader_.file().string(), what));
    }

    void require_version() const {
        const std::string expected = fmt::format("{}{}", schema_word, schema_version);
        const std::string found =
            reader_.has_attribute("/", "schema") ? reader_.attribute_text("/", "schema") : "";
        int version = 0;
        if (found.starts_with(schema_word))
            std::from_chars(found.data() + schema_word.size(), found.data() + found.size(), version);
        if (version > schema_version && found == fmt::format("{}{}", schema_word, version))
            fail(
                fmt::format("schema is '{}', from a newer program: this one reads up to '{}'; update ohmloom",
                            found, expected));
        if (found != expected)
            fail(fmt::format("the attribute schema of the root is '{}', expected '{}'", found, expected));
    }

    /// A whole number that a seed can be.
    [[nodiscard]] std::uint32_t seed_of(const std::string& path) const {
        const double seed = reader_.attribute_number(path, "seed");
        if (!(seed >= 0.0 && seed <= 4294967295.0) ||
            static_cast<double>(static_cast<std::uint32_t>(seed)) != seed)
            fail(fmt::format("the attribute seed of {} is {}, expected a whole number of 32 bits", path,
                             seed));
        return static_cast<std::uint32_t>(seed);
    }

    /// The numbers of a data set and its unit, which must be there; counts what the file holds.
    Hdf5Array numbers_of(const std::string& path, std::string& unit) {
        Index count = 1;
        for (const Index size : reader_.shape(path)) {
            if (size < 0 || (size > 0 && count > max_lut_numbers / size))
                fail(fmt::format("data set {} has shape {}, expected at most {} numbers", path,
                                 to_string(reader_.shape(path)), max_lut_numbers));
            count *= size;
        }
        numbers_ += count;
        if (numbers_ > max_lut_numbers)
            fail(fmt::format("with data set {} the file holds {} numbers, expected at most {}", path,
                             numbers_, max_lut_numbers));
        unit = reader_.attribute_text(path, "unit");
        return reader_.read_array(path, unit);
    }

    LutAxis read_axis(const std::string& group, const std::string& name) {
        const std::string path = group + "/axes/" + name;
        LutAxis axis{name, "", {}};
        Hdf5Array nodes = numbers_of(path, axis.unit);
        if (nodes.shape.size() != 1)
            fail(fmt::format("data set {} has shape {}, expected one dimension", path,
                             to_string(nodes.shape)));
        axis.values = std::move(nodes.values);
        const std::string rule = reader_.attribute_text(path, "rule");
        const auto known_rule = rule_of(std::array{AxisRule::linear, AxisRule::step, AxisRule::nodes}, rule);
        if (!known_rule)
            fail(fmt::format("the attribute rule of {} is '{}', expected linear, step or nodes", path, rule));
        axis.rule = *known_rule;
        const std::string beyond = reader_.attribute_text(path, "beyond");
        const auto known_beyond = rule_of(std::array{BeyondAxis::refuse, BeyondAxis::clamp}, beyond);
        if (!known_beyond)
            fail(fmt::format("the attribute beyond of {} is '{}', expected refuse or clamp", path, beyond));
        axis.beyond = *known_beyond;
        return axis;
    }

    LutArray read_array(const std::string& path, const std::string& name) {
        LutArray array{name, "", split(reader_.attribute_text(path, "dims")), {}, {}};
        Hdf5Array numbers = numbers_of(path, array.unit);
        array.shape = std::move(numbers.shape);
        array.values = std::move(numbers.values);
        return array;
    }

    LutError read_error(const std::string& path, const std::string& of) const {
        const double points = reader_.attribute_number(path, "points");
        if (!(points >= 0.0 && points <= 9007199254740992.0))
            fail(fmt::format("the attribute points of {} is {}, expected a number of points", path, points));
        return {of,
                reader_.attribute_text(path, "unit"),
                reader_.attribute_number(path, "largest"),
                reader_.attribute_number(path, "rms"),
                reader_.attribute_number(path, "full_scale"),
                static_cast<std::int64_t>(points),
                seed_of(path),
                reader_.attribute_text(path, "reference"),
                reader_.attribute_text(path, "drawn")};
    }

    void read_notes(const std::string& path, Lut& table) const {
        for (const std::string& name : reader_.attribute_names(path)) {
            if (reader_.attribute_is_text(path, name)) {
                table.texts[name] = reader_.attribute_text(path, name);
            } else {
                table.numbers[name] = reader_.attribute_number(path, name);
            }
        }
    }

    Lut read_table(const std::string& name) {
        const std::string group = "/" + name;
        reader_.require_only(group, {"axes", "arrays", "errors", "notes"});
        Lut table;
        table.name = name;
        table.kind = reader_.attribute_text(group, "kind");
        table.summary = reader_.attribute_text(group, "summary");
        table.seed = seed_of(group);
        const std::vector<std::string> axes = split(reader_.attribute_text(group, "axes"));
        reader_.require_only(group + "/axes", axes);
        for (const std::string& axis : axes) table.axes.push_back(read_axis(group, axis));
        for (const std::string& array : reader_.children(group + "/arrays"))
            table.arrays.push_back(read_array(fmt::format("{}/arrays/{}", group, array), array));
        for (const std::string& of : reader_.children(group + "/errors"))
            table.errors.push_back(read_error(fmt::format("{}/errors/{}", group, of), of));
        reader_.require_only(group + "/notes", {});
        read_notes(group + "/notes", table);
        return table;
    }

    Hdf5Reader reader_;
    Index numbers_ = 0; ///< read so far
};

} // namespace

void write_luts(const std::filesystem::path& file, const LutFile& luts) {
    validate(luts);
    const LutFile ordered = in_file_order(luts);
    Hdf5Writer writer(file, Hdf5Seal::sha256);
    writer.set_attribute("/", "schema", fmt::format("{}{}", schema_word, schema_version));
    writer.set_attribute("/", "version", ordered.version);
    writer.set_attribute("/", "command", ordered.command);
    writer.set_attribute("/", "created_from", ordered.created_from);
    writer.set_attribute("/", "source", ordered.source);
    for (const Lut& table : ordered.tables) write_table(writer, table);
    writer.commit();
}

LutFile read_luts(const std::filesystem::path& file) {
    require_sealed(file);
    return LutReader(file).read();
}

LutFile in_file_order(LutFile luts) {
    std::ranges::sort(luts.tables, {}, &Lut::name);
    for (Lut& table : luts.tables) {
        std::ranges::sort(table.arrays, {}, &LutArray::name);
        std::ranges::sort(table.errors, {}, &LutError::of);
    }
    return luts;
}

} // namespace ohmloom
