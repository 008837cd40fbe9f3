#include "devicemodels/pcm/conduction.hpp"

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

constexpr double boltzmann_ev = 1.380649e-23 / 1.602176634e-19; // eV/K

double relative(double g, double g_max) {
    return std::clamp(g / g_max, 0.0, 1.0);
}

} // namespace

double PcmConduction::alpha(double g) const {
    return (1.0 - relative(g, g_max)) / v0;
}

double PcmConduction::thermal_factor(double g, double t) const {
    const double activation = ea_reset + (ea_set - ea_reset) * relative(g, g_max);
    return std::exp(-activation / boltzmann_ev * (1.0 / t - 1.0 / t_ref));
}

CellNumbers PcmConduction::at(double g, double alpha_programmed, double g_programmed, double t) const {
    return {g * thermal_factor(g_programmed, t), alpha_programmed * t_ref / t};
}

PcmConduction conduction_of(const Card& card) {
    return {card.number("g_max"),
            card.number_or("v0", std::numeric_limits<double>::infinity()),
            PcmCell{card.number_or("c3", 0.0), card.number_or("c5", 0.0)},
            card.number_or("ea_reset", 0.0),
            card.number_or("ea_set", 0.0),
            card.number_or("t_ref", 300.0)};
}

std::vector<ParameterSpec> conduction_parameters() {
    return {{"g_min", "S", "least conductance that is programmed", 0.0, 1.0},
            {"g_max", "S", "greatest conductance", 1e-9, 1.0},
            {"v0", "V", "scale of the sinh of the fully amorphous cell; ohmic cells if left out", 1e-3, 1e6,
             false},
            {"c3", "1/V^2", "cubic term of the current, relative to g", 0.0, 1e3, false},
            {"c5", "1/V^4", "fifth-order term of the current, relative to g", 0.0, 1e4, false},
            {"ea_reset", "eV", "activation energy of the conductance at g = 0", 0.0, 2.0, false},
            {"ea_set", "eV", "activation energy at g_max", 0.0, 2.0, false},
            {"t_ref", "K", "temperature to which the conductances belong", 1.0, 2000.0, false}};
}

} // namespace ohmloom
