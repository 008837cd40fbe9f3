#include "sweep/point_record.hpp"

#include "base/errors.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

using namespace ohmloom;

namespace {

/// A point with a column of every kind; `number` makes it different from others.
PointRecord sample_point(int number) {
    PointRecord point;
    point.key = "key " + std::to_string(number);
    point.status = number % 2 == 0 ? PointStatus::good : PointStatus::not_converged;
    point.message = number % 2 == 0 ? "" : "did not \"converge\"";
    point.seed = std::numeric_limits<std::uint64_t>::max();
    point.images = 3;
    point.wall = 0.25 * number;
    point.ended = 1'800'000'000 + number;
    point.host = "host a, process 1";
    point.table.rows = 2;
    const double none = std::numeric_limits<double>::quiet_NaN();
    point.table.columns = {
        {"accuracy", "1", ResultKind::number, 1, {0.1 * number, none}},
        {"gain", "1", ResultKind::list, 2, {30.0, 10.0, -0.0, 1e-310}},
        {"device", "1", ResultKind::text, 1, {}, {"linear", "\xc2\xb5 \"quoted\"\n"}},
        {"classes", "1", ResultKind::bytes, 3, {}, {}, {0, 1, 2, 255, 4, static_cast<std::uint8_t>(number)}}};
    point.labels = std::make_shared<const std::vector<std::uint8_t>>(std::vector<std::uint8_t>{1, 2, 3});
    return point;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (std::bit_cast<std::uint64_t>(a[i]) != std::bit_cast<std::uint64_t>(b[i])) return false;
    }
    return true;
}

void check_same(const PointRecord& a, const PointRecord& b) {
    CHECK(a.key == b.key);
    CHECK(a.status == b.status);
    CHECK(a.message == b.message);
    CHECK(a.seed == b.seed);
    CHECK(a.images == b.images);
    CHECK(a.wall == b.wall);
    CHECK(a.ended == b.ended);
    CHECK(a.host == b.host);
    REQUIRE(a.table.rows == b.table.rows);
    REQUIRE(a.table.columns.size() == b.table.columns.size());
    for (std::size_t c = 0; c < a.table.columns.size(); ++c) {
        const ResultColumn &first = a.table.columns[c], &second = b.table.columns[c];
        CAPTURE(first.name);
        CHECK(first.name == second.name);
        CHECK(first.unit == second.unit);
        CHECK(first.kind == second.kind);
        CHECK(first.width == second.width);
        CHECK(same_bits(first.numbers, second.numbers));
        CHECK(first.texts == second.texts);
        CHECK(first.bytes == second.bytes);
    }
    CHECK(*a.labels == *b.labels);
}

} // namespace

TEST_CASE("Points come back from their records bit by bit, with what is not a number and texts of any kind") {
    RecordEncoder encoder;
    RecordDecoder decoder;
    for (int number = 0; number < 200; ++number) {
        std::vector<PointRecord> found;
        for (const auto& record : encoder.encode(sample_point(number))) {
            if (auto point = decoder.decode(record)) found.push_back(std::move(*point));
        }
        REQUIRE(found.size() == 1);
        check_same(found.front(), sample_point(number));
    }
}

TEST_CASE("What points have in common is written once and again from time to time") {
    RecordEncoder encoder;
    for (int number = 0; number < 640; ++number) {
        CAPTURE(number);
        // Columns, labels and the point; then the point alone, but for every 64th.
        CHECK(encoder.encode(sample_point(number)).size() == (number % 64 == 0 ? 3 : 1));
    }
}

TEST_CASE("A point whose common record is lost is refused, and points behind the next one are not") {
    RecordEncoder encoder;
    RecordDecoder decoder;
    static_cast<void>(encoder.encode(sample_point(0))); // lost with the columns and labels
    int lost = 0, found = 0;
    for (int number = 1; number < 130; ++number) {
        for (const auto& record : encoder.encode(sample_point(number))) {
            try {
                found += decoder.decode(record) ? 1 : 0;
            } catch (const InputError& error) {
                CHECK(std::string(error.what()).find("is lost") != std::string::npos);
                ++lost;
            }
        }
    }
    CHECK(lost == 63);
    CHECK(found == 66);
}

TEST_CASE("Bytes that are no record, or a record cut short, are refused") {
    RecordDecoder decoder;
    CHECK_THROWS_AS(static_cast<void>(decoder.decode(std::vector<std::uint8_t>{1, 2, 3})), InputError);
    RecordEncoder encoder;
    const auto records = encoder.encode(sample_point(5));
    static_cast<void>(decoder.decode(records[0]));
    static_cast<void>(decoder.decode(records[1]));
    for (std::size_t size = 0; size < records[2].size(); ++size) {
        CAPTURE(size);
        CHECK_THROWS_AS(static_cast<void>(decoder.decode(std::span(records[2]).first(size))), InputError);
    }
}
