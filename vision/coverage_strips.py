"""The lines that coverage is counted along: a carriageway of a route, or the drive itself; and the camera on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.route import Route
from vision.site import Carriageway, Site
from vision.track_cleaning import Mask
from vision.trajectory import NO_HEADING_DEG, Poses, Trajectory
from vision.types import Float, Int

Line = tuple[tuple[float, float], ...]

DRIVE = 0
"""Number of the strip along the drive. Road r has strip 1 + 2 r forward and 2 + 2 r backward."""

_REAL_GAP_STEPS = 3.0
"""A step of a chainage file this many times the usual one is a gap: no picture was taken in it."""


@dataclass(frozen=True, slots=True)
class Road:
    """A route that coverage is counted along.

    Attributes:
        name: None where a chainage file names no route.
        route: Its centre line, where a site has it.
    """

    name: str | None
    route: Route | None

    @property
    def limits_m(self) -> tuple[float, float]:
        """Lowest and highest chainage that the road has; infinite where no centre line says."""
        if self.route is None:
            return -np.inf, np.inf
        return self.route.start_chainage_m, self.route.end_chainage_m


@dataclass(frozen=True, slots=True)
class CameraPlaces:
    """Where the camera was on the strips at N moments.

    Attributes:
        strip: (N,) number of the strip, -1 for none.
        place_m: (N,) metres along it.
        ahead: (N,) 1 where it looked toward rising metres, -1 toward falling ones.
        placed: (N,) bool: False where the place was only filled in across a gap.
    """

    strip: Int
    place_m: Float
    ahead: Int
    placed: Mask


@dataclass(frozen=True, slots=True)
class Strips:
    """The strips of one footage."""

    trajectory: Trajectory
    site: Site | None
    roads: tuple[Road, ...]

    @classmethod
    def of(cls, trajectory: Trajectory, site: Site | None) -> Strips:
        """Lay strips along a site's routes, or along the sections of a chainage file."""
        if trajectory.frame.kind == "chainage":
            sections = trajectory.frame.sections
            names: Sequence[str | None] = [s.route for s in sections] if sections else [trajectory.frame.route]
            roads = tuple(Road(name, site.route(name) if site is not None else None) for name in names)
        else:
            roads = tuple(Road(route.name, route) for route in site.routes) if site is not None else ()
        return cls(trajectory, site, roads)

    def limits_m(self) -> tuple[Float, Float]:
        """Give the lowest and the highest metres of each strip, by its number."""
        limits = [(-np.inf, np.inf)] + [road.limits_m for road in self.roads for _ in range(2)]
        low, high = np.array(limits).T
        return low, high

    def places(self, pts_ns: Int) -> CameraPlaces:
        """Give the camera's places at (N,) moments; strip -1 where place or heading isn't known."""
        poses = self.trajectory.at_many(pts_ns)
        known = poses.valid & (poses.heading_error_deg < NO_HEADING_DEG)
        if self.trajectory.frame.kind == "chainage":
            road, place_m, ahead = self._on_sections(poses)
        elif self.site is not None:
            road, place_m, ahead = self._on_routes(self.site, poses)
        else:
            road, place_m, ahead = np.full(len(pts_ns), -1), poses.distance_m, np.ones(len(pts_ns), dtype=np.int64)
        off = road < 0
        strip = np.where(off, DRIVE, 1 + 2 * road + (ahead < 0))
        return CameraPlaces(
            strip=np.where(known, strip, -1),
            place_m=np.where(off, poses.distance_m, place_m),
            ahead=np.where(off, 1, ahead),
            placed=known,
        )

    def across_gaps(self, pts_ns: Int) -> CameraPlaces:
        """Give places at (N,) ascending moments, filled in at steady speed where a gap begins and ends on one strip."""
        places = self.places(pts_ns)
        known, lost = np.flatnonzero(places.placed), np.flatnonzero(~places.placed)
        if not len(known) or not len(lost):
            return places
        after = np.searchsorted(known, lost)
        inside = (after > 0) & (after < len(known))
        lost, before, after = lost[inside], known[after[inside] - 1], known[after[inside]]
        same = places.strip[before] == places.strip[after]
        lost, before, after = lost[same], before[same], after[same]
        share = (pts_ns[lost] - pts_ns[before]) / (pts_ns[after] - pts_ns[before])
        strip, place_m, ahead = places.strip.copy(), places.place_m.copy(), places.ahead.copy()
        strip[lost], ahead[lost] = places.strip[before], places.ahead[before]
        place_m[lost] = places.place_m[before] + share * (places.place_m[after] - places.place_m[before])
        return CameraPlaces(strip, place_m, ahead, places.placed)

    def passed(self, first_pts_ns: int, last_pts_ns: int, step_m: float) -> CameraPlaces:
        """Give places at most ``step_m`` apart all along the known path between two moments, sampled or not."""
        knots = self.trajectory.knots
        times = np.clip(knots.knot_s, first_pts_ns / 1e9, last_pts_ns / 1e9)
        length_m = np.diff(knots.distance_m)
        driven = knots.known & (np.diff(times) > 0.0)
        if self.trajectory.frame.kind == "chainage" and np.any(length_m[driven] > 0.01):
            usual_m = float(np.median(length_m[driven & (length_m > 0.01)]))
            driven &= length_m <= _REAL_GAP_STEPS * usual_m
        legs = np.flatnonzero(driven)
        parts = np.maximum(np.ceil(length_m[legs] / step_m), 1).astype(np.int64)
        leg = np.repeat(legs, parts)
        part = np.arange(len(leg)) - np.repeat(np.cumsum(parts) - parts, parts)
        share = part / np.repeat(parts, parts)
        moments = np.concatenate((times[leg] + share * (times[leg + 1] - times[leg]), [last_pts_ns / 1e9]))
        return self.places(np.round(moments * 1e9).astype(np.int64))

    def drive_lines(self, start_m: Float, end_m: Float) -> list[Line]:
        """Give ((longitude, latitude), ...) along the drive of (B,) stretches of it; empty where not known.

        Ahead of the last place the line runs straight on.
        """
        if self.trajectory.frame.kind == "chainage" or not len(start_m):
            return [()] * len(start_m)
        knots = self.trajectory.knots
        at_m = np.stack((start_m, (start_m + end_m) / 2.0, end_m), axis=1).ravel()
        time_s = np.interp(at_m, knots.distance_m, knots.knot_s)
        poses = self.trajectory.at_many(np.floor(time_s * 1e9).astype(np.int64))
        beyond_m = np.maximum(at_m - knots.distance_m[-1], 0.0)
        heading = np.radians(poses.heading_deg)
        located = self.trajectory.frame.to_geographic(
            poses.x_m + beyond_m * np.sin(heading), poses.y_m + beyond_m * np.cos(heading)
        )
        if located is None:
            return [()] * len(start_m)
        points = np.stack((located[1], located[0]), axis=1).reshape(-1, 3, 2)
        return [tuple((lon, lat) for lon, lat in line.tolist()) if np.isfinite(line).all() else () for line in points]

    def carriageway(self, strip: int) -> Carriageway:
        """Give the carriageway of a road's strip."""
        return "forward" if strip % 2 else "backward"

    def _on_sections(self, poses: Poses) -> tuple[Int, Float, Int]:
        sections = self.trajectory.frame.sections
        ahead = np.where(np.sin(np.radians(poses.heading_deg)) < 0.0, -1, 1)
        if not sections:
            return np.zeros(len(ahead), dtype=np.int64), poses.x_m, ahead
        middles = np.array([s.x_offset_m + (s.start_m + s.end_m) / 2.0 for s in sections])
        halves = np.array([(s.end_m - s.start_m) / 2.0 for s in sections])
        outside = np.abs(np.nan_to_num(poses.x_m)[:, None] - middles[None, :]) - halves[None, :]
        road = np.argmin(np.maximum(outside, 0.0), axis=1)
        return road, poses.x_m - np.array([s.x_offset_m for s in sections])[road], ahead

    def _on_routes(self, site: Site, poses: Poses) -> tuple[Int, Float, Int]:
        located = self.trajectory.frame.to_geographic(poses.x_m, poses.y_m)
        if located is None:
            return np.full(len(poses.x_m), -1), poses.distance_m, np.ones(len(poses.x_m), dtype=np.int64)
        found = site.locate_many(*located, poses.heading_deg)
        return found.route_index, found.chainage_m, found.forward
