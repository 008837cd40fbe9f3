#include "lut/lut_file.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"
#include "tests/lut/sample_luts.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

using namespace ohmloom;

namespace {

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

} // namespace

TEST_CASE("tables are read as they were written, and equal content gives equal bytes") {
    const TemporaryFolder folder;
    LutFile luts = sample_luts();
    Lut second = sample_lut();
    second.name = "another";
    luts.tables.push_back(second);
    write_luts(folder / "one.h5", luts);
    CHECK(read_luts(folder / "one.h5") == in_file_order(luts));
    write_luts(folder / "two.h5", read_luts(folder / "one.h5"));
    CHECK(bytes_of(folder / "one.h5") == bytes_of(folder / "two.h5"));
}

TEST_CASE("a file of a newer version, without tables or of another kind is refused by name") {
    const TemporaryFolder folder;
    const auto said_of = [&](const std::string& schema) {
        Hdf5Writer writer(folder / "t.h5", Hdf5Seal::sha256);
        if (!schema.empty()) writer.set_attribute("/", "schema", schema);
        for (const char* name : {"version", "command", "created_from", "source"})
            writer.set_attribute("/", name, "");
        writer.commit();
        return message_of<FileError>([&] { (void)read_luts(folder / "t.h5"); });
    };
    CHECK(mentions(said_of("ohmloom-lut-2"), "t.h5", "ohmloom-lut-2", "newer", "ohmloom-lut-1"));
    CHECK(mentions(said_of("ohmloom-array-1"), "ohmloom-array-1", "ohmloom-lut-1"));
    CHECK(mentions(said_of(""), "schema", "ohmloom-lut-1"));
    CHECK(mentions(said_of("ohmloom-lut-1"), "no tables"));
}

TEST_CASE("a table that is not valid is not written") {
    const TemporaryFolder folder;
    LutFile luts = sample_luts();
    luts.tables[0].axes[0].values = {1.0, 0.0, 2.0};
    CHECK(mentions(message_of<InputError>([&] { write_luts(folder / "t.h5", luts); }), "cell", "voltage"));
    CHECK(folder.entries() == 0);
}
