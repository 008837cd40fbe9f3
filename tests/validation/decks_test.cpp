#include "base/errors.hpp"
#include "circuit/spice_reader.hpp"
#include "circuit/spice_text.hpp"
#include "solver/deck_solver.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace ohmloom;

namespace {

/// A line of a deck's header: "* expect <signal or measure> = <value> [within <relative>]".
struct Expectation {
    std::string name;
    double value = 0.0;
    double within = 1e-9;
};

std::vector<Expectation> expectations(const std::filesystem::path& file) {
    std::vector<Expectation> found;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
        std::istringstream words(line);
        std::string star, expect, equals, within;
        Expectation expectation;
        if (!(words >> star >> expect >> expectation.name >> equals >> expectation.value)) continue;
        if (star != "*" || expect != "expect" || equals != "=") continue;
        if (words >> within) REQUIRE(static_cast<bool>(words >> expectation.within));
        found.push_back(expectation);
    }
    return found;
}

/// A measure of that name, or else a node's voltage or a current i(…) of the first operating point.
double result_of(const std::string& name, const std::vector<MeasuredValue>& measures,
                 const DeckSolution& solution) {
    for (const MeasuredValue& measure : measures) {
        if (measure.name == name) {
            CAPTURE(measure.problem);
            REQUIRE(measure.value.has_value());
            return *measure.value;
        }
    }
    const std::string signal = name.starts_with("i(") ? name : "v(" + name + ")";
    for (const Waveforms& waveforms : solution.analyses) {
        if (waveforms.analysis != "op") continue;
        const auto place = std::find(waveforms.signals.begin(), waveforms.signals.end(), signal);
        REQUIRE(place != waveforms.signals.end());
        return waveforms.values(0, place - waveforms.signals.begin());
    }
    FAIL("the deck has neither a measure nor an operating point of ", name);
    return 0.0;
}

void check_expectations(const SpiceDeck& deck, const DeckSolution& solution,
                        const std::filesystem::path& file) {
    CHECK(solution.all_converged());
    for (const Waveforms& waveforms : solution.analyses) CAPTURE(waveforms.message);
    const std::vector<MeasuredValue> measures = take_measures(deck, solution);
    for (const Expectation& expected : expectations(file)) {
        CAPTURE(expected.name);
        CHECK(result_of(expected.name, measures, solution) == testing::approx(expected.value)
                                                                  .epsilon(expected.within)
                                                                  .scale(expected.value == 0.0 ? 1e-9 : 0.0));
    }
}

void check_deck(const std::filesystem::path& file) {
    CAPTURE(file.filename().string());
    REQUIRE_FALSE(expectations(file).empty());
    const SpiceDeck deck = read_spice(file);
    std::ostringstream text;
    write_spice(text, deck);
    CHECK(parse_spice(text.str(), "again.cir") == deck);

    const DeckSolution golden = solve_deck_ngspice(deck), native = solve_deck_mna(deck);
    check_expectations(deck, golden, file);
    check_expectations(deck, native, file);
    for (const WaveformDifference& difference : compare(native, golden)) {
        CAPTURE(difference.analysis);
        CAPTURE(difference.signal);
        CAPTURE(difference.axis);
        CAPTURE(difference.absolute);
        CHECK(difference.comparable);
        // In time, both engines err by what their steps are allowed to.
        CHECK(difference.relative < (difference.analysis == "tran" ? 1e-3 : 1e-6));
    }
}

int check_folder(const std::string& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(std::string(OHMLOOM_SOURCE_DIR) + folder)) {
        if (entry.path().extension() == ".cir") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const std::filesystem::path& file : files) check_deck(file);
    return static_cast<int>(files.size());
}

} // namespace

TEST_CASE("every reference deck gives the values of its header, in ngspice and in mna, to 1e-6 of each "
          "other, 1e-3 in time") {
    CHECK(check_folder("/netlists") >= 10);
}

TEST_CASE("every textbook circuit gives its known answer, in ngspice and in mna, to 1e-6 of each other, 1e-3 "
          "in time") {
    CHECK(check_folder("/tests/validation") >= 20);
}
