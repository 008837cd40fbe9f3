#include "study/study_file.hpp"

#include "base/errors.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

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
    CHECK(study.sample_time == 2e-9);
    CHECK(study.array.stage.kind == StageKind::difference);
    REQUIRE(study.schemes.size() == 1);
    CHECK(study.schemes[0].partitions == std::vector<LayerPartition>{{4, 2}, {2, 1}});
    CHECK(study.schemes[0].network.filename() == "net.h5");
}

TEST_CASE("the 9 nm node stands for the published wires") {
    const Study study =
        read("[network]\nfile = \"n.h5\"\n[array]\nrows = 32\ncols = 32\nwire = { node = \"9nm\" }\n");
    CHECK(study.array.r_row == doctest::Approx(9.2416).epsilon(1e-5));
    CHECK(study.array.r_col == doctest::Approx(11.552).epsilon(1e-5));
    // Column segments of the longer cells: 23 and 48 lambda.
    CHECK(read("[network]\nfile = \"n.h5\"\n[array]\nrows = 8\ncols = 8\nwire = { cell = \"2T-1R\" }\n")
              .array.r_col == doctest::Approx(17.713).epsilon(1e-4));
    CHECK(read("[network]\nfile = \"n.h5\"\n[array]\nrows = 8\ncols = 8\nwire = { cell = \"1TG-1R\" }\n")
              .array.r_col == doctest::Approx(36.966).epsilon(1e-4));
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
