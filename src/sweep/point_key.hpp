#pragma once

#include "sweep/sweep_plan.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace ohmloom {

/// Names points by all that decides their results: the study's keys without `[sweep]`, what the point sets, the content of files that
/// either names, and the program's version. Equal names are equal results, in whatever sweep they were computed.
class PointKeys {
public:
    PointKeys(const SweepPlan& plan, const std::string& version);

    /// SHA-256, 64 hexadecimal digits. Thread-safe.
    [[nodiscard]] std::string key(const SweepPoint& point) const;

private:
    /// Checksum of the file that a value names; empty if it names none.
    [[nodiscard]] std::string file_sum(const std::string& literal) const;

    std::filesystem::path folder_;
    std::vector<AxisLabel> axes_;
    std::vector<std::string> sources_;
    std::string common_; ///< what all points share
    mutable std::mutex mutex_;
    mutable std::map<std::string, std::string> file_sums_; ///< by literal
};

} // namespace ohmloom
