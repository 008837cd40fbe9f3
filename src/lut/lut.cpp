#include "lut/lut.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"
#include "lut/lut_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

namespace ohmloom {

namespace {

/// The element that has this name; null if there is none.
template <class T>
const T* find_named(const std::vector<T>& all, std::string T::*name_of_it, std::string_view name) {
    const auto found = std::ranges::find(all, name, name_of_it);
    return found == all.end() ? nullptr : &*found;
}

bool is_name(std::string_view text) {
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    return !text.empty() && text.size() <= 64 && is_letter(text.front()) &&
           std::ranges::all_of(text,
                               [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

/// Checks of one table, whose messages begin with its name.
class TableChecks {
public:
    explicit TableChecks(const Lut& table) : table_(table) {}

    void all() const {
        if (!is_name(table_.name))
            throw InputError(fmt::format("table '{}' has no good name: expected {}", table_.name, name_rule));
        distinct_names();
        for (const LutAxis& axis : table_.axes) check_axis(axis);
        for (const LutArray& array : table_.arrays) check_array(array);
        check_sizes();
        for (const LutError& error : table_.errors) check_error(error);
        for (const auto& [name, text] : table_.texts) require_name("note", name);
        for (const auto& [name, number] : table_.numbers) {
            require_name("note", name);
            if (table_.texts.contains(name)) fail(fmt::format("note {} is a text and a number", name));
            if (!std::isfinite(number))
                fail(fmt::format("note {} is {}, expected a finite number", name, number));
        }
        check_kind();
    }

private:
    static constexpr std::string_view name_rule =
        "1 to 64 small letters, digits and _, beginning with a letter";

    [[noreturn]] void fail(const std::string& what) const {
        throw InputError(fmt::format("table {}: {}", table_.name, what));
    }

    void require_name(std::string_view what, const std::string& name) const {
        if (!is_name(name)) fail(fmt::format("{} '{}' has no good name: expected {}", what, name, name_rule));
    }

    void require_unit(std::string_view what, const std::string& name, const std::string& unit) const {
        if (!is_known_unit(unit)) fail(fmt::format("{} {} has the unknown unit '{}'", what, name, unit));
    }

    void distinct_names() const {
        std::set<std::string> axes, arrays, errors;
        for (const LutAxis& axis : table_.axes)
            if (!axes.insert(axis.name).second) fail(fmt::format("axis {} is there twice", axis.name));
        for (const LutArray& array : table_.arrays)
            if (!arrays.insert(array.name).second) fail(fmt::format("array {} is there twice", array.name));
        for (const LutError& error : table_.errors)
            if (!errors.insert(error.of).second)
                fail(fmt::format("the error of {} is there twice", error.of));
    }

    void check_axis(const LutAxis& axis) const {
        require_name("axis", axis.name);
        require_unit("axis", axis.name, axis.unit);
        if (axis.values.empty()) fail(fmt::format("axis {} has no nodes", axis.name));
        for (std::size_t k = 0; k < axis.values.size(); ++k) {
            if (!std::isfinite(axis.values[k]))
                fail(fmt::format("axis {} [{}] is {}, expected a finite number", axis.name, k,
                                 axis.values[k]));
            if (k > 0 && !(axis.values[k] > axis.values[k - 1]))
                fail(fmt::format("axis {} [{}] is {}, expected more than the {} before it", axis.name, k,
                                 axis.values[k], axis.values[k - 1]));
        }
    }

    void check_array(const LutArray& array) const {
        require_name("array", array.name);
        require_unit("array", array.name, array.unit);
        if (array.dims.size() != array.shape.size())
            fail(fmt::format("array {} has {} dimensions and names of {}", array.name, array.shape.size(),
                             array.dims.size()));
        if (std::set<std::string>(array.dims.begin(), array.dims.end()).size() != array.dims.size())
            fail(fmt::format("array {} has two dimensions of one name", array.name));
        double count = 1.0; // cannot overflow
        for (const Index size : array.shape) {
            if (size < 0)
                fail(fmt::format("array {} has the size {}, expected at least 0", array.name, size));
            count *= static_cast<double>(size);
        }
        if (count != static_cast<double>(array.values.size()))
            fail(fmt::format("array {} holds {} values, expected {} by its shape", array.name,
                             array.values.size(), count));
        const auto bad = std::ranges::find_if_not(array.values, [](double v) { return std::isfinite(v); });
        if (bad != array.values.end())
            fail(fmt::format("array {} [{}] is {}, expected a finite number", array.name,
                             bad - array.values.begin(), *bad));
        check_order(array);
    }

    /// Dimensions that are axes come first, in the order of the axes.
    void check_order(const LutArray& array) const {
        const LutAxis* last = nullptr;
        bool after_index = false;
        for (const std::string& dim : array.dims) {
            require_name("dimension", dim);
            const LutAxis* axis = find_axis(table_, dim);
            if (axis == nullptr) {
                after_index = true;
                continue;
            }
            if (after_index || (last != nullptr && axis < last))
                fail(fmt::format("array {} has the dimensions {}: expected its axes first, in their order",
                                 array.name, join_words(array.dims)));
            last = axis;
        }
    }

    /// One name, one size.
    void check_sizes() const {
        std::map<std::string, Index> sizes;
        for (const LutAxis& axis : table_.axes) sizes[axis.name] = static_cast<Index>(axis.values.size());
        for (const LutArray& array : table_.arrays) {
            for (std::size_t d = 0; d < array.dims.size(); ++d) {
                const auto [known, is_new] = sizes.emplace(array.dims[d], array.shape[d]);
                if (known->second != array.shape[d])
                    fail(fmt::format("array {} has {} values along {}, expected {}", array.name,
                                     array.shape[d], array.dims[d], known->second));
            }
        }
    }

    void check_error(const LutError& error) const {
        require_name("error of", error.of);
        require_unit("the error of", error.of, error.unit);
        for (const double value : {error.largest, error.rms, error.full_scale}) {
            if (!std::isfinite(value) || value < 0.0)
                fail(fmt::format("the error of {} is {}, expected finite numbers of at least 0", error.of,
                                 value));
        }
        if (error.points < 0) fail(fmt::format("the error of {} has {} points", error.of, error.points));
    }

    void check_kind() const {
        const LutKind* kind = nullptr;
        try {
            kind = &lut_kind(table_.kind);
        } catch (const InputError& error) {
            fail(error.what());
        }
        for (const std::string& expected : kind->axes) {
            const bool found = std::ranges::any_of(table_.axes, [&](const LutAxis& axis) {
                return fmt::format("{} [{}]", axis.name, axis.unit) == expected;
            });
            if (!found)
                fail(fmt::format("has no axis {}, which tables of kind {} have", expected, kind->name));
        }
        for (const LutArraySpec& expected : kind->arrays) {
            const LutArray* array = find_array(table_, expected.name);
            if (array == nullptr)
                fail(fmt::format("has no array {}, which tables of kind {} have", expected.name, kind->name));
            if (!expected.unit.empty() && array->unit != expected.unit)
                fail(fmt::format("array {} has the unit '{}', expected '{}'", array->name, array->unit,
                                 expected.unit));
            if (!expected.dims.empty() && array->dims != expected.dims)
                fail(fmt::format("array {} has the dimensions {}, expected {}", array->name,
                                 join_words(array->dims), join_words(expected.dims)));
        }
        if (kind->validate != nullptr) kind->validate(table_);
    }

    const Lut& table_;
};

/// One factor of a unit, as "V" or "V^2".
bool is_known_factor(std::string_view text) {
    constexpr std::array<std::string_view, 16> known{"1", "A", "V", "S",  "Ohm", "s",   "F",    "C",
                                                     "W", "J", "K", "Hz", "m",   "LSB", "code", "%"};
    const std::size_t power = text.find('^');
    if (power != std::string_view::npos) {
        const std::string_view exponent = text.substr(power + 1);
        if (exponent.size() != 1 || exponent[0] < '2' || exponent[0] > '9') return false;
    }
    return std::ranges::find(known, text.substr(0, power)) != known.end();
}

} // namespace

std::string_view name_of(AxisRule rule) {
    switch (rule) {
    case AxisRule::linear:
        return "linear";
    case AxisRule::step:
        return "step";
    case AxisRule::nodes:
        return "nodes";
    }
    return "";
}

std::string_view name_of(BeyondAxis beyond) {
    return beyond == BeyondAxis::refuse ? "refuse" : "clamp";
}

const LutAxis* find_axis(const Lut& table, std::string_view name) {
    return find_named(table.axes, &LutAxis::name, name);
}

const LutArray* find_array(const Lut& table, std::string_view name) {
    return find_named(table.arrays, &LutArray::name, name);
}

const LutError* find_error(const Lut& table, std::string_view of) {
    return find_named(table.errors, &LutError::of, of);
}

const Lut& table_of(const LutFile& file, std::string_view name) {
    if (name.empty() && file.tables.size() == 1) return file.tables.front();
    const Lut* found = find_named(file.tables, &Lut::name, name);
    if (found != nullptr) return *found;
    std::vector<std::string> names;
    for (const Lut& table : file.tables) names.push_back(table.name);
    if (name.empty())
        throw InputError(
            fmt::format("the file has {} tables: name one of {}", names.size(), join_words(names)));
    throw InputError(fmt::format("there is no table '{}': expected one of {}", name, join_words(names)));
}

void validate(const Lut& table) {
    TableChecks(table).all();
}

void validate(const LutFile& file) {
    if (file.tables.empty()) throw InputError("there are no tables: expected at least one");
    std::set<std::string> names;
    for (const Lut& table : file.tables) {
        validate(table);
        if (!names.insert(table.name).second)
            throw InputError(fmt::format("two tables have the name {}", table.name));
    }
}

bool is_known_unit(std::string_view unit) {
    int quotients = 0;
    for (;;) {
        const std::size_t end = unit.find_first_of("*/");
        if (!is_known_factor(unit.substr(0, end))) return false;
        if (end == std::string_view::npos) return true;
        if (unit[end] == '/' && ++quotients > 1) return false;
        unit.remove_prefix(end + 1);
    }
}

} // namespace ohmloom
