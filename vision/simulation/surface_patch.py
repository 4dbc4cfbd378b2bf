"""A small painted piece of road surface, its shading by relief, and the outline that truth is made from.

The surface raster has ``PIXELS_PER_M`` in both directions. Rows run along the road (row = along * PIXELS_PER_M),
columns from left to right (column 0 is ``HALF_WIDTH_M`` left of the centre line).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from vision.simulation.random_streams import Field

PIXELS_PER_M = 160.0
HALF_WIDTH_M = 6.4
DISPLAY_GAMMA = 1.0 / 2.2
"""Power that turns a ratio of light into one of display values."""
_LOWEST_LAMBERT_RAD = 0.35
_SHADOW_REACHES_PX = (1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36)


@dataclass(frozen=True, slots=True)
class Sunlight:
    """Where light comes from, in the road's own frame.

    Attributes:
        along: Horizontal direction towards the sun: component along rising chainage.
        left: Component to the left; ``along`` and ``left`` make a unit vector.
        elevation_rad: Of the sun.
        direct: Share of direct light on flat ground, 0 (overcast) to about 0.85.
    """

    along: float
    left: float
    elevation_rad: float
    direct: float


@dataclass(frozen=True, slots=True)
class SurfacePatch:
    """What to do to a rectangle of the surface raster: ``surface * gain``, then ``colour`` over it by ``alpha``.

    Attributes:
        row: First row in the whole road's raster.
        column: First column.
        gain: (H, W) float32.
        colour: (H, W, 3) float32 BGR, 0 to 255.
        alpha: (H, W) float32 in [0, 1].
        outline: (N, 2) float64 (along_m, lateral_m) of the defect's edge; empty for what is no defect.
    """

    row: int
    column: int
    gain: Field
    colour: Field
    alpha: Field
    outline: NDArray[np.float64]

    @property
    def end_row(self) -> int:
        """First row past it."""
        return self.row + int(self.gain.shape[0])

    def paint(self, raster: NDArray[np.uint8], first_row: int) -> None:
        """Paint the part that falls on a raster of the road whose top row is ``first_row``."""
        top, bottom = max(self.row, first_row), min(self.end_row, first_row + raster.shape[0])
        left, right = max(self.column, 0), min(self.column + self.gain.shape[1], raster.shape[1])
        if top >= bottom or left >= right:
            return
        own = np.s_[top - self.row : bottom - self.row, left - self.column : right - self.column]
        there = raster[top - first_row : bottom - first_row, left:right]
        if not self.alpha.any():
            gain = np.clip(self.gain[own] * 128.0, 0.0, 255.0).astype(np.uint8)
            np.copyto(there, cv2.multiply(there, cv2.merge([gain, gain, gain]), scale=1.0 / 128.0))
            return
        lit = there * self.gain[own][..., None]
        lit += (self.colour[own] - lit) * self.alpha[own][..., None]
        np.copyto(there, np.clip(lit, 0.0, 255.0).astype(np.uint8))


@dataclass(frozen=True, slots=True)
class Canvas:
    """The raster rectangle that a thing is drawn on, with metre coordinates about the thing's middle.

    Attributes:
        row: First row in the whole road's raster.
        column: First column.
        along_m: (H, 1) float32 from the middle.
        left_m: (1, W) float32 from the middle, left positive.
    """

    row: int
    column: int
    along_m: Field
    left_m: Field

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.along_m.shape[0], self.left_m.shape[1]

    def to_road(self, points_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn (column, row) pixel-centre points of the canvas into (along_m, lateral_m) of the road."""
        along = (points_px[:, 1] + 0.5 + self.row) / PIXELS_PER_M
        lateral = HALF_WIDTH_M - (points_px[:, 0] + 0.5 + self.column) / PIXELS_PER_M
        return np.stack([along, lateral], axis=1)


def make_canvas(along_m: float, lateral_m: float, length_m: float, width_m: float, border_m: float) -> Canvas:
    """Cut out the raster rectangle round a thing of the given extent, with a border."""
    half_rows = int(np.ceil((0.5 * length_m + border_m) * PIXELS_PER_M))
    half_columns = int(np.ceil((0.5 * width_m + border_m) * PIXELS_PER_M))
    middle_row, middle_column = round(along_m * PIXELS_PER_M), round((HALF_WIDTH_M - lateral_m) * PIXELS_PER_M)
    rows = (np.arange(-half_rows, half_rows, dtype=np.float32) + 0.5) / PIXELS_PER_M
    columns = (np.arange(-half_columns, half_columns, dtype=np.float32) + 0.5) / PIXELS_PER_M
    return Canvas(
        middle_row - half_rows,
        middle_column - half_columns,
        rows[:, None].astype(np.float32),
        -columns[None, :].astype(np.float32),
    )


def relief_gain(height_m: Field, sun: Sunlight, occlusion_m: float = 0.03) -> Field:
    """Give the display brightness of a relief against flat ground.

    Lambert's law for the sun, with cast shadows, and sky light dimmed in hollows; the ratio is raised to 1 / 2.2,
    since the raster holds display values.

    Args:
        height_m: (H, W) over the road's plane.
        sun: Where the light is.
        occlusion_m: Depth below the surroundings at which half the sky light is lost.
    """
    slope_rows, slope_columns = np.gradient(height_m * np.float32(PIXELS_PER_M))
    # Facets of a few millimetres shade each other under a low sun, which evens out what Lambert's law would give.
    rise = np.float32(np.tan(max(sun.elevation_rad, _LOWEST_LAMBERT_RAD)))
    lambert = (rise - slope_rows * sun.along + slope_columns * sun.left) / (
        rise * np.sqrt(1.0 + slope_rows**2 + slope_columns**2)
    )
    lit = np.clip(lambert, 0.0, 2.2) * (1.0 - _cast_shadow(height_m, sun))
    hollow = np.maximum(cv2.GaussianBlur(height_m, (0, 0), 9.0) - height_m, 0.0)
    sky = 1.0 / (1.0 + hollow / np.float32(occlusion_m))
    linear = (1.0 - sun.direct) * sky + sun.direct * lit
    return np.asarray(np.maximum(linear, 0.02) ** DISPLAY_GAMMA, np.float32)


def _cast_shadow(height_m: Field, sun: Sunlight) -> Field:
    shadow = np.zeros_like(height_m)
    if sun.direct < 0.05:
        return shadow
    rise_px = np.tan(sun.elevation_rad) / PIXELS_PER_M
    size = (height_m.shape[1], height_m.shape[0])
    for reach in _SHADOW_REACHES_PX:
        shift = np.array([[1.0, 0.0, -sun.left * reach], [0.0, 1.0, sun.along * reach]], np.float64)
        blocker = cv2.warpAffine(
            height_m, shift, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
        )
        over = (blocker - height_m - np.float32(reach * rise_px)) / np.float32(0.003)
        np.maximum(shadow, np.clip(over, 0.0, 1.0), out=shadow)
    return shadow


def mask_outline(mask: MatLike, canvas: Canvas, tolerance_m: float = 0.008) -> NDArray[np.float64]:
    """Trace the largest region of a uint8 0/1 mask as a closed polygon (N, 2) of (along_m, lateral_m)."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(contours, key=cv2.contourArea)
    simple = cv2.approxPolyDP(largest, tolerance_m * PIXELS_PER_M, True).reshape(-1, 2)
    return canvas.to_road(simple.astype(np.float64))
