"""Look at a large picture in tiles as well as whole, so that small things are seen at their own size.

As SAHI does (Akyon et al., Slicing Aided Hyper Inference, ICIP 2022), but what the inner edge of a tile cuts is left to
the neighbour that shows it whole, or to the look at the whole picture: halves are not sewn together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from vision.detectors.nested import without_nested
from vision.detectors.yolo_decode import YoloConfig
from vision.protocols import Detector, ModelInfo
from vision.types import Detections, Frame, frozen

_AT_EDGE_PX = 2.0


class TiledDetector:
    """A Detector that hands another one tiles."""

    def __init__(self, inner: Detector, config: YoloConfig) -> None:
        """Wrap a detector.

        Args:
            inner: Looks at tiles and at whole pictures.
            config: The side of tiles, their overlap, and from which overlap two boxes are one.
        """
        self._inner = inner
        self._config = config

    @property
    def info(self) -> ModelInfo:
        """Name, weights and classes of the detector within."""
        return self._inner.info

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Give one Detections a frame, in order.

        Raises:
            InferenceError: The model failed.
        """
        return [self._detect(frame) for frame in frames]

    def _detect(self, frame: Frame) -> Detections:
        height, width = frame.image.shape[:2]
        corners = tile_corners(width, height, self._config.tile_px, self._config.tile_overlap)
        if not corners:
            return self._inner.detect([frame])[0]
        side = self._config.tile_px
        tiles = [
            Frame(frame.footage_id, frame.pts_ns, frame.image[top : top + side, left : left + side])
            for left, top in corners
        ]
        whole, *parts = self._inner.detect([frame, *tiles])
        placed = [
            _placed(part, corner, (width, height), (tile.image.shape[1], tile.image.shape[0]))
            for part, corner, tile in zip(parts, corners, tiles, strict=True)
        ]
        return self._merged([whole, *placed])

    def _merged(self, looks: Sequence[Detections]) -> Detections:
        xyxy = np.concatenate([one.xyxy for one in looks])
        confidence = np.concatenate([one.confidence for one in looks])
        class_id = np.concatenate([one.class_id for one in looks])
        outlines = [outline for one in looks for outline in one.outlines]
        boxes = np.concatenate([xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]], axis=1)
        kept = np.asarray(
            cv2.dnn.NMSBoxesBatched(
                boxes.tolist(), confidence.tolist(), class_id.tolist(), self._config.confidence, self._config.iou
            ),
            dtype=np.int64,
        ).ravel()
        kept = kept[np.argsort(-confidence[kept], kind="stable")][: self._config.max_detections]
        return without_nested(
            replace(
                looks[0],
                xyxy=frozen(xyxy[kept].reshape(-1, 4)),
                confidence=frozen(confidence[kept]),
                class_id=frozen(class_id[kept]),
                outlines=tuple(outlines[row] for row in kept.tolist()),
            )
        )


def tile_corners(width: int, height: int, side: int, overlap: float) -> list[tuple[int, int]]:
    """Give left and top of the tiles that cover a picture; none for a picture that is no larger than one.

    Args:
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        side: Of a tile.
        overlap: Least share of its side by which a tile reaches into the next.
    """
    if max(width, height) <= side:
        return []
    return [(left, top) for top in _starts(height, side, overlap) for left in _starts(width, side, overlap)]


def _starts(length: int, side: int, overlap: float) -> list[int]:
    if length <= side:
        return [0]
    count = int(np.ceil((length - side) / (side * (1.0 - overlap)))) + 1
    return [round(place) for place in np.linspace(0, length - side, count)]


def _placed(part: Detections, corner: tuple[int, int], picture: tuple[int, int], tile: tuple[int, int]) -> Detections:
    """Give a tile's detections in pixels of the picture, without those that an inner edge of the tile cuts."""
    xyxy = part.xyxy
    cut = np.zeros(len(part), dtype=bool)
    for axis in range(2):
        if corner[axis] > 0:
            cut |= xyxy[:, axis] <= _AT_EDGE_PX
        if corner[axis] + tile[axis] < picture[axis]:
            cut |= xyxy[:, 2 + axis] >= tile[axis] - _AT_EDGE_PX
    rows = np.flatnonzero(~cut)
    shift = np.array(corner, np.float32)
    return replace(
        part,
        xyxy=frozen(xyxy[rows] + np.tile(shift, 2)),
        confidence=frozen(part.confidence[rows]),
        class_id=frozen(part.class_id[rows]),
        outlines=tuple(frozen(part.outlines[row] + shift) for row in rows.tolist()),
    )
