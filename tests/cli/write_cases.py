"""`ohmloom write`: programming an array by pulses through its wires, and refusals."""

import json
import re

import h5py
import numpy as np

from array_files import CAPACITANCES, read_output, sample_array
from harness import case

RESULTS = {
    "initial": "S",
    "target": "S",
    "verified": "S",
    "g": "S",
    "disturb": "S",
    "pulses": "1",
    "reached": "1",
    "met": "1",
    "cell_energy": "J",
    "energy/sources": "J",
    "energy/cells": "J",
    "energy/wires": "J",
    "energy/drivers": "J",
    "time": "s",
    "slowest_line": "s",
    "array_pulses": "1",
}


def wanted(rows=6, cols=4, low=2e-5, high=2.8e-4, **more):
    """An array of filaments to write, with wires that hardly matter."""
    g = np.random.default_rng(3).uniform(low, high, (rows, cols))
    return sample_array(rows, cols, 1, **({"g": g, "r_row": 0.2, "r_col": 0.2} | more))


@case
def write_reaches_targets(t):
    """Filaments come within the tolerance of /g; the result has every data set with its unit, and its energies add up."""
    array = wanted(r_source=2.0)
    t.ohmloom("write", array.write(t.path("in.h5")), "-o", "out.h5", "--device", "cbram", "--tolerance", "0.03")
    values, units = read_output(t.path("out.h5"))
    assert units == RESULTS, units
    assert values["met"].all() and values["reached"].all()
    assert np.array_equal(values["target"], array.numbers["g"])
    assert np.abs(values["g"] - array.numbers["g"]).max() <= 0.03 * 310e-6
    parts = values["energy/cells"] + values["energy/wires"] + values["energy/drivers"]
    assert abs(parts - values["energy/sources"]) < 1e-6 * values["energy/sources"]
    assert abs(values["cell_energy"].sum() - values["energy/cells"]) < 1e-9 * values["energy/cells"]
    with h5py.File(t.path("out.h5")) as file:
        assert file.attrs["schema"] == "ohmloom-written-1"


@case
def write_says_what_is_not_reached(t):
    """Through absurd wires cells do not reach their targets: exit status 1, and the table and the JSON say how many."""
    name = wanted(r_row=2000.0).write(t.path("in.h5"))
    words = ("write", name, "-o", "out.h5", "--device", "cbram", "--set", "noise=0", "--max-pulses", "4")
    said = t.ohmloom(*words, status=1).out
    summary = json.loads(t.ohmloom(*words, "--json", status=1).out)
    values, _ = read_output(t.path("out.h5"))
    assert summary["met"] == values["met"].sum() < summary["cells"] == 24
    assert f"{summary['met']} meet them in the end" in said, said
    row, column = summary["error_worst_at"]
    error = np.abs(values["g"] - values["target"])
    assert error[row, column] == error.max() and np.isclose(summary["error_worst_s"], error.max(), rtol=1e-12)


@case
def write_tells_disturb(t):
    """Half a RESET of phase-change cells is a SET of their neighbours, a third is not: disturb tells, and where."""
    pulses = ("--v-set", "1.7", "--width-set", "50n", "--v-reset", "0.1", "--width-reset", "1n", "--max-pulses", "1")
    target = np.full((3, 3), 1e-7)
    target[1, 1] = 1.8e-6
    name = wanted(3, 3, g=target, r_row=0.0, r_col=0.0).write(t.path("in.h5"))
    words = ("write", name, "-o", "out.h5", "--device", "pcm/accumulation", "--set", "noise=0", *pulses)
    half = json.loads(t.ohmloom(*words, "--json", status=1).out)
    values, _ = read_output(t.path("out.h5"))
    expected = np.zeros((3, 3))
    expected[1, :] = expected[:, 1] = values["g"][1, 1] - 1e-7
    expected[1, 1] = 0.0
    assert np.allclose(values["disturb"], expected, rtol=1e-9, atol=0.0), values["disturb"]
    assert np.isclose(half["disturb_worst_s"], expected.max(), rtol=1e-9)
    assert np.isclose(half["disturb_mean_s"], expected.mean(), rtol=1e-9)
    third = json.loads(t.ohmloom(*words, "--scheme", "v/3", "--tolerance", "0.1", "--json").out)
    assert third["disturb_worst_s"] == 0.0 and third["met"] == 9


@case
def write_takes_tables(t):
    """Targets and where cells begin come from CSV or HDF5; a written array is where the next writing begins."""
    name = wanted(3, 2).write(t.path("in.h5"))
    device = ("--device", "cbram", "--set", "noise=0", "--tolerance", "0.01")
    t.path("targets.csv").write_text("100u, 50u\n20u, 30u\n40u, 200u\n")
    t.ohmloom("write", name, "-o", "first.h5", *device, "--targets", "targets.csv")
    first, _ = read_output(t.path("first.h5"))
    assert np.allclose(first["target"], [[1e-4, 5e-5], [2e-5, 3e-5], [4e-5, 2e-4]], rtol=1e-12)
    again = ("write", name, "-o", "second.h5", *device, "--targets", "targets.csv", "--initial", "first.h5")
    summary = json.loads(t.ohmloom(*again, "--json").out)
    assert summary["array_pulses"] == 0 and summary["met"] == 6, summary


@case
def write_warns_of_slow_lines(t):
    """Lines that take as long as the pulses are told, since they are followed as if they settled at once."""
    slow = wanted(r_source=1e6, **{k: v for k, v in CAPACITANCES.items() if k != "r_source"})
    said = t.ohmloom("write", slow.write(t.path("in.h5")), "-o", "out.h5", "--device", "cbram", "--max-pulses", "1", status=1).out
    assert re.search("slowest line .*: lines do not settle", said), said
    fast = wanted(**CAPACITANCES)
    said = t.ohmloom("write", fast.write(t.path("in.h5")), "-o", "out.h5", "--device", "cbram").out
    assert "settle well within the pulses" in said, said


@case
def write_refusals(t):
    """Schemes, orders, pulses, devices, targets and tables that cannot be are refused before anything is written."""
    name = wanted().write(t.path("in.h5"))
    for words in (
        ("--device", "cbrm"),
        ("--device", "linear"),
        ("--device", "cbram", "--scheme", "v/4"),
        ("--device", "cbram", "--order", "columns"),
        ("--device", "cbram", "--v-set", "0"),
        ("--device", "cbram", "--v-set=-1.7"),
        ("--device", "cbram", "--v-reset", "1.7"),
        ("--device", "cbram", "--width-set", "-1n"),
        ("--device", "cbram", "--width-set", "0"),
        ("--device", "cbram", "--tolerance", "2"),
        ("--device", "cbram", "--passes", "0"),
        ("--device", "mram"),
        ("--device", "cbram", "--targets", "missing.csv"),
    ):
        t.refused("write", name, "-o", "out.h5", *words)
    t.refused("write", name, "-o", "in.h5", "--device", "cbram")
    t.refused("write", name, "-o", "out.h5")
    for text in ("1u,2u\n", "1u,2u,3u\n" * 6, "1u,2u,3u,x\n" * 6):
        t.path("targets.csv").write_text(text)
        t.refused("write", name, "-o", "out.h5", "--device", "cbram", "--targets", "targets.csv")
    t.matches_golden()
