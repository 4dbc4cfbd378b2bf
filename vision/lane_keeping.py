"""Tells where a vehicle is across the road from the lane that it must be in.

The slow part of a receiver's error, about a metre or two for tens of seconds, stays whatever is smoothed. Where the
site says which side of the road traffic keeps to, how many lanes there are and how wide, a vehicle that goes along the
road is most likely near the middle of one of its own side's lanes. That and the receiver's word are weighed by Bayes'
rule: a mixture of one Gaussian a lane and a small chance of being in none (overtaking, the hard shoulder, a car park),
in which the receiver alone counts. The place along the road stays the receiver's. Map matching with lanes; for the
moments of a mixture see Bar-Shalom, Li and Kirubarajan, Estimation with Applications to Tracking and Navigation, 2001.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from vision.route import Route
from vision.site import DrivingSide, Site
from vision.track_knots import Knots
from vision.trajectory import Trajectory
from vision.types import Float

KEEPING_SIGMA_M = 0.4
"""1 sigma of a vehicle about the middle of its lane. Within one drive alert drivers deviate by about 0.2 m (Verster and
Roth, Standard operation procedures for conducting the on-the-road driving test, and measurement of the standard
deviation of lateral position, International Journal of General Medicine 4, 2011); where each keeps on average, and
where in the vehicle the camera is, is taken to vary by 0.35 m."""

NO_LANE_SHARE = 0.05
"""Prior chance that a vehicle on the route is in none of its side's lanes."""

_NO_LANE_WIDTH_M = 30.0
_ALONG_DEG = 30.0
"""A vehicle that heads further off the route's direction than this is turning, and keeps to no lane."""

_STEADY_S = 4.0
"""The receiver's slow error hardly changes in this time (its correlation time is about 30 s), while a driver's
wandering in the lane partly averages out over it."""

_LEAST_TOLD_M = 0.05


@dataclass(frozen=True, slots=True)
class LaneFix:
    """What lanes say of (N,) places across a road.

    Attributes:
        shift_m: (N,) by which a place lies further left than the receiver said; 0 where no lane says anything.
        variance_m2: (N,) of the place across the road, after that.
    """

    shift_m: Float
    variance_m2: Float


def keep_to_lane(trajectory: Trajectory, site: Site) -> Trajectory:
    """Correct a trajectory across the road by the site's lanes, and state the smaller error.

    Nothing changes where the site doesn't give driving side, lanes and lane width, on a chainage frame, off the
    routes, or where the vehicle heads across them. ``offset_note`` says what was done.
    """
    knots = trajectory.knots
    if site.driving_side is None or trajectory.frame.kind != "geographic":
        return trajectory
    located = trajectory.frame.to_geographic(knots.xy_m[:, 0], knots.xy_m[:, 1])
    if located is None:
        raise ValueError("a geographic frame gives coordinates")
    on_route = site.locate_many(*located, np.mod(knots.heading_deg, 360.0))
    across_variance = knots.error_m**2 / 2.0
    shift, variance, left = np.zeros(len(knots.knot_s)), across_variance.copy(), np.zeros((len(knots.knot_s), 2))
    for index, route in enumerate(site.routes):
        rows = np.flatnonzero((on_route.route_index == index) & (on_route.forward != 0))
        direction_deg = route.project(located[0][rows], located[1][rows])[3]
        off_deg = (
            np.mod(knots.heading_deg[rows] - direction_deg + 90.0, 180.0) - 90.0
        )  # of the line, either way along it
        rows, direction_deg = rows[np.abs(off_deg) <= _ALONG_DEG], direction_deg[np.abs(off_deg) <= _ALONG_DEG]
        for way in (1, -1):
            own = on_route.forward[rows] == way
            at, lanes = rows[own], lane_middles(route, site.driving_side, way)
            if not len(at) or not len(lanes):
                continue
            fix = fix_across(on_route.lateral_m[at], across_variance[at], lanes, _lane_variance(route))
            shift[at], variance[at] = fix.shift_m, fix.variance_m2
            radians = np.radians(direction_deg[own])
            left[at] = np.stack((-np.cos(radians), np.sin(radians)), axis=1)
    moved = _steadied(knots, shift[:, None] * left)
    moved_m = np.hypot(*moved.T)
    told = moved_m > _LEAST_TOLD_M
    if not told.any():
        return trajectory
    corrected = replace(
        knots, xy_m=knots.xy_m + moved, error_m=np.sqrt(across_variance + _steadied(knots, variance[:, None])[:, 0])
    )
    note = (
        f"{trajectory.offset_note} Across the road, places follow the site's lanes: the vehicle is taken to keep to "
        f"one of its own side's, which moved its path by {np.median(moved_m[told]):.1f} m (median)."
    )
    return replace(trajectory, knots=corrected, offset_note=note)


def lane_middles(route: Route, driving_side: DrivingSide, way: int) -> Float:
    """Give where the middles of the lanes lie that a vehicle may be in, in metres to the left of rising chainage.

    Args:
        route: Its centre line runs amid all its lanes.
        driving_side: Of the site.
        way: 1 along rising chainage, -1 against it.

    Returns:
        (L,); on a two-way road with an odd number of lanes the middle one counts for both directions. Empty where the
        route doesn't say how many lanes there are, or how wide.
    """
    if route.lanes is None or route.lane_width_m is None:
        return np.zeros(0)
    middles = (np.arange(route.lanes) - (route.lanes - 1) / 2.0) * route.lane_width_m
    if route.oneway:
        return np.asarray(middles, dtype=np.float64)
    side = way if driving_side == "left" else -way
    return np.asarray(middles[side * middles > -route.lane_width_m / 4.0], dtype=np.float64)


def fix_across(lateral_m: Float, variance_m2: Float, lane_m: Float, lane_variance_m2: float) -> LaneFix:
    """Weigh the receiver's word against the lanes, for (N,) places.

    Args:
        lateral_m: (N,) as the receiver says.
        variance_m2: (N,) of that, above 0.
        lane_m: (L,) middles of the lanes.
        lane_variance_m2: Of a vehicle about its lane's middle, and of the middle itself.
    """
    off = lane_m[None, :] - lateral_m[:, None]
    both = (variance_m2 + lane_variance_m2)[:, None]
    share = (1.0 - NO_LANE_SHARE) / len(lane_m)
    in_lane = share * np.exp(-0.5 * off**2 / both) / np.sqrt(2.0 * math.pi * both)
    weight = in_lane / (in_lane.sum(axis=1, keepdims=True) + NO_LANE_SHARE / _NO_LANE_WIDTH_M)
    gain = (variance_m2 / (variance_m2 + lane_variance_m2))[:, None]
    shift = np.sum(weight * gain * off, axis=1)
    within = np.sum(weight * (1.0 - gain), axis=1) * variance_m2 + (1.0 - weight.sum(axis=1)) * variance_m2
    between = np.sum(weight * (gain * off - shift[:, None]) ** 2, axis=1) + (1.0 - weight.sum(axis=1)) * shift**2
    return LaneFix(shift, within + between)


def _lane_variance(route: Route) -> float:
    return KEEPING_SIGMA_M**2 + route.centre_line_error_m**2


def _steadied(knots: Knots, values: Float) -> Float:
    """Average (K, C) values over some seconds around each knot, within stretches whose path is known."""
    stretch = np.concatenate(([0], np.cumsum(~knots.known)))
    result = np.empty_like(values)
    for row, moment in enumerate(knots.knot_s):
        first, last = np.searchsorted(knots.knot_s, (moment - 3.0 * _STEADY_S, moment + 3.0 * _STEADY_S))
        near = np.arange(first, last)
        near = near[stretch[near] == stretch[row]]
        weight = np.exp(-0.5 * ((knots.knot_s[near] - moment) / _STEADY_S) ** 2)
        result[row] = weight @ values[near] / weight.sum()
    return result
