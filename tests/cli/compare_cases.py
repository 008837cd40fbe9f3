"""`ohmloom compare`: two runs image by image."""

import json

import h5py
import numpy as np

from harness import case
from study_files import STUDY, sample_problem


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
        file["study"] = "text"
        file["points/device"] = ["linear"]
        for name, values, unit in (("labels", labels, "1"), ("points/classes", [[0, 1, 2, 3]], "1"), ("points/power_w", power, "W")):
            file[name] = values
            file[name].attrs["unit"] = unit


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
    runs(t, lambda text: text.replace("r_row = 10, r_col = 15", "r_row = 0.01, r_col = 0.01"))
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
