"""Changes a file of tables with h5py, one change per word, and seals it again: what a hand-made file may hold.

Usage: fuzz_luts.py GOOD FOLDER    writes FOLDER/NAME.h5 for every change and prints the names
"""

import hashlib
import pathlib
import shutil
import sys

import h5py
import numpy as np


def replace(file, path, data, **options):
    attributes = dict(file[path].attrs)
    del file[path]
    made = file.create_dataset(path, data=data, **options)
    made.attrs.update(attributes)


def claim_too_much(file):
    """A data set that says it has 2^60 numbers and stores none of them."""
    attributes = dict(file["cell/arrays/current"].attrs)
    del file["cell/arrays/current"]
    made = file.create_dataset("cell/arrays/current", shape=(1 << 30, 1 << 30), dtype="f8", chunks=(1024, 1024))
    made.attrs.update(attributes)


def claim_contiguous(file):
    """The same, not in chunks: nothing is allocated before it is written."""
    attributes = dict(file["cell/arrays/current"].attrs)
    del file["cell/arrays/current"]
    space = h5py.h5s.create_simple((1 << 25, 2))
    made = h5py.h5d.create(file["cell/arrays"].id, b"current", h5py.h5t.IEEE_F64LE, space)
    h5py.Dataset(made).attrs.update(attributes)


def link_to_root(file):
    file["cell/arrays/loop"] = file["/"]


def external(file):
    del file["cell/arrays/current"]
    file["cell/arrays/current"] = h5py.ExternalLink("/etc/passwd", "/x")


def stored_elsewhere(file):
    attributes = dict(file["cell/arrays/current"].attrs)
    del file["cell/arrays/current"]
    made = file.create_dataset("cell/arrays/current", shape=(3, 2), dtype="f8", external=[("/dev/zero", 0, 48)])
    made.attrs.update(attributes)


CHANGES = {
    "nan": lambda f: f["cell/arrays/current"].__setitem__((0, 0), np.nan),
    "infinite": lambda f: f["cell/axes/voltage"].__setitem__(2, np.inf),
    "unsorted": lambda f: f["cell/axes/voltage"].__setitem__(slice(None), [0.0, -1.0, 2.0]),
    "repeated": lambda f: f["cell/axes/voltage"].__setitem__(1, -1.0),
    "wrong_shape": lambda f: replace(f, "cell/arrays/current", np.zeros((2, 3))),
    "fewer_dims": lambda f: replace(f, "cell/arrays/current", np.zeros(6)),
    "empty": lambda f: replace(f, "cell/arrays/current", np.zeros((0, 2))),
    "scalar": lambda f: replace(f, "cell/axes/voltage", 1.0),
    "text_for_numbers": lambda f: replace(f, "cell/axes/voltage", ["a", "b", "c"], dtype=h5py.string_dtype()),
    "compound": lambda f: replace(f, "cell/axes/voltage", np.zeros(3, dtype=[("a", "f8"), ("b", "i4")])),
    "complex": lambda f: replace(f, "cell/axes/voltage", np.zeros(3, dtype=complex)),
    "null_space": lambda f: replace(f, "cell/axes/voltage", h5py.Empty("f8")),
    "compressed": lambda f: replace(f, "cell/arrays/current", np.zeros((3, 2)), compression="gzip"),
    "claims_2_60": claim_too_much,
    "claims_2_26_unstored": claim_contiguous,
    "no_unit": lambda f: f["cell/axes/voltage"].attrs.__delitem__("unit"),
    "unknown_unit": lambda f: f["cell/axes/voltage"].attrs.__setitem__("unit", "furlong"),
    "number_for_unit": lambda f: f["cell/axes/voltage"].attrs.__setitem__("unit", 3.0),
    "many_units": lambda f: f["cell/axes/voltage"].attrs.__setitem__("unit", ["V"] * 1000),
    "unknown_rule": lambda f: f["cell/axes/voltage"].attrs.__setitem__("rule", "wavy"),
    "unknown_kind": lambda f: f["cell"].attrs.__setitem__("kind", "vi"),
    "unknown_group": lambda f: f.create_group("cell/extras"),
    "unknown_axis": lambda f: f.create_dataset("cell/axes/extra", data=[1.0]),
    "missing_axis": lambda f: f["cell/axes"].__delitem__("state"),
    "missing_array": lambda f: f["cell/arrays"].__delitem__("current"),
    "missing_notes": lambda f: f["cell"].__delitem__("notes"),
    "axes_repeated": lambda f: f["cell"].attrs.__setitem__("axes", "voltage,state,voltage"),
    "axes_empty": lambda f: f["cell"].attrs.__setitem__("axes", ""),
    "axes_commas": lambda f: f["cell"].attrs.__setitem__("axes", "," * 50000),
    "dims_swapped": lambda f: f["cell/arrays/current"].attrs.__setitem__("dims", "state,voltage"),
    "seed_negative": lambda f: f["cell"].attrs.__setitem__("seed", -1),
    "seed_nan": lambda f: f["cell"].attrs.__setitem__("seed", np.nan),
    "seed_array": lambda f: f["cell"].attrs.__setitem__("seed", np.zeros(1000)),
    "points_negative": lambda f: f["cell/errors/current"].attrs.__setitem__("points", -5),
    "error_nan": lambda f: f["cell/errors/current"].attrs.__setitem__("largest", np.nan),
    "note_array": lambda f: f["cell/notes"].attrs.__setitem__("more", np.zeros(9)),
    "bad_name": lambda f: f.move("cell", "Cell !"),
    "long_name": lambda f: f.move("cell", "c" * 5000),
    "data_set_at_root": lambda f: f.create_dataset("x", data=[1.0]),
    "newer": lambda f: f.attrs.__setitem__("schema", "ohmloom-lut-7"),
    "other_schema": lambda f: f.attrs.__setitem__("schema", "ohmloom-array-1"),
    "no_schema": lambda f: f.attrs.__delitem__("schema"),
    "no_version": lambda f: f.attrs.__delitem__("version"),
    "no_tables": lambda f: f.__delitem__("cell"),
    "loop": link_to_root,
    "soft_link": lambda f: f["cell/arrays"].__setitem__("soft", h5py.SoftLink("/cell/axes/voltage")),
    "dangling": lambda f: f["cell/arrays"].__setitem__("soft", h5py.SoftLink("/nowhere")),
    "external_link": external,
    "external_storage": stored_elsewhere,
}


def seal(path):
    content = path.read_bytes()[512:]
    head = f"ohmloom-seal-1 sha256 {hashlib.sha256(content).hexdigest()}".encode().ljust(512, b"\n")
    path.write_bytes(head + content)


def main():
    good, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    for name, change in CHANGES.items():
        path = folder / f"{name}.h5"
        shutil.copy(good, path)
        with h5py.File(path, "r+") as file:
            change(file)
        seal(path)
        print(name)


if __name__ == "__main__":
    main()
