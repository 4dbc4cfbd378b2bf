"""Finds out what a footage is, without decoding more than it takes to prove that it decodes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import av
import av.container
import av.video
import numpy as np

from vision.errors import FootageError
from vision.footage.container import open_video, picture_stream
from vision.footage.content import check_file, content_of, is_folder, read_head, sha256_of
from vision.footage.decode import sample_picture
from vision.footage.discover import pictures_in
from vision.footage.stills import probe_stills
from vision.footage.times import FrameTimes, pts_to_ns, read_times
from vision.types import FootageInfo, frozen

_CLOCK_WAS_SET_AFTER = datetime(1990, 1, 1, tzinfo=UTC)
"""An unset clock counts from 1904, 1970 or 1980."""


def probe(path: Path) -> FootageInfo:
    """Probe a video, a picture or a folder of pictures, going by content and not by name.

    Raises:
        FootageError: It can't be used; the message says why and what to do.
    """
    if is_folder(path):
        files = pictures_in(path)
        if not files:
            raise FootageError(f"{path}: the folder holds no pictures; name a video, or the folder that holds some")
        return probe_stills(path, files)
    check_file(path)
    if content_of(read_head(path)) in ("picture", "heif"):
        return probe_stills(path, (path,))
    return _probe_video(path)


def _probe_video(path: Path) -> FootageInfo:
    container = open_video(path)
    try:
        stream = picture_stream(container, path)
        recorded_at = _recorded_at(container)
        codec = stream.codec_context.codec.canonical_name
        times = read_times(container, stream)
        notes = _notes(container, stream, times)
        time_base = stream.time_base
    finally:
        container.close()
    _check_times(path, times, stream)
    assert time_base is not None  # _check_times
    origin = int(times.shown[0])
    frame_pts_ns = pts_to_ns(times.shown, origin, time_base)
    # The first frame counts as one to start from: where an edit list hides its keyframe, decoding starts at the file's.
    keyframe_pts_ns = np.union1d(pts_to_ns(times.keyframes, origin, time_base), np.int64(0))
    picture = sample_picture(path, frame_pts_ns, keyframe_pts_ns)
    if picture is None:
        raise FootageError(
            f"{path}: its pictures ({codec}) can't be decoded; copy it from the camera again, or convert it "
            "(ffmpeg -i IN -c:v libx264 -crf 18 OUT.mp4)"
        )
    return FootageInfo(
        footage_id=sha256_of(path),
        path=str(path),
        kind="video",
        width_px=picture.shape[1],
        height_px=picture.shape[0],
        frame_pts_ns=frozen(frame_pts_ns),
        keyframe_pts_ns=frozen(keyframe_pts_ns),
        codec=codec,
        clock="container",
        recorded_at=recorded_at,
        warnings=notes,
    )


def _check_times(path: Path, times: FrameTimes, stream: av.video.VideoStream) -> None:
    if len(times.shown) == 0:
        if times.packet_count:
            why = f"its {times.packet_count} pictures can't be decoded: none stands by itself to start from"
        elif stream.frames:
            why = "the file breaks off before its first picture"
        else:
            why = "the video lasts 0 s and holds no frame"
        raise FootageError(f"{path}: {why}; copy it from the camera again")
    if stream.time_base is None or (len(times.shown) == 1 and times.packet_count > 2):
        raise FootageError(
            f"{path}: its frames carry no times of their own; put it into a container that has them "
            "(ffmpeg -fflags +genpts -i IN -c copy OUT.mp4)"
        )
    if times.clock_jumps_back:
        raise FootageError(
            f"{path}: its clock jumps back in the middle, so frames can't be told apart by time (joined from several "
            "recordings?); give the parts as files of their own, or write it anew (ffmpeg -i IN -c:v libx264 OUT.mp4)"
        )


def _notes(container: av.container.InputContainer, stream: av.video.VideoStream, times: FrameTimes) -> tuple[str, ...]:
    """Say what is missing of a file that breaks off."""
    if times.stopped_by is not None:
        return (f"reading broke off after {times.packet_count} frames ({times.stopped_by}): the rest is lost",)
    # Only the index of an MP4 or MOV counts its frames; other containers state an estimate, or nothing.
    lost = stream.frames - times.packet_count if "mp4" in container.format.name.split(",") else 0
    if lost > 0:
        return (f"the file breaks off: {lost} of {stream.frames} frames are missing at its end",)
    return ()


def _recorded_at(container: av.container.InputContainer) -> datetime | None:
    """Read when recording began; Apple's own key states the zone, the others are UTC by their standards."""
    for key in ("com.apple.quicktime.creationdate", "creation_time", "date"):
        try:
            moment = datetime.fromisoformat(container.metadata.get(key, ""))
        except ValueError:
            continue
        if moment.tzinfo is not None and moment > _CLOCK_WAS_SET_AFTER:
            return moment.astimezone(UTC)
    return None
