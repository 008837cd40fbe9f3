"""`ohmloom run`: a small study's figures and files, and refusals."""

import json
import shutil

import h5py
import numpy as np

from array_files import read_output
from harness import case
from study_files import STUDY, sample_problem

FIGURES = {
    "network", "horizontal", "vertical", "tiles", "accuracy", "accuracy_low", "accuracy_high", "accuracy_ideal_wires",
    "accuracy_ideal_devices", "accuracy_software", "g_error_mean_s", "g_error_spread_s", "g_error_worst_s", "power_w", "energy_j", "residual_max", "converged", "engine", "wall_s",
}  # fmt: skip


def points(t, problem, *flags):
    """Writes the study, runs it and gives back the points of its JSON."""
    said = json.loads(t.ohmloom("run", problem.write(t.folder), "--json", *flags).out)
    assert said["schema"] == "ohmloom-run-1", said
    return said["points"]


def refuses(t, problem, *flags):
    """The study must be refused, in the words of the golden file."""
    t.refused("run", problem.write(t.folder), "-o", "result.h5", *flags)
    t.matches_golden()


def study_with(old, new):
    """The sample problem with one line of its study changed."""
    assert old in STUDY, f"the sample study has no '{old}'"
    problem = sample_problem()
    problem.study = STUDY.replace(old, new, 1)
    return problem


# --- good results ---


@case
def run_figures(t):
    """Every agreed figure is there for every scheme, and the fractions are consistent."""
    found = points(t, sample_problem())
    assert [(p["horizontal"], p["vertical"], p["tiles"]) for p in found] == [([1, 1], [1, 1], 2), ([4, 2], [2, 1], 10)]
    for point in found:
        assert FIGURES <= set(point), f"missing: {sorted(FIGURES - set(point))}"
        assert 0 <= point["accuracy_low"] <= point["accuracy"] <= point["accuracy_high"] <= 1
        assert point["converged"] is True and point["residual_max"] <= 1e-9
        assert point["power_w"] > 0 and point["energy_j"] > 0


@case
def run_software_accuracy(t):
    """The software accuracy is that of plain arithmetic outside the program."""
    problem = sample_problem()
    expected = problem.software_accuracy()
    assert 0.5 < expected < 1.0, f"the sample says nothing: {expected}"
    for point in points(t, problem):
        assert abs(point["accuracy_software"] - expected) < 1e-12, f"{point['accuracy_software']}, expected {expected}"


@case
def run_first_images(t):
    """--images N runs the first N."""
    problem = sample_problem()
    expected = problem.software_accuracy(25)
    assert abs(points(t, problem, "--images", 25)[0]["accuracy_software"] - expected) < 1e-12


@case
def run_before_settling(t):
    """Images that stand long enough give the settled accuracy, those that hardly reach the array all the same class."""
    capacitance = "wire = { r_row = 10, r_col = 15 }\ncapacitance = { row = \"1f\", col = \"1f\", cell = \"0.2f\" }"
    problem = study_with("wire = { r_row = 10, r_col = 15 }", capacitance)
    problem.study += '\n[timing]\nsample = ["100n", "1f"]\nimages = "reset"\n'
    found = points(t, problem, "-o", "result.h5")
    assert [p["sample_time_s"] for p in found] == [1e-7, 1e-15] * 2
    for late, early in zip(found[::2], found[1::2]):
        assert late["accuracy"] == late["accuracy_settled"] == early["accuracy_settled"], (late["accuracy"], late["accuracy_settled"], early["accuracy_settled"])
        assert all(0 < s <= 2e-7 for s in late["settling_time_s"]), late["settling_time_s"]
        assert early["settling_time_s"] == [None, None]
        charging = late["energy_charging_j"]
        assert 0 < charging == early["energy_charging_j"]
        assert abs(late["energy_j"] - (late["power_w"] * 1e-7 + charging)) <= 1e-12 * late["energy_j"]
    with h5py.File(t.folder / "result.h5") as file:
        assert list(file["points/accuracy"]) == [p["accuracy"] for p in found]
        for late, early in file["points/classes"][:].reshape(2, 2, -1):
            assert len(set(late)) > 1 and len(set(early)) == 1, (set(late), set(early))
        assert file["points/settling_time_s"].attrs["unit"] == "s"
        assert np.isinf(file["points/settling_time_s"][1]).all()


@case
def run_in_time_needs_linear_cells(t):
    """Images in time are maps: other cells are refused before anything is done."""
    problem = study_with('r_on = "5k"\nr_off = "15k"', 'model = "sinh"')
    problem.study = problem.study.replace("[array]", '[timing]\nimages = "stream"\n\n[array]\ncapacitance = { row = "1f" }')
    refuses(t, problem)


@case
def run_ideal_wires(t):
    """With wires that have no resistance the accuracy is the one stated for ideal wires."""
    for point in points(t, study_with("r_row = 10, r_col = 15", "r_row = 0, r_col = 0")):
        assert point["accuracy"] == point["accuracy_ideal_wires"], point


@case
def run_cross_check(t):
    """--cross-check N solves N tiles of every scheme once more in ngspice; the largest deviation is in table, JSON and file."""
    study = sample_problem().write(t.folder)
    said = json.loads(t.ohmloom("run", study, "--cross-check", 6, "-o", "result.h5", "--json").out)
    for point in said["points"]:
        check = point["cross_check"]
        assert check["engine"] == "ngspice" and check["pairs"] == 6 and check["unsolved"] == 0 and check["passed"], check
        assert 0 < check["deviation"] < 1e-9, check
    with h5py.File(t.path("result.h5")) as file:
        found = file["points/cross_check_deviation"][()]
        assert np.array_equal(found, [point["cross_check"]["deviation"] for point in said["points"]])
        assert set(file["points/cross_check_engine"].asstr()[()]) == {"ngspice"}
    table = t.ohmloom("run", study, "--cross-check", 6, "--cross-check-engine", "mna").out
    assert "cross-check: 6 (tile, image) pairs a scheme" in table and "solved by mna, which is not" in table, table
    assert "cross_check" not in t.ohmloom("run", study, "--json").out


@case
def run_cross_check_without_time(t):
    """Pairs that ngspice could not solve are counted, with status 1."""
    study = sample_problem().write(t.folder)
    flags = ("--cross-check", 2, "--time-limit", "1e-6")
    done = t.ohmloom("run", study, *flags, status=1, environment={"TMPDIR": str(t.folder)})
    assert "FAILED: ngspice needed more time than allowed" in done.out, done.out


@case
def run_cross_check_without_ngspice(t):
    """Without ngspice a cross-check is refused, and says that mna must be asked for."""
    alone = t.path("alone")
    shutil.copy(t.program, alone)
    study = sample_problem().write(t.folder)
    done = t.with_program(alone).ohmloom("run", study, "--cross-check", 2, status=2)
    assert "--cross-check-engine mna" in done.err, done.err
    t.with_program(alone).ohmloom("run", study, "--cross-check", 2, "--cross-check-engine", "mna")


@case
def run_largest_tile(t):
    """A largest tile instead of partitions gives the fewest partitions that fit it."""
    problem = sample_problem()
    problem.study = STUDY[: STUDY.index("[[scheme]]")].replace("[array]", "[array]\nrows = 9\ncols = 4")
    # 16 inputs and a bias on 9 rows: 2; 7 and a bias: 1. 7 outputs on 4 columns: 2; 5: 2 (or twice that, in pairs).
    (point,) = points(t, problem)
    assert point["horizontal"] == [2, 1], point["horizontal"]
    assert point["vertical"] in ([2, 2], [4, 3]), point["vertical"]


@case
def run_file_contract(t):
    """The result file opens in h5py, has a unit on every data set and says what the JSON says."""
    found = points(t, sample_problem(), "-o", "result.h5")
    values, units = read_output(t.path("result.h5"))
    assert all(units.values()), f"no unit: {[name for name, unit in units.items() if not unit]}"
    with h5py.File(t.path("result.h5")) as file:
        assert file.attrs["schema"] in ("ohmloom-run-1", b"ohmloom-run-1") and file.attrs["version"]
    text = values["study"]
    assert (text.decode() if isinstance(text, bytes) else text) == STUDY
    for name in sorted(FIGURES - {"network", "horizontal", "vertical", "engine"}):
        assert np.array_equal(values[f"points/{name}"], [p[name] for p in found]), f"{name} differs from the JSON"


@case
def run_threads(t):
    """Figures do not depend on the number of threads, down to the last bit."""
    problem = sample_problem()
    one = points(t, problem, "--threads", 1)
    many = json.loads(t.ohmloom("run", "study.toml", "--json", "--threads", 2).out)["points"]
    for figures in one + many:
        del figures["wall_s"]
    assert one == many


@case
def run_table(t):
    """The table has one line per scheme, and nothing goes to stderr."""
    done = t.ohmloom("run", sample_problem().write(t.folder))
    assert done.err == "", done.err
    assert sum(line.startswith("small ") for line in done.out.splitlines()) == 2, done.out


@case
def run_from_elsewhere(t):
    """File names in a study are relative to the study, wherever the program is started."""
    inner = t.path("inner")
    inner.mkdir()
    problem = sample_problem()
    problem.study = STUDY.replace('set = "images"', 'set = "mnist-test"')
    problem.write(inner)
    (inner / "images").rename(inner / "mnist")
    t.ohmloom("run", "inner/study.toml")


def device_study(device):
    """The sample problem on another device."""
    return study_with('[device]\nr_on = "5k"\nr_off = "15k"\n', device)


@case
def run_ideal_device(t):
    """A device that is programmed ideally gives exactly the figures of the plain window."""
    plain = points(t, sample_problem())
    device = points(t, device_study('[device]\nmodel = "mram/synapse_5k"\nprogramming = "ideal"\n'))
    window = points(t, device_study("[device]\nr_on = 4999.64\nr_off = 14998.9\n"))
    for one, other, near in zip(plain, device, window):
        assert one["accuracy"] == one["accuracy_ideal_devices"] and one["g_error_worst_s"] == 0
        assert other["accuracy"] == other["accuracy_ideal_devices"] and other["g_error_worst_s"] == 0
        assert abs(other["power_w"] / near["power_w"] - 1) < 1e-3
    linear = '[device]\nmodel = "linear"\nr_on = "15k"\nr_off = "45k"\n'
    exact = points(t, device_study(linear + "read_time = 0\n"))
    ohmic = points(t, device_study(linear))
    for one, other in zip(exact, ohmic):
        for figure in ("accuracy", "power_w", "power_cells_w", "energy_j", "residual_max", "g_error_worst_s"):
            assert one[figure] == other[figure], f"{figure}: {one[figure]}, {other[figure]}"


@case
def run_devices(t):
    """Several devices give their points one after the other, with the errors of their conductances, for any threads."""
    problem = device_study(
        '[[device]]\nname = "new"\nmodel = "pcm"\nr_on = "40k"\nr_off = "120k"\n'
        '[[device]]\nname = "old"\nmodel = "pcm"\nr_on = "40k"\nr_off = "120k"\nread_time = 31e6\ndrift_compensation = true\n'
    )
    found = points(t, problem, "-o", "result.h5", "--threads", 1)
    again = json.loads(t.ohmloom("run", "study.toml", "--json", "--threads", 2).out)["points"]
    for figures in found + again:
        del figures["wall_s"]
    assert found == again
    assert [p["device"] for p in found] == ["new", "new", "old", "old"]
    assert all(p["converged"] and p["engine"] == "lines" for p in found)
    for new, old in zip(found[:2], found[2:]):
        assert new["g_error_spread_s"] > 1e-7 and new["g_error_worst_s"] > new["g_error_spread_s"]
        # Conductances have fallen in a year.
        assert old["g_error_mean_s"] < new["g_error_mean_s"] - 1e-6, (new, old)
        # Which compensation multiplies by: not at all where none is asked for.
        assert new["drift_compensation"] == new["drift_compensation_greatest"] == 1.0
        assert 1.2 < old["drift_compensation_least"] <= old["drift_compensation"] <= old["drift_compensation_greatest"]
        assert new["accuracy_ideal_devices"] == old["accuracy_ideal_devices"]
    values, units = read_output(t.path("result.h5"))
    assert all(units.values()), units
    assert units["points/g_error_spread_s"] == "S" and units["points/read_time_s"] == "s"
    assert np.array_equal(values["points/g_error_worst_s"], [p["g_error_worst_s"] for p in found])
    assert np.array_equal(values["points/drift_compensation"], [p["drift_compensation"] for p in found])
    table = t.ohmloom("run", "study.toml").out
    assert f"{found[2]['drift_compensation']:.4g}" in [line for line in table.splitlines() if line.startswith("old ")][0]
    assert "spread uS" in table and sum(line.startswith("old ") for line in table.splitlines()) == 2, table


# --- refusals ---


@case
def run_unknown_device(t):
    """An unknown device is refused with its line and the nearest known one."""
    refuses(t, device_study('[device]\nmodel = "mramm"\n'))


@case
def run_unknown_device_key(t):
    """A misspelt key of a device is refused with its line and the nearest known key."""
    refuses(t, device_study('[device]\nmodel = "pcm"\nread_tme = 3\n'))


@case
def run_unknown_device_value(t):
    """A value that a device does not have is refused with its line and the nearest one."""
    refuses(t, device_study('[device]\nmodel = "linear"\nvalues = { g_maxx = "3 S" }\n'))


@case
def run_device_value_out_of_range(t):
    """A value outside its card's range is refused with both."""
    refuses(t, device_study('[device]\nmodel = "pcm"\nvalues = { g_max = "3 S" }\n'))


@case
def run_device_out_of_reach(t):
    """A window that a device cannot be programmed to is refused with the one it has."""
    refuses(t, device_study('[device]\nmodel = "pcm"\nr_on = "1k"\nr_off = "3k"\n'))


@case
def run_device_scheme_mixed(t):
    """A tolerance without anything that looks at it is refused."""
    refuses(t, device_study('[device]\nmodel = "pcm"\nprogramming = "single-shot"\ntolerance = 0.1\n'))


@case
def run_table_beyond_its_voltages(t):
    """Images that take cells beyond a table of currents are refused with both voltages."""
    problem = device_study('[device]\nmodel = "table"\n')
    problem.study += "\n[readout]\nv_supply = 5\n"
    refuses(t, problem)


@case
def run_missing_study(t):
    """A study that is not there is refused by name."""
    t.refused("run", "nowhere.toml")
    t.matches_golden()


@case
def run_not_toml(t):
    """A study that is no TOML is refused with line and column."""
    problem = sample_problem()
    problem.study = "[network\nfile = 3\n"
    refuses(t, problem)


@case
def run_unknown_key(t):
    """A misspelt key is refused with its line and the nearest known key."""
    refuses(t, study_with("r_on =", "r_onn ="))


@case
def run_unknown_table(t):
    """An unknown table is refused with its line."""
    refuses(t, study_with("[device]", "[devices]"))


@case
def run_wrong_type(t):
    """A number where a file name belongs is refused with its line."""
    refuses(t, study_with('file = "network.h5"', "file = 7"))


@case
def run_negative_resistance(t):
    """A negative wire resistance is refused with its line."""
    refuses(t, study_with("r_row = 10", "r_row = -10"))


@case
def run_half_a_wire(t):
    """Wires with only one of their two resistances are refused."""
    refuses(t, study_with("r_row = 10, r_col = 15", "r_row = 10"))


@case
def run_wire_of_metres(t):
    """A wire geometry without the prefix that was meant is refused with what to write."""
    refuses(t, study_with("r_row = 10, r_col = 15", "node = 9"))


@case
def run_swapped_window(t):
    """An off-state that conducts better than the on-state is refused."""
    refuses(t, study_with('r_off = "15k"', 'r_off = "1k"'))


@case
def run_wrong_unit(t):
    """A resistance with the unit of something else is refused."""
    refuses(t, study_with('"5k"', '"5 mV"'))


@case
def run_stage_at_both_ends(t):
    """A difference stage cannot read a column at both of its ends."""
    refuses(t, study_with("[array]", '[array]\ncol_ends = "both"'))


@case
def run_unknown_readout(t):
    """An unknown kind of readout is refused with the known ones."""
    refuses(t, study_with("[device]", '[readout]\nkind = "abacus"\n\n[device]'))


@case
def run_unknown_data_set(t):
    """An unknown data set is refused."""
    refuses(t, study_with('set = "images"', 'set = "mnist-tset"'))


@case
def run_missing_network(t):
    """A network file that is not there is refused by name."""
    refuses(t, study_with('"network.h5"', '"other.h5"'))


@case
def run_too_many_partitions(t):
    """More partitions than a layer has inputs are refused with both numbers."""
    refuses(t, study_with("horizontal = [4, 2]", "horizontal = [40, 2]"))


@case
def run_partitions_of_another_network(t):
    """Partitions for another number of layers than the network has are refused."""
    refuses(t, study_with("horizontal = [1, 1]\nvertical = [1, 1]", "horizontal = [1, 1, 1]\nvertical = [1, 1, 1]"))


@case
def run_zero_partitions(t):
    """Zero partitions are refused."""
    refuses(t, study_with("vertical = [1, 1]", "vertical = [0, 1]"))


@case
def run_nan_weight(t):
    """A weight that is no number is refused with its place."""
    problem = sample_problem()
    problem.attributes["weight_kind"] = "real"
    problem.weights[1][2, 3] = np.nan
    refuses(t, problem)


@case
def run_weight_of_another_kind(t):
    """A weight that a binary network cannot have is refused with its place."""
    problem = sample_problem()
    problem.weights[0][0, 1] = 0.5
    refuses(t, problem)


@case
def run_layers_that_do_not_fit(t):
    """Layers whose sizes do not fit each other are refused."""
    problem = sample_problem()
    problem.weights[1] = problem.weights[1][:, :-1]
    refuses(t, problem)


@case
def run_network_of_other_schema(t):
    """A network file of another schema is refused with both names."""
    problem = sample_problem()
    problem.attributes["schema"] = "ohmloom-network-9"
    refuses(t, problem)


@case
def run_crop_larger_than_images(t):
    """A network that wants larger images than there are is refused."""
    problem = sample_problem()
    problem.attributes["input_crop"] = 8
    random = np.random.default_rng(1)
    problem.weights[0] = random.choice(np.array([-1.0, 1.0]), (7, 64))
    refuses(t, problem)


@case
def run_more_images_than_there_are(t):
    """More images than the data set has are refused with both numbers."""
    refuses(t, sample_problem(), "--images", "61")


@case
def run_no_images(t):
    """Zero images are refused."""
    refuses(t, sample_problem(), "--images", "0")


@case
def run_truncated_images(t):
    """A truncated image file is refused with its name and the byte where it ends."""
    sample_problem().write(t.folder)
    images = t.path("images") / "t10k-images-idx3-ubyte"
    images.write_bytes(images.read_bytes()[:1000])
    t.refused("run", "study.toml", "-o", "result.h5")
    t.matches_golden()


@case
def run_wrong_magic(t):
    """An image file with another magic number is refused with its name and byte."""
    sample_problem().write(t.folder)
    images = t.path("images") / "t10k-images-idx3-ubyte"
    images.write_bytes(b"\0\0\x08\x01" + images.read_bytes()[4:])
    t.refused("run", "study.toml", "-o", "result.h5")
    t.matches_golden()


@case
def run_trailing_bytes(t):
    """An image file with bytes left over is refused with its name and byte."""
    sample_problem().write(t.folder)
    images = t.path("images") / "t10k-images-idx3-ubyte"
    images.write_bytes(images.read_bytes() + b"\0")
    t.refused("run", "study.toml", "-o", "result.h5")
    t.matches_golden()


@case
def run_labels_missing_one(t):
    """Fewer labels than images are refused with both numbers."""
    problem = sample_problem()
    problem.labels = problem.labels[:-1]
    refuses(t, problem)


@case
def run_output_folder_missing(t):
    """An output in a folder that is not there is refused."""
    t.refused("run", sample_problem().write(t.folder), "-o", "results/result.h5")
    t.matches_golden()


@case
def run_output_is_input(t):
    """Writing the result over the study or one of its networks is refused, and they stay as they were."""
    study = sample_problem().write(t.folder)
    for own in (study, "network.h5"):
        t.refused("run", study, "-o", own)
    t.matches_golden()


@case
def run_unknown_flag(t):
    """An unknown flag is refused."""
    refuses(t, sample_problem(), "--imags", "5")


@case
def run_converters(t):
    """A study with converters tells every flaw alone and every component's cost; ideal ones of many bits lose nothing."""
    problem = study_with("[array]\n", '[adc]\nbits = 14\n[dac]\nbits = 12\n[digital]\narithmetic = "exact"\n[array]\n')
    for point in points(t, problem):
        for flaw in ("devices", "wires", "drivers", "stages", "quantisation", "converters", "digital"):
            assert 0 <= point[f"accuracy_{flaw}_alone"] <= 1
        parts = [point[f"energy_{part}_j"] for part in ("arrays", "stages", "dac", "adc", "digital")]
        assert abs(sum(parts) - point["energy_all_j"]) < 1e-12 * point["energy_all_j"] and point["energy_j"] == point["energy_all_j"]
        assert point["accuracy_quantisation_alone"] == point["accuracy_software"]
    said = t.ohmloom("run", problem.write(t.folder)).out
    assert "accuracy in % with one flaw alone" in said and "cost of an inference" in said


@case
def run_digital_steps(t):
    """The fixed-point unit stands beside its floating-point twins, and every step's error of every layer is told."""
    problem = study_with("[array]\n", "[adc]\nbits = 6\n[digital]\ncut_after = 1\n[array]\n")
    for point in points(t, problem):
        assert point["accuracy_fixed"] == point["accuracy"] and 0 <= point["accuracy_fp16"] <= 1 and 0 <= point["accuracy_fp32"] <= 1
        layers = point["unit_error_steps"]
        assert len(layers) == len(point["output_step"]) == 2, layers
        for layer in layers:
            assert 0 < layer["rounding"]["rms"] <= layer["rounding"]["largest"] <= 0.25, layer  # half a step, of which cut_after makes a quarter
            assert 0 < layer["cut_after"]["largest"] <= 0.5 and layer["fp16"]["rms"] > layer["fp32"]["rms"], layer
        assert max(layer["total"]["largest"] for layer in layers) == point["unit_error_largest"]
    said = t.ohmloom("run", problem.write(t.folder)).out
    assert "digital units in other arithmetic" in said and "errors of the fixed-point units by step" in said, said


@case
def run_converter_bits_bad(t):
    refuses(t, study_with("[array]\n", "[adc]\nbits = 0\n[array]\n"))


@case
def run_digital_without_adc(t):
    refuses(t, study_with("[array]\n", "[digital]\n[array]\n"))


@case
def run_analog_relu_network(t):
    """A network for ReLUs is refused behind sigmoid neurons, and run behind ReLUs and between converters."""
    problem = sample_problem()
    problem.activation = "relu"
    refuses(t, problem)
    for study in (STUDY + '[readout]\nneuron = "relu"\n', STUDY + "[adc]\n"):
        problem.study = study
        assert len(points(t, problem)) == 2


@case
def run_unknown_activation(t):
    """An activation that is not known is refused with those that are."""
    problem = sample_problem()
    problem.activation = "softplus"
    refuses(t, problem)


@case
def run_signs(t):
    """Layers behind a tanh take both signs in two phases or on pairs of rows: nearly the same answer, other costs."""
    problem = sample_problem()
    problem.activation = "tanh"
    cost = {}
    for signs in ("two-phases", "row-pairs"):
        problem.study = STUDY + f'[adc]\nbits = 12\n[digital]\narithmetic = "exact"\n[dac]\nsigns = "{signs}"\nbits = 12\nenergy = 1e-12\n'
        point = points(t, problem)[0]
        assert abs(point["accuracy"] - point["accuracy_software"]) <= 0.1, point
        cost[signs] = point
    # Every row has a DAC: 17 and 8 rows, the 8 twice in two phases; or 17 and 15.
    energy = {signs: point["energy_dac_j"] for signs, point in cost.items()}
    assert np.isclose(energy["two-phases"], 33e-12) and np.isclose(energy["row-pairs"], 32e-12), energy


@case
def run_signs_of_levels_in_twos_complement(t):
    """Two's complement is of bits: levels in it are refused."""
    refuses(t, study_with("[array]\n", '[adc]\n[dac]\nsigns = "twos-complement"\n[array]\n'))


@case
def run_percentile_out_of_range(t):
    """A percentile of which half of the data lie beyond is refused."""
    refuses(t, study_with("[array]\n", "[adc]\n[dac]\npercentile = 50\n[array]\n"))


@case
def run_converters_cross_check(t):
    """Tiles between converters are checked as circuits, too."""
    problem = study_with("[array]\n", "[adc]\n[array]\n")
    for point in points(t, problem, "--cross-check", "4", "--cross-check-engine", "mna"):
        check = point["cross_check"]
        assert check["passed"] and check["pairs"] == 4 and 0 < check["deviation"] < 1e-9, check
