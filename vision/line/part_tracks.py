"""Parts that pass a fixed camera: told from the belt by how a pixel differs from its usual look, followed along it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.errors import InputError
from vision.plant import Region, Travel
from vision.types import Frame, Image

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class TrackRules:
    """When something on the belt is a part, and when it has gone.

    Attributes:
        difference: From the belt's usual look, in grey levels of the most different channel.
        least_share: Of the region's area that a part covers.
        confirm_frames: Frames that it must be seen in.
        patience_ns: How long it may be out of sight.
    """

    difference: float = 40.0
    least_share: float = 0.03
    confirm_frames: int = 3
    patience_ns: int = 300_000_000


@dataclass(frozen=True, slots=True)
class PartEvent:
    """A part entered, or has left.

    Attributes:
        kind: Which of the two.
        number: Of the part, from 1 in the order of entering.
        entered_pts_ns: First frame that shows it.
        last_pts_ns: Last frame that showed it so far.
        xyxy: Its box in that frame, in pixels of the picture.
    """

    kind: Literal["entered", "left"]
    number: int
    entered_pts_ns: int
    last_pts_ns: int
    xyxy: Box


@dataclass(slots=True)
class _Track:
    boxes: list[Box]
    first_pts_ns: int
    last_pts_ns: int
    number: int | None = None


def learn_belt(images: Sequence[Image], region: Region) -> Image:
    """Give the usual look of a region: each pixel's median over pictures of it empty, or nearly so.

    Parts that come often have much the same look too, so an ordinary stretch of production can't tell belt from part.

    Args:
        images: (H, W, 3) uint8 BGR, at least 5; a part may stand on a pixel in fewer than half of them.
        region: Where parts are seen.

    Raises:
        InputError: Too few pictures.
    """
    if len(images) < 5:
        raise InputError(f"{len(images)} pictures are too few to learn the belt from: give at least 5")
    left, top, right, bottom = region.in_pixels(images[0].shape[1], images[0].shape[0])
    crops = np.stack([image[top:bottom, left:right] for image in images])
    return np.asarray(np.median(crops, axis=0), np.uint8)


@dataclass(slots=True)
class PartTracker:
    """Follows parts through frames in the order of time.

    Attributes:
        region: Where parts are seen.
        travel: The way that they move; a part is never followed backwards.
        belt: The region's usual look, see ``learn_belt``.
        rules: When something is a part.
    """

    region: Region
    travel: Travel
    belt: Image
    rules: TrackRules = field(default_factory=TrackRules)
    _tracks: list[_Track] = field(default_factory=list)
    _count: int = 0

    def observe(self, frame: Frame) -> list[PartEvent]:
        """Look at one frame; give what happened.

        Raises:
            InputError: The picture is of another size than those that the belt was learnt from.
        """
        boxes = self._boxes(frame.image)
        self._follow(boxes, frame.pts_ns)
        events = [event for track in self._tracks if (event := self._confirm(track)) is not None]
        return events + self._close(frame.pts_ns - self.rules.patience_ns)

    def finish(self) -> list[PartEvent]:
        """Say that no frame follows; give the parts that were still in sight as having left."""
        return self._close(np.iinfo(np.int64).max)

    def _boxes(self, image: Image) -> list[Box]:
        left, top, right, bottom = self.region.in_pixels(image.shape[1], image.shape[0])
        crop = image[top:bottom, left:right]
        if crop.shape != self.belt.shape:
            raise InputError(f"region of {crop.shape[:2]} pixels, the belt was learnt at {self.belt.shape[:2]}")
        difference = cv2.GaussianBlur(cv2.absdiff(crop, self.belt), (5, 5), 0).max(axis=2)
        mask: NDArray[np.uint8] = (difference > self.rules.difference).astype(np.uint8)
        mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8)), np.uint8)
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        least = self.rules.least_share * mask.size
        found = []
        for contour in contours:
            if cv2.contourArea(contour) >= least:
                x, y, width, height = cv2.boundingRect(contour)
                found.append((float(x + left), float(y + top), float(x + left + width), float(y + top + height)))
        return found

    def _follow(self, boxes: Sequence[Box], pts_ns: int) -> None:
        """Give each box to the track that is ahead along the travel and overlaps it most; else begin one."""
        free = [track for track in self._tracks if track.last_pts_ns < pts_ns]
        for box in sorted(boxes, key=self._along, reverse=True):
            best = max(free, key=lambda track: _overlap(track.boxes[-1], box), default=None)
            if best is None or _overlap(best.boxes[-1], box) <= 0.2:
                self._tracks.append(_Track([box], pts_ns, pts_ns))
                continue
            free.remove(best)
            best.boxes.append(box)
            best.last_pts_ns = pts_ns

    def _along(self, box: Box) -> float:
        return {"right": box[2], "left": -box[0], "down": box[3], "up": -box[1]}[self.travel]

    def _confirm(self, track: _Track) -> PartEvent | None:
        if track.number is not None or len(track.boxes) < self.rules.confirm_frames:
            return None
        self._count += 1
        track.number = self._count
        return PartEvent("entered", track.number, track.first_pts_ns, track.last_pts_ns, track.boxes[-1])

    def _close(self, before_ns: int) -> list[PartEvent]:
        gone = [track for track in self._tracks if track.last_pts_ns < before_ns]
        self._tracks = [track for track in self._tracks if track.last_pts_ns >= before_ns]
        return [
            PartEvent("left", track.number, track.first_pts_ns, track.last_pts_ns, track.boxes[-1])
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
