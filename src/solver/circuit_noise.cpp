#include "solver/circuit_noise.hpp"

#include "base/errors.hpp"
#include "base/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

constexpr double boltzmann = 1.38064852e-23; // [J/K] as in device_equations

} // namespace

CircuitNoise::CircuitNoise(const NodalSystem& system, const ThermalNoise& noise) : seed_(noise.seed) {
    if (!(noise.step > 0.0 && std::isfinite(noise.step))) {
        throw InputError(fmt::format(
            "noise step is {} s, expected more than 0, below the time constants that matter", noise.step));
    }
    if (!(noise.temperature >= 0.0 && std::isfinite(noise.temperature))) {
        throw InputError(
            fmt::format("noise temperature is {} K, expected a number from 0 on", noise.temperature));
    }
    std::uint32_t place = 0;
    for (const FlatElement& flat : system.elements()) {
        if (const auto* r = std::get_if<Resistor>(&flat.element->kind)) {
            const double variance =
                2.0 * boltzmann * noise.temperature / (std::abs(r->resistance) * noise.step);
            sources_.push_back({unknown_of(r->a), unknown_of(r->b), std::sqrt(variance), place});
        }
        ++place;
    }
}

void CircuitNoise::draw(std::uint64_t draw, std::span<double> injected) const {
    constexpr unsigned word = 32;
    const RandomStream random(seed_, RandomPurpose::circuit_noise);
    std::fill(injected.begin(), injected.end(), 0.0);
    for (const Source& source : sources_) {
        const double current =
            source.deviation * random.normal(0, source.place, static_cast<std::uint32_t>(draw),
                                             static_cast<std::uint32_t>(draw >> word));
        if (source.a != no_unknown) injected[static_cast<std::size_t>(source.a)] -= current;
        if (source.b != no_unknown) injected[static_cast<std::size_t>(source.b)] += current;
    }
}

} // namespace ohmloom
