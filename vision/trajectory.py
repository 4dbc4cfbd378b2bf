"""Where the camera was at any moment of its footage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vision.chainage_knots import CHAINAGE_ERROR_M, YAW_SIGMA_DEG, chainage_frame, chainage_knots
from vision.clock_alignment import AlignedTimes, align
from vision.errors import TelemetryError
from vision.geographic_knots import FixSummary, geographic_knots
from vision.local_frame import LocalFrame
from vision.track_cleaning import Mask
from vision.track_knots import Knots
from vision.types import Float, FootageInfo, Int, Pose, TelemetryTrack

_MARGIN_S = 60.0
"""Fixes this long before and after the footage still help to smooth its ends; others are left out."""

NO_HEADING_DEG = 90.0
"""From this error of the heading on, nobody knows which way the camera looks: it never moved."""


@dataclass(frozen=True, slots=True)
class Poses:
    """Poses at N moments, as structure of arrays; fields and units as in ``Pose``. NaN where not valid."""

    x_m: Float
    y_m: Float
    heading_deg: Float
    speed_mps: Float
    distance_m: Float
    error_m: Float
    heading_error_deg: Float
    valid: Mask


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The camera's path in a local frame.

    Positions between knots follow the cubic that has the knots' positions and velocities, which is the best estimate
    under the smoother's own model of motion. In a gap that is too long to bridge there is no pose, and the distance
    travelled runs on by the straight line across it, which is the least that it can have been.

    Attributes:
        frame: Of x and y.
        knots: States that the path goes through.
        offset_note: In a sentence or two: how the track's times and the footage's were brought together, what was left
            over, and which errors are stated.
    """

    frame: LocalFrame
    knots: Knots
    offset_note: str

    def at(self, pts_ns: int) -> Pose:
        """Give the pose at one moment. NaN in every other field where ``valid`` is False."""
        poses = self.at_many(np.array([pts_ns], dtype=np.int64))
        return Pose(
            x_m=float(poses.x_m[0]),
            y_m=float(poses.y_m[0]),
            heading_deg=float(poses.heading_deg[0]),
            speed_mps=float(poses.speed_mps[0]),
            distance_m=float(poses.distance_m[0]),
            error_m=float(poses.error_m[0]),
            heading_error_deg=float(poses.heading_error_deg[0]),
            valid=bool(poses.valid[0]),
        )

    def at_many(self, pts_ns: Int) -> Poses:
        """Give the poses at (N,) moments, in any order."""
        time_s = np.asarray(pts_ns, dtype=np.int64) / 1e9
        knots = self.knots
        before = np.searchsorted(knots.knot_s, time_s, side="right") - 1
        inside = (before >= 0) & (time_s <= knots.knot_s[-1])
        before = np.clip(before, 0, len(knots.knot_s) - 2)
        valid = inside & knots.known[before]
        dt = knots.knot_s[before + 1] - knots.knot_s[before]
        u = np.where(valid, (time_s - knots.knot_s[before]) / dt, np.nan)
        xy, velocity = _cubic(knots, before, dt[:, None], u[:, None])

        def between(values: Float) -> Float:
            return values[before] + u * (values[before + 1] - values[before])

        return Poses(
            x_m=xy[:, 0],
            y_m=xy[:, 1],
            heading_deg=np.mod(between(knots.heading_deg), 360.0),
            speed_mps=np.hypot(velocity[:, 0], velocity[:, 1]),
            distance_m=between(knots.distance_m),
            error_m=between(knots.error_m),
            heading_error_deg=between(knots.heading_error_deg),
            valid=valid,
        )

    def distance_at(self, pts_ns: Int) -> Float:
        """Give (N,) metres travelled since the first frame; NaN where the place isn't known."""
        return self.at_many(pts_ns).distance_m

    def distance_across_gaps(self, pts_ns: Int) -> Float:
        """Give (N,) metres travelled, in a gap as if it were crossed at steady speed; NaN outside all knots."""
        time_s = np.asarray(pts_ns, dtype=np.int64) / 1e9
        return np.interp(time_s, self.knots.knot_s, self.knots.distance_m, left=np.nan, right=np.nan)


def fit_trajectory(track: TelemetryTrack, info: FootageInfo, clock_offset_s: float | None = None) -> Trajectory:
    """Fit a telemetry track to its footage.

    GNSS fixes are cleaned of outliers and smoothed; offsets along a road are taken as they are. Times by frame, or
    since the first frame, are used directly. A track in UTC is matched by the time at which the footage says that it
    was recorded; where it says none, or one outside the track, and both last equally long, they are taken to start
    together, and ``offset_note`` says so.

    Args:
        track: As read.
        info: The footage.
        clock_offset_s: Seconds to add to the footage's clock to get the track's, on top of the above. None where nobody
            gave one; 0.0 says that the two are to be matched as they are.

    Raises:
        TelemetryError: Track and footage share no moment, nothing says how they belong together, or no frame gets a
            place; the message states both spans and what to do.
    """
    aligned = align(track, info, clock_offset_s)
    near = (aligned.time_s >= -_MARGIN_S) & (aligned.time_s <= info.duration_s + _MARGIN_S)
    rows, time_s = aligned.rows[near], aligned.time_s[near]
    if not len(rows):
        raise TelemetryError(f"{track.source} has no position within {_MARGIN_S:g} s of the footage")
    if track.chainage_m is not None:
        routes = None if track.routes is None else tuple(track.routes[row] for row in rows)
        frame, x_m = chainage_frame(track.chainage_m[rows], routes, track.route)
        knots, errors = chainage_knots(time_s, x_m), _chainage_note(len(rows))
    else:
        frame, xy_m = _project(track, rows)
        stated = None if track.horizontal_error_m is None else track.horizontal_error_m[rows]
        knots, summary = geographic_knots(time_s, xy_m, stated, clocked=info.clock != "index")
        errors = _fix_note(summary, clocked=info.clock != "index")
    fitted = Trajectory(frame, knots, "")
    poses = fitted.at_many(info.frame_pts_ns)
    if not poses.valid.any():
        raise TelemetryError(
            f"{track.source} gives no frame a place: its nearest position is {np.abs(time_s).min():.1f} s from the "
            f"first frame and the footage lasts {info.duration_s:.1f} s; check --clock-offset, or give the whole track"
        )
    return Trajectory(frame, knots, _note(track, aligned, errors, poses))


def _project(track: TelemetryTrack, rows: Int) -> tuple[LocalFrame, Float]:
    """Give a geographic frame around a fix amid the track, and (N, 2) x and y of the rows."""
    if track.latitude_deg is None or track.longitude_deg is None:
        raise TelemetryError(f"{track.source} has latitudes without longitudes")
    latitude, longitude = track.latitude_deg[rows], track.longitude_deg[rows]
    middle = int(np.argsort(latitude, kind="stable")[len(latitude) // 2])  # a far outlier is at one end of the order
    frame = LocalFrame.around(float(latitude[middle]), float(longitude[middle]))
    return frame, np.stack(frame.to_local(latitude, longitude), axis=1)


def _cubic(knots: Knots, before: Int, dt: Float, u: Float) -> tuple[Float, Float]:
    """Give positions and velocities, (N, 2) each, on the Hermite cubics between knots, at fractions u (N, 1)."""
    start, end = knots.xy_m[before], knots.xy_m[before + 1]
    leaving, arriving = knots.velocity_mps[before] * dt, knots.velocity_mps[before + 1] * dt
    step = end - start
    xy = start + u * (leaving + u * (3.0 * step - 2.0 * leaving - arriving + u * (leaving + arriving - 2.0 * step)))
    slope = leaving + u * (2.0 * (3.0 * step - 2.0 * leaving - arriving) + 3.0 * u * (leaving + arriving - 2.0 * step))
    return xy, slope / dt


def _note(track: TelemetryTrack, aligned: AlignedTimes, errors: str, poses: Poses) -> str:
    note = f"{track.source}: {aligned.note}. {errors}. {poses.valid.mean():.0%} of the frames have a place."
    looking = float((poses.valid & (poses.heading_error_deg < NO_HEADING_DEG)).mean())
    if looking == poses.valid.mean():
        return note
    return (
        f"{note[:-1]}, {looking:.0%} a direction of view too; what the others show is named by footage and time, "
        "since nothing says which way the camera looked."
    )


def _fix_note(summary: FixSummary, *, clocked: bool) -> str:
    sigma = f"their 1 sigma radial error of {summary.sigma_m:.1f} m is {summary.sigma_from}"
    if not clocked:
        return f"{summary.fixes} fixes are taken as they are, since the stills carry no times; {sigma}"
    return (
        f"{summary.fixes} fixes, {summary.refused} refused as outliers, lie {summary.residual_m:.2f} m (median) from "
        f"the fitted path; {sigma}, and half of its variance is taken to be correlated in time, which no smoothing "
        "removes"
    )


def _chainage_note(count: int) -> str:
    return (
        f"{count} offsets along the road, taken as they are, with 1 sigma of {CHAINAGE_ERROR_M:g} m (the usual "
        f"resolution of survey offsets) and an assumed {YAW_SIGMA_DEG:g} degrees between vehicle and road"
    )
