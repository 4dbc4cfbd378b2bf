"""The face of a part: layers of colour, relief and gloss, and how light makes a picture of them.

Lengths are millimetres in part coordinates: origin in the middle of the part, x right and y down in the picture of a
part that isn't turned. The layers are rasters of those coordinates, finer than the camera's picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.random_streams import Field, smooth_step

Points = NDArray[np.float64]
"""(N, 2) x, y in mm."""
Window = tuple[slice, slice]

MARGIN_PX = 6
_SUBPIXEL_BITS = 4
_SHINE_POWER = 9.0


@dataclass(frozen=True, slots=True)
class FaceLight:
    """How a part's face is lit.

    Attributes:
        direction: Towards the light, (right, down, up); of any length.
        ambient: Share of the light that comes from everywhere.
        shine: How strongly what glosses shines, 0 to 1.
    """

    direction: tuple[float, float, float]
    ambient: float
    shine: float


@dataclass(slots=True)
class Face:
    """Layers of one part's face.

    Attributes:
        px_per_mm: Raster pixels per millimetre.
        size_mm: Width and height of the part's box.
        albedo: (H, W, 3) float32 BGR, 0 to 1.
        relief: (H, W) float32 height in raster pixels.
        gloss: (H, W) float32, 0 to 1.
        alpha: (H, W) float32: 1 on the part, 0 beside it and in its holes.
        taken: (H, W) uint8: 255 where no defect is planted: features, markers, earlier defects.
    """

    px_per_mm: float
    size_mm: tuple[float, float]
    albedo: Field
    relief: Field
    gloss: Field
    alpha: Field
    taken: NDArray[np.uint8]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the layers."""
        return self.alpha.shape[0], self.alpha.shape[1]

    def to_px(self, points_mm: Points) -> Points:
        """Give raster positions of part coordinates, (N, 2)."""
        half = 0.5 * np.array(self.size_mm)
        return np.asarray((points_mm + half) * self.px_per_mm + MARGIN_PX)

    def to_mm(self, points_px: NDArray[np.floating]) -> Points:
        """Give part coordinates of raster positions, (N, 2)."""
        half = 0.5 * np.array(self.size_mm)
        return np.asarray((points_px - MARGIN_PX) / self.px_per_mm - half, np.float64)

    def filled(self, outlines_mm: Sequence[Points]) -> Field:
        """Give (H, W) float32 coverage of closed outlines, antialiased."""
        canvas = np.zeros(self.shape, np.uint8)
        cv2.fillPoly(canvas, [_fixed(self.to_px(points)) for points in outlines_mm], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
        return canvas.astype(np.float32) / np.float32(255.0)

    def stroked(self, line_mm: Points, width_px: Sequence[float] | NDArray[np.float64]) -> Field:
        """Give (H, W) float32 coverage of an open line whose width changes along it.

        Args:
            line_mm: (N, 2).
            width_px: Raster pixels at each of the N points.
        """
        canvas = np.zeros(self.shape, np.uint8)
        points = self.to_px(line_mm)
        normal = np.gradient(points, axis=0)[:, ::-1] * [1.0, -1.0]
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        aside = 0.5 * np.asarray(width_px)[:, None] * normal
        for index in range(len(points) - 1):  # a quad a segment: a bent ribbon never fills its own inside
            first, second = points[index : index + 2]
            across, along = aside[index], aside[index + 1]
            quad = np.stack([first + across, second + along, second - along, first - across])
            cv2.fillPoly(canvas, [_fixed(quad)], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
        return canvas.astype(np.float32) / np.float32(255.0)

    def take(self, coverage: Field, margin_px: int = 3) -> None:
        """Keep defects planted later off what is covered, and a margin round it."""
        kernel = np.ones((2 * margin_px + 1, 2 * margin_px + 1), np.uint8)
        self.taken |= np.asarray(cv2.dilate((coverage > 0.2).astype(np.uint8) * 255, kernel), np.uint8)

    def blend(self, tone_bgr: Sequence[float], coverage: Field, window: Window | None = None) -> None:
        """Paint a tone over the face, as far as each pixel is covered."""
        where = window or (slice(None), slice(None))
        share = coverage[where][..., None]
        self.albedo[where] += share * (np.array(tone_bgr, np.float32) - self.albedo[where])

    def shaded(self, light: FaceLight, window: Window | None = None) -> Field:
        """Give what a camera sees of the face, (H, W, 3) float32 BGR, 0 to 1 and above where it shines."""
        where = window or (slice(None), slice(None))
        slope_x = cv2.Sobel(self.relief[where], cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
        slope_y = cv2.Sobel(self.relief[where], cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
        right, down, up = np.array(light.direction) / np.linalg.norm(light.direction)
        norm = np.sqrt(1.0 + slope_x**2 + slope_y**2)
        facing = np.clip((up - right * slope_x - down * slope_y) / norm, 0.0, None)
        half = np.array([right, down, up + 1.0]) / np.linalg.norm([right, down, up + 1.0])
        mirror = np.clip((half[2] - half[0] * slope_x - half[1] * slope_y) / norm, 0.0, 1.0) ** _SHINE_POWER
        diffuse = np.float32(light.ambient) + np.float32((1.0 - light.ambient) / max(up, 0.3)) * facing
        shine = np.float32(light.shine) * self.gloss[where] * mirror
        return np.asarray(self.albedo[where] * diffuse[..., None] + shine[..., None] * np.float32(0.6), np.float32)


def blank_face(outline_mm: Points, holes_mm: Sequence[Points], px_per_mm: float, bevel_mm: float) -> Face:
    """Give a plain face: grey, flat but for its bevelled edge, with through holes.

    Args:
        outline_mm: Closed outline of the part.
        holes_mm: Closed outlines of holes that the belt shows through.
        px_per_mm: Raster pixels per millimetre.
        bevel_mm: Width of the edge that falls off.
    """
    low, high = outline_mm.min(axis=0), outline_mm.max(axis=0)
    size = (float(high[0] - low[0]), float(high[1] - low[1]))
    rows, cols = (int(np.ceil(side * px_per_mm)) + 2 * MARGIN_PX for side in (size[1], size[0]))
    plain = np.zeros((rows, cols), np.float32)
    albedo = np.full((rows, cols, 3), 0.5, np.float32)
    face = Face(px_per_mm, size, albedo, plain.copy(), plain.copy(), plain, np.zeros((rows, cols), np.uint8))
    face.alpha = face.filled([outline_mm])
    for hole in holes_mm:
        face.alpha *= 1.0 - face.filled([hole])
    inside = cv2.distanceTransform((face.alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    bevel = max(1.5, bevel_mm * px_per_mm)
    face.relief += np.float32(0.55 * bevel) * smooth_step(np.asarray(inside), 0.0, bevel)
    face.taken[np.asarray(inside) < bevel] = 255
    return face


def _fixed(points: Points) -> NDArray[np.int32]:
    """Give positions in the fixed-point numbers that OpenCV draws with."""
    return np.asarray(np.round(points * 2**_SUBPIXEL_BITS), np.int32)
