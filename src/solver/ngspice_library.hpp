#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// Where ngspice's words and numbers go while it works. May throw: the work then ends with that exception.
struct NgspiceSink {
    std::function<void(std::string_view text, bool is_error)> line;  ///< one line of the log
    std::function<void(std::span<const std::string> names)> vectors; ///< what the next points hold
    /// A block of points: place of the axis among the names, or number of names if there is none; [points x names], and
    /// imaginary parts likewise or none.
    std::function<void(std::size_t axis, std::span<const double> real, std::span<const double> imaginary)>
        values;
};

/// The ngspice shared library, loaded into this process: for a process of its own, since the library is one global
/// state, crashes or hangs where its devices do, and is beyond repair after it asked its host to exit. Not more than one
/// may live in a process.
class NgspiceLibrary {
public:
    /// @throws BackendError if the library is not installed or does not start.
    explicit NgspiceLibrary(NgspiceSink sink);
    ~NgspiceLibrary();
    NgspiceLibrary(const NgspiceLibrary&) = delete;
    NgspiceLibrary& operator=(const NgspiceLibrary&) = delete;

    /// Loads a deck in place of the one before. @throws BackendError if ngspice does not accept it.
    void load(const std::string& deck);

    /// Sets the DC value of a source of the loaded deck. @throws BackendError if there is no such source.
    void alter(const std::string& source, double value);

    /// Runs the operating point. @returns whether there is one. @throws BackendError if ngspice does not run the deck.
    bool run();

    /// Values of the last operating point, by ngspice's names of vectors. @throws BackendError for unknown ones.
    [[nodiscard]] std::vector<double> outputs(const std::vector<std::string>& vectors) const;

    /// Runs any analysis; its points go to the sink. @returns whether it came to its end. @throws BackendError if
    /// ngspice does not know the analysis or does not run the deck.
    bool record(const std::string& analysis);

    /// Runs any command, whose words go to the sink. @throws BackendError if ngspice stops itself.
    void command(std::string text);

    /// Newton iterations since the deck was loaded.
    int total_iterations();

    /// Frees the results of earlier runs.
    void forget_results();

    /// True once ngspice asked for its end: nothing can be done with it any more.
    [[nodiscard]] bool is_spent() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace ohmloom
