#pragma once

namespace ohmloom {

/// What a conversion costs, by figures of merit. Points and sources: README of this folder.
struct ConverterCost {
    double sample_rate = 20e6;       ///< [1/s] conversions of one converter
    double walden = 6.1e-15;         ///< [J] per effective level
    double schreier = 167.4;         ///< [dB]
    double area_per_level = 2.1e-12; ///< [m²]
    double area_fixed = 0.0;         ///< [m²]
};

/// Energy of one conversion [J]: the larger of what the two figures of merit say, for `effective_bits`.
///
///     Walden:   E = walden · 2^ENOB
///     Schreier: schreier = SNDR + 10·log10(rate/2 / P), so that E = P/rate = 10^((SNDR − schreier)/10) / 2, SNDR = 6.02·ENOB + 1.76 dB
///
/// Walden's is what small converters follow, Schreier's holds where thermal noise sets the power.
double conversion_energy(const ConverterCost& cost, double effective_bits);

/// Area of one converter [m²]: area_fixed + area_per_level · 2^bits, as units of capacitors, resistors or comparators double with each bit.
double converter_area(const ConverterCost& cost, int bits);

/// Signal to noise and distortion [dB] of a full-scale sine that an ideal converter of so many bits gives, and back: 20·log10(2^b·√1.5).
double sndr_of_bits(double effective_bits);
double bits_of_sndr(double sndr);

} // namespace ohmloom
