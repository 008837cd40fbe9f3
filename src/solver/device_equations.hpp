#pragma once

#include "circuit/circuit.hpp"

namespace ohmloom {

/// Temperature of all devices: 27 degrees Celsius, SPICE's default. [K]
inline constexpr double device_temperature = 300.15;

/// k T / q at device_temperature, with the constants of ngspice 39. [V]
double thermal_voltage();

/// Current and slope of a two-terminal element, its charge and its capacitance.
struct JunctionPoint {
    double current = 0.0;     ///< [A] from anode to cathode
    double slope = 0.0;       ///< [S]
    double charge = 0.0;      ///< [C] on the anode's side; 0 at 0 V
    double capacitance = 0.0; ///< [F] its derivative
};

/// A pn junction after the parameters of its model and instance are worked out.
///
/// Forward and little reverse bias:  I = is (exp(v/(n vt)) − 1) + gmin v
/// More than 3 n vt reverse:         I = −is (1 + (3 n vt/(e v))³) + gmin v, which joins the exponential smoothly
/// Beyond the breakdown voltage:     I = −is exp(−(bv' + v)/(nbv vt)) + gmin v, where bv' makes the current −ibv at −bv, for any area
/// Capacitance: tt dI/dv, plus cjo/(1 − v/vj)^m, continued by its tangent above fc vj. Charge: its integral from 0 V.
///
/// Source: Shockley's equation; Massobrio, Antognetti, "Semiconductor Device Modeling with SPICE", 2nd ed., 1993,
/// chapters 1 and 2; the reverse branch as ngspice has it, whose manual gives it in section "Junction diodes".
struct JunctionLaw {
    double is = 1e-14;             ///< [A]
    double n = 1.0;                ///< emission coefficient
    double tt = 0.0;               ///< [s]
    double cjo = 0.0, vj = 1.0;    ///< [F], [V]
    double m = 0.5, fc = 0.5;      ///< grading, where the tangent begins
    double breakdown = 0.0;        ///< [V] bv'; 0: none
    double nbv = 1.0;              ///< emission coefficient in breakdown
    double cjsw = 0.0, mjsw = 0.5; ///< [F] of the side wall

    [[nodiscard]] JunctionPoint at(double v, double gmin) const;
    [[nodiscard]] double critical_voltage() const; ///< [V] where the exponential takes over
};

/// Series resistance of a diode [Ohm] and its junction.
struct DiodeLaw {
    JunctionLaw junction;
    double series = 0.0;
};

/// @throws InputError if a parameter is out of range.
DiodeLaw diode_law(const Model& model, const Diode& diode);

/// Channel of a MOS transistor at one bias, for an n-channel device with vds >= 0.
struct ChannelPoint {
    double current = 0.0;                  ///< [A] drain to source
    double gm = 0.0, gds = 0.0, gmb = 0.0; ///< [S] by vgs, vds, vbs
    double threshold = 0.0, v_dsat = 0.0;  ///< [V]
};

/// Gate capacitances. [F]
struct GateCapacitances {
    double source = 0.0, drain = 0.0, bulk = 0.0;
};

/// A level-1 MOS transistor (Shichman and Hodges) after its parameters are worked out; a p-channel device is the same
/// with all voltages and currents negated (`type` −1).
///
///     threshold = vbi + gamma sqrt(phi − vbs),  vbi = vto − gamma sqrt(phi);  for vbs > 0 the root is continued by
///                 its tangent
///     off        vgs <= threshold:         I = 0
///     saturated  vds >= vgs − threshold:   I = beta/2 (vgs − threshold)² (1 + lambda vds)
///     linear     otherwise:                I = beta vds (vgs − threshold − vds/2) (1 + lambda vds)
///     beta = kp w/(l − 2 ld)
///
/// For vbs > 0, gmb is gamma/(2 root) of the continued root, as in SPICE, which is more than the slope of the current.
///
/// Gate capacitances: Meyer's, of the gate oxide, and the overlaps.
///
/// Source: Shichman, Hodges, "Modeling and simulation of insulated-gate field-effect transistor switching circuits",
/// IEEE J. Solid-State Circuits 3(3), 1968. doi:10.1109/JSSC.1968.1049902; Meyer, "MOS models and circuit simulation",
/// RCA Review 32, 1971; parameters as in Massobrio, Antognetti, chapter 4.
struct MosLaw {
    double type = 1.0;                        ///< 1: n-channel, -1: p-channel
    double beta = 0.0;                        ///< [A/V^2]
    double lambda = 0.0;                      ///< [1/V]
    double gamma = 0.0, phi = 0.6, vbi = 0.0; ///< [V^0.5], [V], [V]
    double oxide = 0.0;                       ///< [F] of the whole gate; 0: no Meyer capacitances
    double overlap_source = 0.0, overlap_drain = 0.0, overlap_bulk = 0.0; ///< [F]
    JunctionLaw drain_junction, source_junction;                          ///< bulk to drain, bulk to source
    double drain_series = 0.0, source_series = 0.0;                       ///< [Ohm]

    [[nodiscard]] ChannelPoint at(double vgs, double vds, double vbs) const;
    /// Meyer's capacitances without overlaps, for vds >= 0.
    [[nodiscard]] GateCapacitances gate(double vgs, double vds, const ChannelPoint& channel) const;
};

/// @throws InputError if a parameter is out of range.
MosLaw mos_law(const Model& model, const Mosfet& mosfet);

/// Switch of a model: on above threshold + hysteresis, off below threshold − hysteresis.
struct SwitchLaw {
    double threshold = 0.0, hysteresis = 0.0; ///< [V]
    double g_on = 1.0, g_off = 1e-12;         ///< [S]
};
SwitchLaw switch_law(const Model& model);

/// A junction voltage that Newton proposes, shortened to what its exponential bears. Source: Nagel, "SPICE2", UCB/ERL
/// M520, 1975, section on limiting: above the critical voltage, steps of the current count, not of the voltage.
double limit_junction(double proposed, double before, double emission_voltage, double critical);

/// A gate voltage that does not leap over the threshold, and a drain voltage that does not leap far.
double limit_gate(double proposed, double before, double threshold);
double limit_drain(double proposed, double before);

} // namespace ohmloom
