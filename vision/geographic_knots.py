"""Makes the knots of a trajectory out of GNSS fixes.

The error of consumer GNSS is correlated over tens of seconds, so that smoothing takes away only a part of it. Here half
of each fix's variance is taken to be white, half to be correlated: the white half goes into the smoother, the
correlated half (0.7 of the sigma) is added to what the smoother states. Over a few metres of travel the correlated
half is common to all and drops out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vision.track_cleaning import Mask, measure_white_noise, merge_repeats, piece_starts, refuse_outliers
from vision.track_knots import Gaps, Knots, find_gaps, make_knots, unsmoothed_knots
from vision.track_smoothing import read_back, smooth
from vision.types import Float

CORRELATED_SHARE = 0.7
"""Of a fix's sigma: the square root of half its variance."""

CORRELATED_DRIFT_PS = 0.18
"""Per second, of one axis's correlated sigma: how fast a first-order Gauss-Markov error with a time constant of 30 s
drifts over the 2 s that the smoother averages a velocity over, sqrt(2 (1 - exp(-2 / 30))) / 2."""

LEAST_SIGMA_M = 1.0
"""Radial, where the file states no accuracy: 0.5 m of white noise an axis. Some receivers filter their fixes so well
that their noise doesn't show, yet even good single-frequency receivers err by about 1 m (FAA, GPS SPS Performance
Analysis reports: about 2 m in 95 % of the time)."""

UNKNOWN_SIGMA_M = 4.9
"""Radial, where the file states no accuracy and its fixes are too far apart to show their noise: a smartphone under
open sky (https://www.gps.gov/systems/gps/performance/accuracy/, after van Diggelen and Enge, ION GNSS+ 2015)."""


@dataclass(frozen=True, slots=True)
class FixSummary:
    """What was made of the fixes, for the note.

    Attributes:
        fixes: That carry news: repeats don't count.
        refused: As outliers.
        residual_m: Median distance of the fixes from the path.
        sigma_m: Median 1 sigma radial error of a fix.
        sigma_from: Where that figure is from.
    """

    fixes: int
    refused: int
    residual_m: float
    sigma_m: float
    sigma_from: str


def geographic_knots(
    time_s: Float, xy_m: Float, stated_sigma_m: Float | None, *, clocked: bool
) -> tuple[Knots, FixSummary]:
    """Make knots out of fixes in a geographic local frame.

    Args:
        time_s: (N,) seconds since the first frame, ascending.
        xy_m: (N, 2).
        stated_sigma_m: (N,) 1 sigma radial as the file states it, NaN where it doesn't; None if nowhere.
        clocked: Whether the times are real. Those of stills without a clock aren't: their fixes are taken as they are,
            without smoothing, and nothing is refused.
    """
    fresh = merge_repeats(time_s, xy_m) if clocked else np.arange(len(time_s))
    time_s, xy_m = time_s[fresh], xy_m[fresh]
    stated_sigma_m = None if stated_sigma_m is None else stated_sigma_m[fresh]
    kept = np.arange(len(time_s))
    if clocked:
        rough_m, _ = _sigma(time_s, stated_sigma_m, measure_white_noise(time_s, xy_m, cleaned=False))
        kept = refuse_outliers(time_s, xy_m, float(np.median(rough_m)) / 2.0)
    time_s, xy_m = time_s[kept], xy_m[kept]
    stated_sigma_m = None if stated_sigma_m is None else stated_sigma_m[kept]
    white_m = measure_white_noise(time_s, xy_m, cleaned=True) if clocked else None
    sigma_m, sigma_from = _sigma(time_s, stated_sigma_m, white_m)
    knots, used = (_smoothed if clocked else _unsmoothed)(time_s, xy_m, sigma_m)
    on_path = np.stack([np.interp(time_s[used], knots.knot_s, knots.xy_m[:, axis]) for axis in (0, 1)], axis=1)
    summary = FixSummary(
        fixes=len(fresh),
        refused=len(fresh) - int(used.sum()),
        residual_m=float(np.median(np.hypot(*(xy_m[used] - on_path).T))),
        sigma_m=float(np.median(sigma_m)),
        sigma_from=sigma_from,
    )
    return knots, summary


def _sigma(time_s: Float, stated_m: Float | None, white_m: float | None) -> tuple[Float, str]:
    """Give each fix's 1 sigma radial error, and where it is from.

    Args:
        time_s: (N,).
        stated_m: (N,) 1 sigma radial as the file states it, NaN where it doesn't.
        white_m: 1 sigma of one axis of the white noise, as measured.
    """
    if stated_m is not None and np.isfinite(stated_m).any():
        usual = float(np.nanmedian(stated_m))
        return np.where(np.isfinite(stated_m), stated_m, usual), "as the file states"
    if white_m is None:
        return np.full(len(time_s), UNKNOWN_SIGMA_M), "assumed, a smartphone's: the file states none"
    # White noise of one axis is half of the radial sigma: two axes, and as much again that is correlated.
    sigma_m = max(2.0 * white_m, LEAST_SIGMA_M)
    return np.full(len(time_s), sigma_m), "from the fixes' own noise: the file states none"


def _smoothed(time_s: Float, xy_m: Float, sigma_m: Float) -> tuple[Knots, Mask]:
    """Smooth fixes piece by piece; gives the knots, and which of the fixes were used."""
    separate = piece_starts(time_s, xy_m)
    gaps = find_gaps(time_s, xy_m, separate, reach_s=1.0)
    bounds = [*np.flatnonzero(separate).tolist(), len(time_s)]
    pieces = [
        _smooth_piece(time_s[a:b], xy_m[a:b], sigma_m[a:b] / 2.0, _extra_of(gaps, time_s, a, b))
        for a, b in pairwise(bounds)
    ]
    knot_s, xy, velocity, variance, velocity_variance = (
        np.concatenate([piece[column] for piece in pieces]) for column in range(5)
    )
    correlated_m = CORRELATED_SHARE * np.interp(knot_s, time_s, sigma_m)
    error_m = np.sqrt(2.0 * variance + correlated_m**2)
    drift = CORRELATED_DRIFT_PS * correlated_m / np.sqrt(2.0)
    used = np.concatenate([piece[5] for piece in pieces])
    velocity_sigma = np.sqrt(velocity_variance + drift**2)
    return make_knots(knot_s, xy, velocity, error_m, velocity_sigma, gaps.unknown_from_s), used


def _extra_of(gaps: Gaps, time_s: Float, first: int, end: int) -> Float:
    """Give the extra moments of the piece of fixes [first, end): those nearer to it than to its neighbours."""
    low = -np.inf if first == 0 else (time_s[first - 1] + time_s[first]) / 2.0
    high = np.inf if end == len(time_s) else (time_s[end - 1] + time_s[end]) / 2.0
    return gaps.extra_s[(gaps.extra_s > low) & (gaps.extra_s < high)]


def _smooth_piece(
    time_s: Float, xy_m: Float, white_m: Float, extra_s: Float
) -> tuple[Float, Float, Float, Float, Float, Mask]:
    """Give times, positions, velocities and variances of a piece's knots, and which of its fixes were used."""
    early, later = extra_s[extra_s < time_s[0]], extra_s[extra_s > time_s[0]]
    knot_s = np.concatenate((time_s, later))
    order = np.argsort(knot_s, kind="stable")
    at = np.argsort(order)[: len(time_s)]
    fixes, sigma = np.full((len(knot_s), 2), np.nan), np.zeros(len(knot_s))
    fixes[at], sigma[at] = xy_m, white_m
    states = smooth(knot_s[order], fixes, sigma)
    columns = [knot_s[order], states.xy_m, states.velocity_mps]
    columns += [states.position_variance_m2, states.velocity_variance_m2ps2]
    for moment in early[::-1]:
        first = (moment, *read_back(states, time_s[0] - moment))
        columns = [
            np.concatenate((np.asarray(value)[None], column)) for value, column in zip(first, columns, strict=True)
        ]
    return columns[0], columns[1], columns[2], columns[3], columns[4], states.used[at]


def _unsmoothed(time_s: Float, xy_m: Float, sigma_m: Float) -> tuple[Knots, Mask]:
    """Take fixes as they are, with the heading from the still before to the still after."""
    own = np.arange(len(time_s))
    before, after = np.maximum(own - 1, 0), np.minimum(own + 1, len(own) - 1)
    span_s = np.where(after > before, time_s[after] - time_s[before], np.inf)
    velocity = (xy_m[after] - xy_m[before]) / span_s[:, None]
    velocity_sigma = np.hypot(sigma_m[after], sigma_m[before]) / np.sqrt(2.0) / span_s
    return unsmoothed_knots(time_s, xy_m, velocity, sigma_m, velocity_sigma), np.ones(len(time_s), dtype=bool)
