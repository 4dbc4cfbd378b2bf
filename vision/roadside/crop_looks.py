"""What the pixels of one roadside box say: numbers that travel with the detections, since pictures don't.

A sign is measured against itself and its surroundings: the white of its own field is the light that falls on it, the
dark of its own picture is the haze before it, and colours count between the two. So a sign in shade, in haze or under
an evening sky is no more faded than in the sun. Each kind's plate is taken to fill its box: a disc, or a triangle on
its base; plates of other forms are not measured.
"""

from __future__ import annotations

import math
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.roadside.kinds import SIGN_KINDS, SIGNAL_STATES, SignKind
from vision.roadside.looks import CropLook
from vision.types import Float, Image

Mask = NDArray[np.bool_]

_SIDE_PX = 48
_AROUND = 0.4  # of the box's size on every side: its surroundings
_MOST_PX = 192  # of a crop that is measured: more shows nothing more, and takes longer
_SECTORS = 16
_LEAF_HUE_DEG = (55.0, 160.0)
_SOIL_HUE_DEG = (18.0, 55.0)
_VIVID = 0.30  # chroma of a colour that paint has, of the sign's own white


def look_at(image: Image, xyxy: NDArray[np.float32], class_name: str) -> CropLook:
    """Measure one box.

    Args:
        image: (H, W, 3) uint8 BGR, the whole frame.
        xyxy: (4,) pixels of that frame.
        class_name: A roadside class.
    """
    left, top, right, bottom = (float(value) for value in xyxy)
    size_px = min(right - left, bottom - top)
    box = _cut(image, left, top, right, bottom)
    if box is None or size_px < 4.0:
        return CropLook(size_px=max(size_px, 0.0), contrast=0.0, sharpness=0.0)
    margin = _AROUND * max(right - left, bottom - top)
    around = _cut(image, left - margin, top - margin, right + margin, bottom + margin)
    picture = cv2.resize(box, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float64)
    if class_name in SIGNAL_STATES:
        return _look_at_head(picture, box, size_px)
    kind = SIGN_KINDS[class_name]
    inside = _plate(kind)
    grey = picture.mean(axis=2)
    dark = min(float(np.percentile(grey[inside], 2)), _dark_around(around))
    white = np.percentile(picture[inside], 92, axis=0)
    span = np.maximum(white - dark, 1.0)
    contrast = float(span.mean() / 255.0)
    sharpness = _sharpness(box, float(span.mean()))
    if kind == "other":
        return CropLook(size_px, contrast, sharpness)
    lit = np.clip((picture - dark) / span, 0.0, 1.5)
    depth = _depth(lit, kind)
    hue_deg, chroma = _hue_and_chroma(lit)
    vivid = (chroma > _VIVID) & inside
    leafy = inside & (chroma > 0.5 * _VIVID) & _between(hue_deg, _LEAF_HUE_DEG)
    area = float(inside.sum())
    own = _between(hue_deg, (-40.0, 40.0)) if kind in ("prohibitory", "danger") else _between(hue_deg, (185.0, 270.0))
    soil = inside & (chroma > 0.5 * _VIVID) & _between(hue_deg, _SOIL_HUE_DEG)
    painted = _painted(kind)
    return CropLook(
        size_px=size_px,
        contrast=contrast,
        sharpness=sharpness,
        colour=float(np.median(depth[painted])),
        rim_gaps=_gaps(depth, painted),
        leaves=float(leafy.sum() / area),
        foreign=float((vivid & ~own & ~leafy & ~soil).sum() / area),
        soil=float(soil.sum() / area),
        lean_deg=_lean_deg(box, kind),
    )


def _cut(image: Image, left: float, top: float, right: float, bottom: float) -> Image | None:
    height, width = image.shape[:2]
    x0, x1 = max(0, round(left)), min(width, round(right))
    y0, y1 = max(0, round(top)), min(height, round(bottom))
    if x1 - x0 < 3 or y1 - y0 < 3:
        return None
    crop, scale = image[y0:y1, x0:x1], _MOST_PX / max(x1 - x0, y1 - y0)
    if scale >= 1.0:
        return crop
    size = (max(3, round((x1 - x0) * scale)), max(3, round((y1 - y0) * scale)))
    return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _dark_around(around: Image | None) -> float:
    return 255.0 if around is None else float(np.percentile(around.mean(axis=2), 2))


def _sharpness(box: Image, span: float) -> float:
    grey = cv2.cvtColor(box, cv2.COLOR_BGR2GRAY).astype(np.float64)
    across, down = np.gradient(grey)
    steepest = float(np.percentile(np.hypot(across, down), 98))
    return steepest / max(span, 1.0) * float(min(box.shape[:2]))


def _depth(lit: Float, kind: SignKind) -> Float:
    """Give (H, W): how much of the light that its own colour swallows is gone."""
    if kind == "mandatory":
        return 1.0 - lit[:, :, 2]  # blue swallows red
    return 1.0 - (lit[:, :, 0] + lit[:, :, 1]) / 2.0  # red swallows blue and green


def _hue_and_chroma(lit: Float) -> tuple[Float, Float]:
    blue, green, red = lit[:, :, 0], lit[:, :, 1], lit[:, :, 2]
    x, y = red - (green + blue) / 2.0, math.sqrt(3.0) / 2.0 * (green - blue)
    return np.degrees(np.arctan2(y, x)), np.hypot(x, y)


def _between(hue_deg: Float, span: tuple[float, float]) -> Mask:
    turned = np.mod(hue_deg - span[0], 360.0)
    return np.asarray(turned <= span[1] - span[0], dtype=np.bool_)


@cache
def _grid() -> tuple[Float, Float]:
    """Give (H, W) right and down of the middle, in halves of the box."""
    steps = (np.arange(_SIDE_PX) + 0.5) / _SIDE_PX * 2.0 - 1.0
    right, down = np.meshgrid(steps, steps)
    return right, down


@cache
def _plate(kind: SignKind) -> Mask:
    right, down = _grid()
    if kind == "danger":
        return np.asarray((down < 0.92) & (np.abs(right) < 0.95 * (down + 1.0) / 2.0), dtype=np.bool_)
    if kind == "other":
        return np.ones_like(right, dtype=np.bool_)
    return np.asarray(np.hypot(right, down) < 0.93, dtype=np.bool_)


@cache
def _painted(kind: SignKind) -> Mask:
    """Give where the kind's own colour is: the rim of a red-rimmed plate; beside the symbol of a blue one, its rim."""
    right, down = _grid()
    reach = np.hypot(right, down)
    if kind != "danger":
        return np.asarray((reach > 0.74) & (reach < 0.90), dtype=np.bool_)
    sides = (down + 1.0) / 2.0 - np.abs(right)  # 0 on the slanting edges
    band = (sides > 0.08) & (sides < 0.2) & (down > -0.6) & (down < 0.85)
    return np.asarray(band | ((down > 0.68) & (down < 0.86) & (np.abs(right) < 0.75)), dtype=np.bool_)


def _gaps(depth: Float, painted: Mask) -> float:
    right, down = _grid()
    sector = np.floor(np.mod(np.arctan2(down, right) / (2.0 * math.pi), 1.0) * _SECTORS).astype(int)
    by_sector = [depth[painted & (sector == number)] for number in range(_SECTORS)]
    depths = np.array([np.median(part) for part in by_sector if len(part)])
    return float((depths < 0.5 * np.median(depths)).mean())


def _lean_deg(box: Image, kind: SignKind) -> float | None:
    """Give how far a triangle's base leans; a disc has no axis that shows.

    The base is where red ends below: a line through the lowest red of each column, by the median of pairwise slopes
    (Theil and Sen), so that a post or a plate below disturbs little.
    """
    if kind != "danger":
        return None
    blue, green, red = (box[:, :, channel].astype(np.float64) for channel in range(3))
    redness = red - (green + blue) / 2.0
    level = 0.5 * float(np.percentile(redness, 90))
    if level < 6.0:
        return None
    height, width = redness.shape
    columns = np.arange(round(0.2 * width), round(0.8 * width) + 1)
    columns = columns[columns < width]
    lower = redness[height // 2 :]
    rows = np.full(len(columns), np.nan)
    for index, column in enumerate(columns.tolist()):
        marked = np.flatnonzero(lower[:, column] > level)
        if len(marked):
            last = int(marked[-1])
            beyond = lower[last + 1, column] if last + 1 < len(lower) else 0.0
            part = (lower[last, column] - level) / max(lower[last, column] - beyond, 1e-6)
            rows[index] = last + min(float(part), 1.0)
    known = np.flatnonzero(np.isfinite(rows))
    if len(known) < 6:
        return None
    x, y = columns[known].astype(np.float64), rows[known]
    apart = x[None, :] - x[:, None]
    slopes = ((y[None, :] - y[:, None]) / np.where(apart > 0, apart, np.nan))[apart >= 0.25 * len(columns)]
    return float(np.degrees(np.arctan(np.median(slopes)))) if len(slopes) else None


def _look_at_head(picture: Float, box: Image, size_px: float) -> CropLook:
    grey = picture.mean(axis=2)
    span = float(np.percentile(grey, 98) - np.percentile(grey, 2))
    hue_deg, chroma = _hue_and_chroma(picture / max(span, 1.0))
    leafy = (chroma > 0.5 * _VIVID) & _between(hue_deg, (55.0, 130.0))
    tall = cv2.resize(box, (24, 72), interpolation=cv2.INTER_AREA).astype(np.float64)
    return CropLook(
        size_px=size_px,
        contrast=span / 255.0,
        sharpness=_sharpness(box, span),
        leaves=float(leafy.mean()),
        lamps=_lamps(tall[:, 8:16].mean(axis=(1, 2))),
    )


def _lamps(strip: Float) -> float:
    """Give the best correlation of (72,) grey levels down a head's middle with three waves, whatever their place.

    Three lenses take up 0.67 to 1.0 of a head's box. Noise correlates as well: under 2 grey levels of swing it counts
    less.
    """
    rows = np.arange(72) + 0.5
    best = 0.0
    for period in (16.0, 18.0, 20.0, 22.0, 24.0):
        for middle in (32.0, 34.0, 36.0, 38.0, 40.0):
            near = np.abs(rows - middle) <= 1.5 * period
            level = strip[near] - np.polyval(np.polyfit(rows[near], strip[near], 1), rows[near])
            wave = np.cos(2.0 * math.pi * (rows[near] - middle) / period)
            alike = abs(float(level @ wave)) / math.sqrt(float(level @ level) * float(wave @ wave) + 1e-9)
            best = max(best, alike * min(1.0, float(level.std()) / 2.0))
    return best
