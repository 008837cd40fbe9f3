#pragma once

#include "lut/lut.hpp"

#include <string>
#include <vector>

namespace ohmloom {

/// An array that tables of a kind have.
struct LutArraySpec {
    std::string name;
    std::string unit;
    std::vector<std::string> dims; ///< empty: any
};

/// What tables stand for: a name, and what every table of the kind must hold.
struct LutKind {
    std::string name;
    std::string summary;                          ///< one line
    std::vector<std::string> axes;                ///< that it must have, with units, as "voltage [V]"
    std::vector<LutArraySpec> arrays;             ///< that it must have; others are allowed
    void (*validate)(const Lut& table) = nullptr; ///< what else must hold: throws InputError; may be null
};

/// All kinds. A new one is an entry in lut_kinds.cpp; readers and writers know none of them.
const std::vector<LutKind>& lut_kinds();

/// @throws InputError naming the nearest kind, if there is none of the name.
const LutKind& lut_kind(const std::string& name);

} // namespace ohmloom
