#include "study/adc_table.hpp"

namespace ohmloom {

const std::vector<AdcKey>& adc_keys() {
    using enum AdcKeyType;
    static const std::vector<AdcKey> all{
        {"kind", word, "uniform (default), flash, sar, ramp, cyclic, pipeline, oscillator, time or table"},
        {"table_file", word, "table: what `ohmloom lut adc` made, or edges that were measured"},
        {"bits", integer, "1 to 16; 8"},
        {"codes", word, "signed (two's complement, default) or unsigned"},
        {"rounding", word, "mid-tread (default), mid-rise or symmetric"},
        {"range", numbers, "lower and upper end, in the unit of the input; -1 1, 0 1 for unsigned codes"},
        {"range_scope", word, "fixed (default), chip, layer or column: whose data set the range in a run"},
        {"range_percentile", number, "of the data that must fit; 100"},
        {"range_margin", number, "factor on that; 1"},
        {"sharing", integer, "neighbouring columns that one converter serves; 1"},
        {"offset", number, "part of full scale"},
        {"offset_sigma", number, "part of full scale, from converter to converter"},
        {"gain_error", number, "relative"},
        {"gain_sigma", number, "relative, from converter to converter"},
        {"curve", word,
         "linear (default), polynomial, s-shape, exponential, logarithmic, square-law or table"},
        {"curve_strength", number, "s of the curve; 1"},
        {"curve_coefficients", numbers, "c2 c3 ... of y = z + c2 z^2 + c3 z^3 + ..."},
        {"curve_file", word, "CSV of a measured curve: input, output, both relative to the range"},
        {"curve_full_scale", flag, "scales the curve so that the ends of the range stay where they are"},
        {"curve_sigma", number, "relative spread of the curve's strength from converter to converter"},
        {"comparator_offset", number, "part of full scale"},
        {"comparator_offset_sigma", number, "part of full scale, from comparator to comparator"},
        {"comparator_noise", number, "part of full scale"},
        {"resistor_sigma", number, "flash: relative, of one resistor of the ladder"},
        {"capacitor_sigma", number, "sar, ramp: relative, of one unit; cyclic, pipeline: of each capacitor"},
        {"split", flag, "sar, ramp: two arrays of capacitors, joined by a bridge"},
        {"bridge_error", number, "split: relative error of the bridge"},
        {"parasitic", number,
         "split: of the lower array, relative; cyclic, pipeline: at the amplifier's input"},
        {"settling", number, "sar: time constants of the DAC in one decision; settles completely"},
        {"amplifier_gain", number, "ramp, cyclic, pipeline [V/V]; infinite"},
        {"droop", number, "ramp: leak over a whole ramp in time constants"},
        {"phases", integer, "oscillator: taps; 1"},
        {"phase_sigma", number, "oscillator: of a tap's place, in LSB"},
        {"time_input", word, "time: resistance (default), conductance or voltage"},
        {"v_start", number, "time [V]; 1"},
        {"v_threshold", number, "time [V]; 0.5"},
        {"noise", number, "part of full scale, at the input"},
        {"sampling_capacitor", number, "[F], for kT/C"},
        {"temperature", number, "[K]; 300"},
        {"full_scale_voltage", number, "[V] on that capacitor that the range stands for; 1"},
        {"sample_rate", number, "[Hz] of one converter; 20M"},
        {"walden", number, "figure of merit [J] per effective level; 6.1f"},
        {"schreier", number, "figure of merit [dB]; 167.4"},
        {"area_per_level", number, "[m2]; 2.1p"},
        {"area_fixed", number, "[m2]; 0"},
        {"calibration", word, "none (default), offset, offset-gain or table"},
        {"calibration_points", integer, "known inputs; 16"},
        {"calibration_guard_bits", integer, "below an LSB that corrected values are kept with; 2"},
    };
    return all;
}

} // namespace ohmloom
