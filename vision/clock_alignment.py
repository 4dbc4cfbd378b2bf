"""Brings the times of a telemetry track onto the clock of the footage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from vision.errors import TelemetryError
from vision.telemetry.csv_table import utc_nanoseconds
from vision.types import Float, FootageInfo, Int, TelemetryTrack

DURATIONS_AGREE = 0.1
"""Track and footage are taken to be of one recording when their lengths differ by less than this fraction."""

_TOUCH = 0.1
"""Recordings of one length that share less than this fraction of it are taken to be one, started together: cameras that
write the time at which the recording ended would else keep a moment in common with the track's end."""

_BEYOND_END = 0.1
"""Rows for frames that the footage doesn't have are passed over up to this fraction; more means another clip."""


@dataclass(frozen=True, slots=True)
class AlignedTimes:
    """When each position of a track is on the footage's clock.

    Attributes:
        rows: (M,) int64 rows of the track that belong to the footage, by time.
        time_s: (M,) seconds since the first frame, ascending, no two equal.
        note: How the clocks were brought together, as the beginning of a sentence.
    """

    rows: Int
    time_s: Float
    note: str


def align(track: TelemetryTrack, info: FootageInfo, clock_offset_s: float | None = None) -> AlignedTimes:
    """Find when each position of a track is on the footage's clock.

    Args:
        track: As read.
        info: The footage.
        clock_offset_s: Added to the footage's clock to get the track's; on top of whatever else brings the two
            together. None where nobody gave one.

    Raises:
        TelemetryError: The two don't overlap, or nothing says how they belong together; states both spans.
    """
    if track.image_names is not None and info.kind == "images":
        rows, time_s, note = _by_image_name(track.image_names, info)
        return _ascending(rows, time_s, note)
    if track.image_names is not None and track.utc_ns is None:
        raise TelemetryError(
            f"{track.source}: not every image carries a time with its zone, so they can't be matched to a video; "
            "give a GPX track"
        )
    if track.frame_index is not None:
        rows, time_s, note = _by_frame(track, track.frame_index, info)
    elif track.footage_ns is not None:
        rows, time_s = np.arange(len(track.footage_ns)), track.footage_ns / 1e9
        note = "the file counts time from the first frame"
    elif track.utc_ns is not None and info.clock == "index":
        raise TelemetryError(
            f"{track.source}: the stills carry no times, so a track by time can't be matched to them; geotag them, "
            "or give a CSV with a position for each frame"
        )
    elif track.utc_ns is not None:
        rows, (time_s, note) = np.arange(len(track.utc_ns)), _by_clock(track, track.utc_ns, info, clock_offset_s)
    else:
        raise TelemetryError(f"{track.source}: no times")
    if clock_offset_s:
        time_s = time_s - clock_offset_s
        note += f", with a clock offset of {clock_offset_s:+g} s"
    if time_s.min() > info.duration_s or time_s.max() < 0.0:
        raise TelemetryError(
            f"{track.source} and the footage share no moment: the footage lasts from 0 to {info.duration_s:.1f} s, the "
            f"track from {time_s.min():.1f} to {time_s.max():.1f} s on its clock; "
            f"{'correct' if clock_offset_s else 'bring them together with'} --clock-offset SECONDS"
        )
    return _ascending(rows, time_s, note)


def _by_image_name(names: tuple[str, ...], info: FootageInfo) -> tuple[Int, Float, str]:
    order = {Path(file).name: index for index, file in enumerate(info.image_paths)}
    rows = np.array([row for row, name in enumerate(names) if name in order], dtype=np.int64)
    if not len(rows):
        raise TelemetryError("none of the geotagged images is among the footage's images")
    frames = np.array([order[names[row]] for row in rows])
    return rows, info.frame_pts_ns[frames] / 1e9, "each still carries its own position"


def _by_frame(track: TelemetryTrack, frame_index: Int, info: FootageInfo) -> tuple[Int, Float, str]:
    count = len(info.frame_pts_ns)
    note = "the file counts frames"
    if frame_index.min() == 1 and frame_index.max() == count:
        frame_index = frame_index - 1
        note += " from 1"
    rows = np.flatnonzero(frame_index < count)
    if len(frame_index) - len(rows) > _BEYOND_END * len(frame_index):
        raise TelemetryError(
            f"{track.source} numbers frames up to {frame_index.max()}, the footage has {count}: it belongs to other "
            "footage, or the footage was cut; name the right file with --telemetry"
        )
    return rows, info.frame_pts_ns[frame_index[rows]] / 1e9, note


def _by_clock(track: TelemetryTrack, utc_ns: Int, info: FootageInfo, clock_offset_s: float | None) -> tuple[Float, str]:
    """Give seconds since the first frame before the clock offset is taken off, and how they were found."""
    offset_s = clock_offset_s or 0.0
    first, last = int(utc_ns.min()), int(utc_ns.max())
    lasts_s = (last - first) / 1e9
    agree = abs(lasts_s - info.duration_s) <= DURATIONS_AGREE * max(lasts_s, info.duration_s)
    from_start_s = (utc_ns - first) / 1e9
    lengths = f"the track lasts {_duration(lasts_s)}, the footage {_duration(info.duration_s)}"
    together = (
        f"track and footage are taken to start together ({lengths}: their ends differ by "
        f"{abs(lasts_s - info.duration_s):.1f} s)"
    )
    if info.recorded_at is None:
        if agree or clock_offset_s is not None:
            return from_start_s, f"the footage doesn't say when it was recorded: {together}"
        raise TelemetryError(
            f"{track.source}: the footage doesn't say when it was recorded, and {lengths}, so they can't be matched; "
            "give --clock-offset SECONDS from the track's start to the footage's start (0 if they started together)"
        )
    footage_ns = utc_nanoseconds(info.recorded_at)
    time_s = (utc_ns - footage_ns) / 1e9
    starts_s, ends_s = (first - footage_ns) / 1e9 - offset_s, (last - footage_ns) / 1e9 - offset_s
    shared_s = min(ends_s, info.duration_s) - max(starts_s, 0.0)
    if shared_s >= 0.0 and not (agree and shared_s < _TOUCH * info.duration_s):
        return time_s, f"the footage says that it was recorded from {_moment(footage_ns)}"
    claimed = f"{_moment(footage_ns)} to {_moment(footage_ns + round(info.duration_s * 1e9))}"
    if agree:
        return from_start_s, f"the footage's clock ({claimed}) lies outside the track: {together}"
    raise TelemetryError(
        f"{track.source} and the footage share no moment: the track lasts from {_moment(first)} to {_moment(last)}, "
        f"the footage says that it was recorded from {claimed}; "
        + _suggestion((first - footage_ns) / 1e9, (last - footage_ns) / 1e9 - info.duration_s)
    )


def _suggestion(earliest_s: float, latest_s: float) -> str:
    """Suggest a whole number of quarter hours (as time zones differ) that lays the footage inside the track."""
    quarter = 900.0
    shifts = np.arange(np.ceil(earliest_s / quarter), np.floor(latest_s / quarter) + 1) * quarter
    shifts = shifts[np.abs(shifts) <= 14 * 3600]
    if not len(shifts):
        return "bring them together with --clock-offset SECONDS (added to the footage's clock)"
    best = shifts[np.argmin(np.abs(shifts))]
    return (
        f"the footage's clock may be in local time: --clock-offset {best:.0f} would lay it inside the track; "
        "check the time zone first"
    )


def _ascending(rows: Int, time_s: Float, note: str) -> AlignedTimes:
    """Sort by time and keep the first of those at one moment."""
    time_s, first = np.unique(time_s, return_index=True)
    return AlignedTimes(rows[first], time_s, note)


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 120 else f"{seconds:.1f} s"


def _moment(utc_ns: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=utc_ns // 1000)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
