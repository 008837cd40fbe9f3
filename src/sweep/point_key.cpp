#include "sweep/point_key.hpp"

#include "store/fingerprint.hpp"
#include "study/study_file.hpp"

#include <algorithm>
#include <utility>

namespace ohmloom {

namespace {

/// Keys that name data sets, with the value that a study has without them; without images to calibrate with, the data set's own serve.
std::vector<std::pair<std::string, std::string>> data_keys() {
    return {{"data.set", '"' + Study{}.data_set + '"'}, {"data.calibration", ""}};
}

} // namespace

PointKeys::PointKeys(const SweepPlan& plan, const std::string& version)
    : files_(plan.file.parent_path()), axes_(axes_of(plan)), sources_(plan.sources) {
    Fingerprint print;
    print.add("ohmloom-point-2");
    print.add(version);
    print.add(plan.comparisons ? "comparisons" : "");
    print.add(plan.keep_classes ? "classes" : "");
    for (const TomlDocument::Entry& entry : plan.study.entries()) {
        print.add(entry.path);
        print.add(entry.value);
        print.add(files_.checksum(entry.value));
    }
    for (const auto& [key, without] : data_keys()) {
        std::string own = plan.study.value(key).value_or(without);
        if (std::ranges::find(axes_, key, &AxisLabel::key) != axes_.end()) {
            data_axes_.emplace_back(key, std::move(own));
            continue;
        }
        const std::string sum = files_.data_set_checksum(own);
        if (sum.empty() && !own.empty()) missing_data_.push_back(own);
        print.add(sum);
    }
    common_ = print.finish();
}

std::string PointKeys::key(const SweepPoint& point) const {
    std::vector<std::pair<std::string, std::string>> settings;
    for (std::size_t a = 0; a < axes_.size(); ++a) {
        // A corner's name decides nothing, and the same corner may get another name.
        if (point.values[a].empty() || axes_[a].key == "corner") continue;
        std::string key = axes_[a].key;
        if (axes_[a].kind == AxisKind::draw) {
            for (const std::string& source : sources_) key += " " + source;
        }
        settings.emplace_back(std::move(key), point.values[a]);
    }
    std::ranges::sort(settings);
    Fingerprint print;
    print.add(common_);
    for (const auto& [key, value] : settings) {
        print.add(key);
        print.add(value);
        print.add(files_.checksum(value));
    }
    for (const auto& [key, own] : data_axes_) {
        std::string value = own;
        for (const auto& [axis, set] : settings) {
            if (axis == key) value = set;
        }
        print.add(files_.data_set_checksum(value));
    }
    return print.finish();
}

} // namespace ohmloom
