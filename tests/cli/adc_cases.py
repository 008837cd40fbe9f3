"""Converters from the command line: figures, drawings, edges, staircases, the options and the keys of [adc]."""

import json

import h5py
import numpy
from harness import case


def figures(t, *words):
    return json.loads(t.ohmloom("adc", "--json", *words).out)


@case
def adc_ideal(t):
    """An ideal converter has its own bits and nothing else."""
    found = figures(t, "--bits", "10", "--columns", "1")
    (column,) = found["columns"]
    assert numpy.allclose(column["edges"], -1 + (numpy.arange(1, 1024) - 0.5) / 512, rtol=0, atol=1e-12)
    assert max(map(abs, column["dnl"] + column["inl"])) < 1e-9 and column["missing_codes"] == 0 and column["monotone"]
    assert abs(column["enob"] - 10) < 0.02, column["enob"]
    assert found["figures"]["offset"]["mean"] == 0 and found["lowest_code"] == -512


@case
def adc_table(t):
    """The printed table names every figure, and the same words print the same table again."""
    words = ("adc", "--kind", "sar", "--bits", "6", "--capacitor-sigma", "0.05", "--calibration", "offset-gain", "--sample-rate", "10M")
    said = t.ohmloom(*words).out
    for figure in ("offset", "gain_error", "dnl_peak", "inl_peak", "inl_best_peak", "missing_codes", "enob", "monotone", "energy", "area",
                   "calibration", "stored"):
        assert f"\n{figure}" in said, f"{figure} is not in the table:\n{said}"
    assert t.ohmloom(*words).out == said
    assert t.ohmloom(*words, "--seed", "2").out != said


@case
def adc_study(t):
    """A study's [adc] gives what the same keys as options give, with the study's seed."""
    t.path("study.toml").write_text(
        'seed = 5\n[network]\nfile = "none.h5"\n[adc]\nkind = "flash"\nbits = 4\nresistor_sigma = 0.1\ncurve = "exponential"\n'
        "curve_strength = 1.5\nrange = [0, 1]\ncodes = \"unsigned\"\n")
    options = ("--kind", "flash", "--bits", "4", "--resistor-sigma", "0.1", "--curve", "exponential", "--curve-strength", "1.5",
               "--range", "0", "1", "--codes", "unsigned")
    assert figures(t, "study.toml") == figures(t, *options, "--seed", "5")
    assert figures(t, "study.toml") != figures(t, *options)


@case
def adc_files(t):
    """Edges go to CSV, staircases and figures to HDF5, curves to a drawing; the staircases replay the edges."""
    t.ohmloom("adc", "--kind", "sar", "--bits", "5", "--capacitor-sigma", "0.02", "--columns", "3",
              "--csv", "edges.csv", "-o", "adc.h5", "--plot", "adc.svg")
    table = numpy.genfromtxt(t.path("edges.csv"), delimiter=",", skip_header=1)
    assert table.shape == (31, 5) and list(table[:, 0]) == list(range(-15, 16))
    with h5py.File(t.path("adc.h5")) as f:
        assert f.attrs["schema"] == "ohmloom-adc-1" and f["inl"].attrs["unit"] == "LSB"
        begin, edges, codes = f["steps/begin"][:], f["steps/edges"][:], f["steps/codes"][:]
        for c in range(3):
            assert numpy.array_equal(edges[begin[c]:begin[c + 1]], table[:, 2 + c]), "no code is missing, so the edges are the staircase"
            assert numpy.array_equal(codes[begin[c] + c:begin[c + 1] + c + 1], numpy.arange(-16, 16))
        assert f["values"].shape == (3, 32) and f["edges"].shape == (3, 31)
    assert b"<svg" in t.path("adc.svg").read_bytes()
    assert sorted(path.name for path in t.folder.iterdir() if path.is_file()) == ["adc.h5", "adc.svg", "edges.csv"]


@case
def adc_measured_curve(t):
    """A measured curve bends the edges as its points say."""
    t.path("curve.csv").write_text("input,output\n0,0\n0.5,0.25\n1,1\n")
    found = figures(t, "--curve", "table", "--curve-file", "curve.csv", "--codes", "unsigned", "--bits", "2", "--rounding", "mid-rise",
                    "--columns", "1")
    assert numpy.allclose(found["columns"][0]["edges"], [0.5, 0.5 + 0.5 / 3, 0.5 + 1 / 3])


@case
def adc_one_bit(t):
    """Comparators have a threshold, an offset, noise, energy and area; gain and nonlinearity are told not to be there."""
    words = ("adc", "--kind", "flash", "--bits", "1", "--comparator-offset-sigma", "0.02", "--noise", "0.01")
    said = t.ohmloom(*words, "-o", "adc.h5", "--csv", "edges.csv", "--plot", "adc.svg").out
    t.matches_golden()
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines() if line}
    for figure in ("gain_error", "dnl_peak", "inl_peak", "inl_best_peak"):
        assert "n/a" in rows[figure], said
    found = figures(t, *words[1:])["figures"]
    assert found["gain_error"]["mean"] is None and abs(found["threshold"]["sigma"] - 0.04) < 0.015, found
    assert numpy.genfromtxt(t.path("edges.csv"), delimiter=",", skip_header=1).shape == (66,)


@case
def adc_shared(t):
    """A converter that columns share is one converter."""
    words = ("--kind", "sar", "--bits", "5", "--capacitor-sigma", "0.1", "--calibration", "offset")
    alone, shared = figures(t, *words, "--columns", "8"), figures(t, *words, "--columns", "64", "--sharing", "8")
    assert alone["figures"] == shared["figures"] and alone["calibration"] == shared["calibration"]
    assert shared["converters"] == 8 and len(shared["columns"]) == 64
    assert "8 converters for 64 columns" in t.ohmloom("adc", *words, "--columns", "64", "--sharing", "8").out


@case
def adc_refusals(t):
    """Zero bits, a reversed range, curves that are no numbers or not monotone, and keys of other kinds are named."""
    t.refused("adc", "--bits", "0")
    t.refused("adc", "--range", "1", "-1")
    t.refused("adc", "--curve", "polynomial", "--curve-coefficients", "nan")
    t.refused("adc", "--curve", "polynomial", "--curve-coefficients", "0", "-0.5")
    t.path("curve.csv").write_text("input,output\n0,0\n0.5,0.6\n1,0.5\n")
    t.refused("adc", "--curve", "table", "--curve-file", "curve.csv")
    t.refused("adc", "--kind", "flash", "--phases", "3")
    t.refused("adc", "--kind", "sarr")
    t.refused("adc", "--kind", "table")
    t.refused("adc", "--kind", "table", "--table-file", "none.h5")
    t.refused("adc", "--kind", "table", "--table-file", "none.h5", "--bits", "4")
    t.refused("adc", "--kind", "table", "--table-file", "none.h5", "--offset-sigma", "0.01")
    t.refused("adc", "--kind", "table", "--table-file", "none.h5", "--capacitor-sigma", "0.01")
    t.refused("adc", "--kind", "ramp", "--table-file", "none.h5")
    t.refused("adc", "--kind", "sar", "--capacitor-sigma", "5")
    t.refused("adc", "--plot", "adc.txt")
    t.path("study.toml").write_text("[adc]\nbitts = 4\n")
    t.refused("adc", "study.toml")
    t.refused("adc", "study.toml", "--bits", "4")
    t.path("none.toml").write_text("seed = 1\n")
    t.refused("adc", "none.toml")
    t.matches_golden()
