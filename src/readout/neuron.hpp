#pragma once

#include "base/matrix.hpp"

#include <string_view>
#include <vector>

namespace ohmloom {

/// Voltage-transfer curve from a stage's output to the row voltage of the next layer.
struct Neuron {
    enum class Kind {
        sigmoid,    ///< v_out = v_supply / (1 + exp(slope·v_in)), which falls
        inverter,   ///< CMOS inverter with a resistive divider between input, gate and output, which falls
        relu,       ///< v_out = slope·v_in between 0 V and v_limit
        tanh,       ///< v_out = v_supply·tanh(slope·v_in)
        comparator, ///< v_out = v_supply where v_in > threshold, else v_low
        table,      ///< a measured curve: straight between its points, constant beyond them
    };
    Kind kind = Kind::sigmoid;
    double v_supply = 0.8;      ///< [V] > 0; also what an input of 1, and the bias row, are driven with
    double slope = 15.0;        ///< [1/V] of sigmoid and tanh, [V/V] of relu; > 0
    double r_low = 8488.2636;   ///< [Ohm] inverter: level-shifted input to gate; > 0
    double r_high = 25464.7909; ///< [Ohm] inverter: gate to output; > 0
    double inverter_gain =
        20.0;               ///< inverter: magnitude of the CMOS inverter's voltage gain at its threshold; > 1
    double v_limit = 0.8;   ///< [V] relu: > 0, may be infinite
    double threshold = 0.0; ///< [V] comparator
    double v_low = 0.0;     ///< [V] comparator; < v_supply
    std::vector<double> table_in = {};  ///< [V] table: rising, at least two
    std::vector<double> table_out = {}; ///< [V] table: as many, in any order
};

/// A kind's name in study files, such as "relu".
std::string_view to_string(Neuron::Kind kind);

/// @throws InputError if a parameter is out of range, naming it.
void validate(const Neuron& neuron);

/// Whether the output falls as the input rises; a table whose last output is below its first counts as such.
bool inverts(const Neuron& neuron);

/// Output voltage [V] for the input voltage `v_in` [V].
///
/// The inverter's gate node sees the input, shifted up by half the supply, through r_low and the output
/// through r_high:
///
///     (v_in + v_supply/2 − v_g) / r_low = (v_g − v_out) / r_high
///     v_out = v_supply/2·(1 − tanh(2·gain/v_supply·(v_g − v_supply/2)))
///
/// which has one solution, found by Newton. Around 0 V the slope is −(r_high/r_low) / (1 + (1 +
/// r_high/r_low)/gain): the resistors set it, and the output saturates where |v_in|·r_high/r_low reaches
/// v_supply/2. Source: arXiv:2204.09918 and the public netlist generator of its authors for the circuit and
/// the resistors; the tanh inverter with one gain is our fit in place of the FinFET model cards.
double transfer(const Neuron& neuron, double v_in);

/// transfer() on every element.
Matrix<double> transfer(const Neuron& neuron, const Matrix<double>& v_in);

} // namespace ohmloom
