"""`ohmloom netlist`: decks of every kind run in ngspice as they are and give the native answer; dialects; refusals."""

import json
import subprocess

import numpy as np

from array_files import sample_array
from harness import case
from study_files import Problem, sample_problem

DEVICES = {
    "linear": "r_on = 5k\nr_off = 15k",
    "mram/synapse_5k": "",
    "mram/analog_50x30": "programming = 'single-shot'",
    "pcm/hermes_1": "read_time = 3600",
    "pcm/joshi": "",
    "pcm/aihwkit": "read_time = 1\ndrift_compensation = true",
    "cbram/cu_asic_tin": "",
    "cbram/cu_sio2_w": "",
    "sinh/generic": "",
    "table/example": "",
}


def simulate(t, deck, *flags):
    """Runs a deck in plain ngspice, from another folder than its own. Gives what it prints."""
    done = subprocess.run(
        ["ngspice", "-b", *flags, deck], cwd=t.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=200
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0 and "rror" not in done.stderr, f"ngspice {deck}\n{said}"
    return done.stdout


def netlist(t, source, *flags, folder="deck"):
    """Writes a netlist with its expected values. Gives the name of its deck."""
    return json.loads(t.ohmloom("netlist", source, *flags, "--vectors", "-o", folder, "--json").out)["deck"]


def check(t, deck, values):
    """ngspice gives the expected values of a deck, from its waveforms to 1e-8 and from its printed measures to 1e-6."""
    folder = deck.split("/")[0]
    simulate(t, deck, "-r", f"{folder}/result.raw")
    t.path(f"{folder}/result.log").write_text(simulate(t, deck))
    for result, tolerance in (("result.raw", 1e-8), ("result.log", 1e-6)):
        done = t.ohmloom("netlist", "--check", f"{folder}/{result}", "--tol", tolerance, "--json")
        found = json.loads(done.out)
        assert found["good"] and found["compared"] == values and not found["missing"], done.out


# --- every kind of deck, in ngspice ---


@case
def netlist_tile(t):
    """A tile's deck runs in ngspice and gives the native outputs and power."""
    check(t, netlist(t, sample_problem().write(t.folder), "--scheme", 1, "--tile", "0/2/1", "--image", 5), 3 + 1)


@case
def netlist_layer(t):
    """A layer's deck, driven by the neurons before it, gives the native outputs and power."""
    check(t, netlist(t, sample_problem().write(t.folder), "--scheme", 1, "--layer", 1, "--image", 2), 5 + 1)


@case
def netlist_network(t):
    """A network's deck, neurons included, gives the native outputs and power, and the same class."""
    problem = sample_problem()
    deck = netlist(t, problem.write(t.folder), "--scheme", 1, "--image", 7)
    check(t, deck, 5 + 1)
    manifest = json.loads(t.path("deck/manifest.json").read_text())
    listed = {file["name"] for file in manifest["files"]} | {"manifest.json", "result.raw", "result.log"}
    assert listed == {path.name for path in t.path("deck").iterdir()}, listed
    assert manifest["provenance"]["partitions"] == "4/2 x 2/1" and manifest["provenance"]["image"] == "7"
    assert sum("tile_" in file["name"] for file in manifest["files"]) == 10


@case
def netlist_inverter_neurons(t):
    """The inverter neuron stands in the deck as a circuit and gives the native answer."""
    problem = sample_problem()
    problem.study += "\n[readout]\nneuron = 'inverter'\nkind = 'virtual-ground'\ngain = [3, 2]\n"
    check(t, netlist(t, problem.write(t.folder), "--network"), 5 + 1)


@case
def netlist_neurons(t):
    """Neurons of every kind stand in a network's deck, and give the native answer."""
    t.path("curve.csv").write_text("v_in,v_out\n-0.4,0.1\n-0.1,0.05\n0.05,0.5\n0.3,0.75\n")
    neurons = (
        ("relu'\nslope = 2", "relu"),
        ("tanh'\nslope = 4", "tanh"),
        ("comparator'\nthreshold = '13m'", ""),
        ("table'\ncurve_file = 'curve.csv'", ""),
    )
    for number, (neuron, activation) in enumerate(neurons):
        problem = sample_problem()
        problem.activation = activation
        problem.study += f"\n[readout]\nkind = 'virtual-ground'\ngain = [3, 2]\nneuron = '{neuron}\n"
        check(t, netlist(t, problem.write(t.folder), "--network", folder=f"neuron-{number}"), 5 + 1)


STAGES = {
    "op-amp": "gain = [3, 2]\nopen_loop_gain = 500\nr_amplifier = '20k'\noffset_sigma = '2m'\ngain_sigma = 0.02",
    "current-conveyor": "gain = [3, 2]\nr_conveyor = 80\ncurrent_gain = 0.98\noffset_sigma = '2m'\ngain_sigma = 0.02",
    "divider": "gain = [9, 5]\nr_input = 300\noffset_sigma = '2m'\ngain_sigma = 0.02",
    "integrator": "gain = [3, 2]\nopen_loop_gain = '5k'\nr_leak = '50k'\noffset_sigma = '2m'\ngain_sigma = 0.02",
    "differential-amplifier": "gain = [9, 5]\nopen_loop_gain = 500\noffset_sigma = '2m'\ngain_sigma = 0.02",
}


@case
def netlist_stages(t):
    """Every kind of stage, flawed and different from output to output, runs as a network's deck; a run cross-checks its tiles."""
    for kind, values in STAGES.items():
        problem = sample_problem()
        problem.study += f"\n[readout]\nkind = '{kind}'\n{values}\n"
        study = problem.write(t.folder)
        check(t, netlist(t, study, "--scheme", 1, "--image", 4, folder=kind), 5 + 1)
        check(t, netlist(t, study, "--scheme", 1, "--tile", "0/2/1", folder=f"tile-{kind}"), 3 + 1)
        done = json.loads(t.ohmloom("run", study, "--cross-check", 6, "--json").out)
        for point in done["points"]:
            assert point["cross_check"]["deviation"] < 1e-9, (kind, point["cross_check"])
            assert point["power_amplifiers_w"] > 0, (kind, point)


@case
def netlist_alike_stages(t):
    """Stages that are alike are one subcircuit of `readout.sub`, whatever their kind."""
    for kind in STAGES:
        problem = sample_problem()
        problem.study += f"\n[readout]\nkind = '{kind}'\ngain = [3, 2]\n"
        check(t, netlist(t, problem.write(t.folder), "--layer", 1, folder=kind), 5 + 1)
        assert t.path(f"{kind}/readout.sub").read_text().count(".subckt stage_1 ") == 1


@case
def netlist_stream(t):
    """A stream of images is a transient: every image's outputs and power are measured, and how long the last one takes."""
    deck = netlist(t, sample_problem().write(t.folder), "--layer", 0, "--image", 3, "--images", 4, "--sample", "2n")
    check(t, deck, 4 * (7 + 1))
    said = t.path("deck/result.log").read_text()
    settling = [float(line.split("=")[1].split()[0]) for line in said.splitlines() if line.startswith("settle_")]
    # Nothing stores charge: outputs follow the inputs, which take a hundredth of a sample.
    assert len(settling) > 3 and all(0 < time <= 0.02e-9 for time in settling), settling
    power = [float(row.split(",")[4]) for row in t.path("deck/expected.csv").read_text().splitlines() if row.startswith("p_")]
    mean = [float(line.split("=")[1].split()[0]) for line in said.splitlines() if line.startswith("p_mean")]
    assert len(power) == 4 and abs(mean[0] / np.mean(power) - 1) < 0.02, (mean, power)


@case
def netlist_array(t):
    """An array with maps of segments, column potentials and sinh cells gives the native currents and power."""
    random = np.random.default_rng(4)
    array = sample_array(
        r_row=random.uniform(0, 9, (6, 5)), r_col=random.uniform(0, 9, (7, 4)), r_source=20.0, r_sense=30.0,
        v_col=random.uniform(-0.1, 0.1, 4),
    )  # fmt: skip
    array.texts = {"row_ends": "both", "col_ends": "top", "device": "sinh"}
    array.alpha = 3.0
    check(t, netlist(t, array.write(t.path("array.h5")), "--image", 2), 4 + 1)
    array.texts, array.alpha = {}, None
    check(t, netlist(t, array.write(t.path("array.h5")), "--images", 3, folder="stream"), 3 * (4 + 1))


# --- ten random studies ---


def random_study(number):
    """A study with random layers, weights, partitions, wires, drivers, tied ends, stages, neurons and a device."""
    random = np.random.default_rng(1000 + number)
    sizes = [16, *random.integers(3, 9, random.integers(1, 3))]
    kind = str(random.choice(["binary", "ternary", "real"]))
    draw = {
        "binary": lambda shape: random.choice([-1.0, 1.0], shape),
        "ternary": lambda shape: random.choice([-1.0, 0.0, 1.0], shape),
        "real": lambda shape: random.normal(size=shape),
    }[kind]
    model = list(DEVICES)[number % len(DEVICES)]
    readout = random.choice(["differential-amplifier", "virtual-ground"])
    ends = ["top", "bottom"] + (["both"] if readout == "virtual-ground" else [])
    partition = lambda lines: int(random.integers(1, min(lines, 4) + 1))
    layers = list(zip(sizes[:-1], sizes[1:]))
    study = f"""
seed = {number + 7}
[network]
file = "network.h5"
[data]
set = "images"
[array]
wire = {{ r_row = {random.uniform(0, 12):.3f}, r_col = {random.uniform(0, 12):.3f} }}
r_source = {random.choice([0, 25, 140])}
row_ends = "{random.choice(['left', 'right', 'both'])}"
col_ends = "{random.choice(ends)}"
[device]
model = "{model}"
{DEVICES[model].replace("5k", "'5k'").replace("1'5k'", "'15k'")}
[readout]
kind = "{readout}"
neuron = "{random.choice(['sigmoid', 'inverter'])}"
gain = {[float(f"{g:.2f}") for g in random.uniform(2, 12, len(layers))]}
v_supply = {0.1 if readout == "virtual-ground" else 0.3}
[partition]
horizontal = {[partition(i + 1) for i, _ in layers]}
vertical = {[partition(o) for _, o in layers]}
"""
    return Problem(
        weights=[draw((o, i)) for i, o in layers],
        bias=[draw(o) for _, o in layers],
        images=random.integers(0, 256, (3, 6, 6)),
        labels=np.zeros(3, dtype=int),
        study=study,
        attributes={"weight_kind": kind},
    )


@case
def netlist_random_studies(t):
    """Ten random studies, a device each, give the native answer in ngspice to 1e-6."""
    for number in range(10):
        problem = random_study(number)
        problem.write(t.folder)
        deck = netlist(t, "study.toml", "--network", "--image", number % 3, folder=f"deck{number}")
        simulate(t, deck, "-r", f"deck{number}/result.raw")
        done = t.ohmloom("netlist", "--check", f"deck{number}/result.raw", "--json")
        assert json.loads(done.out)["good"], f"study {number}\n{problem.study}\n{done.out}"


# --- reading back, checking, dialects ---


@case
def netlist_read_back(t):
    """A generated deck is read by `ohmloom spice`, whose own engine and ngspice agree on it."""
    problem = sample_problem()
    problem.study = problem.study.replace('r_on = "5k"\nr_off = "15k"', 'model = "mram/synapse_5k"')
    deck = netlist(t, problem.write(t.folder), "--scheme", 1)
    found = json.loads(t.ohmloom("spice", deck, "--engine", "both", "--json").out)
    expected = {row.split(",")[0]: float(row.split(",")[4]) for row in t.path("deck/expected.csv").read_text().splitlines()[1:]}
    for run in found["engines"]:
        for measure in run["measures"]:
            largest = max(abs(value) for name, value in expected.items() if name[0] == measure["name"][0])
            assert abs(measure["value"] - expected[measure["name"]]) < 1e-8 * largest, (run["engine"], measure)


@case
def netlist_check(t):
    """A result that differs, or lacks values, is told with exit status 1; measures may come as CSV."""
    netlist(t, sample_problem().write(t.folder), "--tile", "1/0/0")
    rows = [row.split(",") for row in t.path("deck/expected.csv").read_text().splitlines()]
    values = {row[0]: float(row[4]) for row in rows[1:]}
    table = lambda numbers: "name,value\n" + "".join(f"{name},{value!r}\n" for name, value in numbers.items())
    t.path("mine.csv").write_text(table(values))
    t.ohmloom("netlist", "--check", "mine.csv", "--expected", "deck/expected.csv")
    largest = max(values, key=lambda name: abs(values[name]) * (name != "p"))
    t.path("deck/off.csv").write_text(table(values | {largest: values[largest] * (1 + 3e-6)}))
    done = t.ohmloom("netlist", "--check", "deck/off.csv", status=1)
    assert f"in {largest}:" in done.out and "differs by more than" in done.out, done.out
    t.ohmloom("netlist", "--check", "deck/off.csv", "--tol", "1e-5")
    t.path("deck/short.csv").write_text(table({name: value for name, value in values.items() if name != "o_2"}))
    done = t.ohmloom("netlist", "--check", "deck/short.csv", status=1)
    assert "the first is o_2" in done.out, done.out


@case
def netlist_replaces_its_own(t):
    """A netlist takes the place of an earlier one, whose expected values must not stay; other files do."""
    study = sample_problem().write(t.folder)
    netlist(t, study, "--network")
    t.path("deck/mine.txt").write_text("notes")
    t.ohmloom("netlist", study, "--tile", "1/0/0", "-o", "deck")
    names = {path.name for path in t.path("deck").iterdir()}
    assert names == {"readout.sub", "tile_1_0_0.sub", "tile.cir", "manifest.json", "mine.txt"}, names


def dialect_text(t, dialect):
    """All files of a small netlist in one dialect: a tile of MRAM cells, and an array of sinh cells for a stream of vectors."""
    problem = Problem(
        weights=[np.array([[1.0, -1.0] * 8])], bias=[np.array([1.0])], images=np.full((1, 6, 6), 255),
        labels=np.zeros(1, dtype=int), attributes={"layers": 1},
    )  # fmt: skip
    problem.study = """
[network]
file = "network.h5"
[data]
set = "images"
[array]
wire = { r_row = 1.5, r_col = 2 }
[device]
model = "mram/synapse_5k"
programming = "single-shot"
[device.values]
sigma_ra = 0
sigma_tmr = 0
[readout]
gain = [8]
[partition]
horizontal = [8]
vertical = [1]
"""
    array = sample_array(1, 2, 2, g=np.array([[1e-4, 2e-4]]), v_row=np.array([[0.5], [0.25]]), r_row=1, r_col=2)
    array.texts, array.alpha = {"device": "sinh"}, 2.0
    problem.write(t.folder)
    t.ohmloom("netlist", "study.toml", "--tile", "0/7/0", "--dialect", dialect, "-o", "tile")
    t.ohmloom("netlist", array.write(t.path("array.h5")), "--images", "2", "--dialect", dialect, "-o", "array")
    for folder in ("tile", "array"):
        for file in sorted(t.path(folder).iterdir()):
            t.show(f"{folder}/{file.name}")
    t.matches_golden()


@case
def netlist_ngspice(t):
    """The ngspice dialect, file by file."""
    dialect_text(t, "ngspice")


@case
def netlist_xyce(t):
    """The Xyce dialect, file by file: every rule of netlists/README.md."""
    dialect_text(t, "xyce")


@case
def netlist_hspice(t):
    """The HSPICE dialect, file by file: every rule of netlists/README.md."""
    dialect_text(t, "hspice")


# --- refusals ---


@case
def netlist_refusals(t):
    """What cannot be written or checked is refused, and leaves nothing behind."""
    study = sample_problem().write(t.folder)
    array = sample_array().write(t.path("array.h5"))
    t.refused("netlist", study)
    t.refused("netlist", study, "-o", "deck", "--tile", "0/9/0")
    t.refused("netlist", study, "-o", "deck", "--tile", "0/0")
    t.refused("netlist", study, "-o", "deck", "--layer", "2")
    t.refused("netlist", study, "-o", "deck", "--tile", "0/0/0", "--network")
    t.refused("netlist", study, "-o", "deck", "--dialect", "spectre")
    t.refused("netlist", study, "-o", "deck", "--scheme", "2")
    t.refused("netlist", study, "-o", "deck", "--device", "pcm")
    t.refused("netlist", study, "-o", "deck", "--image", "60")
    t.refused("netlist", study, "-o", "deck", "--sample", "0s")
    t.refused("netlist", study, "-o", "no/such/folder")
    t.refused("netlist", study, "-o", "network.h5")
    t.refused("netlist", array, "-o", "deck", "--network")
    t.refused("netlist", array, "-o", "deck", "--images", "4")
    t.refused("netlist", "--check", "result.raw")
    t.path("expected.csv").write_text("name,unit,signal,at,value\no_0,V,v(o_0),,1\n")
    t.refused("netlist", "--check", "result.raw")
    t.refused("netlist", "--check", "array.h5")
    t.matches_golden()


def with_converters():
    """The sample problem with converters around its tiles."""
    problem = sample_problem()
    problem.study = problem.study.replace("[array]\n", "[adc]\n[array]\n", 1)
    return problem


@case
def netlist_tile_between_converters(t):
    """A tile of the first layer ends in its stages, converters or not."""
    check(t, netlist(t, with_converters().write(t.folder), "--scheme", 1, "--tile", "0/1/0", "--image", 3), 4 + 1)


@case
def netlist_rows_between_converters(t):
    """The manifest says what the rows carry: inputs, levels of the study's DACs, or voltages in place of pulses and bits."""
    for number, (dac, said) in enumerate((("", "inputs as voltages"), ("[dac]\nbits = 3\n", "levels of [dac], with its errors"),
                                          ('[dac]\nbits = 3\ninput = "pulse-width"\n', "as pulse widths"),
                                          ('[dac]\nbits = 3\ninput = "bit-serial"\n', "bit by bit"))):
        problem = sample_problem()
        problem.study = problem.study.replace("[array]\n", f"[adc]\n{dac}[array]\n", 1)
        t.ohmloom("netlist", problem.write(t.folder), "--tile", "0/0/0", "-o", f"deck{number}")
        rows = json.loads(t.path(f"deck{number}/manifest.json").read_text())["provenance"]["rows"]
        assert said in rows, rows


@case
def netlist_network_with_converters(t):
    t.refused("netlist", with_converters().write(t.folder), "--network", "-o", "deck")
    t.matches_golden()
