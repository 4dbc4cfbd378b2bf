"""The flat frame in metres that poses and defects are computed in, and its way back to latitude and longitude."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, overload

import numpy as np
from pyproj import Proj

from vision.errors import LocationError
from vision.types import Float


@lru_cache(maxsize=64)
def _projection(latitude_deg: float, longitude_deg: float) -> Proj:
    """Give the azimuthal equidistant projection of WGS 84 around a point: true distance and azimuth from that point."""
    return Proj(proj="aeqd", lat_0=latitude_deg, lon_0=longitude_deg, ellps="WGS84", units="m")


@dataclass(frozen=True, slots=True)
class ChainageSection:
    """One road section on the x axis of a chainage frame that covers several.

    Attributes:
        route: The section's name.
        x_offset_m: ``x_m = chainage_m + x_offset_m`` on this section.
        start_m: Lowest chainage that the frame has of it.
        end_m: Highest chainage that the frame has of it.
    """

    route: str
    x_offset_m: float
    start_m: float
    end_m: float


@dataclass(frozen=True, slots=True)
class LocalFrame:
    """A flat frame in metres. Make one with ``around`` or ``along``.

    A ``geographic`` frame is the azimuthal equidistant projection of WGS 84 around its origin: x east, y north. At
    40 km from the origin it stretches lengths across the line of sight by 7 parts in a million (d² / 6 R², Snyder,
    Map Projections: A Working Manual, USGS PP 1395, section 25), which no GNSS receiver on a road vehicle would notice.

    In a ``chainage`` frame x is metres along ``route`` and y is metres to the left of its rising direction. It knows no
    latitude. Where a file covers several sections they lie one after the other on the x axis: ``route`` is then None,
    and ``section_at`` says which section and chainage an x is.

    Attributes:
        kind: Which of the two.
        origin_latitude_deg: WGS 84; None in a chainage frame.
        origin_longitude_deg: WGS 84; None in a chainage frame.
        route: Name of the one route of a chainage frame, if the file names one.
        sections: Several routes of a chainage frame; empty otherwise.
    """

    kind: Literal["geographic", "chainage"]
    origin_latitude_deg: float | None = None
    origin_longitude_deg: float | None = None
    route: str | None = None
    sections: tuple[ChainageSection, ...] = ()

    @classmethod
    def around(cls, latitude_deg: float, longitude_deg: float) -> LocalFrame:
        """Make a geographic frame with its origin at a point of WGS 84."""
        return cls("geographic", float(latitude_deg), float(longitude_deg))

    @classmethod
    def along(cls, route: str | None, sections: tuple[ChainageSection, ...] = ()) -> LocalFrame:
        """Make a chainage frame along one route, or along several sections."""
        return cls("chainage", route=route, sections=sections)

    def section_at(self, x_m: float) -> tuple[str | None, float]:
        """Tell which route, and which chainage on it in metres, an x of this chainage frame is.

        Raises:
            LocationError: This is a geographic frame.
        """
        if self.kind != "chainage":
            raise LocationError("a geographic frame has no chainage: locate the point on a site's routes instead")
        if not self.sections:
            return self.route, x_m
        nearest = min(self.sections, key=lambda section: _outside(section, x_m - section.x_offset_m))
        return nearest.route, x_m - nearest.x_offset_m

    @overload
    def to_geographic(self, x_m: float, y_m: float) -> tuple[float, float] | None: ...

    @overload
    def to_geographic(self, x_m: Float, y_m: Float) -> tuple[Float, Float] | None: ...

    def to_geographic(self, x_m: float | Float, y_m: float | Float) -> tuple[float | Float, float | Float] | None:
        """Give (latitude_deg, longitude_deg) in WGS 84 of points in metres; None from a chainage frame.

        Numbers give numbers, (N,) arrays give (N,) arrays; NaN stays NaN.
        """
        if self.origin_latitude_deg is None or self.origin_longitude_deg is None:
            return None
        projection = _projection(self.origin_latitude_deg, self.origin_longitude_deg)
        x, y = np.atleast_1d(np.asarray(x_m, np.float64)), np.atleast_1d(np.asarray(y_m, np.float64))
        longitude, latitude = projection(x, y, inverse=True)
        known = np.isfinite(x) & np.isfinite(y)
        return _as_given(np.where(known, latitude, np.nan), x_m), _as_given(np.where(known, longitude, np.nan), x_m)

    @overload
    def to_local(self, latitude_deg: float, longitude_deg: float) -> tuple[float, float]: ...

    @overload
    def to_local(self, latitude_deg: Float, longitude_deg: Float) -> tuple[Float, Float]: ...

    def to_local(
        self, latitude_deg: float | Float, longitude_deg: float | Float
    ) -> tuple[float | Float, float | Float]:
        """Give (x_m, y_m), east and north of the origin, of points of WGS 84.

        Numbers give numbers, (N,) arrays give (N,) arrays; NaN stays NaN.

        Raises:
            LocationError: This is a chainage frame, which knows no latitude.
        """
        if self.origin_latitude_deg is None or self.origin_longitude_deg is None:
            raise LocationError("a chainage frame knows no latitude and longitude: give the footage a GPS track")
        projection = _projection(self.origin_latitude_deg, self.origin_longitude_deg)
        latitude = np.atleast_1d(np.asarray(latitude_deg, np.float64))
        longitude = np.atleast_1d(np.asarray(longitude_deg, np.float64))
        x, y = projection(longitude, latitude)
        known = np.isfinite(latitude) & np.isfinite(longitude)
        return _as_given(np.where(known, x, np.nan), latitude_deg), _as_given(np.where(known, y, np.nan), latitude_deg)


def _outside(section: ChainageSection, chainage_m: float) -> float:
    """Give how far a chainage lies outside what the frame has of a section; 0 within."""
    return max(section.start_m - chainage_m, chainage_m - section.end_m, 0.0)


def _as_given(values: Float, like: float | Float) -> float | Float:
    """Give a number for a number and an array for an array."""
    return values if np.ndim(like) else float(values[0])
