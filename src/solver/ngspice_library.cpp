#include "solver/ngspice_library.hpp"

#include "base/errors.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <ngspice/sharedspice.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace ohmloom {

namespace {

/// While it lives, memory that is allocated is none of the leak sanitizer's business: ngspice keeps much of what it
/// takes, and gives up all of it when it is unloaded.
struct LeakCheckPause {
#if defined(__SANITIZE_ADDRESS__)
    LeakCheckPause() {
        __lsan_disable();
    }
    ~LeakCheckPause() {
        __lsan_enable();
    }
#else
    LeakCheckPause() {}
    ~LeakCheckPause() {}
#endif
    LeakCheckPause(const LeakCheckPause&) = delete;
    LeakCheckPause& operator=(const LeakCheckPause&) = delete;
};

/// What ngspice said, line by line: the beginning and the end of it if it talks much, as it does when it
/// steps gmin for a circuit without a solution.
class NgspiceLog {
public:
    void add(std::string_view line, bool is_error_stream) {
        if (is_error_stream && telling_lines_ != 0) note_telling(line);
        if (lines_.size() < most_lines) {
            lines_.emplace_back(line);
            return;
        }
        // A ring over the second half.
        lines_[most_lines / 2 + dropped_ % (most_lines / 2)] = line;
        ++dropped_;
    }

    void clear() { *this = {}; }

    [[nodiscard]] std::string text() const {
        std::string text;
        const std::size_t head = dropped_ == 0 ? lines_.size() : most_lines / 2;
        for (std::size_t i = 0; i < head; ++i) text += lines_[i] + "\n";
        if (dropped_ == 0) return text;
        text += fmt::format("... ({} lines left out)\n", dropped_);
        for (std::size_t i = 0; i < most_lines / 2; ++i) {
            text += lines_[head + (dropped_ + i) % (most_lines / 2)] + "\n";
        }
        return text;
    }

    /// The first error that ngspice reported, with the line that follows it (often the card it means), on one
    /// line; empty if it reported none.
    [[nodiscard]] const std::string& telling_line() const { return telling_; }

private:
    void note_telling(std::string_view line) {
        if (telling_.empty()) {
            if (!reports_error(line)) return;
            telling_ = line;
        } else {
            telling_ += fmt::format(" | {}", line);
        }
        --telling_lines_;
    }

    /// ngspice's log knows no severity: these words are what its errors have in common.
    static bool reports_error(std::string_view line) {
        constexpr std::array<std::string_view, 5> signs{"Error", "error", "Undefined", "No circuit loaded",
                                                        "no circuit loaded"};
        return std::any_of(signs.begin(), signs.end(),
                           [&](std::string_view sign) { return line.find(sign) != std::string_view::npos; });
    }

    static constexpr std::size_t most_lines = 400;
    std::vector<std::string> lines_;
    std::size_t dropped_ = 0;
    std::string telling_;
    int telling_lines_ = 2; ///< still to be noted
};

/// What one analysis sent: names in the order of the values.
struct NgspiceResult {
    std::unordered_map<std::string, std::size_t> places; ///< by ngspice's vector name
    std::vector<double> values;
    bool arrived = false; ///< ngspice found an operating point
    bool aborted = false; ///< it tried and found none
};

/// Closes the shared library when the last user is gone.
struct LibraryCloser {
    void operator()(void* handle) const { dlclose(handle); }
};

/// The loaded shared library and what it reports to us. Loaded at run time, not linked, because after it
/// asked its host to exit its global state is beyond repair: only unloading and loading it again makes it fit
/// for use.
class NgspiceLibrary {
public:
    NgspiceLibrary() : handle_(dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
        if (!handle_) {
            throw BackendError(
                fmt::format("cannot load the ngspice shared library {} ({}): install the package libngspice0",
                            file, dlerror()));
        }
        circuit_ = function<decltype(&ngSpice_Circ)>("ngSpice_Circ");
        command_ = function<decltype(&ngSpice_Command)>("ngSpice_Command");
        const auto initialise = function<decltype(&ngSpice_Init)>("ngSpice_Init");
        if (initialise(on_text, on_status, on_exit, on_data, on_vectors, on_thread, this) != 0) {
            throw BackendError("the ngspice shared library does not start: " + log_.telling_line());
        }
        // A start-up file of the user could have switched to another dialect.
        command("unset ngbehavior");
    }
    NgspiceLibrary(const NgspiceLibrary&) = delete;
    NgspiceLibrary& operator=(const NgspiceLibrary&) = delete;

    /// Loads a deck in place of the one before.
    void load(const std::string& deck) {
        if (loaded_) {
            command("destroy all");
            command("remcirc");
            loaded_ = false;
        }
        log_.clear();
        std::string text = deck;
        std::vector<char*> lines;
        for (std::size_t begin = 0; begin < text.size();) {
            const std::size_t end = std::min(text.find('\n', begin), text.size());
            if (end < text.size()) text[end] = '\0';
            lines.push_back(text.data() + begin);
            begin = end + 1;
        }
        lines.push_back(nullptr);
        const int status = circuit_(lines.data());
        loaded_ = !wants_exit_;
        if (status != 0 || wants_exit_ || !log_.telling_line().empty())
            fail("ngspice does not accept the deck");
    }

    /// Sets the DC value of a source of the loaded deck.
    void alter(const std::string& source, double value) {
        const std::size_t said = log_size_;
        command(fmt::format("alter {} dc = {:.17g}", source, value));
        if (log_size_ != said) fail(fmt::format("ngspice cannot alter source {}", source));
    }

    /// Runs the operating point; the result's `arrived` tells whether there is one.
    const NgspiceResult& run() {
        result_.arrived = result_.aborted = false;
        command("op");
        if (!result_.arrived && !result_.aborted) fail("ngspice does not run the deck");
        return result_;
    }

    /// Runs any analysis and keeps all its points.
    NgspiceVectors record(const std::string& analysis) {
        result_.arrived = result_.aborted = false;
        recorded_.emplace();
        log_.clear();
        command(analysis);
        Recorded recorded = std::move(*recorded_);
        recorded_.reset();
        if (!result_.arrived && !result_.aborted) fail(fmt::format("ngspice does not run '{}'", analysis));
        NgspiceVectors vectors = std::move(recorded.vectors);
        const auto names = static_cast<Index>(vectors.names.size());
        const Index points = names == 0 ? 0 : static_cast<Index>(recorded.real.size()) / names;
        vectors.values = Matrix<double>(points, names, std::move(recorded.real));
        vectors.imaginary = Matrix<double>(points, names, std::move(recorded.imaginary));
        vectors.completed = result_.arrived && !result_.aborted;
        vectors.log = log_.text();
        command("destroy all");
        return vectors;
    }

    /// Newton iterations since the deck was loaded.
    int total_iterations() {
        iterations_ = 0;
        command("rusage totiter");
        return iterations_;
    }

    /// Frees the results of earlier runs.
    void forget_results() { command("destroy all"); }

    [[nodiscard]] std::string log() const { return log_.text(); }
    [[nodiscard]] bool is_spent() const { return wants_exit_ || callback_failed_; }

    [[noreturn]] void fail(const std::string& what) const {
        const std::string said = log_.telling_line();
        throw BackendError(what + ": " + (said.empty() ? "it says no more than\n" + log_.text() : said));
    }

private:
    static constexpr const char* file = "libngspice.so.0";

    template <class Function>
    Function function(const char* name) {
        void* address = dlsym(handle_.get(), name);
        if (address == nullptr) {
            throw BackendError(fmt::format(
                "the ngspice shared library {} has no {}: expected version 39 or later", file, name));
        }
        return reinterpret_cast<Function>(address);
    }

    void command(std::string text) {
        command_(text.data());
        if (wants_exit_) fail("ngspice stopped itself");
        if (callback_failed_) throw BackendError("memory ran out while ngspice handed over its results");
    }

    /// Callbacks are called from C: nothing may be thrown through it.
    template <class Body>
    static int guarded(void* self, Body&& body) noexcept {
        auto& library = *static_cast<NgspiceLibrary*>(self);
        try {
            body(library);
        } catch (...) {
            library.callback_failed_ = true;
        }
        return 0;
    }

    static int on_text(char* text, int, void* self) noexcept {
        return guarded(self, [&](NgspiceLibrary& library) { library.hear(text); });
    }
    static int on_status(char*, int, void*) noexcept { return 0; }
    static int on_thread(NG_BOOL, int, void*) noexcept { return 0; }
    /// ngspice jumps back to its entry point after this returns, so the host lives on.
    static int on_exit(int, NG_BOOL, NG_BOOL, int, void* self) noexcept {
        static_cast<NgspiceLibrary*>(self)->wants_exit_ = true;
        return 0;
    }
    static int on_vectors(pvecinfoall all, int, void* self) noexcept {
        return guarded(self, [&](NgspiceLibrary& library) {
            NgspiceResult& result = library.result_;
            result.places.clear();
            const auto count = static_cast<std::size_t>(all->veccount);
            for (std::size_t i = 0; i < count; ++i) result.places.emplace(all->vecs[i]->vecname, i);
            if (library.recorded_) {
                library.recorded_->vectors = {};
                for (std::size_t i = 0; i < count; ++i) {
                    library.recorded_->vectors.names.emplace_back(all->vecs[i]->vecname);
                }
            }
            result.values.assign(count, std::numeric_limits<double>::quiet_NaN());
        });
    }
    static int on_data(pvecvaluesall all, int, int, void* self) noexcept {
        return guarded(self, [&](NgspiceLibrary& library) {
            NgspiceResult& result = library.result_;
            const auto count = std::min(static_cast<std::size_t>(all->veccount), result.values.size());
            for (std::size_t i = 0; i < count; ++i) result.values[i] = all->vecsa[i]->creal;
            result.arrived = true;
            if (library.recorded_ && count == library.recorded_->vectors.names.size()) {
                library.recorded_->add(all, count);
            }
        });
    }

    /// A line of output, which ngspice marks with the stream it was meant for.
    void hear(std::string_view line) {
        constexpr std::string_view output = "stdout ", errors = "stderr ";
        const bool is_error_stream = line.starts_with(errors);
        if (is_error_stream || line.starts_with(output)) line.remove_prefix(output.size());
        if (line.ends_with("simulation(s) aborted")) result_.aborted = true;
        constexpr std::string_view iterations = "Total iterations = ";
        if (line.starts_with(iterations)) {
            line.remove_prefix(iterations.size());
            std::from_chars(line.data(), line.data() + line.size(), iterations_);
            return;
        }
        log_.add(line, is_error_stream);
        ++log_size_;
    }

    /// The points of an analysis that is under way.
    struct Recorded {
        NgspiceVectors vectors;
        std::vector<double> real, imaginary;

        void add(pvecvaluesall all, std::size_t count) {
            for (std::size_t i = 0; i < count; ++i) {
                const pvecvalues value = all->vecsa[i];
                real.push_back(value->creal);
                imaginary.push_back(value->is_complex ? value->cimag : 0.0);
                if (!value->is_scale) continue;
                vectors.axis = i;
                vectors.has_axis = true;
            }
        }
    };

    std::unique_ptr<void, LibraryCloser> handle_;
    std::optional<Recorded> recorded_;
    decltype(&ngSpice_Circ) circuit_ = nullptr;
    decltype(&ngSpice_Command) command_ = nullptr;
    NgspiceLog log_;
    std::size_t log_size_ = 0; ///< lines heard since the start
    NgspiceResult result_;
    int iterations_ = 0;
    bool loaded_ = false;
    bool wants_exit_ = false;
    bool callback_failed_ = false;
};

/// ngspice's name of an output: nodes have their own, the branch current of source v1 is "v1#branch".
std::string vector_name(std::string_view output) {
    if (output.starts_with("i(") && output.ends_with(")")) {
        return fmt::format("{}#branch", output.substr(2, output.size() - 3));
    }
    return std::string(output);
}

std::vector<std::size_t> find_outputs(const std::vector<std::string>& outputs, const NgspiceResult& result) {
    std::vector<std::size_t> places;
    for (const std::string& output : outputs) {
        const auto found = result.places.find(vector_name(output));
        if (found == result.places.end()) {
            throw BackendError(
                fmt::format("ngspice has no result named {}: expected a node, or i(source), of the "
                            "deck, in lower case",
                            output));
        }
        places.push_back(found->second);
    }
    return places;
}

void require_shapes(const NgspiceJob& job) {
    if (job.input_values.cols() != static_cast<Index>(job.inputs.size())) {
        throw InputError(fmt::format("ngspice job: input_values has {} columns, expected {} (one per input)",
                                     job.input_values.cols(), job.inputs.size()));
    }
    for (const double value : job.input_values.values()) {
        if (!std::isfinite(value)) {
            throw InputError(
                fmt::format("ngspice job: an input value is {}, expected a finite number", value));
        }
    }
}

NgspiceAnswer answer_job(NgspiceLibrary& library, const NgspiceJob& job) {
    const Index points = job.input_values.rows();
    NgspiceAnswer answer;
    answer.values = Matrix<double>(points, static_cast<Index>(job.outputs.size()),
                                   std::numeric_limits<double>::quiet_NaN());
    answer.converged.assign(static_cast<std::size_t>(points), false);
    answer.iterations.assign(static_cast<std::size_t>(points), 0);

    library.load(job.deck);
    std::vector<std::size_t> places;
    int iterations_before = 0;
    for (Index p = 0; p < points; ++p) {
        for (std::size_t i = 0; i < job.inputs.size(); ++i) {
            library.alter(job.inputs[i], job.input_values(p, static_cast<Index>(i)));
        }
        const NgspiceResult& result = library.run();
        const int iterations = library.total_iterations();
        const auto at = static_cast<std::size_t>(p);
        answer.iterations[at] = iterations - std::exchange(iterations_before, iterations);
        answer.converged[at] = result.arrived;
        if (result.arrived) {
            if (places.empty()) places = find_outputs(job.outputs, result);
            for (std::size_t o = 0; o < places.size(); ++o) {
                answer.values(p, static_cast<Index>(o)) = result.values[places[o]];
            }
        }
        library.forget_results();
    }
    answer.log = library.log();
    return answer;
}

} // namespace

namespace {

/// Lets `work` have the library, one caller at a time.
void with_library(const std::function<void(NgspiceLibrary&)>& work) {
    static std::mutex one_at_a_time;
    const std::lock_guard lock(one_at_a_time);
    const LeakCheckPause pause;
    static std::optional<NgspiceLibrary> library;
    if (library && library->is_spent()) library.reset();
    if (!library) library.emplace();
    work(*library);
}

} // namespace

NgspiceAnswer solve_operating_points(const NgspiceJob& job) {
    require_shapes(job);
    NgspiceAnswer answer;
    with_library([&](NgspiceLibrary& library) { answer = answer_job(library, job); });
    return answer;
}

std::vector<NgspiceVectors> run_analyses(const NgspiceAnalyses& job) {
    std::vector<NgspiceVectors> answers;
    with_library([&](NgspiceLibrary& library) {
        library.load(job.deck);
        for (const std::string& command : job.commands) answers.push_back(library.record(command));
    });
    return answers;
}

} // namespace ohmloom
