#include "lut/adc_luts.hpp"

#include "base/random.hpp"
#include "converters/calibration.hpp"
#include "lut/lut_file.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>

using namespace ohmloom;

namespace {

/// A design with errors of its kind, some of them drawn.
AdcDesign flawed(AdcKind kind) {
    AdcDesign design;
    design.kind = kind;
    design.bits = 6;
    design.range = {-0.7, 1.1};
    design.front.offset_sigma = 0.02;
    design.front.curve = {.shape = TransferCurve::Shape::s_shape, .strength = 0.3};
    design.ladder.resistor_sigma = 0.1;
    design.capacitors.unit_sigma = 0.1;
    design.stages = {.capacitor_sigma = 0.05, .parasitic = 0.1, .amplifier_gain = 100.0};
    return design;
}

Lut edges_of(const AdcBank& bank) {
    return adc_luts(bank, "V", 1, 1, 10, 1).front();
}

/// What comes back from a file.
Lut kept(const Lut& table) {
    const TemporaryFolder folder;
    LutFile file;
    file.tables = {table};
    write_luts(folder / "edges.h5", file);
    return read_luts(folder / "edges.h5").tables.front();
}

Matrix<double> inputs(Index rows, Index columns) {
    const RandomStream random(7, RandomPurpose::test_generation);
    Matrix<double> x(rows, columns);
    for (Index r = 0; r < rows; ++r)
        for (Index c = 0; c < columns; ++c)
            x(r, c) = -1.0 + 2.4 * random.uniform(0, static_cast<std::uint32_t>(r),
                                                  static_cast<std::uint32_t>(c), 0);
    return x;
}

std::string refusal(const Lut& table) {
    try {
        [[maybe_unused]] const AdcDesign design = measured_design(table);
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

LutArray& array(Lut& table, const std::string& name) {
    return *std::ranges::find(table.arrays, name, &LutArray::name);
}

} // namespace

TEST_CASE("converters come back from the table of their edges with every code and every calibration, bit for "
          "bit") {
    const Matrix<double> x = inputs(400, 5);
    for (const AdcKind kind : {AdcKind::uniform, AdcKind::flash, AdcKind::sar, AdcKind::ramp,
                               AdcKind::pipeline, AdcKind::oscillator}) {
        for (const bool is_signed : {false, true}) {
            for (const Rounding rounding : {Rounding::mid_rise, Rounding::mid_tread, Rounding::symmetric}) {
                for (const Index sharing : {1, 2}) {
                    CAPTURE(name_of(kind));
                    CAPTURE(is_signed);
                    CAPTURE(name_of(rounding));
                    CAPTURE(sharing);
                    AdcDesign design = flawed(kind);
                    design.is_signed = is_signed;
                    design.rounding = rounding;
                    design.sharing = sharing;
                    const AdcBank bank(design, 5, {.seed = 4, .tile = 2});
                    AdcDesign measured = measured_design(kept(edges_of(bank)));
                    CHECK(measured.bits == 6);
                    CHECK(measured.is_signed == is_signed);
                    CHECK(measured.rounding == rounding);
                    CHECK(measured.sharing == sharing);
                    CHECK(measured.range == design.range);
                    const AdcBank back(measured, 5, {.seed = 4, .tile = 2});
                    for (Index c = 0; c < 5; ++c) CHECK(back.steps(c) == bank.steps(c));
                    CHECK(back.convert(x) == bank.convert(x));
                    for (const CalibrationKind calibration :
                         {CalibrationKind::none, CalibrationKind::offset_gain, CalibrationKind::table})
                        CHECK(calibrate(back, {.kind = calibration}).values.values() ==
                              calibrate(bank, {.kind = calibration}).values.values());
                }
            }
        }
    }
}

TEST_CASE("a table of converters that were a table is the same table") {
    const AdcBank bank(flawed(AdcKind::sar), 3, {});
    const Lut table = edges_of(bank);
    Lut again = edges_of(AdcBank(measured_design(table), 3, {.seed = 8, .tile = 1}));
    CHECK(again.texts.at("converter") == "table");
    CHECK(again.arrays == table.arrays);
    CHECK(again.numbers == table.numbers);
}

TEST_CASE(
    "edges that cannot stand for converters are refused in one line that names the table and the part") {
    const AdcBank bank(flawed(AdcKind::flash), 4, {});
    const Lut good = edges_of(bank);
    REQUIRE(refusal(good).empty());
    const std::string begins = "table edges cannot stand for converters: ";

    Lut table = adc_luts(bank, "V", 1, 1, 10, 1).back();
    CHECK(refusal(table) == "table output_noise cannot stand for converters: it is of kind output_noise, "
                            "expected edges, as `ohmloom lut adc` makes them");
    for (const char* note : {"bits", "is_signed", "sharing"}) {
        table = good;
        table.numbers.erase(note);
        CHECK(refusal(table) ==
              begins + "the note " + note + " is missing: make the table again with `ohmloom lut adc`");
        table.numbers[note] = 2.5;
        CHECK(refusal(table).starts_with(begins + "the note " + note +
                                         " is 2.5: expected a whole number from"));
    }
    table = good;
    table.texts.erase("rounding");
    CHECK(refusal(table).starts_with(begins + "the note rounding is missing"));
    table.texts["rounding"] = "down";
    CHECK(refusal(table) == begins + "the rounding is 'down': expected mid-rise, mid-tread or symmetric");
    for (const char* name : {"begin", "edge", "code", "range"}) {
        table = good;
        std::erase_if(table.arrays, [&](const LutArray& one) { return one.name == name; });
        CHECK(refusal(table).starts_with(begins + "the array " + name + " is missing"));
    }
    table = good;
    std::swap(array(table, "edge").values[70], array(table, "edge").values[71]);
    CHECK(refusal(table).starts_with(begins + "measured converter 1 has edges that fall from"));
    table = good;
    table.numbers["bits"] = 5; // of 6
    CHECK(refusal(table).starts_with(begins + "measured converter 0 has the code -32: expected -16 to 15"));
    table = good;
    array(table, "edge").values.pop_back();
    CHECK(refusal(table) ==
          begins + "the array begin does not go from 0 to 251, which is how many edges there are");
    table = good;
    array(table, "code").values.pop_back();
    CHECK(refusal(table) == begins + "there are 255 codes for 252 edges of 4 columns: expected 256, one more "
                                     "than edges in every column");
    table = good;
    array(table, "begin").values[2] = 300.0;
    CHECK(refusal(table).starts_with(begins + "the array begin goes from 300 to 189 at column 2"));
    array(table, "begin").values[2] = 125.5;
    CHECK(refusal(table).starts_with(begins + "the array begin goes from 63 to 125.5 at column 1"));
    table = good;
    array(table, "code").values[5] = 0.5;
    CHECK(refusal(table) == begins + "0.5 is no code: expected whole numbers of at most 16 bits");
    table = good;
    array(table, "range").values[6] = -0.8;
    CHECK(refusal(table) ==
          begins + "column 3 has the range -0.8 to 1.1, column 0 -0.7 to 1.1: expected the same for all");
    array(table, "range").values.pop_back();
    CHECK(refusal(table).starts_with(begins + "the array range has 7 numbers for 4 columns"));
    table = good;
    table.numbers["sharing"] = 2;
    CHECK(refusal(table) ==
          begins + "column 1 has other edges than column 0, though 2 columns share a converter");
}
