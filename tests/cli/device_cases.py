"""Devices from the command line: cards, curves, pulses, programming, ageing, spike timing, SPICE."""

import json

import h5py
from harness import case

GOOD = 'source = "me" }'


def card(t, line='alpha = { value = "2 1/V", range = ["1 1/V", "9 1/V"], ' + GOOD):
    """A card file of one's own; `line` is its line 4."""
    text = ['model = "sinh"', 'title = "mine"', "[values]", line]
    text.append('g_min = { value = "1 uS", range = ["0 S", "1 S"], ' + GOOD)
    text.append('g_max = { value = "100 uS", range = ["0 S", "1 S"], ' + GOOD)
    t.path("own.toml").write_text("\n".join(text) + "\n")
    return "own.toml"


def table(text):
    """The rows of a printed table, without its heading."""
    return [[float(word) for word in line.split()] for line in text.splitlines()[1:]]


@case
def device_list(t):
    """Every built-in card is listed, and says whether it holds placeholders."""
    devices = json.loads(t.ohmloom("device", "list", "--json").out)["devices"]
    by_name = {device["name"]: device for device in devices}
    for name in ("linear/ideal", "pcm/aihwkit", "pcm/hermes_2", "mram/analog_50x30", "cbram/cu_sio2_w", "cbram/cu_asic_tin"):
        assert name in by_name, f"{name} is not listed"
        assert name in t.ohmloom("device", "list").out
    assert by_name["cbram/cu_sio2_w"]["placeholders"]


@case
def device_show(t):
    """A card shows value, unit, range and source, and marks placeholders."""
    text = t.ohmloom("device", "show", "cbram").out
    assert "PLACEHOLDER" in text and "arXiv:2001.09299" in text, text
    shown = json.loads(t.ohmloom("device", "show", "pcm", "--json", "--set", "g_max=30u").out)
    g_max = next(value for value in shown["values"] if value["name"] == "g_max")
    assert abs(g_max["value"] - 30e-6) < 1e-12 and g_max["source"] == "given by the user", g_max
    assert all(value["source"] for value in shown["values"])


@case
def device_own_card(t):
    """A card of one's own works like a built-in one."""
    rows = table(t.ohmloom("device", "iv", card(t), "--g", "10u", "--from", "0", "--to", "100m", "--points", "2").out)
    assert abs(rows[1][1] - 1.00668e-6) < 1e-11, rows


@case
def device_bad_cards(t):
    """Unknown key, wrong unit, value out of range and missing source are refused by file and line."""
    t.refused("device", "show", card(t, "alhpa = 2"))
    t.refused("device", "show", card(t, 'alpha = { value = "2 V", range = ["1 1/V", "9 1/V"], ' + GOOD))
    t.refused("device", "show", card(t, 'alpha = { value = "20 1/V", range = ["1 1/V", "9 1/V"], ' + GOOD))
    t.refused("device", "show", card(t, 'alpha = { value = "2 1/V", range = ["1 1/V", "9 1/V"] }'))
    t.matches_golden()


@case
def device_temperature(t):
    """A junction is made at --temperature, unless --set names its own."""

    def currents(*flags):
        curve = ("device", "iv", "mram/umn_65nm", "--points", "5", "--json")
        return json.loads(t.ohmloom(*curve, *flags).out)["columns"][1]["values"]

    warm = currents("--temperature", "358")
    assert warm != currents()
    assert warm == currents("--set", "temperature=358") == currents("--set", "temperature=358", "--temperature", "300")


@case
def device_refusals(t):
    """What no device can do is refused before anything is written."""
    t.refused("device", "iv", "pmc")
    t.refused("device", "iv", "pcm/hermes_3")
    t.refused("device", "iv", "pcm", "--g", "1")
    t.refused("device", "iv", "pcm", "--set", "g_max=1V")
    t.refused("device", "iv", "pcm", "--temperature", "0")
    t.refused("device", "iv", "pcm", "-o", "curve.txt")
    t.refused("device", "iv", "pcm", "-o", "nowhere/curve.csv")
    t.refused("device", "iv", "table", "--to", "2")
    t.refused("device", "age", "pcm", "--time", "-1")
    t.refused("device", "program", "cbram", "--devices", "0")
    t.matches_golden()


@case
def device_files(t):
    """Curves go to CSV, HDF5, PNG and SVG with equal numbers; drawings are drawings."""
    curve = ("device", "iv", "mram", "--set", "sigma_ra=0", "--points", "21")
    for name in ("curve.csv", "curve.h5", "curve.png", "curve.svg"):
        t.ohmloom(*curve, "-o", name)
    lines = t.path("curve.csv").read_text().splitlines()
    assert lines[0] == "v [V],i [A],slope [S]", lines[0]
    rows = [[float(word) for word in line.split(",")] for line in lines[1:]]
    with h5py.File(t.path("curve.h5")) as file:
        assert file["i"].attrs["unit"] == "A"
        assert list(file["i"]) == [row[1] for row in rows]
    assert t.path("curve.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in t.path("curve.svg").read_bytes()
    assert sorted(path.name for path in t.folder.iterdir() if path.is_file()) == ["curve.csv", "curve.h5", "curve.png", "curve.svg"]


@case
def device_json(t):
    """Every verb that makes curves prints them for machines, too, and a subcircuit likewise."""
    for words in (
        ("iv", "sinh", "--g", "10u", "--from", "0", "--to", "100m", "--points", "2"),
        ("pulse", "cbram", "--v", "0.3", "--count", "2"),
        ("program", "pcm", "--devices", "10"),
        ("age", "pcm", "--devices", "10"),
        ("stdp", "cbram", "--points", "3"),
    ):
        shown = json.loads(t.ohmloom("device", *words, "--json").out)
        assert shown["schema"] == "ohmloom-device-columns-1", shown
        assert all(column["unit"] and column["values"] for column in shown["columns"]), shown
    iv = json.loads(t.ohmloom("device", "iv", "sinh", "--g", "10u", "--from", "0", "--to", "100m", "--points", "2", "--json", "-o", "c.csv").out)
    assert iv["output"] == "c.csv" and abs(iv["columns"][1]["values"][1] - 1.00668e-6) < 1e-11, iv
    face = json.loads(t.ohmloom("device", "spice", "cbram", "--json").out)
    assert face["ports"] == ["top", "bottom", "x"] and face["text"].startswith(".subckt " + face["name"]), face


@case
def device_pulse(t):
    """SET pulses raise the conductance of a phase-change cell by the published means, RESET brings it back."""
    said = t.ohmloom("device", "pulse", "pcm/accumulation", "--set", "noise=0", "--v", "1", "2.5", "--width", "50n", "--count", "3")
    g = [1e6 * row[1] for row in table(said.out)]
    for found, expected in zip(g, (0.1, 1.925, 3.292, 4.337, 0.1, 0.1, 0.1)):
        assert abs(found - expected) < 1e-3, g


@case
def device_program(t):
    """A thousand devices towards targets: the same seed gives the same numbers, another one others."""
    command = ("device", "program", "pcm", "--single-shot", "--target", "12.5u")
    first = t.ohmloom(*command).out
    assert first == t.ohmloom(*command).out
    assert first != t.ohmloom(*command, "--seed", "2").out
    asked, mean, spread, pulses, energy, reached = table(first)[0]
    assert abs(mean - asked) < 4 * 0.95271e-6 / 1000**0.5, first
    assert abs(spread - 0.95271e-6) < 0.1e-6 and pulses == 20 and energy > 0 and reached == 0, first


@case
def device_age(t):
    """A day's drift has the published mean."""
    rows = table(t.ohmloom("device", "age", "pcm", "--g", "25u", "--time", "0", "86400", "--devices", "4000").out)
    assert abs(rows[1][1] / rows[0][1] - 0.66501) < 0.004, rows


@case
def device_stdp(t):
    """Post after pre strengthens a filament, pre after post weakens it, far apart nothing happens."""
    rows = table(t.ohmloom("device", "stdp", "cbram", "--set", "noise=0", "--g", "150u", "--points", "7").out)
    changes = [row[1] for row in rows]
    assert changes[0] == changes[-1] == 0, rows
    assert changes[2] < 0 < changes[4], rows


@case
def device_spice(t):
    """The subcircuit goes to the screen or to a file, with its ports and placeholders named."""
    said = t.ohmloom("device", "spice", "cbram").out
    assert ".subckt ohmloom_cbram" in said and "* ports: top bottom x" in said and "placeholders" in said, said
    t.ohmloom("device", "spice", "cbram", "-o", "cell.sub")
    assert t.path("cell.sub").read_text() == said
