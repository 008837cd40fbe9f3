#include "store/record_file.hpp"

#include "base/errors.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

using namespace ohmloom;

namespace {

using Bytes = std::vector<std::uint8_t>;

/// Records of different lengths, one of them empty, one that holds the mark of a record.
std::vector<Bytes> sample_records() {
    return {{1, 2, 3}, {}, {0x89, 'O', 'L', 'R', 0, 0, 0, 0}, Bytes(300, 7), {9}};
}

std::string write_sample(const std::filesystem::path& file) {
    {
        RecordWriter writer(file);
        for (const Bytes& record : sample_records()) writer.append(record);
        writer.write();
        writer.sync();
        CHECK(writer.bytes() == std::filesystem::file_size(file));
    }
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::vector<Bytes> records_in(const std::filesystem::path& file, std::vector<RecordDamage>& damages) {
    std::vector<Bytes> records;
    damages = read_records(
        file, [&](std::span<const std::uint8_t> r) { records.emplace_back(r.begin(), r.end()); });
    return records;
}

/// Whether `found` is what remains of the sample when some are left out.
bool is_part_of_sample(const std::vector<Bytes>& found) {
    std::size_t next = 0;
    for (const Bytes& record : sample_records()) {
        if (next < found.size() && found[next] == record) ++next;
    }
    return next == found.size();
}

} // namespace

TEST_CASE("Records come back in order, whatever bytes they hold") {
    const TemporaryFolder folder;
    write_sample(folder / "a.records");
    std::vector<RecordDamage> damages;
    CHECK(records_in(folder / "a.records", damages) == sample_records());
    CHECK(damages.empty());
}

TEST_CASE(
    "Records are in the file once they are written, before they are synced and while the writer goes on") {
    const TemporaryFolder folder;
    RecordWriter writer(folder / "a.records");
    std::vector<RecordDamage> damages;
    std::size_t count = 0;
    for (const Bytes& record : sample_records()) {
        writer.append(record);
        CHECK(records_in(folder / "a.records", damages).size() == count); // whole or not at all
        writer.write();
        CHECK(records_in(folder / "a.records", damages).size() == ++count);
        CHECK(damages.empty());
        CHECK(writer.bytes() == std::filesystem::file_size(folder / "a.records"));
    }
}

TEST_CASE("A file cut short at any byte keeps every whole record before the cut, and says where it ends") {
    const TemporaryFolder folder;
    const std::string bytes = write_sample(folder / "a.records");
    std::size_t most = 0;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CAPTURE(size);
        const auto file = folder.write("cut.records", bytes.substr(0, size));
        std::vector<RecordDamage> damages;
        const std::vector<Bytes> found = records_in(file, damages);
        CHECK(found.size() >= most); // more bytes, never fewer records
        CHECK(is_part_of_sample(found));
        most = found.size();
        if (damages.empty()) CHECK((found.size() < 5 || size == bytes.size()));
    }
    CHECK(most == 4);
}

TEST_CASE("A flipped bit anywhere costs at most the record that it is in, and is told") {
    const TemporaryFolder folder;
    const std::string bytes = write_sample(folder / "a.records");
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        CAPTURE(at);
        std::string flipped = bytes;
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
        std::vector<RecordDamage> damages;
        const std::vector<Bytes> found = records_in(folder.write("flipped.records", flipped), damages);
        CHECK(found.size() >= 4);
        CHECK(is_part_of_sample(found));
        CHECK_FALSE(damages.empty());
    }
}

TEST_CASE("A record that its reader refuses counts as damaged, and reading goes on") {
    const TemporaryFolder folder;
    write_sample(folder / "a.records");
    int taken = 0;
    const auto damages = read_records(folder / "a.records", [&](std::span<const std::uint8_t> record) {
        if (record.size() == 300) throw InputError("too long");
        ++taken;
    });
    CHECK(taken == 4);
    REQUIRE(damages.size() == 1);
    CHECK(damages.front().what == "too long");
}

TEST_CASE("A file that is there already is never written to, and one that is missing is named") {
    const TemporaryFolder folder;
    write_sample(folder / "a.records");
    CHECK(mentions(message_of<FileError>([&] { RecordWriter(folder / "a.records"); }), "a.records",
                   "File exists"));
    CHECK(mentions(message_of<FileError>([&] { static_cast<void>(read_records(folder / "b.records", {})); }),
                   "b.records"));
}
