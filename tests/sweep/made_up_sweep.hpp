#pragma once

#include "sweep/stored_sweep.hpp"
#include "sweep/sweep_result.hpp"
#include "sweep/sweep_store.hpp"
#include "tests/temporary_folder.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ohmloom::testing {

/// What a point's record holds: handed the study there, number and record with key, one row and no columns.
using MakeUp = std::function<void(const TomlDocument& study, Index number, PointRecord& point)>;

/// A result with the points of a study, written and opened again: the store does not know how points come about.
inline StoredSweep made_up_sweep(const TemporaryFolder& folder, const std::string& name,
                                 const std::string& study, const MakeUp& make_up) {
    const SweepPlan plan = read_sweep(folder.write(name + ".toml", study));
    const PointKeys keys(plan, "v1");
    const std::filesystem::path result = folder / (name + ".h5");
    {
        SweepStore store(result, plan, "v1", {}, false);
        for (Index n = 0; n < plan.points(); ++n) {
            const SweepPoint at = point_at(plan, n);
            PointRecord point;
            point.key = keys.key(at);
            point.table.rows = 1;
            make_up(study_at(plan, at), n, point);
            store.add(point);
        }
        store.flush();
    }
    static_cast<void>(merge_sweep(plan, keys, parts_folder(result), result, {"v1", "a test", "here"}, true));
    return open_sweep(result);
}

/// Points that have their number as power.
inline void number_as_power(const TomlDocument& /*study*/, Index number, PointRecord& point) {
    point.table.columns = {{"power_w", "W", ResultKind::number, 1, {static_cast<double>(number)}}};
}

/// The classes of a row's images, and the right ones.
inline void set_classes(PointRecord& point, std::vector<std::uint8_t> classes,
                        std::vector<std::uint8_t> labels) {
    point.images = static_cast<Index>(labels.size());
    point.table.columns.push_back(
        {"classes", "1", ResultKind::bytes, point.images, {}, {}, std::move(classes)});
    point.labels = std::make_shared<const std::vector<std::uint8_t>>(std::move(labels));
}

} // namespace ohmloom::testing
