"""Tables of `ohmloom lut` in the place of a device's law and of neurons."""

import json

from harness import case
from run_cases import device_study, study_with

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
        assert abs(one["power_w"] / other["power_w"] - 1) < 2e-3 and one["power_w"] != other["power_w"]
    content = bytearray(t.path("iv.h5").read_bytes())
    content[-100] ^= 1
    t.path("iv.h5").write_bytes(content)
    said = t.ohmloom("run", "study.toml", status=2).err
    assert "iv.h5" in said and len(said.splitlines()) == 1, said
