"""`ohmloom compare`: two results, of runs or of sweeps, image by image."""

import json

import h5py
import numpy as np

from harness import case
from study_files import STUDY, sample_problem

BASE = STUDY.split("[[scheme]]")[0].replace("col = 15 }", "col = 15 }\nrows = 17\ncols = 7")
GRID = """
[sweep]
"array.wire.r_row" = { from = 1, to = 100, steps = 4, scale = "log" }
device.r_on = ["5k", "6k", "8k"]
"""
TURNED = """
[sweep]
device.r_on = [5000, 8000, "9k"]
"array.wire.r_row" = { from = 100, to = 1, steps = 4, scale = "log" }
"""


def runs(t, change=lambda text: text, *flags):
    """Two runs of the sample problem, the second with its study changed."""
    problem = sample_problem()
    t.ohmloom("run", problem.write(t.folder), "-o", "first.h5")
    problem.study = change(STUDY)
    t.ohmloom("run", problem.write(t.folder), "-o", "second.h5", *flags)


def write_run(path, labels=(0, 1, 2, 3), power=(1.0,)):
    """The least that a run's file may hold."""
    with h5py.File(path, "w") as file:
        file.attrs.update({"schema": "ohmloom-run-1", "version": "0"})
        file["study"] = ""
        file["points/device"] = ["linear"]
        for name, values, unit in (("labels", labels, "1"), ("points/classes", [[0, 1, 2, 3]], "1"), ("points/power_w", power, "W")):
            file[name] = values
            file[name].attrs["unit"] = unit


def sweep(t, text, result, status=0):
    """A sweep of the sample problem."""
    problem = sample_problem()
    problem.study = text
    problem.write(t.folder)
    t.ohmloom("sweep", "study.toml", "-o", result, status=status)


def by_coordinates(path, name):
    """A figure of every point, by the point's coordinates rounded to nine digits."""
    with h5py.File(path) as file:
        axes = [file["coordinates/" + axis][:] for axis in ("array.wire.r_row", "device.r_on")]
        values = file["points/" + name][:]
        return {tuple(float(f"{axis[row]:.9g}") for axis in axes): values[row] for row in range(len(values))}


def write_sweep(path, axes, study=""):
    """The least that a sweep's file may hold, with a row per point and no classes."""
    points = len(next(iter(axes.values())))
    with h5py.File(path, "w") as file:
        file.attrs.update({"schema": "ohmloom-sweep-1", "version": "0"})
        file["study"] = study
        file["axes/names"] = list(axes)
        file["sweep/message"] = [""] * points
        numbers = {"points/point": range(points), "sweep/status": [0] * points, "sweep/images": [0] * points}
        for name, values in (numbers | {"coordinates/" + key: values for key, values in axes.items()}).items():
            file[name] = values
            file[name].attrs["unit"] = "1"
        file["points/power_w"] = [1.0] * points
        file["points/power_w"].attrs["unit"] = "W"


@case
def compare_outcomes(t):
    """Outcomes are those of the files' classes; with wires of other resistance, power moves and wall time is not told."""
    runs(t, lambda text: text.replace("r_row = 10", "r_row = 2000"))
    found = json.loads(t.ohmloom("compare", "first.h5", "second.h5", "--json").out)
    with h5py.File(t.path("first.h5")) as a, h5py.File(t.path("second.h5")) as b:
        right_a = a["points/classes"][:] == a["labels"][:]
        right_b = b["points/classes"][:] == b["labels"][:]
        power = a["points/power_w"][:]
        a_classes, b_classes = a["points/classes"][:], b["points/classes"][:]
    assert not np.array_equal(right_a, right_b), "the sample says nothing"
    for p, point in enumerate(found["points"]):
        assert point["right_first_only"] == np.sum(right_a[p] & ~right_b[p]) and point["right_both"] == np.sum(right_a[p] & right_b[p])
        assert point["right_second_only"] == np.sum(~right_a[p] & right_b[p])
        classes_a, classes_b = a_classes[p], b_classes[p]
        assert point["same_class"] == np.sum(classes_a == classes_b)
        assert point["moved"]["power_w"]["first"] == [power[p]] and "wall_s" not in point["moved"]
    assert found["images"] == right_a.shape[1] and not found["by_place"]
    said = t.ohmloom("compare", "first.h5", "second.h5").out
    assert "McNemar p = " in said and "power_w" in said and "horizontal 4/2" in said, said


@case
def compare_same(t):
    """A run against itself has nothing to tell."""
    runs(t)
    said = t.ohmloom("compare", "first.h5", "second.h5", "--check").out
    assert said.count("every image alike") == 2 and "power_w" not in said, said


@case
def compare_check(t):
    """--check ends with status 1 if accuracy fell significantly, not if it rose, and not below another level."""
    # This network was drawn, not trained: wires of 2000 Ohm do it good.
    runs(t, lambda text: text.replace("r_row = 10", "r_row = 2000"))
    assert ", better" in t.ohmloom("compare", "first.h5", "second.h5", "--check").out
    assert ", worse" in t.ohmloom("compare", "second.h5", "first.h5", "--check", status=1).out
    t.ohmloom("compare", "second.h5", "first.h5", "--check", "--level", "1e-300")


@case
def compare_fewer_images(t):
    """Of two numbers of images the fewer are compared, and that is said."""
    runs(t, lambda text: text, "--images", "7")
    said = t.ohmloom("compare", "first.h5", "second.h5").out
    assert "7 images" in said and "and 7 after" in said, said


@case
def compare_sweeps(t):
    """Points of sweeps are matched by coordinates, not by place; figures and outcomes are those of the files."""
    sweep(t, BASE + GRID, "first.h5")
    sweep(t, BASE.replace("r_col = 15", "r_col = 900") + TURNED, "second.h5")
    found = json.loads(t.ohmloom("compare", "first.h5", "second.h5", "--json").out)
    before, after = (by_coordinates(t.path(file), "power_w") for file in ("first.h5", "second.h5"))
    common = sorted(before.keys() & after.keys())
    assert len(common) == 8 and found["compared"] == 8
    assert len(found["first"]["only_here"]) == 4 and len(found["second"]["only_here"]) == 4
    power = found["figures"]["power_w"]
    relative = [after[at] / before[at] - 1 for at in common]
    assert power["unit"] == "W" and power["moved"] == 8 and power["down"] == sum(r < 0 for r in relative)
    assert np.isclose(power["median_relative"], np.median(relative), rtol=1e-12)
    furthest = common[int(np.argmax(np.abs(relative)))]
    assert power["largest_relative"]["name"] == f"array.wire.r_row = {furthest[0]:g}, device.r_on = {furthest[1]:g}"
    assert power["largest_relative"]["first"] == before[furthest] and power["largest_relative"]["second"] == after[furthest]
    assert "wall_s" not in found["figures"]
    ours, theirs = (by_coordinates(t.path(file), "classes") for file in ("first.h5", "second.h5"))
    with h5py.File(t.path("first.h5")) as file:
        labels = file["labels"][:]
    assert found["accuracy"]["same_class"] == sum(np.sum(ours[at] == theirs[at]) for at in common)
    lead = sum((theirs[at] == labels).astype(int) - (ours[at] == labels) for at in common)
    assert found["accuracy"]["pooled"]["images_more_often_right"] == np.sum(lead > 0)
    assert found["accuracy"]["pooled"]["images_less_often_right"] == np.sum(lead < 0)
    said = t.ohmloom("compare", "first.h5", "second.h5").out
    assert "8 points compared, of 12 and 12" in said and "only in first.h5: 4 points" in said and "\n  power_w " in said, said


@case
def compare_sweep_check(t):
    """Points that became significantly worse are named and end --check with status 1, as does one that fails in the second alone."""
    axis = "\n[sweep]\ndevice.r_on = [5000, 6000]\n"
    # This network was drawn, not trained: wires of 2000 Ohm do it good.
    good, bad = BASE.replace("r_row = 10", "r_row = 2000"), BASE.replace("r_row = 10, r_col = 15", "r_row = 0.01, r_col = 0.01")
    sweep(t, good + axis, "good.h5")
    sweep(t, bad + axis, "bad.h5")
    said = t.ohmloom("compare", "good.h5", "bad.h5", "--check", status=1).out
    assert "significantly better at 0, worse at 2 of 2 points" in said and ": device.r_on = 5000\n" in said, said
    found = json.loads(t.ohmloom("compare", "good.h5", "bad.h5", "--json").out)
    assert [point["verdict"] for point in found["accuracy"]["significant"]] == ["worse", "worse"]
    assert all(point["p"] <= point["p_adjusted"] < 0.05 for point in found["accuracy"]["significant"])
    assert "better at 2, worse at 0" in t.ohmloom("compare", "bad.h5", "good.h5", "--check").out
    t.ohmloom("compare", "good.h5", "bad.h5", "--check", "--level", "1e-300")
    same = t.ohmloom("compare", "good.h5", "good.h5", "--check").out
    assert "the same class on 120 of 120 images, on all of them at 2 points" in same and "figures that moved" not in same, same
    sweep(t, good + '\n[sweep]\nnetwork.file = ["network.h5", "other.h5"]\n', "without.h5", status=1)
    t.path("other.h5").write_bytes(t.path("network.h5").read_bytes())
    sweep(t, good + '\n[sweep]\nnetwork.file = ["network.h5", "other.h5"]\n', "with.h5")
    said = t.ohmloom("compare", "with.h5", "without.h5", "--check", status=1).out
    assert "failed in without.h5: 1 of 2 points, 1 of them with results in with.h5; network.file = other.h5: other.h5" in said, said
    assert "only in" not in said, said
    t.ohmloom("compare", "without.h5", "with.h5", "--check")


@case
def compare_sweep_with_run(t):
    """A run is compared with the point of a sweep that its study is, and has the same figures there."""
    sweep(t, BASE + GRID, "sweep.h5")
    t.path("point.toml").write_text(t.ohmloom("sweep", "study.toml", "--print-point", 7).out)
    t.ohmloom("run", "point.toml", "-o", "run.h5")
    for files in (("run.h5", "sweep.h5"), ("sweep.h5", "run.h5")):
        found = json.loads(t.ohmloom("compare", *files, "--json", "--check").out)
        assert found["compared"] == 1 and found["accuracy"]["rows_alike"] == 1, found
        assert [axis["use"] for axis in found["axes_of_one"]] == ["held", "held"]
        assert all(figure["moved"] == 0 for figure in found["figures"].values())


@case
def compare_sweep_without_classes(t):
    """A sweep that keeps no classes is compared in its figures, which is said; --check, which needs them, is refused."""
    sweep(t, BASE + GRID, "first.h5")
    sweep(t, BASE.replace("r_col = 15", "r_col = 900") + GRID + "classes = false\n", "second.h5")
    said = t.ohmloom("compare", "first.h5", "second.h5").out
    assert "not tested: second.h5 keeps no classes" in said and "\n  accuracy   " in said, said
    assert json.loads(t.ohmloom("compare", "first.h5", "second.h5", "--json").out)["accuracy"] is None
    t.refused("compare", "first.h5", "second.h5", "--check")


@case
def compare_sweep_refusals(t):
    """Sweeps without a common point or with other axes, and files that are neither run nor sweep, are refused in one line."""
    write_sweep(t.path("first.h5"), {"array.rows": [1, 1, 2, 2], "device.r_on": [5e3, 6e3, 5e3, 6e3]})
    write_sweep(t.path("elsewhere.h5"), {"array.rows": [3, 4], "device.r_on": [5e3, 6e3]})
    write_sweep(t.path("axes.h5"), {"device.r_off": [15e3, 20e3]}, "[array]\nrows = 7\n")
    write_run(t.path("run.h5"))
    sample_problem().write(t.folder)
    t.path("short.h5").write_bytes(t.path("first.h5").read_bytes())
    with h5py.File(t.path("short.h5"), "a") as file:
        del file["points/power_w"]
        file["points/power_w"] = [1.0]
        file["points/power_w"].attrs["unit"] = "W"
    t.refused("compare", "first.h5", "elsewhere.h5")
    t.refused("compare", "first.h5", "axes.h5")
    t.refused("compare", "first.h5", "network.h5")
    t.refused("compare", "first.h5", "short.h5")
    t.refused("compare", "first.h5", "first.h5", "--ignore", "device.r_off")
    t.refused("compare", "first.h5", "first.h5", "--ignore", "device.r_on")
    t.refused("compare", "run.h5", "run.h5", "--ignore", "device.r_on")
    t.matches_golden()


@case
def compare_refusals(t):
    """Files that are no runs, that are damaged, or of other images are named."""
    write_run(t.path("first.h5"))
    write_run(t.path("other.h5"), labels=[0, 1, 2, 0])
    write_run(t.path("short.h5"), power=[1.0, 2.0, 3.0])
    sample_problem().write(t.folder)
    t.refused("compare", "first.h5", "network.h5")
    t.refused("compare", "first.h5", "none.h5")
    t.refused("compare", "first.h5", "other.h5")
    t.refused("compare", "first.h5", "short.h5")
    t.refused("compare", "first.h5")
    t.matches_golden()
