"""What finds surface defects on parts: the detector, shown each part cut out of the frame at its own size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vision.line.belt import Box
from vision.protocols import Detector
from vision.types import Frame

Outline = tuple[tuple[float, float], ...]
"""Polygon in pixels of the frame."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that one frame shows on a part.

    Attributes:
        kind: Such as ``scratch``.
        confidence: The detector's, in [0, 1].
        xyxy: Box in pixels of the frame.
        outline: Polygon in pixels of the frame; the box's corners from a model that gives boxes only.
    """

    kind: str
    confidence: float
    xyxy: Box
    outline: Outline


class SurfaceEye(Protocol):
    """Finds surface defects on parts."""

    def look(self, frame: Frame, parts: Sequence[Box]) -> list[list[Mark]]:
        """Give what the frame shows on each of the parts, by their boxes.

        Raises:
            InferenceError: The model failed.
        """
        ...


class DetectorEye:
    """A detector that is shown one part at a time.

    Args:
        detector: Of surface defects.
        kinds: That are looked for; others of its classes count for nothing.
        margin: Of a part's longer side, shown around it.
    """

    def __init__(self, detector: Detector, kinds: frozenset[str], margin: float = 0.06) -> None:
        self._detector = detector
        self._kinds = kinds
        self._margin = margin

    def look(self, frame: Frame, parts: Sequence[Box]) -> list[list[Mark]]:
        """See ``SurfaceEye``."""
        corners, crops = [], []
        height, width = frame.image.shape[:2]
        for left, top, right, bottom in parts:
            margin = self._margin * max(right - left, bottom - top)
            x1, y1 = max(int(left - margin), 0), max(int(top - margin), 0)
            x2, y2 = min(int(right + margin) + 1, width), min(int(bottom + margin) + 1, height)
            corners.append((x1, y1))
            crops.append(Frame(frame.footage_id, frame.pts_ns, np.ascontiguousarray(frame.image[y1:y2, x1:x2])))
        found = self._detector.detect(crops) if crops else []
        marks = []
        for (x, y), detections in zip(corners, found, strict=True):
            shift = np.array([x, y], np.float32)
            marks.append(
                [
                    _mark(
                        detections.class_names[int(detections.class_id[row])],
                        float(detections.confidence[row]),
                        detections.xyxy[row] + np.tile(shift, 2),
                        detections.outlines[row] + shift if len(detections.outlines[row]) else None,
                    )
                    for row in range(len(detections))
                    if detections.class_names[int(detections.class_id[row])] in self._kinds
                ]
            )
        return marks


def _mark(kind: str, confidence: float, xyxy: NDArray[np.float32], outline: NDArray[np.float32] | None) -> Mark:
    left, top, right, bottom = (float(edge) for edge in xyxy)
    if outline is None or len(outline) < 3:
        return Mark(kind, confidence, (left, top, right, bottom), box_outline((left, top, right, bottom)))
    return Mark(kind, confidence, (left, top, right, bottom), tuple((float(x), float(y)) for x, y in outline))


def box_outline(box: Box) -> Outline:
    """Give the four corners of a box."""
    left, top, right, bottom = box
    return ((left, top), (right, top), (right, bottom), (left, bottom))
