#include "study/stored_points.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <memory>

using namespace ohmloom;

namespace {

std::shared_ptr<const Hdf5Reader> file_with(const TemporaryFolder& folder,
                                            const std::function<void(Hdf5Writer&)>& points) {
    Hdf5Writer writer(folder / "result.h5");
    writer.write("/points/classes", Matrix<std::uint8_t>(2, 3, {0, 1, 2, 2, 1, 0}), "1");
    writer.write("/points/point", std::vector<std::int64_t>{0, 1}, "1");
    points(writer);
    writer.commit();
    return std::make_shared<const Hdf5Reader>(folder / "result.h5");
}

} // namespace

TEST_CASE("figures and texts of points are known by name and read one by one; classes are neither") {
    const TemporaryFolder folder;
    const StoredPoints points(
        file_with(folder,
                  [](Hdf5Writer& writer) {
                      writer.write("/points/power_w", std::vector<double>{1, 2}, "W");
                      writer.write("/points/gain", Matrix<double>(2, 2, {3, 4, 5, 6}), "1");
                      writer.write_texts("/points/device", {"pcm", "mram"});
                  }),
        2);
    CHECK(points.figures() == std::vector<std::string>{"gain", "power_w"});
    CHECK(points.texts() == std::vector<std::string>{"device"});
    CHECK(points.has_figure("power_w"));
    CHECK_FALSE(points.has_figure("device"));
    CHECK(points.has_text("device"));
    CHECK(points.text("device") == std::vector<std::string>{"pcm", "mram"});
    CHECK(points.figure("power_w").unit == "W");
    CHECK(points.figure("power_w").values == Matrix<double>(2, 1, {1, 2}));
    CHECK(points.figure("gain").values == Matrix<double>(2, 2, {3, 4, 5, 6}));
}

TEST_CASE("a figure or text without an entry for every point is refused by name") {
    const TemporaryFolder folder;
    const auto refusal = [&](const std::function<void(Hdf5Writer&)>& write) {
        const auto reader = file_with(folder, write);
        return message_of<FileError>([&] { const StoredPoints points(reader, 2); });
    };
    CHECK(mentions(refusal([](Hdf5Writer& w) {
                       w.write("/points/x", std::vector<double>{1, 2, 3}, "1");
                   }),
                   "result.h5", "/points/x", "[3]", "2 points"));
    CHECK(mentions(refusal([](Hdf5Writer& w) { w.write("/points/x", 1.0, "1"); }), "/points/x", "[]"));
    CHECK(mentions(refusal([](Hdf5Writer& w) { w.write_texts("/points/x", {"one"}); }), "/points/x", "[1]"));
}

TEST_CASE("what one of two has not worked out has not moved, nor has what is the same") {
    CHECK(has_moved(1.0, 2.0));
    CHECK_FALSE(has_moved(1.0, 1.0));
    CHECK_FALSE(has_moved(1.0, std::numeric_limits<double>::quiet_NaN()));
    CHECK_FALSE(has_moved(std::numeric_limits<double>::quiet_NaN(), 1.0));
    CHECK_FALSE(is_compared("wall_s"));
    CHECK_FALSE(is_compared("accuracy_high_ideal_wires"));
    CHECK(is_compared("accuracy_ideal_wires"));
}
