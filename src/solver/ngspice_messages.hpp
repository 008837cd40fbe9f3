#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// What the program and its ngspice processes tell each other, over a socket.
enum class MessageKind : std::uint32_t {
    // from the program
    load,   ///< deck
    points, ///< inputs, outputs, values [points x inputs]: operating points of the loaded deck
    run,    ///< one analysis of the loaded deck
    probe,  ///< one command; only its log is wanted
    ready,  ///< whether anybody is there
    // from ngspice's process
    line,     ///< stream, text: a line of the log, as it is said
    loaded,   ///< the deck is accepted, the probe is done, or here I am
    point,    ///< converged, iterations, outputs
    vectors,  ///< names of what the analysis gives
    values,   ///< axis and a block of points of it
    analysed, ///< completed, iterations: the analysis is over
    refused,  ///< why: the job is over
    stopped,  ///< why: ngspice ended itself, and its process follows
    missing,  ///< why: the library is not there
};

/// Writes the parts of a message one after another; MessageReader reads them in the same order. Both ends are the same
/// build on the same machine, so numbers go as they are.
class MessageWriter {
public:
    void add(std::uint64_t number) { add_bytes(&number, sizeof number); }
    void add(std::string_view text);
    void add(std::span<const double> values);
    void add(std::span<const std::string> texts);
    [[nodiscard]] const std::string& bytes() const { return bytes_; }

private:
    void add_bytes(const void* data, std::size_t size);
    std::string bytes_;
};

/// @throws BackendError (every function) if the message ends too early.
class MessageReader {
public:
    explicit MessageReader(std::string_view bytes) : bytes_(bytes) {}
    std::uint64_t number();
    std::string text();
    std::vector<double> values();
    std::vector<std::string> texts();

private:
    std::string_view take(std::size_t size);
    std::string_view bytes_;
};

struct Message {
    MessageKind kind{};
    std::string content;
};

/// Messages out of the bytes of a stream, which come in any pieces.
class MessageStream {
public:
    void add(std::string_view bytes) { bytes_ += bytes; }
    /// The next message that is there completely.
    std::optional<Message> next();

private:
    std::string bytes_;
    std::size_t begin_ = 0; ///< of what is not taken yet
};

/// Sends a message over a socket, waiting as long as it takes. @returns false if nobody is at the other end.
bool send_message(int socket, MessageKind kind, std::string_view content);

/// Waits for the next message. @returns none at the end of the stream.
std::optional<Message> receive_message(int socket, MessageStream& stream);

} // namespace ohmloom
