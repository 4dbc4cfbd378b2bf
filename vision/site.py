"""A site: the roads that site.toml names, and which of them a place is on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vision.route import Route
from vision.types import Float, Int

FARTHEST_M = 50.0
"""A place further than this from every centre line is on none of the site's routes."""

_ACROSS_M = 20.0
"""What it counts against a route, in metres of distance, to run across the direction of travel: at a crossing the
nearest line is often that of the other road."""

Carriageway = Literal["forward", "backward"]
DrivingSide = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class RoutePosition:
    """A place on a route.

    Attributes:
        route: The route's name.
        chainage_m: Along the centre line. Off either end it is counted on in the line's last direction.
        lateral_m: To the left of rising chainage is positive.
        carriageway: ``forward`` if heading along rising chainage, ``backward`` against it; None without a heading.
        distance_m: From the nearest point of the centre line.
    """

    route: str
    chainage_m: float
    lateral_m: float
    carriageway: Carriageway | None
    distance_m: float


@dataclass(frozen=True, slots=True)
class RoutePositions:
    """N places on routes, as structure of arrays; fields and units as in ``RoutePosition``.

    Attributes:
        route_index: (N,) into the site's routes; -1 for a place on none.
        chainage_m: (N,), NaN on none; so are the others.
        lateral_m: (N,).
        forward: (N,) 1 along rising chainage, -1 against it, 0 without a heading.
        distance_m: (N,).
    """

    route_index: Int
    chainage_m: Float
    lateral_m: Float
    forward: Int
    distance_m: Float


@dataclass(frozen=True)
class Site:
    """A road network.

    Attributes:
        name: Of the site.
        kind: Roads only, so far.
        routes: At least one, each name once.
        driving_side: Of the road that traffic keeps to; None where the site file doesn't say.
    """

    name: str
    kind: Literal["road"]
    routes: tuple[Route, ...]
    driving_side: DrivingSide | None = None

    def route(self, name: str | None) -> Route | None:
        """Give the route of a name, if the site has it."""
        return next((route for route in self.routes if route.name == name), None)

    def locate(self, latitude_deg: float, longitude_deg: float, heading_deg: float | None) -> RoutePosition | None:
        """Tell where on which route a place is; None further than 50 m from every route.

        Where several routes are near, one that runs along the direction of travel goes before one that runs across.

        Args:
            latitude_deg: WGS 84.
            longitude_deg: WGS 84.
            heading_deg: Direction of travel, clockwise from north; None where not known.
        """
        heading = np.array([np.nan if heading_deg is None else heading_deg])
        found = self.locate_many(np.array([latitude_deg]), np.array([longitude_deg]), heading)
        index = int(found.route_index[0])
        if index < 0:
            return None
        carriageways: dict[int, Carriageway | None] = {1: "forward", -1: "backward", 0: None}
        return RoutePosition(
            route=self.routes[index].name,
            chainage_m=float(found.chainage_m[0]),
            lateral_m=float(found.lateral_m[0]),
            carriageway=carriageways[int(found.forward[0])],
            distance_m=float(found.distance_m[0]),
        )

    def locate_many(self, latitude_deg: Float, longitude_deg: Float, heading_deg: Float) -> RoutePositions:
        """Locate (N,) places as ``locate`` does; NaN for a heading that isn't known, and for a place that isn't."""
        count = len(latitude_deg)
        result = RoutePositions(
            route_index=np.full(count, -1, dtype=np.int64),
            chainage_m=np.full(count, np.nan),
            lateral_m=np.full(count, np.nan),
            forward=np.zeros(count, dtype=np.int64),
            distance_m=np.full(count, np.nan),
        )
        placed = np.flatnonzero(np.isfinite(latitude_deg) & np.isfinite(longitude_deg))
        if not len(placed):
            return result
        least = np.full(len(placed), np.inf)
        for index, route in enumerate(self.routes):
            chainage_m, lateral_m, distance_m, direction = route.project(latitude_deg[placed], longitude_deg[placed])
            turn = np.abs(np.mod(heading_deg[placed] - direction + 180.0, 360.0) - 180.0)
            across = (turn > 45.0) & (turn < 135.0)
            cost = distance_m + _ACROSS_M * across
            better = (cost < least) & (distance_m <= FARTHEST_M)
            least[better] = cost[better]
            rows = placed[better]
            result.route_index[rows] = index
            result.chainage_m[rows] = chainage_m[better]
            result.lateral_m[rows] = lateral_m[better]
            result.distance_m[rows] = distance_m[better]
            result.forward[rows] = np.where(np.isfinite(turn[better]), np.where(turn[better] <= 90.0, 1, -1), 0)
        return result
