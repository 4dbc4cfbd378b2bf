"""Decodes exactly the frames that are asked for, and as little besides as can be."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import av.error
import numpy as np

from vision.errors import Failure, FootageError
from vision.footage.runs import Damage, Run, plan_anew, plan_runs
from vision.footage.source import Packet, PictureSource
from vision.footage.stills import read_still
from vision.footage.upright import upright_bgr
from vision.types import FootageInfo, Frame, Image, Int

_SEEK_AHEAD_NS = 10_000_000_000
"""Nearer than this, packets are read and dropped rather than sought: seeking can miss, reading can't."""
_SKIPS_BY_PACKET = frozenset(("h264", "hevc", "mpeg2video", "mpeg4"))
"""Decoders that leave out single pictures that no other is drawn from (a fifth of the work on H.264 with B-frames).

Others (dav1d) settle it once, when they are opened.
"""


def read_frames(info: FootageInfo, pts_ns: Sequence[int] | Int, decode_threads: int = 0) -> Iterator[Frame | Failure]:
    """Give the frames of those times, in order: upright BGR, read-only.

    One value comes for each time: a frame, or a Failure where the footage is damaged. After damage every frame up to
    the next keyframe is a Failure, since it is drawn from pictures that are wrong. A frame that no other is drawn from
    isn't decoded unless it is wanted, so damage in it goes unseen; nor can a decoder tell every damaged picture.

    Args:
        info: As probed.
        pts_ns: (M,) ascending, each a time out of ``info.frame_pts_ns``.
        decode_threads: Threads of the decoder; 0 leaves it to the decoder. The frames don't depend on it.

    Raises:
        FootageError: A time isn't that of a frame, or the footage can't be opened any more.
    """
    wanted = np.asarray(pts_ns, dtype=np.int64)
    if np.any(np.diff(wanted) <= 0):
        raise FootageError(f"{info.path}: frames must be asked for in ascending order, each once")
    at = np.searchsorted(info.frame_pts_ns, wanted)
    strange = (at == len(info.frame_pts_ns)) | (info.frame_pts_ns[np.minimum(at, len(info.frame_pts_ns) - 1)] != wanted)
    if np.any(strange):
        raise FootageError(f"{info.path}: there is no frame at {int(wanted[strange][0]) / 1e9:.3f} s; probe it again")
    if info.kind == "images":
        return (read_still(info, int(k)) for k in at)
    return _read_video(info, plan_runs(info, wanted), decode_threads)


def sample_picture(path: Path, frame_pts_ns: Int, keyframe_pts_ns: Int) -> Image | None:
    """Decode one picture, upright, from the first, a middle or the last keyframe; None if all three are damaged.

    Raises:
        FootageError: The video can't be opened.
    """
    for key_ns in dict.fromkeys(keyframe_pts_ns[[0, len(keyframe_pts_ns) // 2, -1]].tolist()):
        run = Run(key_ns, (int(frame_pts_ns[np.searchsorted(frame_pts_ns, key_ns)]),))
        source = PictureSource(path, threads=1)
        try:
            for frame in _decoded(source, run, int(keyframe_pts_ns[0])):
                if frame.pts is not None and source.time_ns(frame.pts) == run.wanted_ns[0] and not frame.is_corrupt:
                    return upright_bgr(frame, source.pixel_aspect)
        except Damage:
            continue
        finally:
            source.close()
    return None


def _read_video(info: FootageInfo, runs: list[Run], threads: int) -> Iterator[Frame | Failure]:
    ahead = deque(runs)
    given_ns = -1
    source = PictureSource(Path(info.path), threads)
    try:
        while ahead:
            run = ahead.popleft()
            try:
                for time_ns, result in _decode_run(info, source, run):
                    if time_ns > given_ns:  # else it was given before damage made us begin the run anew
                        yield result
                        given_ns = time_ns
            except Damage as damage:
                again = plan_anew(info, run, damage) if source.threads == 1 else [run]
                ahead.extendleft(reversed(again))
                source.close()
                # One thread tells exactly which packet is damaged, so go on with one from here.
                source = PictureSource(Path(info.path), threads=1)
    finally:
        source.close()


def _decode_run(info: FootageInfo, source: PictureSource, run: Run) -> Iterator[tuple[int, Frame | Failure]]:
    """Give the time and the value of each wanted frame of a run.

    Raises:
        Damage: The decoder met damage. What was given before is right.
    """
    missing = list(reversed(run.wanted_ns))
    for frame in _decoded(source, run, int(info.keyframe_pts_ns[0])):
        if frame.pts is None:
            continue
        time_ns = source.time_ns(frame.pts)
        while missing and missing[-1] < time_ns:
            yield missing[-1], _failure(info, missing.pop())
        if missing and missing[-1] == time_ns:
            missing.pop()
            yield time_ns, _failure(info, time_ns) if frame.is_corrupt else _to_frame(info, source, frame, time_ns)
    while missing:
        yield missing[-1], _failure(info, missing.pop())


def _decoded(source: PictureSource, run: Run, first_key_ns: int) -> Iterator[av.VideoFrame]:
    """Decode from a keyframe until the last wanted frame is out.

    Raises:
        Damage: The decoder met damage.
    """
    unfed = set(run.wanted_ns)
    if not unfed or run.packet_limit == 0:
        return
    if not _go_to(source, run.key_ns, first_key_ns):
        raise Damage(0, run.key_ns)
    number = 0
    while unfed and number != run.packet_limit and (packet := _next_packet(source)) is not None:
        time_ns = source.at_ns
        if packet.dts is not None and source.time_ns(packet.dts) > run.wanted_ns[-1]:
            source.put_back(packet)
            break
        if time_ns < run.key_ns and run.key_ns > first_key_ns:
            continue  # leads up to the keyframe from pictures before it, which this decoder hasn't seen
        if source.codec.name in _SKIPS_BY_PACKET:
            source.codec.skip_frame = "DEFAULT" if time_ns in unfed else "NONREF"
        unfed.discard(time_ns)
        try:
            if packet.is_corrupt:
                raise Damage(number, time_ns)
            frames = source.codec.decode(packet)
        except av.error.FFmpegError as err:
            raise Damage(number, time_ns) from err
        yield from frames
        number += 1
    yield from _drained(source, number)


def _drained(source: PictureSource, number: int) -> Iterator[av.VideoFrame]:
    """Give the frames that the decoder still holds, and leave it empty."""
    try:
        yield from source.codec.decode(None)
    except av.error.EOFError:
        pass
    except av.error.FFmpegError as err:
        if source.threads != 1:  # else the frames that don't come are named one by one
            raise Damage(number, source.at_ns) from err
    source.codec.flush_buffers()


def _next_packet(source: PictureSource) -> Packet | None:
    """Give the next packet; a container that breaks off has none."""
    try:
        return source.next_packet()
    except av.error.FFmpegError:
        return None


def _go_to(source: PictureSource, key_ns: int, first_key_ns: int) -> bool:
    """Make the keyframe of that time the next packet; False where the file doesn't give it any more."""
    if key_ns <= first_key_ns:
        return source.skip_to_first_keyframe()
    if key_ns - source.at_ns < _SEEK_AHEAD_NS and _skipped_to(source, key_ns):
        return True
    for target_ns in (key_ns, key_ns - _SEEK_AHEAD_NS):
        if _sought(source, max(target_ns, 0)) and _skipped_to(source, key_ns):
            return True
    source.rewind()
    return _skipped_to(source, key_ns)


def _skipped_to(source: PictureSource, key_ns: int) -> bool:
    try:
        return source.skip_to(key_ns)
    except av.error.FFmpegError:
        return False


def _sought(source: PictureSource, pts_ns: int) -> bool:
    try:
        source.seek(pts_ns)
    except av.error.FFmpegError:
        return False
    return True


def _to_frame(info: FootageInfo, source: PictureSource, frame: av.VideoFrame, time_ns: int) -> Frame | Failure:
    image = upright_bgr(frame, source.pixel_aspect)
    height_px, width_px = image.shape[:2]
    if (width_px, height_px) != (info.width_px, info.height_px):
        return Failure(
            info.footage_id,
            time_ns,
            "FootageError",
            f"{info.path}: the picture is {width_px} x {height_px} here, but the footage began with {info.width_px} x "
            f"{info.height_px}; cut it where the size changes",
        )
    return Frame(info.footage_id, time_ns, image)


def _failure(info: FootageInfo, time_ns: int) -> Failure:
    return Failure(
        info.footage_id,
        time_ns,
        "FootageError",
        f"{info.path}: the file is damaged here, the frame can't be decoded; copy it from the camera again if you can",
    )
