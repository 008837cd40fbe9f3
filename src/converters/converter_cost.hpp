#pragma once

namespace ohmloom {

/// What a converter costs, by figures of merit. Equations, points and sources: README of this folder.
struct ConverterCost {
    double sample_rate = 1e6; ///< [1/s] conversions of one converter
    double walden = 4.4e-15;  ///< [J] per effective level: at least walden·2^ENOB a conversion
    double schreier =
        168.6; ///< [dB] SNDR + 10·log10(rate/2 / power): at least 10^((SNDR − schreier)/10) / 2 J a conversion
    double area_per_level = 25e-12; ///< [m²] area = area_fixed + area_per_level·2^bits
    double area_fixed = 0.0;        ///< [m²]
};

} // namespace ohmloom
