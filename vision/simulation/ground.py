"""The painted ground: tiles of surface with all that lies on them, in levels of detail for both directions apart.

A camera near the ground sees it strongly foreshortened: one image row covers far more road along than across. So a
level of detail is a pair (a, c): the raster shrunk ``2**a`` times along the road and ``2**c`` times across it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import cv2
import numpy as np

from vision.simulation.pavement import TILE_M, WIDE_HALF_WIDTH_M, WIDE_PIXELS_PER_M, Pavement, Raster
from vision.simulation.shadows import Shadow
from vision.simulation.surface_patch import HALF_WIDTH_M, PIXELS_PER_M, SurfacePatch

MAX_LEVEL_ALONG = 9
MAX_LEVEL_ACROSS = 5
_KEPT_TILES = 13
_TILES_A_STRIP = 3
_TILE_ROWS = int(TILE_M * PIXELS_PER_M)


class Ground:
    """Gives rasters of any stretch of the road at any level of detail; makes tiles when first asked, keeps the last."""

    def __init__(self, pavement: Pavement, patches: Sequence[SurfacePatch | Shadow]) -> None:
        self._pavement = pavement
        self._patches = tuple(patches)
        self._tiles: OrderedDict[int, dict[tuple[int, int], Raster]] = OrderedDict()
        self._strips: dict[tuple[int, int], tuple[int, int, Raster]] = {}

    def strip(self, start_m: float, end_m: float, along: int, across: int) -> tuple[Raster, float]:
        """Give a raster that covers ``[start_m, end_m)`` at a level, and where its first row begins in metres."""
        first, last = int(start_m // TILE_M), int(end_m // TILE_M) + 1
        held = self._strips.get((along, across))
        if held is None or held[0] > first or held[1] < last:
            held_last = max(last, first + (_TILES_A_STRIP if along > 1 else 1))
            raster = np.concatenate([self._level(index, along, across) for index in range(first, held_last)])
            held = (first, held_last, raster)
            self._strips[(along, across)] = held
        # Cut to what was asked for: a frame must not depend, not even by rounding, on what was asked for before it.
        rows = _TILE_ROWS >> along
        return held[2][(first - held[0]) * rows : (last - held[0]) * rows], first * TILE_M

    def half_width_m(self, across: int) -> float:
        """Give how far a raster of this level reaches to each side of the centre line."""
        return HALF_WIDTH_M if across == 0 else 2.0 * HALF_WIDTH_M if across == 1 else WIDE_HALF_WIDTH_M

    def _level(self, index: int, along: int, across: int) -> Raster:
        levels = self._tiles.get(index)
        if levels is None:
            levels = self._paint_tile(index)
            self._tiles[index] = levels
            if len(self._tiles) > _KEPT_TILES:
                self._tiles.popitem(last=False)
        self._tiles.move_to_end(index)
        if (along, across) not in levels:
            finer = self._level(index, along - 1, across)
            halved = cv2.addWeighted(finer[0:-1:2], 0.5, finer[1::2], 0.5, 0.0)
            levels[along, across] = np.asarray(halved, np.uint8)
        return levels[along, across]

    def _paint_tile(self, index: int) -> dict[tuple[int, int], Raster]:
        fine, wide = self._pavement.tile(index)
        first_row = index * _TILE_ROWS
        for patch in self._patches:
            if patch.row < first_row + fine.shape[0] and patch.end_row > first_row:
                patch.paint(fine, first_row)
        return _across_levels(fine, wide)


def _across_levels(fine: Raster, wide: Raster) -> dict[tuple[int, int], Raster]:
    """Shrink a tile both ways, setting the fine raster into the wide one once the pixels are large enough.

    Level (c, c) is where the chain of levels (c, c), (c + 1, c), ... begins: no camera sees the ground less
    foreshortened than that.
    """
    levels = {(0, 0): fine}
    half = cv2.resize(fine, (fine.shape[1] // 2, fine.shape[0] // 2), interpolation=cv2.INTER_AREA)
    quarter = cv2.resize(half, (half.shape[1] // 2, half.shape[0] // 2), interpolation=cv2.INTER_AREA)
    margin = int((WIDE_HALF_WIDTH_M - HALF_WIDTH_M) * WIDE_PIXELS_PER_M)
    wide[:, margin : wide.shape[1] - margin] = quarter
    cut = int((WIDE_HALF_WIDTH_M - 2.0 * HALF_WIDTH_M) * WIDE_PIXELS_PER_M)
    middle = wide[:, cut : wide.shape[1] - cut]
    second = cv2.resize(middle, (middle.shape[1] * 2, half.shape[0]), interpolation=cv2.INTER_LINEAR)
    margin = (second.shape[1] - half.shape[1]) // 2
    second[:, margin : second.shape[1] - margin] = half
    levels[1, 1], levels[2, 2] = np.asarray(second, np.uint8), wide
    for level in range(3, MAX_LEVEL_ACROSS + 1):
        rows, columns = levels[level - 1, level - 1].shape[:2]
        shrunk = cv2.resize(levels[level - 1, level - 1], (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
        levels[level, level] = np.asarray(shrunk, np.uint8)
    return levels
