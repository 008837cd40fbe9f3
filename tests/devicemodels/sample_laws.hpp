#pragma once

#include "devicemodels/cell_model.hpp"
#include "devicemodels/device_library.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace ohmloom::testing {

/// A law with the cells and voltages on which it is tested.
struct SampleLaw {
    std::string name;
    CellModel model;
    std::vector<CellNumbers> cells;
    double v_low, v_high; ///< [V]
};

/// Every conductance with every second number.
inline std::vector<CellNumbers> cells_of(const std::vector<double>& g, const std::vector<double>& shape) {
    std::vector<CellNumbers> cells;
    for (const double one : g) {
        for (const double other : shape) cells.push_back({one, other});
    }
    return cells;
}

/// Currents of a cell that is steeper the less it conducts, at uneven voltages: sinh curves of three states.
inline CurrentTable sample_table() {
    const std::vector<double> v{-1.0, -0.7, -0.5, -0.3, -0.2, -0.1, -0.05, 0.0,
                                0.08, 0.15, 0.3,  0.45, 0.6,  0.61, 0.9};
    const std::vector<double> g{1e-6, 1e-5, 4e-5}, alpha{4.0, 2.0, 0.5};
    Matrix<double> i(3, static_cast<Index>(v.size()));
    for (Index s = 0; s < 3; ++s) {
        for (Index k = 0; k < i.cols(); ++k) {
            const double a = alpha[static_cast<std::size_t>(s)];
            i(s, k) = g[static_cast<std::size_t>(s)] * std::sinh(a * v[static_cast<std::size_t>(k)]) / a;
        }
    }
    return make_current_table(v, i);
}

/// The law of a card with cells over the range of its device: so a new family's law is tested by its cards.
inline SampleLaw law_of_card(const std::string& name) {
    const auto device = make_device(find_card(name));
    const DeviceDraws draws(23, {4, 0, 0});
    SampleLaw law{name, device->law(300.0), {}, -1.0, 1.0};
    const CellRange range = range_of(law.model);
    law.v_low = std::max(law.v_low, range.v_low);
    law.v_high = std::min(law.v_high, range.v_high);
    for (const double part : {0.0, 0.3, 0.8, 1.0}) {
        const double target = device->g_min() + part * (device->g_max() - device->g_min());
        const ProgrammingScheme scheme{Programming::write_verify, 0.02, 300};
        const Programmed made = device->program(device->fresh(draws), target, scheme, draws, 1);
        const CellNumbers cell = device->aged(made.state, {});
        if (cell.g > 0.0) law.cells.push_back(cell);
    }
    return law;
}

/// Every law with parameters that exercise all of it, and the law of every built-in card.
inline std::vector<SampleLaw> sample_laws() {
    const auto table = std::make_shared<const CurrentTable>(sample_table());
    const double middle = 0.4 * table->g[0] + 0.6 * table->g[1];
    std::vector<SampleLaw> laws{
        {"linear", LinearCell{}, cells_of({1e-9, 1e-5}, {0.0}), -2.0, 2.0},
        {"sinh", SinhCell{3.0}, cells_of({1e-9, 1e-5}, {0.0}), -2.0, 2.0},
        {"table", TableCell{table}, cells_of({table->g[0], middle, table->g[2]}, {0.0}), -1.0, 0.9},
        {"pcm", PcmCell{0.3, 0.1}, cells_of({1e-7, 25e-6}, {0.0, 1e-8, 0.5, 4.0}), -1.5, 1.5},
        {"mram", MramCell{0.5}, cells_of({1e-5, 2e-4}, {0.0, 0.5, 2.0}), -1.5, 1.5},
        {"ecm", EcmCell{}, cells_of({EcmCell{}.g_off(), 1e-9, 1e-6, EcmCell{}.g_on(), 2e-4}, {0.0}), -2.0,
         2.0},
    };
    for (const std::string& name : card_names()) laws.push_back(law_of_card(name));
    return laws;
}

/// Laws whose derivatives are rough: the published barrier law has an infinite second derivative at 0 V.
inline bool is_barrier(const SampleLaw& law) {
    return std::holds_alternative<EcmCell>(law.model);
}

} // namespace ohmloom::testing
