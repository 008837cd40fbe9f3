#pragma once

#include "sweep/named_files.hpp"
#include "sweep/sweep_plan.hpp"

#include <string>
#include <utility>
#include <vector>

namespace ohmloom {

/// Names points by all that decides their results: the study's keys without `[sweep]`, what the point sets, the content of files and data
/// sets that either names, and the program's version. Equal names are equal results, in whatever sweep they were computed.
class PointKeys {
public:
    PointKeys(const SweepPlan& plan, const std::string& version);

    /// SHA-256, 64 hexadecimal digits. Thread-safe.
    [[nodiscard]] std::string key(const SweepPoint& point) const;

    /// Data sets of the study itself that are not on this machine: keys here are not those of machines that have them. TOML values.
    [[nodiscard]] const std::vector<std::string>& missing_data() const { return missing_data_; }

private:
    NamedFiles files_;
    std::vector<AxisLabel> axes_;
    std::vector<std::string> sources_;
    std::vector<std::pair<std::string, std::string>>
        data_axes_; ///< keys that name data sets and are axes, each with the study's own value
    std::vector<std::string> missing_data_;
    std::string common_; ///< what all points share
};

} // namespace ohmloom
