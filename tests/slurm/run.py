#!/usr/bin/python3
"""Sweeps on a real Slurm, which is started for each case and ended with it.

    run.py --list                    names of all cases
    run.py --program OHMLOOM CASE    runs it; status 1 if it failed

Needs Debian's slurmctld, slurmd, slurm-client and munge, python3-h5py and python3-numpy.
"""

import argparse
import json
import re
import signal
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np

from cluster import Cluster, processes, signal_process, until

sys.path.append(str(Path(__file__).parent.parent / "cli"))
from study_files import STUDY, sample_problem  # noqa: E402

POINTS = 24
CHUNKS = 3  # of eight points each
IMAGES = 1500
SWEEP = """
[sweep]
"array.wire.r_row" = [1, 2, 5, 10, 20, 50]
"array.wire.r_col" = [1, 3, 10, 30]
"""

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


class Trial:
    """A study in an empty folder, a cluster, and the program."""

    def __init__(self, program, folder, cluster, study):
        self.program = program
        self.folder = folder
        self.cluster = cluster
        self.slurm = folder / "result.h5.parts" / "slurm"
        problem = sample_problem(IMAGES)
        # Nonlinear cells are solved for every image: a point takes some tenths of a second, long enough to be hit.
        problem.study = study.replace('r_on = "5k"\nr_off = "15k"', 'model = "sinh"')
        assert "sinh" in problem.study
        problem.write(folder)

    def ohmloom(self, verb, *words, status=0):
        return self.cluster.run(self.program, verb, "study.toml", *words, status=status, folder=self.folder)

    def submit(self, *words):
        said = self.ohmloom("sweep", "-o", self.result, "--slurm", "--threads", 1, "--chunks", CHUNKS, "--json", *words)
        return json.loads(said)

    @property
    def result(self):
        return self.folder / "result.h5"

    def status(self, status=1):
        return json.loads(self.ohmloom("sweep", "-o", self.result, "--status", "--json", status=status))

    def program_of(self, chunk):
        """The process that computes a chunk now."""
        shard = f"{chunk}/{CHUNKS}"
        for process in processes():
            words = process.command()
            if words[:1] == [str(self.program)] and shard in words and "--wait" in words and str(self.result) in words:
                return process
        return None

    def job_of(self, chunk):
        """squeue's line of a chunk; None when it is not queued."""
        return next((line for line in self.cluster.queue() if line["task"] == str(chunk)), None)

    def failures(self, chunk):
        file = self.slurm / "failures" / str(chunk)
        return file.read_text().splitlines() if file.exists() else []

    def wait_for_all(self):
        """Until Slurm has no more jobs."""
        until("the end of all jobs", lambda: not self.cluster.queue(), each=self.cluster.hasten)

    def merge_said(self):
        log = self.folder / "result.h5.merge.log"
        return log.read_text() if log.exists() else "nothing"

    def expect_result(self):
        """The result is there, the parts are gone, and every number is that of a sweep without Slurm."""
        assert self.result.exists(), f"no result; the merge job said: {self.merge_said()}"
        assert not self.slurm.parent.exists(), "the parts are still there"
        assert not self.status(0).get("failed"), "points failed"
        self.expect_equal_to_local(0)

    def expect_equal_to_local(self, status):
        self.ohmloom("sweep", "-o", self.folder / "local.h5", status=status)
        found, expected = (data_sets(self.folder / name) for name in ("result.h5", "local.h5"))
        assert len(expected) > 5 and expected.keys() == found.keys(), expected.keys() ^ found.keys()
        for name, values in expected.items():
            assert np.array_equal(found[name], values, equal_nan=np.asarray(values).dtype.kind == "f"), f"{name}: {found[name]}, expected {values}"


def data_sets(file):
    """Everything in a result that does not tell of time and place."""
    sets = {}

    def take(name, item):
        if isinstance(item, h5py.Dataset) and not name.startswith(("timing", "provenance")):
            sets[name] = item[()]

    with h5py.File(file) as opened:
        opened.visititems(take)
    return sets


@case
def sweep_on_slurm(t):
    """All chunks are computed by Slurm's nodes, joined by its last job, and equal a sweep without Slurm."""
    said = t.submit("--partition", "main", "--nodes", 2, "--time", "5", "--sbatch=--comment=two words", "--sbatch=--nice=1")
    assert said["chunks"] == CHUNKS and said["submitted"] == [1, 2, 3], said
    most = 0

    def watch():
        nonlocal most
        most = max(most, len([line for line in t.cluster.queue() if line["state"] == "RUNNING"]))
        return not t.cluster.queue()

    refused = t.ohmloom("sweep", "-o", t.result, "--slurm", status=2)
    assert refused == "", refused
    until("the end of all jobs", watch, each=t.cluster.hasten)
    assert most == 2, f"{most} chunks ran at a time, --nodes 2 was given"
    t.expect_result()


@case
def node_dies(t):
    """A node whose daemon is killed loses its chunk to another node, which waits for the process that the node left behind."""
    t.submit()
    left = until("chunk 2 at work", lambda: t.program_of(2))
    lock = t.slurm.parent / f"000002-of-{CHUNKS:06}.lock"
    until("its lock", lambda: lock.exists() and lock.read_text().endswith(f"process {left.number}"))
    signal_process(left, signal.SIGSTOP)  # it holds the chunk's lock until it is killed
    node = t.job_of(2)["node"]
    t.cluster.kill_daemon(node)

    def moved():
        line = t.job_of(2)
        return line and line["state"] == "RUNNING" and line["node"] != node

    until("chunk 2 on another node", moved, each=t.cluster.hasten)
    log = t.slurm / "logs" / "chunk-2.log"
    until("the message that it waits", lambda: log.exists() and "waiting" in log.read_text())
    signal_process(left)
    t.wait_for_all()
    t.expect_result()


@case
def program_dies(t):
    """A program that is killed is started again; one that Slurm stops, as at a time limit, goes on later without counting as failed."""
    t.submit()
    signal_process(until("chunk 2 at work", lambda: t.program_of(2)))
    until("the failure of chunk 2", lambda: t.failures(2))
    assert re.search(r"exit status 137: shard 2/3: \d of 8 points$", t.failures(2)[0]), t.failures(2)

    stopped = until("chunk 3 at work", lambda: t.program_of(3), each=t.cluster.hasten)
    until("a point of chunk 3", lambda: t.status()["chunks"][2]["computed"] > 0)
    signal_process(stopped, signal.SIGSTOP)  # so that it does not end before it hears
    t.cluster.run("scancel", "--batch", "--signal=TERM", t.job_of(3)["job"])
    signal_process(stopped, signal.SIGCONT)
    until("chunk 3 in the queue again", lambda: (t.job_of(3) or {}).get("state") == "PENDING")
    log = (t.slurm / "logs" / "chunk-3.log").read_text()
    assert "stopped: the same command goes on from here" in log and "queued again" in log, log
    assert not t.failures(3), t.failures(3)
    assert 0 < t.status()["chunks"][2]["computed"] < 8
    t.wait_for_all()
    t.expect_result()


@case
def chunk_fails_always(t):
    """A chunk that fails whenever it is tried is given up after its retries and reported; submitting again computes only that one."""
    t.submit("--retries", 1)
    first = until("chunk 2 at work", lambda: t.program_of(2))
    signal_process(first)
    until("the failure of chunk 2", lambda: t.failures(2))
    again = lambda: (p := t.program_of(2)) and p.number != first.number and p
    signal_process(until("chunk 2 at work again", again, each=t.cluster.hasten))
    t.wait_for_all()

    assert not t.result.exists() and len(t.failures(2)) == 2, t.failures(2)
    assert "given up after 1 retries" in (t.slurm / "logs" / "chunk-2.log").read_text()
    assert "points are not computed" in t.merge_said() and "chunk 2" in t.merge_said(), t.merge_said()
    status = t.status()
    assert [c["state"] for c in status["chunks"]] == ["done", "failed", "done"], status
    assert [len(c["failures"]) for c in status["chunks"]] == [0, 2, 0], status
    said = t.ohmloom("sweep", "-o", t.result, "--status", status=1)
    assert "chunks: 2 done, 1 failed" in said and "exit status 137" in said, said

    assert t.submit()["submitted"] == [2]
    t.wait_for_all()
    t.expect_result()


@case
def point_fails_always(t):
    """A point that cannot be computed is a result like others: its chunk is not retried, and the job that joins reports it."""
    # With a condition only the first point is checked beforehand: the negative resistance is found by its own chunk.
    study = (t.folder / "study.toml").read_text()
    bad = study.replace("20, 50]", "20, -50]").replace("[sweep]", '[sweep]\nwhere = "array.wire.r_row < 100"')
    (t.folder / "study.toml").write_text(bad)
    t.submit()
    tries = set()

    def watch():
        tries.update((line["job"], line["task"]) for line in t.cluster.queue() if line["state"] == "PENDING" and line["reason"] == "BeginTime")
        return not t.cluster.queue()

    until("the end of all jobs", watch)
    assert not tries, f"queued again: {tries}"
    assert "points failed, the first with:" in t.merge_said() and "r_row" in t.merge_said(), t.merge_said()
    status = t.status(0)
    assert status["computed"] == POINTS and status["failed"] == 4, status
    t.expect_equal_to_local(1)


def main():
    parser = argparse.ArgumentParser(description="Runs sweeps on a Slurm of its own.")
    parser.add_argument("--program", type=Path, help="the ohmloom program to run")
    parser.add_argument("--list", action="store_true", help="print the names of all cases")
    parser.add_argument("case", nargs="?")
    options = parser.parse_args()
    if options.list:
        print("\n".join(CASES))
        return 0
    if options.program is None or options.case not in CASES:
        parser.error("--program and the name of a case are needed (see --list)")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))  # the cluster must end too
    with tempfile.TemporaryDirectory(prefix="ohmloom-slurm-") as folder:
        place = Path(folder)
        work = place / "a study's 100% work"  # scripts must bear such names
        work.mkdir()
        (place / "cluster").mkdir()
        try:
            with Cluster(place / "cluster", CHUNKS) as cluster:
                CASES[options.case](Trial(options.program.resolve(), work, cluster, STUDY + SWEEP))
        except AssertionError:
            for log in sorted(place.glob("**/*.log")) + sorted(place.glob("cluster/*.out")):
                print(f"--- {log.relative_to(place)}\n{log.read_text(errors='replace')[-3000:]}", file=sys.stderr)
            raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
