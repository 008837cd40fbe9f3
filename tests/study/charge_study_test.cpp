#include "study/study_file.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"
#include "study/run.hpp"
#include "study/run_file.hpp"
#include "tests/approx.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

const std::filesystem::path examples = std::filesystem::path(OHMLOOM_SOURCE_DIR) / "examples";

/// A study of the shipped network, with keys of `[array]` and more tables behind it.
Study study_with(const std::string& array, const std::string& tables) {
    const TemporaryFolder folder;
    return read_study(folder.write("study.toml", "[network]\nfile = '" +
                                                     (examples / "networks/mnist-real.h5").string() +
                                                     "'\n[data]\nset = '" + (examples / "data").string() +
                                                     "'\n[array]\nrows = 64\ncols = 16\n" + array + tables));
}

const std::string charge_kind = "kind = 'charge'\n", converters = "[adc]\nbits = 8\n";

double alone(const RunPoint& point, Flaw flaw) {
    return std::ranges::find(point.mixed->alone, flaw, &FlawAccuracy::flaw)->accuracy;
}

} // namespace

TEST_CASE("keys of [charge] are those of the verb, and `best` follows the parasitics") {
    const Study study = study_with(
        charge_kind,
        "[charge]\ncell = 'c2c'\nbits = 8\nunit = '1.5f'\nseries = 'best'\nnode_parasitic = 0.05\n"
        "bottom_parasitic = 0.1\nunit_sigma = 0.01\ncolumn_capacitance = '20f'\ntemperature = 310\n"
        "injection = '0.1f'\ninjection_sigma = '0.02f'\ndrive = 'single-ended'\nsupply = 0.9\n" +
            converters);
    REQUIRE(study.charge.has_value());
    const ChargeArrayDesign& design = study.charge->design;
    CHECK(design.cell.bits == 8);
    CHECK(design.cell.unit == approx(1.5e-15));
    CHECK(design.cell.series == approx(2.0992).epsilon(1e-3));
    CHECK(design.cell.bottom_parasitic == 0.1);
    CHECK(design.cell.unit_sigma == 0.01);
    CHECK(design.column_capacitance == approx(20e-15));
    CHECK(design.temperature == 310.0);
    CHECK(design.injection == approx(1e-16));
    CHECK(design.injection_sigma == approx(2e-17));
    CHECK(design.drive == ChargeDrive::single_ended);
    CHECK(study.charge->supply == 0.9);
    CHECK(!study_with("", "").charge.has_value());
    CHECK(study_with(charge_kind, "[charge]\ncell = 'binary'\n" + converters).charge->design.cell.kind ==
          ChargeCellKind::binary_weighted);
}

TEST_CASE("keys of the other kind of arrays are refused by name, with what to do") {
    const struct {
        std::string array, tables;
        const char* expected;
    } mistakes[] = {
        {"", "[charge]\nbits = 4\n", "charge needs array.kind = \"charge\""},
        {"kind = 'spin'\n", "", "array.kind"},
        {charge_kind, "", "adc is missing"},
        {charge_kind + "wire = { r_row = 1, r_col = 1 }\n", converters, "array.wire does not belong"},
        {charge_kind + "r_source = 10\n", converters, "array.r_source does not belong"},
        {charge_kind + "col_ends = 'top'\n", converters, "array.col_ends does not belong"},
        {charge_kind, converters + "[device]\nr_on = 1\n", "device does not belong"},
        {charge_kind, converters + "[readout]\ngain = 1\n", "charge.supply"},
        {charge_kind, converters + "[solver]\nengine = 'mna'\n", "solver does not belong"},
        {charge_kind, converters + "[timing]\nimages = 'stream'\n", "timing.images does not belong"},
        {charge_kind, converters + "sampling_capacitor = '1p'\n", "adc.sampling_capacitor does not belong"},
        {charge_kind, converters + "[dac]\ninput = 'pulse-width'\n", "knows levels only"},
        {charge_kind, "[charge]\nbits = 17\n" + converters, "charge.bits is 17: expected 1 to 16"},
        {charge_kind, "[charge]\nunit = 2\n" + converters, "write \"2f\""},
        {charge_kind, "[charge]\ncell = 'binary'\nseries = 2\n" + converters,
         "charge.series belongs to ladders"},
        {charge_kind, "[charge]\nbits = 1\nseries = 'best'\n" + converters, "charge.series is \"best\""},
        {charge_kind, "[charge]\nunit_sigma = -1\n" + converters, "charge.unit_sigma"},
        {charge_kind, "[charge]\nsigma = 1\n" + converters, "unknown key charge.sigma"},
    };
    for (const auto& mistake : mistakes) {
        CAPTURE(mistake.expected);
        CHECK_THROWS_WITH_AS(study_with(mistake.array, mistake.tables), doctest::Contains(mistake.expected),
                             InputError);
    }
}

TEST_CASE("the shipped study on arrays in charge classifies, and tells what its capacitors take and cost") {
    Study study = read_study(examples / "mnist-charge.toml");
    study.schemes.resize(1);
    study.data_set = (examples / "data").string();
    study.calibration_set = study.data_set;
    study.timing.samples = {1e-8, 2e-8};
    const RunResult result = run_study(study, 300);
    REQUIRE(result.points.size() == 2);
    const RunPoint& point = result.points.front();
    CHECK(point.tiles == 7 * 8 + 2 * 6 + 2);
    CHECK(point.accuracy.value > 0.96);
    CHECK(point.converged);
    const MixedFigures& figures = *point.mixed;
    CHECK(figures.charge->accuracy_ideal_capacitors > 0.96);
    // Fifty-seven rows or so of two units with parasitics of 8 %, and 20 fF.
    CHECK(figures.charge->capacitance == approx(58.0 * 4.3e-15 + 20e-15).epsilon(0.05));
    CHECK(figures.charge->noise ==
          approx(std::sqrt(1.380649e-23 * 300.0 / figures.charge->capacitance)).epsilon(0.02));
    // Energy is of cycles, not of time; power is of time.
    CHECK(figures.cost.capacitors.energy > 1e-12);
    CHECK(result.points[1].mixed->cost.capacitors.energy == figures.cost.capacitors.energy);
    CHECK(point.power.capacitors == approx(2.0 * result.points[1].power.capacitors).epsilon(1e-12));
    CHECK(point.power.total() == point.power.capacitors);
    CHECK(point.energy == figures.cost.total().energy);
    const TemporaryFolder folder;
    write_run(result, "0", folder / "run.h5");
    const Hdf5Reader reader(folder / "run.h5");
    CHECK(reader.read_vector("/points/energy_capacitors_j", "J")[0] == figures.cost.capacitors.energy);
    CHECK(reader.read_vector("/points/power_capacitors_w", "W")[1] == result.points[1].power.capacitors);
    CHECK(reader.read_vector("/points/column_noise_v", "V")[0] == figures.charge->noise);
    CHECK(reader.read_vector("/points/accuracy_mismatch_alone", "1")[0] == alone(point, Flaw::mismatch));
}

TEST_CASE("each flaw of arrays in charge counts alone") {
    const auto run = [](const std::string& keys) {
        const std::string tables =
            "[charge]\n" + keys + "[adc]\nbits = 12\n[digital]\narithmetic = 'exact'\n";
        return run_study(study_with(charge_kind, tables), 300).points.front();
    };
    const RunPoint coarse = run("bits = 1\n");
    CHECK(alone(coarse, Flaw::weights) < coarse.accuracy_software - 0.1);
    CHECK(alone(coarse, Flaw::mismatch) == alone(coarse, Flaw::weights));
    CHECK(alone(coarse, Flaw::parasitics) == alone(coarse, Flaw::weights));
    const RunPoint bent = run("node_parasitic = 20\n");
    CHECK(alone(bent, Flaw::parasitics) < alone(bent, Flaw::weights) - 0.05);
    CHECK(alone(bent, Flaw::mismatch) == alone(bent, Flaw::weights));
    CHECK(bent.mixed->charge->accuracy_ideal_capacitors > bent.accuracy.value + 0.05);
    const RunPoint noisy = run("unit = '1e-19'\n");
    CHECK(alone(noisy, Flaw::reset) < alone(noisy, Flaw::weights) - 0.05);
    const RunPoint uneven = run("unit_sigma = 0.2\ntemperature = 0\n");
    // Many rows average mismatch; it turns some images one way or the other.
    CHECK(alone(uneven, Flaw::mismatch) != alone(uneven, Flaw::weights));
    CHECK(alone(uneven, Flaw::reset) == alone(uneven, Flaw::weights));
}
