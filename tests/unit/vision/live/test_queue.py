import threading
from datetime import UTC, datetime

import numpy as np
import pytest

from vision.live.queue import FrameQueue, LiveFrame
from vision.types import Frame


def _frame(number: int) -> LiveFrame:
    image = np.zeros((2, 2, 3), np.uint8)
    return LiveFrame(Frame("camera", number, image), float(number), datetime(2025, 1, 1, tzinfo=UTC))


def test_a_full_queue_drops_the_oldest_and_counts() -> None:
    queue = FrameQueue(2)
    for number in range(5):
        queue.put(_frame(number))

    taken = [queue.get(0.0), queue.get(0.0)]
    assert [live.frame.pts_ns for live in taken if live is not None] == [3, 4]
    assert queue.dropped == 3
    assert queue.get(0.0) is None
    assert not queue.finished


def test_who_waits_gets_the_next_frame_or_learns_that_none_comes() -> None:
    queue = FrameQueue(1)
    threading.Timer(0.05, queue.put, [_frame(7)]).start()
    first = queue.get(5.0)
    assert first is not None
    assert first.frame.pts_ns == 7

    threading.Timer(0.05, queue.close).start()
    assert queue.get(5.0) is None
    assert queue.finished
    queue.put(_frame(8))
    assert queue.finished


def test_a_queue_that_holds_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        FrameQueue(0)
