#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace ohmloom {

/// Appends records to a new file so that a crash, at any instant, costs at most those that were not yet written (a crash of the
/// process) or not yet synced (a power cut).
///
/// A record is a mark, its length, the SHA-256 of length and content, and the content; the file begins with a line that says
/// so. Limits: one thread at a time, but for sync(); the file must not be there yet, so that nothing is ever written behind a torn record.
class RecordWriter {
public:
    /// @throws FileError if the file is there already or cannot be made.
    explicit RecordWriter(std::filesystem::path file);
    ~RecordWriter();
    RecordWriter(const RecordWriter&) = delete;
    RecordWriter& operator=(const RecordWriter&) = delete;

    /// Takes a record; it is in the file once write() has returned.
    void append(std::span<const std::uint8_t> record);
    /// Brings all records into the file, where the end of the process does not touch them.
    /// @throws FileError, for instance when the disk is full: then the file ends where it did before.
    void write();
    /// Waits until all that was written before is on the disk; others may append and write meanwhile. @throws FileError
    void sync();
    [[nodiscard]] std::size_t bytes() const {
        return written_ + waiting_.size();
    } ///< with what is not yet written

private:
    std::filesystem::path file_;
    int handle_;
    std::size_t written_ = 0; ///< bytes in the file
    std::vector<std::uint8_t> waiting_;
};

/// A place of a record file that cannot be read.
struct RecordDamage {
    std::filesystem::path file;
    std::size_t offset = 0; ///< [bytes]
    std::string what;
};

/// Calls `take` with every whole record of a file, in order. What is damaged is passed over, and told; records behind it are
/// still found. A record that `take` refuses by an InputError counts as damaged.
/// @throws FileError if the file cannot be read.
std::vector<RecordDamage> read_records(const std::filesystem::path& file,
                                       const std::function<void(std::span<const std::uint8_t>)>& take);

} // namespace ohmloom
