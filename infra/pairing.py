"""Which sightings of a pass may be which known defects: by class, direction of travel and nearness."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from infra.local_metres import east_north_m, on_plane_m
from infra.merge_rules import MergeRules
from infra.observation import Observation
from vision.types import Float, Place

PLANE_SLACK = 1.2
"""Neighbours are looked for a little further out, since one plane serves a whole pass."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A sighting and an observation of a known finding that may be one defect.

    Attributes:
        sighting: Index into the pass.
        finding: Index into the known findings.
        known: The observation of that finding.
        residual_m: Known place minus sighting's: (east, north), or (along, left) on a route without positions.
        along: Unit vector of the direction of travel in the same axes; None where it isn't known.
        half_sizes_m: Half the footprint (along, across) of the sighting, then of the known observation.
        route: None where the axes are east and north.
        same_class: False for two classes that the rules let join.
        overlap_only: Nearness isn't enough for these classes.
    """

    sighting: int
    finding: int
    known: Observation
    residual_m: tuple[float, float]
    along: tuple[float, float] | None
    half_sizes_m: tuple[tuple[float, float], tuple[float, float]]
    route: str | None
    same_class: bool
    overlap_only: bool


def candidate_pairs(
    sightings: Sequence[Observation], known: Sequence[Sequence[Observation]], rules: MergeRules
) -> list[Pair]:
    """Give every pair that class, direction and ``gate_cap_m`` allow.

    Args:
        sightings: Of one pass.
        known: The observations of each known finding.
        rules: When two may be one.
    """
    flat = [(index, observation) for index, observations in enumerate(known) for observation in observations]
    pairs = []
    for left, right, route in _near(sightings, [observation for _, observation in flat], rules):
        finding, observation = flat[right]
        pair = _pair((left, sightings[left]), (finding, observation), route, rules)
        if pair is not None and separation_m(pair, (0.0, 0.0), rules) <= rules.gate_cap_m:
            pairs.append(pair)
    return pairs


def separation_m(pair: Pair, offset_m: tuple[float, float], rules: MergeRules) -> float:
    """Give how far apart the two are once the pass is shifted by an offset.

    Middles are compared, but along an axis in which either is longer than ``extended_from_m`` they are together as soon
    as they share a third of the shorter one: two passes rarely see a long crack from end to end alike.
    """
    along_m, across_m = _along_across(pair, offset_m)
    if pair.along is None:
        return math.hypot(along_m, across_m)
    (along_1, across_1), (along_2, across_2) = pair.half_sizes_m
    return math.hypot(_gap(along_m, along_1, along_2, rules), _gap(across_m, across_1, across_2, rules))


def shared_share(pair: Pair, offset_m: tuple[float, float], rules: MergeRules) -> float:
    """Give how much of the smaller footprint lies in the other, once the pass is shifted by an offset.

    Footprints are boxes along the road, and at least as wide as places are uncertain among neighbours.
    """
    if pair.along is None:
        return 0.0
    least = rules.relative_error_m / 2.0
    common, smaller = 1.0, [1.0, 1.0]
    for apart, first, second in zip(_along_across(pair, offset_m), *pair.half_sizes_m, strict=True):
        first, second = max(first, least), max(second, least)
        common *= max(0.0, min(first + second - abs(apart), 2.0 * min(first, second)))
        smaller = [smaller[0] * 2.0 * first, smaller[1] * 2.0 * second]
    return common / min(smaller)


def is_extended(pair: Pair, rules: MergeRules) -> bool:
    """Tell whether either is so long that its middle says little."""
    return 2.0 * max(max(half) for half in pair.half_sizes_m) > rules.extended_from_m


def _near(
    sightings: Sequence[Observation], known: Sequence[Observation], rules: MergeRules
) -> Iterator[tuple[int, int, str | None]]:
    """Give pairs of indices that are near by position, or by chainage where either has no position."""
    longest = max((max(_half_sizes_m(observation, rules)) for observation in known), default=0.0)
    reach = [rules.gate_cap_m + longest + max(_half_sizes_m(sighting, rules)) for sighting in sightings]
    left = [(i, position) for i, s in enumerate(sightings) if (position := _position_deg(s.place)) is not None]
    right = [(i, position) for i, o in enumerate(known) if (position := _position_deg(o.place)) is not None]
    if left and right:
        origin = left[len(left) // 2][1]
        radii = np.array([reach[i] for i, _ in left]) * PLANE_SLACK
        points = [on_plane_m(np.array([position for _, position in side]), origin) for side in (left, right)]
        for row, found in enumerate(_within(points[0], points[1], radii)):
            yield from ((left[row][0], right[column][0], None) for column in found)
    positioned = ({i for i, _ in left}, {i for i, _ in right})
    for route in sorted({s.place.route for s in sightings if s.place and s.place.route is not None}):
        ours, theirs = _on_route(sightings, route), _on_route(known, route)
        if not ours or not theirs:
            continue
        columns = [np.array([[chainage, 0.0] for _, chainage in side]) for side in (ours, theirs)]
        for row, found in enumerate(_within(columns[0], columns[1], np.array([reach[i] for i, _ in ours]))):
            for column in found:
                i, j = ours[row][0], theirs[column][0]
                if not (i in positioned[0] and j in positioned[1]):
                    yield i, j, route


def _within(points: Float, others: Float, radii: Float) -> list[list[int]]:
    found = cKDTree(others).query_ball_point(points, radii)
    return [sorted(row) for row in found]


def _position_deg(place: Place | None) -> tuple[float, float] | None:
    if place is None or place.longitude_deg is None or place.latitude_deg is None:
        return None
    return place.longitude_deg, place.latitude_deg


def _on_route(observations: Sequence[Observation], route: str) -> list[tuple[int, float]]:
    return [
        (i, o.place.chainage_m)
        for i, o in enumerate(observations)
        if o.place is not None and o.place.route == route and o.place.chainage_m is not None
    ]


def _pair(
    left: tuple[int, Observation], right: tuple[int, Observation], route: str | None, rules: MergeRules
) -> Pair | None:
    sighting, known = left[1], right[1]
    here, there = sighting.place, known.place
    classes = _classes(sighting.class_name, known.class_name, rules)
    if classes is None or here is None or there is None or not _same_way(here, there, rules):
        return None
    if route is None:
        first, second = _position_deg(here), _position_deg(there)
        if first is None or second is None:
            return None
        residual = east_north_m(first, second)
        heading = here.heading_deg if here.heading_deg is not None else there.heading_deg
        along = None if heading is None else (math.sin(math.radians(heading)), math.cos(math.radians(heading)))
    else:
        across = 0.0 if here.lateral_m is None or there.lateral_m is None else there.lateral_m - here.lateral_m
        if abs(across) > rules.lane_m:
            return None
        residual = ((there.chainage_m or 0.0) - (here.chainage_m or 0.0), across)
        along = (1.0, 0.0)
    sizes = (_half_sizes_m(sighting, rules), _half_sizes_m(known, rules))
    return Pair(left[0], right[0], known, residual, along, sizes, route, *classes)


def _classes(first: str, second: str, rules: MergeRules) -> tuple[bool, bool] | None:
    """Give (same class, only by overlap), or None for classes that are never one defect."""
    if first == second:
        return True, False
    if any(first in kinds and second in kinds for kinds in rules.near_kinds):
        return False, False
    if any(first in kinds and second in kinds for kinds in rules.overlapping_kinds):
        return False, True
    return None


def _same_way(here: Place, there: Place, rules: MergeRules) -> bool:
    if here.heading_deg is not None and there.heading_deg is not None:
        difference = abs((here.heading_deg - there.heading_deg + 180.0) % 360.0 - 180.0)
        return difference <= rules.heading_tolerance_deg
    if here.route == there.route and here.carriageway is not None and there.carriageway is not None:
        return here.carriageway == there.carriageway
    return True


def _half_sizes_m(observation: Observation, rules: MergeRules) -> tuple[float, float]:
    length = observation.length_m.value if observation.length_m is not None else 0.0
    width = observation.width_m.value if observation.width_m is not None else 0.0
    return (width / 2.0, length / 2.0) if observation.class_name in rules.across_kinds else (length / 2.0, width / 2.0)


def _along_across(pair: Pair, offset_m: tuple[float, float]) -> tuple[float, float]:
    x, y = pair.residual_m[0] - offset_m[0], pair.residual_m[1] - offset_m[1]
    if pair.along is None:
        return x, y
    return x * pair.along[0] + y * pair.along[1], y * pair.along[0] - x * pair.along[1]


def _gap(apart_m: float, first_half_m: float, second_half_m: float, rules: MergeRules) -> float:
    if 2.0 * max(first_half_m, second_half_m) <= rules.extended_from_m:
        return abs(apart_m)
    shared_third = 2.0 * min(first_half_m, second_half_m) / 3.0
    return max(0.0, abs(apart_m) - (first_half_m + second_half_m - shared_third))
