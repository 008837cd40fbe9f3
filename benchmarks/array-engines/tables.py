#!/usr/bin/python3
"""Writes the tables of README.md anew from the CSV files in results/.

    tables.py [--check]

Each table stands between two comment lines, <!-- table: NAME --> and <!-- end -->; all other text is left alone. With
--check nothing is written, and the status is 1 if README.md is not what the results say.
"""

import argparse
import csv
import sys
from pathlib import Path

HERE = Path(__file__).parent


def read(name):
    with open(HERE / "results" / name, newline="") as file:
        return list(csv.DictReader(file))


def number(text, digits=3):
    return f"{float(text):.{digits}g}" if text else "–"


def seconds(text):
    if not text:
        return "–"
    value = float(text)
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= 0.9995 * scale or unit == "µs":
            return f"{value / scale:.3g} {unit}"


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def distance(row):
    """How far beyond or short of its target a row is, as a factor."""
    factor = float(row["measured"]) / float(row["wanted"])
    if row["bound"] == "<=":
        factor = 1.0 / factor
    if row["met"] == "yes":
        return f"met, {factor:.2g}× beyond"
    return f"**not met**, short by {1.0 / factor:.2g}×"


def targets():
    sign = {">=": "≥", "<=": "≤"}
    rows, loads = [], []
    for row in read("targets.csv"):
        loads.append(float(row["load"]))
        measured = "–"
        if row["measured"]:
            measured = number(row["measured"])
            if row["low"] != row["high"]:
                measured += f" ({number(row['low'])} … {number(row['high'])})"
        rows.append([
            row["work"],
            f"{sign[row['bound']]} {float(row['wanted']):g} {row['unit']}",
            measured,
            distance(row) if row["measured"] else "not run",
            " / ".join(seconds(row[key]) for key in ("ours_s", "baseline_s") if row[key]),
            number(row["residual"], 2),
            number(row["error"], 2),
            row["note"],
        ])
    text = table(["work", "target", "measured (quartiles)", "", "ours / baseline", "residual", "error", "note"], rows)
    return text + f"\n\nLoad average of the machine meanwhile: {min(loads):.1f} to {max(loads):.1f}."


def engines():
    """Processor time per vector, by engine, of every shape at 1 Ohm."""
    grid, names, cases = {}, [], []
    for row in read("engines.csv"):
        if row["r_wire_ohm"] != "1":
            continue
        case = (f"{row['rows']}×{row['cols']}", row["cells"], row["vectors"])
        if row["engine"] not in names:
            names.append(row["engine"])
        if case not in cases:
            cases.append(case)
        if row["cpu_s"]:
            grid[case, row["engine"]] = seconds(row["cpu_s"])
    rows = [[*case, *(grid.get((case, name), "–") for name in names)] for case in cases]
    return table(["array", "cells", "vectors", *(f"`{name}`" for name in names)], rows)


def quality():
    """Largest residual and error of each engine over the whole grid."""
    worst = {}
    for row in read("engines.csv"):
        if row["residual"]:
            entry = worst.setdefault(row["engine"], {"residual": 0.0, "error": 0.0, "cases": 0})
            entry["cases"] += 1
            for key in ("residual", "error"):
                entry[key] = max(entry[key], float(row[key] or 0.0))
    rows = [[f"`{name}`", str(entry["cases"]), f"{entry['residual']:.1e}", f"{entry['error']:.1e}"] for name, entry in worst.items()]
    return table(["engine", "cases run", "largest residual", "largest error"], rows)


def machine():
    rows = [[row["name"], row["level"], number(row["gb_per_s"]), number(row["gflop_per_s"])]
            for row in read("roofline.csv") if row["kind"] == "machine"]
    return table(["kernel", "level", "GB/s", "Gflop/s"], rows)


def roofline():
    rows = []
    for row in read("roofline.csv"):
        if row["kind"] == "engine":
            rows.append([
                f"`{row['name']}`", row["side"], row["per"], row["level"] or "–", number(row["bytes"]), number(row["flops"]),
                number(row["ns"]), number(row["gb_per_s"]), number(row["gflop_per_s"]), f"{100 * float(row['of_limit'] or 0):.0f} %",
            ])
    return table(["engine", "side", "per cell, vector and", "in", "bytes", "flop", "ns", "GB/s", "Gflop/s", "of the limit"], rows)


def crossover():
    """Lines against condense for the batches of every array and wire, and what auto takes."""
    cells = {}
    for row in read("crossover.csv"):
        case = (f"{row['rows']}×{row['cols']}", f"{row['r_row']} / {row['r_col']}")
        mark = "" if float(row["loss"]) < 1.1 else f" (auto: {row['chosen']})"
        best = {name: f"**{number(row[name + '_ns'])}**" if row["faster"] == name else number(row[name + "_ns"])
                for name in ("lines", "condense")}
        cells.setdefault(case, {})[row["vectors"]] = f"{best['lines']} / {best['condense']}{mark}"
    batches = ("1", "6", "16", "100", "1000")
    rows = [[*case, *(of.get(batch, "–") for batch in batches)] for case, of in cells.items()]
    return table(["array", "r_row / r_col [Ohm]", *(f"{batch} vectors" for batch in batches)], rows)


TABLES = {"targets": targets, "engines": engines, "quality": quality, "machine": machine, "roofline": roofline,
          "crossover": crossover}


def rewrite(text):
    for name, make in TABLES.items():
        begin, end = f"<!-- table: {name} -->\n", "\n<!-- end -->"
        if begin not in text:
            sys.exit(f"README.md: '{begin.strip()}' is not there; expected: one such line for every table")
        before, rest = text.split(begin, 1)
        text = before + begin + make() + end + rest.split(end.lstrip("\n"), 1)[1]
    return text


def main():
    parser = argparse.ArgumentParser(description="Writes the tables of README.md anew from the CSV files in results/.")
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 if something would change")
    options = parser.parse_args()
    readme = HERE / "README.md"
    old = readme.read_text()
    new = rewrite(old)
    if options.check:
        sys.exit(0 if new == old else f"{readme}: its tables are not those of results/. Mend: run tables.py")
    readme.write_text(new)


if __name__ == "__main__":
    main()
