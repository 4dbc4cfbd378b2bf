"""The road's centre line: a gently curving line on a plane, and where that plane lies on the Earth.

Plane coordinates are metres east and north of the route's first point. Along the route a place is ``along_m`` (metres
from the first point) and ``lateral_m`` (left of the line is positive).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import Proj

from vision.simulation.random_streams import random_stream

Float = NDArray[np.float64]

STEP_M = 0.5
_MIN_RADIUS_M = 450.0
# Middles of farming country, far from coasts: (name, longitude, latitude, spread in degrees).
_REGIONS = (
    ("Thuringia", 10.6, 51.2, 0.3),
    ("Beauce", 1.6, 48.1, 0.2),
    ("Iowa", -93.6, 42.1, 0.6),
    ("Alentejo", -7.9, 38.4, 0.3),
    ("Rio Grande do Sul", -53.2, -28.4, 0.5),
    ("Maharashtra", 75.2, 19.3, 0.5),
    ("Free State", 27.2, -28.6, 0.5),
    ("Victoria", 142.9, -36.6, 0.5),
)


@dataclass(frozen=True, slots=True)
class Route:
    """A centre line, sampled each ``STEP_M``.

    Attributes:
        name: Road name.
        start_chainage_m: Chainage of the first point.
        longitude_deg: Of the first point, WGS 84.
        latitude_deg: Of the first point.
        along_m: (N,) distance from the first point.
        east_m: (N,) plane coordinate.
        north_m: (N,) plane coordinate.
        heading_rad: (N,) direction of rising chainage, anticlockwise from east.
    """

    name: str
    start_chainage_m: float
    longitude_deg: float
    latitude_deg: float
    along_m: Float
    east_m: Float
    north_m: Float
    heading_rad: Float

    @property
    def length_m(self) -> float:
        """Length of the line."""
        return float(self.along_m[-1])

    def plane_point(self, along_m: Float | float, lateral_m: Float | float) -> tuple[Float, Float]:
        """Give east and north of places on the road."""
        heading = np.interp(along_m, self.along_m, self.heading_rad)
        east = np.interp(along_m, self.along_m, self.east_m) - np.sin(heading) * lateral_m
        north = np.interp(along_m, self.along_m, self.north_m) + np.cos(heading) * lateral_m
        return np.asarray(east), np.asarray(north)

    def heading_at(self, along_m: float) -> float:
        """Give the direction of rising chainage, radians anticlockwise from east."""
        return float(np.interp(along_m, self.along_m, self.heading_rad))

    def lonlat(self, east_m: Float | float, north_m: Float | float) -> tuple[Float, Float]:
        """Give longitude and latitude (WGS 84, azimuthal equidistant about the first point)."""
        plane = Proj(proj="aeqd", lon_0=self.longitude_deg, lat_0=self.latitude_deg, ellps="WGS84")
        longitude, latitude = plane(east_m, north_m, inverse=True)
        return np.asarray(longitude), np.asarray(latitude)

    def centre_line_lonlat(self, spacing_m: float = 5.0) -> list[tuple[float, float]]:
        """Give the centre line as (longitude, latitude) each ``spacing_m``, both ends included."""
        along = np.append(np.arange(0.0, self.length_m - 0.5 * spacing_m, spacing_m), self.length_m)
        longitude, latitude = self.lonlat(*self.plane_point(along, 0.0))
        return [(round(float(x), 8), round(float(y), 8)) for x, y in zip(longitude, latitude, strict=True)]


def make_route(seed: int, length_m: float) -> Route:
    """Lay a curving route of a given length at a made-up place in farming country.

    The curvature is a sum of slow sines, at most 1 / 450 m, whose phases come from the seed, so that a longer route
    begins as a shorter one does.
    """
    rng = random_stream(seed, "route")
    _, longitude, latitude, spread = _REGIONS[int(rng.integers(len(_REGIONS)))]
    longitude += float(rng.uniform(-spread, spread))
    latitude += float(rng.uniform(-spread, spread))
    along = np.asarray(np.arange(int(np.ceil(length_m / STEP_M)) + 1) * STEP_M, np.float64)
    along[-1] = length_m
    wavelengths, phases = np.array([310.0, 530.0, 970.0]), rng.uniform(0.0, 2.0 * np.pi, 3)
    weights = rng.dirichlet(np.ones(3)) * rng.uniform(0.35, 1.0)
    curvature = (weights * np.sin(2.0 * np.pi * along[:, None] / wavelengths + phases)).sum(axis=1) / _MIN_RADIUS_M
    steps = np.diff(along)
    middle = 0.5 * (curvature[1:] + curvature[:-1])
    turns = np.concatenate([[0.0], np.cumsum(middle * steps)])
    heading = np.asarray(float(rng.uniform(-np.pi, np.pi)) + turns, np.float64)
    halfway = 0.5 * (heading[1:] + heading[:-1])
    east = np.concatenate([[0.0], np.cumsum(np.cos(halfway) * steps)])
    north = np.concatenate([[0.0], np.cumsum(np.sin(halfway) * steps)])
    name = f"{rng.choice(['K', 'B', 'R', 'L'])} {int(rng.integers(11, 989))}"
    start_chainage = float(rng.integers(2, 480)) * 100.0
    return Route(name, start_chainage, longitude, latitude, along, east, north, heading)
