"""`ohmloom lut tiles` and `ohmloom run --tables`: tables in the place of tiles' circuits."""

import json

import numpy as np

from harness import case
from run_cases import device_study, study_with
from study_files import CROP, SIDE, sample_problem

JUNCTIONS = '[device]\nmodel = "mram/synapse_5k"\n'


def matched_problem(count=400):
    """Images that are one of five patterns with some pixels wrong, and a network whose hidden units look for the patterns: as one that was trained,
    it tells most images apart by a margin."""
    random = np.random.default_rng(11)
    problem = device_study(JUNCTIONS + '[readout]\nkind = "virtual-ground"\ngain = [0.3, 0.3]\n')
    patterns = np.array([random.permutation([-1.0, 1.0] * (CROP * CROP // 2)) for _ in range(5)])
    problem.weights[0][:5] = patterns
    problem.weights[1][:] = -1.0
    problem.weights[1][range(5), range(5)] = 1.0
    problem.bias = [np.ones_like(bias) for bias in problem.bias]
    problem.labels = np.arange(count) % 5
    right = random.random((count, CROP * CROP)) > 0.12
    pixels = np.where(right, patterns[problem.labels], -patterns[problem.labels]) > 0
    problem.images = np.zeros((count, SIDE, SIDE), dtype=int)
    margin = (SIDE - CROP) // 2
    problem.images[:, margin : margin + CROP, margin : margin + CROP] = 255 * pixels.reshape(count, CROP, CROP)
    return problem


def compared(t, study, max_error=0.02, *flags):
    """Runs with circuits and with tables, and the two compared."""
    t.ohmloom("run", study, "-o", "circuit.h5")
    made = json.loads(t.ohmloom("lut", "tiles", study, "-o", "tiles.h5", "--max-error", max_error, "--json", *flags).out)
    tabled = json.loads(t.ohmloom("run", study, "--tables", "tiles.h5", "-o", "tables.h5", "--json").out)["points"]
    comparison = json.loads(t.ohmloom("compare", "circuit.h5", "tables.h5", "--json").out)
    return made["tables"], tabled, comparison["points"]


@case
def tables_of_junctions(t):
    """Nonlinear tiles have surrogates with errors as asked for, and classify as their circuits do; a second scheme's tiles have their own."""
    made, tabled, points = compared(t, matched_problem().write(t.folder), 0.01, "--images", 40)
    assert len(made) == 2 + 4 * 2 + 2, [table["name"] for table in made]
    for table in made:
        assert table["reached"] and table["error"]["largest_v"] <= 0.01 * table["span_v"] and table["error"]["points"] == 1000
        assert 0 < table["table_s"] and 0 < table["circuit_s"]
        assert 0 < table["error"]["rms_v"] < table["error"]["largest_v"] and table["error_for_images"]["points"] == 10
    for point, compared_point in zip(tabled, points):
        assert point["engine"] == "tables" and point["tables"]["file"] == "tiles.h5" and point["converged"]
        assert point["tables"]["error_largest_v"] > 0 and point["accuracy_ideal_wires"] is None
        assert point["accuracy"] > 0.6, point  # else the network would say nothing
        assert compared_point["same_class"] >= 0.995 * 400, compared_point
        moved = compared_point["moved"].get("power_w")
        assert moved is None or abs(moved["second"][0] / moved["first"][0] - 1) < 0.02, moved
    said = t.ohmloom("run", "study.toml", "--tables", "tiles.h5").out
    assert "tiles: 2 tables of tiles.h5 in the place of circuits, within " in said, said


@case
def tables_of_linear_cells(t):
    """Linear tiles have exact maps: every figure is that of the circuits, and a study file may name the tables itself."""
    problem = sample_problem()
    made, tabled, points = compared(t, problem.write(t.folder))
    assert all(table["form"] == "exact map" for table in made)
    assert all(point["same_class"] == 60 for point in points)
    assert all(set(point["moved"]) <= {"residual_max"} or max(abs(m["second"][0] / m["first"][0] - 1) for m in point["moved"].values()) < 1e-9 for point in points)
    problem.study += '\n[tables]\nfile = "tiles.h5"\n'
    named = json.loads(t.ohmloom("run", problem.write(t.folder), "--json").out)["points"]
    for one, other in zip(tabled, named):
        assert one["accuracy"] == other["accuracy"] and one["power_w"] == other["power_w"] and other["engine"] == "tables"
        assert other["tables"]["error_largest_v"] == 0


@case
def tables_between_converters(t):
    """Converters stand around tables as around circuits."""
    problem = study_with("[array]\n", '[adc]\nbits = 8\n[dac]\nbits = 6\n[array]\n')
    problem.study = problem.study.replace('[device]\nr_on = "5k"\nr_off = "15k"\n', JUNCTIONS)
    _, tabled, points = compared(t, problem.write(t.folder))
    for point, compared_point in zip(tabled, points):
        assert "accuracy_wires_alone" not in point and "accuracy_fixed" in point and point["engine"] == "tables"
        assert compared_point["same_class"] >= 59, compared_point


@case
def tables_of_other_tiles(t):
    """Tables stand for exactly the cells, wires and stages that they were made of."""
    problem = sample_problem()
    study = problem.write(t.folder)
    t.ohmloom("lut", "tiles", study, "-o", "tiles.h5")
    problem.study = problem.study.replace("r_row = 10", "r_row = 11")
    said = t.ohmloom("run", problem.write(t.folder), "--tables", "tiles.h5", status=2).err
    assert "tile 0 of layer 0 has no table in tiles.h5" in said and "ohmloom lut tiles" in said, said
    content = bytearray(t.path("tiles.h5").read_bytes())
    content[len(content) // 2] ^= 1
    t.path("tiles.h5").write_bytes(content)
    said = t.ohmloom("run", study, "--tables", "tiles.h5", status=2).err
    assert "tiles.h5" in said and len(said.splitlines()) == 1, said


@case
def tables_that_cannot(t):
    """An error that no form reaches ends with status 1, and what was reached stands in the file."""
    problem = device_study(JUNCTIONS)
    study = problem.write(t.folder)
    done = t.ohmloom("lut", "tiles", study, "-o", "tiles.h5", "--max-error", 1e-9, "--max-points", 1400, "--json", status=1)
    made = json.loads(done.out)["tables"]
    assert not any(table["reached"] for table in made) and all(table["error"]["largest_v"] > 1e-9 * table["span_v"] for table in made)
    assert t.ohmloom("run", study, "--tables", "tiles.h5").out
    said = t.ohmloom("lut", "tiles", study, "-o", study, status=2).err
    assert "study.toml" in said, said
