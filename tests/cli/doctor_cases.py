"""`ohmloom doctor`: what is there, and how to mend what is not."""

import json
import shutil

from harness import case


def findings(t, status=0, environment=None):
    said = json.loads(t.ohmloom("doctor", "--json", status=status, environment=environment).out)
    assert said["schema"] == "ohmloom-doctor-1", said
    return {check["what"]: check for check in said["checks"]}


@case
def doctor_findings(t):
    """The doctor names the parts of the machine, one line each, and every line of something missing says how to mend it."""
    found = findings(t)
    for what in ("processor", "threads", "BLAS", "HDF5", "ngspice", "ngspice KLU", "gnuplot", "report", "training", "data mnist-test"):
        assert what in found, f"no word of {what}"
    assert "version 39" in found["ngspice"]["found"] and "XSPICE" in found["ngspice"]["found"], found["ngspice"]
    assert all((check["health"] == "good") == (check["mend"] == "") for check in found.values()), found
    assert len(t.ohmloom("doctor").out.splitlines()) == len(found)


@case
def doctor_no_gnuplot(t):
    """Without gnuplot in PATH the doctor says what is lost and how to get it; that is no failure."""
    check = findings(t, environment={"PATH": str(t.folder)})["gnuplot"]
    assert check["health"] == "optional" and "gnuplot-nox" in check["mend"], check


@case
def doctor_no_ngspice(t):
    """A program without its process of ngspice beside it is told so, with status 1, and so is an array for that engine."""
    alone = t.path("alone")
    shutil.copy(t.program, alone)
    check = findings(t.with_program(alone), status=1)["ngspice"]
    assert check["health"] == "BAD" and "ohmloom-ngspice" in check["mend"], check


@case
def doctor_no_training(t):
    """A program without its training program beside it says so, and what brings it; one that does not start is a part that does not work."""
    alone, trainer = t.path("alone"), t.path("ohmloom-train")
    shutil.copy(t.program, alone)
    check = findings(t.with_program(alone), status=1)["training"]
    assert check["health"] == "optional" and ("ohmloom-train" in check["mend"] or "libtorch-dev" in check["mend"]), check
    if "not built" in check["found"]:
        return
    said = t.with_program(alone).ohmloom("train", "-o", "net.h5", status=1).err
    assert str(trainer) in said and said.count("\n") == 1, said
    trainer.write_text("#!/bin/sh\necho libtorch is not there >&2\nexit 127\n")
    trainer.chmod(0o755)
    check = findings(t.with_program(alone), status=1)["training"]
    assert check["health"] == "BAD" and "libtorch is not there" in check["found"] and "libtorch" in check["mend"], check
