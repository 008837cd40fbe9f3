#pragma once

#include "array/crossbar.hpp"
#include "base/matrix.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// Ways to solve an array; all answer the same questions and are held to each other by the parity tests.
enum class Engine {
    automatic, ///< the fastest that can answer, from shape, linearity and batch size
    lines,     ///< line-preconditioned conjugate gradients, many input vectors at once; any cells
    condense,  ///< exact Kron reduction of a linear array to its ports by recursive halving
    mna,       ///< nodal matrix factorised by KLU; Newton for nonlinear cells
    ngspice,   ///< a netlist solved by ngspice in processes of its own: the golden reference
};

/// Name of an engine as flags and study files spell it, and back.
/// @throws InputError for an unknown name, listing the known ones.
std::string_view to_string(Engine engine);
Engine engine_from_name(std::string_view name);

/// How to solve.
struct SolveOptions {
    Engine engine = Engine::automatic;
    double tolerance = 1e-9;    ///< largest KCL error over all nodes, relative to the largest line current
    int max_iterations = 100;   ///< Newton steps or refinements before giving up
    bool fields = false;        ///< also return every node voltage
    double time_limit = 3600.0; ///< [s] of waiting that the ngspice engine gives an operating point
};

/// What the lines are driven with, for a batch of independent operating points.
struct Drive {
    Matrix<double> v_row;      ///< [batch x rows] [V] source potential of each row
    std::vector<double> v_col; ///< [lines] [V] potential behind each column line's r_sense; empty means 0
    /// [batch x lines] [V] the same where it differs from vector to vector, instead of v_col; empty means v_col.
    Matrix<double> v_col_each = {};
};

enum class SolveStatus {
    converged = 0,     ///< the residual is below the tolerance
    not_converged = 1, ///< the currents are the best found; see the residual
};

/// DC operating points of an array, one per input vector.
struct [[nodiscard]] ArraySolution {
    Matrix<double> i_col;         ///< [batch x lines] [A] into the sense node, summed over tied ends
    Matrix<double> i_row;         ///< [batch x rows] [A] delivered by the row source, summed over tied ends
    std::vector<double> power;    ///< [batch] [W] delivered by all sources together
    std::vector<double> residual; ///< [batch] largest KCL error over the largest line current
    std::vector<int> iterations;  ///< [batch]
    std::vector<SolveStatus> status;   ///< [batch]
    Matrix<double> v_w;                ///< [batch x rows*sites] [V] row nodes, if asked for
    Matrix<double> v_b;                ///< [batch x rows*lines] [V] column nodes, if asked for
    Engine engine = Engine::automatic; ///< the engine that was asked or chosen
    std::vector<Index>
        fallbacks; ///< operating points that it could not solve and that the mna engine solved instead
    std::string
        problem{}; ///< what went wrong in an engine that is a program of its own, in one line; "" if nothing
};

/// Node voltages of a batch of operating points, as ArraySolution has them.
struct NodeVoltages {
    Matrix<double> v_w; ///< [batch x rows*sites] [V] row nodes
    Matrix<double> v_b; ///< [batch x rows*lines] [V] column nodes
};

/// Currents of an array for a batch of input vectors.
///
/// `start` is where engines that iterate begin, such as the solution of a drive nearby; without it every node begins at the potential
/// of its line's terminal. It changes how long a solution takes and, within the tolerance, its last digits.
/// @throws InputError if the crossbar is not valid, a drive or a start has the wrong shape, is not finite or could take a cell beyond
///         the voltages its law covers, or the named engine cannot solve such cells; BackendError if an engine is not installed. Not
///         converging is no error: see `status`; nor is the end of ngspice's process: see `problem`.
ArraySolution solve_array(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options = {},
                          const std::optional<NodeVoltages>& start = {});

/// Linear array seen from its terminals: i = y·v, with i positive into the array. Terminals are the row
/// sources [0, rows) and then the sense potentials [rows, rows + lines), each with its series resistance
/// inside.
struct [[nodiscard]] PortMatrix {
    Matrix<double> y; ///< [(rows + lines) x (rows + lines)] [S] symmetric
    Index rows = 0;
    Index lines = 0;
    double residual = 0.0; ///< largest KCL error over the largest terminal current, over all unit drives
    Engine engine = Engine::automatic;
};

/// Port matrix of an array with linear cells.
/// @throws InputError if the crossbar is not valid or its cells are not linear.
PortMatrix port_matrix(const Crossbar& crossbar, const SolveOptions& options = {});

} // namespace ohmloom
