"""`ohmloom solve`: results against a dense nodal solve, and refusals."""

import json
import os
import signal

import h5py
import numpy as np

from array_files import assert_agrees, read_output, reference, sample_array
from harness import case

ENGINES = ("lines", "condense", "mna", "ngspice")
RESULTS = {"i_col": "A", "i_row": "A", "power": "W", "residual": "1", "iterations": "1", "status": "1"}


def solved(t, array, *flags):
    """Writes the input, solves it and gives back what OUT.h5 holds."""
    t.ohmloom("solve", array.write(t.path("in.h5")), "-o", "out.h5", *flags)
    return read_output(t.path("out.h5"))[0]


def refuses(t, array, *flags):
    """The input must be refused, in the words of the golden file."""
    t.refused("solve", array.write(t.path("in.h5")), "-o", "out.h5", *flags)
    t.matches_golden()


def size_of(path):
    """Bytes of a file that may vanish at any time."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


# --- good results ---


@case
def solve_wires(t):
    """Currents of an array with wire resistance are those of a dense nodal solve."""
    array = sample_array()
    values = solved(t, array)
    assert_agrees(values, reference(array))
    assert (values["status"] == 0).all() and (values["residual"] <= 1e-9).all()


@case
def solve_terminals(t):
    """Source and sense resistances and potentials behind the columns count as a dense nodal solve says."""
    array = sample_array(r_source=250.0, r_sense=120.0, v_col=np.array([0.1, -0.2, 0.0, 0.05]))
    assert_agrees(solved(t, array), reference(array))


@case
def solve_ideal_wires(t):
    """Without any resistance the currents are the plain product of voltages and conductances."""
    array = sample_array(r_row=0.0, r_col=0.0)
    values = solved(t, array)
    g, v = array.numbers["g"], array.numbers["v_row"]
    assert np.allclose(values["i_col"], v @ g, rtol=1e-12, atol=0)
    assert np.allclose(values["i_row"], v * g.sum(axis=1), rtol=1e-12, atol=0)


@case
def solve_mixed_ideal_wires(t):
    """Ideal rows with resistive columns, and the reverse, are exact too."""
    for resistances in ({"r_row": 0.0}, {"r_col": 0.0}, {"r_col": 0.0, "r_sense": 50.0}):
        array = sample_array(**resistances)
        assert_agrees(solved(t, array), reference(array))


@case
def solve_wire_maps(t):
    """Resistances of single segments, joined and open ones among them, count as a dense nodal solve says, in every engine."""
    random = np.random.default_rng(7)
    r_row, r_col = random.uniform(1, 500, (6, 5)), random.uniform(1, 500, (7, 4))
    gradient = sample_array(r_row=r_row, r_col=r_col)
    faulty = sample_array(r_row=r_row.copy(), r_col=r_col.copy(), r_sense=10.0)
    faulty.numbers["r_row"][2, 3] = faulty.numbers["r_col"][4, 1] = np.inf
    faulty.numbers["r_row"][[1, 4], [0, 2]] = faulty.numbers["r_col"][3, 2] = 0.0
    for array, fallbacks in ((gradient, 0), (faulty, 3)):
        for engine in ENGINES:
            assert_agrees(solved(t, array, "--engine", engine, "--fields"), reference(array), tolerance=1e-6)
            with h5py.File(t.path("out.h5")) as file:
                assert file.attrs["fallbacks"] == (fallbacks if engine == "lines" else 0), engine


@case
def solve_shorted_cells(t):
    """Cells of infinite conductance join their row and column exactly, in every engine."""
    g = sample_array().numbers["g"].copy()
    g[1, 2] = g[4, 0] = np.inf
    array = sample_array(g=g)
    for engine in ENGINES:
        assert_agrees(solved(t, array, "--engine", engine, "--fields"), reference(array), tolerance=1e-6)


@case
def solve_cut_off(t):
    """What no terminal reaches carries no current and makes no trouble."""
    r_row, r_col = np.full((6, 5), 10.0), np.full((7, 4), 10.0)
    r_row[2, :2] = r_col[2:4, 1] = np.inf  # w(2, 0) is left alone; b(2, 1) hangs on its cell
    g = sample_array().numbers["g"].copy()
    g[2, 0] = 0.0
    for engine in ENGINES:
        values = solved(t, sample_array(g=g, r_row=r_row, r_col=r_col), "--engine", engine, "--fields")
        assert (values["status"] == 0).all() and (values["residual"] <= 1e-9).all(), engine
        assert np.allclose(values["v_b"][:, 2, 1], values["v_w"][:, 2, 1], rtol=1e-9), engine


@case
def solve_ends(t):
    """Every choice of tied ends gives what a dense nodal solve gives."""
    for row_ends in ("left", "right", "both"):
        for col_ends in ("bottom", "top", "both"):
            array = sample_array(r_source=20.0, r_row=150.0, r_col=90.0)
            array.texts = {"row_ends": row_ends, "col_ends": col_ends}
            assert_agrees(solved(t, array), reference(array))


@case
def solve_nonlinear_cells(t):
    """Cells that follow a hyperbolic sine give what Newton on the dense nodal equations gives."""
    array = sample_array(r_row=300.0, r_col=300.0)
    array.texts = {"device": "sinh"}
    array.alpha = 3.0
    assert_agrees(solved(t, array), reference(array))


@case
def solve_fields(t):
    """With --fields the node voltages come along, and they are those of a dense nodal solve."""
    array = sample_array(r_row=200.0, r_col=100.0)
    values = solved(t, array, "--fields")
    assert {"v_w", "v_b"} <= set(values), f"expected v_w and v_b, found {sorted(values)}"
    assert_agrees(values, reference(array))


@case
def solve_engines(t):
    """Every engine gives what a dense nodal solve gives."""
    array = sample_array(rows=9, cols=7, r_row=40.0)
    for engine in ENGINES:
        # ngspice iterates to a relative tolerance of its own.
        assert_agrees(solved(t, array, "--engine", engine), reference(array), tolerance=1e-6)


@case
def solve_extremes(t):
    """One row, one column, one cell, open cells and conductance ratios of 1e12 are legal."""
    for rows, cols in ((1, 1), (1, 5), (5, 1)):
        array = sample_array(rows, cols)
        assert_agrees(solved(t, array), reference(array))
    g = sample_array().numbers["g"].copy()
    g[2, :] = 0.0
    g[:, 1] = 0.0
    g[0, 0], g[5, 3] = 1.0, 1e-12
    array = sample_array(g=g)
    assert_agrees(solved(t, array), reference(array))


@case
def solve_power_balance(t):
    """The stated power is what all sources deliver together."""
    array = sample_array(r_source=100.0, v_col=np.array([0.1, -0.1, 0.2, 0.0]))
    values = solved(t, array)
    delivered = (array.numbers["v_row"] * values["i_row"]).sum(axis=1) - values["i_col"] @ array.numbers["v_col"]
    assert np.allclose(values["power"], delivered, rtol=1e-9)
    assert (values["power"] > 0).all(), "a passive array takes power"


@case
def solve_file_contract(t):
    """OUT.h5 holds the agreed data sets, each with its unit and one entry per input vector."""
    array = sample_array(batch=5)
    solved(t, array)
    values, units = read_output(t.path("out.h5"))
    assert units == RESULTS, f"expected {RESULTS}, found {units}"
    shapes = {name: value.shape for name, value in values.items()}
    assert shapes == {name: (5,) for name in RESULTS} | {"i_col": (5, 4), "i_row": (5, 6)}, shapes


@case
def solve_threads(t):
    """Results do not depend on the number of threads, down to the last bit."""
    array = sample_array(rows=20, cols=20, batch=40)
    one = solved(t, array, "--threads", 1)
    two = solved(t, array, "--threads", 2)
    assert all(np.array_equal(one[name], two[name]) for name in one)


@case
def solve_json(t):
    """With --json stdout is one JSON object, which says of the result what its file says."""
    name = sample_array(batch=5).write(t.path("in.h5"))
    for engine in ENGINES:
        said = json.loads(t.ohmloom("solve", name, "-o", "out.h5", "--engine", engine, "--json").out)
        assert said["schema"] == "ohmloom-solve-1" and said["output"] == "out.h5", said
        assert (said["rows"], said["cols"], said["batch"], said["converged"]) == (6, 4, 5, 5), said
        with h5py.File(t.path("out.h5")) as file:
            assert said["engine"] == engine == file.attrs["engine"], said
            assert said["fallbacks"] == file.attrs["fallbacks"] == 0, said
            assert said["iterations_max"] == file["iterations"][:].max(), said
            assert said["residual_max"] == file["residual"][:].max(), said


@case
def solve_summary(t):
    """The summary names the size, what converged, the largest residual, the engine and its iterations."""
    said = t.ohmloom("solve", sample_array().write(t.path("in.h5")), "-o", "out.h5", "--engine", "mna").out
    for words in ("6 x 4 array", "3 input vectors", "3 converged", "largest residual", "engine mna", "iteration"):
        assert words in said, f"the summary does not say '{words}':\n{said}"
    assert "fell back" not in said, said


@case
def solve_replaces_older_result(t):
    """A good run replaces an older result and leaves nothing else beside it."""
    t.path("out.h5").write_text("older")
    solved(t, sample_array())
    assert sorted(path.name for path in t.folder.iterdir()) == ["in.h5", "out.h5"]


@case
def solve_interrupted(t):
    """Interrupted while it writes, the program ends by the signal and leaves no half-written file, and an older result stays."""
    array = sample_array(rows=64, cols=64, batch=400).write(t.path("in.h5"))  # a second or so of writing
    t.path("out.h5").write_text("older")
    half_written = lambda: any(size_of(part) for part in t.folder.glob(".out.h5.*"))
    for by in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        t.interrupted("solve", array, "-o", "out.h5", "--fields", when=half_written, by=by)


# --- refusals ---


@case
def solve_missing_file(t):
    """A file that is not there is refused by name."""
    t.refused("solve", "nowhere.h5", "-o", "out.h5")
    t.matches_golden()


@case
def solve_not_hdf5(t):
    """A file that is no HDF5 is refused by name."""
    t.path("in.h5").write_text("rows, cols\n1, 2\n")
    t.refused("solve", "in.h5", "-o", "out.h5")
    t.matches_golden()


@case
def solve_truncated_file(t):
    """An HDF5 file that was cut short is refused as such, wherever the cut is."""
    content = sample_array(rows=64, cols=64).write(t.path("in.h5")) and t.path("in.h5").read_bytes()
    for length in (len(content) - 1, len(content) // 2, 100):
        t.path("in.h5").write_bytes(content[:length])
        assert "cut short" in t.refused("solve", "in.h5", "-o", "out.h5").err


@case
def solve_folder_as_input(t):
    """A folder in place of the input is refused."""
    t.path("in.h5").mkdir()
    t.refused("solve", "in.h5", "-o", "out.h5")
    t.matches_golden()


@case
def solve_no_schema(t):
    """A file without the schema attribute is refused."""
    array = sample_array()
    array.schema = None
    refuses(t, array)


@case
def solve_other_schema(t):
    """A file of another schema is refused with both names."""
    array = sample_array()
    array.schema = "ohmloom-array-9"
    refuses(t, array)


@case
def solve_missing_conductances(t):
    """A file without conductances is refused."""
    array = sample_array()
    del array.numbers["g"]
    refuses(t, array)


@case
def solve_wrong_shape(t):
    """Input vectors of another length than the array has rows are refused with both shapes."""
    refuses(t, sample_array(v_row=np.zeros((3, 5))))


@case
def solve_wrong_rank(t):
    """One input vector not wrapped in a batch is refused."""
    refuses(t, sample_array(v_row=np.zeros(6)))


@case
def solve_wrong_column_potentials(t):
    """Column potentials of the wrong number are refused."""
    refuses(t, sample_array(v_col=np.zeros(3)))


@case
def solve_zero_rows(t):
    """An array without rows is refused."""
    refuses(t, sample_array(g=np.zeros((0, 4)), v_row=np.zeros((3, 0))))


@case
def solve_empty_batch(t):
    """A batch without input vectors is refused."""
    refuses(t, sample_array(v_row=np.zeros((0, 6))))


@case
def solve_nan_conductance(t):
    """A conductance that is no number is refused with its place."""
    g = sample_array().numbers["g"].copy()
    g[4, 2] = np.nan
    refuses(t, sample_array(g=g))


@case
def solve_negative_conductance(t):
    """A negative conductance is refused with its place and value."""
    g = sample_array().numbers["g"].copy()
    g[0, 3] = -2e-6
    refuses(t, sample_array(g=g))


@case
def solve_infinite_voltage(t):
    """An infinite input voltage is refused with its place."""
    v_row = sample_array().numbers["v_row"].copy()
    v_row[1, 5] = np.inf
    refuses(t, sample_array(v_row=v_row))


@case
def solve_negative_wire_resistance(t):
    """A negative wire resistance is refused with its value."""
    refuses(t, sample_array(r_col=-1.0))


@case
def solve_negative_segment(t):
    """A negative or undefined resistance of one segment is refused with its place and value."""
    r_row = np.full((6, 5), 2.0)
    r_row[3, 4] = -1.0
    refuses(t, sample_array(r_row=r_row))


@case
def solve_wrong_map(t):
    """A map of wire resistances that does not fit the array is refused with both shapes."""
    refuses(t, sample_array(r_col=np.ones((6, 4))))


@case
def solve_joined_terminals(t):
    """A short between two sources, without any resistance, is refused with the lines' names."""
    g = sample_array().numbers["g"].copy()
    g[3, 1] = np.inf
    refuses(t, sample_array(g=g, r_row=0.0, r_col=0.0))


@case
def solve_negative_source_resistance(t):
    """A negative source resistance is refused with its value."""
    refuses(t, sample_array(r_source=-50.0))


@case
def solve_text_for_number(t):
    """Text where a number belongs is refused."""
    refuses(t, sample_array(r_row="13.8 Ohm"))


@case
def solve_wrong_unit(t):
    """Another unit than the agreed one is refused, not converted in silence."""
    sample_array().write(t.path("in.h5"))
    with h5py.File(t.path("in.h5"), "a") as file:
        file["g"].attrs["unit"] = "uS"
    t.refused("solve", "in.h5", "-o", "out.h5")
    t.matches_golden()


@case
def solve_unknown_data_set(t):
    """A misspelt data set is refused with the nearest known name."""
    refuses(t, sample_array(r_rows=10.0))


@case
def solve_unknown_end(t):
    """An unknown end of a line is refused with the known ones."""
    array = sample_array()
    array.texts = {"row_ends": "botom"}
    refuses(t, array)


@case
def solve_unknown_device(t):
    """An unknown device is refused with the known ones."""
    array = sample_array()
    array.texts = {"device": "flux-capacitor"}
    refuses(t, array)


@case
def solve_sinh_without_alpha(t):
    """Nonlinear cells without their exponent are refused."""
    array = sample_array()
    array.texts = {"device": "sinh"}
    refuses(t, array)


@case
def solve_nonlinear_for_linear_engine(t):
    """An engine that only knows linear cells refuses others."""
    array = sample_array()
    array.texts = {"device": "sinh"}
    array.alpha = 2.0
    refuses(t, array, "--engine", "condense")


@case
def solve_unknown_engine(t):
    """An unknown engine is refused with the known ones."""
    refuses(t, sample_array(), "--engine", "warp")


@case
def solve_bad_tolerance(t):
    """A tolerance that nothing can meet, that everything meets or that is no number is refused."""
    name = sample_array().write(t.path("in.h5"))
    for tolerance in ("-1", "0", "1", "nan", "small", ""):
        t.refused("solve", name, "-o", "out.h5", "--tol", tolerance)
    t.matches_golden()


@case
def solve_bad_threads(t):
    """A negative number of threads is refused."""
    refuses(t, sample_array(), "--threads", "-3")


@case
def solve_without_output(t):
    """Without -o the command is refused before it works."""
    t.refused("solve", sample_array().write(t.path("in.h5")))
    t.matches_golden()


@case
def solve_unknown_flag(t):
    """An unknown flag is refused."""
    refuses(t, sample_array(), "--quickly")


@case
def solve_output_folder_missing(t):
    """An output in a folder that is not there is refused."""
    t.refused("solve", sample_array().write(t.path("in.h5")), "-o", "results/out.h5")
    t.matches_golden()


@case
def solve_output_is_folder(t):
    """An output that is a folder is refused."""
    t.path("out.h5").mkdir()
    t.refused("solve", sample_array().write(t.path("in.h5")), "-o", "out.h5")
    t.matches_golden()


@case
def solve_output_is_device(t):
    """An output that is a device, a pipe or anything but a file is refused, and never replaced."""
    os.mkfifo(t.path("pipe"))
    name = sample_array().write(t.path("in.h5"))
    t.refused("solve", name, "-o", "pipe")
    t.matches_golden()
    assert t.path("pipe").is_fifo()


@case
def solve_output_is_input(t):
    """Writing the result over the input is refused, and the input stays as it was."""
    t.refused("solve", sample_array().write(t.path("in.h5")), "-o", "in.h5")
    t.matches_golden()


@case
def solve_keeps_older_result(t):
    """A refused run leaves an older result as it was."""
    t.path("out.h5").write_text("older")
    t.refused("solve", sample_array(r_row=-1.0).write(t.path("in.h5")), "-o", "out.h5")
