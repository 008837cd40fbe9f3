#include "array/wire.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace ohmloom {

namespace {

void require_positive(std::string_view name, double value, std::string_view unit) {
    if (!std::isfinite(value) || value <= 0.0) {
        throw InputError(fmt::format("wire {} is {}{}{}: it must be positive", name, value,
                                     unit.empty() ? "" : " ", unit));
    }
}

void require_fraction(std::string_view name, double value, double upper) {
    if (!(value >= 0.0 && value <= upper)) {
        throw InputError(fmt::format("wire {} is {}: it must lie between 0 and {}", name, value, upper));
    }
}

constexpr double vacuum_permittivity = 8.8541878128e-12; // [F/m] CODATA 2018

/// Permittivity [F/m] of a wire's dielectric.
double permittivity(const WireGeometry& wire) {
    require_positive("width", wire.width, "m");
    require_positive("thickness", wire.thickness, "m");
    require_positive("dielectric_height", wire.dielectric_height, "m");
    require_positive("relative_permittivity", wire.relative_permittivity, "");
    return wire.relative_permittivity * vacuum_permittivity;
}

} // namespace

double effective_resistivity(const WireGeometry& wire) {
    require_positive("width", wire.width, "m");
    require_positive("thickness", wire.thickness, "m");
    require_positive("bulk_resistivity", wire.bulk_resistivity, "Ohm m");
    require_positive("mean_free_path", wire.mean_free_path, "m");
    require_fraction("surface_specularity", wire.surface_specularity, 1.0);
    require_fraction("grain_reflection", wire.grain_reflection, 0.99);

    const double surface = 0.75 * (1.0 - wire.surface_specularity) * wire.mean_free_path / wire.width;
    const double a =
        wire.mean_free_path * wire.grain_reflection / (wire.width * (1.0 - wire.grain_reflection));
    const double grain =
        a == 0.0 ? 1.0 : 1.0 / (1.0 - 1.5 * a + 3.0 * a * a - 3.0 * a * a * a * std::log1p(1.0 / a));
    return wire.bulk_resistivity * (surface + grain);
}

double segment_resistance(const WireGeometry& wire, double length) {
    require_positive("segment length", length, "m");
    return effective_resistivity(wire) * length / (wire.width * wire.thickness);
}

double ground_capacitance(const WireGeometry& wire, double length) {
    require_positive("segment length", length, "m");
    const double eps = permittivity(wire), height = wire.dielectric_height;
    return 0.5 * eps * length * (1.15 * wire.width / height + 2.8 * std::pow(wire.thickness / height, 0.222));
}

double coupling_capacitance(const WireGeometry& wire, double length, double spacing) {
    require_positive("segment length", length, "m");
    require_positive("spacing", spacing, "m");
    const double eps = permittivity(wire), height = wire.dielectric_height;
    const double facing = 0.03 * wire.width / height + 0.83 * wire.thickness / height -
                          0.07 * std::pow(wire.thickness / height, 0.222);
    // The fit leaves its range where a line is much flatter than it lies high.
    return eps * length * std::max(facing, 0.0) * std::pow(height / spacing, 1.34);
}

double crossing_capacitance(const WireGeometry& row, const WireGeometry& column) {
    require_positive("width", column.width, "m");
    return permittivity(row) * row.width * column.width / row.dielectric_height;
}

} // namespace ohmloom
