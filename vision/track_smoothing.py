"""Smooths GNSS fixes: a constant-velocity Kalman filter, run forward and back, that yields where the vehicle turns.

State of each axis: position and velocity, driven by white acceleration of spectral density q (Bar-Shalom, Li and
Kirubarajan, Estimation with Applications to Tracking and Navigation, 2001, section 6.2.2); backward pass by Rauch, Tung
and Striebel (AIAA Journal 3, 1965). Both axes share one covariance, since fixes have one sigma for both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vision.track_cleaning import Mask
from vision.types import Float

QUIET_DENSITY_M2PS3 = 0.03
"""Spectral density of acceleration on a straight at steady speed, in a vehicle or on foot: 0.17 m/s in a second."""

_RAISE = 8.0
_PASSES = 3
"""Up to 0.03 · 8² ≈ 2 m²/s³: 1.4 m/s in a second, town driving, or a walker who turns on the spot."""

_WINDOW_S = 2.0
_SIGNIFICANT = 9.0
"""Chi-square of two degrees of freedom at 1 %: the fixes of a window lie to one side of the smoothed path."""

_GATE_DENSITY_M2PS3 = 15.0
"""Of the gate: 3.9 m/s in a second, harder than any road turn, so that it never shuts out a vehicle that turned."""

_GATE = 30.0
"""Chi-square of two degrees of freedom at 3e-7: an innovation that neither noise nor driving explains."""

_START_SPEED_SIGMA_MPS = 30.0


@dataclass(frozen=True, slots=True)
class SmoothedFixes:
    """States at (K,) knots: the fixes, and moments between them that were asked for.

    Attributes:
        xy_m: (K, 2).
        velocity_mps: (K, 2).
        position_variance_m2: (K,) of one axis.
        covariance_m2ps: (K,) of position and velocity, of one axis.
        velocity_variance_m2ps2: (K,) of one axis.
        used: (K,) bool: a fix that the gate let through.
    """

    xy_m: Float
    velocity_mps: Float
    position_variance_m2: Float
    covariance_m2ps: Float
    velocity_variance_m2ps2: Float
    used: Mask


@dataclass(frozen=True, slots=True)
class _States:
    """Means (K, 4) of x, y, vx, vy and covariances (K, 3) of position, position-velocity, velocity, of one axis."""

    means: list[tuple[float, float, float, float]]
    covariances: list[tuple[float, float, float]]


def smooth(time_s: Float, xy_m: Float, white_sigma_m: Float) -> SmoothedFixes:
    """Smooth one piece of a track.

    Args:
        time_s: (K,) ascending; the first is a fix.
        xy_m: (K, 2) fixes; NaN at moments that only ask for a state.
        white_sigma_m: (K,) white noise of one axis of each fix.

    Returns:
        The states at all K moments.
    """
    variance = np.where(np.isfinite(xy_m[:, 0]), white_sigma_m**2, np.inf)
    count = len(time_s)
    _, filtered = _forward(time_s, xy_m, variance, np.full(count, _GATE_DENSITY_M2PS3), gated=True)
    variance = np.where(filtered, variance, np.inf)
    density = np.full(count, QUIET_DENSITY_M2PS3)
    for last in (False,) * (_PASSES - 1) + (True,):
        forward, _ = _forward(time_s, xy_m, variance, density, gated=False)
        means, covariances = _backward(time_s, density, *forward)
        if last:
            break
        turning = _departs(time_s, xy_m - means[:, :2], variance)
        if not turning.any():
            break
        density = np.where(turning, density * _RAISE, density)
    position, crossed, velocity = covariances.T
    return SmoothedFixes(means[:, :2], means[:, 2:], position, crossed, velocity, np.isfinite(variance))


def read_back(states: SmoothedFixes, before_s: float) -> tuple[Float, Float, float, float]:
    """Carry the first state back to a moment before it.

    Returns:
        Position (2,), velocity (2,), and the variances of one axis of each, as in ``SmoothedFixes``.
    """
    velocity = states.velocity_mps[0]
    growth = QUIET_DENSITY_M2PS3 * _RAISE**2
    speed_variance = float(states.velocity_variance_m2ps2[0])
    variance = float(states.position_variance_m2[0]) - 2.0 * before_s * float(states.covariance_m2ps[0])
    variance += before_s**2 * speed_variance + growth * before_s**3 / 3.0
    return states.xy_m[0] - before_s * velocity, velocity, variance, speed_variance + growth * before_s


def _departs(time_s: Float, residual_m: Float, variance: Float) -> Mask:
    """Tell at which knots the fixes around lie to one side of the smoothed path by more than their noise allows.

    There the path was smoothed too stiffly: the vehicle turned, braked or drove off.
    """
    fixes = np.flatnonzero(np.isfinite(variance))
    at_s = time_s[fixes]
    order = np.arange(len(fixes))
    low = np.minimum(np.searchsorted(at_s, at_s - _WINDOW_S), np.maximum(order - 1, 0))
    high = np.maximum(np.searchsorted(at_s, at_s + _WINDOW_S, side="right"), np.minimum(order + 2, len(fixes)))
    scaled = residual_m[fixes] / np.sqrt(variance[fixes])[:, None]
    total = np.concatenate((np.zeros((1, 2)), np.cumsum(scaled, axis=0)))
    score = np.sum((total[high] - total[low]) ** 2, axis=1) / (high - low)
    flagged = np.concatenate(([0], np.cumsum(score > _SIGNIFICANT)))
    near = flagged[high] > flagged[low]
    # A knot between two fixes turns with either of them.
    before = np.clip(np.searchsorted(fixes, np.arange(len(time_s)), side="right") - 1, 0, len(fixes) - 1)
    after = np.clip(np.searchsorted(fixes, np.arange(len(time_s))), 0, len(fixes) - 1)
    turning: Mask = near[before] | near[after]
    return turning


def _forward(
    time_s: Float, xy_m: Float, variance: Float, density: Float, *, gated: bool
) -> tuple[tuple[_States, _States], Mask]:
    """Filter forward in time.

    Returns:
        The predicted and the filtered states, and (K,) whether each knot's fix was used.
    """
    predicted, filtered = _States([], []), _States([], [])
    used = np.isfinite(variance)
    times, xs, ys = time_s.tolist(), xy_m[:, 0].tolist(), xy_m[:, 1].tolist()
    variances, densities = variance.tolist(), density.tolist()
    x, y, vx, vy = xs[0], ys[0], 0.0, 0.0
    a, b, c = variances[0], 0.0, _START_SPEED_SIGMA_MPS**2
    predicted.means.append((x, y, vx, vy))
    predicted.covariances.append((a, b, c))
    filtered.means.append((x, y, vx, vy))
    filtered.covariances.append((a, b, c))
    for k in range(1, len(times)):
        dt = times[k] - times[k - 1]
        q = densities[k]
        x, y = x + dt * vx, y + dt * vy
        a, b, c = a + dt * (2.0 * b + dt * c) + q * dt**3 / 3.0, b + dt * c + q * dt * dt / 2.0, c + q * dt
        predicted.means.append((x, y, vx, vy))
        predicted.covariances.append((a, b, c))
        r = variances[k]
        if r != math.inf:
            s, ex, ey = a + r, xs[k] - x, ys[k] - y
            if gated and ex * ex + ey * ey > _GATE * s:
                used[k] = False
            else:
                gain, gain_v = a / s, b / s
                x, y, vx, vy = x + gain * ex, y + gain * ey, vx + gain_v * ex, vy + gain_v * ey
                a, b, c = a - gain * a, b - gain * b, c - gain_v * b
        filtered.means.append((x, y, vx, vy))
        filtered.covariances.append((a, b, c))
    return (predicted, filtered), used


def _backward(time_s: Float, density: Float, predicted: _States, filtered: _States) -> tuple[Float, Float]:
    """Smooth backward in time; gives means (K, 4) and covariances (K, 3)."""
    times = time_s.tolist()
    x, y, vx, vy = filtered.means[-1]
    a, b, c = filtered.covariances[-1]
    means, covariances = [(x, y, vx, vy)], [(a, b, c)]
    for k in range(len(times) - 2, -1, -1):
        dt = times[k + 1] - times[k]
        fa, fb, fc = filtered.covariances[k]
        pa, pb, pc = predicted.covariances[k + 1]
        px, py, pvx, pvy = predicted.means[k + 1]
        fx, fy, fvx, fvy = filtered.means[k]
        det = pa * pc - pb * pb
        m, n = fa + fb * dt, fb + fc * dt
        g00, g01 = (m * pc - fb * pb) / det, (fb * pa - m * pb) / det
        g10, g11 = (n * pc - fc * pb) / det, (fc * pa - n * pb) / det
        dx, dy, dvx, dvy = x - px, y - py, vx - pvx, vy - pvy
        x, y = fx + g00 * dx + g01 * dvx, fy + g00 * dy + g01 * dvy
        vx, vy = fvx + g10 * dx + g11 * dvx, fvy + g10 * dy + g11 * dvy
        da, db, dc = a - pa, b - pb, c - pc
        a = fa + g00 * (g00 * da + g01 * db) + g01 * (g00 * db + g01 * dc)
        b = fb + g10 * (g00 * da + g01 * db) + g11 * (g00 * db + g01 * dc)
        c = fc + g10 * (g10 * da + g11 * db) + g11 * (g10 * db + g11 * dc)
        means.append((x, y, vx, vy))
        covariances.append((a, b, c))
    return np.array(means[::-1]), np.array(covariances[::-1])
