#include "study/study_file.hpp"
#include "sweep/sweep_plan.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace ohmloom;

namespace {

std::vector<std::filesystem::path> shipped_sweeps() {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(OHMLOOM_SOURCE_DIR "/examples")) {
        if (entry.path().filename().string().starts_with("sweep-")) found.push_back(entry.path());
    }
    return found;
}

} // namespace

TEST_CASE("Every point of the shipped sweeps is a study that can be read") {
    const std::vector<std::filesystem::path> files = shipped_sweeps();
    REQUIRE(files.size() >= 8);
    for (const std::filesystem::path& file : files) {
        CAPTURE(file.string());
        const SweepPlan plan = read_sweep(file);
        CHECK(plan.points() > 10);
        for (Index number = 0; number < plan.points(); ++number) {
            CAPTURE(number);
            CHECK_NOTHROW(static_cast<void>(read_study(study_at(plan, point_at(plan, number)), file)));
        }
    }
}
