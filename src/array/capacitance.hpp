#pragma once

namespace ohmloom {

/// Capacitances of an array, all in F, all >= 0. Those of wires are per segment and stand at the node behind it.
///
///     row node:     w(r,s) –row_ground– 0,    w(r,s) –row_coupling– w(r+1,s)
///     column node:  b(r,l) –col_ground– 0,    b(r,l) –pair_coupling– b(r,l+1) of the same site (two lines per site),
///                   b(r,l) –col_coupling– b(r,l+1) of the next site
///     cell:         w –cell– b, in parallel with its current law
///     terminal:     driver, sense: from each tied end, between series resistance and first segment, to ground
struct ArrayCapacitance {
    double row_ground = 0.0;
    double col_ground = 0.0;
    double row_coupling = 0.0;
    double col_coupling = 0.0;
    double pair_coupling = 0.0;
    double cell = 0.0; ///< the device and the crossing of its two wires
    double driver = 0.0;
    double sense = 0.0;

    friend bool operator==(const ArrayCapacitance&, const ArrayCapacitance&) = default;
};

/// @throws InputError naming the first capacitance that is negative or not finite.
void validate(const ArrayCapacitance& capacitance);

} // namespace ohmloom
