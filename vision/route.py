"""A road's centre line, with chainage along it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from pyproj import Geod

from vision.errors import LocationError
from vision.local_frame import LocalFrame
from vision.types import Float

_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Route:
    """A road's centre line, with chainage along it as geodesic length on WGS 84.

    Attributes:
        name: Of the road or section.
        longitude_deg: (M,) WGS 84, at least two points, no two in a row equal.
        latitude_deg: (M,).
        start_chainage_m: Of the first point.
        lane_width_m: None where the site file doesn't say.
        lanes: Of both directions together; None where the site file doesn't say.
        oneway: All lanes run along rising or along falling chainage, none against the others.
        centre_line_error_m: 1 sigma of where the line lies, across the road; 1 m suits a line drawn on imagery.
    """

    name: str
    longitude_deg: Float
    latitude_deg: Float
    start_chainage_m: float = 0.0
    lane_width_m: float | None = None
    lanes: int | None = None
    oneway: bool = False
    centre_line_error_m: float = 1.0

    @cached_property
    def point_chainage_m(self) -> Float:
        """(M,) chainage of each point of the line."""
        steps_m = _GEOD.line_lengths(self.longitude_deg, self.latitude_deg)
        return self.start_chainage_m + np.concatenate(([0.0], np.cumsum(steps_m)))

    @property
    def end_chainage_m(self) -> float:
        """Chainage of the last point."""
        return float(self.point_chainage_m[-1])

    @cached_property
    def _frame(self) -> LocalFrame:
        middle = len(self.latitude_deg) // 2
        return LocalFrame.around(float(self.latitude_deg[middle]), float(self.longitude_deg[middle]))

    @cached_property
    def _xy_m(self) -> Float:
        return np.stack(self._frame.to_local(self.latitude_deg, self.longitude_deg), axis=1)

    @cached_property
    def _legs(self) -> shapely.STRtree:
        legs = np.stack((self._xy_m[:-1], self._xy_m[1:]), axis=1)
        return shapely.STRtree(list(np.atleast_1d(np.asarray(shapely.linestrings(legs)))))

    def points_at(self, chainage_m: Float, lateral_m: Float | float = 0.0) -> tuple[Float, Float]:
        """Give (latitude_deg, longitude_deg), (N,) each, of places on the route; beyond its ends, of its ends."""
        chainage_m = np.asarray(chainage_m, dtype=np.float64)
        leg = np.clip(np.searchsorted(self.point_chainage_m, chainage_m, side="right") - 1, 0, len(self._xy_m) - 2)
        start, along = self._xy_m[leg], self._xy_m[leg + 1] - self._xy_m[leg]
        from_m, to_m = self.point_chainage_m[leg], self.point_chainage_m[leg + 1]
        share = np.clip((chainage_m - from_m) / (to_m - from_m), 0.0, 1.0)
        left = np.stack((-along[:, 1], along[:, 0]), axis=1) / np.hypot(*along.T)[:, None]
        xy = start + share[:, None] * along + left * np.broadcast_to(lateral_m, chainage_m.shape)[:, None]
        located = self._frame.to_geographic(xy[:, 0], xy[:, 1])
        if located is None:
            raise LocationError(f"route {self.name} has no geographic frame")
        return located

    def line_between(self, start_m: float, end_m: float) -> tuple[tuple[float, float], ...]:
        """Give ((longitude, latitude), ...) of the centre line between two chainages, its own points included."""
        inner = self.point_chainage_m[(self.point_chainage_m > start_m) & (self.point_chainage_m < end_m)]
        latitude, longitude = self.points_at(np.concatenate(([start_m], inner, [end_m])))
        return tuple(zip(longitude.tolist(), latitude.tolist(), strict=True))

    def project(self, latitude_deg: Float, longitude_deg: Float) -> tuple[Float, Float, Float, Float]:
        """Project (N,) places onto the line.

        Returns:
            Chainage and lateral offset (left positive) in metres, distance from the line in metres, and the line's
            direction there in degrees clockwise from north; (N,) each. Beyond the ends the chainage runs on.
        """
        xy = np.stack(self._frame.to_local(latitude_deg, longitude_deg), axis=1)
        pairs = self._legs.query_nearest(shapely.points(xy), all_matches=False)
        leg = np.zeros(len(xy), dtype=np.int64)
        leg[pairs[0]] = pairs[1]
        start, along = self._xy_m[leg], self._xy_m[leg + 1] - self._xy_m[leg]
        length_m = np.hypot(along[:, 0], along[:, 1])
        unit = along / length_m[:, None]
        offset = xy - start
        along_m = np.einsum("ni,ni->n", offset, unit)
        lateral_m = unit[:, 0] * offset[:, 1] - unit[:, 1] * offset[:, 0]
        on_leg_m = np.clip(along_m, 0.0, length_m)
        distance_m = np.hypot(lateral_m, along_m - on_leg_m)
        # At a bend the place may lie beyond both legs: it belongs to the corner. Only off the line's ends it runs on.
        runs_on = ((leg == 0) & (along_m < 0.0)) | ((leg == len(self._xy_m) - 2) & (along_m > length_m))
        corner = ~runs_on & (along_m != on_leg_m)
        lateral_m = np.where(corner, np.copysign(distance_m, lateral_m), lateral_m)
        from_m, to_m = self.point_chainage_m[leg], self.point_chainage_m[leg + 1]
        chainage_m = from_m + np.where(runs_on, along_m, on_leg_m) * ((to_m - from_m) / length_m)
        return chainage_m, lateral_m, distance_m, np.degrees(np.arctan2(unit[:, 0], unit[:, 1]))
