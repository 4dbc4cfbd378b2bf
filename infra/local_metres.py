"""Differences of latitude and longitude in metres, for places that are near each other."""

from __future__ import annotations

import numpy as np

from vision.types import Float

SEMI_MAJOR_M = 6_378_137.0
ECCENTRICITY_SQUARED = 6.694_379_990_14e-3
"""WGS 84 (NIMA TR8350.2, table 3.1 and 3.3)."""


def metres_a_degree(latitude_deg: Float | float) -> tuple[Float, Float]:
    """Give the length of one degree of longitude and of one of latitude.

    From the radii of curvature in the prime vertical and the meridian (Snyder, *Map Projections*, USGS PP 1395, 4-18
    and 4-20).

    >>> east_m, north_m = metres_a_degree(0.0)
    >>> round(float(east_m)), round(float(north_m))
    (111319, 110574)
    """
    latitude = np.radians(np.asarray(latitude_deg, dtype=np.float64))
    root = np.sqrt(1.0 - ECCENTRICITY_SQUARED * np.sin(latitude) ** 2)
    prime_vertical_m = SEMI_MAJOR_M / root
    meridian_m = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED) / root**3
    return np.radians(1.0) * prime_vertical_m * np.cos(latitude), np.radians(1.0) * meridian_m


def east_north_m(from_deg: tuple[float, float], to_deg: tuple[float, float]) -> tuple[float, float]:
    """Give how far east and north one place is of another near it; both are (longitude, latitude).

    The antimeridian is crossed the short way.
    """
    east_scale, north_scale = metres_a_degree((from_deg[1] + to_deg[1]) / 2.0)
    east_deg = (to_deg[0] - from_deg[0] + 180.0) % 360.0 - 180.0
    return east_deg * float(east_scale), (to_deg[1] - from_deg[1]) * float(north_scale)


def on_plane_m(longitude_latitude_deg: Float, origin_deg: tuple[float, float]) -> Float:
    """Give (N, 2) east and north of an origin (longitude, latitude), in metres, on one scale for all.

    For finding neighbours: 100 km north or south of the origin the east scale is off by some 2 %.
    """
    east_scale, north_scale = metres_a_degree(origin_deg[1])
    difference = np.asarray(longitude_latitude_deg, dtype=np.float64).reshape(-1, 2) - np.array(origin_deg)
    east_deg = (difference[:, 0] + 180.0) % 360.0 - 180.0
    return np.column_stack([east_deg * east_scale, difference[:, 1] * north_scale])
