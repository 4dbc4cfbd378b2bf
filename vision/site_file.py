"""Reads site.toml: the roads of a site, each with its centre line."""

from __future__ import annotations

import json
import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np

from vision.errors import ConfigError
from vision.route import Route
from vision.site import Site
from vision.types import Float, frozen

_ROUTE_KEYS = {
    "name",
    "start_chainage_m",
    "lane_width_m",
    "lanes",
    "oneway",
    "centre_line_error_m",
    "centre_line",
    "centre_line_file",
}


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
    _refuse_unknown(header, {"name", "kind", "driving_side"}, f"{path.name}, [site]")
    if header.get("kind") != "road":
        raise ConfigError(f'{path.name}, [site]: kind is {header.get("kind")!r}; write kind = "road"')
    if not routes:
        raise ConfigError(f"{path.name} has no [[route]]: add one with a name and a centre_line")
    side = header.get("driving_side")
    if side not in (None, "left", "right"):
        raise ConfigError(f'{path.name}, [site]: driving_side is {side!r}; write "left" or "right"')
    site = Site(
        driving_side=side,
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
    _refuse_unknown(entry, _ROUTE_KEYS, where)
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
    error_m = _metres(entry, "centre_line_error_m", where)
    if error_m is not None and not 0.0 <= error_m <= 50.0:
        raise ConfigError(f"{where}: centre_line_error_m = {error_m:g} must lie from 0 to 50")
    known = {"start_chainage_m": start_chainage_m, "centre_line_error_m": error_m}
    return Route(
        name,
        longitude,
        latitude,
        lane_width_m=lane_width_m,
        lanes=_lanes(entry, where),
        oneway=_oneway(entry, where),
        **{key: value for key, value in known.items() if value is not None},
    )


def _lanes(entry: dict[str, Any], where: str) -> int | None:
    lanes = entry.get("lanes")
    if lanes is not None and (isinstance(lanes, bool) or not isinstance(lanes, int) or not 1 <= lanes <= 16):
        raise ConfigError(
            f"{where}: lanes = {lanes!r} must be a whole number from 1 to 16, of both directions together"
        )
    return lanes


def _oneway(entry: dict[str, Any], where: str) -> bool:
    oneway = entry.get("oneway", False)
    if not isinstance(oneway, bool):
        raise ConfigError(f"{where}: oneway = {oneway!r}; write true or false")
    return oneway


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
