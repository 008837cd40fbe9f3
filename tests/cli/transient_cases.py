"""`ohmloom transient`: an array with its capacitances in time, against a dense reference; and refusals."""

import json
import re
import shlex
from pathlib import Path

import h5py
import numpy as np

import time_reference
from array_files import CAPACITANCES, assert_agrees, read_output, reference, sample_array
from harness import case

RESULTS = {
    "times": "s",
    "i_col": "A",
    "i_row": "A",
    "charge_col": "C",
    "charge_row": "C",
    "settled": "s",
    "i_final": "A",
    "energy": "J",
    "residual": "1",
    "status": "1",
}
TERMINALS = {"r_source": 400.0, "r_sense": 300.0}
TIMES = ("30p", "100p", "300p", "1n", "3n")
SECONDS = (30e-12, 100e-12, 300e-12, 1e-9, 3e-9)


def array_in_time(**more):
    """Some hundred picoseconds slow."""
    return sample_array(**(TERMINALS | CAPACITANCES | more))


def followed(t, array, *flags, times=TIMES):
    """Writes the input, follows it and gives back what OUT.h5 holds."""
    t.ohmloom("transient", array.write(t.path("in.h5")), "-o", "out.h5", "--times", *times, "--tolerance", "1e-6", *flags)
    return read_output(t.path("out.h5"))[0]


def stepped(array, times, k=0):
    """The reference's answer to a step at t = 0."""
    numbers = dict(array.numbers)
    numbers.pop("codes", None)
    return time_reference.step_response(numbers.pop("g"), numbers.pop("v_row")[k], times, **numbers)


def assert_near(found, expected, tolerance=1e-4):
    """To a part of the largest value. A step's error of 1e-6 leaves 1e-5 or so of full scale behind."""
    error = np.abs(found - expected).max() / np.abs(expected).max()
    assert error < tolerance, f"off by {error:.2g} of the largest, expected less than {tolerance:g}"


def write_drive(t, curve, unit="1"):
    """A drive with points at 0, 0, 200 ps and 200 ps."""
    with h5py.File(t.path("drive.h5"), "w") as file:
        file.attrs["schema"] = "ohmloom-drive-1"
        file["t"] = np.array([0.0, 0.0, 2e-10, 2e-10])
        file["t"].attrs["unit"] = "s"
        file["curve"] = curve
        file["curve"].attrs["unit"] = unit
    return "drive.h5"


def pulsed(array, length, k=0):
    """What the reference says of rows that fall back to 0 after `length`: a step, and its opposite later."""
    times = np.array(SECONDS)
    late = np.clip(times - length, 0.0, None)[:, None]
    ends = stepped(array, late[:, 0], k)
    return stepped(array, times, k).i_col - np.where(late > 0.0, ends.i_col, 0.0)


# --- good results ---


@case
def transient_step(t):
    """Currents and charges after a step are those of a dense solve by eigenvalues, for every input vector."""
    array = array_in_time()
    values = followed(t, array)
    assert (values["status"] == 0).all()
    for k in range(3):
        expected = stepped(array, SECONDS, k)
        assert_near(values["i_col"][:, k], expected.i_col)
        assert_near(values["i_row"][:, k], expected.i_row)
        assert_near(values["charge_col"][:, k], expected.charge_col)
    assert_near(values["i_final"], np.array([point.i_col for point in reference_without_time(array)]), 1e-6)


def reference_without_time(array):
    still = {name: value for name, value in array.numbers.items() if not name.startswith("c_")}
    return reference(type(array)(still))


@case
def transient_every_capacitance_counts(t):
    """Each capacitance of the file is in the answer: with any one of them another, the answer is another, and the reference's."""
    plain = followed(t, array_in_time())["i_col"]
    for name in CAPACITANCES:
        array = array_in_time(**{name: 3.0 * CAPACITANCES[name]})
        found = followed(t, array)["i_col"]
        assert np.abs(found - plain).max() > 1e-3 * np.abs(plain).max(), f"{name} changes nothing"
        assert_near(found[:, 1], stepped(array, SECONDS, 1).i_col)


@case
def transient_settling(t):
    """A column is settled when its current stays within the asked part of the largest final one; later it is not reported as such."""
    array = array_in_time(batch=1)
    within = 0.02
    settled = followed(t, array, "--settled-within", str(within))["settled"][0]
    times = np.linspace(0.0, 3e-9, 30001)
    expected = stepped(array, times)
    final = stepped(array, [1.0]).i_col[0]
    band = within * np.abs(final).max()
    for c in range(4):
        outside = times[np.abs(expected.i_col[:, c] - final[c]) > band]
        assert abs(settled[c] - outside.max()) < 2e-12, (settled, outside.max())
    same = followed(t, array, "--settled-current", f"{1e6 * band:.15g}u")["settled"][0]
    assert np.allclose(same, settled, rtol=1e-6), (same, settled)
    early = followed(t, array, "--settled-within", str(within), times=("10p",))["settled"]
    assert np.isinf(early).all(), early


@case
def transient_pulse(t):
    """A pulse is a step and its opposite; slopes of --rise and --fall count, and so does --delay."""
    array = array_in_time(batch=1)
    assert_near(followed(t, array, "--pulse", "200p")["i_col"][:, 0], pulsed(array, 2e-10))
    later = followed(t, array, "--pulse", "200p", "--delay", "70p", times=("100p", "170p"))["i_col"]
    assert_near(later[:, 0], stepped(array, (30e-12, 100e-12)).i_col)
    # A slope is the mean of steps within it.
    fine = [stepped(array, np.array(SECONDS[1:]) - (n + 0.5) * 1e-12).i_col for n in range(80)]
    slope = followed(t, array, "--step", "--rise", "80p", times=TIMES[1:])
    assert_near(slope["i_col"][:, 0], np.mean(fine, axis=0))
    flat = followed(t, array, "--pulse", "20p", "--rise", "80p", "--fall", "1u", times=("100p",))
    assert_near(flat["i_col"][0, 0], np.mean(fine, axis=0)[0])


@case
def transient_pulse_widths(t):
    """Codes are lengths of pulses, of the heights in /v_row or of one height for all rows."""
    codes = np.array([[0, 1, 2, 3, 0, 5]])
    array = array_in_time(batch=1, codes=codes)
    found = followed(t, array, "--pulse-width", "50p")["i_col"][:, 0]
    same = followed(t, array, "--pulse-width", "50p", "--v-high", "300m")["i_col"][:, 0]

    def expected(heights):
        total = 0.0
        for r in range(6):
            one = np.zeros((1, 6))
            one[0, r] = heights[r]
            if codes[0, r] > 0:
                total = total + pulsed(array_in_time(batch=1, v_row=one), codes[0, r] * 50e-12)
        return total

    assert_near(found, expected(array.numbers["v_row"][0]))
    assert_near(same, expected(np.full(6, 0.3)))


@case
def transient_curves(t):
    """Curves multiply the potentials of the file: one for all rows, one per row, one per vector and row; from HDF5 or CSV."""
    array = array_in_time(batch=2)
    block = np.array([0.0, 1.0, 1.0, 0.0])
    one = followed(t, array, "--drive", write_drive(t, block))["i_col"]
    for k in range(2):
        assert_near(one[:, k], pulsed(array, 2e-10, k))
    factors = np.array([1.0, 0.5, -1.0, 0.0, 2.0, 1.0])
    by_row = followed(t, array, "--drive", write_drive(t, factors[:, None] * block))["i_col"]
    weighted = array_in_time(batch=2, v_row=array.numbers["v_row"] * factors)
    assert_near(by_row[:, 1], pulsed(weighted, 2e-10, 1))
    each = np.array([np.ones(6), factors])[:, :, None] * block
    by_vector = followed(t, array, "--drive", write_drive(t, each))["i_col"]
    assert_near(by_vector[:, 0], one[:, 0], 1e-5)
    assert_near(by_vector[:, 1], by_row[:, 1], 1e-5)
    rows = ["t [s]," + ",".join(f"row_{r}" for r in range(6))]
    for time, factor in zip(("0", "0", "200p", "0.2n"), block):
        rows.append(",".join([time, *(repr(float(factor * f)) for f in factors)]))
    t.path("drive.csv").write_text("\n".join(rows) + "\n")
    assert np.array_equal(followed(t, array, "--drive", "drive.csv")["i_col"], by_row)


@case
def transient_start(t):
    """A run starts at rest: with column potentials at their operating point, unless it is to start from empty capacitors."""
    v_col = np.array([0.1, -0.2, 0.05, 0.0])
    array = array_in_time(batch=1, v_col=v_col)
    still = reference_without_time(array_in_time(batch=1, v_col=v_col, v_row=np.zeros((1, 6))))[0].i_col
    early = followed(t, array, "--delay", "1n", times=("0", "10p"))["i_col"]
    assert_near(early[1, 0], still)
    assert_near(early[0, 0], still)
    empty = followed(t, array, "--delay", "1n", "--from-zero", times=("1p",))["i_col"]
    assert np.abs(empty[0, 0] - still).max() > 0.3 * np.abs(still).max(), (empty, still)


@case
def transient_file_contract(t):
    """OUT.h5 holds the agreed data sets, each with its unit, and says how it was made."""
    values = followed(t, array_in_time(batch=5), times=("10p", "100p"))
    units = read_output(t.path("out.h5"))[1]
    assert units == RESULTS, f"expected {RESULTS}, found {units}"
    shapes = {name: value.shape for name, value in values.items()}
    by_time = {"i_col": (2, 5, 4), "charge_col": (2, 5, 4), "i_row": (2, 5, 6), "charge_row": (2, 5, 6), "times": (2,)}
    per_column = {"settled": (5, 4), "i_final": (5, 4)}
    assert shapes == {name: (5,) for name in RESULTS} | by_time | per_column, shapes
    with h5py.File(t.path("out.h5")) as file:
        assert file.attrs["schema"] == "ohmloom-transient-1" and file.attrs["engine"] == "lines"
        assert file.attrs["steps"] > 2 and file.attrs["rejected"] >= 0 and file.attrs["version"], dict(file.attrs)


@case
def transient_instants(t):
    """Instants may be spaced evenly or by equal factors."""
    name = array_in_time().write(t.path("in.h5"))
    t.ohmloom("transient", name, "-o", "out.h5", "--points", 5, "--to", "1n")
    assert np.allclose(read_output(t.path("out.h5"))[0]["times"], [0, 0.25e-9, 0.5e-9, 0.75e-9, 1e-9], rtol=1e-12)
    t.ohmloom("transient", name, "-o", "out.h5", "--points", 4, "--from", "1p", "--to", "1n", "--log")
    assert np.allclose(read_output(t.path("out.h5"))[0]["times"], [1e-12, 1e-11, 1e-10, 1e-9], rtol=1e-12)


@case
def transient_tolerance(t):
    """A smaller tolerance takes more steps and comes nearer."""
    array = array_in_time(batch=1)
    expected = stepped(array, SECONDS).i_col
    errors, steps = [], []
    for tolerance in ("1e-2", "1e-5"):
        t.ohmloom("transient", array.write(t.path("in.h5")), "-o", "out.h5", "--times", *TIMES, "--tolerance", tolerance)
        errors.append(np.abs(read_output(t.path("out.h5"))[0]["i_col"][:, 0] - expected).max())
        with h5py.File(t.path("out.h5")) as file:
            steps.append(file.attrs["steps"])
    assert errors[1] < 0.1 * errors[0] and steps[1] > 2 * steps[0], (errors, steps)


@case
def transient_threads(t):
    """Results do not depend on the number of threads, down to the last bit."""
    array = array_in_time(rows=12, cols=12, batch=40)
    one = followed(t, array, "--threads", 1)
    two = followed(t, array, "--threads", 2)
    assert all(np.array_equal(one[name], two[name]) for name in one)


@case
def transient_json(t):
    """With --json stdout is one JSON object, which says of the result what its file says."""
    name = array_in_time(batch=5).write(t.path("in.h5"))
    said = json.loads(t.ohmloom("transient", name, "-o", "out.h5", "--times", "20n", "--json").out)
    values = read_output(t.path("out.h5"))[0]
    assert (said["rows"], said["cols"], said["batch"], said["converged"], said["settled"]) == (6, 4, 5, 5, 5), said
    slowest = values["settled"].max(axis=1)
    assert said["settle_worst_s"] == slowest.max() and said["settle_median_s"] == np.median(slowest), said
    assert np.isclose(said["energy_mean_j"], values["energy"].mean()) and said["energy_largest_j"] == values["energy"].max()
    assert said["residual_max"] == values["residual"].max() and said["output"] == "out.h5", said
    with h5py.File(t.path("out.h5")) as file:
        assert (said["engine"], said["steps"], said["rejected"]) == tuple(file.attrs[k] for k in ("engine", "steps", "rejected"))
    short = json.loads(t.ohmloom("transient", name, "-o", "out.h5", "--times", "1p", "--json").out)
    assert short["settled"] == 0 and short["settle_worst_s"] is None, short


@case
def transient_summary(t):
    """The summary names size, instants, settling, energy, engine and steps, and what to do where nothing can settle."""
    name = array_in_time().write(t.path("in.h5"))
    said = t.ohmloom("transient", name, "-o", "out.h5", "--times", "100p", "20n").out
    for words in ("6 x 4 array", "3 input vectors", "2 instants up to 20 ns", "3 converged", "0.1 % of", "median", "worst", "energy", "J", "time steps"):
        assert words in said, f"the summary does not say '{words}':\n{said}"
    assert "not within the run" in t.ohmloom("transient", name, "-o", "out.h5", "--times", "1p").out
    pulse = t.ohmloom("transient", name, "-o", "out.h5", "--times", "1n", "--pulse", "10p").out
    assert "--settled-current" in pulse, pulse
    assert "--settled-current" not in said, said


@case
def transient_plot(t):
    """--plot draws the column currents, and leaves nothing else beside them."""
    followed(t, array_in_time(), "--plot", "time.svg")
    assert b"<svg" in t.path("time.svg").read_bytes() and b"i_col 3" in t.path("time.svg").read_bytes()
    followed(t, array_in_time(cols=40), "--plot", "time.png")
    assert t.path("time.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in t.folder.iterdir()) == ["in.h5", "out.h5", "time.png", "time.svg"]


@case
def transient_readme(t):
    """The example of the README works as printed, and says what the README says of its result."""
    section = (Path(__file__).parents[2] / "README.md").read_text().split("### Time\n")[1]
    script = re.search(r"```python\n(.*?)```", section, re.DOTALL)[1]
    exec(script.replace('"array.h5"', repr(str(t.path("array.h5")))), {})
    command = re.search(r"^    ohmloom (.*)$", section, re.MULTILINE)[1]
    said = t.ohmloom(*shlex.split(command)).out
    assert "128 x 128 array, 64 input vectors, 20 instants up to 1 ns: 64 converged" in said, said
    values = read_output(t.path("time.h5"))[0]
    assert np.isfinite(values["settled"]).all() and (values["energy"] > 0).all()
    assert t.path("time.svg").exists()


@case
def transient_nonlinear(t):
    """Cells that are not ohmic come to rest at their operating point."""
    array = array_in_time(batch=2)
    array.texts = {"device": "sinh"}
    array.alpha = 3.0
    values = followed(t, array, times=("100n",))
    still = sample_array(batch=2, **TERMINALS)
    still.texts, still.alpha = array.texts, array.alpha
    assert_near(values["i_col"][0], np.array([point.i_col for point in reference(still)]), 1e-6)


@case
def solve_ignores_capacitance(t):
    """Operating points take no notice of capacitances and codes, in any engine."""
    plain = sample_array(**TERMINALS)
    array = array_in_time(codes=np.ones((2, 6)))
    for engine in ("lines", "condense", "mna", "ngspice"):
        t.ohmloom("solve", array.write(t.path("in.h5")), "-o", "out.h5", "--engine", engine)
        assert_agrees(read_output(t.path("out.h5"))[0], reference(plain), tolerance=1e-6)


# --- refusals ---


@case
def solve_bad_capacitance(t):
    """A capacitance that is negative, infinite or in another unit is refused by name, by every verb that reads it."""
    for value in (-1e-15, np.inf):
        t.refused("solve", sample_array(c_row_ground=value).write(t.path("in.h5")), "-o", "out.h5")
    t.refused("transient", sample_array(c_sense=-1e-15).write(t.path("in.h5")), "-o", "out.h5", "--times", "1n")
    t.refused("solve", sample_array(c_cells=1e-15).write(t.path("in.h5")), "-o", "out.h5")
    t.refused("solve", sample_array(codes=np.full((1, 6), 0.5)).write(t.path("in.h5")), "-o", "out.h5")
    t.matches_golden()


@case
def transient_bad_instants(t):
    """Instants that are missing, said twice, falling, negative or no times are refused."""
    name = array_in_time().write(t.path("in.h5"))
    for words in (
        (),
        ("--times", "1n", "--points", "3", "--to", "1n"),
        ("--times", "2n", "1n"),
        ("--times", "-1n"),
        ("--times", "1V"),
        ("--times", "1n", "--log"),
        ("--points", "0", "--to", "1n"),
        ("--points", "3"),
        ("--points", "3", "--from", "2n", "--to", "1n"),
        ("--points", "3", "--to", "1n", "--log"),
        ("--points", "3", "--from", "0", "--to", "1n", "--log"),
    ):
        t.refused("transient", name, "-o", "out.h5", *words)
    t.matches_golden()


@case
def transient_bad_drives(t):
    """Drives that contradict each other, lack what they need or do not fit the array are refused."""
    name = array_in_time().write(t.path("in.h5"))
    to_end = ("--times", "1n")
    for words in (
        ("--step", "--pulse", "1n"),
        ("--fall", "1n"),
        ("--pulse-width", "1n", "--rise", "1p"),
        ("--v-high", "1"),
        ("--rise", "-1p"),
        ("--pulse-width", "1n"),
        ("--drive", "nowhere.h5"),
        ("--drive", "nowhere.csv"),
        ("--drive", "in.h5"),
    ):
        t.refused("transient", name, "-o", "out.h5", *to_end, *words)
    block = np.array([0.0, 1.0, 1.0, 0.0])
    t.refused("transient", name, "-o", "out.h5", *to_end, "--drive", write_drive(t, np.ones((5, 1)) * block))
    t.refused("transient", name, "-o", "out.h5", *to_end, "--drive", write_drive(t, block, "V"))
    t.refused("transient", name, "-o", "out.h5", *to_end, "--drive", write_drive(t, block[:3]))
    t.refused("transient", name, "-o", "out.h5", *to_end, "--drive", write_drive(t, block * np.nan))
    for text in ("", "t,f\n", "t,a,b\n0,1,1\n", "t,f\n0,one\n", "t,f\n0\n", "t,f\n1n,1\n0,2\n"):
        t.path("drive.csv").write_text(text)
        t.refused("transient", name, "-o", "out.h5", *to_end, "--drive", "drive.csv")
    three = array_in_time(codes=np.ones((2, 6))).write(t.path("in.h5"))
    t.refused("transient", three, "-o", "out.h5", *to_end, "--pulse-width", "1n")
    t.refused("transient", three, "-o", "out.h5", *to_end, "--pulse-width", "0", "--v-high", "1")
    t.matches_golden()


@case
def transient_bad_options(t):
    """Tolerances, settling bands and drawings that cannot be are refused before anything is written."""
    name = array_in_time().write(t.path("in.h5"))
    for words in (
        ("--tolerance", "0"),
        ("--settled-within", "2"),
        ("--settled-current", "0"),
        ("--settled-current", "1V"),
        ("--plot", "time.pdf"),
        ("--plot", "nowhere/time.svg"),
        ("--threads", "-1"),
    ):
        t.refused("transient", name, "-o", "out.h5", "--times", "1n", *words)
    t.refused("transient", name, "-o", "in.h5", "--times", "1n")
    t.refused("transient", name, "-o", write_drive(t, np.ones(4)), "--times", "1n", "--drive", "drive.h5")
    t.refused("transient", name, "--times", "1n")
    t.matches_golden()


def filament_after(g, v, width):
    """The default filament card's closed form under a constant voltage above its threshold of growth."""
    g_min, g_max, v_p, v_s, k_p, beta = 1e-6, 310e-6, 0.25, 0.03, 1.0, 3.0
    x = (g - g_min) / (g_max - g_min)
    rate = k_p * np.expm1((v - v_p) / v_s) / (g_max - g_min)
    return g_min + (g_max - g_min) * (x + np.log1p(beta * rate * width * np.exp(-beta * x)) / beta)


@case
def transient_devices(t):
    """Devices move under a pulse: without wires as their closed form, with rows and columns at half the voltage not at all."""
    g = np.full((3, 2), 2e-5)
    g[2, 1] = 0.0
    v_row = np.array([[0.4, 0.2, 0.2], [0.2, 0.4, 0.4]])
    array = sample_array(g=g, v_row=v_row, v_col=np.array([0.0, 0.2]), r_row=0.0, r_col=0.0, r_source=0.0, r_sense=0.0)
    name = array.write(t.path("in.h5"))
    words = ("--device", "cbram", "--set", "noise=0", "--pulse", "2u", "--drive-columns", "--conductances")
    t.ohmloom("transient", name, "-o", "out.h5", *words, "--times", "1u", "4u", "--tolerance", "1e-5")
    initial = np.where(g > 0.0, 2e-5, 0.0)
    with h5py.File(t.path("out.h5")) as file:
        units = {path: file[path].attrs["unit"] for path in ("g_initial", "g_final", "g", "cell_energy")}
        assert units == {"g_initial": "S", "g_final": "S", "g": "S", "cell_energy": "J"}, units
        assert file.attrs["device"] == "cbram"
        begin, end, during, energy = (file[path][...] for path in units)
    np.testing.assert_allclose(begin, initial, rtol=2e-3)
    full = np.array([[0.4, 0.2], [0.2, 0.0], [0.2, 0.0]]), np.array([[0.2, 0.0], [0.4, 0.2], [0.4, 0.2]])
    for k, v in enumerate(full):
        grows = (v == 0.4) & (g > 0.0)
        for found, width in ((during[0, k], 1e-6), (during[1, k], 2e-6), (end[k], 2e-6)):
            expected = np.where(grows, filament_after(begin, 0.4, width), begin)
            np.testing.assert_allclose(found, expected, rtol=1e-4)
        assert (energy[k][v * g > 0.0] > 0.0).all()
    summary = json.loads(t.ohmloom("transient", name, "-o", "out.h5", *words, "--times", "4u", "--json").out)
    assert (summary["cells"], summary["cells_changed"]) == (10, 3), summary


@case
def transient_bad_devices(t):
    """Devices that cannot be, and options that say something of devices where there are none."""
    name = array_in_time().write(t.path("in.h5"))
    for words in (
        ("--device", "cbrm"),
        ("--device", "cbram", "--set", "g_mx=1"),
        ("--device", "pcm", "--temperature", "-3"),
        ("--device", "mram"),
        ("--fresh",),
        ("--conductances",),
        ("--set", "noise=0"),
        ("--drive-columns",),
        ("--drive-columns", "--pulse-width", "1n"),
    ):
        t.refused("transient", name, "-o", "out.h5", "--times", "1n", *words)
    t.matches_golden()


@case
def transient_shorted_cell(t):
    """An array that is no chain is followed as a circuit, and answers as one with a cell of next to no resistance."""
    g = sample_array().numbers["g"].copy()
    answers = []
    for shorted in (1e2, np.inf):
        g[1, 1] = shorted
        name = array_in_time(g=g).write(t.path("in.h5"))
        words = ("transient", name, "-o", "out.h5", "--times", *TIMES, "--tolerance", "1e-6", "--json")
        summary = json.loads(t.ohmloom(*words).out)
        assert summary["engine"] == ("lines" if shorted < np.inf else "mna"), summary["engine"]
        assert summary["converged"] == 3, summary
        answers.append(read_output(t.path("out.h5"))[0])
    near, exact = answers
    for field in ("i_col", "i_row", "charge_col", "charge_row"):
        assert_near(exact[field], near[field], 2e-4)
    np.testing.assert_allclose(exact["energy"], near["energy"], rtol=1e-3)


@case
def transient_bad_device_array(t):
    """Devices that change are followed on chains alone: arrays that are none are refused."""
    joined = np.full((6, 5), 13.8)
    joined[2, 2] = 0.0
    array_in_time(r_row=joined).write(t.path("in.h5"))
    t.refused("transient", "in.h5", "-o", "out.h5", "--times", "1n", "--device", "cbram")
    t.matches_golden()
