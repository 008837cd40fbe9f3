#include "solver/small_signal.hpp"

#include "base/errors.hpp"
#include "solver/complex_klu_matrix.hpp"
#include "solver/operating_point.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>
#include <utility>
#include <vector>

namespace ohmloom {

namespace {

std::vector<std::complex<double>> source_phasors(const NodalSystem& system) {
    std::vector<std::complex<double>> phasors(static_cast<std::size_t>(system.unknowns()));
    const auto phasor = [](const Stimulus& stimulus) {
        return stimulus.ac_magnitude * std::polar(1.0, stimulus.ac_phase * std::numbers::pi / 180.0);
    };
    const auto add = [&](Index row, std::complex<double> value) {
        if (row != no_unknown) phasors[static_cast<std::size_t>(row)] += value;
    };
    for (const FlatElement& flat : system.elements()) {
        if (const auto* v = std::get_if<VoltageSource>(&flat.element->kind))
            add(flat.branch, phasor(v->stimulus));
        if (const auto* i = std::get_if<CurrentSource>(&flat.element->kind)) {
            add(unknown_of(i->plus), -phasor(i->stimulus));
            add(unknown_of(i->minus), phasor(i->stimulus));
        }
    }
    return phasors;
}

/// All stamps of one kind at the operating point.
std::vector<Stamps::Entry> entries_of(const NodalSystem& system,
                                      const std::vector<Stamps::Entry>& (Stamps::*kind)() const) {
    std::vector<Stamps::Entry> entries = (system.constant().*kind)();
    const std::vector<Stamps::Entry>& changing = (system.changing().*kind)();
    entries.insert(entries.end(), changing.begin(), changing.end());
    return entries;
}

} // namespace

std::vector<double> frequencies(const AcAnalysis& analysis) {
    std::vector<double> values;
    if (analysis.spacing == FrequencySpacing::linear) {
        const double step =
            analysis.points > 1 ? (analysis.stop - analysis.start) / (analysis.points - 1) : 0.0;
        for (int k = 0; k < analysis.points; ++k) values.push_back(analysis.start + k * step);
        return values;
    }
    const double base = analysis.spacing == FrequencySpacing::decade ? 10.0 : 2.0;
    const double intervals = std::log(analysis.stop / analysis.start) / std::log(base) * analysis.points;
    const auto count = static_cast<std::size_t>(std::floor(intervals + 1e-6));
    for (std::size_t k = 0; k <= count; ++k) {
        values.push_back(analysis.start * std::pow(base, static_cast<double>(k) / analysis.points));
    }
    return values;
}

Waveforms small_signal(NodalSystem& system, const AcAnalysis& analysis) {
    const std::vector<double> axis = frequencies(analysis);
    Waveforms waveforms = system.make_waveforms("ac", "frequency", "Hz", axis);
    waveforms.imaginary = waveforms.values;
    const PointOutcome bias = find_operating_point(system);
    waveforms.message = bias.message;
    if (!bias.converged) return waveforms;
    system.linearise(system.x, {});
    const std::vector<Stamps::Entry> real = entries_of(system, &Stamps::conductances);
    const std::vector<Stamps::Entry> reactive = entries_of(system, &Stamps::capacitances);
    std::vector<std::pair<Index, Index>> places;
    for (const auto* entries : {&real, &reactive}) {
        for (const auto& entry : *entries) places.emplace_back(entry.row, entry.col);
    }
    ComplexKluMatrix matrix(system.unknowns(), std::move(places));
    const std::vector<std::complex<double>> phasors = source_phasors(system);
    const std::span<const Index> signals = system.signal_unknowns();
    for (std::size_t p = 0; p < axis.size(); ++p) {
        const double omega = 2.0 * std::numbers::pi * axis[p];
        std::fill(matrix.values().begin(), matrix.values().end(), 0.0);
        for (const auto& entry : real) matrix.values()[matrix.slot(entry.row, entry.col)] += entry.value;
        for (const auto& entry : reactive) {
            matrix.values()[matrix.slot(entry.row, entry.col)] +=
                std::complex<double>(0.0, omega * entry.value);
        }
        std::vector<std::complex<double>> x = phasors;
        try {
            matrix.factorise();
        } catch (const BackendError& error) {
            waveforms.message = error.what();
            continue;
        }
        matrix.solve(x);
        for (std::size_t s = 0; s < signals.size(); ++s) {
            const std::complex<double> value = x[static_cast<std::size_t>(signals[s])];
            waveforms.values(static_cast<Index>(p), static_cast<Index>(s)) = value.real();
            waveforms.imaginary(static_cast<Index>(p), static_cast<Index>(s)) = value.imag();
        }
        waveforms.converged[p] = true;
    }
    return waveforms;
}

} // namespace ohmloom
