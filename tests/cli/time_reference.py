"""Step response of a linear crossbar array with capacitances, the slow and obvious way: all nodes, dense matrices, eigenvalues.
Shares nothing with the program.

Rows are tied at their left ends, columns at their bottom ends; wires have resistance, and every node has a capacitance to ground.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Response:
    i_col: np.ndarray  # [times x cols] A
    charge_col: np.ndarray  # [times x cols] C since t = 0
    i_row: np.ndarray  # [times x rows] A


def step_response(
    g,
    v_row,
    times,
    *,
    r_row,
    r_col,
    r_source=0.0,
    r_sense=0.0,
    c_row_ground=0.0,
    c_col_ground=0.0,
    c_row_coupling=0.0,
    c_col_coupling=0.0,
    c_cell=0.0,
    c_driver=0.0,
    c_sense=0.0,
):
    """Rows jump from 0 to `v_row` [V] at t = 0."""
    rows, cols = g.shape
    w = np.arange(rows * cols).reshape(rows, cols)
    b = w + rows * cols
    # A node between series resistance and first segment only where it has a capacitance of its own.
    driver = 2 * rows * cols + np.arange(rows) if r_source > 0.0 and c_driver > 0.0 else None
    count = 2 * rows * cols + (rows if driver is not None else 0)
    sense = count + np.arange(cols) if r_sense > 0.0 and c_sense > 0.0 else None
    count += cols if sense is not None else 0

    conductance, capacitance = np.zeros((count, count)), np.zeros((count, count))
    for r in range(rows):
        for c in range(cols):
            _stamp(conductance, w[r, c], b[r, c], g[r, c])
            _stamp(capacitance, w[r, c], b[r, c], c_cell)
            capacitance[w[r, c], w[r, c]] += c_row_ground
            capacitance[b[r, c], b[r, c]] += c_col_ground
            if c > 0:
                _stamp(conductance, w[r, c - 1], w[r, c], 1.0 / r_row)
                _stamp(capacitance, b[r, c - 1], b[r, c], c_col_coupling)
            if r > 0:
                _stamp(conductance, b[r - 1, c], b[r, c], 1.0 / r_col)
                _stamp(capacitance, w[r - 1, c], w[r, c], c_row_coupling)
    first, feed = _terminal(conductance, capacitance, w[:, 0], driver, r_row, r_source, c_driver)
    last, drain = _terminal(conductance, capacitance, b[-1, :], sense, r_col, r_sense, c_sense)

    source = np.zeros(count)
    source[first] = feed * v_row
    root = np.linalg.cholesky(capacitance)
    inverse = np.linalg.inv(root)
    rates, modes = np.linalg.eigh(inverse @ conductance @ inverse.T)
    v_end = np.linalg.solve(conductance, source)
    start = modes.T @ (root.T @ -v_end)  # of what is still missing, by modes
    back = inverse.T @ modes
    t = np.asarray(times)[:, None]
    v = v_end + (np.exp(-rates * t) * start) @ back.T
    area = v_end * t + (-np.expm1(-rates * t) / rates * start) @ back.T
    return Response(drain * v[:, last], drain * area[:, last], feed * (v_row - v[:, first]))


def _terminal(conductance, capacitance, ends, between, r_wire, r_series, c_between):
    """Ties the ends of lines to their terminals. The nodes next to the terminals, and the conductance between."""
    if between is None:
        conductance[ends, ends] += 1.0 / (r_wire + r_series)
        return ends, 1.0 / (r_wire + r_series)
    for end, node in zip(ends, between):
        _stamp(conductance, end, node, 1.0 / r_wire)
        conductance[node, node] += 1.0 / r_series
        capacitance[node, node] += c_between
    return between, 1.0 / r_series


def _stamp(matrix, a, b, value):
    matrix[a, a] += value
    matrix[b, b] += value
    matrix[a, b] -= value
    matrix[b, a] -= value
