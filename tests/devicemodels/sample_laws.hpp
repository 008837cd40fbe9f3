#pragma once

#include "devicemodels/cell_model.hpp"

#include <cmath>
#include <string>
#include <vector>

namespace ohmloom::testing {

/// A law with the cells and voltages on which it is tested.
struct SampleLaw {
    std::string name;
    CellModel model;
    std::vector<double> g;     ///< [S]
    std::vector<double> shape; ///< every one with every g
    double v_low, v_high;      ///< [V]
};

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

inline std::vector<SampleLaw> sample_laws() {
    const auto table = std::make_shared<const CurrentTable>(sample_table());
    const double middle = 0.4 * table->g[0] + 0.6 * table->g[1];
    return {
        {"linear", LinearCell{}, {1e-9, 1e-5}, {0.0}, -2.0, 2.0},
        {"sinh", SinhCell{3.0}, {1e-9, 1e-5}, {0.0}, -2.0, 2.0},
        {"table", TableCell{table}, {table->g[0], middle, table->g[2]}, {0.0}, -1.0, 0.9},
        {"pcm", PcmCell{0.3, 0.1}, {1e-7, 25e-6}, {0.0, 1e-8, 0.5, 4.0}, -1.5, 1.5},
        {"mram", MramCell{0.5}, {1e-5, 2e-4}, {0.0, 0.5, 2.0}, -1.5, 1.5},
        {"ecm", EcmCell{}, {EcmCell{}.g_off(), 1e-9, 1e-6, EcmCell{}.g_on(), 2e-4}, {0.0}, -2.0, 2.0},
    };
}

} // namespace ohmloom::testing
