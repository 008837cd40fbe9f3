#pragma once

#include "converters/adc_bank.hpp"

#include <string_view>
#include <vector>

namespace ohmloom {

/// Straight line through a converter's edges, as the output sees it: code = gain·input + offset.
struct TransferLine {
    double offset =
        0.0; ///< [LSB] that the converter adds, at the middle of a signed range, the lower end of another
    double gain_error = 0.0; ///< relative
};

/// Static figures of one staircase, after IEEE Std 1241. An edge T(k) is where codes go from below k to k; where a converter
/// is not monotone, a code's width is the length of all its pieces together, as in a histogram test, and edges are sums of widths.
struct AdcFigures {
    std::int32_t first_code = 0; ///< code above the first edge; edges, INL and DNL go on from there
    std::vector<double> edges;   ///< in the unit of the input; inputs are not limited to the range
    std::vector<double>
        dnl; ///< [LSB] width/LSB − 1 of the codes from first_code on, without the last; LSB is the end-point line's
    std::vector<double> inl; ///< [LSB] distance of the edges from the line through the first and the last
    std::vector<double> inl_best;                               ///< [LSB] from the line of least squares
    double dnl_peak = 0.0, inl_peak = 0.0, inl_best_peak = 0.0; ///< largest magnitudes
    TransferLine end_point, best_fit;
    Index missing_codes = 0;  ///< of the design's, that no input gives
    Index codes_in_range = 0; ///< different codes of inputs within the range
    bool monotone = true;
};

/// With a single edge, as converters of one bit have, there is no line through two: LSB is the ideal one then, the offset is the edge's distance
/// from where the ideal converter has it, and gain error and peaks of DNL and INL are not a number.
/// @throws InputError if there is no edge: nothing is known then.
AdcFigures adc_figures(const CodeSteps& steps, const CodeGrid& grid);

/// How a converter is tried with a sine: whole cycles, so that no window is needed.
struct SineTest {
    Index samples = 16384;
    Index cycles = 4093; ///< without a common divisor with samples
    double amplitude =
        1.0; ///< of full scale, from the lower end of the lowest code's piece to the upper end of the highest one's
};

/// First of the sample numbers that sine tests convert.
constexpr Index sine_test_sample = Index{3} << 30;

/// Signal to noise and distortion [dB] of every column: sine of least squares with known frequency through the codes (three parameters,
/// IEEE Std 1057), over what it leaves. With all noise of the design.
/// @throws InputError if samples and cycles have a common divisor, there are fewer than 8 samples or the amplitude is not positive.
std::vector<double> sine_sndr(const AdcBank& bank, const SineTest& test = {});

/// Effective bits of an SNDR that was measured with this amplitude.
double effective_bits(double sndr, const SineTest& test = {});

/// One figure over the converters of a bank that have it; all not a number if none has.
struct Spread {
    std::string_view name;
    std::string_view unit;
    double mean = 0.0, sigma = 0.0, least = 0.0, greatest = 0.0;
};

/// All figures of a bank's converters.
struct BankFigures {
    std::vector<AdcFigures> columns;
    std::vector<double> sndr, enob; ///< of each column
    std::vector<Spread> spreads;    ///< the figures as a table: one line each; a shared converter counts once
    Index converters = 0;
    Index monotone = 0;  ///< converters
    double energy = 0.0; ///< [J] of one conversion, for the bits as designed
    double power = 0.0;  ///< [W] of one converter at its rate
    double area = 0.0;   ///< [m²] of one converter
    double noise = 0.0;  ///< [LSB] at the input, without quantisation
};

BankFigures bank_figures(const AdcBank& bank, const SineTest& test = {});

} // namespace ohmloom
