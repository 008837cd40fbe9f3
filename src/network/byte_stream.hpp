#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

namespace ohmloom {

/// The bytes of a file from the first to the last; gzip, recognised by its content and not by its name, is
/// unpacked on the way. Offsets count unpacked bytes.
class ByteStream {
public:
    /// @throws FileError if the file cannot be opened.
    explicit ByteStream(const std::filesystem::path& file);
    ~ByteStream();
    ByteStream(ByteStream&&) noexcept;
    ByteStream& operator=(ByteStream&&) noexcept;

    /// Fills `buffer` as far as the file reaches and says how far: less than asked for only at the end.
    /// @throws FileError if the file cannot be read, or its gzip is damaged, cut off or followed by other
    ///         bytes.
    std::size_t read(std::span<std::uint8_t> buffer);

    [[nodiscard]] std::uint64_t offset() const; ///< number of bytes read so far
    [[nodiscard]] bool packed() const;          ///< whether the file is gzip
    [[nodiscard]] const std::filesystem::path& file() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The file itself if there is one of that name, else the one with ".gz" behind it; none if neither is there.
std::optional<std::filesystem::path> plain_or_packed(const std::filesystem::path& file);

} // namespace ohmloom
