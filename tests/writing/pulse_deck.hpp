#pragma once

#include "tests/solver/transient_runs.hpp"
#include "tests/writing/arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace ohmloom::testing {

struct PulsedArray {
    const DeviceModel& device;
    DeviceArray devices;
    Crossbar wires;
    SelectScheme scheme;
    RowPulse pulse; ///< of one width
};

/// The selection of a pulse of one width.
inline Selection selection_of(const RowPulse& pulse) {
    Selection selection{pulse.row, {}, pulse.v};
    for (const double w : pulse.width) selection.lines.push_back(w > 0.0);
    return selection;
}
inline double width_of(const RowPulse& pulse) {
    return *std::ranges::max_element(pulse.width);
}

/// A source that goes to v for as long, with edges.
inline std::string rectangle(const std::string& node, double v, double start, double width) {
    const double edge = 1e-4 * width;
    return fmt::format("v{0} {0} 0 pwl(0 0 {1:.12g} 0 {2:.12g} {3:.12g} {4:.12g} {3:.12g} {5:.12g} 0)\n",
                       node, start, start + edge, v, start + width, start + width + edge);
}

/// A capacitor card unless it has none.
inline std::string capacitor(const std::string& name, const std::string& a, const std::string& b, double c) {
    return c > 0.0 ? fmt::format("{} {} {} {:.12g}\n", name, a, b, c) : "";
}

/// The pulse as a transient of the array's circuit, with a printed point every fiftieth of its width; it begins one of them late. Sources are
/// vr0 … and vc0 …, state nodes s, port and place. Of the capacitances those of drivers and sense nodes are left out.
inline Waveforms pulsed_in_mna(const PulsedArray& array) {
    const Index rows = array.wires.rows(), lines = array.wires.lines();
    const double width = width_of(array.pulse);
    const ArrayCapacitance& c = array.wires.capacitance;
    const Drive drive = potentials_of(array.scheme, selection_of(array.pulse), rows);
    const double start = 0.02 * width, end = 1.1 * width;
    std::string cards, instances;
    for (Index r = 0; r < rows; ++r) {
        cards += rectangle(fmt::format("r{}", r), drive.v_row(0, r), start, width);
        for (Index l = 0; l < lines; ++l) {
            const double series = l == 0 ? array.wires.source_resistance(r) : 0.0;
            cards += fmt::format("rw{0}_{1} {2} w{0}_{1} {3:.12g}\n", r, l,
                                 l == 0 ? fmt::format("r{}", r) : fmt::format("w{}_{}", r, l - 1),
                                 series + array.wires.r_row);
            const double sense = r + 1 == rows ? array.wires.sense_resistance(l) : 0.0;
            cards += fmt::format("rb{0}_{1} b{0}_{1} {2} {3:.12g}\n", r, l,
                                 r + 1 == rows ? fmt::format("c{}", l) : fmt::format("b{}_{}", r + 1, l),
                                 sense + array.wires.r_col);
            SpiceFace face = array.device.spice(array.devices.state(r, l), 300.0);
            const std::string own = fmt::format("{}_{}_{}", face.name, r, l);
            for (std::size_t at = 0; (at = face.text.find(face.name, at)) != std::string::npos;
                 at += own.size())
                face.text.replace(at, face.name.size(), own);
            instances += face.text;
            cards += fmt::format("xd{0}_{1} w{0}_{1} b{0}_{1}", r, l);
            for (std::size_t k = 2; k < face.ports.size(); ++k)
                cards += fmt::format(" s{}_{}_{}", face.ports[k], r, l);
            cards += fmt::format(" {}\n", own);
            const std::string place = fmt::format("{}_{}", r, l), w = "w" + place, b = "b" + place;
            cards += capacitor("cw" + place, w, "0", c.row_ground) +
                     capacitor("cb" + place, b, "0", c.col_ground) + capacitor("cc" + place, w, b, c.cell);
            if (r + 1 < rows)
                cards += capacitor("cr" + place, w, fmt::format("w{}_{}", r + 1, l), c.row_coupling);
            if (l + 1 < lines)
                cards += capacitor("cn" + place, b, fmt::format("b{}_{}", r, l + 1), c.col_coupling);
        }
    }
    for (Index l = 0; l < lines; ++l)
        cards += rectangle(fmt::format("c{}", l), drive.v_col[static_cast<std::size_t>(l)], start, width);
    const SpiceDeck deck = transient_deck(
        instances + cards +
        fmt::format(".options reltol=1e-6 abstol=1e-15 vntol=1e-9\n.tran {:.6g} {:.12g} 0 {:.6g}\n",
                    width / 50, end, width / 200));
    Waveforms waveforms = solve_deck_mna(deck).analyses.front();
    CAPTURE(waveforms.message);
    REQUIRE(waveforms.all_converged());
    return waveforms;
}

/// Voltage of a state's node of every cell after the pulse.
inline Matrix<double> states_of(const Waveforms& waveforms, const PulsedArray& array,
                                const std::string& port) {
    Matrix<double> states(array.wires.rows(), array.wires.lines());
    for (Index r = 0; r < states.rows(); ++r) {
        for (Index l = 0; l < states.cols(); ++l)
            states(r, l) = signal_of(waveforms, fmt::format("v(s{}_{}_{})", port, r, l)).back();
    }
    return states;
}

} // namespace ohmloom::testing
