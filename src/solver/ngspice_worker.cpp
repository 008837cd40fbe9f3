#include "solver/ngspice_worker.hpp"

#include "base/errors.hpp"
#include "solver/ngspice_library.hpp"
#include "solver/ngspice_messages.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace ohmloom {

namespace {

/// ngspice and the socket to the process it works for.
class Worker {
public:
    explicit Worker(int socket) : socket_(socket) {
        library_.emplace(NgspiceSink{
            [this](std::string_view text, bool is_error) {
                MessageWriter line;
                line.add(std::uint64_t{is_error});
                line.add(text);
                send(MessageKind::line, line);
            },
            [this](std::span<const std::string> names) {
                MessageWriter vectors;
                vectors.add(names);
                send(MessageKind::vectors, vectors);
            },
            [this](std::size_t axis, std::span<const double> real, std::span<const double> imaginary) {
                MessageWriter values;
                values.add(std::uint64_t{axis});
                values.add(real);
                values.add(imaginary);
                send(MessageKind::values, values);
            }});
    }

    /// Does what a message asks for. @returns false if ngspice is spent.
    bool answer(const Message& message) {
        try {
            MessageReader content(message.content);
            switch (message.kind) {
            case MessageKind::load:
                library_->load(content.text());
                iterations_ = 0;
                send(MessageKind::loaded, {});
                break;
            case MessageKind::points:
                solve_points(content);
                break;
            case MessageKind::run: {
                const bool completed = library_->record(content.text());
                MessageWriter end;
                end.add(std::uint64_t{completed});
                end.add(new_iterations());
                library_->forget_results();
                send(MessageKind::analysed, end);
                break;
            }
            case MessageKind::ready:
                send(MessageKind::loaded, {});
                break;
            default:
                library_->command(content.text());
                send(MessageKind::loaded, {});
            }
        } catch (const Error& error) {
            MessageWriter why;
            why.add(std::string_view(error.what()));
            send(library_->is_spent() ? MessageKind::stopped : MessageKind::refused, why);
        }
        return !library_->is_spent();
    }

private:
    void send(MessageKind kind, const MessageWriter& content) const {
        // A reader that is gone is noticed by the watch.
        static_cast<void>(send_message(socket_, kind, content.bytes()));
    }

    std::uint64_t new_iterations() {
        const int before = std::exchange(iterations_, library_->total_iterations());
        return static_cast<std::uint64_t>(iterations_ - before);
    }

    void solve_points(MessageReader& content) {
        const std::vector<std::string> inputs = content.texts(), vectors = content.texts();
        const std::uint64_t points = content.number();
        const std::vector<double> values = content.values();
        for (std::uint64_t p = 0; p < points; ++p) {
            for (std::size_t i = 0; i < inputs.size(); ++i) {
                library_->alter(inputs[i], values[p * inputs.size() + i]);
            }
            const bool converged = library_->run();
            MessageWriter point;
            point.add(std::uint64_t{converged});
            point.add(new_iterations());
            point.add(converged ? library_->outputs(vectors) : std::vector<double>());
            library_->forget_results();
            send(MessageKind::point, point);
        }
    }

    int socket_;
    std::optional<NgspiceLibrary> library_;
    int iterations_ = 0; ///< of the loaded deck, until now
};

} // namespace

void serve_ngspice(int socket, void (*give_up)()) {
    // ngspice does not look up from its work, so somebody else must.
    std::thread([socket, give_up] {
        pollfd hang_up{socket, 0, 0};
        while (poll(&hang_up, 1, -1) < 0) {
        }
        give_up();
    }).detach();

    std::optional<Worker> worker;
    try {
        worker.emplace(socket);
    } catch (const Error& error) {
        MessageWriter why;
        why.add(std::string_view(error.what()));
        static_cast<void>(send_message(socket, MessageKind::missing, why.bytes()));
        return;
    }
    MessageStream stream;
    while (const std::optional<Message> message = receive_message(socket, stream)) {
        if (!worker->answer(*message)) return;
    }
}

} // namespace ohmloom
