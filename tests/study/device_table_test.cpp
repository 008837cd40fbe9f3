#include "study/device_table.hpp"

#include "base/errors.hpp"
#include "store/toml_table.hpp"
#include "tests/temporary_folder.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace ohmloom;

namespace {

std::vector<StudyDevice> read(const std::string& text, const std::filesystem::path& folder = {}) {
    const TomlTable root = TomlTable::parse(text, "study.toml");
    std::vector<StudyDevice> devices = read_devices(root, folder, 7);
    root.require_no_other_keys();
    return devices;
}

} // namespace

TEST_CASE("without a model the cells are ohmic and ideal, and the window is that of the resistances") {
    for (const char* text : {"", "[device]\n", "[device]\nmodel = \"linear\"\nr_on = 5000\n"}) {
        const StudyDevice device = read(text).at(0);
        CHECK(device.name == "linear");
        CHECK(device.use.model == nullptr);
        CHECK(device.window.g_max == 1.0 / 5e3);
        CHECK(device.window.g_min == 1.0 / 15e3);
    }
}

TEST_CASE("a device table gives the card, its changes and how it is programmed and read") {
    const StudyDevice device =
        read("[device]\nname = \"late\"\nmodel = \"pcm\"\nr_on = \"50k\"\nr_off = \"150k\"\n"
             "programming = \"write-verify\"\ntolerance = 0.05\nmax_pulses = 12\n"
             "read_time = \"3.6ks\"\ntemperature = \"320 K\"\nread_noise = false\n"
             "drift_compensation = true\n[device.values]\nt0 = \"10 s\"\nc3 = 0.5\n")
            .at(0);
    CHECK(device.name == "late");
    REQUIRE(device.use.model != nullptr);
    CHECK(device.use.model->card().name == "pcm/aihwkit");
    CHECK(device.use.model->card().number("t0") == 10.0);
    CHECK(device.use.model->card().number("c3") == 0.5);
    CHECK(device.window.g_max == testing::approx(20e-6));
    CHECK(device.window.g_min == testing::approx(1.0 / 150e3));
    const ProgrammingOptions& programming = device.use.programming;
    CHECK(programming.scheme.kind == Programming::write_verify);
    CHECK(programming.scheme.tolerance == 0.05);
    CHECK(programming.scheme.max_pulses == 12);
    CHECK(programming.read.time == 3600.0);
    CHECK(programming.read.temperature == 320.0);
    CHECK_FALSE(programming.read_noise);
    CHECK(programming.seed == 7);
    CHECK(device.use.compensate_drift);
}

TEST_CASE("a device without a window of its own has that of its model") {
    const StudyDevice device =
        read("[device]\nmodel = \"mram/synapse_5k\"\nprogramming = \"single-shot\"\n").at(0);
    CHECK(device.window.g_max == testing::approx(1.0 / 5e3).epsilon(1e-2));
    CHECK(device.window.g_max / device.window.g_min == testing::approx(3.0));
    CHECK(device.use.programming.scheme.kind == Programming::single_shot);
}

TEST_CASE("ideal programming leaves nothing of a device but its window") {
    const StudyDevice device = read("[device]\nmodel = \"mram/synapse_5k\"\nprogramming = \"ideal\"\n").at(0);
    CHECK(device.use.model == nullptr);
    CHECK(device.name == "mram/synapse_5k");
}

TEST_CASE("a junction is made at the study's temperature, unless the study fixes that of the card") {
    const auto tmr = [](const StudyDevice& device) {
        return device.use.model->g_max() / device.use.model->g_min() - 1.0;
    };
    const auto temperature = [](const StudyDevice& device) {
        return device.use.programming.read.temperature;
    };
    const auto of = [](const std::string& rest) {
        return read("[device]\nmodel = \"mram/umn_65nm\"\n" + rest).at(0);
    };
    // The published magnetoresistances of this card at 300 and 358 K.
    const StudyDevice own = of(""), warm = of("temperature = \"358 K\"\n");
    CHECK(std::abs(tmr(own) - 1.2377) < 5.01e-5);
    CHECK(temperature(own) == 300.0);
    CHECK(std::abs(tmr(warm) - 1.1048) < 5.01e-5);
    CHECK(temperature(warm) == 358.0);
    const StudyDevice fixed = of("temperature = \"350 K\"\n[device.values]\ntemperature = \"358 K\"\n");
    CHECK(std::abs(tmr(fixed) - 1.1048) < 5.01e-5);
    CHECK(temperature(fixed) == 358.0);
    // Phase-change cells have no temperature of their own: they are read at the study's.
    const StudyDevice pcm = read("[device]\nmodel = \"pcm\"\ntemperature = 350\n").at(0);
    CHECK(temperature(pcm) == 350.0);
}

TEST_CASE("several devices are several tables") {
    const auto devices = read("[[device]]\nr_on = \"4k\"\n[[device]]\nmodel = \"cbram\"\n");
    REQUIRE(devices.size() == 2);
    CHECK(devices[0].window.g_max == 1.0 / 4e3);
    CHECK(devices[1].use.model->card().name == "cbram/cu_sio2_w");
}

TEST_CASE("a card of one's own is found beside the study") {
    const TemporaryFolder folder;
    folder.write("mine.toml",
                 "model = \"linear\"\ntitle = \"mine\"\n[values]\n"
                 "g_min = { value = \"1 uS\", range = [\"1 nS\", \"1 S\"], source = \"ours\" }\n"
                 "g_max = { value = \"1 mS\", range = [\"1 nS\", \"1 S\"], source = \"ours\" }\n");
    const StudyDevice device = read("[device]\nmodel = \"mine.toml\"\n", folder / "").at(0);
    CHECK(device.window.g_max == testing::approx(1e-3));
}

TEST_CASE("mistakes in a device table are refused with file, line and key") {
    const struct {
        const char* text;
        const char* expected;
    } mistakes[] = {
        {"[device]\nmodel = \"pcmm\"\n", "study.toml:2: device.model is 'pcmm': unknown device"},
        {"[device]\nmodel = \"pcmm\"\n", "did you mean 'pcm'"},
        {"[device]\nmodel = \"none.toml\"\n", "study.toml:2: device.model is 'none.toml'"},
        {"[device]\nmodel = \"pcm\"\nread_tme = 3\n", "study.toml:3: unknown key device.read_tme"},
        {"[device]\nmodel = \"pcm\"\nread_tme = 3\n", "did you mean 'read_time'"},
        {"[device]\nmodel = \"pcm\"\nread_time = -3\n", "study.toml:3: device.read_time is -3 s"},
        {"[device]\nmodel = \"pcm\"\nread_time = \"3 V\"\n", "study.toml:3: device.read_time is wrong"},
        {"[device]\nmodel = \"pcm\"\ntemperature = 0\n", "study.toml:3: device.temperature is 0 K"},
        {"[device]\nmodel = \"mram/umn_65nm\"\ntemperature = 500\n",
         "study.toml:3: device.temperature is wrong"},
        {"[device]\nmodel = \"pcm\"\nprogramming = \"singleshot\"\n", "did you mean 'single-shot'"},
        {"[device]\nmodel = \"pcm\"\nprogramming = \"ideal\"\ntolerance = 0.1\n",
         "study.toml:4: device.tolerance needs"},
        {"[device]\nmodel = \"pcm\"\ntolerance = 0\n", "study.toml:3: device.tolerance is 0"},
        {"[device]\nmodel = \"pcm\"\ntolerance = 2\n", "study.toml:3: device.tolerance is 2"},
        {"[device]\nmodel = \"pcm\"\nmax_pulses = 0\n", "study.toml:3: device.max_pulses is 0"},
        {"[device]\nmodel = \"pcm\"\nr_on = 100\n",
         "study.toml:3: device.r_on is 100 Ohm: pcm/aihwkit goes from 40000 Ohm"},
        {"[device]\nmodel = \"pcm\"\nr_on = \"100k\"\nr_off = \"50k\"\n",
         "study.toml:4: device.r_off gives the window"},
        {"[device]\nmodel = \"pcm\"\n[device.values]\ntt0 = 3\n",
         "study.toml:4: unknown key device.values.tt0"},
        {"[device]\nmodel = \"pcm\"\n[device.values]\ntt0 = 3\n", "did you mean 't0'"},
        {"[device]\nmodel = \"pcm\"\n[device.values]\nt0 = \"3 V\"\n",
         "study.toml:4: device.values.t0 is wrong"},
        {"[device]\nmodel = \"pcm\"\n[device.values]\nprogramming = [1, 2, 3]\n",
         "study.toml:4: device.values.programming is wrong: card pcm/aihwkit: programming is 1 S: out of its "
         "range"},
        {"[device]\nread_time = 3\n", "device.model is missing"},
        {"device = 3\n", "study.toml:1: device is the number 3: expected a table"},
    };
    for (const auto& mistake : mistakes) {
        CAPTURE(mistake.text);
        CHECK_THROWS_WITH_AS((void)read(mistake.text), doctest::Contains(mistake.expected), InputError);
    }
}
