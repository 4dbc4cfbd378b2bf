"""Opens videos, and says what is wrong with a file that can't be opened."""

from __future__ import annotations

from pathlib import Path

import av
import av.container
import av.error
import av.stream
import av.video

from vision.errors import FootageError
from vision.footage.content import check_file

# Containers that hold their own pictures or sound. Play lists and image patterns, which open other files, are left out.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,h264,hevc,m4v,mxf,ogg,gif,ivf,"
    "mp3,wav,flac,aac"
)


def open_video(path: Path) -> av.container.InputContainer:
    """Open a video by its content.

    Raises:
        FootageError: It can't be read, or isn't a video.
    """
    check_file(path)
    try:
        return av.open(
            f"file:{path}",
            metadata_errors="replace",
            container_options={"format_whitelist": _FORMATS, "protocol_whitelist": "file"},
        )
    except av.error.FFmpegError as err:
        raise FootageError(f"{path}: {_why_not_opened(path)}") from err


def picture_stream(container: av.container.InputContainer, path: Path) -> av.video.VideoStream:
    """Give the stream that holds the moving pictures (a cover picture beside sound is none).

    Raises:
        FootageError: There is none, or nothing here decodes it.
    """
    moving = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
    if not moving:
        what = "only sound" if container.streams.audio else "no pictures"
        raise FootageError(f"{path}: the file holds {what}; give the video itself")
    best = container.streams.best("video")
    stream = next((s for s in moving if best is not None and s.index == best.index), moving[0])
    if stream.codec_context is None:
        raise FootageError(
            f"{path}: no decoder here reads its pictures; convert it (ffmpeg -i IN -c:v libx264 -crf 18 OUT.mp4)"
        )
    return stream


def _why_not_opened(path: Path) -> str:
    """Say what is wrong with a file that no demuxer takes."""
    boxes = _top_level_boxes(path)
    if "ftyp" in boxes and "moov" not in boxes:
        return (
            "the recording was cut off before its index (moov) was written, so no frame can be found; copy it from "
            "the camera again, or rebuild it with a repair tool (untrunc) and a whole clip of the same camera"
        )
    if boxes and boxes[0] in ("ftyp", "moov"):
        return "the file starts like an MP4 or MOV, but its index is damaged; copy it from the camera again"
    return "is neither a video nor a picture that can be read here, whatever its name says; give the recording itself"


def _top_level_boxes(path: Path) -> list[str]:
    """List the outermost boxes of an ISO base media file (ISO/IEC 14496-12 4.2), as far as they make sense."""
    names: list[str] = []
    size_bytes = path.stat().st_size
    at = 0
    with path.open("rb") as file:
        while at + 8 <= size_bytes and len(names) < 1000:
            file.seek(at)
            head = file.read(16)
            length, name = int.from_bytes(head[:4], "big"), head[4:8]
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if not name.isalnum() or (length < 8 and length != 0):
                break
            names.append(name.decode("ascii"))
            at = at + length if length else size_bytes
    return names
