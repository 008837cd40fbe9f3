"""`ohmloom sweep --status` and `--slurm` where there is no Slurm; tests/slurm has them with one."""

import json
import signal
import time

from harness import case
from study_files import STUDY, sample_problem

SWEEP = STUDY + '\n[sweep]\n"array.wire.r_row" = [1, 2, 5, 10, 20, 50, 100]\n'


def write_study(t):
    problem = sample_problem(40)
    problem.study = SWEEP
    return problem.write(t.folder)


def status(t, study, *words, code):
    return json.loads(t.ohmloom("sweep", study, "-o", "s.h5", "--status", "--json", *words, status=code).out)


@case
def sweep_status(t):
    """--status counts points before, between and after shards, and its exit status says whether all are there."""
    study = write_study(t)
    before = status(t, study, code=1)
    assert (before["points"], before["computed"], before["seconds_to_go"]) == (7, 0, None), before

    t.ohmloom("sweep", study, "-o", "s.h5", "--shard", "1/3")  # points 0, 3, 6
    between = status(t, study, code=1)
    assert (between["points"], between["computed"]) == (7, 3), between
    assert between["points_per_second"] > 0, between
    assert abs(between["seconds_to_go"] - 4 / between["points_per_second"]) < 1e-9, between
    assert t.ohmloom("sweep", study, "-o", "s.h5", "--status", "--shard", "1/3").out == "shard 1/3: 3 of 3 points\n"
    assert t.ohmloom("sweep", study, "-o", "s.h5", "--status", "--shard", "2/3", status=1).out == "shard 2/3: 0 of 2 points\n"

    for shard in ("2/3", "3/3"):
        t.ohmloom("sweep", study, "-o", "s.h5", "--shard", shard)
    assert "7 of 7 points, not joined yet" in t.ohmloom("sweep", study, "-o", "s.h5", "--status").out
    t.ohmloom("merge", study, "-o", "s.h5")
    after = status(t, study, code=0)
    assert (after["points"], after["computed"], after["failed"]) == (7, 7, 0), after

    t.path(study).write_text(SWEEP.replace("100]", "200]"))
    assert "of another study, since then: " in t.ohmloom("sweep", study, "-o", "s.h5", "--status", status=1).out


@case
def sweep_waits(t):
    """With --wait a shard begins when the process that is at work on it has ended."""
    problem = sample_problem(2000)  # a point takes long enough to be met
    problem.study = SWEEP.replace('r_on = "5k"\nr_off = "15k"', 'model = "sinh"')
    study = problem.write(t.folder)
    first = t.start("sweep", study, "-o", "s.h5", "--shard", "1/2", "--threads", 1)
    lock = t.path("s.h5.parts") / "000001-of-000002.lock"
    while first.poll() is None and not (lock.exists() and lock.read_text()):
        time.sleep(0.001)
    first.send_signal(signal.SIGSTOP)
    assert first.poll() is None, "the first process ended before it could be stopped"
    assert "is at work on it" in t.ohmloom("sweep", study, "-o", "s.h5", "--shard", "1/2", status=2).err
    second = t.start("sweep", study, "-o", "s.h5", "--shard", "1/2", "--wait")
    said = second.stderr.readline()
    assert said.endswith("; waiting\n"), said
    first.kill()
    t.end(first, -signal.SIGKILL)
    done = t.end(second)
    assert "of 4 points computed" in done.err, done.err
    assert status(t, study, code=1)["computed"] == 4


@case
def sweep_slurm_refusals(t):
    """Without Slurm, and with options that exclude or need each other, --slurm is refused and the points stay to be computed."""
    study = write_study(t)
    nowhere = {"PATH": str(t.folder)}
    done = t.ohmloom("sweep", study, "-o", "s.h5", "--slurm", status=2, environment=nowhere)
    assert "sbatch" in done.err and "--shard i/n" in done.err and done.err.count("\n") == 1, done.err
    for words in (["--slurm", "--shard", "1/2"], ["--slurm", "--dry-run"], ["--slurm", "--status"], ["--partition", "p"], ["--retries", "1"]):
        t.refused("sweep", study, "-o", "s.h5", *words)
    t.ohmloom("sweep", study, "-o", "s.h5")
    # What is computed needs no Slurm.
    assert "7 points" in t.ohmloom("sweep", study, "-o", "s.h5", "--slurm", environment=nowhere).out
