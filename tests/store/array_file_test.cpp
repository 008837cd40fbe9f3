#include "store/array_file.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

using namespace ohmloom;

namespace {

ArrayFile sample() {
    ArrayFile array;
    array.g = Matrix<double>(2, 3, {1e-6, 2e-6, 3e-6, 4e-6, 5e-6, 6e-6});
    array.v_row = Matrix<double>(4, 2, 0.2);
    array.r_row = 1.0;
    array.r_col = 2.5;
    array.r_source = 100.0;
    array.r_sense = 50.0;
    array.v_col = {0.0, 0.1, -0.1};
    array.row_ends = "both";
    array.col_ends = "top";
    array.device = "sinh";
    array.alpha = 3.5;
    array.c_row_ground = 46e-18;
    array.c_col_ground = 44e-18;
    array.c_row_coupling = 5e-18;
    array.c_col_coupling = 6e-18;
    array.c_cell = 20e-18;
    array.c_driver = 2e-15;
    array.c_sense = 5e-15;
    array.codes = Matrix<Index>(1, 2, {0, 65535});
    return array;
}

/// What reading says of the smallest input file after `change` has added to it. Data sets that `change`
/// writes are left out before.
template <class Change>
std::string error_of_file(const std::vector<std::string>& without, const Change& change) {
    const TemporaryFolder folder;
    const auto wanted = [&](const char* name) {
        return std::find(without.begin(), without.end(), name) == without.end();
    };
    Hdf5Writer writer(folder / "in.h5");
    writer.set_attribute("/", "schema", "ohmloom-array-1");
    if (wanted("/g")) writer.write("/g", Matrix<double>(2, 3, 1e-6), "S");
    if (wanted("/v_row")) writer.write("/v_row", Matrix<double>(4, 2, 0.2), "V");
    if (wanted("/r_row")) writer.write("/r_row", 1.0, "Ohm");
    if (wanted("/r_col")) writer.write("/r_col", 1.0, "Ohm");
    change(writer);
    writer.commit();
    return message_of<FileError>([&] { (void)read_array_file(folder / "in.h5"); });
}

} // namespace

TEST_CASE("an array file is read back as it was written") {
    const TemporaryFolder folder;
    write_array_file(sample(), folder / "in.h5");
    CHECK(read_array_file(folder / "in.h5") == sample());
}

TEST_CASE("an array file may give every wire segment its own resistance, infinite ones included") {
    const TemporaryFolder folder;
    ArrayFile array = sample();
    array.r_row = array.r_col = 0.0;
    array.r_row_map = Matrix<double>(2, 4, {1, 2, 3, 4, 0, std::numeric_limits<double>::infinity(), 7, 8});
    array.r_col_map = Matrix<double>(3, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9});
    write_array_file(array, folder / "in.h5");
    CHECK(Hdf5Reader(folder / "in.h5").shape("/r_row") == Shape{2, 4});
    CHECK(read_array_file(folder / "in.h5") == array);
}

TEST_CASE("what is optional in an array file has its documented default") {
    const TemporaryFolder folder;
    Hdf5Writer writer(folder / "in.h5");
    writer.set_attribute("/", "schema", "ohmloom-array-1");
    writer.write("/g", Matrix<float>(2, 3, 0.5F), "S"); // any stored number will do
    writer.write("/v_row", Matrix<std::int8_t>(1, 2, {0, 1}), "V");
    writer.write("/r_row", 1, "Ohm");
    writer.write("/r_col", std::vector<double>{2.0}, "Ohm"); // one element is as good as a scalar
    writer.commit();

    ArrayFile expected;
    expected.g = Matrix<double>(2, 3, 0.5);
    expected.v_row = Matrix<double>(1, 2, {0.0, 1.0});
    expected.r_row = 1.0;
    expected.r_col = 2.0;
    CHECK(expected.row_ends == "left");
    CHECK(expected.col_ends == "bottom");
    CHECK(expected.device == "linear");
    CHECK(read_array_file(folder / "in.h5") == expected);
}

TEST_CASE("an array file that is not as it should be is refused by name") {
    const auto nothing = [](Hdf5Writer&) {};
    CHECK(error_of_file({}, nothing).empty());
    for (const char* name : {"/g", "/v_row", "/r_row", "/r_col"})
        CHECK(mentions(error_of_file({name}, nothing), "in.h5", name, "missing"));

    CHECK(mentions(
        error_of_file({"/v_row"}, [](Hdf5Writer& w) { w.write("/v_row", Matrix<double>(4, 3), "V"); }),
        "/v_row", "[4 x 3]", "[rows x 2]"));
    CHECK(mentions(error_of_file({"/v_row"},
                                 [](Hdf5Writer& w) {
                                     w.write("/v_row", std::vector<double>{1, 2}, "V");
                                 }),
                   "/v_row", "[2]"));
    CHECK(mentions(
        error_of_file({"/v_row"}, [](Hdf5Writer& w) { w.write("/v_row", Matrix<double>(0, 2), "V"); }),
        "/v_row", "no input vector"));
    CHECK(mentions(error_of_file({"/g"}, [](Hdf5Writer& w) { w.write("/g", Matrix<double>(0, 3), "S"); }),
                   "/g", "[0 x 3]", "at least one row"));
    CHECK(mentions(error_of_file({"/g"}, [](Hdf5Writer& w) { w.write("/g", Matrix<double>(2, 3), "uS"); }),
                   "/g", "'uS'", "'S'"));
    CHECK(mentions(error_of_file({"/r_row"},
                                 [](Hdf5Writer& w) {
                                     w.write("/r_row", std::vector<double>{1, 2}, "Ohm");
                                 }),
                   "/r_row", "[2]", "one number", "[2 x 4]"));
    CHECK(mentions(
        error_of_file({"/r_col"}, [](Hdf5Writer& w) { w.write("/r_col", Matrix<double>(2, 4), "Ohm"); }),
        "/r_col", "[2 x 4]", "[3 x 3]"));
    CHECK(mentions(
        error_of_file({"/r_row"}, [](Hdf5Writer& w) { w.write("/r_row", Matrix<double>(2, 4), "kOhm"); }),
        "/r_row", "'kOhm'", "'Ohm'"));
    CHECK(mentions(error_of_file({}, [](Hdf5Writer& w) { w.write("/v_col", std::vector<double>{1}, "V"); }),
                   "/v_col", "[1]", "[3]"));
    CHECK(mentions(error_of_file({}, [](Hdf5Writer& w) { w.write("/r_souce", 1.0, "Ohm"); }), "/r_souce",
                   "did you mean r_source?"));
    CHECK(mentions(error_of_file({}, [](Hdf5Writer& w) { w.write("/temperature", 300.0, "K"); }),
                   "/temperature", "expected only: g, v_row"));
    CHECK(mentions(error_of_file({}, [](Hdf5Writer& w) { w.write_text("/row_ends", "bottom"); }), "/row_ends",
                   "'bottom'", "left, right, both"));
    CHECK(mentions(error_of_file({}, [](Hdf5Writer& w) { w.write_text("/col_ends", "left"); }), "/col_ends",
                   "'left'", "bottom, top, both"));
    CHECK(mentions(error_of_file({}, [](Hdf5Writer& w) { w.write_text("/device", "diode"); }), "/device",
                   "'diode'", "linear, sinh"));
    CHECK(mentions(error_of_file({}, [](Hdf5Writer& w) { w.write_text("/device", "sinh"); }), "/device",
                   "alpha"));
    CHECK(mentions(error_of_file({},
                                 [](Hdf5Writer& w) {
                                     w.write_text("/device", "sinh");
                                     w.set_attribute("/device", "alpha", -1.0);
                                 }),
                   "alpha", "-1"));
    CHECK(mentions(error_of_file({}, [](Hdf5Writer& w) { w.write("/c_cell", 1.0, "fF"); }), "/c_cell", "'fF'",
                   "'F'"));
    CHECK(mentions(error_of_file({},
                                 [](Hdf5Writer& w) {
                                     w.write("/c_sense", std::vector<double>{1, 2}, "F");
                                 }),
                   "/c_sense", "[2]"));
    CHECK(mentions(error_of_file({}, [](Hdf5Writer& w) { w.write("/c_row_gruond", 1.0, "F"); }),
                   "/c_row_gruond", "did you mean c_row_ground?"));
    CHECK(mentions(error_of_file({}, [](Hdf5Writer& w) { w.write("/codes", Matrix<double>(1, 3), "1"); }),
                   "/codes", "[1 x 3]"));
    CHECK(mentions(error_of_file({}, [](Hdf5Writer& w) { w.write("/codes", Matrix<double>(0, 2), "1"); }),
                   "/codes", "no input vector"));
    for (const double bad : {-1.0, 0.5, 65536.0, std::numeric_limits<double>::quiet_NaN()}) {
        CHECK(mentions(error_of_file({},
                                     [=](Hdf5Writer& w) {
                                         w.write("/codes", Matrix<double>(1, 2, {3.0, bad}), "1");
                                     }),
                       "/codes[0, 1]", "whole number"));
    }
    CHECK(mentions(
        error_of_file({}, [](Hdf5Writer& w) { w.set_attribute("/", "schema", "ohmloom-network-1"); }),
        "'ohmloom-network-1'", "'ohmloom-array-1'"));
}

TEST_CASE("a result file holds every field with its unit, node voltages only when there are any") {
    const TemporaryFolder folder;
    ArrayResultFile result;
    result.i_col = Matrix<double>(2, 3, 1e-6);
    result.i_row = Matrix<double>(2, 4, 2e-6);
    result.power = {1e-3, 2e-3};
    result.residual = {1e-12, 2e-12};
    result.iterations = {3, 4};
    result.status = {0, 1};
    result.engine = "mna";
    result.fallbacks = 1;
    result.version = "0.1.0";
    write_array_result(result, folder / "plain.h5");
    CHECK_FALSE(Hdf5Reader(folder / "plain.h5").has("/v_w"));

    result.v_w = Matrix<double>(2, 12, 0.5);
    result.v_b = Matrix<double>(2, 12, 0.25);
    write_array_result(result, folder / "fields.h5");
    const Hdf5Reader reader(folder / "fields.h5");
    CHECK(reader.attribute_text("/", "engine") == "mna");
    CHECK(reader.attribute_number("/", "fallbacks") == 1);
    CHECK(reader.attribute_text("/", "version") == "0.1.0");
    CHECK(reader.read_matrix("/i_col", "A", 2, 3) == result.i_col);
    CHECK(reader.read_matrix("/i_row", "A", 2, 4) == result.i_row);
    CHECK(reader.read_vector("/power", "W") == result.power);
    CHECK(reader.read_vector("/residual", "1") == result.residual);
    CHECK(reader.read_vector("/iterations", "1") == std::vector<double>{3, 4});
    CHECK(reader.read_vector("/status", "1") == std::vector<double>{0, 1});
    CHECK(reader.shape("/v_w") == Shape{2, 4, 3});
    CHECK(reader.read_array("/v_b", "V").values == result.v_b.values());
    for (const std::string& name : reader.children("/")) CHECK(reader.has_attribute("/" + name, "unit"));
}
