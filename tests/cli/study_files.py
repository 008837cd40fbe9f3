"""Small studies for `ohmloom run`: a network, images and a study file, written as a user's own tools would."""

import struct
from dataclasses import dataclass, field

import h5py
import numpy as np

SIDE = 6  # pixels of an image
CROP = 4  # of them the network sees
LAYERS = (CROP * CROP, 7, 5)  # inputs, hidden units, classes

STUDY = """\
[network]
file = "network.h5"

[data]
set = "images"

[array]
wire = { r_row = 10, r_col = 15 }

[device]
r_on = "5k"
r_off = "15k"

[[scheme]]
horizontal = [1, 1]
vertical = [1, 1]

[[scheme]]
horizontal = [4, 2]
vertical = [2, 1]
"""


def write_images(folder, part, images, labels):
    """A data set, `train` or `t10k`, in a folder of IDX files: images [count x side x side] grey values."""
    folder.mkdir(exist_ok=True)
    header = struct.pack(">IIII", 0x803, *images.shape)
    (folder / f"{part}-images-idx3-ubyte").write_bytes(header + images.astype(np.uint8).tobytes())
    header = struct.pack(">II", 0x801, len(labels))
    (folder / f"{part}-labels-idx1-ubyte").write_bytes(header + labels.astype(np.uint8).tobytes())


@dataclass
class Problem:
    """A folder with everything that STUDY names."""

    weights: list  # per layer [outputs x inputs]
    bias: list  # per layer [outputs]
    images: np.ndarray  # [count x SIDE x SIDE] grey values
    labels: np.ndarray  # [count]
    study: str = STUDY
    attributes: dict = field(default_factory=dict)  # of the network, besides or instead of the usual ones
    activation: str = ""  # of every layer; a file of the second schema

    def write(self, folder):
        with h5py.File(folder / "network.h5", "w") as file:
            usual = {
                "schema": "ohmloom-network-1",
                "name": "small",
                "weight_kind": "binary",
                "training": "drawn at random",
                "accuracy_software": 0.5,
                "input_crop": CROP,
                "input_binarise": 1,
                "input_threshold": 127,
                "layers": len(self.weights),
            }
            file.attrs.update(usual | self.attributes)
            for number, (weights, bias) in enumerate(zip(self.weights, self.bias)):
                values = {"weights": weights, "bias": bias, "slope": 0.5, "gain": 0.0}
                for name, value in values.items():
                    file[f"layer_{number}/{name}"] = value
                    file[f"layer_{number}/{name}"].attrs["unit"] = "1"
                if self.activation:
                    file.attrs["schema"] = "ohmloom-network-2"
                    file[f"layer_{number}"].attrs["activation"] = self.activation
        write_images(folder / "images", "t10k", self.images, self.labels)
        (folder / "study.toml").write_text(self.study)
        return "study.toml"

    def software_accuracy(self, count=None):
        """Fraction of the first images that plain arithmetic puts into their class."""
        margin = (SIDE - CROP) // 2
        square = self.images[:count, margin : margin + CROP, margin : margin + CROP]
        activation = (square > 127).astype(float).reshape(len(square), -1)
        for weights, bias in zip(self.weights[:-1], self.bias[:-1]):
            activation = 1.0 / (1.0 + np.exp(-0.5 * (activation @ weights.T + bias)))
        output = activation @ self.weights[-1].T + self.bias[-1]
        return float(np.mean(output.argmax(axis=1) == self.labels[:count]))


def sample_problem(count=60, seed=3):
    """Binary weights and images at random; labels that plain arithmetic gets right for about three images of four, so that
    an accuracy says something."""
    random = np.random.default_rng(seed)
    sizes = list(zip(LAYERS[1:], LAYERS[:-1]))
    sign = lambda shape: random.choice(np.array([-1.0, 1.0]), shape)
    problem = Problem(
        weights=[sign(size) for size in sizes],
        bias=[sign(size[0]) for size in sizes],
        images=random.integers(0, 256, (count, SIDE, SIDE)),
        labels=np.zeros(count, dtype=int),
    )
    candidates = range(LAYERS[-1])
    predicted = np.zeros(count, dtype=int)
    for image in range(count):
        one = Problem(problem.weights, problem.bias, problem.images[image : image + 1], np.zeros(1, dtype=int))
        for label in candidates:
            one.labels[0] = label
            if one.software_accuracy() == 1.0:
                predicted[image] = label
    wrong = random.random(count) < 0.25
    problem.labels = np.where(wrong, (predicted + 1) % LAYERS[-1], predicted)
    return problem
