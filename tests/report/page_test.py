#!/usr/bin/python3
"""Opens reports in a headless Chromium: they are drawn, say what their files say, and fit phones.

    page_test.py --list                      names of all cases
    page_test.py --program OHMLOOM [CASE...] runs these, or all; status 1 if one failed, 77 if there is no Chromium

Needs Debian's python3-h5py and python3-numpy: /usr/bin/python3, whatever stands first in PATH.
"""

import argparse
import csv
import io
import itertools
import json
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import h5py
import numpy as np

from chromium import Chromium, find_chromium

SKIPPED = 77
CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def put(file, path, values, unit="1", **attributes):
    file[path] = values
    for name, value in ({"unit": unit} | attributes).items():
        file[path].attrs[name] = value


def put_points(file, accuracy, random):
    """Classes of which a part `accuracy` is right, and figures that belong to them."""
    rows, images = len(accuracy), 200
    labels = random.integers(0, 10, images).astype(np.uint8)
    wrong = random.random((rows, images)) > np.array(accuracy)[:, None]
    classes = np.where(wrong, (labels + random.integers(1, 10, (rows, images))) % 10, labels).astype(np.uint8)
    found = (classes == labels).mean(1)
    half = 1.96 * np.sqrt(found * (1 - found) / images)
    power = random.uniform(0.1, 2.0, rows)
    file.attrs["version"] = "9.8.7"
    put(file, "study", "# a study </script><b>bold</b>\n")
    put(file, "labels", labels)
    put(file, "seed", 5)
    put(file, "points/classes", classes)
    put(file, "points/accuracy", found)
    put(file, "points/accuracy_low", found - half)
    put(file, "points/accuracy_high", np.minimum(found + half, 1))
    put(file, "points/power_w", power, "W")
    for name, part in (("cells", 0.6), ("wires", 0.3), ("amplifiers", 0.1)):
        put(file, f"points/power_{name}_w", part * power, "W")
    put(file, "points/energy_j", 1e-9 * power, "J")
    put(file, "points/residual_max", 10 ** random.uniform(-14, -11, rows))
    put(file, "points/converged", np.ones(rows))


def write_run(path):
    """A run of four schemes with a map of one tile."""
    random = np.random.default_rng(1)
    with h5py.File(path, "w") as file:
        file.attrs["schema"] = "ohmloom-run-1"
        put_points(file, [0.2, 0.7, 0.9, 0.97], random)
        put(file, "points/horizontal", [[1.0, 1], [4, 1], [8, 2], [16, 8]])
        put(file, "points/vertical", [[1.0, 1], [1, 1], [2, 1], [8, 1]])
        file["points/network"] = ["a <net>"] * 4
        for name in ("wires", "converters"):
            put(file, f"points/accuracy_{name}_alone", random.uniform(0.9, 1, 4))
        for name, shape, unit in (("v_w", (6, 4), "V"), ("v_b", (6, 8), "V"), ("i_cell", (6, 8), "A"), ("outputs", (200, 4), "V"), ("outputs_ideal", (200, 4), "V")):
            put(file, f"maps/0/{name}", random.normal(size=shape) * (1e-5 if unit == "A" else 1.0), unit)
        file["maps/0"].attrs.update({"point": 3, "layer": 0, "tile": 2, "image": 9, "lines_per_output": 2})


def write_sweep(path):
    """Three axes, repetitions, and a point that failed."""
    random = np.random.default_rng(2)
    rows = list(itertools.product(["[4, 1]", "[8, 2]", "[16, 8]"], [1.0, 10.0, 100.0], ["mram", "pcm"], [1.0, 2.0, 3.0]))
    with h5py.File(path, "w") as file:
        file.attrs["schema"] = "ohmloom-sweep-1"
        put_points(file, random.uniform(0.3, 0.99, len(rows)), random)
        file["axes/names"] = ["partition.horizontal", "array.r_row", "device.model", "seed"]
        for place, (name, unit, kind) in enumerate((("partition.horizontal", "1", "list"), ("array.r_row", "Ohm", "log"), ("device.model", "1", "list"), ("seed", "1", "repeat"))):
            put(file, f"coordinates/{name}", [row[place] for row in rows], unit, kind=kind)
        put(file, "points/point", np.arange(len(rows)))
        put(file, "sweep/status", [0] * len(rows) + [2])
        file["sweep/message"] = [""] * len(rows) + ["no card <mram2>"]
        put(file, "sweep/seed", [5] * (len(rows) + 1))
        put(file, "timing/wall_s", random.random(len(rows) + 1), "s")
        file["provenance/host"] = "lab"


def write_flaws(path):
    """A sweep whose corners step through two flaws, with the errors of products that they make."""
    corner, bits, wire = ["bits"] * 3 + ["wires"] * 3, [2.0, 4, 6, 9, 9, 9], [0.0, 0, 0, 1, 10, 100]
    with h5py.File(path, "w") as file:
        file.attrs["schema"] = "ohmloom-sweep-1"
        put_points(file, [0.3, 0.7, 0.95, 0.95, 0.9, 0.6], np.random.default_rng(3))
        put(file, "points/product_error", [0.4, 0.1, 0.025, 0.02, 0.1, 0.5])
        file["axes/names"] = ["corner", "adc.bits", "array.wire.r_row"]
        for name, values, unit in (("corner", corner, "1"), ("adc.bits", bits, "1"), ("array.wire.r_row", wire, "Ohm")):
            put(file, f"coordinates/{name}", values, unit, kind="corner")
        put(file, "points/point", np.arange(6))
        put(file, "sweep/status", [0] * 6)


def write_least(path):
    """A run of one point that tells nothing but its accuracy."""
    with h5py.File(path, "w") as file:
        file.attrs["schema"] = "ohmloom-run-1"
        put(file, "points/accuracy", [0.5])


def write_gaps(path):
    """A sweep one of whose rows has no numbers."""
    write_sweep(path)
    with h5py.File(path, "a") as file:
        for name in ("accuracy", "accuracy_low", "accuracy_high", "power_w", "energy_j", "residual_max"):
            file[f"points/{name}"][0] = np.nan


def write_nothing(path):
    """A sweep whose only point failed."""
    with h5py.File(path, "w") as file:
        file.attrs["schema"] = "ohmloom-sweep-1"
        put(file, "points/accuracy", np.empty(0))
        put(file, "points/point", np.empty(0))
        put(file, "coordinates/seed", np.empty(0), kind="repeat")
        file["axes/names"] = ["seed"]
        put(file, "sweep/status", [2])
        file["sweep/message"] = ["no network"]


class Trial:
    """A folder with the two results and their pages, and a browser."""

    def __init__(self, program, folder, browser):
        self.program, self.folder, self.browser = program, folder, browser
        writers = {"run": write_run, "sweep": write_sweep, "flaws": write_flaws, "least": write_least, "gaps": write_gaps, "nothing": write_nothing}
        self.results = {name: folder / f"{name}.h5" for name in writers}
        for name, file in self.results.items():
            writers[name](file)
            subprocess.run([program, "report", file, "-o", folder / f"{name}.html"], check=True)

    def page(self, name):
        return self.folder / f"{name}.html"

    def show(self, name, width=1440, dark=False):
        """Opens a page, which must have nothing to complain of and must ask for nothing but itself."""
        browser = self.browser
        browser.complaints.clear()
        browser.requests.clear()
        browser.show(self.page(name), width, dark=dark)
        self.is_silent(name)

    def is_silent(self, name):
        browser = self.browser
        errors = browser.value("document.documentElement.dataset.errors")
        assert not browser.complaints and errors is None, f"complaints: {browser.complaints} {errors}"
        others = [address for address in browser.requests if not address.startswith(("blob:", "data:")) and address != self.page(name).resolve().as_uri()]
        assert not others, f"asks for {others}"

    def drawn(self):
        """Charts that have marks on them."""
        return set(self.browser.value("[...document.querySelectorAll('.plot')].filter((p) => p.dataset.drawn && p.querySelector('svg path, canvas')).map((p) => p.id.replace('plot-', ''))"))

    def choose(self, figure, label, value):
        """Chooses an option of a figure's select by its label."""
        found = self.browser.value(
            f"(() => {{ const label = [...document.querySelectorAll('#{figure} label')].find((l) => l.textContent === {json.dumps(label)});"
            f" const select = document.getElementById(label.htmlFor); select.value = {json.dumps(value)}; select.dispatchEvent(new Event('change'));"
            " return select.value; })()"
        )
        assert found == value, f"{figure}: {label} is {found}, expected {value}"
        self.browser.settle()

    def table(self, figure):
        """The numbers of a figure's table: column title to values."""
        self.browser.value(f"document.querySelector('#{figure} details').open = true")
        self.browser.settle()
        cells = self.browser.value(f"[...document.querySelectorAll('#{figure} tbody tr')].map((row) => [...row.children].map((c) => [c.dataset.column, c.dataset.value]))")
        columns = {}
        for row in cells:
            for title, value in row:
                columns.setdefault(title, []).append(value)
        return columns


def numbers(texts):
    return [float(text) for text in texts]


@case
def draws_everything(t):
    """Every chart that the results have the numbers for is drawn, light and dark, wide and narrow, without a complaint, and fits."""
    expected = {
        "run": {"pareto", "lines", "confusion", "class-errors", "alone", "parts", "v_w", "v_b", "i_cell", "error-histogram", "column-errors", "residual"},
        "sweep": {"pareto", "lines", "heat", "confusion", "class-errors", "parts", "residual"},
        "flaws": {"pareto", "lines", "confusion", "class-errors", "error-curves", "parts", "residual"},
    }
    for (name, charts), width, dark in itertools.product(expected.items(), (1440, 390), (False, True)):
        t.show(name, width, dark)
        assert t.drawn() == charts, f"{name} at {width}: {t.drawn() ^ charts}"
        over = t.browser.value("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over == 0, f"{name} at {width} is {over} pixels too wide"
        paper = t.browser.value("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(20, 24, 29)") == dark, paper


@case
def tells_the_numbers_of_the_file(t):
    """Numbers of the headline table, the confusion matrix, the errors by class and the maps are those of the file."""
    t.show("run")
    with h5py.File(t.results["run"]) as file:
        for name in ("accuracy", "power_w", "energy_j", "residual_max"):
            told = t.browser.value(f"[...document.querySelectorAll('#points td[data-figure={name}]')].map((c) => Number(c.dataset.value))")
            assert told == file[f"points/{name}"][:].tolist(), name
        text = t.browser.value("[...document.querySelectorAll('#points td[data-figure=accuracy]')].map((c) => c.textContent)")
        assert text == [f"{100 * a:.2f}\u202f%" for a in file["points/accuracy"][:]], text
        best = int(np.argmax(file["points/accuracy"]))
        facts = t.browser.value("document.querySelector('.facts').textContent")
        assert f"{100 * file['points/accuracy'][best]:.2f}" in facts and "4 of 4" in facts, facts
        labels, classes = file["labels"][:], file["points/classes"][best]
        matrix = t.table("confusion")
        for j in range(10):
            assert numbers(matrix[f"taken for {j}"]) == [int(np.sum((labels == i) & (classes == j))) for i in range(10)], j
        errors = t.table("class-errors")
        assert numbers(errors["wrong"]) == [int(np.sum((labels == i) & (classes != i))) for i in range(10)]
        assert np.allclose(numbers(errors["error"]), [np.mean(classes[labels == i] != i) for i in range(10)], rtol=1e-14)
        for name in ("v_w", "v_b", "i_cell"):
            assert np.allclose(numbers(t.table(name)[name]), file[f"maps/0/{name}"][:].ravel(), rtol=1e-6), name
        error = file["maps/0/outputs"][:] - file["maps/0/outputs_ideal"][:]
        columns = t.table("column-errors")
        assert np.allclose(numbers(columns["mean"]), error.mean(0), rtol=1e-12)
        assert np.allclose(numbers(columns["rms"]), np.sqrt((error**2).mean(0)), rtol=1e-12)
        assert np.allclose(numbers(columns["low"]), np.quantile(error, 0.025, axis=0), rtol=1e-12)
        histogram = t.table("error-histogram")
        edges = numbers(histogram["from"]) + [numbers(histogram["to"])[-1]]
        assert numbers(histogram["outputs"]) == np.histogram(error, len(edges) - 1)[0].tolist()
        flaws = t.table("alone")
        told = dict(zip(flaws["with"], numbers(flaws["accuracy"])))
        assert told == {f"{name} alone": file[f"points/accuracy_{name}_alone"][best] for name in ("wires", "converters")} | {"all together": file["points/accuracy"][best]}, told
        parts = t.table("parts")
        assert np.allclose(numbers(parts["power_wires_w"]), file["points/power_wires_w"][:], rtol=1e-15)


@case
def folds_repetitions(t):
    """Lines and heat maps of a sweep are medians over its seeds at the chosen levels, bands the middle 95 %; choices change both."""
    t.show("sweep")
    with h5py.File(t.results["sweep"]) as file:
        r_row, device, power, accuracy = (file[p][:] for p in ("coordinates/array.r_row", "coordinates/device.model", "points/power_w", "points/accuracy"))
        scheme = file["coordinates/partition.horizontal"].asstr()[:]
        device = file["coordinates/device.model"].asstr()[:]
    medians = [np.median(accuracy[(scheme == s) & (r_row == r) & (device == d)]) for s in set(scheme) for r in set(r_row) for d in set(device)]
    facts = t.browser.value("document.querySelector('.facts').textContent")
    assert f"{100 * max(medians):.2f}" in facts and "median of 3" in facts, facts
    assert max(medians) < max(accuracy), "the sample says nothing"
    told = t.table("lines")
    assert len(told["accuracy"]) == 9, told
    chosen = (scheme == "[8, 2]") & (r_row == 10) & (device == "mram")
    place = [k for k in range(9) if told["partition.horizontal"][k] == "[8, 2]" and told["array.r_row"][k].startswith("10\u202f")]
    assert len(place) == 1
    assert np.isclose(float(told["accuracy"][place[0]]), np.median(accuracy[chosen]), rtol=1e-14)
    assert np.isclose(float(told["low"][place[0]]), np.quantile(accuracy[chosen], 0.025), rtol=1e-14)
    assert told["values"] == ["3"] * 9
    t.choose("lines", "Figure", "power_w")
    t.choose("lines", "Over", "array.r_row")
    t.choose("lines", "Curves by", "")
    t.choose("lines", "device.model", "1")
    t.choose("lines", "partition.horizontal", "all")
    told = t.table("lines")
    assert numbers(told["array.r_row"]) == [1, 10, 100]
    assert np.allclose(numbers(told["power_w"]), [np.median(power[(r_row == r) & (device == "pcm")]) for r in (1, 10, 100)], rtol=1e-14)
    t.choose("heat", "Down", "device.model")
    t.choose("heat", "array.r_row", "2")
    told = t.table("heat")
    expected = [np.median(accuracy[(scheme == s) & (device == d) & (r_row == 100)]) for d, s in zip(told["device.model"], told["partition.horizontal"])]
    assert len(expected) == 6 and np.allclose(numbers(told["accuracy"]), expected, rtol=1e-14)
    t.is_silent("sweep")


@case
def ranks_flaws_at_equal_errors(t):
    """Corners that step through a flaw each are curves over the error of products, and ranked where both have the same error."""
    t.show("flaws")
    told = t.table("error-curves")
    with h5py.File(t.results["flaws"]) as file:
        accuracy, error = file["points/accuracy"][:], file["points/product_error"][:]
    order = {(name, e): a for name, e, a in zip(["bits"] * 3 + ["wires"] * 3, error, accuracy)}
    assert {(c, float(e)): float(a) for c, e, a in zip(told["corner"], told["product_error"], told["accuracy"])} == order, told
    assert {"bits, bits 4", "wires, 10 Ohm"} <= set(told["point"]), told["point"]
    ranking = t.browser.value("[...document.querySelectorAll('#equal-error > .scroll tbody tr')].map((row) => [...row.children].map((c) => c.dataset.value))")
    titles = t.browser.value("[...document.querySelectorAll('#equal-error > .scroll thead th')].map((c) => c.textContent)")
    at = [title.replace(" ", " ") for title in titles].index("accuracy at 20 %")
    between = {name: np.interp(np.log(0.2), np.log(error[rows][::step]), accuracy[rows][::step]) for name, rows, step in (("bits", slice(0, 3), -1), ("wires", slice(3, 6), 1))}
    assert [row[0] for row in ranking] == sorted(between, key=between.get), ranking
    assert np.allclose(numbers([row[at] for row in ranking]), sorted(between.values()), rtol=1e-12), ranking


@case
def shows_the_front(t):
    """The front of accuracy against power has the points that no other beats in both."""
    t.show("run")
    told = t.table("pareto")
    with h5py.File(t.results["run"]) as file:
        power, accuracy = file["points/power_w"][:], file["points/accuracy"][:]
    assert numbers(told["power_w"]) == power.tolist() and numbers(told["accuracy"]) == accuracy.tolist()
    beaten = [any((power[j] <= power[k]) and (accuracy[j] >= accuracy[k]) and j != k for j in range(4)) for k in range(4)]
    assert True in beaten and False in beaten, "the sample says nothing"
    assert told["on the front"] == ["no" if b else "yes" for b in beaten], told


@case
def draws_what_there_is(t):
    """Results of one point, with gaps, or with nothing but failures are drawn as far as they go."""
    for name, charts in (("least", set()), ("gaps", {"pareto", "lines", "heat", "confusion", "class-errors", "parts", "residual"}), ("nothing", set())):
        t.show(name)
        assert t.drawn() == charts, f"{name}: {t.drawn() ^ charts}"
        text = t.browser.value("document.body.innerText")
        assert "NaN" not in text and "undefined" not in text and "Infinity" not in text, text
    assert "no network" in text
    t.show("least")
    assert "50.00\u202f%" in t.browser.value("document.querySelector('.facts').textContent")


@case
def downloads_csv(t):
    """The CSV of all figures has every figure of the file, with its unit and every digit."""
    t.show("run")
    t.browser.value("URL.createObjectURL = (blob) => { window.lastBlob = blob; return '#'; }")
    t.browser.value("[...document.querySelectorAll('button')].find((b) => b.textContent === 'Download all figures as CSV').click()")
    rows = list(csv.DictReader(io.StringIO(t.browser.value("window.lastBlob.text()"))))
    with h5py.File(t.results["run"]) as file:
        assert [float(row["power_w [W]"]) for row in rows] == file["points/power_w"][:].tolist()
        assert [float(row["horizontal_1"]) for row in rows] == file["points/horizontal"][:, 1].tolist()
    assert [row["scheme"] for row in rows] == ["1/1 x 1/1", "4/1 x 1/1", "8/2 x 2/1", "16/8 x 8/1"] and rows[0]["network"] == "a <net>"


@case
def is_read_by_keyboard_and_by_ear(t):
    """Every chart is an image with a sentence and can be stepped through by keys, and every control has a label."""
    for name in ("run", "sweep"):
        t.show(name)
        unnamed = t.browser.value("[...document.querySelectorAll('select')].filter((s) => !document.querySelector(`label[for=${s.id}]`)?.textContent).length")
        assert unnamed == 0, f"{unnamed} controls without labels"
        charts = t.browser.value("[...document.querySelectorAll('.plot')].map((p) => [p.id, p.getAttribute('role'), p.tabIndex, p.getAttribute('aria-label')])")
        for chart, role, index, label in charts:
            assert role == "img" and index == 0 and len(label) > 40 and "undefined" not in label and "NaN" not in label, (chart, role, index, label)
            t.browser.value(f"document.getElementById('{chart}').focus()")
            t.browser.value("document.getElementById('announcement').textContent = ''")
            t.browser.press("ArrowRight")
            first = t.browser.value("document.getElementById('announcement').textContent")
            t.browser.press("ArrowRight")
            second = t.browser.value("document.getElementById('announcement').textContent")
            assert first and second and first != second, f"{chart}: {first!r} then {second!r}"
        levels = t.browser.value("[...document.querySelectorAll('h1, h2, h3')].map((h) => Number(h.tagName[1]))")
        assert levels[0] == 1 and levels.count(1) == 1 and all(b <= a + 1 for a, b in zip(levels, levels[1:])), levels
        assert t.browser.value("document.documentElement.lang") == "en"
        t.is_silent(name)


@case
def sorts_and_tells_failures(t):
    """Heads of the table sort it; a sweep's failed points are told with their messages, as text and not as markup."""
    t.show("sweep")
    t.browser.value("[...document.querySelectorAll('#points thead button')].find((b) => b.textContent === 'Accuracy').click()")
    told = t.browser.value("[...document.querySelectorAll('#points td[data-figure=accuracy]')].map((c) => Number(c.dataset.value))")
    with h5py.File(t.results["sweep"]) as file:
        expected = sorted(file["points/accuracy"][:].tolist(), reverse=True)
    assert told == expected[: len(told)] and len(told) == 12
    assert "54 done, 0 not converged, 1 failed" in t.browser.value("document.getElementById('convergence').textContent")
    assert "no card <mram2>" in t.browser.value("document.getElementById('convergence').textContent")
    assert "</script><b>bold</b>" in t.browser.value("document.querySelector('.study pre').textContent")
    assert "9.8.7" in t.browser.value("document.getElementById('provenance').textContent")


def main():
    parser = argparse.ArgumentParser(description="Opens reports in a headless Chromium.")
    parser.add_argument("--program", type=Path)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    options = parser.parse_args()
    if options.list:
        print("\n".join(CASES))
        return 0
    program = find_chromium()
    if program is None:
        print("skipped: there is no chromium (apt install chromium)")
        return SKIPPED
    failures = 0
    with tempfile.TemporaryDirectory(prefix="ohmloom-report-") as folder, Chromium(program) as browser:
        trial = Trial(options.program.resolve(), Path(folder), browser)
        for name in options.cases or CASES:
            try:
                CASES[name](trial)
                print(f"passed  {name}: {CASES[name].__doc__}")
            except AssertionError:
                failures += 1
                print(f"FAILED  {name}: {CASES[name].__doc__}")
                traceback.print_exc(limit=-2, file=sys.stdout)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
