"""Tables of `ohmloom lut` in the place of a device's law, of neurons and of converters."""

import json
import re
from pathlib import Path

import h5py
import numpy as np

from harness import case
from run_cases import device_study, study_with

EXAMPLES = Path(__file__).parents[2] / "examples"

SINH = '[device]\nmodel = "sinh/generic"\nr_on = "15k"\nr_off = "45k"\n'


@case
def tables_of_neurons(t):
    """A neuron's table stands for the neuron; a table of something else is refused."""
    problem = study_with("[array]\n", '[readout]\nneuron = "sigmoid"\n[array]\n')
    study = problem.write(t.folder)
    law = json.loads(t.ohmloom("run", study, "-o", "law.h5", "--json").out)["points"]
    t.ohmloom("lut", "neuron", study, "-o", "neuron.h5", "--max-error", "0.05%")
    problem.study = problem.study.replace('neuron = "sigmoid"', 'neuron = "table"\ncurve_file = "neuron.h5"')
    table = json.loads(t.ohmloom("run", problem.write(t.folder), "-o", "table.h5", "--json").out)["points"]
    for one, other in zip(law, table):
        assert abs(one["power_w"] / other["power_w"] - 1) < 1e-3 and one["power_w"] != other["power_w"]
    points = json.loads(t.ohmloom("compare", "law.h5", "table.h5", "--json").out)["points"]
    assert all(point["same_class"] >= 59 for point in points), points
    t.ohmloom("lut", "device", "sinh", "-o", "neuron.h5")
    said = t.ohmloom("run", "study.toml", status=2).err
    assert "curve_file" in said and len(said.splitlines()) == 1, said


@case
def tables_of_laws(t):
    """A device's table of currents stands for its law."""
    problem = device_study(SINH)
    law = json.loads(t.ohmloom("run", problem.write(t.folder), "-o", "law.h5", "--json").out)["points"]
    t.ohmloom("lut", "device", "sinh/generic", "--from=-0.9", "--to", 0.9, "-o", "iv.h5")
    t.path("cells.toml").write_text(
        'model = "table"\ntitle = "made by lut"\n[sources]\nmade = "ohmloom lut"\n[values]\nfile = { value = "iv.h5", source = "made" }\n'
    )
    problem.study = problem.study.replace('"sinh/generic"', '"cells.toml"')
    table = json.loads(t.ohmloom("run", problem.write(t.folder), "-o", "table.h5", "--json").out)["points"]
    for one, other in zip(law, table):
        # At 0 V the table has the slope of its chords to the next nodes, 75 mV away: (alpha h)^2/6 = 0.375 % steeper than sinh, alpha = 2 / V. Cells are
        # programmed to that slope, and so carry that much less everywhere.
        assert 0 < one["power_w"] / other["power_w"] - 1 < 4e-3, (one["power_w"], other["power_w"])
    content = bytearray(t.path("iv.h5").read_bytes())
    content[-100] ^= 1
    t.path("iv.h5").write_bytes(content)
    said = t.ohmloom("run", "study.toml", status=2).err
    assert "iv.h5" in said and len(said.splitlines()) == 1, said


@case
def tables_of_converters(t):
    """A table of converters' edges gives every image the class that the model gives, at the model's cost; its converters are taken in turn."""
    network = f'[network]\nfile = "{EXAMPLES}/networks/mnist-real.h5"\n[data]\nset = "{EXAMPLES}/data"\ncount = 200\n[array]\nrows = 64\ncols = 64\n[readout]\nkind = "virtual-ground"\n'

    def run(converters, result):
        t.path("study.toml").write_text(network + "[adc]\n" + converters)
        (point,) = json.loads(t.ohmloom("run", "study.toml", "-o", result, "--json").out)["points"]
        return point | {"wall_s": 0}

    by_model = run('kind = "flash"\nbits = 5\nrange = [-2, 2]\ncomparator_offset = 0.02\ncurve = "s-shape"\n', "model.h5")
    t.ohmloom("lut", "adc", "study.toml", "--columns", "3", "-o", "adc.h5")
    by_table = run('kind = "table"\ntable_file = "adc.h5"\n', "table.h5")
    assert by_model["accuracy_converters_alone"] != by_model["accuracy_quantisation_alone"], by_model
    assert by_table == by_model, (by_model, by_table)
    (point,) = json.loads(t.ohmloom("compare", "model.h5", "table.h5", "--json").out)["points"]
    assert point["same_class"] == 200, point
    # Scaled to what each layer gives, the same edges clip nothing.
    assert by_table["clipped"] > 0 == run('kind = "table"\ntable_file = "adc.h5"\nrange_scope = "layer"\n', "layer.h5")["clipped"]
    # Converters that differ, as drawn: their edges, one after the other and again.
    t.ohmloom("adc", "--kind", "sar", "--bits", "5", "--capacitor-sigma", "0.1", "--columns", "3", "-o", "drawn.h5")
    t.path("sar.toml").write_text('[adc]\nkind = "sar"\nbits = 5\ncapacitor_sigma = 0.1\n')
    t.ohmloom("lut", "adc", "sar.toml", "--columns", "3", "-o", "adc.h5")
    t.ohmloom("adc", "--kind", "table", "--table-file", "adc.h5", "--columns", "6", "-o", "replayed.h5")
    with h5py.File(t.path("drawn.h5")) as drawn, h5py.File(t.path("replayed.h5")) as replayed:
        begin, edges = drawn["steps/begin"][:], drawn["steps/edges"][:]
        assert not np.array_equal(edges[begin[0] : begin[1]], edges[begin[1] : begin[2]])
        assert np.array_equal(np.tile(edges, 2), replayed["steps/edges"][:])
    # Edges that were measured, put into the table by hand.
    with h5py.File(t.path("adc.h5"), "r+") as file:
        file["edges/arrays/edge"][4] += 0.001
    (recipe,) = re.findall(r"```python\n(import hashlib.*?)```", (EXAMPLES.parent / "src/lut/README.md").read_text(), re.DOTALL)
    exec(recipe.replace("T.h5", str(t.path("adc.h5"))), {})  # noqa: S102: the README's own
    t.ohmloom("adc", "--kind", "table", "--table-file", "adc.h5", "--columns", "3", "-o", "moved.h5")
    with h5py.File(t.path("moved.h5")) as moved:
        edges[4] += 0.001
        assert np.array_equal(edges, moved["steps/edges"][:])


@case
def tables_of_converters_bad(t):
    """What is no table of converters, or says something twice, is refused with file, line and key."""
    problem = study_with("[array]\n", '[adc]\nkind = "table"\ntable_file = "adc.h5"\n[array]\n')
    t.path("sar.toml").write_text('[adc]\nkind = "sar"\nbits = 5\n')
    t.ohmloom("lut", "device", "sinh", "-o", "adc.h5")
    t.refused("run", problem.write(t.folder))
    t.ohmloom("lut", "adc", "sar.toml", "--columns", "3", "--unit", "A", "-o", "adc.h5")
    t.refused("run", "study.toml")
    t.ohmloom("lut", "adc", "sar.toml", "--columns", "3", "-o", "adc.h5")
    for key in ("bits = 5", "gain_sigma = 0.1", "comparator_noise = 0.1"):
        t.path("more.toml").write_text(problem.study.replace('"adc.h5"\n', f'"adc.h5"\n{key}\n'))
        t.refused("run", "more.toml")
    t.path("other.toml").write_text(problem.study.replace('"table"', '"sar"'))
    t.refused("run", "other.toml")
    t.path("adc.h5").unlink()
    t.refused("run", "study.toml")
    t.matches_golden()
