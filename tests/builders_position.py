"""Makes footage, tracks and drives with a known truth, for tests of where the camera was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vision.local_frame import LocalFrame
from vision.trajectory import Poses, Trajectory
from vision.types import ExaminedFrame, Float, FootageInfo, FrameQuality, Int, RefusalReason, TelemetryTrack

SECOND = 1_000_000_000
HOME = LocalFrame.around(51.2, 10.6)
"""Frame that made-up drives are laid out in."""


def make_info(duration_s: float = 60.0, fps: float = 10.0, **overrides: Any) -> FootageInfo:
    """Give footage of a length, as the probe would."""
    pts_ns = np.round(np.arange(int(duration_s * fps) + 1) * SECOND / fps).astype(np.int64)
    fields: dict[str, Any] = {
        "footage_id": "f" * 64,
        "path": "drive.mp4",
        "kind": "video",
        "width_px": 1280,
        "height_px": 720,
        "frame_pts_ns": pts_ns,
        "keyframe_pts_ns": pts_ns[:1],
        "codec": "h264",
        "clock": "container",
    }
    return FootageInfo(**fields | overrides)


def make_track(time_s: Sequence[float] | Float, xy_m: Float, **overrides: Any) -> TelemetryTrack:
    """Give a track of (N, 2) places in metres east and north of ``HOME``, by seconds since the first frame."""
    located = HOME.to_geographic(xy_m[:, 0], xy_m[:, 1])
    assert located is not None
    fields: dict[str, Any] = {
        "source": "gpx drive.gpx",
        "latitude_deg": located[0],
        "longitude_deg": located[1],
    }
    if not {"utc_ns", "frame_index"} & set(overrides):
        fields["footage_ns"] = np.round(np.asarray(time_s) * SECOND).astype(np.int64)
    return TelemetryTrack(**fields | overrides)


def make_chainage(chainage_m: Sequence[float], **overrides: Any) -> TelemetryTrack:
    """Give a chainage track with one row a frame."""
    fields: dict[str, Any] = {
        "source": "chainage_csv run.csv",
        "frame_index": np.arange(len(chainage_m)),
        "chainage_m": np.array(chainage_m, dtype=np.float64),
        "route": "B7",
    }
    return TelemetryTrack(**fields | overrides)


def make_examined(pts_ns: Int, refused: dict[int, RefusalReason] | None = None) -> list[ExaminedFrame]:
    """Give examined frames without detections; those of the given positions refused."""
    reasons = refused or {}
    return [
        ExaminedFrame(int(moment), FrameQuality(reasons.get(row), 100.0, 110.0), None)
        for row, moment in enumerate(pts_ns)
    ]


def in_home(trajectory: Trajectory, poses: Poses) -> Float:
    """Give poses as (N, 2) metres east and north of ``HOME``."""
    located = trajectory.frame.to_geographic(poses.x_m, poses.y_m)
    assert located is not None
    return np.stack(HOME.to_local(*located), axis=1)


@dataclass(frozen=True)
class Drive:
    """A made-up drive at 10 states a second.

    Attributes:
        time_s: (N,).
        xy_m: (N, 2) east and north of ``HOME``.
        speed_mps: (N,).
        heading_deg: (N,) clockwise from north.
    """

    time_s: Float
    xy_m: Float
    speed_mps: Float
    heading_deg: Float

    @property
    def along_m(self) -> Float:
        """(N,) metres driven."""
        return np.concatenate(([0.0], np.cumsum(self.speed_mps[:-1] * np.diff(self.time_s))))

    def fixes(self, rng: np.random.Generator, every_s: float = 1.0, drms_m: float = 2.0) -> tuple[Float, Float]:
        """Give times and (M, 2) fixes: half of the variance white, half Gauss-Markov of 30 s."""
        rows = np.arange(0, len(self.time_s), round(every_s * 10))
        deviation, keep = drms_m / 2.0, np.exp(-every_s / 30.0)
        drift = rng.normal(0.0, deviation, (len(rows), 2))
        for row in range(1, len(rows)):
            drift[row] = keep * drift[row - 1] + np.sqrt(1.0 - keep**2) * drift[row]
        return self.time_s[rows], self.xy_m[rows] + drift + rng.normal(0.0, deviation, (len(rows), 2))


def make_drive(duration_s: float, speed_mps: float = 14.0, stop: tuple[float, float] | None = None) -> Drive:
    """Give a drive on a winding road (radii from about 300 m), with a stop from one second to another if asked."""
    time_s = np.arange(0.0, duration_s + 0.05, 0.1)
    speed = np.full(len(time_s), speed_mps)
    if stop is not None:
        wanted = np.where((time_s > stop[0]) & (time_s < stop[1]), 0.0, speed_mps)
        for row in range(1, len(speed)):
            speed[row] = speed[row - 1] + np.clip(wanted[row] - speed[row - 1], -0.25, 0.15)
    along = np.concatenate(([0.0], np.cumsum(speed[:-1] * 0.1)))
    heading = 0.6 * np.sin(along / 400.0) + 0.3 * np.sin(along / 170.0 + 1.0)
    step = np.stack((np.sin(heading), np.cos(heading)), axis=1)[:-1] * (speed[:-1] * 0.1)[:, None]
    xy = np.concatenate((np.zeros((1, 2)), np.cumsum(step, axis=0)))
    return Drive(time_s, xy, speed, np.mod(np.degrees(heading), 360.0))
