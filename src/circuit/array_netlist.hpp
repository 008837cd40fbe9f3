#pragma once

#include "array/crossbar.hpp"
#include "base/matrix.hpp"
#include "circuit/circuit.hpp"

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace ohmloom {

/// The published difference stage as a circuit, one per site: line 0 of the site is I+, line 1 is I−.
///
///     I+ end –r_input– plus –r_feedback– ground        op-amp: v(out) = open_loop_gain·(v(plus) − v(minus))
///     I− end –r_input– minus –r_feedback– out
///
/// An op-amp of infinite gain is exact, as two amplifiers of gain 1: one copies v(out), the other sets
/// v(out) − copy = v(plus) − v(minus), which leaves v(plus) = v(minus) and drives out with whatever current that
/// takes. One amplifier of very high gain would not do: in ngspice its answer is off by about noise gain/gain +
/// 1e-16·gain, 1e-8 at best (measured: 8e-8, 1e-8, 1e-6, 1e-5 at gains of 1e8, 1e9, 1e11, 1e12).
struct DifferenceStageCircuit {
    double r_input = 1e3;                                            ///< [Ohm] > 0
    double r_feedback = 30e3;                                        ///< [Ohm] > 0
    double open_loop_gain = std::numeric_limits<double>::infinity(); ///< [V/V] > 0; infinity: ideal
};

/// Adds an op-amp, eopamp<ending>, as DifferenceStageCircuit has it.
void add_opamp(Circuit& circuit, const std::string& ending, NodeId out, NodeId plus, NodeId minus,
               double gain);

/// What to put around an array. With a stage, `r_sense` stays in series between the line and the stage.
struct ArrayNetlistOptions {
    std::vector<double> v_row; ///< [rows] [V] row sources; empty means 0
    std::vector<double> v_col; ///< [lines] [V] sense sources; empty means 0; none exist behind a stage
    std::optional<DifferenceStageCircuit> stage; ///< instead of the sense sources; needs two lines per site
    bool open_lines = false;                     ///< neither: the terminals `col_l` are left to the caller
};

/// An array as a circuit, and where its quantities are found in it.
///
/// | name                           | what                                                              |
/// |--------------------------------|-------------------------------------------------------------------|
/// | `w_r_s`, `b_r_l`               | nodes: row wire at site s, column line l at row r                 |
/// | `row_r`, `col_l`               | nodes: terminals, where the sources or the stage inputs are       |
/// | `row_r_first`, `col_l_last`, … | nodes: between series resistance and wire at a tied end           |
/// | `o_s`                          | node: output of the stage of site s                               |
/// | `vrow_r`, `vcol_l`             | sources; the branch current is −i_row[r] and +i_col[l]            |
/// | `rsource_r_first`, `rsense_l_last`, … | series resistance at a tied end                            |
/// | `rrow_r_k`                     | row segment before site k; k = sites: behind the last site        |
/// | `rcol_l_k`                     | column segment before row k; k = rows: behind the last row        |
/// | `rcell_r_l`, `bcell_r_l`       | ohmic cell, nonlinear cell                                        |
/// | `rhold_w_r_s`, `rhold_b_r_l`   | 1 Ohm that holds an Island of nodes, from its first node          |
/// | `xstage_s`                     | stage of site s                                                   |
///
/// Nodes that a zero resistance or a shorted cell joins are one node: it is named after the terminal if that is
/// among them, else after its first w or b. Open segments, cells that do not conduct and what has both its ends at
/// one node are left out.
struct ArrayNetlist {
    Circuit circuit;
    Matrix<NodeId> row_nodes;               ///< [rows x sites]
    Matrix<NodeId> column_nodes;            ///< [rows x lines]
    std::vector<std::string> row_sources;   ///< [rows] element names
    std::vector<std::string> sense_sources; ///< [lines] element names; none behind a stage
    std::vector<NodeId> outputs;            ///< [sites] stage outputs; none without a stage
};

/// The netlist of a crossbar, exactly as `Crossbar` pictures it.
/// @throws InputError if the crossbar is not valid, two sources are joined without resistance, a source list has the wrong length or is not finite, or
/// the stage's values are not positive or it finds no pairs of lines.
ArrayNetlist expand_array(const Crossbar& crossbar, const ArrayNetlistOptions& options = {});

} // namespace ohmloom
