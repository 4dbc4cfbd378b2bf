"""Decoded frames to pictures as a person sees them: upright, square pixels, BGR."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.buffer import Buffer

from vision.types import Image, frozen

_MAX_SQUARE_PIXEL_ERROR = 0.02


def upright_bgr(frame: av.VideoFrame, pixel_aspect: Fraction) -> Image:
    """Convert a decoded frame to (H, W, 3) uint8 BGR, upright, with square pixels, read-only.

    Args:
        frame: As it left the decoder.
        pixel_aspect: Width of a stored pixel over its height.
    """
    stretched = abs(pixel_aspect - 1) > _MAX_SQUARE_PIXEL_ERROR
    width = round(frame.width * pixel_aspect) if stretched else frame.width
    image = cast(Image, frame.to_ndarray(format="bgr24", width=width))
    return frozen(_turned(image, _display_matrix(frame)))


def _display_matrix(frame: av.VideoFrame) -> tuple[int, int, int, int]:
    """Give a, b, c, d of x' = a x + c y, y' = b x + d y (ISO/IEC 14496-12 8.3.2, 16.16 fixed point)."""
    side_data = cast(Mapping[str, Buffer], frame.side_data)
    if "DISPLAYMATRIX" not in side_data:
        return 1, 0, 0, 1
    a, b, _, c, d, *_ = np.frombuffer(bytes(side_data["DISPLAYMATRIX"]), dtype=np.int32).tolist()
    return a, b, c, d


def _turned(image: Image, matrix: tuple[int, int, int, int]) -> Image:
    """Turn and mirror by the quarter turn that a display matrix is nearest to."""
    a, b, c, d = matrix
    if abs(b) > abs(a):
        image = np.transpose(image, (1, 0, 2))
        a, d = c, b
    if a < 0:
        image = image[:, ::-1]
    if d < 0:
        image = image[::-1]
    return np.ascontiguousarray(image)
