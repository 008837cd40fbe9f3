#include "netlist/deck.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ohmloom {

namespace {

constexpr double settled = 0.01; ///< part of its step that an output may be away

/// Time of so many hundredths of a sample; inputs take one hundredth to change.
double time_of(Index hundredths, double sample) {
    return static_cast<double>(hundredths) * sample / 100.0;
}

/// Inputs over time: constant samples, straight edges; points where nothing changes are left out.
Waveform stream_of(const Matrix<double>& v, Index input, double sample) {
    Waveform stream{WaveformKind::pwl, {0.0, v(0, input)}};
    for (Index k = 1; k < v.rows(); ++k) {
        if (v(k, input) == v(k - 1, input)) continue;
        for (const Index moment : {Index{0}, Index{1}}) {
            stream.arguments.push_back(time_of(100 * k + moment, sample));
            stream.arguments.push_back(v(k - 1 + moment, input));
        }
    }
    if (stream.arguments.size() == 2) return {};
    return stream;
}

void write_sources(SpiceWriter& writer, const Deck& deck) {
    Circuit sources;
    for (Index k = 0; k < deck.v.cols(); ++k) {
        VoltageSource source{sources.node(IndexedName{"in", k}.text()), ground, deck.v(0, k)};
        source.stimulus.waveform = stream_of(deck.v, k, deck.sample_time);
        sources.add(IndexedName{"vin", k}.text(), std::move(source));
    }
    writer.body(sources);
}

/// Tolerances for the last digits. Newton converges quadratically: a last step below them leaves an error near rounding.
void write_options(SpiceWriter& writer) {
    switch (writer.dialect()) {
    case SpiceDialect::ngspice:
        writer.line(".options reltol=1e-9 vntol=1e-11 abstol=1e-14 itl1=500 itl2=500 itl4=200 noopalter");
        break;
    case SpiceDialect::xyce:
        writer.line(".options nonlin reltol=1e-9 abstol=1e-14 maxstep=500");
        writer.line(".options nonlin-tran reltol=1e-9 abstol=1e-14 maxstep=200");
        break;
    case SpiceDialect::hspice:
        writer.line(".option relv=1e-9 reli=1e-9 absv=1e-11 absi=1e-14 itl1=500 itl2=500 itl4=200");
        writer.line(".option measform=2 measdgt=10 ingold=2");
        break;
    }
}

void write_analysis(SpiceWriter& writer, const Deck& deck) {
    if (deck.is_stream()) {
        writer.line(fmt::format(".tran {} {}", deck.sample_time / 50.0,
                                time_of(100 * deck.v.rows(), deck.sample_time)));
    } else {
        // One point, not .op: simulators take measures of sweeps only.
        writer.line(fmt::format(".dc vin_0 {0} {0} 1", deck.v(0, 0)));
    }
    if (writer.dialect() == SpiceDialect::ngspice) return; // it keeps every waveform
    std::vector<std::string> words{deck.is_stream() ? "tran" : "dc"};
    if (writer.dialect() == SpiceDialect::xyce) words.emplace_back("format=csv");
    for (const DeckOutput& output : deck.outputs) words.push_back(output.signal);
    writer.card(".print", words);
}

std::vector<DeckMeasure> point_measures(const Deck& deck) {
    std::vector<DeckMeasure> measures;
    for (std::size_t o = 0; o < deck.outputs.size(); ++o) {
        const DeckOutput& output = deck.outputs[o];
        // Of one point the maximum is the value; FIND … AT wants an interval around it.
        measures.push_back({output.name, "dc", output.signal, output.unit, {}, {}, "max " + output.signal});
        if (!deck.expected.empty()) measures.back().value = deck.expected(0, static_cast<Index>(o));
    }
    return measures;
}

std::vector<DeckMeasure> stream_measures(const Deck& deck) {
    std::vector<DeckMeasure> measures;
    const Index images = deck.v.rows();
    for (Index k = 0; k < images; ++k) {
        const double at = time_of(100 * (k + 1) - 1, deck.sample_time);
        for (std::size_t o = 0; o < deck.outputs.size(); ++o) {
            const DeckOutput& output = deck.outputs[o];
            measures.push_back({fmt::format("{}_{}", output.name, k),
                                "tran",
                                output.signal,
                                output.unit,
                                at,
                                {},
                                fmt::format("find {} at={}", output.signal, at)});
            if (!deck.expected.empty()) measures.back().value = deck.expected(k, static_cast<Index>(o));
        }
    }
    measures.push_back({"p_mean", "tran", "v(power)", "W", {}, {}, "avg v(power)"});
    if (deck.expected.empty()) return measures;
    const double begin = time_of(100 * (images - 1), deck.sample_time);
    for (std::size_t o = 0; o < deck.outputs.size(); ++o) {
        const DeckOutput& output = deck.outputs[o];
        const double before = deck.expected(images - 2, static_cast<Index>(o));
        const double after = deck.expected(images - 1, static_cast<Index>(o));
        if (output.unit == "W" || !(std::abs(after - before) > 1e-6 * std::abs(after))) continue;
        measures.push_back({"settle_" + output.name,
                            "tran",
                            output.signal,
                            "s",
                            {},
                            {},
                            fmt::format("trig at={} targ {} val={} td={} cross=1", begin, output.signal,
                                        after - settled * (after - before), begin)});
    }
    return measures;
}

} // namespace

std::vector<DeckMeasure> measures_of(const Deck& deck) {
    return deck.is_stream() ? stream_measures(deck) : point_measures(deck);
}

void write_deck(SpiceWriter& writer, const Deck& deck) {
    writer.comment(deck.title);
    for (const std::string& line : deck.provenance) writer.comment(line);
    for (const std::string& file : deck.includes) writer.include(file);
    write_sources(writer, deck);
    writer.body(deck.circuit);
    write_options(writer);
    write_analysis(writer, deck);
    for (const DeckMeasure& measure : measures_of(deck))
        writer.line(fmt::format(".measure {} {} {}", measure.analysis, measure.name, measure.card));
    writer.line(".end");
}

} // namespace ohmloom
