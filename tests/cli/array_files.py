"""Input and output files of `ohmloom solve`, written and read with h5py as any other tool would."""

from dataclasses import dataclass, field

import h5py
import numpy as np

import nodal_reference

UNITS = {"g": "S", "v_row": "V", "v_col": "V", "r_row": "Ohm", "r_col": "Ohm", "r_source": "Ohm", "r_sense": "Ohm"}
CAPACITANCES = {
    "c_row_ground": 46e-15,
    "c_col_ground": 44e-15,
    "c_row_coupling": 5e-15,
    "c_col_coupling": 6e-15,
    "c_cell": 20e-15,
    "c_driver": 200e-15,
    "c_sense": 300e-15,
}
UNITS |= {name: "F" for name in CAPACITANCES}


@dataclass
class ArrayInput:
    """What goes into IN.h5. Data sets of any name can be set to anything, so that bad files can be made too."""

    numbers: dict
    texts: dict = field(default_factory=dict)  # row_ends, col_ends, device
    alpha: float | None = None
    schema: str | None = "ohmloom-array-1"

    def write(self, path):
        with h5py.File(path, "w") as file:
            if self.schema is not None:
                file.attrs["schema"] = self.schema
            for name, value in self.numbers.items():
                file[name] = value
                file[name].attrs["unit"] = UNITS.get(name, "1")
            for name, text in self.texts.items():
                file[name] = text
            if self.alpha is not None:
                file["device"].attrs["alpha"] = self.alpha
        return path.name


def sample_array(rows=6, cols=4, batch=3, seed=1, **more):
    """Conductances of 10 kOhm to 1 MOhm, inputs within 0.5 V and wires of some Ohm; `more` replaces or adds data sets."""
    random = np.random.default_rng(seed)
    numbers = {
        "g": np.exp(random.uniform(np.log(1e-6), np.log(1e-4), (rows, cols))),
        "v_row": random.uniform(-0.5, 0.5, (batch, rows)),
        "r_row": 13.8,
        "r_col": 17.3,
    }
    return ArrayInput(numbers | more)


def reference(array):
    """Operating points of an input by the dense reference, one per input vector."""
    numbers = dict(array.numbers)
    g, v_row = numbers.pop("g"), numbers.pop("v_row")
    ends = {name: text for name, text in array.texts.items() if name != "device"}
    return [nodal_reference.solve(g, v, **numbers, **ends, alpha=array.alpha) for v in v_row]


def read_output(path):
    """Every data set of a result by name, and every unit."""
    values, units = {}, {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            values[name] = item[()]
            units[name] = item.attrs.get("unit")

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return values, units


def assert_agrees(values, points, tolerance=1e-7):
    """Currents and, if given, node voltages of a result against the reference, relative to the largest of their kind. The
    program is asked for KCL to 1e-9; wires and cells of the samples can turn that into 1e-8 of a current."""
    kinds = {"i_row": "i_row", "i_col": "i_col", "v_w": "v_w", "v_b": "v_b"}
    for name, attribute in kinds.items():
        if name in values:
            expected = np.array([getattr(point, attribute) for point in points])
            assert values[name].shape == expected.shape, f"{name} is {values[name].shape}, expected {expected.shape}"
            error = np.abs(values[name] - expected).max() / np.abs(expected).max()
            assert error < tolerance, f"{name} is off by {error:.2g} of the largest, expected less than {tolerance:g}"
