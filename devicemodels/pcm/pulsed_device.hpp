#pragma once

#include "devicemodels/pcm/conduction.hpp"

namespace ohmloom {

/// What phase-change cells have in common that change pulse by pulse: |v| >= v_set changes them a little, by the pulse's length in
/// nominal pulses, |v| >= v_reset resets them. Cards have conduction_parameters(), pulse_width, v_set, v_reset and noise.
class PulsedPcm : public DeviceModel {
public:
    /// @throws InputError unless g_min < g_max and v_set < v_reset.
    explicit PulsedPcm(Card source);

    [[nodiscard]] double g_min() const override { return card().number("g_min"); }
    [[nodiscard]] double g_max() const override { return conduction_.g_max; }
    [[nodiscard]] CellModel law(double /*temperature*/) const override { return conduction_.law; }
    [[nodiscard]] DeviceState fresh(const DeviceDraws& draws) const override { return reset(draws, 0); }

    [[nodiscard]] PulseResult pulse(const DeviceState& state, const Pulse& pulse, const DeviceDraws& draws,
                                    std::uint32_t event) const override;

    /// Whole excursions beyond v_set count as pulses of the excursion's length and peak, so far as they have come.
    void advance(DeviceEvent& event, const VoltagePiece& piece, const DeviceDraws& draws) const override;

    /// A SET pulse while it is too low, a RESET when it is too high.
    [[nodiscard]] std::optional<Pulse> write_pulse(const DeviceState& state, double target) const override;

    /// Write-verify by write_pulse(). Single-shot: open_loop().
    [[nodiscard]] Programmed program(const DeviceState& from, double target, const ProgrammingScheme& scheme,
                                     const DeviceDraws& draws, std::uint32_t event) const override;

protected:
    /// A cell right after RESET.
    [[nodiscard]] virtual DeviceState reset(const DeviceDraws& draws, std::uint32_t event) const = 0;
    /// What n nominal pulses of positive (`up`) or negative voltage make of a cell; n need not be whole.
    [[nodiscard]] virtual DeviceState stepped(DeviceState state, bool up, double n, const DeviceDraws& draws,
                                              std::uint32_t event) const = 0;
    [[nodiscard]] virtual Pulse reset_pulse() const = 0;
    /// A RESET and as many SET pulses as the mean takes.
    [[nodiscard]] virtual Programmed open_loop(const DeviceState& from, double target,
                                               const DeviceDraws& draws, std::uint32_t event) const = 0;

    [[nodiscard]] double write_v_set() const {
        return card().number_or("write_v_set", card().number("v_set"));
    }
    [[nodiscard]] double write_v_reset() const {
        return card().number_or("write_v_reset", card().number("v_reset"));
    }
    [[nodiscard]] Pulse set_pulse() const { return {write_v_set(), card().number("pulse_width")}; }
    /// Applies one more pulse: its event is the first one's and the pulses before it.
    void apply(Programmed& result, const Pulse& next, const DeviceDraws& draws, std::uint32_t first) const;

    [[nodiscard]] double noise() const { return card().number("noise"); }
    [[nodiscard]] const PcmConduction& conduction() const { return conduction_; }

private:
    [[nodiscard]] double current(const DeviceState& state, double v) const;

    PcmConduction conduction_;
};

/// The values that PulsedPcm reads, besides those of its conduction.
std::vector<ParameterSpec> pulse_parameters();

} // namespace ohmloom
