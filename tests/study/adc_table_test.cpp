#include "study/adc_table.hpp"

#include "base/errors.hpp"
#include "converters/adc_bank.hpp"
#include "lut/adc_luts.hpp"
#include "lut/lut_file.hpp"
#include "store/toml_table.hpp"
#include "tests/approx.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

using namespace ohmloom;

namespace {

StudyAdc read(const std::string& keys, const std::filesystem::path& folder = {}) {
    const TomlTable root = TomlTable::parse("[adc]\n" + keys, "study.toml");
    StudyAdc adc = read_adc(root.table("adc"), folder);
    root.require_no_other_keys();
    return adc;
}

std::string refusal(const std::string& keys, const std::filesystem::path& folder = {}) {
    try {
        read(keys, folder);
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("an empty [adc] is an ideal signed converter of eight bits") {
    const StudyAdc adc = read("");
    CHECK(adc.design.kind == AdcKind::uniform);
    CHECK(adc.design.bits == 8);
    CHECK(adc.design.is_signed);
    CHECK(adc.design.rounding == Rounding::mid_tread);
    CHECK(adc.design.range == InputRange{-1.0, 1.0});
    CHECK_FALSE(adc.has_range);
    CHECK(is_without_mismatch(adc.design));
    CHECK(adc.calibration.kind == CalibrationKind::none);
    CHECK(adc.range_setting.scope == RangeScope::fixed);
}

TEST_CASE("keys of [adc] arrive in the design") {
    const StudyAdc sar = read(
        "kind = \"sar\"\nbits = 5\ncodes = \"unsigned\"\nrounding = \"mid-rise\"\nrange = [\"0\", \"1.2u\"]\n"
        "sharing = 4\noffset = 0.01\noffset_sigma = 0.02\ngain_error = -0.1\ngain_sigma = 0.03\n"
        "curve = \"polynomial\"\ncurve_coefficients = [0.0, -0.2]\ncurve_sigma = 0.4\ncurve_full_scale = "
        "true\n"
        "comparator_offset_sigma = 0.005\ncomparator_noise = 0.001\ncapacitor_sigma = 0.05\nsplit = true\n"
        "parasitic = 0.1\nsettling = 7\nnoise = 0.002\nsampling_capacitor = \"10f\"\ntemperature = 350\n"
        "full_scale_voltage = 0.8\nsample_rate = \"10M\"\nwalden = \"20f\"\ncalibration = \"offset-gain\"\n"
        "calibration_points = 8\n");
    CHECK(sar.design.kind == AdcKind::sar);
    CHECK(sar.design.bits == 5);
    CHECK_FALSE(sar.design.is_signed);
    CHECK(sar.design.rounding == Rounding::mid_rise);
    CHECK(sar.design.range.high == testing::approx(1.2e-6));
    CHECK(sar.design.sharing == 4);
    CHECK(sar.design.front.offset == 0.01);
    CHECK(sar.design.front.offset_sigma == 0.02);
    CHECK(sar.design.front.gain_error == -0.1);
    CHECK(sar.design.front.gain_sigma == 0.03);
    CHECK(sar.design.front.curve.coefficients == std::vector<double>{0.0, -0.2});
    CHECK(sar.design.front.curve.full_scale);
    CHECK(sar.design.front.curve_sigma == 0.4);
    CHECK(sar.design.comparator.offset_sigma == 0.005);
    CHECK(sar.design.comparator.noise == 0.001);
    CHECK(sar.design.capacitors.unit_sigma == 0.05);
    CHECK(sar.design.capacitors.split);
    CHECK(sar.design.capacitors.parasitic == 0.1);
    CHECK(sar.design.capacitors.settling == 7.0);
    CHECK(sar.design.noise.input == 0.002);
    CHECK(sar.design.noise.sampling_capacitor == testing::approx(1e-14));
    CHECK(sar.design.noise.temperature == 350.0);
    CHECK(sar.design.noise.full_scale_voltage == 0.8);
    CHECK(sar.design.cost.sample_rate == 1e7);
    CHECK(sar.design.cost.walden == testing::approx(20e-15));
    CHECK(sar.calibration.kind == CalibrationKind::offset_gain);
    CHECK(sar.calibration.points == 8);
    const StudyAdc pipeline =
        read("kind = \"pipeline\"\ncapacitor_sigma = 0.01\nparasitic = 0.2\namplifier_gain = \"1k\"\n"
             "range_scope = \"column\"\nrange_percentile = 99.5\nrange_margin = 1.1\n");
    CHECK(pipeline.design.stages.capacitor_sigma == 0.01);
    CHECK(pipeline.design.stages.parasitic == 0.2);
    CHECK(pipeline.design.stages.amplifier_gain == 1000.0);
    CHECK(pipeline.range_setting.scope == RangeScope::column);
    CHECK(pipeline.range_setting.percentile == 99.5);
    CHECK(pipeline.range_setting.margin == 1.1);
    const StudyAdc time =
        read("kind = \"time\"\ntime_input = \"voltage\"\nv_threshold = 0.1\nrange = [0.2, 1.0]\n");
    CHECK(time.design.time.input == AdcTime::Input::voltage);
    CHECK_FALSE(time.design.is_signed);
    CHECK(time.design.rounding == Rounding::mid_rise);
    CHECK(read("kind = \"flash\"\nresistor_sigma = 0.1\n").design.ladder.resistor_sigma == 0.1);
    CHECK(read("kind = \"ramp\"\ndroop = 0.1\namplifier_gain = 200\n").design.ramp.droop == 0.1);
    CHECK(read("kind = \"oscillator\"\nphases = 15\nphase_sigma = 0.2\n").design.oscillator.phases == 15);
}

TEST_CASE("a measured curve comes from a CSV file beside the study") {
    const TemporaryFolder folder;
    std::ofstream(folder / "curve.csv") << "input,output\n-1,-0.8\n0,0.05\n1,0.9\n";
    const StudyAdc adc = read("curve = \"table\"\ncurve_file = \"curve.csv\"\n", folder.path());
    CHECK(adc.design.front.curve.outputs == std::vector<double>{-0.8, 0.05, 0.9});
    std::ofstream(folder / "falling.csv") << "input,output\n-1,-0.8\n0,0.05\n1,0.01\n";
    CHECK_THROWS_WITH_AS(
        read("curve = \"table\"\ncurve_file = \"falling.csv\"\n", folder.path()),
        "study.toml:3: adc.curve_file is wrong: the converter's measured curve is not monotone: "
        "its outputs go from 0.05 to 0.01 "
        "between the inputs 0 and 1",
        InputError);
}

TEST_CASE("a table of edges comes from a file beside the study, with its codes and its range") {
    const TemporaryFolder folder;
    AdcDesign flash;
    flash.kind = AdcKind::flash;
    flash.bits = 3;
    flash.is_signed = false;
    flash.rounding = Rounding::mid_rise;
    flash.range = {0.1, 0.9};
    flash.sharing = 2;
    flash.ladder.resistor_sigma = 0.1;
    const AdcBank bank(flash, 4, {});
    LutFile file;
    file.tables = adc_luts(bank, "A", 100000, 1, 10, 1);
    write_luts(folder / "adc.h5", file);
    const std::string kind = "kind = \"table\"\ntable_file = \"adc.h5\"\n";
    const StudyAdc adc = read(kind + "sample_rate = \"5M\"\nnoise = 0.01\n", folder.path());
    CHECK(adc.design.kind == AdcKind::table);
    CHECK(adc.design.bits == 3);
    CHECK_FALSE(adc.design.is_signed);
    CHECK(adc.design.rounding == Rounding::mid_rise);
    CHECK(adc.design.range == InputRange{0.1, 0.9});
    CHECK(adc.design.sharing == 2);
    CHECK(adc.design.cost.sample_rate == 5e6);
    CHECK(adc.design.noise.input == 0.01);
    CHECK(adc.has_range);
    CHECK(adc.edge_unit == "A");
    const AdcBank back(adc.design, 4, {});
    for (Index c = 0; c < 4; ++c) CHECK(back.steps(c) == bank.steps(c));
    const StudyAdc changed = read(kind + "range = [0, 2]\nsharing = 1\n", folder.path());
    CHECK(changed.design.range == InputRange{0.0, 2.0});
    CHECK(changed.design.measured.range == InputRange{0.1, 0.9});
    CHECK(changed.design.sharing == 1);
    CHECK(read(kind + "range_scope = \"layer\"\n", folder.path()).range_setting.scope == RangeScope::layer);

    // What the table says already, and what its edges hold already.
    CHECK(refusal(kind + "bits = 3\n", folder.path()) ==
          "study.toml:4: adc.bits stands in the table of a converter of kind table: leave it out");
    for (const char* key : {"codes = 'unsigned'", "rounding = 'mid-rise'"})
        CHECK(refusal(kind + key + "\n", folder.path()).find("stands in the table") != std::string::npos);
    for (const char* key : {"offset = 0", "offset_sigma = 0.1", "gain_error = 0.1", "gain_sigma = 0.1",
                            "curve = 's-shape'", "curve_strength = 1", "curve_coefficients = [0, 0.1]",
                            "curve_file = 'x.csv'", "curve_full_scale = true", "curve_sigma = 0.1"})
        CHECK(refusal(kind + key + "\n", folder.path()).find("cannot come on top of") != std::string::npos);
    for (const char* key : {"comparator_offset = 0.1", "comparator_noise = 0.1", "resistor_sigma = 0.1",
                            "capacitor_sigma = 0.1", "split = true", "settling = 3", "phases = 2"})
        CHECK(refusal(kind + key + "\n", folder.path()).find("of kind table: expected") != std::string::npos);
    CHECK(refusal("kind = \"table\"\n").starts_with("study.toml:1: adc.table_file is missing"));
    CHECK(refusal("kind = \"sar\"\ntable_file = \"adc.h5\"\n") ==
          "study.toml:3: adc.table_file does not belong to a converter of kind sar: expected kind = table");

    file.tables.front().numbers.erase("bits");
    write_luts(folder / "adc.h5", file);
    CHECK(refusal(kind, folder.path()) == "study.toml:3: adc.table_file is wrong: table edges cannot stand "
                                          "for converters: the note bits is missing: make the table again "
                                          "with `ohmloom lut adc`");
    file.tables.erase(file.tables.begin());
    write_luts(folder / "adc.h5", file);
    CHECK(refusal(kind, folder.path())
              .starts_with("study.toml:3: adc.table_file holds 0 tables of kind "
                           "edges"));
    CHECK_THROWS_AS(read("kind = \"table\"\ntable_file = \"none.h5\"\n", folder.path()), FileError);
}

TEST_CASE("every key that is listed is one that is read, and there are no others") {
    for (const AdcKey& key : adc_keys()) {
        CAPTURE(key.name);
        // A value of a type that no key takes: whoever reads it names it.
        const std::string said = refusal(std::string(key.name) + " = 1979-05-27\n");
        CHECK(said.starts_with("study.toml:2: adc." + std::string(key.name) + " "));
    }
    CHECK(refusal("bitts = 8\n") == "study.toml:2: unknown key adc.bitts: expected one of " +
                                        std::to_string(adc_keys().size()) +
                                        " keys, bits, bridge_error among them (did you mean 'bits'?)");
}

TEST_CASE("bad values of [adc] are named with file, line and key") {
    CHECK(refusal("bits = 0\n") == "study.toml:2: adc.bits is 0: expected 1 to 16");
    CHECK(refusal("range = [1, -1]\n") == "study.toml:2: adc.range is 1 to -1: expected the lower end first");
    CHECK(refusal("kind = \"sarr\"\n").starts_with("study.toml:2: adc.kind is 'sarr': expected one of"));
    CHECK(
        refusal("kind = \"flash\"\nphases = 3\n") ==
        "study.toml:3: adc.phases does not belong to a converter of kind flash: expected kind = oscillator");
    CHECK(refusal("curve = \"polynomial\"\ncurve_coefficients = [0, -1]\n")
              .starts_with(
                  "study.toml:3: adc.curve_coefficients is wrong: the converter's curve is not monotone"));
    CHECK(refusal("curve_strength = 2\n").starts_with("study.toml:2: adc.curve_strength needs curve ="));
    CHECK(refusal("noise = -1\n") == "study.toml:2: adc.noise is -1: it must not be negative");
    CHECK(refusal("kind = \"time\"\nv_start = 0.1\n")
              .starts_with("study.toml:2: adc.kind with these keys cannot be built: v_start"));
    CHECK(refusal("range_percentile = 99\n") ==
          "study.toml:2: adc.range_percentile needs range_scope = chip, layer or column");
    CHECK(refusal("calibration_points = 4\n") == "study.toml:2: adc.calibration_points needs a calibration");
}

TEST_CASE("keys of [dac] arrive in the design") {
    const TomlTable root = TomlTable::parse(
        "[dac]\nbits = 6\nelements = \"binary\"\nunit_sigma = 0.02\n"
        "curve = \"polynomial\"\ncurve_coefficients = [0.01]\ngain_sigma = 0.03\noffset_sigma = 0.04\n"
        "sharing = 2\n",
        "study.toml");
    const DacDesign dac = read_dac(root.table("dac"), {});
    CHECK_NOTHROW(root.require_no_other_keys());
    CHECK(dac.bits == 6);
    CHECK_FALSE(dac.is_signed);
    CHECK(read_dac(TomlTable::parse("[dac]\ncodes = \"signed\"\n", "study.toml").table("dac"), {}).is_signed);
    CHECK(dac.elements == DacElements::binary);
    CHECK(dac.unit_sigma == 0.02);
    CHECK(dac.curve.coefficients == std::vector<double>{0.01});
    CHECK(dac.gain_sigma == 0.03);
    CHECK(dac.offset_sigma == 0.04);
    CHECK(dac.sharing == 2);
}
