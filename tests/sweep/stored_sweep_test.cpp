#include "sweep/stored_sweep.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"
#include "tests/sweep/made_up_sweep.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// A result of two points with one part of it changed, opened.
std::string refusal(const std::function<void(Hdf5Writer&)>& points,
                    const std::vector<std::int64_t>& numbers = {0, 1},
                    const std::vector<std::string>& messages = {"", ""}) {
    const TemporaryFolder folder;
    Hdf5Writer writer(folder / "bad.h5");
    writer.set_attribute("/", "schema", "ohmloom-sweep-1");
    writer.write_text("/study", "");
    writer.write("/points/point", numbers, "1");
    writer.write("/sweep/status", std::vector<std::uint8_t>{0, 0}, "1");
    writer.write_texts("/sweep/message", messages);
    writer.write("/sweep/images", std::vector<std::int64_t>{2, 2}, "1");
    writer.write("/labels", std::vector<std::uint8_t>{0, 1}, "1");
    points(writer);
    writer.commit();
    return message_of<FileError>([&] { static_cast<void>(open_sweep(folder / "bad.h5")); });
}

} // namespace

TEST_CASE("A coordinate is a number wherever it stands for one, and else its text without quotes") {
    const NamePart part = coordinate_part("a.b", {"5", "\"5k\"", "5k", "\"x\"", "[1, 2]", ""});
    CHECK(part.numbers(0, 0) == 5.0);
    CHECK(part.numbers(1, 0) == 5000.0);
    CHECK(part.numbers(2, 0) == 5000.0);
    CHECK(std::isnan(part.numbers(3, 0)));
    CHECK(part.texts[3] == "x");
    CHECK(std::isnan(part.numbers(4, 0)));
    CHECK(part.texts[4] == "[1, 2]");
    CHECK(coordinate_part("a.b", {"x", ""}).numbers.empty());
}

TEST_CASE("A sweep is opened with what became of every point") {
    const TemporaryFolder folder;
    const auto make_up = [](const TomlDocument& at, Index number, PointRecord& point) {
        number_as_power(at, number, point);
        point.images = 2;
        point.labels = std::make_shared<const std::vector<std::uint8_t>>(
            std::vector<std::uint8_t>{static_cast<std::uint8_t>(number % 2), 1});
        if (number == 1) point.status = PointStatus::not_converged;
        if (number == 2) {
            point.status = PointStatus::failed;
            point.message = "why";
            point.labels = nullptr;
            point.table = {};
        }
    };
    const StoredSweep sweep =
        made_up_sweep(folder, "a", "seed = 7\n[sweep]\narray.rows = [1, 2, 3, 4]\n", make_up);
    CHECK(sweep.seed == 7);
    CHECK(sweep.points == 4);
    CHECK(sweep.rows() == 3);
    CHECK(sweep.point_of_row == std::vector<Index>{0, 1, 3});
    CHECK(sweep.not_converged == 1);
    CHECK(sweep.missing == 0);
    REQUIRE(sweep.failures.size() == 1);
    CHECK(sweep.failures.front().point == 2);
    CHECK(sweep.failures.front().message == "why");
    CHECK(sweep.failed_axes.parts.front().numbers(0, 0) == 3.0); // the study says where
    CHECK(sweep.axes.parts.front().numbers.values() == std::vector<double>{1, 2, 4});
    CHECK(sweep.kinds == std::vector<std::string>{"list"});
    CHECK(sweep.label_sets == std::vector<std::vector<std::uint8_t>>{{0, 1}, {1, 1}});
    CHECK(sweep.label_set == std::vector<Index>{0, 1, 1});
    CHECK_FALSE(sweep.has_classes);
}

TEST_CASE("Results whose parts do not fit each other are refused by name") {
    const auto nothing = [](Hdf5Writer&) {};
    CHECK(mentions(refusal(nothing, {0, 5}), "/points/point holds 5", "below 2"));
    CHECK(mentions(refusal(nothing, {0, -1}), "/points/point holds -1"));
    CHECK(mentions(refusal(nothing, {0, 1}, {""}), "/sweep/message has 1 entries", "expected 2"));
    CHECK(mentions(refusal([](Hdf5Writer& w) { w.write("/points/power_w", std::vector<double>{1.0}, "W"); }),
                   "/points/power_w has the shape [1]", "expected 2 points"));
    CHECK(
        mentions(refusal([](Hdf5Writer& w) { w.write_texts("/axes/names", {"a.b"}); }), "/coordinates/a.b"));
    CHECK(mentions(refusal([](Hdf5Writer& w) {
                       w.write_texts("/axes/names", {"a.b"});
                       w.write("/coordinates/a.b", std::vector<double>{1.0, 2.0, 3.0}, "1");
                   }),
                   "/coordinates/a.b has the shape [3]", "[2]"));
    CHECK(mentions(refusal([](Hdf5Writer& w) {
                       w.write_texts("/axes/names", {});
                       w.write("/points/classes", Matrix<std::uint8_t>(3, 2, 0), "1");
                   }),
                   "/points/classes has the shape [3 x 2]", "[2 x images]"));
}
