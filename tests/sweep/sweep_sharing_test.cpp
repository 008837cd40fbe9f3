#include "sweep/sweep_sharing.hpp"

#include "base/result_cache.hpp"
#include "study/run.hpp"
#include "tests/sweep/small_studies.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

using Names = std::vector<std::string>;

const SharedStage& stage_of(const SweepSharing& sharing, const std::string& name) {
    const auto found = std::ranges::find(sharing.stages, name, &SharedStage::name);
    REQUIRE(found != sharing.stages.end());
    return *found;
}

/// What computing all points has put into a cache that keeps everything.
ResultCache::Use compute_all(const SweepPlan& plan) {
    const auto cache = std::make_shared<ResultCache>(std::size_t{1} << 30U);
    for (Index n = 0; n < plan.points(); ++n) {
        Study study = read_study(study_at(plan, point_at(plan, n)), plan.file);
        study.shared = cache;
        study.comparisons = false;
        static_cast<void>(run_study(study));
    }
    return cache->use();
}

} // namespace

TEST_CASE("What points are said to share is what they compute once") {
    const SmallStudies bench;
    // Cells that are programmed, and linear: 2 draws of them, at 2 times, on 3 wires, behind 2 neurons.
    const SweepPlan plan =
        read_sweep(bench.study("[device]\nmodel = \"linear\"\nread_time = 1\n"
                               "[sweep]\nrepeats = 2\ndevice.read_time = [1, 5]\n"
                               "array.wire.r_row = [1, 2, 4]\nreadout.slope = [10, 20]\n"));
    const SweepSharing sharing = sweep_sharing(plan);
    CHECK(sharing.counted);
    CHECK(stage_of(sharing, "data sets").to_do == 1);
    CHECK(stage_of(sharing, "networks").to_do == 1);
    CHECK(stage_of(sharing, "partitions").to_do == 1);
    const SharedStage& programmed = stage_of(sharing, "programmed layers");
    CHECK(programmed.uses == 2 * 24);
    CHECK(programmed.to_do == 2 * 2);
    CHECK(programmed.anew_with == Names{"repeat"});
    const SharedStage& solved = stage_of(sharing, "solved layers");
    CHECK(solved.uses == 2 * 24);
    CHECK(solved.to_do == 2 * 2 * 2 * 3);
    CHECK(solved.anew_with.size() == 3);
    CHECK(sharing.free_axes == Names{"readout.slope"});
    // Beside data, network, inputs and software accuracy: layers of one tile each, programmed, read at two times, and solved. Devices of
    // this kind are all alike, so that those of the other seed have the conductances of the first, and no layer is solved for them.
    CHECK(compute_all(plan).made == 4 + 4 + 4 * 2 + 24 / 4);
}

TEST_CASE("Layers of cells that bend are solved at every point, and programmed once") {
    const SmallStudies bench;
    const SweepPlan plan = read_sweep(bench.study(
        "[device]\nmodel = \"pcm\"\n[sweep]\nreadout.slope = [10, 20, 30]\ndevice.read_time = [1, 1000]\n"));
    const SweepSharing sharing = sweep_sharing(plan);
    CHECK(stage_of(sharing, "programmed layers").to_do == 2);
    CHECK(stage_of(sharing, "solved layers").to_do == 12);
    CHECK(stage_of(sharing, "solved layers").by_image);
    CHECK(sharing.free_axes == Names{"readout.slope", "device.read_time"});
    // Programmed and read at two times.
    CHECK(compute_all(plan).made == 4 + 2 + 2 * 2);
}

TEST_CASE("Every key is told with the first stage that it makes anew") {
    const SmallStudies bench;
    const auto first_anew = [&](const std::string& axis) -> std::string {
        const SweepSharing sharing = sweep_sharing(read_sweep(bench.study(
            "array.rows = 17\narray.cols = 6\n[device]\nmodel = \"linear\"\nread_time = 1\n[sweep]\n" + axis +
            "\n")));
        REQUIRE(sharing.refused == 0);
        for (const SharedStage& stage : sharing.stages)
            if (!stage.anew_with.empty()) return stage.name;
        return "";
    };
    CHECK(first_anew("data.set = [\"mnist-test\", \"mnist-train\"]") == "data sets");
    CHECK(first_anew("partition.horizontal = [[1, 1], [2, 1]]") == "partitions");
    CHECK(first_anew("device.r_on = [\"20k\", \"30k\"]") == "programmed layers");
    CHECK(first_anew("device.tolerance = [0.01, 0.02]") == "programmed layers");
    CHECK(first_anew("device.values.g_min = [1e-6, 2e-6]") == "programmed layers");
    CHECK(first_anew("seed = [1, 2]") == "programmed layers");
    CHECK(first_anew("seeds.devices = [1, 2]") == "programmed layers");
    CHECK(first_anew("device.read_time = [1, 2]") == "solved layers");
    CHECK(first_anew("device.read_noise = [true, false]") == "solved layers");
    for (const char* axis :
         {"array.wire.r_col = [1, 2]", "array.r_source = [0, 5]", "array.row_ends = [\"left\", \"right\"]",
          "readout.r_input = [1000, 2000]", "readout.gain = [[30, 10], [30, 12]]",
          "readout.kind = [\"differential-amplifier\", \"virtual-ground\"]",
          "solver.tolerance = [1e-6, 1e-9]"}) {
        CAPTURE(axis);
        CHECK(first_anew(axis) == "solved layers");
    }
    CHECK(first_anew("readout.slope = [10, 20]").empty());
    CHECK(first_anew("timing.sample = [\"1n\", \"2n\"]").empty());
    CHECK(first_anew("data.count = [5, 6]").empty());
}

TEST_CASE("Stages with spread are new with their seed, and without one they are not") {
    const SmallStudies bench;
    const auto solved = [&](const std::string& keys) {
        const SweepPlan plan = read_sweep(bench.study(keys + "[sweep]\nseeds.stages = [1, 2, 3]\n"));
        return stage_of(sweep_sharing(plan), "solved layers").to_do;
    };
    CHECK(solved("") == 2);
    CHECK(solved("readout.offset_sigma = \"1m\"\n") == 6);
}

TEST_CASE("Many points are told from the steps of their axes, and quickly") {
    const SmallStudies bench;
    // A million points: the second layer's gain is of two kinds, the first's of one.
    const SweepPlan plan = read_sweep(bench.study(
        "[sweep]\narray.wire.r_row = { from = 1, to = 10, steps = 100 }\n"
        "readout.gain = [[30, 10], [30, 12]]\nreadout.slope = { from = 1, to = 10, steps = 5000 }\n"));
    const SweepSharing sharing = sweep_sharing(plan);
    CHECK_FALSE(sharing.counted);
    const SharedStage& solved = stage_of(sharing, "solved layers");
    CHECK(solved.uses == 2e6);
    CHECK(solved.to_do == 100 + 200);
    CHECK(solved.anew_with == Names{"array.wire.r_row", "readout.gain"});
    CHECK(sharing.free_axes == Names{"readout.slope"});
}

TEST_CASE("Counting and looking along the axes agree") {
    const SmallStudies bench;
    const auto sharing_of = [&](int slopes) {
        return sweep_sharing(read_sweep(bench.study(
            "[device]\nmodel = \"linear\"\nread_time = 1\n[sweep]\nrepeats = 3\nreadout.slope = { "
            "from = 1, to = 9, steps = " +
            std::to_string(slopes) + " }\narray.wire.r_row = [1, 2, 3, 4]\n")));
    };
    const SweepSharing counted = sharing_of(41), looked = sharing_of(42); // 492 and 504 points
    REQUIRE(counted.counted);
    REQUIRE_FALSE(looked.counted);
    for (std::size_t s = 0; s < counted.stages.size(); ++s) {
        CHECK(counted.stages[s].to_do == looked.stages[s].to_do);
        CHECK(counted.stages[s].anew_with == looked.stages[s].anew_with);
    }
}

TEST_CASE("Devices of one study that differ in their reading alone are programmed once, among many points as "
          "well") {
    const SmallStudies bench;
    for (const int steps : {20, 300}) {
        const SweepSharing sharing = sweep_sharing(read_sweep(bench.study(
            "[[device]]\nmodel = \"linear\"\nread_time = 1\n[[device]]\nmodel = \"linear\"\nread_time = 2\n"
            "[sweep]\nrepeats = 2\narray.wire.r_row = { from = 1, to = 9, steps = " +
            std::to_string(steps) + " }\n")));
        CHECK(sharing.counted == (steps == 20));
        CHECK(stage_of(sharing, "programmed layers").to_do == 2 * 2);
        CHECK(stage_of(sharing, "solved layers").to_do == 2 * 2 * 2 * steps);
    }
}

TEST_CASE("Draws that are too many to look at are all taken to differ if some do") {
    const SmallStudies bench;
    const auto programmed = [&](const std::string& source) {
        const SweepPlan plan = read_sweep(bench.study(
            "[device]\nmodel = \"linear\"\nread_time = 1\n[sweep.monte-carlo]\ndraws = 700\nsources = [\"" +
            source + "\"]\n"));
        return stage_of(sweep_sharing(plan), "programmed layers").to_do;
    };
    CHECK(programmed("devices") == 1400);
    CHECK(programmed("stages") == 2);
}

TEST_CASE("Points that a constraint leaves out, or that cannot be run, are in no number") {
    const SmallStudies bench;
    const SweepPlan left = read_sweep(bench.study("[sweep]\narray.wire.r_row = [1, 2, 3, 4]\nreadout.slope = "
                                                  "[10, 20]\nwhere = [\"array.wire.r_row < 3\"]\n"));
    CHECK(stage_of(sweep_sharing(left), "solved layers").to_do == 4);
    CHECK(stage_of(sweep_sharing(left), "solved layers").uses == 8);

    const SweepPlan missing = read_sweep(bench.study("[sweep]\nnetwork.file = [\"net.h5\", \"none.h5\"]\n"));
    CHECK(sweep_sharing(missing).refused == 1);
    CHECK(stage_of(sweep_sharing(missing), "solved layers").uses == 2);
}

TEST_CASE("Axes that take their steps together are told together") {
    const SmallStudies bench;
    const SweepPlan plan =
        read_sweep(bench.study("[sweep]\narray.wire.r_row = [1, 2]\nreadout.slope = [10, 20]\nzip = "
                               "[[\"array.wire.r_row\", \"readout.slope\"]]\n"));
    CHECK(stage_of(sweep_sharing(plan), "solved layers").anew_with ==
          Names{"array.wire.r_row + readout.slope"});
}
