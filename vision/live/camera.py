"""Decode a live camera (RTSP, HTTP, UDP or TCP stream, a V4L2 device), or a file played at its own speed."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import av
import av.error

from vision.errors import FootageError
from vision.footage.upright import upright_bgr
from vision.types import Image

_SCHEMES = ("rtsp", "rtsps", "http", "https", "udp", "tcp", "rtp", "srt")
_DEVICE = "/dev/video"
_SECRET = re.compile(r"(?i)\b([\w-]*(?:pass|pwd|token|key|auth|secret)[\w-]*)=[^&]*")


@dataclass(frozen=True, slots=True)
class Camera:
    """Where frames come from.

    Attributes:
        address: A URL, a device (``/dev/video0``) or a file.
        timeout_s: How long to wait for it to answer, and for its next packet.
    """

    address: str
    timeout_s: float = 5.0

    @property
    def is_stream(self) -> bool:
        """Whether it goes on by itself, so that its end is a loss."""
        return is_stream(self.address)

    @property
    def shown(self) -> str:
        """The address as it may be shown: without user name and password, wherever they stand in it."""
        parts = urlsplit(self.address)
        if parts.scheme not in _SCHEMES:
            return self.address
        query = _SECRET.sub(r"\1=***", parts.query)
        return urlunsplit(parts._replace(netloc=parts.netloc.rsplit("@", 1)[-1], query=query))


def is_stream(address: str) -> bool:
    """Tell whether an address is a stream's or a device's, and so live by itself."""
    return address.startswith(_DEVICE) or urlsplit(address).scheme in _SCHEMES


class OpenCamera:
    """A camera that answers.

    Args:
        camera: Which one.

    Raises:
        FootageError: It doesn't answer, or shows no video.
    """

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        if not camera.is_stream and not Path(camera.address).is_file():
            raise FootageError(f"{camera.shown} is neither a stream, a /dev/video device nor a file: correct it")
        options = {"rtsp_transport": "tcp"} if camera.address.startswith("rtsp") else {}
        device = "v4l2" if camera.address.startswith(_DEVICE) else None
        try:
            self._container = av.open(camera.address, format=device, options=options, timeout=camera.timeout_s)
        except (av.error.FFmpegError, OSError, ValueError) as err:
            raise FootageError(f"the camera {camera.shown} doesn't answer: {_reason(err)}") from err
        if not self._container.streams.video:
            self._container.close()
            raise FootageError(f"{camera.shown} shows no video: name a camera or a video file")

    def pictures(self, stop: threading.Event) -> Iterator[tuple[float, float, Image]]:
        """Give moments, times of capture and pictures, (H, W, 3) uint8 BGR, upright, read-only, until the stream ends.

        A moment counts from the first picture: by the file's own clock, else by when the picture came. The time of
        capture is by ``time.monotonic()``: when the picture came out of the decoder; of a file's, when it was due.

        Args:
            stop: Ends it.

        Raises:
            FootageError: The connection broke.
        """
        aspect = self._container.streams.video[0].codec_context.sample_aspect_ratio or Fraction(1)
        began, first_pts_s = time.monotonic(), None
        try:
            for frame in self._container.decode(video=0):
                if stop.is_set():
                    return
                captured_s = time.monotonic()
                if self._camera.is_stream or frame.time is None:
                    moment = captured_s - began
                else:
                    first_pts_s = frame.time if first_pts_s is None else first_pts_s
                    moment = frame.time - first_pts_s
                    captured_s = began + moment
                    if stop.wait(max(0.0, captured_s - time.monotonic())):
                        return
                yield moment, captured_s, upright_bgr(frame, aspect)
        except (av.error.FFmpegError, OSError, ValueError) as err:
            raise FootageError(f"the camera {self._camera.shown} went away: {_reason(err)}") from err

    def close(self) -> None:
        """Let go of it."""
        self._container.close()


def _reason(err: Exception) -> str:
    return str(getattr(err, "strerror", None) or type(err).__name__)
