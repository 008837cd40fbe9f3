#include "solver/ngspice_library.hpp"

#include "base/errors.hpp"
#include "solver/ngspice_log.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <ngspice/sharedspice.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <exception>
#include <unordered_map>
#include <utility>

namespace ohmloom {

namespace {

using Clock = std::chrono::steady_clock;

/// Points on their way to the sink: sent in blocks, but none waits for long, so that little is lost with the process.
struct Block {
    std::size_t axis = 0;
    std::vector<double> real, imaginary;
    bool is_complex = false;
    Clock::time_point sent;

    void add(pvecvaluesall all, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            const pvecvalues value = all->vecsa[i];
            real.push_back(value->creal);
            imaginary.push_back(value->is_complex ? value->cimag : 0.0);
            is_complex = is_complex || value->is_complex;
            if (value->is_scale) axis = i;
        }
    }
    [[nodiscard]] bool is_due() const {
        constexpr std::size_t full = 8192;
        constexpr auto patience = std::chrono::milliseconds(50);
        return real.size() >= full || Clock::now() - sent > patience;
    }
};

} // namespace

struct NgspiceLibrary::State {
    static constexpr const char* file = "libngspice.so.0";

    explicit State(NgspiceSink to) : sink(std::move(to)), handle(dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
        if (handle == nullptr) {
            throw BackendError(
                fmt::format("cannot load the ngspice shared library {} ({}): install the package libngspice0",
                            file, dlerror()));
        }
    }

    template <class Function>
    Function function(const char* name) const {
        void* address = dlsym(handle, name);
        if (address == nullptr) {
            throw BackendError(fmt::format(
                "the ngspice shared library {} has no {}: expected version 39 or later", file, name));
        }
        return reinterpret_cast<Function>(address);
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw BackendError(what + ": " + log.telling_or_last_line());
    }

    /// Callbacks are called from C: nothing may be thrown through it.
    template <class Body>
    static int guarded(void* self, Body&& body) noexcept {
        auto& state = *static_cast<State*>(self);
        try {
            body(state);
        } catch (...) {
            if (!state.failure) state.failure = std::current_exception();
        }
        return 0;
    }

    static int on_text(char* text, int, void* self) noexcept {
        return guarded(self, [&](State& state) { state.hear(text); });
    }
    static int on_status(char*, int, void*) noexcept { return 0; }
    static int on_thread(NG_BOOL, int, void*) noexcept { return 0; }
    /// ngspice jumps back to its entry point after this returns, so the host lives on.
    static int on_exit(int, NG_BOOL, NG_BOOL, int, void* self) noexcept {
        static_cast<State*>(self)->wants_exit = true;
        return 0;
    }
    static int on_vectors(pvecinfoall all, int, void* self) noexcept {
        return guarded(self, [&](State& state) {
            state.places.clear();
            std::vector<std::string> names;
            for (int i = 0; i < all->veccount; ++i) {
                names.emplace_back(all->vecs[i]->vecname);
                state.places.emplace(names.back(), static_cast<std::size_t>(i));
            }
            if (!state.is_recording) return;
            state.block = {};
            state.block.axis = names.size();
            state.sink.vectors(names);
        });
    }
    static int on_data(pvecvaluesall all, int, int, void* self) noexcept {
        return guarded(self, [&](State& state) {
            const auto count = static_cast<std::size_t>(all->veccount);
            if (count != state.places.size()) return;
            state.arrived = true;
            if (state.is_recording) {
                state.block.add(all, count);
                if (state.block.is_due()) state.send_block();
                return;
            }
            state.values.resize(count);
            for (std::size_t i = 0; i < count; ++i) state.values[i] = all->vecsa[i]->creal;
        });
    }

    void send_block() {
        if (!block.real.empty()) {
            sink.values(block.axis, block.real,
                        block.is_complex ? std::span<const double>(block.imaginary)
                                         : std::span<const double>());
        }
        block.real.clear();
        block.imaginary.clear();
        block.sent = Clock::now();
    }

    /// A line of output, which ngspice marks with the stream it was meant for.
    void hear(std::string_view line) {
        constexpr std::string_view output = "stdout ", errors = "stderr ";
        const bool is_error_stream = line.starts_with(errors);
        if (is_error_stream || line.starts_with(output)) line.remove_prefix(output.size());
        if (line.ends_with("simulation(s) aborted")) aborted = true;
        constexpr std::string_view total = "Total iterations = ";
        if (line.starts_with(total)) {
            line.remove_prefix(total.size());
            std::from_chars(line.data(), line.data() + line.size(), iterations);
            return;
        }
        log.add(line, is_error_stream);
        sink.line(line, is_error_stream);
    }

    void command(std::string text) {
        run_command(text.data());
        if (wants_exit) fail("ngspice stopped itself");
        if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
    }

    NgspiceSink sink;
    void* handle; ///< never closed: the library ends with its process
    decltype(&ngSpice_Circ) run_circuit = nullptr;
    decltype(&ngSpice_Command) run_command = nullptr;
    NgspiceLog log; ///< of the loaded deck
    std::unordered_map<std::string, std::size_t>
        places;                 ///< of the vectors of the analysis under way, by name
    std::vector<double> values; ///< of the last operating point
    Block block;
    int iterations = 0;
    bool is_recording = false;
    bool arrived = false; ///< ngspice found a point
    bool aborted = false; ///< it tried and found none
    bool loaded = false;
    bool wants_exit = false;
    std::exception_ptr failure; ///< thrown in a callback
};

NgspiceLibrary::NgspiceLibrary(NgspiceSink sink) : state_(std::make_unique<State>(std::move(sink))) {
    State& state = *state_;
    state.run_circuit = state.function<decltype(&ngSpice_Circ)>("ngSpice_Circ");
    state.run_command = state.function<decltype(&ngSpice_Command)>("ngSpice_Command");
    const auto initialise = state.function<decltype(&ngSpice_Init)>("ngSpice_Init");
    if (initialise(State::on_text, State::on_status, State::on_exit, State::on_data, State::on_vectors,
                   State::on_thread, &state) != 0) {
        state.fail("the ngspice shared library does not start");
    }
    // A start-up file of the user could have switched to another dialect.
    command("unset ngbehavior");
}

NgspiceLibrary::~NgspiceLibrary() = default;

void NgspiceLibrary::load(const std::string& deck) {
    State& state = *state_;
    if (state.loaded) {
        command("destroy all");
        command("remcirc");
        state.loaded = false;
    }
    state.log.clear();
    std::string text = deck;
    std::vector<char*> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        if (end < text.size()) text[end] = '\0';
        lines.push_back(text.data() + begin);
        begin = end + 1;
    }
    lines.push_back(nullptr);
    const int status = state.run_circuit(lines.data());
    state.loaded = !state.wants_exit;
    if (state.wants_exit) state.fail("the deck makes ngspice stop itself");
    if (status != 0 || !state.log.telling_line().empty()) state.fail("ngspice does not accept the deck");
}

void NgspiceLibrary::alter(const std::string& source, double value) {
    const std::size_t said = state_->log.size();
    command(fmt::format("alter {} dc = {:.17g}", source, value));
    if (state_->log.size() != said) state_->fail(fmt::format("ngspice cannot alter source {}", source));
}

bool NgspiceLibrary::run() {
    State& state = *state_;
    state.arrived = state.aborted = false;
    command("op");
    if (!state.arrived && !state.aborted) state.fail("ngspice does not run the deck");
    return state.arrived;
}

std::vector<double> NgspiceLibrary::outputs(const std::vector<std::string>& vectors) const {
    std::vector<double> values;
    for (const std::string& vector : vectors) {
        const auto found = state_->places.find(vector);
        if (found == state_->places.end()) {
            throw BackendError(fmt::format(
                "ngspice has no result named {}: expected a node, or a source with #branch behind "
                "its name, of the deck, in lower case",
                vector));
        }
        values.push_back(state_->values[found->second]);
    }
    return values;
}

bool NgspiceLibrary::record(const std::string& analysis) {
    State& state = *state_;
    state.arrived = state.aborted = false;
    state.log.clear();
    state.is_recording = true;
    state.block = {};
    command(analysis);
    state.is_recording = false;
    if (!state.arrived && !state.aborted) state.fail(fmt::format("ngspice does not run '{}'", analysis));
    state.send_block();
    return state.arrived && !state.aborted;
}

void NgspiceLibrary::command(std::string text) {
    state_->command(std::move(text));
}

int NgspiceLibrary::total_iterations() {
    state_->iterations = 0;
    command("rusage totiter");
    return state_->iterations;
}

void NgspiceLibrary::forget_results() {
    command("destroy all");
}

bool NgspiceLibrary::is_spent() const {
    return state_->wants_exit;
}

} // namespace ohmloom
