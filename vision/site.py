"""A site: the roads that site.toml names, and which of them a place is on."""

from __future__ import annotations

import json
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vision.errors import ConfigError
from vision.route import Route
from vision.types import Float, Int, frozen

FARTHEST_M = 50.0
"""A place further than this from every centre line is on none of the site's routes."""

_ACROSS_M = 20.0
"""What it counts against a route, in metres of distance, to run across the direction of travel: at a crossing the
nearest line is often that of the other road."""

Carriageway = Literal["forward", "backward"]


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
    """

    name: str
    kind: Literal["road"]
    routes: tuple[Route, ...]

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


def read_site(path: Path) -> Site:
    """Read site.toml.

    ``[site]`` has ``name`` and ``kind = "road"``; each ``[[route]]`` has ``name``, either ``centre_line``
    (``[[longitude, latitude], ...]`` in degrees of WGS 84) or ``centre_line_file`` (GeoJSON with one LineString, beside
    site.toml), and may have ``start_chainage_m`` (0) and ``lane_width_m``.

    Raises:
        ConfigError: The file or a centre line can't be read, or makes no sense; says which and why.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise ConfigError(f"site file {path} can't be read: {err.strerror or err}") from err
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise ConfigError(f"site file {path} is not TOML: {err}") from err
    _refuse_unknown(content, {"site", "route"}, f"{path.name}")
    header, routes = content.get("site", {}), content.get("route", [])
    if not isinstance(header, dict) or not isinstance(routes, list) or not all(isinstance(r, dict) for r in routes):
        raise ConfigError(f"{path.name}: write [site] once and [[route]], in two pairs of brackets, for each road")
    _refuse_unknown(header, {"name", "kind"}, f"{path.name}, [site]")
    if header.get("kind") != "road":
        raise ConfigError(f'{path.name}, [site]: kind is {header.get("kind")!r}; write kind = "road"')
    if not routes:
        raise ConfigError(f"{path.name} has no [[route]]: add one with a name and a centre_line")
    site = Site(
        name=_text(header, "name", f"{path.name}, [site]"),
        kind="road",
        routes=tuple(_route(entry, path, number) for number, entry in enumerate(routes, start=1)),
    )
    names = [route.name for route in site.routes]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"{path.name}: two routes are named {twice!r}; give each its own name")
    return site


def _route(entry: dict[str, Any], path: Path, number: int) -> Route:
    where = f"{path.name}, route {number}"
    _refuse_unknown(entry, {"name", "start_chainage_m", "lane_width_m", "centre_line", "centre_line_file"}, where)
    name = _text(entry, "name", where)
    where = f"{path.name}, route {name!r}"
    if ("centre_line" in entry) == ("centre_line_file" in entry):
        raise ConfigError(f"{where}: give either centre_line or centre_line_file")
    if "centre_line" in entry:
        points = entry["centre_line"]
    else:
        points = _points_of(path.parent / _text(entry, "centre_line_file", where), where)
    lane_width_m = _metres(entry, "lane_width_m", where)
    if lane_width_m is not None and not 1.0 <= lane_width_m <= 10.0:
        raise ConfigError(f"{where}: lane_width_m = {lane_width_m:g} is no lane; give metres, usually 2.5 to 4")
    longitude, latitude = _line(points, where)
    start_chainage_m = _metres(entry, "start_chainage_m", where)
    return Route(name, longitude, latitude, start_chainage_m if start_chainage_m is not None else 0.0, lane_width_m)


def _line(points: Any, where: str) -> tuple[Float, Float]:
    """Give longitude and latitude of a centre line without points that repeat the one before."""
    if not isinstance(points, list) or not all(_is_position(point) for point in points):
        raise ConfigError(f"{where}: centre_line must be a list of [longitude, latitude] pairs in degrees")
    for longitude, latitude, *_ in points:
        if abs(latitude) > 90.0 or abs(longitude) > 180.0:
            swapped = abs(longitude) <= 90.0 and abs(latitude) <= 180.0
            hint = (
                "they are swapped: write longitude first"
                if swapped
                else "longitude lies within 180, latitude within 90"
            )
            raise ConfigError(f"{where}: point [{longitude:g}, {latitude:g}] is not on the globe; {hint}")
    line = np.array([point[:2] for point in points], dtype=np.float64).reshape(-1, 2)
    fresh = np.ones(len(line), dtype=bool)
    fresh[1:] = np.any(line[1:] != line[:-1], axis=1)
    line = line[fresh]
    if len(line) < 2:
        raise ConfigError(
            f"{where}: the centre line has {len(line)} point{'s' * (len(line) != 1)}; it needs two or more"
        )
    return frozen(line[:, 0]), frozen(line[:, 1])


def _points_of(path: Path, where: str) -> Any:
    """Give the positions of the one LineString of a GeoJSON file (RFC 7946)."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise ConfigError(f"{where}: centre_line_file {path} can't be read: {err.strerror or err}") from err
    except ValueError as err:
        raise ConfigError(f"{where}: centre_line_file {path} is not JSON: {err}") from err
    features = content.get("features", [content]) if isinstance(content, dict) else []
    geometries = [f.get("geometry", f) for f in features if isinstance(f, dict)] if isinstance(features, list) else []
    lines = [
        g["coordinates"]
        for g in geometries
        if isinstance(g, dict) and g.get("type") == "LineString" and "coordinates" in g
    ]
    if len(lines) != 1:
        raise ConfigError(f"{where}: {path.name} holds {len(lines)} LineStrings; it needs exactly one")
    return lines[0]


def _is_position(point: Any) -> bool:
    numbers = isinstance(point, list) and 2 <= len(point) <= 3
    return numbers and all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in point)


def _metres(entry: dict[str, Any], key: str, where: str) -> float | None:
    value = entry.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"{where}: {key} = {value!r} is not a number of metres")
    return float(value)


def _text(entry: dict[str, Any], key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f'{where}: {key} is missing; write {key} = "..."')
    return value.strip()


def _refuse_unknown(entry: dict[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(entry) - known)
    if unknown:
        raise ConfigError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")
