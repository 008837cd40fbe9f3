"""`ohmloom resistance-sum`: delays with known answers, sweeps, files, decks that run, networks, and refusals."""

import json
import math
import pathlib

import h5py
import numpy
from harness import case

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
FEW = ("--readings", "50")


def points(t, *words):
    return json.loads(t.ohmloom("resistance-sum", "--json", *FEW, *words).out)["points"]


@case
def resistance_sum_figures(t):
    """With all capacitance at the sensed end a column is one R and one C; between the cells it is slower to be seen and less even."""
    lumped, ladder = points(t, "--sweep", "line-share", "1", "0", "--threshold", "0.9")
    rc = 64 * 13e3 * 64 * 2.1e-15
    assert math.isclose(lumped["delay_first_s"], -rc * math.log(0.9), rel_tol=1e-9)
    assert math.isclose(lumped["delay_last_s"], 2 * lumped["delay_first_s"], rel_tol=1e-9)
    assert math.isclose(lumped["half_sigma_counts"], math.sqrt(32 * 1.6**2 + 32 * 2**2) / 13, rel_tol=1e-6)
    assert math.isclose(lumped["read_energy_j"], 0.1 * 64 * 2.1e-15, rel_tol=1e-9)
    assert ladder["half_sigma_counts"] > 1.4 * lumped["half_sigma_counts"]
    assert ladder["inl_counts"] > 0.02 > lumped["inl_counts"]
    assert ladder["single_pole_error"] < -0.5 and abs(lumped["single_pole_error"]) < 1e-9
    said = t.ohmloom("resistance-sum", *FEW).out
    assert "14 ns without mismatches to 28 ns with all" in said and "13.4 ns to 28.8 ns (three sigma" in said, said


@case
def resistance_sum_confusion(t):
    """The chances of codes that are written are those that were counted, within their own scatter."""
    t.ohmloom("resistance-sum", "--readings", "2000", "--bits", "6", "--window", "0", "64", "-o", "codes.h5")
    with h5py.File(t.path("codes.h5")) as file:
        assert file.attrs["schema"] == "ohmloom-resistance-sum-1"
        predicted, measured = file["predicted"][:], file["measured"][:]
        assert file["delay_sigma"].attrs["unit"] == "s" and numpy.all(numpy.diff(file["delay_mean"][:]) > 0)
    assert predicted.shape == (65, 64)
    assert numpy.allclose(predicted.sum(axis=1), 1) and numpy.allclose(measured.sum(axis=1), 1)
    scatter = numpy.sqrt(predicted * (1 - predicted) / 2000) + 1e-3
    assert numpy.max(numpy.abs(measured - predicted) / scatter) < 5


@case
def resistance_sum_table(t):
    """A sweep is printed as a table, the same again for the same words, and drawn or written by the ending of a name."""
    words = ("resistance-sum", *FEW, "--sweep", "jitter", "0", "200p")
    said = t.ohmloom(*words, "--table", "sweep.csv").out
    assert t.ohmloom(*words, "--table", "sweep.svg", "--threads", "1").out == said
    assert t.ohmloom(*words, "--seed", "2").out != said
    rows = numpy.genfromtxt(t.path("sweep.csv"), delimiter=",", names=True)
    assert rows.shape == (2,) and t.path("sweep.svg").stat().st_size > 1000


@case
def resistance_sum_deck(t):
    """A column's deck crosses its threshold when it was told to."""
    words = ("--cells", "12", "--line-share", "0", "--mismatches", "5", "--switch-resistance", "1k", *FEW)
    told = json.loads(t.ohmloom("resistance-sum", *words, "--deck", "column.cir", "--json").out)["deck_t_cross_s"]
    (engine,) = json.loads(t.ohmloom("spice", "column.cir", "--engine", "mna", "--json").out)["engines"]
    (measure,) = engine["measures"]
    assert math.isclose(measure["value"], told, rel_tol=1e-3), (measure, told)


@case
def resistance_sum_network(t):
    """A binary network loses little on columns that are read finely, and the more the coarser; what was done is told."""
    words = ("resistance-sum", EXAMPLES / "networks" / "mnist-xnor.h5", "--data", EXAMPLES / "data", "--images", "300")
    fine = json.loads(t.ohmloom(*words, "--json", "--own-window", "24").out)
    assert fine["accuracy_software"] > 0.9 and fine["images"] == 300
    assert fine["accuracy_circuit"] > fine["accuracy_software"] - 0.04
    first = fine["layers"][0]
    assert first["parts"] == 13 and first["readings"] % (300 * 13) == 0
    assert first["rms_counts"] < first["uncalibrated_rms_counts"]
    coarse = json.loads(t.ohmloom(*words, "--json", "--bits", "2", "--window", "16", "48").out)
    assert coarse["accuracy_circuit"] < fine["accuracy_circuit"] - 0.05
    said = t.ohmloom(*words).out
    assert "published 93.23 %" in said and "bits stored" in said, said
    for bad in (("--sweep", "jitter", "1p"), ("--calibration", "best"), ("--images", "-1"), ("--cells", "0")):
        t.refused(*words, *bad)
    assert "no binary weights" in t.refused("resistance-sum", EXAMPLES / "networks" / "mnist-relu.h5", "--data", EXAMPLES / "data").err


@case
def resistance_sum_refusals(t):
    """Designs that cannot be, quantities that are none and options that contradict each other are named."""
    for words in (
        ("--r-low", "0"),
        ("--r-low", "30k"),
        ("--sigma-low", "13k"),
        ("--threshold", "1"),
        ("--threshold", "0.9A"),
        ("--line-share", "2"),
        ("--cell-capacitance", "0"),
        ("--cells", "0"),
        ("--bits", "17"),
        ("--clock", "0"),
        ("--window", "40", "20"),
        ("--window", "0", "65"),
        ("--window", "0", "64", "--clock", "1n"),
        ("--readings", "0"),
        ("--images", "5"),
        ("--mismatches", "65", "--deck", "column.cir"),
        ("--sweep", "voltage", "1"),
        ("--sweep", "threshold"),
        ("--sweep", "clock", "1n", "--window", "0", "64"),
        ("--sweep", "threshold", "0.8", "0.9", "-o", "codes.h5"),
        ("--table", "curve.svg"),
        ("missing.h5",),
    ):
        t.refused("resistance-sum", *words)
    assert not t.path("column.cir").exists()
    t.matches_golden()
