#pragma once

#include "base/matrix.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace ohmloom {

/// How the column line, or the I+ and I− lines, of an output become one voltage. With r_feedback = gain·r_input and no flaws every
/// kind but the difference stage and the divider gives u = r_feedback·(I+ − I−) from lines that end at ground.
enum class StageKind {
    virtual_ground, ///< ideal virtual grounds
    difference,     ///< the published op-amp difference stage, which the lines see as it is
    op_amp,         ///< a transimpedance amplifier per line: op-amp with a feedback resistor
    current_conveyor, ///< lines end in the conveyors' input resistances; their copied currents meet in one resistor
    divider,    ///< a load resistor from each line to ground and an amplifier of the voltage between them
    integrator, ///< an op-amp with a feedback capacitor per line, read after a time
};

/// A kind's name in study files, such as "op-amp".
std::string_view to_string(StageKind kind);

/// Chance from output to output, the same for the same seed, tile and output.
struct StageSpread {
    double offset = 0.0;    ///< [V] standard deviation of every amplifier's offset voltage; >= 0
    double gain = 0.0;      ///< standard deviation of the logarithm of every amplifier's gain; >= 0
    std::uint64_t seed = 1; ///< of RandomPurpose::stage_variation
};

/// One output's read-out stage. Op-amps do not clip.
///
/// | kind | circuit, for each line unless it says otherwise |
/// |---|---|
/// | difference | I+ line –r_input– (+) node –r_feedback– ground;  I− line –r_input– (−) node –r_feedback– output u |
/// | op_amp | the line is the (−) node, –r_feedback– output; u = output of I− minus that of I+ |
/// | current_conveyor | line –r_conveyor– ground; u = r_feedback·current_gain·(I+ − I−) |
/// | divider | line –r_input– ground; u = gain·(v+ − v−) |
/// | integrator | the line is the (−) node, –C beside r_leak– output, C = integration_time/r_feedback, empty at first; u as op_amp |
///
/// Behind a difference stage lines do not end at ground: the I− line ends at a potential that the I+ line sets.
/// Source of the difference stage: public netlist generator of the IMAC-Sim authors; arXiv:2201.12480.
struct ReadoutStage {
    static constexpr double infinite = std::numeric_limits<double>::infinity();

    StageKind kind = StageKind::difference;
    double gain = 30.0;               ///< r_feedback / r_input; of a divider V/V; > 0
    double r_input = 1000.0;          ///< [Ohm] > 0
    double open_loop_gain = infinite; ///< [V/V] of the op-amps (difference, op_amp, integrator); > 0
    double r_amplifier = infinite;    ///< [Ohm] between an op-amp's inputs (op_amp); > 0
    double r_conveyor = 0.0;          ///< [Ohm] >= 0
    double current_gain = 1.0;        ///< [A/A] of the conveyors; > 0
    double integration_time = 100e-9; ///< [s] > 0
    double capacitance = 0.0;         ///< [F] of the integrators; 0: integration_time/(gain·r_input)
    double r_leak = infinite;         ///< [Ohm] beside the integrator's capacitor; > 0
    StageSpread spread{};             ///< of offsets (not of virtual_ground), and of gains: see StageSample
    /// [Ohm] An integrator with a capacitance has integration_time/capacitance, whatever the gain.
    [[nodiscard]] double r_feedback() const {
        return kind == StageKind::integrator && capacitance > 0.0 ? integration_time / capacitance
                                                                  : gain * r_input;
    }
};

/// @throws InputError if a value is out of range, naming it.
void validate(const ReadoutStage& stage);

/// Whether all outputs' stages are the same.
bool are_alike(const ReadoutStage& stage);

/// Whether a difference stage or virtual ground is the ideal one: no finite gain, no offset, no spread.
bool is_ideal(const ReadoutStage& stage);

/// What one output's stage is beside the nominal one. Gains multiply r_feedback of the line (of I+ in a difference stage: from the
/// (+) node to ground), the conveyors' current gain, or (gain_plus) the divider's gain. Offsets lie at the op-amps' (+) inputs and the conveyors'
/// inputs; a difference stage and a divider have one amplifier, and use offset_plus.
struct StageSample {
    double gain_plus = 1.0, gain_minus = 1.0;     ///< > 0, log-normal
    double offset_plus = 0.0, offset_minus = 0.0; ///< [V]
};
StageSample sample_stage(const ReadoutStage& stage, std::uint32_t tile, Index output);

/// Something that a stage turns into heat: r·(plus·I+ + minus·I− + rest)² [W].
struct StageLoss {
    double r = 0.0;                 ///< [Ohm]
    double plus = 0.0, minus = 0.0; ///< [A/A]
    double rest = 0.0;              ///< [A]
};

/// What a stage is to the currents I+ and I− out of its lines: a linear two-port. A single line is I+.
///
///     v+ = r_plus·I+ + e_plus      v− = r_minus·I− + coupling·I+ + e_minus      u = t_plus·I+ + t_minus·I− + u_0
///
/// An integrator's line is taken to stay at the mean of its potential over the integration time, which with λ = r_feedback·G/(1 + open_loop_gain)
/// and a line of conductance G is wrong by λ²/12 of the charge; see attach_stages().
struct StagePort {
    double r_plus = 0.0, r_minus = 0.0; ///< [Ohm]
    double coupling = 0.0;              ///< [Ohm]
    double e_plus = 0.0, e_minus = 0.0; ///< [V]
    double t_plus = 0.0, t_minus = 0.0; ///< [Ohm]
    double u_0 = 0.0;                   ///< [V]
    std::array<StageLoss, 4> losses{};  ///< of r 0 where there are fewer
    double quasi_static_limit =
        infinite; ///< [S] conductance of a line up to which an integrator is right to 1e-4

    static constexpr double infinite = std::numeric_limits<double>::infinity();
};

/// The two-port of a stage. @throws InputError as validate().
StagePort stage_port(const ReadoutStage& stage, const StageSample& sample = {});

/// The two-ports of all outputs of a tile, of one line or two each. @throws InputError as validate().
std::vector<StagePort> stage_ports(const ReadoutStage& stage, Index outputs, Index lines_per_output = 2,
                                   std::uint32_t tile = 0);

} // namespace ohmloom
