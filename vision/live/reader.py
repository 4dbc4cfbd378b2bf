"""Reads a live camera in a thread of its own, into a queue; one that goes away is told, counted and sought again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

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


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without a picture, in seconds since reading began: from the last picture before it to the first after."""

    from_s: float
    to_s: float


@dataclass(slots=True)
class ReaderCounts:
    """What a reader met.

    Attributes:
        frames: Decoded.
        losses: Times that the camera went away.
        tries: Attempts to reach it again.
        reconnects: Times that it came back with pictures.
        gaps: Times without it; the last one is there once it has ended.
        broke: Why a file ended before its end; None if it didn't.
    """

    frames: int = 0
    losses: int = 0
    tries: int = 0
    reconnects: int = 0
    gaps: list[Gap] = field(default_factory=list)
    broke: str | None = None

    @property
    def away_s(self) -> float:
        """Time without a picture, in all."""
        return sum(gap.to_s - gap.from_s for gap in self.gaps)


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
        self._began_s = self._seen_s = 0.0
        self._lost_s: float | None = None
        self._wait_s = reconnecting.first_s

    @property
    def away(self) -> bool:
        """Whether the camera is being sought."""
        return self._lost_s is not None

    def start(self) -> None:
        """Open the camera and begin.

        Raises:
            FootageError: It doesn't answer at all.
        """
        opened = OpenCamera(self._camera)
        self._thread = threading.Thread(target=self._run, args=(opened,), name="camera", daemon=True)
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Have reading end soon, without waiting for it; the queue is closed then, and its frames stay."""
        self._stop.set()

    def stop(self) -> None:
        """End reading; the frames in the queue stay."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_JOIN_S)

    def _run(self, opened: OpenCamera) -> None:
        self._began_s = self._seen_s = time.monotonic()
        try:
            current: OpenCamera | None = opened
            while current is not None:
                reason = self._read(current)
                current = None
                if self._stop.is_set():
                    break
                if self._camera.is_stream:
                    self._lose(reason or f"the camera {self._camera.shown} ended its stream")
                    current = self._seek()
                else:
                    self.counts.broke = reason
        finally:
            self._end_gap()
            self._queue.close()

    def _read(self, opened: OpenCamera) -> str | None:
        """Read until the stream ends; give why, if it broke."""
        try:
            for moment_s, captured_s, image in opened.pictures(self._stop):
                if self._lost_s is not None:
                    self._say(f"the camera {self._camera.shown} is back after {captured_s - self._lost_s:.1f} s")
                    self.counts.reconnects += 1
                    self._seen_s = captured_s
                    self._end_gap()
                self._seen_s = captured_s
                pts_s = captured_s - self._began_s if self._camera.is_stream else moment_s
                frame = Frame(self._camera.shown, round(pts_s * 1e9), image)
                self.counts.frames += 1
                captured_at = datetime.now(UTC) - timedelta(seconds=time.monotonic() - captured_s)
                self._queue.put(LiveFrame(frame, captured_s, captured_at, self.counts.reconnects))
        except FootageError as err:
            return str(err)
        finally:
            opened.close()
        return None

    def _lose(self, reason: str) -> None:
        """Note that the camera went away; a connection that brought no picture is no return."""
        if self._lost_s is None:
            self._lost_s, self._wait_s = self._seen_s, self._reconnecting.first_s
            self.counts.losses += 1
            self._say(reason)

    def _seek(self) -> OpenCamera | None:
        """Try to reach the camera again, with longer and longer waits; None if stopped or given up."""
        give_up_s = self._reconnecting.give_up_s
        while not self._stop.wait(self._wait_s):
            away_s = time.monotonic() - (self._lost_s or 0.0)
            if give_up_s is not None and away_s >= give_up_s:
                self._say(f"the camera {self._camera.shown} is given up after {away_s:.0f} s without a picture")
                return None
            self._wait_s = min(2.0 * self._wait_s, self._reconnecting.longest_s)
            self.counts.tries += 1
            try:
                return OpenCamera(self._camera)
            except FootageError:
                continue
        return None

    def _end_gap(self) -> None:
        """Note the time for which nothing was seen: till the picture that has just come, or till now."""
        if self._lost_s is None:
            return
        end_s = self._seen_s if self._seen_s > self._lost_s else time.monotonic()
        self.counts.gaps.append(Gap(self._lost_s - self._began_s, end_s - self._began_s))
        self._lost_s = None
