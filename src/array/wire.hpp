#pragma once

namespace ohmloom {

/// Metal line of an array layer as geometry and material.
struct WireGeometry {
    double width = 27e-9;              ///< [m] line width
    double thickness = 22e-9;          ///< [m] metal thickness
    double bulk_resistivity = 1.9e-8;  ///< [Ohm m] resistivity of the wide metal
    double mean_free_path = 39e-9;     ///< [m] of the electrons
    double surface_specularity = 0.25; ///< fraction scattered specularly at the surfaces; 0 to 1
    double grain_reflection =
        0.3; ///< fraction reflected at a grain boundary; 0 to below 1; grains as wide as the line
    double dielectric_height = 20e-9;    ///< [m] from the line to the plane below
    double relative_permittivity = 20.0; ///< of the dielectric around it
};

/// Resistivity of a narrow line: surface scattering (Fuchs–Sondheimer) added to grain-boundary scattering
/// (Mayadas–Shatzkes), in Ohm m.
///
///     rho = rho_bulk · [ 3/4·(1 − p)·l/w + 1 / (1 − 3/2·a + 3·a² − 3·a³·ln(1 + 1/a)) ],   a = l·R / (w·(1 −
///     R))
///
/// Source: M. H. Amin et al., "Interconnect parasitics and partitioning in fully-analog in-memory computing
/// architectures", ISCAS 2022, arXiv:2201.12480, with the constants of the authors' public generator.
/// @throws InputError if a dimension is not positive or a fraction is out of range.
double effective_resistivity(const WireGeometry& wire);

/// Resistance of a line segment of the given length [m], in Ohm: rho·length / (width·thickness).
/// @throws InputError as effective_resistivity(), or if the length is not positive.
double segment_resistance(const WireGeometry& wire, double length);

/// Capacitance of a line segment of the given length [m] to the planes, in F: half of what an isolated line over a plane has.
///
///     C = eps·length·1/2·[1.15·w/H + 2.8·(T/H)^0.222]
///
/// Source: T. Sakurai, K. Tamaru, "Simple formulas for two- and three-dimensional capacitances", IEEE Trans. Electron Devices 30(2),
/// 1983, as the public generator of arXiv:2201.12480 uses it.
/// @throws InputError if a dimension or the permittivity is not positive.
double ground_capacitance(const WireGeometry& wire, double length);

/// Capacitance of a line segment of the given length [m] to a parallel line at the given spacing [m], in F; same source.
///
///     C = eps·length·[0.03·w/H + 0.83·T/H − 0.07·(T/H)^0.222]·(H/spacing)^1.34
///
/// @throws InputError as ground_capacitance(), or if the spacing is not positive.
double coupling_capacitance(const WireGeometry& wire, double length, double spacing);

/// Capacitance where a row line crosses a column line, in F: a plate capacitor of the dielectric's height, C = eps·w_row·w_col/H.
/// @throws InputError as ground_capacitance().
double crossing_capacitance(const WireGeometry& row, const WireGeometry& column);

/// Segment resistances of an array whose rows step by `row_pitch` and whose columns by `col_pitch`.
struct SegmentResistances {
    double r_row = 0.0; ///< [Ohm] one row segment
    double r_col = 0.0; ///< [Ohm] one column segment
};

} // namespace ohmloom
