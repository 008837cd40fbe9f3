#include "circuit/spice_dialect.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

namespace ohmloom {

std::string_view to_string(SpiceDialect dialect) {
    switch (dialect) {
    case SpiceDialect::ngspice:
        return "ngspice";
    case SpiceDialect::xyce:
        return "xyce";
    case SpiceDialect::hspice:
        return "hspice";
    }
    return "";
}

SpiceDialect dialect_from_name(std::string_view name) {
    for (const SpiceDialect dialect : {SpiceDialect::ngspice, SpiceDialect::xyce, SpiceDialect::hspice}) {
        if (to_string(dialect) == name) return dialect;
    }
    throw InputError(fmt::format("unknown dialect '{}': expected ngspice, xyce or hspice", name));
}

FormulaStyle formula_style(SpiceDialect dialect) {
    if (dialect == SpiceDialect::ngspice) return {"{", "}", "^"};
    return {"(", ")", "**"};
}

std::string with_power_sign(std::string formula, SpiceDialect dialect) {
    const std::string_view power = formula_style(dialect).power;
    if (power == "^") return formula;
    for (std::size_t at = formula.find('^'); at != std::string::npos;
         at = formula.find('^', at + power.size()))
        formula.replace(at, 1, power);
    return formula;
}

char hierarchy_separator(SpiceDialect dialect) {
    return dialect == SpiceDialect::xyce ? ':' : '.';
}

} // namespace ohmloom
