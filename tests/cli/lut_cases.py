"""`ohmloom lut`: tables with their error, looked up, checked and exported; what is damaged or cannot be met is said."""

import hashlib
import json
import re
from pathlib import Path

import h5py
import numpy
from harness import case

SOURCE = Path(__file__).parents[2]


def reader():
    """The function of the README, as people copy it."""
    (text,) = [one for one in re.findall(r"```python\n(.*?)```", (SOURCE / "README.md").read_text(), re.DOTALL) if "def lookup" in one]
    assert len([line for line in text.splitlines() if line.strip()]) <= 20, text
    names = {}
    exec(text, names)  # noqa: S102: the README's own
    return names["lookup"]


def value(t, file, table, at):
    return json.loads(t.ohmloom("lut", "eval", file, "--table", table, "--at", at, "--json").out)["values"]


def shown(t, file):
    return {table["name"]: table for table in json.loads(t.ohmloom("lut", "show", file, "--json").out)["tables"]}


@case
def lut_device(t):
    """A device's table meets the error asked for, holds on new points, and the README's reader gives its values to 1e-12."""
    t.ohmloom("lut", "device", "sinh", "--max-error", "0.2%", "--levels", "4", "-o", "iv.h5")
    (error,) = shown(t, "iv.h5")["iv"]["errors"]
    assert 0 < error["rms"] < error["largest"] <= 0.002 * error["full_scale"], error
    checked = json.loads(t.ohmloom("lut", "check", "iv.h5", "--seed", "1234", "--json").out)
    assert checked["holds"] and [table["checked"] for table in checked["tables"]] == [True, True], checked
    lookup = reader()
    with h5py.File(t.path("iv.h5")) as file:
        states = file["iv/axes/state"][()]
    for voltage in (-0.4321, 0.0, 0.1, 0.37):
        state = 0.3 * states[0] + 0.7 * states[-1]
        ours = value(t, "iv.h5", "iv", f"voltage={voltage!r},state={state!r}")["current"]["values"][0]
        theirs = lookup(t.path("iv.h5"), "iv", "current", voltage=voltage, state=state)
        assert abs(ours - theirs) <= 1e-12 * abs(ours), (ours, theirs)
    for words in ({"voltage": 9.0, "state": states[0]}, {"voltage": 0.1, "state": 2 * states[-1]}):
        try:
            lookup(t.path("iv.h5"), "iv", "current", **words)
        except ValueError:
            continue
        raise AssertionError("the reader takes what is beyond the table")


@case
def lut_not_met(t):
    """Where the points do not do, the table is written with its error, the status is 1, and what was reached is said."""
    done = t.ohmloom("lut", "device", "sinh", "--max-error", "0.0001%", "--max-points", "300", "-o", "iv.h5", status=1)
    assert "not met within 300 points: reached" in done.err and done.err.count("\n") == 1, done.err
    (error,) = shown(t, "iv.h5")["iv"]["errors"]
    assert error["largest"] > 1e-6 * error["full_scale"], error


@case
def lut_pulse(t):
    """A pulse's table has a mean and a standard deviation over state, amplitude and width."""
    t.ohmloom("lut", "device", "pcm/training_steps", "--amplitude", "1.0", "--width", "50n", "--devices", "32", "--max-error", "2%",
              "--check-points", "200", "-o", "p.h5")
    table = shown(t, "p.h5")["pulse"]
    assert [axis["name"] for axis in table["axes"]] == ["state", "amplitude", "width"]
    assert {error["of"] for error in table["errors"]} == {"mean", "sigma"}


@case
def lut_array(t):
    """A linear array's table gives the currents of `ohmloom solve`."""
    rng = numpy.random.default_rng(1)
    with h5py.File(t.path("in.h5"), "w") as file:
        file.attrs["schema"] = "ohmloom-array-1"
        file["g"] = rng.uniform(1e-6, 1e-4, (6, 4))
        file["v_row"] = rng.uniform(-1, 1, (3, 6))
        file["v_col"] = rng.uniform(-0.1, 0.1, 4)
        file["r_row"], file["r_col"] = 5.0, 7.0
    t.ohmloom("solve", "in.h5", "-o", "out.h5")
    t.ohmloom("lut", "array", "in.h5", "-o", "t.h5")
    with h5py.File(t.path("in.h5")) as given, h5py.File(t.path("out.h5")) as solved, h5py.File(t.path("t.h5")) as file:
        table = given["v_row"][()] @ file["transfer/arrays/transfer"][()] + file["transfer/arrays/offset"][()]
        assert numpy.allclose(table, solved["i_col"][()], rtol=1e-9, atol=0)
    assert "holds" in t.ohmloom("lut", "check", "t.h5").out
    with h5py.File(t.path("in.h5"), "r+") as file:
        file["g"][2, 2] *= 1.01
    assert "NOT those of its source" in t.ohmloom("lut", "check", "t.h5", status=1).out


@case
def lut_adc(t):
    """Converters' tables are exact, and NeuroSim's files have the lines that it reads."""
    t.path("study.toml").write_text('[adc]\nkind = "sar"\nbits = 5\nrange = [0.0, 1.0]\ncodes = "unsigned"\ncapacitor_sigma = 0.05\n')
    t.ohmloom("lut", "adc", "study.toml", "--columns", "8", "-o", "adc.h5")
    tables = shown(t, "adc.h5")
    assert tables["codes"]["errors"][0]["largest"] == 0 and tables["edges"]["errors"][0]["largest"] == 0
    assert json.loads(t.ohmloom("lut", "check", "adc.h5", "--json").out)["holds"]
    assert value(t, "adc.h5", "codes", "column=3,input=2")["code"]["values"] == [31]
    t.ohmloom("lut", "export", "adc.h5", "--format", "neurosim", "-o", "files")
    rows = numpy.genfromtxt(t.path("files/output_noise.csv"), delimiter=",", names=True)
    assert rows.dtype.names == ("output", "mean", "std") and rows.shape == (33,)
    assert abs(rows["mean"][16] - 16) < 1


@case
def lut_exports(t):
    """A table of a deck's neuron goes out as SPICE that both engines agree on, as Verilog-A and as CSV."""
    deck = SOURCE / "netlists" / "inverter_neuron.cir"
    t.ohmloom("lut", "curve", deck, "--sweep", "vin", "-0.3", "0.3", "--node", "out", "--max-error", "1%", "--check-points", "64", "-o", "n.h5")
    (error,) = shown(t, "n.h5")["curve"]["errors"]
    for form in ("spice", "verilog-a", "csv"):
        t.ohmloom("lut", "export", "n.h5", "--format", form, "-o", form)
    t.ohmloom("spice", "spice/curve_out.cir", "--engine", "both")
    rows = numpy.loadtxt(t.path("csv/curve_out.csv"), delimiter=",", skiprows=1)
    table = numpy.loadtxt(t.path("verilog-a/curve_out.tbl"))
    assert numpy.array_equal(rows, table)
    # The deck's header has 0.5242917893018574 V at -0.05 V, by bisection.
    ours = value(t, "n.h5", "curve", "vin=-0.05")["out"]["values"][0]
    assert abs(ours - 0.5242917893018574) <= 1.5 * error["largest"]


@case
def lut_readout(t):
    """Neurons and stages of a study become tables; a stage is linear."""
    t.path("study.toml").write_text('[readout]\nneuron = "sigmoid"\n')
    t.ohmloom("lut", "neuron", "study.toml", "--from", "-0.5", "--to", "0.5", "-o", "n.h5")
    middle = value(t, "n.h5", "neuron", "v_in=0")["v_out"]["values"][0]
    assert abs(middle - 0.4) < 1e-3, middle
    t.ohmloom("lut", "stage", "study.toml", "-o", "s.h5")
    assert [axis["nodes"] for axis in shown(t, "s.h5")["stage"]["axes"]] == [2, 2]


@case
def lut_damaged(t):
    """A file of which a byte changed is named and refused; sealed again in Python, what is wrong in it is named."""
    t.ohmloom("lut", "device", "sinh", "-o", "iv.h5")
    content = bytearray(t.path("iv.h5").read_bytes())
    content[len(content) // 2] ^= 4
    t.path("bad.h5").write_bytes(content)
    done = t.ohmloom("lut", "show", "bad.h5", status=2)
    assert "bad.h5: is damaged" in done.err and done.err.count("\n") == 1, done.err
    with h5py.File(t.path("iv.h5"), "r+") as file:
        file["iv/axes/voltage"][0] = 7.0
    (recipe,) = re.findall(r"```python\n(import hashlib.*?)```", (SOURCE / "src/lut/README.md").read_text(), re.DOTALL)
    exec(recipe.replace("T.h5", str(t.path("iv.h5"))), {"hashlib": hashlib})  # noqa: S102: the README's own
    done = t.ohmloom("lut", "show", "iv.h5", status=2)
    assert "iv.h5: table iv: axis voltage [1]" in done.err, done.err


@case
def lut_refusals(t):
    """Mistakes are named in one line."""
    t.ohmloom("lut", "device", "sinh", "--max-error", "1%", "-o", "t.h5")
    for words in (
        ("device", "nothing", "-o", "x.h5"),
        ("device", "linear", "--max-error", "-1%", "-o", "x.h5"),
        ("device", "linear", "--from", "1", "--to", "0", "-o", "x.h5"),
        ("eval", "t.h5", "--table", "vi", "--at", "voltage=0"),
        ("eval", "t.h5", "--at", "voltage=0"),
        ("eval", "t.h5", "--at", "voltage=0,sate=1u"),
        ("eval", "t.h5", "--at", "voltage=9,state=10u"),
        ("export", "t.h5", "--format", "neurosim", "-o", "x"),
        ("show", "missing.h5"),
    ):
        t.refused("lut", *words)
    t.matches_golden()
