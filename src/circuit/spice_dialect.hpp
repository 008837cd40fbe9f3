#pragma once

#include "devicemodels/cell_face.hpp"

#include <string>
#include <string_view>

namespace ohmloom {

/// Simulators whose SPICE differs in more than taste. What differs, and what a deck does about it (netlists/README.md tells
/// where each rule comes from):
///
/// | rule | ngspice | Xyce | HSPICE |
/// |---|---|---|---|
/// | formula as a current | `b1 a b i=F` | `b1 a b i={F}` | `gb1 a b cur='F'` |
/// | formula as a voltage | `b1 a b v=F` | `b1 a b v={F}` | `eb1 a b vol='F'` |
/// | parameters inside a formula | `{g/alpha}` | `(g/alpha)` | `(g/alpha)` |
/// | power | `x^y` | `x**y` | `x**y` |
/// | parameters of a subcircuit or a call | `g=1` | `params: g=1` | `g=1` |
/// | included file | `.include "f"` | `.include "f"` | `.include 'f'` |
/// | tolerances | `.options reltol= vntol= abstol=` | `.options nonlin reltol= abstol=` | `.option relv= reli= absv= absi=` |
/// | measures go to | the log | `DECK.ms0`, `DECK.mt0` | the same, as name=value with `.option measform=2` |
/// | node inside a call | `xtile.w_0_0` | `xtile:w_0_0` | `xtile.w_0_0` |
enum class SpiceDialect {
    ngspice, ///< ngspice 39 and later
    xyce,    ///< Xyce 7.2 and later
    hspice,
};

/// Name of a dialect as flags spell it, and back. @throws InputError for an unknown name, listing the known ones.
std::string_view to_string(SpiceDialect dialect);
SpiceDialect dialect_from_name(std::string_view name);

/// How formulas of parameters are spelled.
FormulaStyle formula_style(SpiceDialect dialect);

/// A formula in ngspice's words with the dialect's sign for powers.
std::string with_power_sign(std::string formula, SpiceDialect dialect);

/// What stands between the names of calls and what is inside them.
char hierarchy_separator(SpiceDialect dialect);

} // namespace ohmloom
