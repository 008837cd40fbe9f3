"""Reads and writes files as a user's own script would, with h5py.

    with_h5py.py check FILE    FILE opens and every data set in it has a unit
    with_h5py.py write FILE    an input of `ohmloom solve` in h5py's and NumPy's own types, without units
"""

import sys

import h5py
import numpy as np


def check(file):
    without = []

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            item[()]
            if not isinstance(item.attrs.get("unit"), str) or not item.attrs["unit"]:
                without.append(name)

    with h5py.File(file, "r") as opened:
        opened.visititems(visit)
        if not isinstance(opened.attrs["schema"], str):
            without.append("schema")
    if without:
        sys.exit(f"{file}: no unit in {', '.join(without)}")


def write_padded(made, name, text, length):
    """Text as Fortran programs write it: of fixed length, padded with blanks."""
    kind = h5py.h5t.FORTRAN_S1.copy()
    kind.set_size(length)
    stored = h5py.h5d.create(made.id, name.encode(), kind, h5py.h5s.create(h5py.h5s.SCALAR))
    stored.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array(text.ljust(length).encode()), mtype=kind)


def write(file):
    with h5py.File(file, "w") as made:
        made.attrs["schema"] = np.string_("ohmloom-array-1")  # fixed length, null padded
        made["g"] = np.array([[1, 2, 3], [4, 5, 6]], dtype=">f4")
        made["v_row"] = np.array([[0, 1]], dtype=np.uint16)
        made["r_row"] = 1
        made["r_col"] = 2.5
        made["row_ends"] = "both"  # variable length
        write_padded(made, "col_ends", "top", 12)
        made["device"] = "sinh"
        made["device"].attrs["alpha"] = np.float32(2)


if __name__ == "__main__":
    {"check": check, "write": write}[sys.argv[1]](sys.argv[2])
