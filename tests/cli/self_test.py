#!/usr/bin/python3
"""The harness on trial: a stand-in program misbehaves in every way the cases watch for, and each must be noticed. And
the dense reference on trial: circuits small enough to be solved by hand."""

import sys
import tempfile
from pathlib import Path

import numpy as np

import harness
import nodal_reference

# What the stand-in does, by its first word. Every one but the last breaks one rule of a refusal.
STAND_IN = f"""#!{sys.executable}
import pathlib, sys
word = sys.argv[1]
if word == "stdout": print("result")
if word == "leftover": pathlib.Path("out.h5").write_text("half")
if word == "temporary": pathlib.Path(".out.h5.part").write_text("half")
if word == "touched": pathlib.Path("older.h5").write_text("changed")
if word == "gone": pathlib.Path("older.h5").unlink()
if word == "silent": sys.exit(2)
if word == "trace": sys.stderr.write("ohmloom: no\\n  at main\\n"); sys.exit(2)
if word == "endless": sys.stderr.write("ohmloom: " + "no " * 200 + "\\n"); sys.exit(2)
if word == "nameless": sys.stderr.write("no\\n"); sys.exit(2)
sys.stderr.write("ohmloom: refused\\n")
sys.exit({{"good": 0, "failed": 1, "crash": 139}}.get(word, 2))
"""
MISBEHAVIOUR = "stdout leftover temporary touched gone silent trace endless nameless good failed crash".split()


@harness.case
def refusal(t):
    """Set by the tests below."""
    t.path("older.h5").write_text("older")
    t.refused(WORD)


@harness.case
def no_such_golden(t):
    """Compares with a golden file that is not there."""
    t.refused("well")
    t.matches_golden()


@harness.case
def wordless(t):
    """Finds something wrong and says nothing."""
    assert t.path("result").exists()


def outcome(program, word, case="refusal"):
    global WORD
    WORD = word
    return harness.run_case(case, program)


def check_reference():
    """One cell of 1 kOhm at 1 V: everything between source and sense node is in series."""
    g, v = np.array([[1e-3]]), np.array([1.0])
    resistances = {"r_row": 10.0, "r_col": 20.0, "r_source": 30.0, "r_sense": 40.0}
    expected = {
        "one end": (nodal_reference.solve(g, v, **resistances), 1.0 / (30 + 10 + 1000 + 20 + 40)),
        # Two equal branches on either side of the cell.
        "both ends": (
            nodal_reference.solve(g, v, **resistances, row_ends="both", col_ends="both"),
            1.0 / ((30 + 10) / 2 + 1000 + (20 + 40) / 2),
        ),
        "sinh": (nodal_reference.solve(g, v, r_row=0.0, r_col=0.0, alpha=2.0), 1e-3 * np.sinh(2.0) / 2.0),
    }
    for name, (point, current) in expected.items():
        if not np.allclose([point.i_row[0], point.i_col[0]], current, rtol=1e-12, atol=0):
            yield f"reference, {name}: {point.i_row[0]}, expected {current}"


def main():
    failures = list(check_reference())
    with tempfile.TemporaryDirectory(prefix="ohmloom-cli-") as folder:
        program = Path(folder) / "stand-in"
        program.write_text(STAND_IN)
        program.chmod(0o755)
        harness.GOLDEN = Path(folder)
        failures += [f"not noticed: {word}" for word in MISBEHAVIOUR if outcome(program, word) is None]
        if "result" not in (outcome(program, "well", "wordless") or ""):
            failures.append("not noticed: an assertion without words")
        proper = outcome(program, "well")
        if proper is not None:
            failures.append(f"a proper refusal was not accepted: {proper}")

        if outcome(program, "", "no_such_golden") is None:
            failures.append("not noticed: a missing golden file")
        harness.run_case("no_such_golden", program, update=True)
        if outcome(program, "", "no_such_golden") is not None:
            failures.append("a golden file just written does not match")
        golden = Path(folder) / "no_such_golden.txt"
        golden.write_text(golden.read_text().replace("refused", "refusad"))
        if outcome(program, "", "no_such_golden") is None:
            failures.append("not noticed: a golden file with other words")
    print("\n".join(failures) or f"{len(MISBEHAVIOUR) + 3} kinds of misbehaviour are noticed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
