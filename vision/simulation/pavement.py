"""The sound road surface: asphalt with its grain, wheel paths and unevenness, markings, shoulder and verge."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.random_streams import Field, fractal_noise, random_stream, smooth_noise, smooth_step
from vision.simulation.road_layout import RoadLayout
from vision.simulation.road_style import RoadStyle
from vision.simulation.surface_patch import HALF_WIDTH_M, PIXELS_PER_M

Raster = NDArray[np.uint8]
"""(rows along the road, columns from left to right, 3) uint8 BGR."""

TILE_M = 12.8
"""2048 pixels of the surface raster: it can be halved eleven times."""
WIDE_HALF_WIDTH_M = 40.0
WIDE_PIXELS_PER_M = 40.0
_COARSE_PIXELS_PER_M = 10.0
_GRAIN_PX = (2560, 4096)
_DASH_M, _DASH_PERIOD_M = 4.0, 12.0
_LINE_M = 0.12
_EDGE_BAND_M = 0.4
_VERGE_TILES = 4


class Pavement:
    """Makes tiles of sound surface, ``TILE_M`` long, in any order, that fit each other."""

    def __init__(self, layout: RoadLayout) -> None:
        self._style = layout.style
        self._seed = layout.seed
        self._tiles = int(np.ceil((layout.route.length_m + 200.0) / TILE_M))
        self._coarse = _coarse_colour(layout.style, layout.seed, self._tiles)
        self._grain = _grain_bank(layout.style, layout.seed)
        side = int(PIXELS_PER_M / _COARSE_PIXELS_PER_M)
        shape = (int(TILE_M * PIXELS_PER_M) + 2 * side, int(2 * HALF_WIDTH_M * PIXELS_PER_M), 3)
        self._enlarged = np.empty(shape, np.uint8)  # made once: fresh memory costs more than the enlarging
        self._edge = self._edge_waves()
        self._verges = [_verge_tile(layout.style, layout.seed, number) for number in range(_VERGE_TILES)]
        self._dash_offset_m = float(random_stream(layout.seed, "dash").uniform(0.0, _DASH_PERIOD_M))

    def tile(self, index: int) -> tuple[Raster, Raster]:
        """Give tile ``index``: the fine raster (±``HALF_WIDTH_M``) and the wide one (±``WIDE_HALF_WIDTH_M``)."""
        number = int(random_stream(self._seed, "verge place", index).integers(_VERGE_TILES))
        wide = self._verges[number].copy()
        fine = self._asphalt_tile(index)
        self._paint_markings(fine, index)
        self._join_edges(fine, wide, index)
        return fine, wide

    def _asphalt_tile(self, index: int) -> Raster:
        rows, columns = int(TILE_M * PIXELS_PER_M), int(2 * HALF_WIDTH_M * PIXELS_PER_M)
        coarse_rows = int(TILE_M * _COARSE_PIXELS_PER_M)
        first = (index % self._tiles) * coarse_rows
        # One coarse row more on each side, so that bilinear enlargement meets the next tile without a seam.
        window = self._coarse[first : first + coarse_rows + 2]
        scale = int(PIXELS_PER_M / _COARSE_PIXELS_PER_M)
        size = (columns, (coarse_rows + 2) * scale)
        large = cv2.resize(window, size, dst=self._enlarged, interpolation=cv2.INTER_LINEAR)
        rng = random_stream(self._seed, "grain place", index)
        row, column = int(rng.integers(_GRAIN_PX[0] - rows)), int(rng.integers(_GRAIN_PX[1] - columns))
        grain = self._grain[row : row + rows, column : column + columns]
        return np.asarray(cv2.multiply(large[scale : scale + rows], grain, scale=1.0 / 128.0), np.uint8)

    def _join_edges(self, fine: Raster, wide: Raster, index: int) -> None:
        """Lay the verge over the fine raster outside the pavement's broken edge."""
        rows = fine.shape[0]
        side = int((WIDE_HALF_WIDTH_M - HALF_WIDTH_M) * WIDE_PIXELS_PER_M)
        coarse = int(PIXELS_PER_M / WIDE_PIXELS_PER_M)
        # The edge wanders within a band of _EDGE_BAND_M to each side of its mean; past that all is verge.
        inner = int((HALF_WIDTH_M - self._style.paved_half_width_m + _EDGE_BAND_M) * PIXELS_PER_M) // coarse * coarse
        outer = max(0, inner - int(2 * _EDGE_BAND_M * PIXELS_PER_M))
        rng = random_stream(self._seed, "edge grain", index)
        for wave, mirror in zip(self._edge, (1, -1), strict=True):
            place, verge = fine[:, ::mirror][:, :inner], wide[:, ::mirror][:, side : side + inner // coarse]
            part = cv2.resize(np.ascontiguousarray(verge), (inner, rows), interpolation=cv2.INTER_LINEAR)
            row, column = int(rng.integers(_GRAIN_PX[0] - rows)), int(rng.integers(_GRAIN_PX[1] - inner))
            grit = self._grain[row : row + rows, column : column + inner]
            part = np.asarray(cv2.multiply(part, grit, scale=1.0 / 128.0), np.uint8)
            first = (index % self._tiles) * rows // 8
            edge = np.repeat(wave[first : first + rows // 8], 8)[:, None]
            left = HALF_WIDTH_M - (np.arange(outer, inner, dtype=np.float32) + 0.5) / PIXELS_PER_M
            ragged = 0.03 * smooth_noise(rng, (rows, inner - outer), 5.0)
            beyond = left[None, :] - self._style.paved_half_width_m - edge + ragged
            cover = (255.0 * smooth_step(beyond, -0.03, 0.03)).astype(np.uint8)
            over = cv2.merge([cover, cover, cover])
            under = cv2.multiply(np.ascontiguousarray(place[:, outer:]), cv2.bitwise_not(over), scale=1.0 / 255.0)
            place[:, outer:] = cv2.add(under, cv2.multiply(part[:, outer:], over, scale=1.0 / 255.0))
            place[:, :outer] = part[:, :outer]

    def _edge_waves(self) -> list[NDArray[np.float32]]:
        rng = random_stream(self._seed, "edge")
        count = int(self._tiles * TILE_M * PIXELS_PER_M / 8.0)
        ragged = float(rng.uniform(0.03, 0.16))
        waves = [fractal_noise(rng, (count, 2), 120.0, 5)[:, 0] for _ in range(2)]
        limit = _EDGE_BAND_M - 0.1
        return [np.asarray(np.clip(ragged * wave - 0.05, -limit, limit), np.float32) for wave in waves]

    def _paint_markings(self, fine: Raster, index: int) -> None:
        style = self._style
        rng = random_stream(self._seed, "paint", index)
        start = index * TILE_M
        yellow = style.centre.endswith("yellow")
        tone = np.array([45.0, 160.0, 205.0]) if yellow else np.array([205.0, 212.0, 214.0])
        for lateral, dashed in _centre_lines(style):
            self._paint_line(fine, rng, start, lateral, dashed, tone)
        if style.edge_line:
            white = np.array([208.0, 214.0, 216.0])
            for sign in (1.0, -1.0):
                self._paint_line(fine, rng, start, sign * (style.lane_width_m - 0.1), False, white)

    def _paint_line(
        self,
        fine: Raster,
        rng: np.random.Generator,
        start_m: float,
        lateral_m: float,
        dashed: bool,
        tone: NDArray[np.float64],
    ) -> None:
        style = self._style
        border = 6
        first = int((HALF_WIDTH_M - lateral_m - 0.5 * _LINE_M) * PIXELS_PER_M) - border
        strip = fine[:, first : first + int(_LINE_M * PIXELS_PER_M) + 2 * border]
        shape = strip.shape[:2]
        columns = np.arange(shape[1], dtype=np.float32)
        inside = np.minimum(columns - border + 1.0, shape[1] - border - columns)[None, :]
        cover = smooth_step(inside + 0.7 * smooth_noise(rng, shape, 8.0), 0.0, 1.5)
        wear = fractal_noise(rng, shape, 70.0, 4, 0.75) + 0.55 * smooth_noise(rng, shape, 1.6)
        cover *= smooth_step(wear, 2.6 * style.marking_wear - 2.6, 2.6 * style.marking_wear - 1.5)
        if dashed:
            along = start_m + (np.arange(shape[0]) + 0.5) / PIXELS_PER_M + self._dash_offset_m
            within = np.mod(along, _DASH_PERIOD_M)
            cover *= smooth_step(np.minimum(within, _DASH_M - within).astype(np.float32)[:, None], 0.0, 0.02)
        brightness = (0.62 + 0.38 * min(1.0, float(np.mean(style.base_bgr)) / 110.0)) * (1.0 - 0.2 * style.marking_wear)
        paint = tone * brightness * (0.85 + 0.15 * (strip / np.maximum(np.array(style.base_bgr), 1.0)))
        strip[:] = np.clip(strip + (paint - strip) * (0.93 * cover)[..., None], 0, 255).astype(np.uint8)


def _verge_tile(style: RoadStyle, seed: int, number: int) -> Raster:
    """Give one stretch of verge over the full wide raster; a road is lined by a few that all fit each other's ends."""
    rng = random_stream(seed, "verge", number)
    shape = (int(TILE_M * WIDE_PIXELS_PER_M), int(2 * WIDE_HALF_WIDTH_M * WIDE_PIXELS_PER_M))
    left = np.abs(_lefts(shape[1], WIDE_PIXELS_PER_M, WIDE_HALF_WIDTH_M))
    ends = random_stream(seed, "verge ends")
    half, quarter = (shape[0] // 2, shape[1] // 2), (shape[0] // 4, shape[1] // 4)
    tufts = _with_ends(smooth_noise(rng, half, 2.0), smooth_noise(ends, half, 2.0))
    clumps = _with_ends(fractal_noise(rng, quarter, 12.0, 3), fractal_noise(ends, quarter, 12.0, 3))
    tufts = np.asarray(cv2.resize(tufts, shape[::-1]), np.float32)
    clumps = np.asarray(cv2.resize(clumps, shape[::-1]), np.float32)
    grassy = smooth_step(left[None, :] - style.paved_half_width_m - 0.9 + 0.35 * clumps + 0.25 * tufts, -0.2, 0.5)
    soil, grass = np.array(style.soil_bgr, np.float32), np.array(style.grass_bgr, np.float32)
    tone = 1.0 + 0.17 * tufts + 0.13 * clumps
    colour = (soil + (grass - soil) * grassy[..., None]) * tone[..., None]
    return np.asarray(np.clip(colour, 0, 255).astype(np.uint8))


def _with_ends(own: Field, shared: Field) -> Field:
    """Blend a tile's noise into a shared one about its ends, so that it runs on from tile to tile."""
    rows = own.shape[0]
    run_on = np.roll(shared, rows // 2, axis=0)
    away = np.minimum(np.arange(rows), np.arange(rows)[::-1]) / (0.15 * rows)
    weight = np.clip(away, 0.0, 1.0).astype(np.float32)[:, None]
    return np.asarray(own * np.sqrt(weight) + run_on * np.sqrt(1.0 - weight), np.float32)


def _centre_lines(style: RoadStyle) -> list[tuple[float, bool]]:
    """Give (lateral place, dashed) of each line between the lanes."""
    lines: dict[str, list[tuple[float, bool]]] = {
        "double_yellow": [(0.11, False), (-0.11, False)],
        "solid_dashed_yellow": [(0.11, False), (-0.11, True)],
        "dashed_yellow": [(0.0, True)],
        "dashed_white": [(0.0, True)],
        "none": [],
    }
    return lines[style.centre]


def _lefts(columns: int, pixels_per_m: float, half_width_m: float) -> Field:
    return np.asarray(half_width_m - (np.arange(columns) + 0.5) / pixels_per_m, np.float32)


def _coarse_colour(style: RoadStyle, seed: int, tiles: int) -> Raster:
    """Give the asphalt's large-scale colour of the whole road, 10 cm a pixel, one row more at each end."""
    rng = random_stream(seed, "asphalt")
    shape = (int(tiles * TILE_M * _COARSE_PIXELS_PER_M) + 2, int(2 * HALF_WIDTH_M * _COARSE_PIXELS_PER_M))
    left = _lefts(shape[1], _COARSE_PIXELS_PER_M, HALF_WIDTH_M)
    mottle = 1.0 + style.mottle * (
        0.7 * fractal_noise(rng, shape, 60.0, 5, 0.65)
        + 0.5 * smooth_noise(rng, shape, (150.0, 6.0))
        + style.streaks * smooth_noise(rng, shape, (70.0, 1.4))
    )
    wheels, middle = _lane_profile(style, left)
    wander = 1.0 + 0.35 * smooth_noise(rng, (shape[0], 1), 120.0)
    wheel_gain = 1.0 + (style.wheel_path_gain - 1.0) * wheels[None, :] * np.clip(wander, 0.3, 1.7)
    colour = np.empty((*shape, 3), np.float32)
    tint = smooth_noise(rng, shape, 90.0)
    for channel in range(3):
        middle_gain = 1.0 + (style.middle_bgr_gain[channel] - 1.0) * middle
        drift = 1.0 + 0.012 * (channel - 1) * tint
        colour[..., channel] = style.base_bgr[channel] * mottle * wheel_gain * middle_gain[None, :] * drift
    shoulder = np.abs(left) > style.lane_width_m + 0.05
    colour[:, shoulder] *= np.float32(rng.uniform(0.85, 1.18))
    if rng.random() < 0.6:  # the joint between two paving lanes
        joint = np.argmin(np.abs(left - rng.uniform(-0.25, 0.25)))
        colour[:, joint] *= np.float32(rng.uniform(0.86, 0.97))
    return np.clip(colour, 0, 255).astype(np.uint8)


def _lane_profile(style: RoadStyle, left: Field) -> tuple[Field, Field]:
    """Give, by lateral place, how much it is wheel path, and how much it is the strip between."""
    middle_of_lane = np.abs(np.abs(left) - style.lane_width_m / 2.0)
    in_lane = (np.abs(left) < style.lane_width_m).astype(np.float32)
    wheels = np.exp(-((middle_of_lane - 0.85) ** 2) / np.float32(2 * 0.30**2)) * in_lane
    middle = np.exp(-(middle_of_lane**2) / np.float32(2 * 0.38**2)) * in_lane
    return np.asarray(wheels, np.float32), np.asarray(middle, np.float32)


def _grain_bank(style: RoadStyle, seed: int) -> Raster:
    """Give a bank of aggregate grain as gains, 128 for 1; tiles cut windows out of it."""
    rng = random_stream(seed, "grain")
    half = (_GRAIN_PX[0], _GRAIN_PX[1] // 2)
    grain = smooth_noise(rng, half, 1.0)
    grain += 0.9 * smooth_noise(rng, half, 2.3) + 0.45 * smooth_noise(rng, half, 6.0)
    grain *= np.float32(style.grain / 1.42)
    stones = rng.random(half, dtype=np.float32)
    grain += np.where(stones > 0.9975, np.float32(0.35), np.float32(0.0))
    grain -= np.where(stones < 0.002, np.float32(0.3), np.float32(0.0))
    gains = np.clip(128.0 * (1.0 + grain), 0.0, 255.0).astype(np.uint8)
    # Twice as wide as high: mirrored, and shifted so that the mirroring can't be seen.
    wide = np.concatenate([gains, np.roll(gains[:, ::-1], half[0] // 3, axis=0)], axis=1)
    return np.ascontiguousarray(np.repeat(wide[..., None], 3, axis=2))
