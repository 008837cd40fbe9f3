#pragma once

#include "base/matrix.hpp"
#include "store/toml_document.hpp"
#include "sweep/expression.hpp"
#include "sweep/sweep_axis.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace ohmloom {

/// A key that is worked out from others.
struct DerivedKey {
    std::string key;
    Expression formula;
};

/// All points of a study, see README for the keys of `[sweep]`.
struct SweepPlan {
    std::filesystem::path file;
    std::string text;                ///< of the study as it was read
    TomlDocument study;              ///< without `[sweep]`
    std::uint64_t seed = 1;          ///< the study's own
    std::vector<AxisGroup> groups{}; ///< every combination of their steps is a point; the last goes fastest
    std::vector<std::string> sources{}; ///< whose seeds a draw renews
    std::vector<DerivedKey> derived{};  ///< in the order in which they are worked out
    std::vector<Expression> where{};    ///< points for which one of these is 0 are left out
    std::vector<Index> kept{};          ///< numbers of the combinations that are points; empty: all
    Index combinations = 1;
    bool comparisons = true; ///< accuracy with ideal wires, ideal devices and single flaws at every point
    bool keep_classes = true;

    [[nodiscard]] Index points() const {
        return where.empty() ? combinations : static_cast<Index>(kept.size());
    }
};

/// One point: what the study's keys are there.
struct SweepPoint {
    Index number = 0;
    /// One per axis, group after group, then the derived keys: as TOML writes it, or empty where the study has its own value.
    std::vector<std::string> values;
};

/// An axis as results name it.
struct AxisLabel {
    std::string key;
    AxisKind kind;
};

/// Reads the study and its `[sweep]`. Without one the study is the only point.
/// @throws FileError, InputError naming file, line and key.
SweepPlan read_sweep(const std::filesystem::path& file);
/// The same from text; messages name it as `file`.
SweepPlan parse_sweep(std::string text, const std::filesystem::path& file);

/// Axes and derived keys in the order of a point's values.
std::vector<AxisLabel> axes_of(const SweepPlan& plan);

/// A point by its number, 0 to points() - 1. Limits: one thread at a time.
/// @throws InputError if a derived key is not a number there.
SweepPoint point_at(const SweepPlan& plan, Index number);

/// One of all combinations, whether `where` leaves it or not: 0 to combinations - 1. Limits and @throws as point_at().
SweepPoint combination_at(const SweepPlan& plan, Index combination);

/// What an axis is at a point, as TOML writes it: the study's own value where the point leaves it; empty if that is not given.
std::string coordinate_at(const SweepPlan& plan, const std::vector<AxisLabel>& axes, const SweepPoint& point,
                          std::size_t axis);

/// The study at a point, as one could run it alone.
/// @throws InputError if a key leads nowhere.
TomlDocument study_at(const SweepPlan& plan, const SweepPoint& point);

/// "array.r_row = 2, readout.gain = [10, 10]": where a point is, for messages.
std::string describe(const SweepPlan& plan, const SweepPoint& point);

} // namespace ohmloom
