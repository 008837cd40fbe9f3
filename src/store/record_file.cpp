#include "store/record_file.hpp"

#include "base/errors.hpp"
#include "store/sha256.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

namespace ohmloom {

namespace {

constexpr std::string_view first_line = "ohmloom-records-1\n";
constexpr std::array<std::uint8_t, 4> mark{0x89, 'O', 'L', 'R'};
constexpr std::size_t length_size = 4, sum_size = 32, head_size = mark.size() + length_size + sum_size;

using Bytes = std::span<const std::uint8_t>;

Bytes bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; // NOLINT: text as its bytes
}

std::array<std::uint8_t, length_size> length_bytes(std::size_t length) {
    std::array<std::uint8_t, length_size> bytes{};
    for (std::size_t i = 0; i < length_size; ++i) bytes[i] = static_cast<std::uint8_t>(length >> (8 * i));
    return bytes;
}

std::size_t length_of(Bytes bytes) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < length_size; ++i) length |= static_cast<std::size_t>(bytes[i]) << (8 * i);
    return length;
}

/// SHA-256 of the length and the content, as bytes.
std::array<std::uint8_t, sum_size> sum_of(Bytes length, Bytes content) {
    Sha256 sum;
    sum.add(length);
    sum.add(content);
    const std::string digits = sum.finish();
    std::array<std::uint8_t, sum_size> bytes{};
    for (std::size_t i = 0; i < sum_size; ++i)
        bytes[i] = static_cast<std::uint8_t>(std::stoi(digits.substr(2 * i, 2), nullptr, 16));
    return bytes;
}

FileError failure(const std::filesystem::path& file, std::string_view what) {
    return FileError(fmt::format("{}: cannot {}: {}", file.string(), what, std::strerror(errno)));
}

/// A new file's name is safe only once its folder is.
void sync_folder(const std::filesystem::path& file) {
    const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
    const int handle = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) throw failure(folder, "open the folder");
    const bool synced = fsync(handle) == 0 || errno == EINVAL; // file systems that cannot need not
    close(handle);
    if (!synced) throw failure(folder, "sync the folder");
}

/// What a place of the file holds.
struct Found {
    Bytes content;     ///< of a whole record
    std::string wrong; ///< else what is wrong with it
};

Found record_at(Bytes file, std::size_t at) {
    const Bytes rest = file.subspan(at);
    if (!std::ranges::equal(rest.first(std::min(mark.size(), rest.size())),
                            std::span(mark).first(std::min(mark.size(), rest.size()))))
        return {{}, "no record begins here"};
    if (rest.size() < head_size) return {{}, "the file ends within a record"};
    const Bytes length = rest.subspan(mark.size(), length_size);
    const std::size_t size = length_of(length);
    if (size > rest.size() - head_size)
        return {{}, "the file ends within a record, or its length is damaged"};
    const Bytes content = rest.subspan(head_size, size);
    if (!std::ranges::equal(sum_of(length, content), rest.subspan(mark.size() + length_size, sum_size)))
        return {{}, "the record's checksum does not agree"};
    return {content, {}};
}

std::vector<std::uint8_t> whole_file(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw failure(file, "read");
    std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    if (stream.bad()) throw failure(file, "read");
    return bytes;
}

} // namespace

RecordWriter::RecordWriter(std::filesystem::path file)
    : file_(std::move(file)), handle_(open(file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
    if (handle_ < 0) throw failure(file_, "make the file");
    try {
        const Bytes line = bytes_of(first_line);
        waiting_.assign(line.begin(), line.end());
        write();
        sync();
        sync_folder(file_);
    } catch (...) {
        close(handle_);
        throw;
    }
}

RecordWriter::~RecordWriter() {
    close(handle_);
}

void RecordWriter::append(Bytes record) {
    const auto length = length_bytes(record.size());
    const auto sum = sum_of(length, record);
    const auto add = [&](Bytes bytes) { waiting_.insert(waiting_.end(), bytes.begin(), bytes.end()); };
    add(mark);
    add(length);
    add(sum);
    add(record);
}

void RecordWriter::write() {
    for (std::size_t written = 0; written < waiting_.size();) {
        const ssize_t part = ::write(handle_, waiting_.data() + written, waiting_.size() - written);
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) {
            const int reason = errno;
            // A torn record at the end would be passed over by readers; without it there is room for another file.
            static_cast<void>(ftruncate(handle_, static_cast<off_t>(written_)) == 0 &&
                              lseek(handle_, static_cast<off_t>(written_), SEEK_SET) >= 0);
            errno = reason;
            throw failure(file_, "write");
        }
        written += static_cast<std::size_t>(part);
    }
    written_ += waiting_.size();
    waiting_.clear();
}

void RecordWriter::sync() {
    if (fdatasync(handle_) != 0) throw failure(file_, "sync");
}

std::vector<RecordDamage> read_records(const std::filesystem::path& file,
                                       const std::function<void(Bytes)>& take) {
    const std::vector<std::uint8_t> bytes = whole_file(file);
    const Bytes all(bytes);
    std::vector<RecordDamage> damages;
    std::size_t at = 0;
    if (all.size() >= first_line.size() &&
        std::ranges::equal(all.first(first_line.size()), bytes_of(first_line)))
        at = first_line.size();
    else
        damages.push_back(
            {file, 0,
             fmt::format("does not begin with the line '{}'", first_line.substr(0, first_line.size() - 1))});
    bool lost = at == 0; // whether we are looking for the next record
    while (at < all.size()) {
        Found found = record_at(all, at);
        if (found.wrong.empty()) {
            try {
                take(found.content);
            } catch (const InputError& error) {
                damages.push_back({file, at, error.what()});
            }
            at += head_size + found.content.size();
            lost = false;
            continue;
        }
        if (!lost) damages.push_back({file, at, std::move(found.wrong)});
        lost = true;
        const auto next = std::search(all.begin() + static_cast<std::ptrdiff_t>(at) + 1, all.end(),
                                      mark.begin(), mark.end());
        at = static_cast<std::size_t>(next - all.begin());
    }
    return damages;
}

} // namespace ohmloom
