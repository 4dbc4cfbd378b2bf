"""Reads a live camera in a thread of its own, into a queue; one that goes away is told, counted and sought again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from vision.errors import FootageError
from vision.live.camera import Camera, OpenCamera
from vision.live.queue import FrameQueue, LiveFrame
from vision.types import Frame

_JOIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """How a camera that went away is sought.

    Attributes:
        first_s: Wait before the first try; doubled after each.
        longest_s: Longest wait between tries.
        give_up_s: Without a picture for so long, the run ends; None: never.
    """

    first_s: float = 1.0
    longest_s: float = 30.0
    give_up_s: float | None = None


@dataclass(slots=True)
class ReaderCounts:
    """What a reader met.

    Attributes:
        frames: Decoded.
        losses: Times that the camera went away.
        tries: Attempts to reach it again.
        reconnects: Those that brought pictures.
        away_s: Time without it, in all.
    """

    frames: int = 0
    losses: int = 0
    tries: int = 0
    reconnects: int = 0
    away_s: float = 0.0


class CameraReader:
    """Fills a queue from a camera until it is stopped, a file ends, or the camera stays away.

    Args:
        camera: To read.
        queue: To fill; closed at the end.
        reconnecting: What to do when a stream goes away.
        say: Told of losses and returns, a line each; called in the reader's thread.
    """

    def __init__(
        self, camera: Camera, queue: FrameQueue, reconnecting: Reconnecting, say: Callable[[str], None]
    ) -> None:
        self.counts = ReaderCounts()
        self._camera = camera
        self._queue = queue
        self._reconnecting = reconnecting
        self._say = say
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Open the camera and begin.

        Raises:
            FootageError: It doesn't answer at all.
        """
        opened = OpenCamera(self._camera)
        self._thread = threading.Thread(target=self._run, args=(opened,), name="camera", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End reading; the frames in the queue stay."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_JOIN_S)

    def _run(self, opened: OpenCamera) -> None:
        began_s = time.monotonic()
        try:
            current: OpenCamera | None = opened
            while current is not None:
                reason = self._read(current, began_s)
                current = None
                if not self._stop.is_set() and self._camera.is_stream:
                    self.counts.losses += 1
                    self._say(reason or f"the camera {self._camera.shown} ended its stream")
                    current = self._seek()
        finally:
            self._queue.close()

    def _read(self, opened: OpenCamera, began_s: float) -> str | None:
        """Read until the stream ends; give why, if it broke."""
        try:
            for moment_s, image in opened.pictures(self._stop):
                now = time.monotonic()
                pts_s = now - began_s if self._camera.is_stream else moment_s
                frame = Frame(self._camera.shown, round(pts_s * 1e9), image)
                self.counts.frames += 1
                self._queue.put(LiveFrame(frame, now, datetime.now(UTC)))
        except FootageError as err:
            return str(err)
        finally:
            opened.close()
        return None

    def _seek(self) -> OpenCamera | None:
        """Try to reach the camera again, with longer and longer waits; None if stopped or given up."""
        lost_s, wait_s = time.monotonic(), self._reconnecting.first_s
        give_up_s = self._reconnecting.give_up_s
        try:
            while not self._stop.wait(wait_s):
                self.counts.tries += 1
                try:
                    opened = OpenCamera(self._camera)
                except FootageError as err:
                    away_s = time.monotonic() - lost_s
                    if give_up_s is not None and away_s >= give_up_s:
                        self._say(f"{err}; given up after {away_s:.0f} s")
                        return None
                    wait_s = min(2.0 * wait_s, self._reconnecting.longest_s)
                    continue
                self.counts.reconnects += 1
                self._say(f"the camera {self._camera.shown} is back after {time.monotonic() - lost_s:.1f} s")
                return opened
            return None
        finally:
            self.counts.away_s += time.monotonic() - lost_s
