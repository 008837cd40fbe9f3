#pragma once

#include <functional>

namespace ohmloom {

/// Reversal of a uniaxial macrospin by a spin-polarised current, with time in units of tau_d and current in units of
/// the critical one, i = I/Ic0 > 0 where it works against the present state.
///
/// With u = cos(theta), 1 at the start and −1 after the reversal, and y = atanh(u): du/dt = (1 − u²)(u − i), which is
/// dy/dt = tanh(y) − i. `delta` is the energy barrier over kT.

/// Typical angle [rad] of a junction at rest: 1/sqrt(2·delta).
double rest_angle(double delta);

/// Time from the angle `theta0` to 90 degrees, exact; infinite for i <= cos(theta0).
///     t = −ln(1−u)/(2(i−1)) + ln(1+u)/(2(i+1)) + ln((i−u)/i)/(i²−1)
double reversal_time(double i, double theta0);

/// y after the time `t` from y0, kept within ±y_rest: nothing is better aligned than thermal motion leaves it. The
/// current, of either sign, may depend on y, as it does where a voltage drives it. Runge–Kutta of fourth order with
/// steps of 0.02 or less. `field` is the anisotropy field over that of the units: dy/dt = field·tanh(y) − i.
double rapidity_after(double y0, const std::function<double(double y)>& i, double t, double y_rest,
                      double field = 1.0);

/// Probability that a junction at rest has not reversed after the time t >= 0.
///
/// Above 1.1 Ic: 1 − exp(−C²·delta·(i−1)/(i·exp(2(i−1)t) − 1)) with C² = 2·2^((i−1)/(i+1))·((i−1)/i)^(2/(i+1)), derived for
/// large delta (within 11 % of the Fokker–Planck equation at i = 2, 46 % deep in the tail at i = 1.5). Below 0.9 Ic:
/// thermal activation, exp(−t·thermal_rate). Between, the logarithms are blended.
double survival(double i, double delta, double t);

/// Rate of thermally activated reversal below the critical current, in units of 1/tau_d: Kramers' formula for the
/// Fokker–Planck equation below, sqrt(delta/pi)·(1−i)²·(1+i)·exp(−delta·(1−i)²). Where the barrier is less than kT it is
/// held at the rate of a barrier of kT, its greatest value.
double thermal_rate(double i, double delta);

/// Rate of reversals that heat brings about, as survival() counts them: thermal_rate() below 0.9 Ic, fading out to 0 at 1.1 Ic, where
/// the current takes over.
double activation_rate(double i, double delta);

/// The formula above 1.1 Ic alone, for any i > 1; the exact one is `fokker_planck_survival`.
double fast_survival(double i, double delta, double t);

/// Time of reversal that belongs to the exponentially distributed deviate `e` (mean 1), for i > 1; >= 0.
double fast_reversal_time(double i, double delta, double e);

/// The same probability from the Fokker–Planck equation on u in (−1, 1), from thermal equilibrium in u > 0:
///     dρ/dt = d/du( (1−u²)·((i−u)·ρ + dρ/du/(2·delta)) )
/// Finite volumes with Scharfetter–Gummel fluxes on two grids, of `cells` (a multiple of 4) and half as many, TR-BDF2 in
/// time. A reference for tests: some 0.1 s per call.
double fokker_planck_survival(double i, double delta, double t, int cells = 4000, int steps = 2000);

} // namespace ohmloom
