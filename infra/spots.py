"""Whether an inspection looked at a spot: what the difference between *repaired* and *not observed* rests on."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely

from infra.local_metres import on_plane_m
from infra.merge_rules import MergeRules
from vision.types import CoverageBin, Float, Place


@dataclass(frozen=True, slots=True)
class SpotView:
    """How an inspection's coverage shows one spot.

    Attributes:
        state: ``outside``: the inspection has no road there. ``unseen``: not driven, or not validly. ``seen``: validly.
        bins: The valid bins that show it; empty unless seen.
    """

    state: Literal["outside", "unseen", "seen"]
    bins: tuple[CoverageBin, ...] = ()


OUTSIDE = SpotView("outside")


class DrivenRoad:
    """The coverage of one inspection, for looking up spots."""

    def __init__(self, bins: Sequence[CoverageBin], rules: MergeRules) -> None:
        self._rules = rules
        self._bins = [b for b in bins if len(b.line) >= 2]
        self._origin = self._bins[0].line[0] if self._bins else (0.0, 0.0)
        self._lines = [shapely.LineString(on_plane_m(np.array(b.line), self._origin)) for b in self._bins]
        self._tree = shapely.STRtree(self._lines)
        self._by_route: dict[str, list[CoverageBin]] = defaultdict(list)
        for b in bins:
            if b.route is not None:
                self._by_route[b.route].append(b)
        for of_route in self._by_route.values():
            of_route.sort(key=lambda b: b.start_m)
        self._driven_routes = {b.route for b in bins if b.state != "not_driven"}

    def bounds_deg(self) -> tuple[float, float, float, float] | None:
        """Give west, south, east, north of all lines; None without positions."""
        points = [point for b in self._bins for point in b.line]
        if not points:
            return None
        longitudes, latitudes = [p[0] for p in points], [p[1] for p in points]
        return min(longitudes), min(latitudes), max(longitudes), max(latitudes)

    def stretches(self) -> dict[str, tuple[float, float]]:
        """Give route -> first and last metre of what coverage says of it, for the routes that were driven."""
        return {
            route: (min(b.start_m for b in bins), max(b.end_m for b in bins))
            for route, bins in sorted(self._by_route.items())
            if route in self._driven_routes
        }

    def look_at(self, place: Place) -> SpotView:
        """Tell whether a spot was validly seen by one footage, wherever within its error it is."""
        if self._bins and place.latitude_deg is not None and place.longitude_deg is not None:
            near = self._near(place)
        else:
            near = self._along(place)
        if not near:
            return OUTSIDE
        seen = []
        for of_footage in near.values():
            if all(b.state == "valid" for b in of_footage):
                seen += of_footage
        return SpotView("seen", tuple(seen)) if seen else SpotView("unseen")

    def _near(self, place: Place) -> dict[str | None, list[CoverageBin]]:
        """Give by footage the bins that may hold a place on the map."""
        position = np.array([[place.longitude_deg, place.latitude_deg]], dtype=np.float64)
        point = shapely.Point(on_plane_m(position, self._origin)[0])
        hits = self._tree.query(point, predicate="dwithin", distance=self._rules.coverage_reach_m)
        found: dict[str | None, list[tuple[float, CoverageBin]]] = defaultdict(list)
        for index in sorted(hits.tolist()):
            b = self._bins[index]
            if self._same_way(b, self._lines[index], place) and (b.route is None or b.route in self._driven_routes):
                found[b.footage_id].append((shapely.distance(self._lines[index], point), b))
        near = {}
        for footage_id, candidates in found.items():
            reach = math.hypot(min(distance for distance, _ in candidates), place.position_error_m)
            near[footage_id] = [b for distance, b in candidates if distance <= reach]
        return near

    def _along(self, place: Place) -> dict[str | None, list[CoverageBin]]:
        """Give by footage the bins that may hold a place on a route."""
        near: dict[str | None, list[CoverageBin]] = defaultdict(list)
        if place.route is None or place.chainage_m is None or place.route not in self._driven_routes:
            return near
        start, end = place.chainage_m - place.position_error_m, place.chainage_m + place.position_error_m
        for b in self._by_route[place.route]:
            other_way = None not in (b.carriageway, place.carriageway) and b.carriageway != place.carriageway
            if b.start_m <= end and b.end_m > start and not other_way:
                near[b.footage_id].append(b)
        return near

    def _same_way(self, b: CoverageBin, line: shapely.LineString, place: Place) -> bool:
        if b.carriageway is not None and place.carriageway is not None and b.route == place.route:
            return b.carriageway == place.carriageway
        if place.heading_deg is None or b.state == "not_driven" or b.route is not None:
            return True  # a line along a route runs with its chainage, whichever way it was driven
        ends: Float = shapely.get_coordinates(line)[[0, -1]]
        east, north = ends[1] - ends[0]
        heading = math.degrees(math.atan2(east, north))
        difference = abs((heading - place.heading_deg + 180.0) % 360.0 - 180.0)
        return difference <= self._rules.heading_tolerance_deg
