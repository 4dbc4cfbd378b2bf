"""Parts that pass a fixed camera: whatever is no belt, followed along it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from vision.line.belt import Belt, Box
from vision.plant import Travel
from vision.types import Frame


@dataclass(frozen=True, slots=True)
class TrackRules:
    """When something on the belt is a part, and when it has gone.

    Attributes:
        least_share: Of the region's area that a part covers.
        confirm_frames: Frames that it must be seen in.
        patience_ns: How long it may be out of sight.
        backwards_share: Of its length, how far its edge may seem to go back; what goes further is another thing.
    """

    least_share: float = 0.03
    confirm_frames: int = 3
    patience_ns: int = 300_000_000
    backwards_share: float = 0.15


@dataclass(frozen=True, slots=True)
class PartEvent:
    """A part entered, or has left.

    Attributes:
        kind: Which of the two.
        key: Of the track, as views have it.
        number: Of the part, from 1 in the order of entering.
        entered_pts_ns: First frame that shows it.
        last_pts_ns: Last frame that showed it so far.
        xyxy: Its box in that frame, in pixels of the picture.
    """

    kind: Literal["entered", "left"]
    key: int
    number: int
    entered_pts_ns: int
    last_pts_ns: int
    xyxy: Box


@dataclass(frozen=True, slots=True)
class PartView:
    """A part in the frame that was looked at last.

    Attributes:
        key: Of the track: the same in each frame, and before the part is confirmed.
        number: Of the part; None until it is confirmed.
        xyxy: Its box, in pixels of the picture.
        whole: Whether no edge of the region cuts it.
    """

    key: int
    number: int | None
    xyxy: Box
    whole: bool


@dataclass(slots=True)
class _Track:
    key: int
    boxes: list[Box]
    first_pts_ns: int
    last_pts_ns: int
    number: int | None = None

    def expected(self) -> Box:
        """Give where it is expected next: moved on as it was from the frame before."""
        if len(self.boxes) < 2:
            return self.boxes[-1]
        (left, top, right, bottom), before = self.boxes[-1], self.boxes[-2]
        across, down = (left + right - before[0] - before[2]) / 2.0, (top + bottom - before[1] - before[3]) / 2.0
        return left + across, top + down, right + across, bottom + down


@dataclass(slots=True)
class PartTracker:
    """Follows parts through frames in the order of time.

    Attributes:
        travel: The way that they move; a part is never followed backwards.
        belt: The empty belt within the region, see ``learn_belt``.
        rules: When something is a part.
    """

    travel: Travel
    belt: Belt
    rules: TrackRules = field(default_factory=TrackRules)
    _tracks: list[_Track] = field(default_factory=list)
    _count: int = 0
    _begun: int = 0

    def observe(self, frame: Frame) -> list[PartEvent]:
        """Look at one frame; give what happened.

        Raises:
            InputError: The picture is of another size than those that the belt was learnt from.
        """
        boxes = self.belt.boxes(frame.image, self.rules.least_share)
        self._follow(boxes, frame.pts_ns)
        events = [event for track in self._tracks if (event := self._confirm(track)) is not None]
        return events + self._close(frame.pts_ns - self.rules.patience_ns)

    @property
    def keys(self) -> frozenset[int]:
        """Keys of what is followed at present, confirmed or not."""
        return frozenset(track.key for track in self._tracks)

    def in_view(self, frame: Frame) -> list[PartView]:
        """Give the parts that the frame shows, which must be the one that was observed last."""
        left, top, right, bottom = self.belt.region.in_pixels(frame.image.shape[1], frame.image.shape[0])
        views = []
        for track in self._tracks:
            if track.last_pts_ns == frame.pts_ns:
                box = track.boxes[-1]
                inside = box[0] > left and box[1] > top and box[2] < right and box[3] < bottom
                views.append(PartView(track.key, track.number, box, inside))
        return views

    def finish(self) -> list[PartEvent]:
        """Say that no frame follows; give the parts that were still in sight as having left."""
        return self._close(np.iinfo(np.int64).max)

    def _follow(self, boxes: Sequence[Box], pts_ns: int) -> None:
        """Give each box to the track that is ahead along the travel and overlaps it most; else begin one.

        A part that is seen in pieces, since some of it looks like the belt, stays one: pieces that lie where a track is
        expected are all its own.
        """
        free = [track for track in self._tracks if track.last_pts_ns < pts_ns]
        expected = {track.key: track.expected() for track in free}
        for box in sorted(boxes, key=self._along, reverse=True):
            own = next((t for t in self._tracks if t.key in expected and _share(box, expected[t.key]) > 0.6), None)
            if own is not None and own not in free:
                own.boxes[-1] = _around(own.boxes[-1], box)
                continue
            ahead = [track for track in free if self._is_ahead(box, track.boxes[-1])]
            best = own if own in ahead else max(ahead, key=lambda t: _overlap(t.boxes[-1], box), default=None)
            if best is None or _overlap(best.boxes[-1], box) <= 0.2:
                self._begun += 1
                self._tracks.append(_Track(self._begun, [box], pts_ns, pts_ns))
                continue
            free.remove(best)
            best.boxes.append(box)
            best.last_pts_ns = pts_ns

    def _is_ahead(self, box: Box, last: Box) -> bool:
        length = last[2] - last[0] if self.travel in ("left", "right") else last[3] - last[1]
        return self._along(box) >= self._along(last) - self.rules.backwards_share * length

    def _along(self, box: Box) -> float:
        return {"right": box[2], "left": -box[0], "down": box[3], "up": -box[1]}[self.travel]

    def _confirm(self, track: _Track) -> PartEvent | None:
        if track.number is not None or len(track.boxes) < self.rules.confirm_frames:
            return None
        self._count += 1
        track.number = self._count
        return PartEvent("entered", track.key, track.number, track.first_pts_ns, track.last_pts_ns, track.boxes[-1])

    def _close(self, before_ns: int) -> list[PartEvent]:
        gone = [track for track in self._tracks if track.last_pts_ns < before_ns]
        self._tracks = [track for track in self._tracks if track.last_pts_ns >= before_ns]
        return [
            PartEvent("left", track.key, track.number, track.first_pts_ns, track.last_pts_ns, track.boxes[-1])
            for track in gone
            if track.number is not None
        ]


def _overlap(first: Box, second: Box) -> float:
    """Give the share of the smaller box that both cover."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0.0 or height <= 0.0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return width * height / min(areas)


def _share(box: Box, other: Box) -> float:
    """Give the share of a box that lies in the other."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    return max(width, 0.0) * max(height, 0.0) / ((box[2] - box[0]) * (box[3] - box[1]))


def _around(first: Box, second: Box) -> Box:
    """Give the box round two boxes."""
    return min(first[0], second[0]), min(first[1], second[1]), max(first[2], second[2]), max(first[3], second[3])
