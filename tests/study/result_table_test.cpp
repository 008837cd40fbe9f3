#include "study/result_table.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace ohmloom;

namespace {

ResultTable first_table() {
    return {2,
            {{"accuracy", "1", ResultKind::number, 1, {0.5, 0.75}},
             {"gain", "1", ResultKind::list, 2, {1, 2, 3, 4}},
             {"device", "1", ResultKind::text, 1, {}, {"linear", "pcm-gst"}},
             {"classes", "1", ResultKind::bytes, 2, {}, {}, {7, 8, 9, 3}}}};
}

ResultTable second_table() {
    return {1,
            {{"gain", "1", ResultKind::list, 3, {5, 6, 7}},
             {"energy_j", "J", ResultKind::number, 1, {1e-9}},
             {"classes", "1", ResultKind::bytes, 1, {}, {}, {4}}}};
}

} // namespace

TEST_CASE("Tables are joined row by row, and what only one has is padded") {
    ResultTable table = first_table();
    append(table, second_table());
    REQUIRE(table.rows == 3);
    CHECK(table.find("gain")->numbers == std::vector<double>{1, 2, 0, 3, 4, 0, 5, 6, 7});
    CHECK(std::isnan(table.find("accuracy")->numbers[2]));
    CHECK(std::isnan(table.find("energy_j")->numbers[1]));
    CHECK(table.find("energy_j")->numbers[2] == 1e-9);
    CHECK(table.find("device")->texts == std::vector<std::string>{"linear", "pcm-gst", std::string()});
    CHECK(table.find("classes")->bytes == std::vector<std::uint8_t>{7, 8, 9, 3, 4, 255});
    CHECK(table.find("nothing") == nullptr);
}

TEST_CASE("Rows are picked in any order") {
    const ResultTable picked = select_rows(first_table(), {1, 0, 1});
    CHECK(picked.rows == 3);
    CHECK(picked.find("gain")->numbers == std::vector<double>{3, 4, 1, 2, 3, 4});
    CHECK(picked.find("device")->texts == std::vector<std::string>{"pcm-gst", "linear", "pcm-gst"});
}

TEST_CASE("Columns of one name in different units are not joined") {
    ResultTable table = first_table();
    const ResultTable other{1, {{"gain", "V", ResultKind::list, 1, {5}}}};
    CHECK(mentions(message_of<InputError>([&] { append(table, other); }), "'gain'", "in 1", "in V"));
}

TEST_CASE("A table comes back from its file") {
    const TemporaryFolder folder;
    ResultTable table = first_table();
    append(table, second_table());
    {
        Hdf5Writer writer(folder / "table.h5");
        write_table(table, "/points", writer);
        writer.commit();
    }
    const ResultTable read = read_table("/points", Hdf5Reader(folder / "table.h5"));
    REQUIRE(read.rows == table.rows);
    REQUIRE(read.columns.size() == table.columns.size());
    for (const ResultColumn& column : table.columns) {
        CAPTURE(column.name);
        const ResultColumn* found = read.find(column.name);
        REQUIRE(found != nullptr);
        CHECK(found->unit == column.unit);
        CHECK(found->kind == column.kind);
        CHECK(found->width == column.width);
        CHECK(found->texts == column.texts);
        CHECK(found->bytes == column.bytes);
        REQUIRE(found->numbers.size() == column.numbers.size());
        for (std::size_t i = 0; i < column.numbers.size(); ++i)
            CHECK((found->numbers[i] == column.numbers[i] || std::isnan(column.numbers[i])));
    }
}
