#include "store/array_file.hpp"
#include "store/hdf5.hpp"

#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace ohmloom;

namespace {

bool python_agrees(const std::string& verb, const std::filesystem::path& file) {
    const std::string script = OHMLOOM_SOURCE_DIR "/tests/store/with_h5py.py";
    return std::system(
               (OHMLOOM_PYTHON " -B '" + script + "' " + verb + " '" + file.string() + "'").c_str()) == 0;
}

} // namespace

TEST_CASE("h5py opens what is written and finds a unit on every data set") {
    const TemporaryFolder folder;
    Hdf5Writer writer(folder / "out.h5");
    writer.set_attribute("/", "schema", "sample-1");
    writer.write("/deep/g", Matrix<double>(30, 40, 1e-6), "S", Hdf5Storage::compressed);
    writer.write("/deep/codes", Matrix<std::int8_t>(2, 2), "1");
    writer.write("/count", std::int64_t{3}, "1");
    writer.write("/none", std::vector<double>{}, "A");
    writer.write_text("/device", "linear");
    writer.write_texts("/names", {"one", "two"});
    writer.commit();
    CHECK(python_agrees("check", folder / "out.h5"));
}

TEST_CASE("an input that h5py wrote is read, in whatever types it came") {
    const TemporaryFolder folder;
    REQUIRE(python_agrees("write", folder / "in.h5"));
    ArrayFile expected;
    expected.g = Matrix<double>(2, 3, {1, 2, 3, 4, 5, 6});
    expected.v_row = Matrix<double>(1, 2, {0, 1});
    expected.r_row = 1.0;
    expected.r_col = 2.5;
    expected.row_ends = "both";
    expected.col_ends = "top";
    expected.device = "sinh";
    expected.alpha = 2.0;
    CHECK(read_array_file(folder / "in.h5") == expected);
}
