#pragma once

#include "study/result_table.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ohmloom {

/// How a point went.
enum class PointStatus : std::uint8_t {
    good = 0,
    not_converged = 1, ///< there are results, but an array is not within the solver's tolerance
    failed = 2,        ///< there are none: the message says why
};

/// What a store keeps of a point.
struct PointRecord {
    std::string key; ///< point_key() of the study it was computed from
    PointStatus status = PointStatus::good;
    std::string message;    ///< of a failed point
    std::uint64_t seed = 0; ///< of the study there
    Index images = 0;
    double wall = 0.0;      ///< [s]
    std::int64_t ended = 0; ///< [s] since 1970
    std::string host;
    ResultTable table;                                       ///< without what differs from run to run
    std::shared_ptr<const std::vector<std::uint8_t>> labels; ///< [images]
};

/// Turns points into records of a file (CBOR, RFC 8949). What points have in common, the names of their columns and their labels, goes
/// into records of its own, again from time to time, so that damage costs few points.
class RecordEncoder {
public:
    /// Records to be written in this order.
    [[nodiscard]] std::vector<std::vector<std::uint8_t>> encode(const PointRecord& point);

private:
    /// What the last point had in common with others: the next one mostly has the same.
    struct Common {
        std::vector<std::uint8_t> content;
        std::string name;
    };
    const std::string& name_of_columns(const ResultTable& table);
    const std::string& name_of_labels(const std::vector<std::uint8_t>& labels);
    /// Whether the common record of that name is to be written (again) before this point.
    bool is_due(const std::string& name);

    ResultTable last_columns_; ///< without rows
    Common columns_, labels_;
    std::map<std::string, long> written_; ///< points since the common record of that name
};

/// Turns the records of a file into points again, in their order.
class RecordDecoder {
public:
    /// A point, or none if the record holds what points have in common.
    /// @throws InputError if the record is none of ours, or needs a common record that has not come.
    [[nodiscard]] std::optional<PointRecord> decode(std::span<const std::uint8_t> record);

private:
    std::map<std::string, ResultTable> columns_; ///< by name, without rows
    std::map<std::string, std::shared_ptr<const std::vector<std::uint8_t>>> labels_;
};

} // namespace ohmloom
