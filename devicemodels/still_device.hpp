#pragma once

#include "devicemodels/device_model.hpp"

namespace ohmloom {

/// A device that keeps what it was given: no voltage changes it, it does not age and has no read noise. Programming
/// sets the conductance in one step, with a Gaussian error of `sigma` times the greatest conductance, cut at the ends
/// of the range; its energy is not known and counted as 0.
class StillDevice : public DeviceModel {
public:
    struct Parameters {
        CellModel law;
        double g_min, g_max; ///< [S]
        double sigma = 0.0;  ///< programming error, as a part of g_max
    };
    StillDevice(Card card, Parameters parameters);

    [[nodiscard]] double g_min() const override { return parameters_.g_min; }
    [[nodiscard]] double g_max() const override { return parameters_.g_max; }
    [[nodiscard]] CellModel law(double temperature) const override;
    [[nodiscard]] DeviceState fresh(const DeviceDraws& draws) const override;
    [[nodiscard]] PulseResult pulse(const DeviceState& state, const Pulse& pulse, const DeviceDraws& draws,
                                    std::uint32_t event) const override;
    [[nodiscard]] Programmed program(const DeviceState& from, double target, const ProgrammingScheme& scheme,
                                     const DeviceDraws& draws, std::uint32_t event) const override;
    [[nodiscard]] CellNumbers aged(const DeviceState& state, const ReadCondition& condition) const override;
    [[nodiscard]] double read_noise(const DeviceState& state, const ReadCondition& condition) const override;
    [[nodiscard]] SpiceFace spice(const DeviceState& state, double temperature) const override;

private:
    Parameters parameters_;
};

/// Values that the cards of still devices share: g_min, g_max and sigma_programming.
std::vector<ParameterSpec> still_parameters();

} // namespace ohmloom
