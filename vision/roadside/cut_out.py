"""Cuts one sign or head out of a frame, square, with what stands around it: what the looks networks see."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.types import Image

CUT_PX = 48
SIGN_ROOM, HEAD_ROOM = 1.5, 1.15
"""Side of the square, of the box's longer side: a leaning sign is told by its post, a head by its lenses alone."""


def cut_out(image: Image, xyxy: NDArray[np.float32], room: float) -> Image:
    """Give a box's square cut-out, (CUT_PX, CUT_PX, 3) uint8 BGR; beyond the frame its edge goes on.

    Args:
        image: (H, W, 3) uint8 BGR, the whole frame.
        xyxy: (4,) pixels of that frame.
        room: Side of the square, of the box's longer side.
    """
    left, top, right, bottom = (float(value) for value in xyxy)
    side = max(room * max(right - left, bottom - top), 4.0)
    x, y = 0.5 * (left + right), 0.5 * (top + bottom)
    height, width = image.shape[:2]
    x0, y0 = round(x - 0.5 * side), round(y - 0.5 * side)
    x1, y1 = max(x0 + 4, round(x + 0.5 * side)), max(y0 + 4, round(y + 0.5 * side))
    beyond = max(0, -x0), max(0, -y0), max(0, x1 - width), max(0, y1 - height)
    part: Image = image[max(y0, 0) : max(min(y1, height), 1), max(x0, 0) : max(min(x1, width), 1)]
    if any(beyond):
        wider = cv2.copyMakeBorder(part, beyond[1], beyond[3], beyond[0], beyond[2], cv2.BORDER_REPLICATE)
        part = np.asarray(wider, np.uint8)
    how = cv2.INTER_AREA if x1 - x0 > CUT_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, (CUT_PX, CUT_PX), interpolation=how), np.uint8)
