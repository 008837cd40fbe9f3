#include "circuit/spice_control.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

namespace ohmloom {

namespace {

constexpr double most_points = 1e9;

/// Reads the rest of one card whose first word is known.
class ControlReader {
public:
    ControlReader(SpiceCursor& cursor, const SpiceCursor::Lookup& lookup)
        : cursor_(cursor), lookup_(lookup) {}

    DcAnalysis dc() {
        DcAnalysis analysis;
        do {
            SourceSweep sweep;
            sweep.source = cursor_.name("a voltage or current source");
            if (sweep.source.front() != 'v' && sweep.source.front() != 'i') {
                cursor_.refuse_last("a voltage or current source (other sweeps are not read)");
            }
            sweep.start = number("a start value");
            sweep.stop = number("a stop value");
            sweep.step = number("a step");
            const double steps = (sweep.stop - sweep.start) / sweep.step;
            if (!(steps >= 0.0 && steps < most_points)) {
                cursor_.refuse("a step that leads from start to stop in less than 1e9 points is expected");
            }
            analysis.sweeps.push_back(std::move(sweep));
        } while (!cursor_.at_end() && analysis.sweeps.size() < 2);
        return analysis;
    }

    AcAnalysis ac() {
        AcAnalysis analysis;
        const std::string spacing = cursor_.word("dec, oct or lin");
        if (spacing == "oct") {
            analysis.spacing = FrequencySpacing::octave;
        } else if (spacing == "lin") {
            analysis.spacing = FrequencySpacing::linear;
        } else if (spacing != "dec") {
            cursor_.refuse_last("dec, oct or lin");
        }
        const double points = number("a number of points");
        if (!(points >= 1.0 && points <= 1e6)) cursor_.refuse("1 to 1e6 points are expected");
        analysis.points = static_cast<int>(points);
        analysis.start = number("a start frequency [Hz]");
        analysis.stop = number("a stop frequency [Hz]");
        if (!(analysis.start > 0.0 && analysis.stop >= analysis.start)) {
            cursor_.refuse("a start frequency above 0 and a stop frequency of at least as much are expected");
        }
        return analysis;
    }

    TransientAnalysis transient() {
        TransientAnalysis analysis;
        analysis.step = number("a time step [s]");
        analysis.stop = number("a stop time [s]");
        if (cursor_.number_follows(lookup_)) analysis.start = number("a start time [s]");
        if (cursor_.number_follows(lookup_)) analysis.max_step = number("a largest time step [s]");
        if (!cursor_.at_end()) {
            if (cursor_.word("uic") != "uic") cursor_.refuse_last("uic or the end of the card");
            analysis.from_initial = true;
        }
        const bool is_good = analysis.step > 0.0 && analysis.start >= 0.0 && analysis.stop > analysis.start &&
                             analysis.stop / analysis.step < most_points &&
                             analysis.max_step.value_or(1.0) > 0.0;
        if (!is_good)
            cursor_.refuse("times with step > 0, 0 <= start < stop and less than 1e9 steps are expected");
        return analysis;
    }

    Measure measure() {
        Measure measure;
        measure.analysis = cursor_.word("dc, ac or tran");
        if (measure.analysis != "dc" && measure.analysis != "ac" && measure.analysis != "tran") {
            cursor_.refuse_last("dc, ac or tran");
        }
        measure.name = cursor_.name("a name for the result");
        const std::string word = cursor_.word("what to measure");
        if (word == "trig") {
            MeasureInterval interval;
            interval.trigger = crossing(true);
            if (cursor_.word("targ") != "targ") cursor_.refuse_last("targ");
            interval.target = crossing(true);
            measure.what = std::move(interval);
        } else if (word == "when") {
            measure.what = MeasureCrossing{std::nullopt, crossing(false)};
        } else if (word == "find") {
            measure.what = find();
        } else {
            measure.what = statistic(word);
        }
        return measure;
    }

private:
    double number(std::string_view what) { return cursor_.number(what, lookup_); }

    MeasureCrossing find() {
        MeasureCrossing measure;
        measure.find = signal();
        const std::string word = cursor_.word("when or at=");
        if (word == "at") {
            cursor_.expect('=', "'=' and a place");
            measure.when.at = number("a place");
        } else if (word == "when") {
            measure.when = crossing(false);
        } else {
            cursor_.refuse_last("when or at=");
        }
        return measure;
    }

    MeasureStatistic statistic(const std::string& word) {
        using Kind = MeasureStatistic::Kind;
        constexpr std::array<std::pair<std::string_view, Kind>, 9> kinds{{{"avg", Kind::average},
                                                                          {"min", Kind::minimum},
                                                                          {"max", Kind::maximum},
                                                                          {"pp", Kind::peak_to_peak},
                                                                          {"rms", Kind::rms},
                                                                          {"integ", Kind::integral},
                                                                          {"integral", Kind::integral},
                                                                          {"min_at", Kind::minimum_at},
                                                                          {"max_at", Kind::maximum_at}}};
        const auto* const known =
            std::find_if(kinds.begin(), kinds.end(), [&](const auto& kind) { return kind.first == word; });
        if (known == kinds.end()) {
            cursor_.refuse_last("trig, when, find, avg, min, max, pp, rms, integ, min_at or max_at");
        }
        MeasureStatistic statistic;
        statistic.kind = known->second;
        statistic.signal = signal();
        while (!cursor_.at_end()) {
            const std::string limit = cursor_.word("from= or to=");
            if (limit != "from" && limit != "to") cursor_.refuse_last("from= or to=");
            cursor_.expect('=', "'=' and a place");
            (limit == "from" ? statistic.from : statistic.to) = number("a place");
        }
        return statistic;
    }

    /// signal VAL=value (trig, targ) or signal=value (when), then RISE, FALL or CROSS and TD; or AT=place.
    Crossing crossing(bool has_val) {
        Crossing crossing;
        if (has_val && cursor_.peek_word() == "at") {
            cursor_.word("at");
            cursor_.expect('=', "'=' and a place");
            crossing.at = number("a place");
            return crossing;
        }
        crossing.signal = signal();
        if (has_val && cursor_.word("val=") != "val") cursor_.refuse_last("val=");
        cursor_.expect('=', "'=' and a value");
        crossing.value = number("a value");
        for (;;) {
            const std::string word = cursor_.peek_word();
            if (word != "rise" && word != "fall" && word != "cross" && word != "td") return crossing;
            cursor_.word("a condition");
            cursor_.expect('=', "'=' and a value");
            if (word == "td") {
                crossing.delay = number("a delay");
                continue;
            }
            crossing.edge = word == "rise"   ? CrossingEdge::rise
                            : word == "fall" ? CrossingEdge::fall
                                             : CrossingEdge::any;
            crossing.count = count();
        }
    }

    int count() {
        if (cursor_.peek_word() == "last") {
            cursor_.word("last");
            return 0;
        }
        const double value = number("a count or last");
        if (!(value >= 1.0 && value <= 1e6) || value != std::floor(value)) {
            cursor_.refuse_last("a whole number from 1 on, or last");
        }
        return static_cast<int>(value);
    }

    MeasuredSignal signal() {
        const SpiceCursor begin = cursor_;
        const std::string word = cursor_.word("v(node), i(source) or par('formula')");
        if (word == "par") {
            cursor_.expect('(', "'(' and a formula in quotes");
            MeasuredSignal signal{SignalPart::value, cursor_.formula("a formula", lookup_, true)};
            cursor_.expect(')', "')'");
            return signal;
        }
        const SignalPart part = part_of(word);
        if (cursor_.peek() != '(' || (word.front() != 'v' && word.front() != 'i')) {
            cursor_ = begin;
            cursor_.refuse_next(
                "v(node), v(node,node), i(source), vm, vp, vr, vi, vdb(node) or par('formula')");
        }
        cursor_.expect('(', "'('");
        ExpressionStep step;
        step.operation = word.front() == 'v' ? Operation::voltage : Operation::current;
        step.plus = node();
        if (step.operation == Operation::voltage) step.minus = cursor_.accept(',') ? node() : "0";
        cursor_.expect(')', "')'");
        return {part, Expression{{std::move(step)}}};
    }

    std::string node() {
        std::string name = cursor_.name("a name");
        return name == "gnd" ? "0" : name;
    }

    SignalPart part_of(std::string_view word) {
        word.remove_prefix(1);
        if (word.empty()) return SignalPart::value;
        if (word == "m") return SignalPart::magnitude;
        if (word == "p") return SignalPart::phase;
        if (word == "r") return SignalPart::real;
        if (word == "i") return SignalPart::imaginary;
        if (word == "db") return SignalPart::decibel;
        cursor_.refuse_last("v, vm, vp, vr, vi or vdb, or the same with i");
    }

    SpiceCursor& cursor_;
    const SpiceCursor::Lookup& lookup_;
};

void read_options(SpiceCursor& cursor, SpiceDeck& deck) {
    while (!cursor.at_end()) {
        std::string name = cursor.name("an option");
        std::string value;
        if (cursor.accept('=')) value = cursor.word("the value of an option");
        deck.options.emplace_back(std::move(name), std::move(value));
    }
}

} // namespace

std::string_view analysis_word(const Analysis& analysis) {
    constexpr std::array<std::string_view, 4> words{"op", "dc", "ac", "tran"};
    return words[analysis.index()];
}

void read_control_card(const SpiceCard& card, const SpiceCursor::Lookup& lookup, SpiceDeck& deck) {
    SpiceCursor cursor(card);
    const std::string word = cursor.word("a card");
    ControlReader reader(cursor, lookup);
    if (word == ".op") {
        deck.analyses.emplace_back(OperatingPointAnalysis{});
    } else if (word == ".dc") {
        deck.analyses.emplace_back(reader.dc());
    } else if (word == ".ac") {
        deck.analyses.emplace_back(reader.ac());
    } else if (word == ".tran") {
        deck.analyses.emplace_back(reader.transient());
    } else if (word == ".meas" || word == ".measure") {
        deck.measures.push_back(reader.measure());
    } else if (word == ".temp") {
        deck.options.emplace_back("temp", fmt::format("{:.17g}", cursor.number("a temperature", lookup)));
    } else {
        read_options(cursor, deck);
    }
    if (!cursor.at_end()) cursor.refuse_next("the end of the card");
}

} // namespace ohmloom
