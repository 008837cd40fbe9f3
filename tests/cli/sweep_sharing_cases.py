"""`ohmloom sweep`: what points share, and what happens when files that they were computed from change."""

import json
import shutil

import h5py
import numpy as np

from harness import case
from study_files import sample_problem, write_images
from sweep_cases import BASE, GRID, assert_same, write_study

PCM = BASE.replace("[device]", '[device]\nmodel = "pcm"').replace('r_on = "5k"\nr_off = "15k"\n', "")


def stages(estimate):
    return {stage["name"]: stage for stage in estimate["shared"]}


@case
def sweep_estimate_shares(t):
    """A dry run tells what stands behind the points, which axes make it anew, and along which nothing is."""
    write_study(t, GRID + "readout.slope = [10, 15]\n")
    found = json.loads(t.ohmloom("sweep", "study.toml", "--dry-run", "--json").out)
    assert found["points"] == 24 and found["shared_counted"] is True and found["free_axes"] == ["readout.slope"], found
    shared = stages(found)
    for name in ("data sets", "networks", "partitions"):
        assert shared[name]["to_do"] == 1 and shared[name]["uses"] == 24 and shared[name]["anew_with"] == [], shared
    # Two layers at every pair of a wire and a resistance.
    solved = {"name": "solved layers", "to_do": 24, "uses": 48, "anew_with": ["array.wire.r_row", "device.r_on"], "by_image": False}
    assert shared["solved layers"] == solved and "programmed layers" not in shared, shared
    said = t.ohmloom("sweep", "study.toml", "--dry-run").out
    assert "solved layers               24        48   array.wire.r_row, device.r_on\n" in said, said
    assert "along readout.slope nothing is done anew\n" in said, said

    write_study(t, PCM + '\n[sweep]\n"array.wire.r_row" = [1, 2]\ndevice.read_time = [1, 1e6, 1e7]\n')
    found = json.loads(t.ohmloom("sweep", "study.toml", "--dry-run", "--json").out)
    shared = stages(found)
    assert shared["programmed layers"]["to_do"] == 2 and shared["programmed layers"]["uses"] == 12, shared
    assert shared["solved layers"]["to_do"] == 12 and shared["solved layers"]["by_image"] is True, shared
    said = t.ohmloom("sweep", "study.toml", "--dry-run").out
    assert "solved layers               12        12   every point, as cells are solved image by image\n" in said, said


@case
def sweep_estimate_of_many(t):
    """What a million points share is told from the steps of their axes."""
    write_study(t, BASE + '\n[sweep]\n"array.wire.r_row" = { from = 1, to = 9, steps = 1000 }\nreadout.slope = { from = 1, to = 9, steps = 1000 }\n')
    found = json.loads(t.ohmloom("sweep", "study.toml", "--dry-run", "--json", "--probe-seconds", "0.1").out)
    assert found["points"] == 1000000 and found["shared_counted"] is False, found
    assert stages(found)["solved layers"]["to_do"] == 2000 and found["free_axes"] == ["readout.slope"], found


@case
def sweep_programmed_once(t):
    """Devices that all points share give the very results of devices that every point programs for itself."""
    write_study(t, PCM + '\n[sweep]\nrepeats = 2\n"array.wire.r_row" = [1, 20]\ndevice.read_time = [1, 1e6]\ndevice.tolerance = [0.01, 0.1]\n')
    t.ohmloom("sweep", "study.toml", "-o", "shared.h5", "--threads", 4)
    t.ohmloom("sweep", "study.toml", "-o", "alone.h5", "--threads", 1, "--cache", 0)
    assert_same(t, "shared.h5", "alone.h5")
    with h5py.File(t.path("shared.h5")) as file:  # and every axis matters
        assert len(set(file["points/power_w"][:])) == 16
    t.path("point.toml").write_text(t.ohmloom("sweep", "study.toml", "--print-point", 13).out)
    run = json.loads(t.ohmloom("run", "point.toml", "--json").out)["points"][0]
    with h5py.File(t.path("shared.h5")) as file:
        assert file["points/power_w"][13] == run["power_w"]


@case
def sweep_changed_table(t):
    """A table that a device's card names is part of its points: changed, they are refused, and computed anew on request."""
    write_study(t, BASE.replace('r_on = "5k"\nr_off = "15k"\n', "") + '\n[sweep]\ndevice.model = ["cells.toml", "pcm"]\n')
    t.path("cells.toml").write_text('model = "table"\ntitle = "t"\n[sources]\nmade = "drawn"\n[values]\nfile = { value = "iv.csv", source = "made" }\n')
    t.path("iv.csv").write_text("v,off,on\n-1,-1e-5,-4e-5\n0,0,0\n1,1e-5,4e-5\n")
    t.ohmloom("sweep", "study.toml", "-o", "s.h5")
    before = t.path("s.h5").read_bytes()
    assert "all points are there already" in t.ohmloom("sweep", "study.toml", "-o", "s.h5").err
    t.path("iv.csv").write_text("v,off,on\n-1,-1e-5,-5e-5\n0,0,0\n1,1e-5,5e-5\n")
    refused = t.refused("sweep", "study.toml", "-o", "s.h5")
    assert "s.h5: 1 of 2 points are of files that have changed since" in refused.err and "--extend" in refused.err, refused.err
    assert t.path("s.h5").read_bytes() == before
    done = t.ohmloom("sweep", "study.toml", "-o", "s.h5", "--extend")
    assert "1 of 2 points computed" in done.err and "(1 were there)" in done.err, done.err
    assert "all points are there already" in t.ohmloom("sweep", "study.toml", "-o", "s.h5").err
    t.ohmloom("sweep", "study.toml", "-o", "anew.h5")
    assert_same(t, "s.h5", "anew.h5")


@case
def sweep_changed_data(t):
    """Points of other images are not joined with those of the present ones, and are computed again."""
    name = write_study(t, GRID)
    problem = sample_problem(60)
    t.ohmloom("sweep", name, "-o", "s.h5", "--shard", "1/2")
    write_images(t.path("images"), "t10k", 255 - problem.images, problem.labels)
    t.ohmloom("sweep", name, "-o", "s.h5", "--shard", "2/2")
    refused = t.refused("merge", name, "-o", "s.h5")
    assert "6 of 12 points are not computed" in refused.err, refused.err
    done = t.ohmloom("sweep", name, "-o", "s.h5")
    assert "6 of 12 points computed" in done.err and "(6 were there)" in done.err, done.err
    t.ohmloom("sweep", name, "-o", "anew.h5")
    assert_same(t, "s.h5", "anew.h5")
    with h5py.File(t.path("s.h5")) as file:
        assert np.array_equal(file["labels"][:], problem.labels)

    # The labels alone, of a result that is complete.
    write_images(t.path("images"), "t10k", 255 - problem.images, problem.labels[::-1])
    refused = t.refused("sweep", name, "-o", "s.h5")
    assert "12 of 12 points are of files that have changed since" in refused.err, refused.err
    # Where the data is not, the message says so.
    shutil.move(t.path("images"), t.path("elsewhere"))
    refused = t.refused("sweep", name, "-o", "s.h5")
    assert 'data set "images", which they were computed with, is not found here' in refused.err, refused.err
