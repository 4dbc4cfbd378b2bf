"""A bounded queue between a camera and whoever looks at its frames: when it is full, the oldest frame is dropped.

A live inspection must speak of now; a queue that waits would fall further behind the camera with each frame.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from vision.types import Frame


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """A frame and when it was captured.

    Attributes:
        frame: The picture; its ``pts_ns`` counts from the first frame of the run.
        captured_s: By ``time.monotonic()``, for latencies.
        captured_at: UTC.
        connection: How often the camera had come back; between two frames of one connection it never went away.
    """

    frame: Frame
    captured_s: float
    captured_at: datetime
    connection: int = 0


class FrameQueue:
    """Hands frames from one thread to another, newest ones first to survive.

    Args:
        length: Frames that it holds at most.
    """

    def __init__(self, length: int) -> None:
        if length < 1:
            raise ValueError(f"a queue of {length} frames holds nothing; 1 or more")
        self._frames: deque[LiveFrame] = deque()
        self._length = length
        self._changed = threading.Condition()
        self._closed = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Frames dropped so far because nobody took them in time."""
        with self._changed:
            return self._dropped

    def put(self, frame: LiveFrame) -> None:
        """Add a frame, never waiting; the oldest makes room. A closed queue takes none."""
        with self._changed:
            if self._closed:
                return
            if len(self._frames) == self._length:
                self._frames.popleft()
                self._dropped += 1
            self._frames.append(frame)
            self._changed.notify()

    def get(self, timeout_s: float | None = None) -> LiveFrame | None:
        """Take the oldest frame held; None if none came in time, or the queue is closed and empty."""
        end = None if timeout_s is None else time.monotonic() + timeout_s
        with self._changed:
            while not self._frames and not self._closed:
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0.0:
                    return None
                self._changed.wait(left)
            return self._frames.popleft() if self._frames else None

    def close(self) -> None:
        """Let whoever waits go once the frames held are taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def finished(self) -> bool:
        """Whether it is closed and empty: no frame will come any more."""
        with self._changed:
            return self._closed and not self._frames
