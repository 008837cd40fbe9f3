#pragma once

#include "circuit/circuit.hpp"

#include <string>
#include <string_view>

namespace ohmloom {

/// The same circuit without subcircuits: every call is replaced by what it calls.
///
/// Inside call `x1`, node `mid` becomes `x1.mid`, element `r1` becomes `r.x1.r1` and a model of the subcircuit's
/// own `d1` becomes `x1.d1`, as in ngspice.
/// @throws InputError if that makes more than `most` elements, or if an element refers to nothing.
Circuit flatten(const Circuit& circuit, Index most = 50'000'000);

/// Name of an element after flattening, for people who write "x1.r1" as well as "r.x1.r1".
std::string flat_element_name(std::string_view name);

} // namespace ohmloom
