"""The knots of a trajectory, and what follows from them whatever they were made of: heading, distance, gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vision.track_cleaning import Mask
from vision.types import Float, Int

BRIDGE_S = 15.0
BRIDGE_M = 220.0
"""A gap between two fixes that is longer than either isn't bridged: a side road fits into it."""

END_REACH_S = 1.0
"""A fix tells the place this long before and after it, where there is no other fix."""

MOVING_MPS = 1.0
"""Slower than this the heading is held: the direction of a slow velocity is mostly noise."""

STANDING_MPS = 0.7
"""Slower than this, distance doesn't grow: half a slow walker's pace, and above what GNSS noise feigns."""


@dataclass(frozen=True, slots=True)
class Knots:
    """States of a trajectory at K moments.

    Attributes:
        knot_s: (K,) seconds since the first frame, ascending.
        xy_m: (K, 2) in the trajectory's local frame.
        velocity_mps: (K, 2).
        heading_deg: (K,) clockwise from +y, unwrapped, so that it may pass 360; held while slower than 1 m/s.
        error_m: (K,) 1 sigma radial.
        heading_error_deg: (K,) 1 sigma; 180 where nothing moves, so that the heading isn't known at all.
        distance_m: (K,) travelled since the first frame, or since the first knot with a pose if that is later.
        known: (K - 1,) bool: whether the path is known between a knot and the next.
    """

    knot_s: Float
    xy_m: Float
    velocity_mps: Float
    heading_deg: Float
    error_m: Float
    heading_error_deg: Float
    distance_m: Float
    known: Mask


@dataclass(frozen=True, slots=True)
class Gaps:
    """How fixes hang together, and the moments that need a knot besides them.

    Attributes:
        bridged: (N - 1,) bool: whether the path between a fix and the next is known.
        extra_s: (E,) ascending: moments in bridged gaps, at most 1 s apart; edges of those that aren't bridged; ends.
        unknown_from_s: Where each unbridged gap's unknown part begins; one of ``extra_s``.
    """

    bridged: Mask
    extra_s: Float
    unknown_from_s: Float


def find_gaps(time_s: Float, xy_m: Float, separate: Mask, reach_s: float) -> Gaps:
    """Find the gaps between (N,) fixes.

    Args:
        time_s: (N,) ascending.
        xy_m: (N, 2).
        separate: (N,) bool: fixes that have nothing to do with the one before.
        reach_s: How far into an unbridged gap a fix still tells the place.
    """
    step_s, step_m = np.diff(time_s), np.hypot(*np.diff(xy_m, axis=0).T)
    bridged = (step_s <= BRIDGE_S) & (step_m <= BRIDGE_M) & ~separate[1:]
    start, end = time_s[:-1], time_s[1:]
    reach = np.minimum(reach_s, step_s[~bridged] / 3.0)
    extra = [np.array([time_s[0] - END_REACH_S, time_s[-1] + END_REACH_S])]
    extra += [start[~bridged] + reach, end[~bridged] - reach]
    for parts in range(2, int(np.ceil(BRIDGE_S)) + 1):
        wide = bridged & (np.ceil(step_s - 1e-6) == parts)
        extra += [start[wide] + step_s[wide] * (part / parts) for part in range(1, parts)]
    return Gaps(bridged, np.sort(np.concatenate(extra)), start[~bridged] + reach)


def make_knots(
    knot_s: Float,
    xy_m: Float,
    velocity_mps: Float,
    error_m: Float,
    velocity_sigma_mps: Float,
    unknown_from_s: Float,
    *,
    noisy: bool = True,
) -> Knots:
    """Complete knots by heading, distance and what is known.

    Args:
        knot_s: (K,) ascending.
        xy_m: (K, 2).
        velocity_mps: (K, 2).
        error_m: (K,) 1 sigma radial.
        velocity_sigma_mps: (K,) 1 sigma of one axis.
        unknown_from_s: Knots after which the path isn't known up to the next knot.
        noisy: Whether a slow velocity is mostly noise, so that heading is held and distance stands still. Not so for
            an odometer's offsets, nor for stills whose times, and so speeds, aren't real.
    """
    known = np.ones(len(knot_s) - 1, dtype=bool)
    known[np.searchsorted(knot_s, unknown_from_s)] = False
    speed = np.hypot(velocity_mps[:, 0], velocity_mps[:, 1])
    stretch = np.concatenate(([0], np.cumsum(~known)))
    source = held_from(speed > (MOVING_MPS if noisy else 0.0), stretch)
    told = source >= 0
    heading = np.degrees(np.arctan2(velocity_mps[source, 0], velocity_mps[source, 1]))
    error = np.degrees(np.arctan2(velocity_sigma_mps[source], speed[source]))
    return Knots(
        knot_s=knot_s,
        xy_m=xy_m,
        velocity_mps=velocity_mps,
        heading_deg=np.unwrap(np.where(told, heading, 0.0), period=360.0),
        error_m=error_m,
        heading_error_deg=np.where(told, error, 180.0),
        distance_m=_distance(knot_s, xy_m, speed, known & noisy, known),
        known=known,
    )


def unsmoothed_knots(
    time_s: Float, xy_m: Float, velocity_mps: Float, error_m: Float, velocity_sigma_mps: Float
) -> Knots:
    """Make knots of (N,) places that are taken as they are; arguments as in ``make_knots``, one a place.

    An unbridged gap is known at its two ends only.
    """
    gaps = find_gaps(time_s, xy_m, np.zeros(len(time_s), dtype=bool), reach_s=1e-3)
    knot_s = np.sort(np.concatenate((time_s, gaps.extra_s)))

    def carried(values: Float) -> Float:
        columns = values.reshape(len(values), -1).T
        return np.stack([np.interp(knot_s, time_s, column) for column in columns], axis=1)

    beyond_s = knot_s - np.clip(knot_s, time_s[0], time_s[-1])
    velocity = carried(velocity_mps)
    return make_knots(
        knot_s,
        carried(xy_m) + velocity * beyond_s[:, None],
        velocity,
        carried(error_m)[:, 0] + carried(velocity_sigma_mps)[:, 0] * np.abs(beyond_s),
        carried(velocity_sigma_mps)[:, 0],
        gaps.unknown_from_s,
        noisy=False,
    )


def held_from(moving: Mask, stretch: Int) -> Int:
    """Tell which knot each knot takes its heading from: the last moving one, else the next, of its own stretch.

    Returns:
        (K,) int64; -1 where nothing in the stretch moves.
    """
    own = np.arange(len(moving))
    last = np.maximum.accumulate(np.where(moving, own, -1))
    following = np.minimum.accumulate(np.where(moving, own, len(own))[::-1])[::-1]
    after = np.minimum(following, len(own) - 1)
    has_last = (last >= 0) & (stretch[last] == stretch)
    has_next = (following < len(own)) & (stretch[after] == stretch)
    return np.where(has_last, last, np.where(has_next, after, -1))


def _distance(knot_s: Float, xy_m: Float, speed: Float, integrated: Mask, known: Mask) -> Float:
    """Integrate speed over some intervals, and take the straight line over the others; zero at the first frame."""
    moving = np.where(speed < STANDING_MPS, 0.0, speed)
    travelled = 0.5 * (moving[1:] + moving[:-1]) * np.diff(knot_s)
    straight = np.hypot(*np.diff(xy_m, axis=0).T)
    distance = np.concatenate(([0.0], np.cumsum(np.where(integrated, travelled, straight))))
    after_start = np.flatnonzero(known & (knot_s[1:] > 0.0))
    if not len(after_start):
        return distance
    begins_s = max(0.0, float(knot_s[after_start[0]]))
    return distance - float(np.interp(begins_s, knot_s, distance))
