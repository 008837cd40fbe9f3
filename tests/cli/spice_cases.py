"""`ohmloom spice`: decks with known answers, both engines, waveforms in HDF5, and refusals."""

import contextlib
import json
import os
import re
import signal
import time
from pathlib import Path

import h5py
import numpy as np

from harness import case

DIVIDER = """divider
v1 in 0 10
r1 in out 1k
r2 out 0 2k
.op
.dc v1 0 4 1
.measure dc half find v(out) at=1.5
.end
"""

RC = """rc
v1 in 0 pulse(0 1 0 1p 1p 1 2)
r1 in out 1k
c1 out 0 1n
.tran 10n 5u 0 5n
.measure tran t_half when v(out)=0.5 rise=1
.end
"""


def deck(t, text):
    t.path("deck.cir").write_text(text)
    return "deck.cir"


@case
def spice_operating_point(t):
    """A deck's operating point and sweep are printed, and its waveforms are in the file with units."""
    done = t.ohmloom("spice", deck(t, DIVIDER), "-o", "out.h5")
    assert "v(out)                   6.66666667 V" in done.out, done.out
    assert "half                     1 V" in done.out, done.out
    with h5py.File(t.path("out.h5")) as file:
        group = file["mna/1_dc"]
        assert np.allclose(group["sweep"][()], np.arange(5.0))
        assert np.allclose(group["v(out)"][()], np.arange(5.0) * 2 / 3, rtol=1e-12)
        assert group["v(out)"].attrs["unit"] in ("V", b"V") and group["i(v1)"].attrs["unit"] in ("A", b"A")


@case
def spice_both_engines(t):
    """Both engines run a deck, and the place of their largest difference is told."""
    done = t.ohmloom("spice", deck(t, DIVIDER), "--engine", "both", "--json")
    result = json.loads(done.out)
    assert [run["engine"] for run in result["engines"]] == ["mna", "ngspice"]
    assert all(run["measures"][0]["value"] - 1.0 < 1e-9 for run in result["engines"])
    assert len(result["differences"]) == 2 and all(d["relative"] < 1e-6 for d in result["differences"])


@case
def spice_transient(t):
    """ngspice runs a transient deck; its measure is the closed form."""
    result = json.loads(t.ohmloom("spice", deck(t, RC), "--engine", "ngspice", "--json").out)
    measure = result["engines"][0]["measures"][0]
    assert abs(measure["value"] / 0.693147e-6 - 1.0) < 5e-3 and measure["unit"] == "s"


@case
def spice_transient_by_default(t):
    """Without --engine, mna runs a transient deck and counts its steps; with both, they are compared."""
    engine = json.loads(t.ohmloom("spice", deck(t, RC), "--json").out)["engines"][0]
    assert engine["engine"] == "mna" and abs(engine["measures"][0]["value"] / 0.693147e-6 - 1.0) < 1e-3
    analysis = engine["analyses"][0]
    assert analysis["steps"] > 10 and analysis["newton_iterations"] >= 2 * analysis["steps"], analysis
    done = t.ohmloom("spice", deck(t, RC.replace(".tran", ".op\n.tran")), "--engine", "both", "-o", "out.h5")
    assert ".op: no difference" in done.out and ".tran: largest difference" in done.out, done.out
    assert "steps, " in done.out, done.out
    with h5py.File(t.path("out.h5")) as file:
        assert set(file["ngspice"]) >= {"0_op", "1_tran"} and set(file["mna"]) >= {"0_op", "1_tran"}
        time = file["mna/1_tran/time"]
        assert file["mna/1_tran"].attrs["steps"] == analysis["steps"]
        assert time.attrs["unit"] in ("s", b"s") and time[0] == 0.0 and abs(time[-1] - 5e-6) < 1e-18
        # The instants that the deck asks for are among the points.
        assert np.abs(time[:] - 1e-6).min() < 1e-16
    strict = t.ohmloom("spice", deck(t, RC), "--engine", "both", "--tran-tol", "1e-12", status=1)
    assert ".tran: largest difference" in strict.out, strict.out


@case
def spice_noise(t):
    """Thermal noise of resistors is kT/C on a capacitor, drawn by its seed, and mna's alone."""
    text = "noise\nr1 a 0 1k\nc1 a 0 1p\n.tran 1n 2u\n.end\n"

    def voltage(*more):
        t.ohmloom("spice", deck(t, text), "--noise-step", "5e-11", "-o", "out.h5", *more)
        with h5py.File(t.path("out.h5")) as file:
            return file["mna/0_tran/v(a)"][:]

    first = voltage("--noise-seed", "7")
    # 2000 time constants: the variance is known to sqrt(2/2000) = 3.2 %.
    assert abs(np.var(first[500:]) / (1.380649e-23 * 300.15 / 1e-12) - 1.0) < 0.1, np.var(first)
    assert (first == voltage("--noise-seed", "7")).all() and (first != voltage("--noise-seed", "8")).any()
    t.refused("spice", deck(t, text), "--noise-step", "5e-11", "--engine", "both")


@case
def spice_bad_transient(t):
    """A transient that cannot be stepped says at which instant and where, and keeps its points until then."""
    text = "lost\nv1 in 0 pwl(0 1 1n -1)\nb1 0 a i=sqrt(v(in))\nr1 a 0 1k\nc1 a 0 1p\n.tran 10p 1n\n.end\n"
    done = t.ohmloom("spice", deck(t, text), "-o", "out.h5", status=1)
    assert "at t = 5e-10 s" in done.out and "node a" in done.out, done.out
    with h5py.File(t.path("out.h5")) as file:
        assert abs(file["mna/0_tran/time"][-1] - 0.5e-9) < 1e-15


def kept_deck(t, text):
    """The deck that a message says was kept; its folder is inside the case's own."""
    found = re.search(r"deck and log: (\S+)\.cir, \.log", text)
    assert found, text
    assert found[1].startswith(str(t.folder)), text
    return Path(found[1] + ".cir").read_text(), Path(found[1] + ".log").read_text()


@case
def spice_endless(t):
    """A transient without end is ended in time; its points until then are in the file, its deck and log are kept."""
    text = RC.replace(".tran 10n 5u 0 5n", ".tran 1n 0.9")
    here = {"TMPDIR": str(t.folder)}
    done = t.ohmloom(
        "spice", deck(t, text), "--engine", "ngspice", "--time-limit", "1", "-o", "out.h5", status=1, environment=here
    )
    assert "NOT converged: ngspice needed more time than allowed" in done.out, done.out
    kept, log = kept_deck(t, done.out)
    assert "c1 out 0" in kept and "rc" in log
    with h5py.File(t.path("out.h5")) as file:
        group = file["ngspice/0_tran"]
        assert group["time"].shape[0] > 10 and "more time" in group.attrs["message"]


def busy_children_of(process, worked=0.5, patience=60):
    """The processes that a process started, once one of them has computed for `worked` seconds; none if it ends or patience (s) does."""
    ticks = worked * os.sysconf("SC_CLK_TCK")
    end = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < end:
        children = set()
        busy = False
        with contextlib.suppress(OSError):  # Threads and processes may end while they are looked at.
            # Children are listed by the thread that started them.
            for file in Path(f"/proc/{process.pid}/task").glob("*/children"):
                children |= {int(child) for child in file.read_text().split()}
            for child in children:
                user_time = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11]
                busy = busy or int(user_time) >= ticks
        if busy:
            return children
        time.sleep(0.02)
    return set()


@case
def spice_ngspice_killed(t):
    """kill -9 of ngspice's process is told as the analysis' outcome; the program ends in order."""
    text = RC.replace(".tran 10n 5u 0 5n", ".op\n.tran 1n 0.9")
    here = {"TMPDIR": str(t.folder)}
    process = t.start("spice", deck(t, text), "--engine", "ngspice", "--json", environment=here)
    children = busy_children_of(process)  # by then it is done with the operating point
    assert children, "ngspice has no process of its own"
    for child in children:
        os.kill(child, signal.SIGKILL)
    result = json.loads(t.end(process, status=1).out)["engines"][0]["analyses"]
    assert result[0]["converged"] == 1 and "signal 9" in result[1]["message"], result


@case
def spice_failed_measure(t):
    """A measure that finds nothing is told, with exit status 1."""
    done = t.ohmloom("spice", deck(t, DIVIDER.replace("at=1.5", "at=15")), status=1)
    assert "does not reach" in done.out, done.out


@case
def spice_no_solution(t):
    """A circuit without a solution is told, with exit status 1."""
    text = "none\nv1 in 0 0\nr1 in a 1k\nb1 a 0 i=-1m*(v(a)*v(a)+1)\n.op\n.end\n"
    done = t.ohmloom("spice", deck(t, text), status=1)
    assert "NOT converged" in done.out, done.out


@case
def spice_refusals(t):
    """A deck that cannot be read is refused with file, line and column; so is one that mna cannot run."""
    t.refused("spice", deck(t, "bad\nr1 a 0 1x9\n.op\n"))
    t.refused("spice", deck(t, "bad\nr1 a 0 1k\n"))
    t.refused("spice", deck(t, RC.replace(".tran", ".temp 50\n.tran")), "--engine", "mna")
    t.refused("spice", deck(t, RC.replace(".tran", ".options reltol=2\n.tran")))
    t.refused("spice", deck(t, RC.replace("10n 5u 0 5n", "10n 0")))
    t.refused("spice", "missing.cir")
    t.matches_golden()
