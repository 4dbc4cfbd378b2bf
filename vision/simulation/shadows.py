"""The shadows that trees, bushes and poles throw on the road."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.random_streams import Field, fractal_noise, random_stream, smooth_step
from vision.simulation.road_layout import RoadsideObject
from vision.simulation.surface_patch import DISPLAY_GAMMA, HALF_WIDTH_M, PIXELS_PER_M, Sunlight

_STEP_PX = 4
"""Pixels of the surface raster for one of a shadow's own: soft edges need no more."""
_LIT = 128
_LONGEST_M = 45.0
_BORDER_M = 0.3


@dataclass(frozen=True, slots=True)
class Shadow:
    """Where the sun is hidden.

    Attributes:
        row: First row in the whole road's surface raster.
        column: First column in it.
        gain: (h, w) uint8, one for ``_STEP_PX`` rows and columns of the surface; 128 where nothing is darkened.
        middle: (along_m, lateral_m) of its middle.
    """

    row: int
    column: int
    gain: NDArray[np.uint8]
    middle: tuple[float, float]

    @property
    def end_row(self) -> int:
        """First row past it."""
        return self.row + _STEP_PX * int(self.gain.shape[0])

    def paint(self, raster: NDArray[np.uint8], first_row: int) -> None:
        """Darken the part that falls on a raster of the road whose top row is ``first_row``."""
        top, bottom = max(self.row, first_row), min(self.end_row, first_row + raster.shape[0])
        left, right = max(self.column, 0), min(self.column + _STEP_PX * self.gain.shape[1], raster.shape[1])
        if top >= bottom or left >= right:
            return
        scale = 1.0 / _STEP_PX
        to_own = np.array(
            [
                [scale, 0.0, (left - self.column + 0.5) * scale - 0.5],
                [0.0, scale, (top - self.row + 0.5) * scale - 0.5],
            ]
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        gain = cv2.warpAffine(self.gain, to_own, (right - left, bottom - top), flags=flags, borderValue=(_LIT,))
        there = raster[top - first_row : bottom - first_row, left:right]
        np.copyto(there, cv2.multiply(there, cv2.merge([gain, gain, gain]), scale=1.0 / _LIT))


def cast_shadow(thing: RoadsideObject, sun: Sunlight) -> Shadow | None:
    """Give the shadow of a roadside object; None where no sun shines, or it stays off the surface raster."""
    if sun.direct < 0.15 or thing.kind == "post":
        return None
    reach_m = min(thing.height_m / max(float(np.tan(sun.elevation_rad)), 0.12), _LONGEST_M)
    away = np.array([-sun.along, -sun.left])
    ends = np.array([[0.45 if thing.kind == "tree" else 0.0], [1.0]]) * reach_m * away
    ends += [thing.along_m, thing.lateral_m]
    radius_m = {"tree": 0.28 * thing.height_m, "bush": 0.5 * thing.height_m}.get(thing.kind, 0.12)
    middle, span = ends.mean(axis=0), np.abs(np.diff(ends, axis=0))[0]
    half = 0.5 * span + radius_m + _BORDER_M
    if abs(middle[1]) - half[1] > HALF_WIDTH_M - 1.0:
        return None
    cell_m = _STEP_PX / PIXELS_PER_M
    rows, columns = (int(np.ceil(2.0 * side / cell_m)) for side in half)
    along = (np.arange(rows, dtype=np.float32)[:, None] + 0.5) * cell_m - half[0]
    left = half[1] - (np.arange(columns, dtype=np.float32)[None, :] + 0.5) * cell_m
    forth, aside = along * away[0] + left * away[1], left * away[0] - along * away[1]
    beyond = np.maximum(np.abs(forth) - 0.5 * float(np.hypot(*span)), 0.0)
    distance = np.asarray(np.hypot(beyond, aside) / radius_m, np.float32)
    hidden = _hidden_share(random_stream(thing.shape_seed, "shadow"), distance, solid=thing.kind == "pole")
    gain = _LIT * (1.0 - np.float32(sun.direct) * hidden) ** DISPLAY_GAMMA
    return Shadow(
        row=round((float(middle[0]) - float(half[0])) * PIXELS_PER_M),
        column=round((HALF_WIDTH_M - float(middle[1]) - float(half[1])) * PIXELS_PER_M),
        gain=np.asarray(np.round(gain), np.uint8),
        middle=(float(middle[0]), float(middle[1])),
    )


def _hidden_share(rng: np.random.Generator, distance: Field, *, solid: bool) -> Field:
    """Give how much of the sun is hidden, 0 to 1, by the distance from the axis in radii: a pole, or a leafy crown."""
    if solid:
        return smooth_step(1.0 - distance, 0.0, 0.3)
    leaves = fractal_noise(rng, distance.shape, 28.0, 5, 0.75)
    return np.asarray(0.97 * smooth_step(1.0 - distance + 0.33 * leaves, 0.10, 0.42), np.float32)
