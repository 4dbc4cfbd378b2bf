"""A picture being painted from far to near, with the light that things give off and what stays visible of each."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Raster = NDArray[np.uint8]


@dataclass(slots=True)
class _Shape:
    left: int
    top: int
    cover: NDArray[np.float32]
    whole_px: float


class FrameCanvas:
    """Lays pictures over a frame, nearer ones over farther ones.

    Attributes:
        frame: (H, W, 3) uint8 BGR, painted on in place.
        glow: (H, W, 3) uint8 BGR: light of lamps and of retroreflecting plates, which needs no other light to be seen;
            None until there is any.
    """

    def __init__(self, frame: Raster) -> None:
        self.frame = frame
        self.glow: Raster | None = None
        self._shapes: dict[str, _Shape] = {}

    def paint(self, left: int, top: int, own: Raster, hole: Raster) -> None:
        """Lay a picture over the frame; it hides what shone or was followed behind it.

        Args:
            left: Column of its first column, in the frame.
            top: Row of its first row.
            own: (h, w, 3) uint8 BGR, already multiplied by coverage.
            hole: (h, w, 3) uint8: 255 where nothing covers, 0 where all is covered.
        """
        place = slice(top, top + own.shape[0]), slice(left, left + own.shape[1])
        there = self.frame[place]
        np.copyto(there, cv2.add(cv2.multiply(there, hole, scale=1.0 / 255.0), own))
        if self.glow is not None:
            np.copyto(self.glow[place], cv2.multiply(self.glow[place], hole, scale=1.0 / 255.0))
        for shape in self._shapes.values():
            _hide(shape, left, top, hole)

    def shine(self, left: int, top: int, light: Raster) -> None:
        """Add light, (h, w, 3) uint8 BGR, that comes from a thing itself."""
        if self.glow is None:
            self.glow = np.zeros_like(self.frame)
        there = self.glow[top : top + light.shape[0], left : left + light.shape[1]]
        np.copyto(there, cv2.add(there, light))

    def follow(self, key: str, left: int, top: int, cover: Raster, whole_px: float) -> None:
        """Follow how much of a shape stays visible.

        Args:
            key: Its name.
            left: Column of the cover's first column, in the frame.
            top: Row of its first row.
            cover: (h, w) uint8, 255 where the shape lies; its part inside the frame.
            whole_px: Area of the whole shape, parts outside the frame included.
        """
        self._shapes[key] = _Shape(left, top, cover.astype(np.float32) / np.float32(255.0), whole_px)

    def visible_share(self, key: str) -> float:
        """Give the share of a followed shape that can be seen; 0 where it was never in the picture."""
        shape = self._shapes.get(key)
        return float(shape.cover.sum()) / max(shape.whole_px, 1e-6) if shape is not None else 0.0


def _hide(shape: _Shape, left: int, top: int, hole: Raster) -> None:
    x0, x1 = max(left, shape.left), min(left + hole.shape[1], shape.left + shape.cover.shape[1])
    y0, y1 = max(top, shape.top), min(top + hole.shape[0], shape.top + shape.cover.shape[0])
    if x0 < x1 and y0 < y1:
        kept = hole[y0 - top : y1 - top, x0 - left : x1 - left, 0].astype(np.float32) / np.float32(255.0)
        shape.cover[y0 - shape.top : y1 - shape.top, x0 - shape.left : x1 - shape.left] *= kept
