#include "study/study_file.hpp"

#include "base/errors.hpp"
#include "tests/temporary_folder.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace ohmloom;

namespace {

const std::string small_study = R"([network]
file = "net.h5"
[array]
wire = { r_row = 1.5, r_col = "2k" }
[partition]
horizontal = [4, 2]
vertical = [2, 1]
)";

Study read(const std::string& text) {
    const TemporaryFolder folder;
    return read_study(folder.write("study.toml", text));
}

} // namespace

TEST_CASE("a study gives its values in SI units and takes the rest from the published setting") {
    const Study study =
        read(small_study + "[device]\nr_on = \"5k\"\nr_off = \"0.015M\"\n[timing]\nsample = \"2n\"\n");
    CHECK(study.array.r_row == 1.5);
    CHECK(study.array.r_col == 2000.0);
    CHECK(study.window.g_max == 1.0 / 5e3);
    CHECK(study.window.g_min == 1.0 / 15e3);
    CHECK(study.timing.samples.front() == 2e-9);
    CHECK(study.array.stage.kind == StageKind::difference);
    REQUIRE(study.schemes.size() == 1);
    CHECK(study.schemes[0].partitions == std::vector<LayerPartition>{{4, 2}, {2, 1}});
    CHECK(study.schemes[0].network.filename() == "net.h5");
}

TEST_CASE("the 9 nm node stands for the published wires") {
    const Study study =
        read("[network]\nfile = \"n.h5\"\n[array]\nrows = 32\ncols = 32\nwire = { node = \"9nm\" }\n");
    CHECK(study.array.r_row == testing::approx(9.2416).epsilon(1e-5));
    CHECK(study.array.r_col == testing::approx(11.552).epsilon(1e-5));
    // Column segments of the longer cells: 23 and 48 lambda.
    CHECK(read("[network]\nfile = \"n.h5\"\n[array]\nrows = 8\ncols = 8\nwire = { cell = \"2T-1R\" }\n")
              .array.r_col == testing::approx(17.713).epsilon(1e-4));
    CHECK(read("[network]\nfile = \"n.h5\"\n[array]\nrows = 8\ncols = 8\nwire = { cell = \"1TG-1R\" }\n")
              .array.r_col == testing::approx(36.966).epsilon(1e-4));
}

TEST_CASE("schemes may each have a partition and a network of their own") {
    const Study study = read("[network]\nfile = \"a.h5\"\n[array]\nwire = { r_row = 1, r_col = 1 }\n"
                             "[[scheme]]\nhorizontal = [1]\nvertical = [1]\n"
                             "[[scheme]]\nnetwork = \"b.h5\"\nhorizontal = [3]\nvertical = [2]\n");
    REQUIRE(study.schemes.size() == 2);
    CHECK(study.schemes[0].network.filename() == "a.h5");
    CHECK(study.schemes[1].network.filename() == "b.h5");
    CHECK(study.schemes[1].partitions[0] == LayerPartition{3, 2});
}

TEST_CASE("every kind of read-out stage is read with what belongs to it") {
    const auto stage = [&](const std::string& text) {
        return read("seed = 12\n" + small_study + "[readout]\nkind = " + text).array.stage;
    };
    const ReadoutStage op_amp = stage("'op-amp'\ngain = [4]\nr_input = '2k'\nopen_loop_gain = '10k'\n"
                                      "r_amplifier = '1M'\noffset_sigma = '2mV'\ngain_sigma = 0.01\n");
    CHECK(op_amp.kind == StageKind::op_amp);
    CHECK(op_amp.r_input == 2e3);
    CHECK(op_amp.open_loop_gain == 1e4);
    CHECK(op_amp.r_amplifier == 1e6);
    CHECK(op_amp.spread.offset == testing::approx(2e-3));
    CHECK(op_amp.spread.gain == 0.01);
    CHECK(op_amp.spread.seed == 12);
    const ReadoutStage conveyor = stage("'current-conveyor'\nr_conveyor = 90\ncurrent_gain = 0.97\n");
    CHECK(conveyor.kind == StageKind::current_conveyor);
    CHECK(conveyor.r_conveyor == 90.0);
    CHECK(conveyor.current_gain == 0.97);
    CHECK(stage("'divider'\n").kind == StageKind::divider);
    const ReadoutStage integrator = stage(
        "'integrator'\nintegration_time = '50n'\ncapacitance = '2p'\nr_leak = '1G'\nopen_loop_gain = 1e4\n");
    CHECK(integrator.kind == StageKind::integrator);
    CHECK(integrator.integration_time == testing::approx(50e-9));
    CHECK(integrator.r_feedback() == testing::approx(25e3));
    CHECK(integrator.r_leak == 1e9);
    CHECK(stage("'differential-amplifier'\nopen_loop_gain = 500\n").open_loop_gain == 500.0);
    CHECK(is_ideal(stage("'virtual-ground'\n")));
}

TEST_CASE("every kind of neuron is read with what belongs to it") {
    const auto neuron = [&](const std::string& text) {
        return read(small_study + "[readout]\n" + text).neuron;
    };
    CHECK(neuron("").kind == Neuron::Kind::sigmoid);
    CHECK(neuron("").slope == 15.0);
    CHECK(neuron("neuron = 'inverter'\nr_low = '9k'\n").r_low == 9e3);
    const Neuron relu = neuron("neuron = 'relu'\nslope = 2\nv_supply = '900m'\n");
    CHECK(relu.kind == Neuron::Kind::relu);
    CHECK(relu.slope == 2.0);
    CHECK(relu.v_limit == testing::approx(0.9));
    CHECK(neuron("neuron = 'relu'\n").slope == 1.0);
    CHECK(std::isinf(neuron("neuron = 'relu'\nv_limit = 'none'\n").v_limit));
    CHECK(neuron("neuron = 'tanh'\n").slope == 7.5);
    const Neuron comparator = neuron("neuron = 'comparator'\nthreshold = '20m'\nv_low = -0.8\n");
    CHECK(comparator.threshold == testing::approx(0.02));
    CHECK(comparator.v_low == -0.8);
    const TemporaryFolder folder;
    folder.write("curve.csv", "v_in,v_out\n-100m,0.8\n0,0.5\n0.1,0\n");
    const Neuron table =
        read_study(
            folder.write("s.toml", small_study + "[readout]\nneuron = 'table'\ncurve_file = 'curve.csv'\n"))
            .neuron;
    CHECK(table.table_in == std::vector<double>{-0.1, 0.0, 0.1});
    CHECK(table.table_out == std::vector<double>{0.8, 0.5, 0.0});
    CHECK(inverts(table));
}

TEST_CASE("neurons' curves that are none are refused by file and key") {
    const TemporaryFolder folder;
    const auto refused = [&](const char* csv, const char* expected) {
        folder.write("curve.csv", csv);
        const auto study =
            folder.write("s.toml", small_study + "[readout]\nneuron = 'table'\ncurve_file = 'curve.csv'\n");
        CHECK_THROWS_WITH_AS(read_study(study), doctest::Contains(expected), InputError);
    };
    refused("v_in,v_out\n0,1\n0,2\n", "readout.curve_file is wrong: point 1");
    refused("v_in,v_out\n0,nan\n1,2\n", "curve");
    refused("v_in,v_out\n0,1\n", "at least two");
    refused("v_in,v_out,x\n0,1,2\n3,4,5\n", "has 3 numbers in a line");
    CHECK_THROWS_AS(read_study(folder.write(
                        "t.toml", small_study + "[readout]\nneuron = 'table'\ncurve_file = 'no.csv'\n")),
                    FileError);
}

TEST_CASE("values that a kind of read-out stage cannot have are refused by name") {
    const struct {
        const char* text;
        const char* expected;
    } mistakes[] = {
        {"kind = 'opamp'\n", "did you mean 'op-amp'"},
        {"kind = 'op-amp'\nr_conveyor = 5\n",
         "readout.r_conveyor is nothing that readout.kind = \"op-amp\" has"},
        {"kind = 'virtual-ground'\noffset_sigma = '1m'\n", "readout.offset_sigma is nothing"},
        {"r_leak = '1M'\n", "readout.r_leak is nothing that readout.kind = \"differential-amplifier\" has"},
        {"kind = 'op-amp'\nopen_loop_gain = 0\n", "readout.open_loop_gain is 0"},
        {"kind = 'op-amp'\noffset_sigma = '-1m'\n", "readout.offset_sigma is -0.001 V"},
        {"kind = 'op-amp'\ngain_sigma = nan\n", "readout.gain_sigma is"},
        {"kind = 'current-conveyor'\nr_conveyor = -1\n", "readout.r_conveyor is -1 Ohm"},
        {"kind = 'integrator'\nintegration_time = 0\n", "readout.integration_time is 0 s"},
        {"kind = 'integrator'\nintegration_time = '1n'\n", "readout.integration_time needs capacitance"},
        {"kind = 'integrator'\ncapacitance = -1\n", "readout.capacitance is -1 F"},
        {"kind = 'integrator'\ncapacitance = '1p'\ngain = [3]\n",
         "readout.gain cannot stand beside capacitance"},
        {"kind = 'op-amp'\ncapacitance = '1p'\n", "readout.capacitance is nothing that"},
        {"neuron = 'rleu'\n", "did you mean 'relu'"},
        {"neuron = 'relu'\nslope = 0\n", "readout.slope is 0 V/V"},
        {"neuron = 'relu'\nthreshold = 0\n",
         "readout.threshold is nothing that readout.neuron = \"relu\" has"},
        {"neuron = 'comparator'\nslope = 3\n",
         "readout.slope is nothing that readout.neuron = \"comparator\" has"},
        {"neuron = 'comparator'\nv_low = 2\n", "v_low is 2 V"},
        {"neuron = 'comparator'\nthreshold = nan\n", "threshold"},
        {"neuron = 'table'\n", "readout.curve_file is missing"},
        {"curve_file = 'x.csv'\n", "readout.curve_file is nothing that readout.neuron = \"sigmoid\" has"},
        {"kind = 'op-amp'\n[timing]\nimages = 'stream'\n",
         "readout.kind is \"op-amp\", or has flaws: images in time"},
    };
    for (const auto& mistake : mistakes) {
        CAPTURE(mistake.text);
        CHECK_THROWS_WITH_AS(read("[array]\nrows = 8\ncols = 8\n[network]\nfile = 'n.h5'\n[readout]\n" +
                                  std::string(mistake.text)),
                             doctest::Contains(mistake.expected), InputError);
    }
}

TEST_CASE("mistakes are refused with file, line and key") {
    const struct {
        const char* text;
        const char* expected;
    } mistakes[] = {
        {"[netwrk]\nfile = \"x\"\n", "network.file is missing"},
        {"[network]\nfile = \"n.h5\"\n[array]\nrows = 8\ncols = 8\nwir = 3\n",
         "study.toml:6: unknown key array.wir"},
        {"[network]\nfile = \"n.h5\"\n[array]\nrows = 8\ncols = 8\nwir = 3\n", "did you mean 'wire'"},
        {"[network]\nfile = \"n.h5\"\n[array]\nrows = 0\ncols = 8\n",
         "study.toml:4: array.rows must be at least 1"},
        {"[network]\nfile = \"n.h5\"\n[array]\nrows = 8\n", "array.rows needs the other"},
        {"[network]\nfile = \"n.h5\"\n[array]\nwire = { r_row = -3, r_col = 1 }\n",
         "array.wire.r_row is -3 Ohm"},
        {"[network]\nfile = \"n.h5\"\n[array]\nwire = { r_row = 3 }\n", "array.wire.r_col is missing"},
        {"[network]\nfile = \"n.h5\"\n[array]\nwire = { r_row = 3, r_col = 1, node = \"9nm\" }\n",
         "array.wire.node cannot stand beside"},
        {"[network]\nfile = \"n.h5\"\n[device]\nr_on = \"5kV\"\n", "study.toml:4: device.r_on is wrong"},
        {"[network]\nfile = \"n.h5\"\n[device]\nr_on = \"50k\"\n", "device.r_off is 15000 Ohm"},
        {"[network]\nfile = \"n.h5\"\n[device]\nmodel = \"liner\"\n", "did you mean 'linear'"},
        {"[network]\nfile = \"n.h5\"\n[partition]\nhorizontal = [1, 2]\nvertical = [1]\n",
         "has 1 entries, horizontal has 2"},
        {"[network]\nfile = \"n.h5\"\n[partition]\nhorizontal = [0]\nvertical = [1]\n",
         "partition.horizontal holds 0"},
        {"[network]\nfile = \"n.h5\"\n[readout]\ngain = [30, -1]\n", "readout.gain holds -1"},
        {"[network]\nfile = \"n.h5\"\n[solver]\nengine = 3\n", "solver.engine is the number 3"},
        {"[network]\nfile = \"n.h5\"\n", "partition is missing"},
        {"[network\n", "study.toml:1:"},
    };
    for (const auto& mistake : mistakes) {
        CAPTURE(mistake.text);
        CHECK_THROWS_WITH_AS(read(mistake.text), doctest::Contains(mistake.expected), InputError);
    }
    CHECK_THROWS_AS(read_study("/nonexistent/study.toml"), FileError);
}

TEST_CASE("images in time get the capacitances of the wires' geometry") {
    const std::string head = "[network]\nfile = \"n.h5\"\n[array]\nrows = 8\ncols = 8\n";
    const std::string timing = "[timing]\nimages = \"stream\"\n";
    const Study study = read(head + "wire = { node = \"9nm\" }\n" + timing);
    REQUIRE(study.timing.sequence.has_value());
    CHECK(*study.timing.sequence == ImageSequence::stream);
    // Segments of 108 and 135 nm; a line to ground 42.19 aF for 108 nm, its pair line 45 nm away 5.69 aF: see wire_test.
    const ArrayCapacitance& c = study.array.capacitance;
    CHECK(c.row_ground == testing::approx(42.194e-18).epsilon(1e-4));
    CHECK(c.col_ground == testing::approx(42.194e-18 * 135.0 / 108.0).epsilon(1e-4));
    CHECK(c.pair_coupling == testing::approx(5.6906e-18 * 135.0 / 108.0).epsilon(1e-3));
    // Rows lie 135 nm apart, pairs 108 nm: (20/135)^1.34 and (20/108)^1.34 of 0.882003·20·eps0·length.
    CHECK(c.row_coupling / 108e-9 ==
          testing::approx(0.882003 * 1.77084e-10 * std::pow(20.0 / 135.0, 1.34)).epsilon(1e-4));
    CHECK(c.col_coupling / 135e-9 ==
          testing::approx(0.882003 * 1.77084e-10 * std::pow(20.0 / 108.0, 1.34)).epsilon(1e-4));
    CHECK(c.cell == testing::approx(1.77084e-10 * 27e-9 * 27e-9 / 20e-9).epsilon(1e-4));
    CHECK(c.driver == 0.0);
    // Without images in time nobody needs them, and decks stay small.
    CHECK(read(head + "wire = { node = \"9nm\" }\n").array.capacitance == ArrayCapacitance{});
    // What is given counts, whatever the wires; a cell's own comes on top of the crossing.
    const Study given =
        read(head +
             "wire = { node = \"9nm\" }\ncapacitance = { row = \"50a\", cell = \"1f\", driver = \"2f\" }\n");
    CHECK(given.array.capacitance.row_ground == testing::approx(50e-18));
    CHECK(given.array.capacitance.col_ground == testing::approx(c.col_ground));
    CHECK(given.array.capacitance.cell == testing::approx(1e-15 + c.cell));
    CHECK(given.array.capacitance.driver == testing::approx(2e-15));
    const Study plain =
        read(head + "wire = { r_row = 1, r_col = 1 }\ncapacitance = { sense = \"1f\" }\n" + timing);
    CHECK(plain.array.capacitance.sense == testing::approx(1e-15));
    CHECK(plain.array.capacitance.row_ground == 0.0);
}

TEST_CASE("a study's timing says when images are read") {
    const std::string head =
        "[network]\nfile = \"n.h5\"\n[array]\nrows = 8\ncols = 8\nwire = { node = \"9nm\" }\n";
    const Study study =
        read(head + "[timing]\nsample = [\"10p\", \"1n\"]\nimages = \"reset\"\ninstants = 8\nmemory = 2\n"
                    "[readout]\ngain_bandwidth = \"5G\"\nsecond_pole = \"20G\"\n");
    CHECK(study.timing.samples == std::vector<double>{10e-12, 1e-9});
    CHECK(*study.timing.sequence == ImageSequence::reset);
    CHECK(study.timing.instants == 8);
    CHECK(study.timing.memory == 2);
    CHECK(study.timing.amplifier.gain_bandwidth == 5e9);
    CHECK(study.timing.amplifier.second_pole == 20e9);
    CHECK(!read(head).timing.sequence.has_value());

    const auto refuses = [&](const std::string& more, const char* words) {
        CAPTURE(more);
        CHECK_THROWS_WITH_AS(read(head + more), doctest::Contains(words), InputError);
    };
    refuses("[timing]\nimages = \"often\"\n", "timing.images");
    refuses("[timing]\nsample = []\n", "timing.sample is empty");
    refuses("[timing]\nsample = [1e-9, 0]\n", "holds 0 s");
    refuses("[timing]\ninstants = 0\n", "timing.instants is 0: expected 1 to 1000");
    refuses("[readout]\nsecond_pole = \"1G\"\n", "needs gain_bandwidth beside it");
    CHECK_THROWS_WITH_AS(
        read("[network]\nfile = \"n.h5\"\n[array]\nrows = 8\ncols = 8\nwire = { r_row = 1, r_col = 1 }\n"
             "[timing]\nimages = \"stream\"\n"),
        doctest::Contains("array.capacitance is missing"), InputError);
    CHECK_THROWS_WITH_AS(
        read("[network]\nfile = \"n.h5\"\n[array]\nrows = 8\ncols = 8\nwire = { node = \"9nm\" }\n"
             "capacitance = { cell = 50 }\n"),
        doctest::Contains("at most a microfarad"), InputError);
}
