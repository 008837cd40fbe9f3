#pragma once

#include "inference/charge_tiles.hpp"
#include "inference/cross_check.hpp"

#include <span>

namespace ohmloom {

/// Difference of a column's voltage that a check may find, as a part of the supply: charge goes through switches, and transients end in time.
inline constexpr double charge_check_tolerance = 1e-4;

/// Solves columns of tiles of a network once more, as circuits of capacitors and switches through precharge and evaluation; the column of a tile is
/// drawn, too. Compares without noise. Differences are parts of the `supply` [V].
/// @throws InputError if the engine is neither ngspice nor mna; BackendError if ngspice is asked for and not installed.
CrossCheck cross_check(std::span<const ChargeLayer> layers, double supply, const RowVoltagesOf& voltages_of,
                       const Matrix<double>& inputs, const CrossCheckOptions& check);

} // namespace ohmloom
