"""`ohmloom sweep` and `ohmloom merge`: points, and what a store survives."""

import contextlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import time

import h5py
import numpy as np

from harness import case
from study_files import STUDY, sample_problem

BASE = STUDY.split("[[scheme]]")[0].replace("col = 15 }", "col = 15 }\nrows = 17\ncols = 7")
GRID = BASE + """
[sweep]
"array.wire.r_row" = { from = 1, to = 100, steps = 4, scale = "log" }
device.r_on = ["5k", "6k", "8k"]
"""


def many(points):
    return BASE + f"""
[sweep]
"array.wire.r_row" = {{ from = 1, to = 100, steps = {points} }}
"""


def write_study(t, text, name="study.toml", count=60):
    problem = sample_problem(count)
    problem.study = text
    problem.write(t.folder)
    if name != "study.toml":
        shutil.move(t.path("study.toml"), t.path(name))
    return name


def contents(path):
    """Every data set that does not tell when and where it was made, as bytes."""
    found = {}

    def take(name, item):
        if isinstance(item, h5py.Dataset) and not name.startswith(("timing/", "provenance/")):
            found[name] = (item.shape, str(item.dtype), item[()].tobytes() if item.dtype.kind != "O" else [x for x in np.ravel(item[()])])

    with h5py.File(path) as file:
        file.visititems(take)
    return found


def assert_same(t, first, second):
    a, b = contents(t.path(first)), contents(t.path(second))
    assert a.keys() == b.keys(), a.keys() ^ b.keys()
    for name in a:
        assert a[name] == b[name], f"{name} differs"


def record_files(t, result):
    return sorted(t.path(result + ".parts").glob("*.records"))


@case
def sweep_points(t):
    """Every point of a sweep has the figures that `ohmloom run` gives for the study at that point, to the last bit."""
    write_study(t, GRID)
    summary = json.loads(t.ohmloom("sweep", "study.toml", "-o", "s.h5", "--json").out)
    assert summary["points"] == 12 and summary["failed"] == 0 and summary["missing"] == 0, summary
    assert not t.path("s.h5.parts").exists()
    with h5py.File(t.path("s.h5")) as sweep:
        assert sweep.attrs["schema"] == "ohmloom-sweep-1"
        assert list(sweep["axes/names"].asstr()) == ["array.wire.r_row", "device.r_on"]
        assert sweep["coordinates/array.wire.r_row"].attrs["unit"] == "Ohm"
        assert np.array_equal(sweep["coordinates/device.r_on"][:3], [5000, 6000, 8000])
        for number in (0, 4, 11):
            t.path("point.toml").write_text(t.ohmloom("sweep", "study.toml", "--print-point", number).out)
            t.ohmloom("run", "point.toml", "-o", "run.h5")
            with h5py.File(t.path("run.h5")) as run:
                assert np.array_equal(run["labels"][:], sweep["labels"][:])
                for name in run["points"]:
                    if name == "wall_s":
                        continue
                    one, all_points = run["points"][name], sweep["points"][name]
                    assert one.attrs["unit"] == all_points.attrs["unit"], name
                    assert np.ravel(one[()])[0] == np.ravel(all_points[number])[0], (number, name)
                    assert one[()].tobytes() == all_points[number : number + 1].tobytes() or one.dtype.kind == "O", (number, name)


@case
def sweep_threads(t):
    """Results do not depend on the number of threads, on a bounded cache, or on a second run of the same command."""
    write_study(t, GRID)
    t.ohmloom("sweep", "study.toml", "-o", "one.h5", "--threads", 1)
    t.ohmloom("sweep", "study.toml", "-o", "many.h5", "--threads", 4, "--cache", 0)
    assert_same(t, "one.h5", "many.h5")
    before = t.path("one.h5").read_bytes()
    done = t.ohmloom("sweep", "study.toml", "-o", "one.h5")
    assert "all points are there already" in done.err and t.path("one.h5").read_bytes() == before


@case
def sweep_sources(t):
    """Draws renew the seeds of the sources they name, and of no others; repeats those of all."""
    device = BASE.replace('[device]', '[device]\nmodel = "pcm"').replace('r_on = "5k"\nr_off = "15k"\n', "")
    write_study(t, device + '\n[sweep.monte-carlo]\ndraws = 3\nsources = ["devices"]\n', "draws.toml")
    write_study(t, device + '\n[sweep.monte-carlo]\ndraws = 3\nsources = ["stages"]\n', "stages.toml")
    write_study(t, device + "\n[sweep]\nrepeats = 3\n", "repeats.toml")
    power = {}
    for name in ("draws", "stages", "repeats"):
        t.ohmloom("sweep", f"{name}.toml", "-o", f"{name}.h5")
        with h5py.File(t.path(f"{name}.h5")) as file:
            power[name] = file["points/power_w"][:]
    assert len(set(power["draws"])) == 3 and np.array_equal(power["draws"], power["repeats"])
    assert len(set(power["stages"])) == 1 and power["stages"][0] == power["draws"][0]


@case
def sweep_kills(t):
    """After each of 50 kills at random instants the store opens and goes on, and the result is that of a sweep left in peace."""
    points, kills = 1000, 50
    write_study(t, many(points))

    def start(result):
        """A sweep, and how long it took to begin with its points."""
        before = len(record_files(t, result))
        started = time.monotonic()
        process = t.start("sweep", "study.toml", "-o", result)
        while len(record_files(t, result)) == before and process.poll() is None:
            time.sleep(0.0005)
        return process, time.monotonic() - started

    process, to_begin = start("whole.h5")
    started = time.monotonic()
    t.end(process)
    at_work = time.monotonic() - started
    chance = random.Random(5)
    hits = 0
    for kill in range(kills):
        if kill % 4 == 0:  # somewhere before the first point, or a little behind it
            process = t.start("sweep", "study.toml", "-o", "killed.h5")
            time.sleep(chance.uniform(0.0, 1.1) * to_begin)
        else:  # among the points; all these together see the work through about once
            process, _ = start("killed.h5")
            time.sleep(chance.uniform(0.0, 2.0) * at_work / kills)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        hits += process.returncode == -signal.SIGKILL
        if t.path("killed.h5").exists():
            with h5py.File(t.path("killed.h5")) as file:  # whole, or not there
                assert len(file["sweep/status"]) == points
    assert hits > kills / 2, f"only {hits} of {kills} kills hit a sweep at work"
    done = t.ohmloom("sweep", "study.toml", "-o", "killed.h5")
    assert "does not agree" not in done.err, done.err
    assert_same(t, "whole.h5", "killed.h5")
    assert not t.path("killed.h5.parts").exists()


@case
def sweep_interrupted(t):
    """The first Ctrl-C ends a sweep when the points in flight are safe; the same command goes on from there."""
    write_study(t, many(3000))
    process = t.start("sweep", "study.toml", "-o", "s.h5", "--threads", 1)
    while not record_files(t, "s.h5") or record_files(t, "s.h5")[0].stat().st_size < 10000:
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    done = t.end(process, status=1)
    assert "stopped: the same command goes on" in done.err, done.err
    computed = int(done.err.split("ohmloom: ")[-1].split(" of 3000")[0])
    assert 0 < computed < 3000
    assert not t.path("s.h5").exists()
    again = t.ohmloom("sweep", "study.toml", "-o", "s.h5")
    assert f"{3000 - computed} of 3000 points computed" in again.err and f"({computed} were there)" in again.err, again.err


@case
def sweep_terminated_twice(t):
    """A second interruption ends a sweep at once, by the signal, and what is in the store stays there."""
    write_study(t, many(40), count=100000)  # points take long enough to be in flight between the two
    process = t.start("sweep", "study.toml", "-o", "s.h5")
    while not record_files(t, "s.h5") or record_files(t, "s.h5")[0].stat().st_size < 1000:
        time.sleep(0.001)
    with contextlib.suppress(ProcessLookupError):
        while process.poll() is None:
            process.send_signal(signal.SIGTERM)
            time.sleep(0.0005)
    process.communicate()
    assert process.returncode == -signal.SIGTERM, process.returncode
    kept = json.loads(t.ohmloom("merge", "study.toml", "-o", "s.h5", "--partial", "--json").out)
    assert kept["points"] == 40 and 0 < kept["missing"] < 40, kept


@case
def sweep_damage(t):
    """A shard that was cut short and one with a flipped bit are named, their points computed again, and the result is the same."""
    write_study(t, GRID)
    t.ohmloom("sweep", "study.toml", "-o", "whole.h5")
    for shard in (1, 2, 3):
        t.ohmloom("sweep", "study.toml", "-o", "s.h5", "--shard", f"{shard}/3")
    short, flipped, good = record_files(t, "s.h5")
    short.write_bytes(short.read_bytes()[:-100])
    bytes_ = bytearray(flipped.read_bytes())
    bytes_[-200] ^= 4
    flipped.write_bytes(bytes_)
    refused = t.refused("merge", "study.toml", "-o", "s.h5")
    assert "2 of 12 points are not computed or their records are damaged" in refused.err, refused.err
    done = t.ohmloom("sweep", "study.toml", "-o", "s.h5")
    assert f"s.h5.parts/{short.name}: at byte" in done.err and "ends within a record" in done.err, done.err
    assert f"s.h5.parts/{flipped.name}: at byte" in done.err and "checksum does not agree" in done.err, done.err
    assert "2 of 12 points computed" in done.err and "(10 were there)" in done.err, done.err
    assert_same(t, "whole.h5", "s.h5")


@case
def sweep_shards(t):
    """Shards computed one by one, in any order, are joined into the result of one sweep; a part of them only on request."""
    write_study(t, GRID)
    t.ohmloom("sweep", "study.toml", "-o", "whole.h5")
    for shard in (3, 1):
        t.ohmloom("sweep", "study.toml", "-o", "s.h5", "--shard", f"{shard}/3")
    t.refused("merge", "study.toml", "-o", "s.h5")
    part = json.loads(t.ohmloom("merge", "study.toml", "-o", "s.h5", "--partial", "--json").out)
    assert part["missing"] == 4 and part["points"] == 12, part
    t.ohmloom("sweep", "study.toml", "-o", "s.h5", "--shard", "2/3")
    t.ohmloom("merge", "study.toml", "-o", "s.h5")
    assert_same(t, "whole.h5", "s.h5")
    assert not t.path("s.h5.parts").exists()


@case
def sweep_extended(t):
    """A study that was changed is refused with what changed; told to extend, points that both have are kept."""
    write_study(t, GRID)
    t.ohmloom("sweep", "study.toml", "-o", "s.h5")
    write_study(t, GRID.replace('"8k"]', '"8k", "9k"]'))
    refused = t.refused("sweep", "study.toml", "-o", "s.h5")
    assert 'sweep.device.r_on ["5k", "6k", "8k"] -> ["5k", "6k", "8k", "9k"]' in refused.err, refused.err
    done = t.ohmloom("sweep", "study.toml", "-o", "s.h5", "--extend")
    assert "4 of 16 points computed" in done.err and "(12 were there)" in done.err, done.err
    t.ohmloom("sweep", "study.toml", "-o", "anew.h5")
    assert_same(t, "s.h5", "anew.h5")


@case
def sweep_locked(t):
    """A second sweep into the same store is refused while the first is at work, and does it no harm."""
    write_study(t, many(20000), count=600)
    process = t.start("sweep", "study.toml", "-o", "s.h5")
    while not record_files(t, "s.h5"):
        time.sleep(0.001)
    second = t.ohmloom("sweep", "study.toml", "-o", "s.h5", status=2)
    assert f"process {process.pid} is at work on it" in second.err and second.err.count("\n") == 1, second.err
    process.send_signal(signal.SIGINT)
    first = t.end(process, status=1)
    computed = int(first.err.split("ohmloom: ")[-1].split(" of 20000")[0])
    third = t.ohmloom("merge", "study.toml", "-o", "s.h5", "--partial", "--json")
    assert json.loads(third.out)["missing"] == 20000 - computed, third.out


@case
def sweep_full_disk(t):
    """On a full disk a sweep ends with the reason, nothing it had is lost, and it goes on when there is room."""
    write_study(t, many(300))
    t.ohmloom("sweep", "study.toml", "-o", "whole.h5")
    disk = t.path("disk")
    disk.mkdir()
    # A small file system of its own where that is allowed, else a limit on the size of files, which fails in the same place.
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", disk], capture_output=True, check=False).returncode == 0
    limit = None if mounted else lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000)))
    try:
        done = subprocess.run([t.program, "sweep", "study.toml", "-o", "disk/s.h5"], cwd=t.folder, capture_output=True, text=True, check=False, preexec_fn=limit)
        reason = "No space left on device" if mounted else "File too large"
        assert done.returncode == 2 and reason in done.stderr, (done.returncode, done.stderr)
        assert done.stderr.splitlines()[-1].startswith("ohmloom: disk/s.h5.parts/"), done.stderr
        assert record_files(t, "disk/s.h5"), "what was computed is gone"
        if mounted:
            subprocess.run(["mount", "-o", "remount,size=10m", disk], check=True)
        again = t.ohmloom("sweep", "study.toml", "-o", "disk/s.h5")
        assert "(0 were there)" not in again.err, again.err
        assert_same(t, "whole.h5", "disk/s.h5")
    finally:
        if mounted:
            subprocess.run(["umount", disk], check=True)


@case
def sweep_failed_points(t):
    """A point that cannot be computed is told with its reason and does not stop the others."""
    problem = sample_problem()
    problem.study = BASE + '\n[sweep]\nnetwork.file = ["network.h5", "other.h5"]\narray.rows = [17, 9]\n'
    problem.write(t.folder)
    (t.path("other.h5")).write_bytes(t.path("network.h5").read_bytes()[:-3000])
    done = t.ohmloom("sweep", "study.toml", "-o", "s.h5", status=1)
    assert "2 points failed, the first with: " in done.err and "other.h5" in done.err, done.err
    with h5py.File(t.path("s.h5")) as file:
        assert list(file["sweep/status"][:]) == [0, 0, 2, 2]
        assert "other.h5" in file["sweep/message"].asstr()[2] and file["sweep/message"].asstr()[0] == ""
        assert list(file["points/point"][:]) == [0, 1]


@case
def sweep_estimate(t):
    """A dry run counts points, measures a few and leaves nothing behind."""
    write_study(t, GRID + 'where = ["device.r_on > 5500"]\n')
    before = sorted(t.folder.iterdir())
    found = json.loads(t.ohmloom("sweep", "study.toml", "--dry-run", "--json").out)
    assert found["points"] == 8 and found["combinations"] == 12 and 2 <= found["probed"] <= 8
    assert found["seconds"] > 0 and found["memory_bytes"] > 1e6 and found["store_bytes"] > 1000
    said = t.ohmloom("sweep", "study.toml", "--dry-run").out
    assert said.startswith("8 points of 12 combinations\n") and "where device.r_on > 5500" in said, said
    assert sorted(t.folder.iterdir()) == before


@case
def sweep_refusals(t):
    """What cannot be a sweep, or would replace something, is refused in one line."""
    write_study(t, GRID)
    t.path("notes.h5").write_text("mine")
    t.refused("sweep", "study.toml", "-o", "notes.h5")
    t.refused("sweep", "study.toml", "-o", "study.toml")
    t.refused("sweep", "study.toml", "--shard", "4/3")
    t.refused("sweep", "study.toml", "--shard", "x")
    t.refused("sweep", "study.toml", "--print-point", 12)
    t.refused("merge", "study.toml", "-o", "nothing.h5")
    t.refused("sweep", "nothing.toml")
    for name, text in (
        ("unknown.toml", GRID.replace('"array.wire.r_row"', '"array.wire.r_rwo"')),
        ("negative.toml", GRID.replace('"8k"', '"-8k"')),
        ("empty.toml", GRID.replace('["5k", "6k", "8k"]', "[]")),
    ):
        write_study(t, text, name)
        t.refused("sweep", name)
    t.matches_golden()
