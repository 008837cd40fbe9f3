#include "study/mixed_run.hpp"

#include "base/errors.hpp"
#include "converters/adc_bank.hpp"
#include "lut/adc_luts.hpp"
#include "lut/lut_file.hpp"
#include "store/hdf5.hpp"
#include "study/run.hpp"
#include "study/run_file.hpp"
#include "tests/approx.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

using namespace ohmloom;

namespace {

const std::filesystem::path examples = std::filesystem::path(OHMLOOM_SOURCE_DIR) / "examples";

Study shipped() {
    return read_study(examples / "mnist-converters.toml");
}

/// A study of the shipped network in `folder`, with more tables behind it.
Study study_with(const TemporaryFolder& folder, const std::string& tables) {
    const std::filesystem::path file = folder / "study.toml";
    std::ofstream(file) << "[network]\nfile = \"" << (examples / "networks/mnist-real.h5").string()
                        << "\"\n[data]\nset = \"" << (examples / "data").string()
                        << "\"\n[array]\nrows = 32\ncols = 32\n[readout]\nkind = \"virtual-ground\"\n"
                        << tables;
    return read_study(file);
}

double alone(const RunPoint& point, Flaw flaw) {
    const auto found = std::ranges::find(point.mixed->alone, flaw, &FlawAccuracy::flaw);
    return found->accuracy;
}

} // namespace

TEST_CASE("a study with converters runs, and what is not flawed costs nothing") {
    const Study study = shipped();
    const RunResult result = run_study(study, 200);
    REQUIRE(result.points.size() == 1);
    const RunPoint& point = result.points.front();
    CHECK(point.converged);
    CHECK(point.tiles == 13 * 4 + 4 * 3 + 3);
    CHECK(point.accuracy.value > 0.95);
    // Cells are what was asked and stages are virtual grounds: neither is a flaw.
    CHECK(alone(point, Flaw::devices) == point.accuracy_software);
    CHECK(alone(point, Flaw::stages) == point.accuracy_software);
    const MixedCost& cost = point.mixed->cost;
    CHECK(point.energy == cost.total().energy);
    CHECK(cost.total().energy == testing::approx(cost.arrays.energy + cost.stages.energy + cost.dac.energy +
                                                 cost.adc.energy + cost.digital.energy));
    CHECK(cost.arrays.energy + cost.stages.energy == testing::approx(point.power.total() * 10e-9));
    // Three layers, one after the other: 10 ns of rows and one conversion at 20 MHz each.
    CHECK(cost.latency == testing::approx(3.0 * (10e-9 + 50e-9)));
    // 66 lines of two devices, 108 nm x 135 nm each: 401x120 + 121x84 + 85x10 pairs.
    CHECK(cost.arrays.area ==
          testing::approx(2.0 * (401.0 * 120 + 121.0 * 84 + 85.0 * 10) * 108e-9 * 135e-9));
    // A converter for each column of each tile.
    const double converters = 13 * 120 + 4 * 84 + 3 * 10;
    CHECK(cost.adc.area == testing::approx(converters * converter_area(study.mixed->adc->cost, 8)));
    CHECK(cost.adc.energy == testing::approx(converters * conversion_energy(study.mixed->adc->cost, 8)));
}

TEST_CASE("a table of the converters' edges gives the run that their model gives") {
    const TemporaryFolder folder;
    const Study model =
        study_with(folder, "[adc]\nkind = \"flash\"\nbits = 5\nrange = [-1, 1]\ncomparator_offset = 0.01\n"
                           "curve = \"s-shape\"\ncurve_strength = 0.5\ncalibration = \"offset-gain\"\n");
    LutFile file;
    file.tables = adc_luts(AdcBank(*model.mixed->adc, 4, {}), "V", 1, 1, 10, 1);
    write_luts(folder / "adc.h5", file);
    const std::string table = "[adc]\nkind = \"table\"\ntable_file = \"adc.h5\"\n";
    const RunPoint by_model = run_study(model, 50).points.front(),
                   by_table = run_study(study_with(folder, table + "calibration = \"offset-gain\"\n"), 50)
                                  .points.front();
    CHECK(by_model.accuracy.value > 0.5);
    CHECK(alone(by_model, Flaw::converters) != alone(by_model, Flaw::quantisation));
    CHECK(by_table.accuracy.value == by_model.accuracy.value);
    CHECK(by_table.energy == by_model.energy);
    CHECK(by_table.mixed->clipped == by_model.mixed->clipped);
    CHECK(alone(by_table, Flaw::quantisation) == alone(by_model, Flaw::quantisation));
    CHECK(alone(by_table, Flaw::converters) == alone(by_model, Flaw::converters));
    // Edges in another unit are none for stages.
    file.tables = adc_luts(AdcBank(*model.mixed->adc, 4, {}), "A", 1, 1, 10, 1);
    write_luts(folder / "adc.h5", file);
    CHECK_THROWS_WITH_AS(study_with(folder, table),
                         doctest::Contains("adc.table_file has edges in A: expected V"), InputError);
}

TEST_CASE("each flaw counts alone") {
    // Two bits are a flaw of the converters, however ideal; fine wires, devices and arithmetic are none.
    const TemporaryFolder folder;
    const RunPoint point =
        run_study(study_with(folder, "[adc]\nbits = 2\n[digital]\narithmetic = \"exact\"\n"), 200)
            .points.front();
    CHECK(alone(point, Flaw::quantisation) < 0.9 * point.accuracy_software);
    CHECK(alone(point, Flaw::converters) == alone(point, Flaw::quantisation));
    CHECK(alone(point, Flaw::digital) == alone(point, Flaw::quantisation));
    CHECK(alone(point, Flaw::drivers) == point.accuracy_software);
    // Rows that are on or off by far too much or too little are a flaw of their own.
    const RunPoint coarse =
        run_study(study_with(folder, "[adc]\nbits = 8\n[dac]\nbits = 1\noffset_sigma = 0.5\n"), 200)
            .points.front();
    CHECK(alone(coarse, Flaw::drivers) < coarse.accuracy_software);
    CHECK(alone(coarse, Flaw::quantisation) > alone(coarse, Flaw::drivers));
}

TEST_CASE(
    "a run tells what its digital arithmetic costs beside its twins, and every step's error of every layer") {
    const TemporaryFolder folder;
    // Scales in halves: far too coarse, where floating-point numbers are not.
    const std::string coarse = "[adc]\nbits = 6\n[digital]\nscale = [1, 1]\n";
    const MixedFigures fixed = *run_study(study_with(folder, coarse), 200).points.front().mixed;
    const RunPoint half =
        run_study(study_with(folder, coarse + "arithmetic = \"fp16\"\n"), 200).points.front();
    const auto in = [](const MixedFigures& figures, UnitArithmetic arithmetic) {
        return std::ranges::find(figures.arithmetic, arithmetic, &ArithmeticAccuracy::arithmetic)->accuracy;
    };
    CHECK(in(fixed, UnitArithmetic::fixed) < in(fixed, UnitArithmetic::fp16) - 0.02);
    CHECK(in(fixed, UnitArithmetic::fp16) == half.accuracy.value);
    CHECK(std::abs(in(fixed, UnitArithmetic::fp32) - half.accuracy.value) < 0.03);
    for (const ArithmeticAccuracy& one : half.mixed->arithmetic)
        CHECK(one.accuracy == in(fixed, one.arithmetic));
    CHECK(half.mixed->layer_unit_error.empty()); // it has no fixed-point units

    REQUIRE(fixed.layer_unit_error.size() == 3);
    double largest = 0.0;
    for (const PostProcessingError& layer : fixed.layer_unit_error) {
        CHECK(layer.registers.rms > layer.fp16.rms);
        CHECK(layer.rounding.largest <= 0.5);
        CHECK(layer.fp16.rms > layer.fp32.rms);
        CHECK(layer.total.rms <= layer.total.largest);
        largest = std::max(largest, layer.total.largest);
    }
    CHECK(largest == fixed.unit_error.largest);
    CHECK(fixed.output_step.size() == 3);
}

TEST_CASE("arithmetic without room for the sums is told as such, and does not stop the run") {
    // Codes of 16 bits and two guard bits: their products lie beyond 65504, where half precision is infinite.
    const TemporaryFolder folder;
    const RunPoint point =
        run_study(study_with(folder, "[adc]\nbits = 16\ncalibration = \"offset\"\n"), 20).points.front();
    const std::vector<ArithmeticAccuracy>& found = point.mixed->arithmetic;
    REQUIRE(found.size() == 3);
    CHECK(found[0].accuracy == point.accuracy.value);
    CHECK(std::isnan(found[1].accuracy));
    CHECK(found[2].accuracy > 0.9);
}

TEST_CASE("the network that ships trained around its uncalibrated converters works between them, the plain "
          "one does not") {
    const RunResult result = run_study(read_study(examples / "mnist-approximate-adc.toml"), 500);
    REQUIRE(result.points.size() == 2);
    CHECK(result.points[0].accuracy_software > 0.97);
    CHECK(result.points[0].accuracy.value < 0.5);
    CHECK(result.points[1].accuracy.value > 0.9);
}

TEST_CASE("several sampling times change what an inference costs, not what it says") {
    Study study = shipped();
    study.timing.samples = {1e-9, 4e-9};
    const RunResult result = run_study(study, 50);
    REQUIRE(result.points.size() == 2);
    const MixedCost &first = result.points[0].mixed->cost, &second = result.points[1].mixed->cost;
    CHECK(second.arrays.energy == testing::approx(4.0 * first.arrays.energy));
    CHECK(second.adc.energy == first.adc.energy);
    CHECK(second.latency - first.latency == testing::approx(9e-9));
    CHECK(result.points[0].classes == result.points[1].classes);
}

TEST_CASE("a run file holds what converters cost, with units") {
    const TemporaryFolder folder;
    const RunResult result = run_study(shipped(), 50);
    write_run(result, "test", folder / "run.h5");
    const Hdf5Reader reader(folder / "run.h5");
    const RunPoint& point = result.points.front();
    CHECK(reader.read_vector("/points/energy_adc_j", "J")[0] == point.mixed->cost.adc.energy);
    CHECK(reader.read_vector("/points/latency_s", "s")[0] == point.mixed->cost.latency);
    CHECK(reader.read_vector("/points/accuracy_wires_alone", "1")[0] == alone(point, Flaw::wires));
    CHECK(reader.read_vector("/points/accuracy_fixed", "1")[0] == point.accuracy.value);
    CHECK(reader.read_vector("/points/accuracy_fp16", "1")[0] == point.mixed->arithmetic[1].accuracy);
    const Matrix<double> rounding = reader.read_matrix("/points/unit_error_rounding_rms", "output step"),
                         total = reader.read_matrix("/points/unit_error_total_largest", "output step"),
                         step = reader.read_matrix("/points/output_step", "1");
    REQUIRE(rounding.cols() == 3);
    for (Index l = 0; l < 3; ++l) {
        const auto at = static_cast<std::size_t>(l);
        CHECK(rounding(0, l) == point.mixed->layer_unit_error[at].rounding.rms);
        CHECK(total(0, l) == point.mixed->layer_unit_error[at].total.largest);
        CHECK(step(0, l) == point.mixed->output_step[at]);
    }
}

TEST_CASE("converters and digital arithmetic that cannot be are refused by file, line and key") {
    const TemporaryFolder folder;
    const auto message = [&](const std::string& tables) {
        try {
            static_cast<void>(study_with(folder, tables));
        } catch (const InputError& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    CHECK(message("[adc]\n[digital]\n") == "accepted");
    CHECK(message("[dac]\nbits = 4\n").find("needs [adc]") != std::string::npos);
    CHECK(message("[adc]\n[digital]\nscale = [1]\n").find("study.toml:12: digital.scale") !=
          std::string::npos);
    CHECK(message("[adc]\n[digital]\ncut_before = 9\n").find("0 to 7") != std::string::npos);
    CHECK(message("[adc]\n[digital]\nroundng = \"truncate\"\n").find("rounding") != std::string::npos);
    CHECK(message("[adc]\n[dac]\ninput = \"waves\"\n").find("dac.input") != std::string::npos);
    CHECK(message("neuron = \"relu\"\n[adc]\n").find("readout.neuron cannot stand beside [adc]") !=
          std::string::npos);
    CHECK(message("[adc]\nkind = \"time\"\n").find("adc.kind") != std::string::npos);
    CHECK(message("[adc]\nrounding = \"mid-rise\"\ncalibration = \"offset\"\ncalibration_guard_bits = 0\n")
              .find("adc.calibration_guard_bits") != std::string::npos);
    CHECK(message("[adc]\n[timing]\nimages = \"stream\"\n").find("[adc]") != std::string::npos);
}
