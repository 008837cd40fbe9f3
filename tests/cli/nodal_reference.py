"""A crossbar array solved the slow and obvious way: every node, dense matrix, Newton. Shares nothing with the program.

The circuit is that of `ohmloom solve`: row r meets column c in node w(r, c), column node b(r, c), and a cell from w to b.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class OperatingPoint:
    i_row: np.ndarray  # [rows] A, delivered by the row source
    i_col: np.ndarray  # [cols] A, into the sense node
    v_w: np.ndarray  # [rows x cols] V
    v_b: np.ndarray  # [rows x cols] V


class _Nodes:
    """Circuit nodes by name; nodes joined by zero resistance are one."""

    def __init__(self):
        self._parent = {}

    def find(self, node):
        parent = self._parent.setdefault(node, node)
        return node if parent == node else self.find(parent)

    def join(self, a, b):
        self._parent[self.find(a)] = self.find(b)


def _line_segments(cells, terminal, first, last, r_wire, r_terminal):
    """(node, node, resistance) along one line: between neighbouring cells, and from each tied end to the terminal. `r_wire`
    has one entry per segment, the ends included."""
    segments = list(zip(cells, cells[1:], r_wire[1:]))
    if first:
        segments.append((terminal, cells[0], r_terminal + r_wire[0]))
    if last:
        segments.append((terminal, cells[-1], r_terminal + r_wire[-1]))
    return segments


def solve(g, v_row, *, r_row, r_col, r_source=0.0, r_sense=0.0, v_col=None, row_ends="left", col_ends="bottom", alpha=None):
    """Operating point of one input vector: `v_row` [rows] V on conductances `g` [rows x cols] S; infinite ones are shorts.
    `r_row` and `r_col` are numbers or maps with an entry per segment. With `alpha` [1/V] the cells follow
    I = g·sinh(alpha·v)/alpha, else Ohm's law."""
    rows, cols = g.shape
    r_row = np.broadcast_to(r_row, (rows, cols + 1))
    r_col = np.broadcast_to(r_col, (rows + 1, cols))
    potentials = {("row", r): v_row[r] for r in range(rows)}
    potentials |= {("col", c): 0.0 if v_col is None else v_col[c] for c in range(cols)}

    segments = []
    for r in range(rows):
        line = [("w", r, c) for c in range(cols)]
        segments += _line_segments(line, ("row", r), row_ends != "right", row_ends != "left", r_row[r], r_source)
    for c in range(cols):
        line = [("b", r, c) for r in range(rows)]
        segments += _line_segments(line, ("col", c), col_ends != "bottom", col_ends != "top", r_col[:, c], r_sense)

    shorts = np.argwhere(np.isinf(g))
    segments += [(("w", r, c), ("b", r, c), 0.0) for r, c in shorts]
    nodes = _Nodes()
    for a, b, resistance in segments:
        if resistance == 0.0:
            nodes.join(a, b)
    names = {name for a, b, _ in segments for name in (a, b)} | set(potentials)
    number = {root: n for n, root in enumerate(sorted({nodes.find(name) for name in names}))}
    at = {name: number[nodes.find(name)] for name in names}

    wires = np.zeros((len(number), len(number)))
    for a, b, resistance in segments:
        if at[a] != at[b] and np.isfinite(resistance):
            _stamp(wires, at[a], at[b], 1.0 / resistance)
    cells = [(at["w", r, c], at["b", r, c], 0.0 if np.isinf(g[r, c]) else g[r, c]) for r in range(rows) for c in range(cols)]
    v = np.zeros(len(number))
    held = np.zeros(len(number), dtype=bool)
    for name, potential in potentials.items():
        v[at[name]] = potential
        held[at[name]] = True

    v = _newton(wires, cells, v, held, alpha)
    current = np.array([_cell_current(v[w] - v[b], conductance, alpha)[0] for w, b, conductance in cells]).reshape(rows, cols)
    voltage = lambda kind: np.array([[v[at[kind, r, c]] for c in range(cols)] for r in range(rows)])
    # All that a row source delivers goes through the cells of its row, and likewise for the columns; but no law tells the
    # current of a short, so there it is what leaves the terminals.
    i_row, i_col = current.sum(axis=1), current.sum(axis=0)
    if len(shorts):
        net = wires @ v
        for w, b, conductance in cells:
            i = _cell_current(v[w] - v[b], conductance, alpha)[0]
            net[w] += i
            net[b] -= i
        i_row = np.array([net[at["row", r]] for r in range(rows)])
        i_col = np.array([-net[at["col", c]] for c in range(cols)])
    return OperatingPoint(i_row, i_col, voltage("w"), voltage("b"))


def _stamp(matrix, a, b, conductance):
    matrix[a, a] += conductance
    matrix[b, b] += conductance
    matrix[a, b] -= conductance
    matrix[b, a] -= conductance


def _cell_current(v, g, alpha):
    """Current and slope of one cell."""
    if alpha is None:
        return g * v, g
    return g * np.sinh(alpha * v) / alpha, g * np.cosh(alpha * v)


def _newton(wires, cells, v, held, alpha):
    free = ~held
    if not free.any():
        return v
    for _ in range(200):
        net = wires @ v
        jacobian = wires.copy()
        for w, b, conductance in cells:
            current, slope = _cell_current(v[w] - v[b], conductance, alpha)
            net[w] += current
            net[b] -= current
            _stamp(jacobian, w, b, slope)
        step = np.linalg.solve(jacobian[np.ix_(free, free)], -net[free])
        v = v.copy()
        v[free] += step
        if np.abs(step).max() < 1e-14 * max(1e-3, np.abs(v).max()):
            return v
    raise ArithmeticError("the reference did not converge; choose a milder case")
