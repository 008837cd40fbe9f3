#include "circuit/spice_text.hpp"

#include "base/errors.hpp"
#include "circuit/spice_writer.hpp"

#include <fmt/format.h>

#include <ostream>
#include <string_view>

namespace ohmloom {

namespace {

void require_one_line(std::string_view what, std::string_view text) {
    if (text.find_first_of("\r\n") != std::string_view::npos) {
        throw InputError(fmt::format("{} of a SPICE deck holds a line break: give one line each", what));
    }
}

std::string_view part_letters(SignalPart part) {
    switch (part) {
    case SignalPart::value:
        return "";
    case SignalPart::magnitude:
        return "m";
    case SignalPart::phase:
        return "p";
    case SignalPart::real:
        return "r";
    case SignalPart::imaginary:
        return "i";
    case SignalPart::decibel:
        return "db";
    }
    return "";
}

std::string signal_text(const MeasuredSignal& signal) {
    const std::vector<ExpressionStep>& steps = signal.expression.steps;
    const bool is_plain = steps.size() == 1 && (steps.front().operation == Operation::voltage ||
                                                steps.front().operation == Operation::current);
    if (!is_plain) return fmt::format("par('{}')", to_text(signal.expression));
    const std::string text = to_text(signal.expression); // "v(out)": the part stands before the parenthesis
    return fmt::format("{}{}{}", text.front(), part_letters(signal.part), std::string_view(text).substr(1));
}

std::string crossing_text(const Crossing& crossing, std::string_view before_value) {
    if (crossing.at) return fmt::format("at={}", *crossing.at);
    std::string text = fmt::format("{}{}={}", signal_text(crossing.signal), before_value, crossing.value);
    if (crossing.delay != 0.0) text += fmt::format(" td={}", crossing.delay);
    const std::string count = crossing.count == 0 ? "last" : fmt::format("{}", crossing.count);
    if (crossing.edge == CrossingEdge::rise) return text + " rise=" + count;
    if (crossing.edge == CrossingEdge::fall) return text + " fall=" + count;
    return text + " cross=" + count;
}

/// The part of a measure's card behind its name.
struct MeasureText {
    std::string operator()(const MeasureStatistic& statistic) const {
        using Kind = MeasureStatistic::Kind;
        std::string_view word = "avg";
        if (statistic.kind == Kind::minimum) word = "min";
        if (statistic.kind == Kind::maximum) word = "max";
        if (statistic.kind == Kind::peak_to_peak) word = "pp";
        if (statistic.kind == Kind::rms) word = "rms";
        if (statistic.kind == Kind::integral) word = "integ";
        if (statistic.kind == Kind::minimum_at) word = "min_at";
        if (statistic.kind == Kind::maximum_at) word = "max_at";
        std::string text = fmt::format("{} {}", word, signal_text(statistic.signal));
        if (statistic.from) text += fmt::format(" from={}", *statistic.from);
        if (statistic.to) text += fmt::format(" to={}", *statistic.to);
        return text;
    }
    std::string operator()(const MeasureCrossing& measure) const {
        const std::string find = measure.find ? fmt::format("find {} ", signal_text(*measure.find)) : "";
        return find + (measure.when.at ? "" : "when ") + crossing_text(measure.when, "");
    }
    std::string operator()(const MeasureInterval& measure) const {
        return fmt::format("trig {} targ {}", crossing_text(measure.trigger, " val"),
                           crossing_text(measure.target, " val"));
    }
};

} // namespace

void write_spice(std::ostream& stream, const Circuit& circuit, const SpiceTextOptions& options) {
    require_one_line("the title", options.title);
    for (const std::string& comment : options.provenance) require_one_line("a comment", comment);
    for (const std::string& card : options.control_cards) require_one_line("a card", card);

    SpiceWriter writer(stream, options.dialect);
    writer.comment(options.title);
    for (const std::string& comment : options.provenance) writer.comment(comment);
    writer.comment(fmt::format("written by OhmLoom: {} dialect, SI units, {} nodes, {} elements",
                               to_string(options.dialect), circuit.node_count() - 1,
                               circuit.elements().size()));
    writer.body(circuit);
    for (const std::string& card : options.control_cards) writer.line(card);
    writer.line(".end");
    writer.flush();
}

std::string analysis_card(const Analysis& analysis) {
    struct Card {
        std::string operator()(const OperatingPointAnalysis&) const { return ".op"; }
        std::string operator()(const DcAnalysis& dc) const {
            std::string text = ".dc";
            for (const SourceSweep& sweep : dc.sweeps) {
                text += fmt::format(" {} {} {} {}", sweep.source, sweep.start, sweep.stop, sweep.step);
            }
            return text;
        }
        std::string operator()(const AcAnalysis& ac) const {
            return fmt::format(".ac {} {} {} {}",
                               ac.spacing == FrequencySpacing::decade   ? "dec"
                               : ac.spacing == FrequencySpacing::octave ? "oct"
                                                                        : "lin",
                               ac.points, ac.start, ac.stop);
        }
        std::string operator()(const TransientAnalysis& tran) const {
            std::string text = fmt::format(".tran {} {}", tran.step, tran.stop);
            if (tran.start != 0.0 || tran.max_step) text += fmt::format(" {}", tran.start);
            if (tran.max_step) text += fmt::format(" {}", *tran.max_step);
            return text + (tran.from_initial ? " uic" : "");
        }
    };
    return std::visit(Card{}, analysis);
}

void write_spice(std::ostream& stream, const SpiceDeck& deck) {
    SpiceTextOptions text;
    text.title = deck.title;
    for (const auto& [name, value] : deck.options) {
        text.control_cards.push_back(fmt::format(".options {}{}{}", name, value.empty() ? "" : "=", value));
    }
    for (const Analysis& analysis : deck.analyses) text.control_cards.push_back(analysis_card(analysis));
    for (const Measure& measure : deck.measures) {
        text.control_cards.push_back(fmt::format(".measure {} {} {}", measure.analysis, measure.name,
                                                 std::visit(MeasureText{}, measure.what)));
    }
    write_spice(stream, deck.circuit, text);
}

} // namespace ohmloom
