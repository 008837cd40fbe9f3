"""`ohmloom train`: the circuit of a study against the same one in flags, and refusals."""

import json

import h5py
import numpy as np

from harness import case
from study_files import write_images

STUDY = """\
[network]
file = "trained.h5"

[data]
set = "images"

[array]
wire = { r_row = 20, r_col = 30 }
r_source = 5

[device]
r_on = "4k"
r_off = "20k"

[readout]
r_input = "2k"
gain = [25, 8]

[[scheme]]
horizontal = [5, 2]
vertical = [3, 1]

[[scheme]]
horizontal = [1, 1]
vertical = [1, 1]
"""
FLAGS = (
    "--horizontal 5,2 --vertical 3,1 --gain 25,8 --r-low 4k --r-high 20k --r-row 20 --r-col 30 --r-source 5 --r-input 2k"
)
LAYERS = "400,9,5"


def write_problem(t):
    """Images that a small network can learn a little of, in both parts that a data set has, and the study."""
    random = np.random.default_rng(7)
    labels = random.integers(0, 5, 200)
    strokes = random.integers(0, 256, (5, 28, 28))
    images = np.clip(strokes[labels] + random.normal(0, 60, (200, 28, 28)), 0, 255)
    for part in ("train", "t10k"):
        write_images(t.path("images"), part, images, labels)
    t.path("study.toml").write_text(STUDY)


def train(t, output, *flags, epochs=1):
    """Trains on the images and gives back the JSON; None if the program was built without training."""
    words = ["train", "-o", output, "--data", "images/train", "--test-data", "images/test", "--layers", LAYERS]
    words += ["--epochs", epochs, "--batch", 20, "--validation", 50, "--threads", 2, "--json", *flags]
    if "built without training" in t.ohmloom("train", "--help").out:
        assert "libtorch-dev" in t.refused(*words).err
        return None
    return json.loads(t.ohmloom(*words).out)


def content(file):
    """All numbers of a network file."""
    values = {}
    with h5py.File(file) as network:
        network.visititems(lambda name, item: values.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return values


def differences(one, other):
    return [name for name in one if not np.array_equal(one[name], other[name])]


@case
def train_through_study(t):
    """A study file's first scheme, arrays, cells and read-out are the circuit that the same figures in flags give."""
    write_problem(t)
    said = train(t, "study.h5", "--circuit", "study.toml")
    if said is None:
        return
    train(t, "flags.h5", *FLAGS.split())
    by_study, by_flags = content(t.path("study.h5")), content(t.path("flags.h5"))
    assert differences(by_study, by_flags) == [], "the same circuit gives other networks"

    for figure in ("r_row = 20", "r_source = 5", 'r_off = "20k"', 'r_input = "2k"', "gain = [25", "[5, 2]"):
        assert figure in STUDY
        t.path("other.toml").write_text(STUDY.replace(figure, figure.replace("2", "1").replace("5", "4"), 1))
        train(t, "other.h5", "--circuit", "other.toml")
        assert differences(by_study, content(t.path("other.h5"))), f"another figure than '{figure}' changes nothing"


@case
def train_then_run(t):
    """The accuracy that training reports of its circuit is what a run of the trained network gives."""
    write_problem(t)
    said = train(t, "trained.h5", "--circuit", "study.toml", "--learning-rate", 0.02, epochs=10)
    if said is None:
        return
    t.path("trained.toml").write_text(STUDY.replace("gain = [25, 8]", 'gain = "trained"'))
    point = json.loads(t.ohmloom("run", "trained.toml", "--json").out)["points"][0]
    assert said["accuracy_circuit"] == point["accuracy"] > 0.4, (said, point["accuracy"])
    assert said["accuracy_software"] == point["accuracy_software"], (said, point["accuracy_software"])


@case
def train_cut_to_largest_tile(t):
    """Without partitions in the study its largest tile says how the layers are cut."""
    write_problem(t)
    whole = STUDY[: STUDY.index("[[scheme]]")]
    t.path("study.toml").write_text(whole.replace("[array]", "[array]\nrows = 81\ncols = 3"))
    if train(t, "tile.h5", "--circuit", "study.toml") is None:
        return
    # 400 inputs and a bias on 81 rows: 5; 9 and a bias: 1. 9 outputs on 3 columns: 3; 5: 2.
    train(t, "flags.h5", *FLAGS.replace("5,2", "5,1").replace("3,1", "3,2").split())
    assert differences(content(t.path("tile.h5")), content(t.path("flags.h5"))) == []


@case
def train_activations(t):
    """Hidden layers are what the flags say, a network to start from says it for them, and a run takes what was trained."""
    write_problem(t)
    flags = ("--activation", "relu", "--batch-norm", "--weights", "real", "--learning-rate", 0.02)
    said = train(t, "relu.h5", *flags, epochs=8)
    if said is None:
        return
    with h5py.File(t.path("relu.h5")) as network:
        assert network.attrs["schema"] == "ohmloom-network-2"
        assert network["layer_0"].attrs["activation"] == "relu"
        assert network["layer_0/gamma"].shape == (9,) and "gamma" not in network["layer_1"]
    study = STUDY.replace("[data]", '[adc]\nbits = 12\n\n[digital]\narithmetic = "exact"\n\n[data]').replace("gain = [25, 8]", 'kind = "virtual-ground"')
    t.path("adc.toml").write_text(study.replace("trained.h5", "relu.h5"))
    point = json.loads(t.ohmloom("run", "adc.toml", "--json").out)["points"][0]
    assert point["accuracy_software"] == said["accuracy_software"] > 0.4, (said, point)
    assert abs(point["accuracy"] - point["accuracy_software"]) < 0.02, point
    around = train(t, "around.h5", "--circuit", "adc.toml", "--init", "relu.h5", "--weights", "real", "--learning-rate", 1e-5)
    kept = ["layer_0/gamma", "layer_0/beta", "layer_0/mean", "layer_0/variance"]
    assert all(np.array_equal(content(t.path("around.h5"))[name], content(t.path("relu.h5"))[name]) for name in kept)
    assert around["accuracy_circuit"] > 0.4, around


@case
def train_refusals(t):
    """What cannot be trained through, or is out of range, is refused before the work and leaves nothing."""
    write_problem(t)
    t.path("inverter.toml").write_text(STUDY.replace("[readout]", '[readout]\nneuron = "inverter"'))
    t.path("ground.toml").write_text(STUDY.replace("[readout]", '[readout]\nkind = "virtual-ground"'))
    t.path("adc.toml").write_text(STUDY.replace("[data]", "[adc]\n\n[data]"))
    t.path("three.toml").write_text(STUDY.replace("[5, 2]", "[5, 2, 1]").replace("[3, 1]", "[3, 1, 1]"))
    refused = {
        "--circuit nowhere.toml": "nowhere.toml",
        "--circuit inverter.toml": "sigmoid",
        "--circuit ground.toml": "difference stages",
        "--circuit three.toml": "one of each per layer",
        "--circuit study.toml --r-row 3": "--r-row",
        "--horizontal 5,2": "--vertical",
        "--horizontal 500,2 --vertical 3,1": "500",
        "--epochs 0": "epochs (0)",
        "--batch -1": "batch (-1)",
        "--learning-rate nan": "learning rate",
        "--smoothing 2": "smoothing",
        "--weight-decay -1": "weight decay",
        "--plain-share 3": "undeformed",
        "--validation 200": "200",
        "--weights quaternary": "quaternary",
        "--threads -1": "-1",
        "--activation softmax": "softmax",
        "--activation relu --circuit study.toml": "sigmoid neurons",
        "--batch-norm --circuit study.toml": "sigmoid neurons",
        "--batch-norm --circuit adc.toml": "initial network",
    }
    words = ["train", "-o", "net.h5", "--data", "images/train", "--test-data", "images/test", "--layers", LAYERS]
    without_training = "built without training" in t.ohmloom("train", "--help").out
    for flags, named in refused.items():
        held_back = [] if "--validation" in flags else ["--validation", 50]
        said = t.refused(*words, *held_back, *flags.split())
        assert without_training or named in said.err, f"{flags}: the message does not name '{named}': {said.err}"


@case
def train_without_data(t):
    """Training without the training images, or in a program built without training, is refused with the way out."""
    said = t.refused("train", "-o", "net.h5").err
    assert "ohmloom data mnist" in said or "libtorch-dev" in said, said


@case
def train_loads_libtorch_alone(t):
    """Libtorch, which takes half a second to load, is loaded by the program that trains and by no other verb."""
    def loaded(program):
        return program.ohmloom("--version", environment={"LD_TRACE_LOADED_OBJECTS": "1"}).out  # the loader lists them and ends

    assert "libhdf5" in loaded(t) and "libtorch" not in loaded(t), loaded(t)
    trainer = t.program.with_name("ohmloom-train")
    if trainer.exists():
        assert "libtorch" in loaded(t.with_program(trainer))
        assert t.with_program(trainer).ohmloom("train", "--help").out == t.ohmloom("train", "--help").out
