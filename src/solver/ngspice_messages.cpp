#include "solver/ngspice_messages.hpp"

#include "base/errors.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace ohmloom {

namespace {

struct Header {
    std::uint64_t size = 0; ///< of the content
    MessageKind kind{};
};

bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

} // namespace

void MessageWriter::add_bytes(const void* data, std::size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
}

void MessageWriter::add(std::string_view text) {
    add(std::uint64_t{text.size()});
    bytes_ += text;
}

void MessageWriter::add(std::span<const double> values) {
    add(std::uint64_t{values.size()});
    add_bytes(values.data(), values.size_bytes());
}

void MessageWriter::add(std::span<const std::string> texts) {
    add(std::uint64_t{texts.size()});
    for (const std::string& text : texts) add(std::string_view(text));
}

std::string_view MessageReader::take(std::size_t size) {
    if (size > bytes_.size()) throw BackendError("a message of ngspice's process is cut short");
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
}

std::uint64_t MessageReader::number() {
    std::uint64_t number = 0;
    std::memcpy(&number, take(sizeof number).data(), sizeof number);
    return number;
}

std::string MessageReader::text() {
    const std::uint64_t size = number();
    return std::string(take(size));
}

std::vector<double> MessageReader::values() {
    const std::uint64_t count = number();
    // Divided, so that no count overflows.
    if (count > bytes_.size() / sizeof(double)) {
        throw BackendError("a message of ngspice's process is cut short");
    }
    std::vector<double> values(count);
    const std::string_view taken = take(count * sizeof(double));
    if (count != 0) std::memcpy(values.data(), taken.data(), taken.size());
    return values;
}

std::vector<std::string> MessageReader::texts() {
    std::vector<std::string> texts;
    for (std::uint64_t count = number(); count != 0; --count) texts.push_back(text());
    return texts;
}

std::optional<Message> MessageStream::next() {
    Header header;
    if (bytes_.size() - begin_ < sizeof header) return std::nullopt;
    std::memcpy(&header, bytes_.data() + begin_, sizeof header);
    if (bytes_.size() - begin_ - sizeof header < header.size) return std::nullopt;
    Message message{header.kind, bytes_.substr(begin_ + sizeof header, header.size)};
    begin_ += sizeof header + header.size;
    constexpr std::size_t worth_moving = std::size_t{1} << 16;
    if (begin_ == bytes_.size() || begin_ > worth_moving) {
        bytes_.erase(0, begin_);
        begin_ = 0;
    }
    return message;
}

bool send_message(int socket, MessageKind kind, std::string_view content) {
    const Header header{content.size(), kind};
    std::array<char, sizeof header> bytes{};
    std::memcpy(bytes.data(), &header, sizeof header);
    return send_all(socket, {bytes.data(), bytes.size()}) && send_all(socket, content);
}

std::optional<Message> receive_message(int socket, MessageStream& stream) {
    for (;;) {
        if (std::optional<Message> message = stream.next()) return message;
        std::array<char, 1 << 16> block{};
        const ssize_t got = recv(socket, block.data(), block.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return std::nullopt;
        stream.add({block.data(), static_cast<std::size_t>(got)});
    }
}

} // namespace ohmloom
