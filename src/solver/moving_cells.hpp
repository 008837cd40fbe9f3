#pragma once

#include "array/device_array.hpp"
#include "base/matrix.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace ohmloom {

class TransientBlock;
struct TransientSystem;

/// The devices of a TransientBlock, which change with the voltages they see: one life per cell and lane.
///
/// Cells that are `followed` are moved in every try of every stage, from the event (DeviceEvent) in which the step began, along straight
/// lines between the stages' voltages; their conductances are those of the stage. All others are taken along in stretches of steady
/// voltage and keep their conductance; those that turn out to have changed are named by changed(), so that whoever runs the block
/// may follow them too.
class MovingCells {
public:
    /// Lanes [0, lanes) have lives of their own, lane k the event first_event + k of each; the others repeat the last.
    /// `tolerance`: part of a conductance whose change counts; `steady` [V]: voltages that near are one stretch.
    MovingCells(const DeviceArray& devices, const TransientSystem& system,
                const Matrix<std::uint8_t>& followed, Index lanes, std::uint32_t first_event,
                double tolerance, double steady);

    /// The places of the followed cells, as a TransientBlock has them.
    [[nodiscard]] std::vector<std::int32_t> places() const;

    /// The block's voltages are those of the beginning.
    void begin(TransientBlock& block);
    void begin_first_stage(double width);
    void begin_second_stage(double width);
    /// Moves the cells to the block's voltages, which end the stage, and gives it their conductances.
    void follow(TransientBlock& block);
    /// Moves the cells through a step with the voltages at its start; follow() then leaves them.
    void hold(double width, TransientBlock& block);

    /// Local error of the conductances and inner variables in the step, over `tolerance`: from the difference to one straight line
    /// over the whole step, which falls with the third power of its width as that of the two does.
    [[nodiscard]] double error() const;
    void accept(const TransientBlock& block);
    void revert(TransientBlock& block);

    /// Ends the events of all cells.
    void finish();
    /// [rows x lines] cells that were not followed, and whose conductance changed by more than the tolerance in some lane.
    [[nodiscard]] const Matrix<std::uint8_t>& changed() const { return changed_; }
    /// [S] at zero bias, as the cell conducts now.
    [[nodiscard]] double conductance(Index row, Index line, Index lane) const;
    [[nodiscard]] const DeviceState& state(Index row, Index line, Index lane) const; ///< after finish()
    [[nodiscard]] double energy(Index row, Index line, Index lane) const;            ///< [J] taken up

private:
    struct Place {
        Index row = 0, line = 0;
        std::size_t w = 0, b = 0; ///< of its nodes in the block
    };
    /// A followed cell in a lane: at the beginning of the step, of the stage, and at its end.
    struct Life {
        DeviceEvent start, base, trial;
        double v_start = 0.0, v_base = 0.0;                        ///< [V]
        double v_trial = std::numeric_limits<double>::quiet_NaN(); ///< [V] that `trial` belongs to
    };
    /// A cell in a lane that is taken along, with its voltage since it was last moved.
    struct Carried {
        DeviceEvent event;
        double v = 0.0, low = 0.0, high = 0.0; ///< [V]
        double area = 0.0, width = 0.0;        ///< [Vs], [s]
        double g = 0.0;                        ///< [S] at the beginning
    };

    template <class Each>
    void for_each(const std::vector<Place>& places, const Each& each) const;
    void begin_stage(double width);
    void give(TransientBlock& block, std::size_t mover, Index lane, const DeviceState& state) const;
    void carry(const Place& place, Carried& life, double v);
    void release(const Place& place, Carried& life);
    void note_change(const Place& place, double before, double after);
    [[nodiscard]] DeviceDraws draws(const Place& place) const {
        return devices_.draws(place.row, place.line);
    }

    const DeviceArray& devices_;
    Index lanes_;
    std::uint32_t first_event_;
    double tolerance_, steady_;
    Index nodes_ = 0;
    std::vector<Place> movers_, others_;
    std::vector<Life> lives_;            ///< [movers][lanes]
    std::vector<Carried> carried_;       ///< [others][lanes]
    Matrix<std::int32_t> mover_, other_; ///< [rows x lines] places in the lists, or -1
    Matrix<std::uint8_t> changed_;
    double width_ = 0.0, step_ = 0.0; ///< [s] of the stage, of the step so far
    bool held_ = false;
};

} // namespace ohmloom
