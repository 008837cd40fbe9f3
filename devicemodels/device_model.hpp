#pragma once

#include "base/random.hpp"
#include "devicemodels/card.hpp"
#include "devicemodels/cell_model.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ohmloom {

/// Where a device sits; it names the device's random numbers.
struct DevicePlace {
    std::uint32_t tile = 0, row = 0, column = 0;
};

/// All the chance in one device's life: numbers that depend on seed, place, purpose and draw alone, so that neither the
/// order of work nor the number of threads changes any of them.
class DeviceDraws {
public:
    DeviceDraws(std::uint64_t seed, const DevicePlace& place) : seed_(seed), place_(place) {}

    [[nodiscard]] double normal(RandomPurpose purpose, std::uint32_t draw = 0) const {
        return RandomStream(seed_, purpose).normal(place_.tile, place_.row, place_.column, draw);
    }
    [[nodiscard]] double uniform(RandomPurpose purpose, std::uint32_t draw = 0) const {
        return RandomStream(seed_, purpose).uniform(place_.tile, place_.row, place_.column, draw);
    }

private:
    std::uint64_t seed_;
    DevicePlace place_;
};

/// What a device remembers. What differs from device to device but never changes (a junction's area) is not in here:
/// models draw it again from the device's place.
struct DeviceState {
    double g = 0.0; ///< [S] conductance at zero bias right after the last change, at the model's temperature
    double shape = 0.0;  ///< second number of the model's law
    double drift = 0.0;  ///< exponent of the conductance's decay with time, if the model has one
    double memory = 0.0; ///< the model's own inner variable; its README says which
};

/// What the array engines need of a cell.
struct CellNumbers {
    double g = 0.0; ///< [S] conductance at zero bias
    double shape = 0.0;
};

/// A rectangular voltage pulse, top against bottom.
struct Pulse {
    double v = 0.0;     ///< [V]
    double width = 0.0; ///< [s] >= 0
};

/// Voltage over time: straight lines between points.
struct VoltageCurve {
    std::vector<double> t; ///< [s] not decreasing
    std::vector<double> v; ///< [V]
};

/// A straight piece of a voltage over time.
struct VoltagePiece {
    double from = 0.0, to = 0.0; ///< [V]
    double width = 0.0;          ///< [s] >= 0
};

/// One event of a device's life under way: a pulse or a waveform of which a part has been.
struct DeviceEvent {
    std::uint32_t number = 0; ///< of the event, for its noise
    DeviceState
        from; ///< as the device came into it, or into that part of it which the model counts as one pulse
    DeviceState state;           ///< as the device conducts now, while the voltage lasts
    double energy = 0.0;         ///< [J] taken up so far
    std::array<double, 3> own{}; ///< the model's own
};

/// What a pulse, or a waveform, has done.
struct PulseResult {
    DeviceState state;
    double energy = 0.0; ///< [J] taken up by the device
};

/// How a device is brought to a conductance.
enum class Programming {
    single_shot,  ///< one attempt, not looked at
    write_verify, ///< read after every pulse, until it is close enough or the pulses are used up
};
struct ProgrammingScheme {
    Programming kind = Programming::write_verify;
    double tolerance = 0.02; ///< accepted error, as a part of the model's greatest conductance
    int max_pulses = 50;     ///< [1, 10^4]
};

/// How it went.
struct Programmed {
    DeviceState state;
    double asked = 0.0; ///< [S]
    int pulses = 0;
    double energy = 0.0;  ///< [J]
    bool reached = false; ///< within the tolerance at the last look; single-shot never looks
    [[nodiscard]] double got() const { return state.g; } ///< [S] right after programming
};

/// When and how warm a device is read.
struct ReadCondition {
    double time = 0.0;          ///< [s] since programming; >= 0
    double temperature = 300.0; ///< [K]
};

/// A SPICE subcircuit with two or more ports, `top` and `bottom` first.
struct SpiceFace {
    std::string name;               ///< of the subcircuit
    std::vector<std::string> notes; ///< what it models and what its parameters are, one comment line each
    std::vector<std::string> ports; ///< "top", "bottom", then state nodes that may be watched
    std::string text;               ///< from `.subckt` to `.ends`, with line breaks
};

/// A device: one set of parameters (its card), one set of equations.
///
/// Immutable; every function is a pure function of its arguments and may be called from many threads.
class DeviceModel {
public:
    explicit DeviceModel(Card card) : card_(std::move(card)) {}
    virtual ~DeviceModel() = default;
    DeviceModel(const DeviceModel&) = delete;
    DeviceModel& operator=(const DeviceModel&) = delete;

    [[nodiscard]] const Card& card() const { return card_; }

    /// Least and greatest conductance [S] that programming aims at.
    [[nodiscard]] virtual double g_min() const = 0;
    [[nodiscard]] virtual double g_max() const = 0;
    /// Whether only g_min and g_max can be programmed.
    [[nodiscard]] virtual bool is_binary() const { return false; }

    /// The current law of all devices at a temperature [K].
    [[nodiscard]] virtual CellModel law(double temperature) const = 0;

    /// A device as it comes from the fab or its reset.
    [[nodiscard]] virtual DeviceState fresh(const DeviceDraws& draws) const = 0;

    /// One rectangular pulse. `event` numbers the pulses of a device's life, for the noise of each.
    [[nodiscard]] virtual PulseResult pulse(const DeviceState& state, const Pulse& pulse,
                                            const DeviceDraws& draws, std::uint32_t event) const = 0;

    /// Any waveform: an event from its beginning to its end.
    [[nodiscard]] PulseResult waveform(const DeviceState& state, const VoltageCurve& waveform,
                                       const DeviceDraws& draws, std::uint32_t event) const;

    /// A waveform piece by piece, for voltages that answer to the device while it changes. A copy of an event goes on like the
    /// event itself: all its chance follows from its number. As it stands here: one pulse of the mean voltage for each short step;
    /// models with noise, or that count whole pulses, replace all three.
    [[nodiscard]] virtual DeviceEvent begin_event(const DeviceState& state, const DeviceDraws& draws,
                                                  std::uint32_t event) const;
    virtual void advance(DeviceEvent& event, const VoltagePiece& piece, const DeviceDraws& draws) const;
    /// What the event leaves when the voltage goes.
    [[nodiscard]] virtual DeviceState end_event(const DeviceEvent& event, const DeviceDraws& draws) const;

    /// The pulse that programming gives a device next on its way to a target [S]; none if the model knows no such pulses.
    [[nodiscard]] virtual std::optional<Pulse> write_pulse(const DeviceState& state, double target) const;

    /// Whether write-verify would leave a device as it is: its error is at most `tolerance` times the greatest conductance, or, of two
    /// states, it is in the one that is meant.
    [[nodiscard]] virtual bool meets(const DeviceState& state, double target, double tolerance) const;

    /// Brings a device in the state `from` to the conductance `target` [S].
    /// @throws InputError if the target is not between g_min and g_max.
    [[nodiscard]] virtual Programmed program(const DeviceState& from, double target,
                                             const ProgrammingScheme& scheme, const DeviceDraws& draws,
                                             std::uint32_t event) const = 0;

    /// The device's numbers at a later time and temperature, without read noise.
    [[nodiscard]] virtual CellNumbers aged(const DeviceState& state,
                                           const ReadCondition& condition) const = 0;

    /// Standard deviation [S] of the conductance's error that stays for the length of one read-out.
    [[nodiscard]] virtual double read_noise(const DeviceState& state,
                                            const ReadCondition& condition) const = 0;

    /// The device as a subcircuit that starts in the given state and changes as `pulse` says, without noise.
    [[nodiscard]] virtual SpiceFace spice(const DeviceState& state, double temperature) const = 0;

protected:
    /// @throws InputError if a target cannot be programmed.
    void require_target(double target) const;

    /// program() by the model's own write_pulse(): write-verify looks before every pulse; single-shot is one pulse.
    [[nodiscard]] Programmed program_by_pulses(const DeviceState& from, double target,
                                               const ProgrammingScheme& scheme, const DeviceDraws& draws,
                                               std::uint32_t event) const;

private:
    Card card_;
};

/// The device's numbers as one read-out finds them: aged, with read noise; never below 0.
CellNumbers read_device(const DeviceModel& model, const DeviceState& state, const ReadCondition& condition,
                        const DeviceDraws& draws, std::uint32_t read);

/// Voltage of a waveform at the time t; that of its ends outside.
double voltage_at(const VoltageCurve& waveform, double t);

/// A kind of device: how its cards look, and how a card becomes a model.
struct DeviceKind {
    std::string name;
    std::string summary; ///< one line
    std::vector<ParameterSpec> parameters;
    std::unique_ptr<DeviceModel> (*make)(Card card);
    /// Name of the value that is the device's own temperature, from which all its numbers follow; "" if the device is asked for its
    /// numbers at a temperature instead.
    std::string temperature{};
};

} // namespace ohmloom
