"""Exact frame times: integers from the container to nanoseconds, never through a float or a frame rate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av.container
import av.error
import av.video
import numpy as np

from vision.types import Int


def pts_to_ns(pts: Int, origin_pts: int, time_base: Fraction) -> Int:
    """Turn times in a stream's units into nanoseconds since the first frame, rounded half up, without floats."""
    units = (np.asarray(pts, dtype=np.int64) - origin_pts) * time_base.numerator
    seconds, rest = np.divmod(units, time_base.denominator)
    nanos: Int = (rest * 2_000_000_000 + time_base.denominator) // (2 * time_base.denominator)
    return seconds * 1_000_000_000 + nanos


def ns_to_pts(pts_ns: int, origin_pts: int, time_base: Fraction) -> int:
    """Turn nanoseconds since the first frame into the nearest time in a stream's units."""
    return origin_pts + round(Fraction(pts_ns, 1_000_000_000) / time_base)


@dataclass(frozen=True, slots=True)
class FrameTimes:
    """When the frames of a stream are shown, in its units.

    Attributes:
        shown: (N,) int64, ascending: frames that a player would show.
        keyframes: (K,) int64, ascending: those that decoding can start from.
        packet_count: All that was read, shown or not.
        stopped_by: Why reading ended before the end of the file; None if it didn't.
        clock_jumps_back: The time of a keyframe lies before that of the keyframe that it follows.
    """

    shown: Int
    keyframes: Int
    packet_count: int
    stopped_by: str | None
    clock_jumps_back: bool


def read_times(
    container: av.container.InputContainer, stream: av.video.VideoStream, shown_limit: int | None = None
) -> FrameTimes:
    """Read the time of every frame without decoding one.

    Left out are frames that the container marks as not to be shown (an edit list that starts late), what comes before
    the first keyframe, and what leads up to it from pictures that are not there.

    Args:
        container: Opened anew.
        stream: Of the container.
        shown_limit: Stop after so many frames.
    """
    shown: list[int] = []
    keyframes: list[int] = []
    first_key: int | None = None
    last_key: int | None = None
    jumps_back = False
    count = 0
    stopped_by = None
    packets = container.demux(stream)
    try:
        for packet in packets:
            count += packet.size > 0
            if packet.pts is None or packet.size == 0:
                continue
            if packet.is_keyframe:
                first_key = packet.pts if first_key is None else first_key
                jumps_back |= last_key is not None and packet.pts < last_key
                last_key = packet.pts
            if first_key is None or packet.pts < first_key or packet.is_discard:
                continue
            shown.append(packet.pts)
            if packet.is_keyframe:
                keyframes.append(packet.pts)
            if shown_limit is not None and len(shown) >= shown_limit:
                break
    except av.error.FFmpegError as err:
        stopped_by = str(err.strerror)
    return FrameTimes(
        np.unique(np.array(shown, dtype=np.int64)),
        np.unique(np.array(keyframes, dtype=np.int64)),
        count,
        stopped_by,
        jumps_back,
    )
