"""Score boxes against labels by their average precision at an IoU of 0.5, whatever detector gave them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.types import Float

LEAST_IOU = 0.5
_RECALL_STEPS = np.linspace(0.0, 1.0, 101)  # average precision is the mean over these, as COCO takes it


@dataclass(frozen=True, slots=True)
class Boxes:
    """Boxes in one picture.

    Attributes:
        xyxy: (N, 4) corners in pixels.
        names: Kind of each.
        confidence: (N,) of each; ones for labels.
    """

    xyxy: Float
    names: tuple[str, ...]
    confidence: Float


@dataclass(frozen=True, slots=True)
class Picture:
    """What was found in a picture, and what its labels say."""

    found: Boxes
    labels: Boxes


@dataclass(frozen=True, slots=True)
class Tally:
    """Finds of one kind over all pictures, the surest first.

    Attributes:
        confidence: (N,) descending.
        right: (N,) whether each met a label that no surer one had.
        labels: How many there were to find.
    """

    confidence: Float
    right: NDArray[np.bool_]
    labels: int

    @property
    def average_precision(self) -> float:
        """Area under the precision that is reached at each recall or a higher one; 0 where nothing was found."""
        if not self.labels or not len(self.right):
            return 0.0
        hits = np.cumsum(self.right)
        recall, precision = hits / self.labels, hits / np.arange(1, len(hits) + 1)
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        places = np.searchsorted(recall, _RECALL_STEPS, side="left")
        reached = places < len(recall)
        return float(np.where(reached, envelope[np.minimum(places, len(recall) - 1)], 0.0).mean())


def tally(pictures: Sequence[Picture], names: Sequence[str]) -> dict[str, Tally]:
    """Match finds to labels of their kind: in each picture the surest chooses first, by its largest overlap."""
    return {name: _tally(pictures, name) for name in names}


def iou(one: Float, others: Float) -> Float:
    """Give the intersection over union of (4,) corners with (N, 4)."""
    size = np.clip(np.minimum(one[2:], others[:, 2:]) - np.maximum(one[:2], others[:, :2]), 0.0, None)
    common = size.prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1) + (one[2:] - one[:2]).prod() - common
    return np.asarray(np.divide(common, areas, out=np.zeros_like(common), where=areas > 0), dtype=np.float64)


def _tally(pictures: Sequence[Picture], name: str) -> Tally:
    confidence: list[float] = []
    right: list[bool] = []
    labels = 0
    for picture in pictures:
        found, truth = _of(picture.found, {name}), _of(picture.labels, {name})
        labels += len(truth.names)
        free = np.ones(len(truth.names), dtype=bool)
        for row in np.argsort(-found.confidence, kind="stable").tolist():
            overlap = np.where(free, iou(found.xyxy[row], truth.xyxy), 0.0)
            hit = bool(len(overlap)) and bool(overlap.max() > LEAST_IOU)
            if hit:
                free[int(overlap.argmax())] = False
            confidence.append(float(found.confidence[row]))
            right.append(hit)
    order = np.argsort(-np.array(confidence), kind="stable")
    return Tally(np.array(confidence)[order], np.array(right, dtype=bool)[order], labels)


def _of(boxes: Boxes, names: set[str]) -> Boxes:
    rows = [row for row, name in enumerate(boxes.names) if name in names]
    return Boxes(
        boxes.xyxy[rows].reshape(-1, 4), tuple(boxes.names[row] for row in rows), boxes.confidence[rows].reshape(-1)
    )
