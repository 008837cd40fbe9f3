#include "network/byte_stream.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#define ZLIB_CONST // zlib's input pointer is then one to const
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <system_error>

namespace ohmloom {

namespace {

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

constexpr std::uint8_t gzip_magic_0 = 0x1f;
constexpr std::uint8_t gzip_magic_1 = 0x8b;
constexpr int gzip_with_largest_window = 15 + 16; // zlib: 15 window bits, 16 for the gzip wrapping

} // namespace

struct ByteStream::State {
    explicit State(const std::filesystem::path& file_) : file(file_) {
        std::error_code ignored;
        if (std::filesystem::is_directory(file, ignored)) fail("is a folder, expected a file");
        stream.reset(std::fopen(file.c_str(), "rb"));
        if (stream == nullptr) fail("cannot be opened: " + std::generic_category().message(errno));
        fill();
        packed = waiting.size() >= 2 && waiting[0] == gzip_magic_0 && waiting[1] == gzip_magic_1;
        if (packed && inflateInit2(&inflater, gzip_with_largest_window) != Z_OK) fail("no memory to unpack");
    }
    ~State() {
        if (packed) inflateEnd(&inflater);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    [[noreturn]] void fail(std::string_view what) const {
        throw FileError(fmt::format("{}: {}", file.string(), what));
    }

    /// Gets the next block of the file; `waiting` is empty at its end.
    void fill() {
        const std::size_t got = std::fread(block.data(), 1, block.size(), stream.get());
        if (std::ferror(stream.get()) != 0) fail("cannot be read: " + std::generic_category().message(errno));
        waiting = std::span<const std::uint8_t>(block.data(), got);
        taken_from_file += got;
    }

    /// Place in the file itself, for messages about the packing.
    [[nodiscard]] std::uint64_t packed_offset() const { return taken_from_file - waiting.size(); }

    std::size_t copy_some(std::span<std::uint8_t> buffer) {
        if (waiting.empty()) fill();
        const std::size_t count = std::min(buffer.size(), waiting.size());
        std::copy_n(waiting.begin(), count, buffer.begin());
        waiting = waiting.subspan(count);
        return count;
    }

    /// Unpacks into the buffer; 0 only at the end of the last gzip member.
    std::size_t unpack_some(std::span<std::uint8_t> buffer) {
        std::size_t produced = 0;
        while (produced == 0 && !ended) {
            if (waiting.empty()) fill();
            if (waiting.empty()) {
                fail(fmt::format("byte {}: the gzip file is cut off here, {} bytes were unpacked",
                                 packed_offset(), offset));
            }
            inflater.next_in = waiting.data();
            inflater.avail_in = static_cast<uInt>(waiting.size());
            inflater.next_out = buffer.data();
            inflater.avail_out = static_cast<uInt>(std::min<std::size_t>(buffer.size(), 1u << 30));
            const uInt room = inflater.avail_out;
            const int status = inflate(&inflater, Z_NO_FLUSH);
            produced = room - inflater.avail_out;
            waiting = waiting.last(inflater.avail_in);
            if (status == Z_STREAM_END) {
                end_member();
            } else if (status != Z_OK && status != Z_BUF_ERROR) {
                fail(fmt::format("byte {}: the gzip data are damaged: {}", packed_offset(),
                                 inflater.msg != nullptr ? inflater.msg : "no reason given"));
            }
        }
        return produced;
    }

    /// A gzip file may hold several members one after the other, and nothing else behind them.
    void end_member() {
        if (waiting.empty()) fill();
        if (waiting.empty()) {
            ended = true;
        } else if (waiting[0] == gzip_magic_0) {
            inflateReset(&inflater);
        } else {
            fail(
                fmt::format("byte {}: expected the end of the gzip file, found more bytes", packed_offset()));
        }
    }

    std::filesystem::path file;
    std::unique_ptr<std::FILE, CloseFile> stream;
    std::array<std::uint8_t, 1u << 16> block{};
    std::span<const std::uint8_t> waiting; ///< what is left of the block
    std::uint64_t taken_from_file = 0;
    std::uint64_t offset = 0;
    bool packed = false;
    bool ended = false; ///< the last gzip member is over
    z_stream inflater{};
};

ByteStream::ByteStream(const std::filesystem::path& file) : state_(std::make_unique<State>(file)) {}
ByteStream::~ByteStream() = default;
ByteStream::ByteStream(ByteStream&&) noexcept = default;
ByteStream& ByteStream::operator=(ByteStream&&) noexcept = default;

std::size_t ByteStream::read(std::span<std::uint8_t> buffer) {
    std::size_t done = 0;
    while (done < buffer.size()) {
        const std::span<std::uint8_t> rest = buffer.subspan(done);
        const std::size_t count = state_->packed ? state_->unpack_some(rest) : state_->copy_some(rest);
        if (count == 0) break;
        done += count;
        state_->offset += count;
    }
    return done;
}

std::uint64_t ByteStream::offset() const {
    return state_->offset;
}
bool ByteStream::packed() const {
    return state_->packed;
}
const std::filesystem::path& ByteStream::file() const {
    return state_->file;
}

std::optional<std::filesystem::path> plain_or_packed(const std::filesystem::path& file) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(file, ignored)) return file;
    const std::filesystem::path packed = file.string() + ".gz";
    return std::filesystem::is_regular_file(packed, ignored) ? std::optional(packed) : std::nullopt;
}

} // namespace ohmloom
