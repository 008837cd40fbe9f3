"""`ohmloom charge`: figures with known answers, sweeps, files, decks that run, and refusals."""

import json
import math

import h5py
import numpy
from harness import case
from study_files import sample_problem


def points(t, *words):
    return json.loads(t.ohmloom("charge", "--json", *words).out)["points"]


@case
def charge_ideal(t):
    """Ideal ladders multiply exactly; their columns have two units a row, and the noise and energy that this means."""
    (found,) = points(t, "--rows", "32", "--columns", "4", "--unit", "1.5f", "--temperature", "310")
    assert found["cell_inl_lsb"] < 1e-10 and found["error_largest"] < 1e-12 and abs(found["gain"] - 1) < 1e-12
    assert math.isclose(found["capacitance_f"], 32 * 2 * 1.5e-15, rel_tol=1e-12)
    assert math.isclose(found["noise_v"], math.sqrt(1.380649e-23 * 310 / 96e-15), rel_tol=1e-12)
    # Energy goes with the square of the supply.
    low, high = points(t, "--sweep", "supply", "0.5", "1")
    assert math.isclose(high["cycle_energy_j"], 4 * low["cycle_energy_j"], rel_tol=1e-12)


@case
def charge_compensated(t):
    """Parasitics bend a ladder; series capacitors of the published 2.1 to 2.2 units straighten it."""
    words = ("--sweep", "node-parasitic", "0.05", "0.1")
    bent, straight = points(t, *words), points(t, *words, "--series", "best")
    for before, after in zip(bent, straight):
        assert before["cell_inl_lsb"] > 1.5 and after["cell_inl_lsb"] < 0.1, (before, after)
    assert [round(p["series"], 1) for p in straight] == [2.1, 2.2]


@case
def charge_table(t):
    """A sweep is printed as a table, the same again for the same words, and drawn or written by the ending of a name."""
    words = ("charge", "--unit-sigma", "0.01", "--sweep", "supply", "0.7", "0.9")
    said = t.ohmloom(*words, "--table", "sweep.csv").out
    assert t.ohmloom(*words, "--table", "sweep.svg").out == said
    assert t.ohmloom(*words, "--seed", "2").out != said
    rows = numpy.genfromtxt(t.path("sweep.csv"), delimiter=",", names=True)
    assert rows.shape == (2,) and t.path("sweep.svg").stat().st_size > 1000
    one = t.ohmloom("charge", "--injection", "0.1f").out
    assert "kT/C noise" in one and "391 uV" in one, one  # 0.1 fC on 64 cells of 4 fF


@case
def charge_files(t):
    """The map written is the one of the figures; a column's deck ends in the voltage that was told."""
    words = ("--rows", "6", "--columns", "3", "--bits", "4", "--node-parasitic", "0.1", "--unit-sigma", "0.02", "--vectors", "50")
    said = t.ohmloom("charge", *words, "-o", "array.h5", "--deck", "column.cir", "--column", "2").out
    expected = float(said.split("v_column must come out as ")[1].split()[0])
    told = json.loads(t.ohmloom("charge", *words, "--deck", "column.cir", "--column", "2", "--json").out)
    assert abs(told["deck_v_column_v"] - expected) < 1e-9, told
    with h5py.File(t.path("array.h5")) as file:
        assert file.attrs["schema"] == "ohmloom-charge-1" and file["transfer"].shape == (3, 6)
        assert file["noise"].attrs["unit"] == "V" and file["energy"].shape == (6, 6)
        # Full weights would give 1/6 of every row.
        assert numpy.all(numpy.abs(file["transfer"][:]) < 1 / 6)
    (engine,) = json.loads(t.ohmloom("spice", "column.cir", "--engine", "mna", "--json").out)["engines"]
    (measure,) = engine["measures"]
    assert abs(measure["value"] - expected) < 1e-5, (measure, expected)


@case
def charge_refusals(t):
    """Designs that cannot be, quantities that are none and options that contradict each other are named."""
    for words in (
        ("--cell", "c3c"),
        ("--drive", "both"),
        ("--bits", "0"),
        ("--unit", "2V"),
        ("--unit", "0"),
        ("--rows", "0"),
        ("--node-parasitic", "-0.1"),
        ("--cell", "binary", "--series", "best"),
        ("--unit-sigma", "3"),
        ("--sweep", "voltage", "1"),
        ("--sweep", "supply"),
        ("--sweep", "supply", "1", "two"),
        ("--sweep", "supply", "0.7", "0.8", "-o", "map.h5"),
        ("--sweep", "series", "2", "--series", "best"),
        ("--table", "curve.svg"),
        ("--deck", "column.cir", "--column", "16"),
    ):
        t.refused("charge", *words)
    assert not t.path("column.cir").exists()
    t.matches_golden()


CHARGE_STUDY = """\
[network]
file = "network.h5"

[data]
set = "images"

[array]
kind = "charge"
rows = 8
cols = 4

[charge]
bits = 6
unit_sigma = 0.01

[adc]
bits = 12

[digital]
arithmetic = "exact"
"""


@case
def charge_run(t):
    """A study on arrays in charge tells its capacitors' energy and flaws, is checked column by column, and has no netlist of its own."""
    problem = sample_problem()
    problem.study = CHARGE_STUDY
    study = problem.write(t.folder)
    (point,) = json.loads(t.ohmloom("run", study, "--cross-check", 2, "--cross-check-engine", "mna", "--json").out)["points"]
    assert point["cross_check"]["passed"] and 0 < point["cross_check"]["deviation"] < 1e-4, point["cross_check"]
    assert point["energy_capacitors_j"] > 0 and "energy_stages_j" not in point
    parts = [point[f"energy_{part}_j"] for part in ("capacitors", "dac", "adc", "digital")]
    assert math.isclose(sum(parts), point["energy_all_j"], rel_tol=1e-12) and point["energy_j"] == point["energy_all_j"]
    assert math.isclose(point["column_noise_v"], math.sqrt(1.380649e-23 * 300 / point["column_capacitance_f"]), rel_tol=0.05)
    for flaw in ("weights", "mismatch", "parasitics", "reset", "drivers", "quantisation", "converters", "digital"):
        assert 0 <= point[f"accuracy_{flaw}_alone"] <= 1
    said = t.ohmloom("run", study).out
    assert "CV^2" in said and "columns of" in said, said
    assert "which this verb does not write" in t.refused("netlist", study, "-o", "deck").err
