#include "base/errors.hpp"
#include "store/hdf5.hpp"
#include "store/sealed_file.hpp"

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

std::filesystem::path sealed_sample(const TemporaryFolder& folder) {
    Hdf5Writer writer(folder / "sealed.h5", Hdf5Seal::sha256);
    writer.write("/v", std::vector<double>{1.0, 2.0}, "V");
    writer.commit();
    return folder / "sealed.h5";
}

} // namespace

TEST_CASE("a sealed HDF5 file is read like any other and keeps to its seal") {
    const TemporaryFolder folder;
    const std::filesystem::path file = sealed_sample(folder);
    CHECK_NOTHROW(require_sealed(file));
    CHECK(Hdf5Reader(file).read_vector("/v", "V") == std::vector<double>{1.0, 2.0});
}

TEST_CASE("any byte that changes, in the seal or behind it, breaks the seal") {
    const TemporaryFolder folder;
    const std::string good = bytes_of(sealed_sample(folder));
    for (const std::size_t place :
         {std::size_t{0}, std::size_t{30}, std::size_t{511}, std::size_t{512}, good.size() - 1}) {
        std::string bad = good;
        bad[place] = static_cast<char>(bad[place] ^ 1);
        const std::filesystem::path file = folder.write("bad.h5", bad);
        CHECK(mentions(message_of<FileError>([&] { require_sealed(file); }), "bad.h5"));
    }
    const std::filesystem::path cut = folder.write("cut.h5", good.substr(0, good.size() - 8));
    CHECK(mentions(message_of<FileError>([&] { require_sealed(cut); }), "cut.h5", "damaged"));
    const std::filesystem::path empty = folder.write("empty.h5", "");
    CHECK(mentions(message_of<FileError>([&] { require_sealed(empty); }), "empty.h5", "no seal"));
}

TEST_CASE("a reader with limits refuses data sets that are too large, compressed or elsewhere") {
    const TemporaryFolder folder;
    Hdf5Writer writer(folder / "many.h5");
    writer.write("/large", std::vector<double>(100, 1.0), "V");
    writer.write("/packed", std::vector<double>(50, 1.0), "V", Hdf5Storage::compressed);
    writer.commit();
    const Hdf5Reader reader(folder / "many.h5", {.elements = 99, .plain_only = true});
    CHECK(mentions(message_of<FileError>([&] { (void)reader.read_vector("/large", "V"); }), "/large", "100",
                   "99"));
    CHECK(mentions(message_of<FileError>([&] { (void)reader.read_vector("/packed", "V"); }), "/packed",
                   "compressed"));
}
