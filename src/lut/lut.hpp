#pragma once

#include "base/matrix.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// How a table goes on between the nodes of an axis.
enum class AxisRule {
    linear, ///< straight from node to node
    step,   ///< the value of the last node that is not above
    nodes,  ///< at the nodes alone: an index
};
std::string_view name_of(AxisRule rule);

/// What a table gives outside of an axis.
enum class BeyondAxis {
    refuse, ///< nothing: that is an error
    clamp,  ///< the value at the end
};
std::string_view name_of(BeyondAxis beyond);

/// One argument of a table.
struct LutAxis {
    std::string name;
    std::string unit;           ///< "1" for pure numbers
    std::vector<double> values; ///< the nodes, strictly increasing
    AxisRule rule = AxisRule::linear;
    BeyondAxis beyond = BeyondAxis::refuse;

    friend bool operator==(const LutAxis&, const LutAxis&) = default;
};

/// Numbers of a table, row-major. A dimension that has the name of an axis runs along its nodes; others are indices, such as
/// "column", and one name has one size in all the table. Dimensions that are axes come first, in the order of the axes: an array over
/// them can be interpolated.
struct LutArray {
    std::string name;
    std::string unit;
    std::vector<std::string> dims;
    std::vector<Index> shape;
    std::vector<double> values;

    friend bool operator==(const LutArray&, const LutArray&) = default;
};

/// How far a table is from what it stands for, on points that were not used to make it.
struct LutError {
    std::string of;       ///< array, or what else the table's kind gives
    std::string unit;     ///< of the three below
    double largest = 0.0; ///< magnitude
    double rms = 0.0;
    double full_scale = 0.0; ///< largest magnitude of the values: relative errors are parts of it
    std::int64_t points = 0;
    std::uint32_t seed = 0; ///< of the points
    std::string reference;  ///< what was taken for true, such as "the device's law"
    std::string drawn;      ///< how the points were drawn

    friend bool operator==(const LutError&, const LutError&) = default;
};

/// One table. Names (of tables, axes, arrays, notes) are small letters, digits and _, beginning with a letter.
struct Lut {
    std::string name;
    std::string kind;    ///< one of lut_kinds()
    std::string summary; ///< one line
    std::vector<LutAxis> axes;
    std::vector<LutArray> arrays;
    std::vector<LutError> errors;
    std::uint32_t seed = 0;                   ///< of all chance in its making
    std::map<std::string, std::string> texts; ///< what else there is to say, by name
    std::map<std::string, double> numbers;    ///< likewise

    friend bool operator==(const Lut&, const Lut&) = default;
};

/// Tables with their provenance.
struct LutFile {
    std::vector<Lut> tables;
    std::string version;      ///< of the program
    std::string command;      ///< that wrote it
    std::string created_from; ///< file or card it was made from
    std::string source;       ///< text of that: study, card; may be empty

    friend bool operator==(const LutFile&, const LutFile&) = default;
};

/// The axis, array or error of a name; null if there is none.
const LutAxis* find_axis(const Lut& table, std::string_view name);
const LutArray* find_array(const Lut& table, std::string_view name);
const LutError* find_error(const Lut& table, std::string_view of);

/// The table of a name; with an empty name, the only one.
/// @throws InputError if there is none, or several for no name.
const Lut& table_of(const LutFile& file, std::string_view name);

/// Checks a table: names, units, axes that increase, finite numbers, shapes that agree, a known kind and what that kind needs.
/// @throws InputError naming the table and the part that is wrong.
void validate(const Lut& table);

/// Checks all tables, and that no two have one name. @throws InputError.
void validate(const LutFile& file);

/// Whether a unit is a product or quotient of known ones, such as "A", "V/V", "A/V^2"; "1" for pure numbers.
bool is_known_unit(std::string_view unit);

} // namespace ohmloom
