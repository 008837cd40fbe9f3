#pragma once

#include "converters/code_grid.hpp"
#include "converters/converter_cost.hpp"
#include "converters/measured_converters.hpp"
#include "converters/transfer_curve.hpp"

#include <string_view>

namespace ohmloom {

enum class AdcKind { uniform, flash, sar, ramp, cyclic, pipeline, oscillator, time, table };

/// Errors below are parts of full scale (the width of the range) where nothing else is said; those called sigma are standard deviations,
/// drawn once for each converter.

/// What happens to the input before anything is decided: y = middle + (1 + gain)·(curve(x) − middle) + offset, about the middle of
/// a signed converter's range, about the lower end of an unsigned one's.
struct AdcFront {
    double offset = 0.0, offset_sigma = 0.0;
    double gain_error = 0.0, gain_sigma = 0.0;
    TransferCurve curve;
    double curve_sigma = 0.0; ///< relative, of the curve's strength
};

/// Comparators of every kind but `uniform`, `oscillator` and `table`: an offset of their own each. Noise is drawn for every decision of flash, SAR, cyclic and
/// pipeline converters, for every conversion of the others.
struct AdcComparator {
    double offset = 0.0, offset_sigma = 0.0;
    double noise = 0.0;
};

/// Resistor ladder of a flash converter: 2^bits equal resistors.
struct FlashLadder {
    double resistor_sigma = 0.0; ///< relative, of one resistor
};

/// Capacitors of a SAR or ramp converter's own DAC: 1, 2, 4 … units and one more unit to end with. A capacitor of n units has the
/// relative error sigma/√n.
struct CapacitorDac {
    double unit_sigma = 0.0; ///< relative, of one unit
    bool split = false; ///< two arrays of half the bits each, joined by a bridge of 2^h/(2^h − 1) units
    double bridge_error = 0.0; ///< relative, of the bridge; comes on top of its mismatch
    double parasitic = 0.0;    ///< split: to ground at the lower array, as a part of that array's capacitance
    double settling = 0.0; ///< SAR: time of one decision in time constants of the DAC; 0: settles completely
};

/// Ramp of a single-slope converter, shared by all columns of a tile. It counts steps of the capacitor DAC, if there is mismatch, through
/// an amplifier.
struct RampGenerator {
    double amplifier_gain = 0.0; ///< V/V; level / (1 + 1/(A·β)), β = C/(C + selected); 0: infinite
    double droop =
        0.0; ///< leak of an integrator over a whole ramp, in its time constants: (1 − exp(−droop·t)) / droop
};

/// 1.5-bit stages of cyclic (one stage, used again and again) and pipeline converters (a stage each): residue = 2v − d, d = −1, 0, 1 by
/// comparators at ∓1/4.
struct AdcStages {
    double capacitor_sigma = 0.0; ///< relative, of each of the two capacitors
    double parasitic = 0.0;       ///< at the amplifier's input, over one of the two capacitors
    double amplifier_gain = 0.0;  ///< V/V; 0: infinite
};

/// Current- or voltage-controlled oscillator: counts the phase it goes through, in steps of one of `phases` taps, and rounds down.
struct AdcOscillator {
    int phases = 1;
    double phase_sigma = 0.0; ///< of a tap's place, in steps; drawn once for every tap but the first
};

/// Time until a charged column has fallen to a threshold, counted by a clock: t = R·C·ln(v_start/v_threshold).
struct AdcTime {
    enum class Input {
        resistance, ///< range of resistances R: the time is proportional to it
        conductance, ///< range of conductances, or of currents at v_start: the time is its inverse; codes rise with the input
        voltage, ///< range of starting voltages, R fixed: a logarithm
    };
    Input input = Input::resistance;
    double v_start = 1.0;     ///< [V] > v_threshold; not for voltage
    double v_threshold = 0.5; ///< [V]
};

/// Gaussian noise at the input, drawn for every conversion: its own, and kT/C of a sampling capacitor.
struct AdcNoise {
    double input = 0.0;
    double sampling_capacitor = 0.0; ///< [F]; 0: none
    double temperature = 300.0;      ///< [K]
    double full_scale_voltage = 1.0; ///< [V] on the capacitor that the whole range stands for
};

/// An analog-to-digital converter, as built under every column, or under some columns together. Without errors every kind gives, bit for
/// bit, the codes of `uniform`; `time` does for resistances only. A `table` has all errors in its edges, and takes no others but noise at
/// the input.
struct AdcDesign {
    AdcKind kind = AdcKind::uniform;
    int bits = 8;
    bool is_signed = true;
    Rounding rounding = Rounding::mid_tread;
    InputRange range;
    Index sharing = 1; ///< neighbouring columns that one converter serves, one after the other
    AdcFront front;
    AdcComparator comparator;
    FlashLadder ladder;
    CapacitorDac capacitors;
    RampGenerator ramp;
    AdcStages stages;
    AdcOscillator oscillator;
    AdcTime time;
    MeasuredConverters measured; ///< of `table`; the codes are those of bits and is_signed
    AdcNoise noise;
    ConverterCost cost;

    [[nodiscard]] CodeGrid grid() const { return {bits, is_signed, rounding, range}; }
};

/// @throws InputError naming the first value that is out of range, or that the kind does not know.
void validate(const AdcDesign& design);

/// Standard deviation of the noise at the input, kT/C included, in the unit of the input, whose range it is a part of.
double input_noise(const AdcNoise& noise, InputRange range);

/// "sar", as study files and flags name it.
std::string_view name_of(AdcKind kind);

} // namespace ohmloom
