#include "store/hdf5.hpp"

#include "base/errors.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <span>
#include <thread>

using namespace ohmloom;

namespace {

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

void write_sample(const std::filesystem::path& file) {
    Hdf5Writer writer(file);
    writer.set_attribute("/", "schema", "sample-1");
    writer.write("/g", Matrix<double>(2, 3, {1, 2, 3, 4, 5, 6}), "S");
    writer.write("/wire/r_row", 13.8, "Ohm");
    writer.write("/weights", Matrix<std::int8_t>(2, 2, {-1, 0, 1, 1}), "1", Hdf5Storage::compressed);
    writer.write("/codes", std::vector<int>{7, -8}, "1");
    writer.write("/half", Matrix<float>(1, 2, {0.5F, 0.25F}), "V");
    writer.write_text("/device", "linear");
    writer.write_texts("/names", {"one", "", "drei \xc3\xbc"});
    writer.set_attribute("/device", "alpha", 2.5);
    writer.set_attribute("/", "count", 10'000);
    writer.commit();
}

} // namespace

TEST_CASE("everything written is read back exactly, whatever its stored type") {
    const TemporaryFolder folder;
    write_sample(folder / "sample.h5");

    const Hdf5Reader reader(folder / "sample.h5");
    CHECK(reader.read_matrix("/g", "S") == Matrix<double>(2, 3, {1, 2, 3, 4, 5, 6}));
    CHECK(reader.read_scalar("/wire/r_row", "Ohm") == 13.8);
    CHECK(reader.read_matrix("/weights", "1").values() == std::vector<double>{-1, 0, 1, 1});
    CHECK(reader.read_vector("/codes", "1") == std::vector<double>{7, -8});
    CHECK(reader.read_matrix("/half", "V").values() == std::vector<double>{0.5, 0.25});
    CHECK(reader.read_text("/device") == "linear");
    CHECK(reader.read_texts("/names") == std::vector<std::string>{"one", "", "drei \xc3\xbc"});
    CHECK(reader.attribute_number("/device", "alpha") == 2.5);
    CHECK(reader.attribute_number("/", "count") == 10'000);
    CHECK(reader.attribute_text("/g", "unit") == "S");
    CHECK(reader.attribute_text("/device", "unit") == "1");
    CHECK(reader.shape("/g") == Shape{2, 3});
    CHECK(reader.shape("/wire/r_row").empty());
    CHECK(reader.children("/wire") == std::vector<std::string>{"r_row"});
    CHECK(reader.has("/wire"));
    CHECK(reader.has("/wire/r_row"));
    CHECK_FALSE(reader.has("/wire/r_col"));
    CHECK_FALSE(reader.has("/none/r_col"));
}

TEST_CASE("some rows of a matrix of bytes come back alone, also from the middle of a compressed one") {
    const TemporaryFolder folder;
    Hdf5Writer writer(folder / "bytes.h5");
    // 1000 x 3000 bytes are three blocks of at most 1 MiB: 349, 349 and 302 rows.
    Matrix<std::uint8_t> bytes(1000, 3000);
    for (Index r = 0; r < bytes.rows(); ++r) {
        for (Index c = 0; c < bytes.cols(); ++c) bytes(r, c) = static_cast<std::uint8_t>((7 * r + c) % 251);
    }
    writer.write("/bytes", bytes, "1", Hdf5Storage::compressed);
    writer.write("/codes", Matrix<std::int32_t>(2, 2, {300, -5, 7, 255}), "1");
    writer.commit();

    const Hdf5Reader reader(folder / "bytes.h5");
    const Matrix<std::uint8_t> rows = reader.read_byte_rows("/bytes", "1", 340, 20);
    REQUIRE(rows.rows() == 20);
    REQUIRE(rows.cols() == 3000);
    CHECK(std::ranges::equal(
        rows.values(), std::span(bytes.values()).subspan(std::size_t{340} * 3000, std::size_t{20} * 3000)));
    CHECK(reader.read_byte_rows("/bytes", "1", 1000, 0).rows() == 0);
    CHECK(reader.read_byte_rows("/codes", "1", 0, 2).values() == std::vector<std::uint8_t>{255, 0, 7, 255});
    CHECK(mentions(
        message_of<FileError>([&] { static_cast<void>(reader.read_byte_rows("/bytes", "1", 990, 20)); }),
        "/bytes", "[1000 x 3000]", "at least 1010 rows"));
}

TEST_CASE("numbers that need every bit survive compression") {
    const TemporaryFolder folder;
    const std::vector<double> values{0.1, -0.0, std::numeric_limits<double>::denorm_min(),
                                     std::numeric_limits<double>::max(), std::nextafter(1.0, 2.0)};
    Hdf5Writer writer(folder / "exact.h5");
    writer.write("/values", values, "1", Hdf5Storage::compressed);
    writer.commit();

    const std::vector<double> read = Hdf5Reader(folder / "exact.h5").read_vector("/values", "1");
    CHECK(read == values);
    CHECK(std::signbit(read[1]));
}

TEST_CASE("an array of three dimensions larger than one block keeps its order and becomes smaller") {
    const TemporaryFolder folder;
    const Shape shape{7, 500, 300};
    std::vector<double> values(static_cast<std::size_t>(element_count(shape)));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i % 1000);
    Hdf5Writer writer(folder / "cube.h5");
    writer.write_array<double>("/cube", values, shape, "V", Hdf5Storage::compressed);
    writer.commit();

    const Hdf5Array read = Hdf5Reader(folder / "cube.h5").read_array("/cube", "V");
    CHECK(read.shape == shape);
    CHECK(read.values == values);
    CHECK(std::filesystem::file_size(folder / "cube.h5") < values.size() * sizeof(double) / 10);
}

TEST_CASE("a data set without elements is legal") {
    const TemporaryFolder folder;
    Hdf5Writer writer(folder / "empty.h5");
    writer.write("/none", Matrix<double>(0, 4), "S", Hdf5Storage::compressed);
    writer.write_texts("/words", {});
    writer.commit();

    const Hdf5Reader reader(folder / "empty.h5");
    CHECK(reader.read_matrix("/none", "S").cols() == 4);
    CHECK(reader.read_texts("/words").empty());
}

TEST_CASE("equal content gives equal bytes") {
    const TemporaryFolder folder;
    write_sample(folder / "a.h5");
    std::this_thread::sleep_for(std::chrono::milliseconds(1100)); // HDF5's time stamps count seconds
    write_sample(folder / "b.h5");
    CHECK(bytes_of(folder / "a.h5") == bytes_of(folder / "b.h5"));
}

TEST_CASE("a writer that does not commit leaves the old file and nothing else") {
    const TemporaryFolder folder;
    write_sample(folder / "kept.h5");
    const std::string before = bytes_of(folder / "kept.h5");
    {
        Hdf5Writer writer(folder / "kept.h5");
        writer.write("/g", 1.0, "S");
        CHECK(folder.entries() == 2);
    }
    CHECK(folder.entries() == 1);
    CHECK(bytes_of(folder / "kept.h5") == before);
}

TEST_CASE("a writer says why it cannot write") {
    const TemporaryFolder folder;
    CHECK(mentions(message_of<FileError>([&] { Hdf5Writer writer(folder / "missing/out.h5"); }),
                   "missing/out.h5", "does not exist"));
    CHECK(mentions(message_of<FileError>([&] { Hdf5Writer writer(folder.path()); }), "is a folder"));
    Hdf5Writer writer(folder / "out.h5");
    writer.write("/g", 1.0, "S");
    CHECK(mentions(message_of<FileError>([&] { writer.write("/g", 2.0, "S"); }), "out.h5", "/g"));
    CHECK(mentions(message_of<FileError>([&] { writer.write("/g/below", 2.0, "S"); }), "out.h5", "/g/below"));
}

TEST_CASE("what is no HDF5 file is refused by name") {
    const TemporaryFolder folder;
    const auto open = [](const std::filesystem::path& file) {
        return message_of<FileError>([&] { Hdf5Reader reader(file); });
    };
    CHECK(mentions(open(folder / "none.h5"), "none.h5", "no such file"));
    CHECK(mentions(open(folder.write("text.h5", "g = 1\n")), "text.h5", "not an HDF5 file"));
    CHECK(mentions(open(folder.write("nothing.h5", "")), "nothing.h5", "not an HDF5 file"));
    CHECK(mentions(open(folder.path()), "folder"));
    write_sample(folder / "sample.h5");
    CHECK(mentions(open(folder.write("cut.h5", bytes_of(folder / "sample.h5").substr(0, 900))), "cut.h5",
                   "cut short"));
}

TEST_CASE("a data set that is not as expected is refused with both shapes") {
    const TemporaryFolder folder;
    write_sample(folder / "sample.h5");
    const Hdf5Reader reader(folder / "sample.h5");
    const auto error = [](const auto& action) { return message_of<FileError>(action); };
    CHECK(
        mentions(error([&] { (void)reader.read_matrix("/v_row", "V"); }), "sample.h5", "/v_row", "missing"));
    CHECK(mentions(error([&] { (void)reader.read_matrix("/codes", "1"); }), "[2]", "[rows x cols]"));
    CHECK(mentions(error([&] { (void)reader.read_matrix("/g", "S", 2, 4); }), "[2 x 3]", "[2 x 4]"));
    CHECK(mentions(error([&] { (void)reader.read_vector("/codes", "1", 3); }), "[2]", "[3]"));
    CHECK(mentions(error([&] { (void)reader.read_vector("/g", "S"); }), "[2 x 3]", "one dimension"));
    CHECK(mentions(error([&] { (void)reader.read_scalar("/g", "S"); }), "[2 x 3]", "one number"));
    CHECK(mentions(error([&] { (void)reader.read_scalar("/device", "1"); }), "/device", "text", "numbers"));
    CHECK(mentions(error([&] { (void)reader.read_text("/wire/r_row"); }), "/wire/r_row", "text"));
    CHECK(mentions(error([&] { (void)reader.read_scalar("/wire", "Ohm"); }), "/wire", "not a data set"));
    CHECK(mentions(error([&] { (void)reader.read_matrix("/g", "uS"); }), "/g", "'S'", "'uS'"));
    CHECK(mentions(error([&] { (void)reader.attribute_text("/g", "source"); }), "source", "/g", "missing"));
    CHECK(mentions(error([&] { (void)reader.attribute_number("/", "schema"); }), "schema", "number"));
    CHECK(mentions(error([&] { reader.require_schema("other-1"); }), "'sample-1'", "'other-1'"));
}

TEST_CASE("a file of one of several schemas says which, and is refused with all of them if it is of none") {
    const TemporaryFolder folder;
    write_sample(folder / "sample.h5");
    const Hdf5Reader reader(folder / "sample.h5");
    CHECK(reader.schema_among({"other-1", "sample-1"}) == "sample-1");
    CHECK(mentions(message_of<FileError>([&] {
                       static_cast<void>(reader.schema_among({"a-1", "b-1"}));
                   }),
                   "sample.h5", "'sample-1'", "'a-1' or 'b-1'"));
}

TEST_CASE("an unknown name in a group is answered with the nearest known one") {
    const TemporaryFolder folder;
    write_sample(folder / "sample.h5");
    const Hdf5Reader reader(folder / "sample.h5");
    CHECK_NOTHROW(reader.require_only("/wire", {"r_row", "r_col"}));
    CHECK(mentions(message_of<FileError>([&] {
                       reader.require_only("/wire", {"r_rows", "width"});
                   }),
                   "/wire/r_row is unknown", "did you mean r_rows"));
}
