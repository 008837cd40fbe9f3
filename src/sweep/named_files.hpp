#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>

namespace ohmloom {

/// Checksums of what the values of a study name, by content. Each file and data set is read once, however many points name it, so that
/// all points of a sweep see it as it was when the first of them asked. Thread-safe.
class NamedFiles {
public:
    explicit NamedFiles(std::filesystem::path folder); ///< that the study is in

    /// Of every file that a TOML value names, and of those that it names in turn if it is TOML itself, as a device's card names its table;
    /// empty if there is none.
    [[nodiscard]] std::string checksum(const std::string& literal) const;

    /// Of the data set that a TOML value names; empty if it is not there.
    [[nodiscard]] std::string data_set_checksum(const std::string& literal) const;

private:
    std::filesystem::path folder_;
    mutable std::mutex mutex_;
    mutable std::map<std::string, std::string> files_, data_sets_; ///< by literal
};

} // namespace ohmloom
