#include "store/transient_file.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace ohmloom;

namespace {

/// A drive of two points for 2 rows and 3 input vectors, as reading gives it back.
DriveFile read_back(const Shape& shape, const TemporaryFolder& folder) {
    std::vector<double> values;
    for (Index i = 0; i < element_count(shape); ++i) values.push_back(static_cast<double>(i));
    Hdf5Writer writer(folder / "drive.h5");
    writer.set_attribute("/", "schema", "ohmloom-drive-1");
    writer.write("/t", std::vector<double>{0.0, 1e-9}, "s");
    writer.write_array<double>("/curve", values, shape, "1");
    writer.commit();
    return read_drive_file(folder / "drive.h5", 2, 3);
}

} // namespace

TEST_CASE("a drive file holds one curve, one per row, or one per input vector and row") {
    const TemporaryFolder folder;
    const DriveFile one = read_back({2}, folder);
    CHECK(one.t == std::vector<double>{0.0, 1e-9});
    CHECK(one.curves == Matrix<double>(1, 2, {0, 1}));
    CHECK((one.rows == 1 && one.batch == 1));
    const DriveFile by_row = read_back({2, 2}, folder);
    CHECK(by_row.curves == Matrix<double>(2, 2, {0, 1, 2, 3}));
    CHECK((by_row.rows == 2 && by_row.batch == 1));
    const DriveFile each = read_back({3, 2, 2}, folder);
    CHECK(each.curves.rows() == 6);
    CHECK(each.curves(5, 1) == 11.0);
    CHECK((each.rows == 2 && each.batch == 3));
    for (const Shape& wrong : {Shape{3}, Shape{3, 2}, Shape{1, 2, 2}, Shape{}}) {
        CHECK(mentions(message_of<FileError>([&] { (void)read_back(wrong, folder); }), "drive.h5", "/curve",
                       to_string(wrong), "[2 x 2]", "[3 x 2 x 2]"));
    }
}

TEST_CASE("a result in time holds every field with its unit, instant by instant") {
    const TemporaryFolder folder;
    TransientResultFile result;
    result.times = {1e-12, 1e-9};
    result.i_col = {Matrix<double>(1, 3, {1, 2, 3}), Matrix<double>(1, 3, {4, 5, 6})};
    result.i_row = {Matrix<double>(1, 2, {1, 2}), Matrix<double>(1, 2, {3, 4})};
    result.charge_col = {Matrix<double>(1, 3, 7.0), Matrix<double>(1, 3, 8.0)};
    result.charge_row = {Matrix<double>(1, 2, 9.0), Matrix<double>(1, 2, 10.0)};
    result.settled = Matrix<double>(1, 3, {1e-9, 2e-9, std::numeric_limits<double>::infinity()});
    result.i_final = Matrix<double>(1, 3, 11.0);
    result.energy = {12.0};
    result.residual = {1e-7};
    result.status = {1};
    result.steps = 34;
    result.rejected = 2;
    result.engine = "lines";
    result.version = "0.1.0";
    write_transient_result(result, folder / "out.h5");
    const Hdf5Reader reader(folder / "out.h5");
    reader.require_schema("ohmloom-transient-1");
    CHECK(reader.attribute_text("/", "engine") == "lines");
    CHECK(reader.attribute_text("/", "version") == "0.1.0");
    CHECK(reader.attribute_number("/", "steps") == 34);
    CHECK(reader.attribute_number("/", "rejected") == 2);
    CHECK(reader.read_vector("/times", "s") == result.times);
    CHECK(reader.shape("/i_col") == Shape{2, 1, 3});
    CHECK(reader.read_array("/i_col", "A").values == std::vector<double>{1, 2, 3, 4, 5, 6});
    CHECK(reader.read_array("/i_row", "A").values == std::vector<double>{1, 2, 3, 4});
    CHECK(reader.read_array("/charge_col", "C").values == std::vector<double>{7, 7, 7, 8, 8, 8});
    CHECK(reader.read_array("/charge_row", "C").values == std::vector<double>{9, 9, 10, 10});
    CHECK(reader.read_matrix("/settled", "s") == result.settled);
    CHECK(reader.read_matrix("/i_final", "A") == result.i_final);
    CHECK(reader.read_vector("/energy", "J") == result.energy);
    CHECK(reader.read_vector("/residual", "1") == result.residual);
    CHECK(reader.read_vector("/status", "1") == std::vector<double>{1});
}
