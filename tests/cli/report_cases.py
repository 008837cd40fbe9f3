"""`ohmloom report`, and the maps of `ohmloom run` that it shows. What its page does in a browser is tests/report/page_test.py's."""

import json

import h5py

from harness import case
from study_files import sample_problem


def run(t, *flags):
    t.ohmloom("run", sample_problem().write(t.folder), "-o", "result.h5", *flags)


def has_page(t):
    checks = json.loads(t.ohmloom("doctor", "--json").out)["checks"]
    return next(check["health"] == "good" for check in checks if check["what"] == "report")


@case
def report_page(t):
    """A run becomes one page that holds its data and its library; without the page built in, one line says how to get it."""
    run(t)
    if not has_page(t):
        assert "apt install npm" in t.ohmloom("report", "result.h5", "-o", "page.html", status=1).err
        return
    said = t.ohmloom("report", "result.h5", "-o", "page.html")
    assert said.out == "" and said.err == ""
    page = t.path("page.html").read_text()
    data = json.loads(page.split('id="data">', 1)[1].split("</script>", 1)[0])
    with h5py.File(t.path("result.h5")) as file:
        power = next(figure for figure in data["figures"] if figure["name"] == "power_w")
        assert power["values"] == file["points/power_w"][:].tolist() and power["unit"] == "W"
    assert "Apache License" in page and page.count("</html>") == 1


@case
def report_figures(t):
    """Figures for papers are SVG and PNG beside their data and scripts, which need no page."""
    run(t, "--map", "0/3/5")
    t.ohmloom("report", "result.h5", "--figures", "figures")
    names = {file.name for file in t.path("figures").iterdir()}
    for name in ("accuracy-power", "accuracy-axis", "power-parts", "confusion", "class-errors", "tile-currents", "tile-error-histogram"):
        assert {f"{name}.{ending}" for ending in ("svg", "png", "dat", "gp")} <= names, (name, names)


@case
def report_chosen_figures(t):
    """Figures over axes show what is asked for; what the result does not have is refused with what it has."""
    run(t)
    t.ohmloom("report", "result.h5", "--figures", "figures", "--figure", "tiles", "--over", "power_w", "--curves", "none")
    assert t.path("figures/tiles-axis.svg").exists()
    with h5py.File(t.path("result.h5")) as file:
        expected = sorted(zip(file["points/power_w"][:], file["points/tiles"][:]))
    told = [line.split()[:2] for line in t.path("figures/tiles-axis.dat").read_text().splitlines() if line[:1].isdigit()]
    assert len(told) == len(expected) and all(abs(float(a) / b - 1) < 1e-9 for row in zip(told, expected) for a, b in zip(*row)), told
    said = t.ohmloom("report", "result.h5", "--figures", "other", "--figure", "powr", status=2)
    assert "there is no figure 'powr': expected one of accuracy" in said.err and not t.path("other").exists(), said


@case
def report_no_gnuplot(t):
    """Without gnuplot one line says that figures need it and how to get it, and nothing is left behind."""
    run(t)
    said = t.ohmloom("report", "result.h5", "--figures", "figures", status=1, environment={"PATH": str(t.folder)})
    assert "apt install gnuplot-nox" in said.err and not t.path("figures").exists(), said


@case
def report_refusals(t):
    """What cannot be reported is refused in one line."""
    with h5py.File(t.path("result.h5"), "w") as file:
        file.attrs["schema"] = "ohmloom-run-1"
        file["points/accuracy"] = [0.5, 0.6]
    with h5py.File(t.path("short.h5"), "w") as file:
        file.attrs["schema"] = "ohmloom-run-1"
        file["points/accuracy"] = [0.5, 0.6]
        file["points/power_w"] = [1.0]
    t.path("text.h5").write_text("no HDF5")
    with h5py.File(t.path("array.h5"), "w") as file:
        file.attrs["schema"] = "ohmloom-array-1"
    t.refused("report", "result.h5")
    t.refused("report", "missing.h5", "-o", "page.html")
    t.refused("report", "text.h5", "-o", "page.html")
    t.refused("report", "array.h5", "-o", "page.html")
    t.refused("report", "short.h5", "-o", "page.html")
    t.refused("report", "result.h5", "-o", "result.h5")
    t.refused("report", "result.h5", "-o", "nowhere/page.html")
    t.matches_golden()


@case
def run_maps(t):
    """A map has the tile's node voltages and cell currents, and its outputs for every image, of every scheme that has the tile."""
    run(t, "--map", "1/0", "--map", "0/7/4")
    with h5py.File(t.path("result.h5")) as file:
        maps = [dict(file["maps"][name].attrs) for name in sorted(file["maps"])]
        assert [(m["point"], m["layer"], m["tile"], m["image"]) for m in maps] == [(0, 1, 0, 0), (1, 1, 0, 0), (1, 0, 7, 4)], maps
        for name in file["maps"]:
            group = file["maps"][name]
            rows, lines = group["v_b"].shape
            assert group["v_w"].shape == (rows, lines // 2) and group["i_cell"].shape == (rows, lines) and group["v_row"].shape == (rows,)
            assert group["outputs"].shape == (len(file["labels"]), lines // 2) == group["outputs_ideal"].shape
            assert group["i_cell"].attrs["unit"] == "A" and group["v_w"].attrs["unit"] == "V"
        # The same outputs, solved on their own: the sum of a line's cells through the difference stage is in the unit tests.
        assert abs(file["maps/0/outputs"][:] - file["maps/0/outputs_ideal"][:]).max() > 0


@case
def run_map_refusals(t):
    """Maps of tiles and images that are not there, badly written ones, and maps without a file to write to are refused."""
    problem = sample_problem()
    study = problem.write(t.folder)
    t.refused("run", study, "--map", "0/0")
    for place in ("0", "0/x", "0/1/", "/0/1", "0/0/0/0", "-1/0", "0/8", "2/0", "0/0/100000"):
        t.refused("run", study, "-o", "result.h5", f"--map={place}")
    t.matches_golden()
