"""Refuses frames that nobody could judge: the stretch then counts as not validly seen, not as free of defects.

Every measure is taken at one scale (long side 640 px), so that limits hold for any camera. A refusal of a good frame
costs a look at the road, so limits lie where good footage never comes; ``benchmarks/quality_gate.py`` measures both
sides. What it doesn't catch: sharp, textured pictures of something that isn't a road (a wall, trees, a face), a lens
covered by less than 3/5 of the ground, and motion blur of some pixels only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.types import FrameQuality, Image, RefusalReason

Grey = NDArray[np.uint8]

_LONG_SIDE_PX = 640
_GROUND_FROM = 0.45
"""Share of the height above which a forward-looking camera sees no road that it could judge.

Blur is looked for from here on at least: a strip of bonnet and asphalt alone may hold nothing sharp.
"""
_BLOCK_PX = 16
_PLAIN_GREY = 1
"""Detail of at most one grey level is what noise and compression leave of a plain surface."""
_PLAIN_BLOCK_SHARE = 0.9
_EDGE_GREY = 20
_DIRECTIONS = ((1, 0), (0, 1), (1, 1), (1, -1), (2, 1), (1, 2), (2, -1), (1, -2))
"""Eight directions, 22 to 27 degrees apart, as (columns, rows)."""


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """Where a frame can't be judged any more. Measured on the road sets by ``benchmarks/quality_gate.py``.

    Attributes:
        dark_grey: Nine tenths of the ground are darker than this, 0 to 255.
        white_grey: From here on a pixel is burnt out.
        white_share: Share of the ground that is burnt out.
        blur_ratio: Energy of differences over 2 px by that over 8 px, in the direction where it is least. 1/16 where
            nothing is sharp, 1 for noise; good road footage begins at 0.13.
        plain_energy: Mean squared difference over 8 px, grey levels squared: below this there is nothing to see.
        covered_share: Share of the ground in one patch without any texture.
        plain_share: Share of plain pixels in every ninth of the picture: drawn or built things are plain everywhere
            between their edges, an outdoor picture never is.
        edge_share: Share of edge pixels that makes such a picture a sharp one.
    """

    dark_grey: float = 28.0
    white_grey: int = 250
    white_share: float = 0.4
    blur_ratio: float = 0.125
    plain_energy: float = 12.0
    covered_share: float = 0.6
    plain_share: float = 0.72
    edge_share: float = 0.003

    @classmethod
    def off(cls) -> QualityLimits:
        """Give limits that refuse nothing."""
        return cls(dark_grey=0.0, white_share=1.0, blur_ratio=0.0, plain_energy=0.0, covered_share=1.0, plain_share=1.0)


DEFAULT_LIMITS = QualityLimits()


def assess(
    image: Image, ground_rows: tuple[int, int] | None = None, limits: QualityLimits = DEFAULT_LIMITS
) -> FrameQuality:
    """Tell whether a frame can be judged, and if not, why.

    Args:
        image: (H, W, 3) uint8 BGR, upright.
        ground_rows: Rows that show the ground, half-open; None for the lower 55 %.
        limits: Where a frame is refused.
    """
    height_px, width_px = image.shape[:2]
    top, bottom = ground_rows if ground_rows is not None else (round(_GROUND_FROM * height_px), height_px)
    scale = min(1.0, _LONG_SIDE_PX / max(height_px, width_px))
    grey = _scaled_grey(image, scale)
    first = min(round(top * scale), grey.shape[0] - 1)
    rows = slice(first, max(round(bottom * scale), first + 1))
    ground = grey[rows]
    return FrameQuality(
        reason=_reason(grey, rows, limits),
        sharpness=float(cv2.meanStdDev(cv2.Laplacian(ground, cv2.CV_16S))[1][0, 0]) ** 2,
        brightness=float(cv2.mean(ground)[0]),
    )


def _scaled_grey(image: Image, scale: float) -> Grey:
    grey = cast(Grey, cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
    if scale == 1.0:
        return grey
    return cast(Grey, cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def _reason(grey: Grey, ground_rows: slice, limits: QualityLimits) -> RefusalReason | None:
    ground = grey[ground_rows]
    darker = np.cumsum(cv2.calcHist([ground], [0], None, [256], [0, 256]).ravel()) / ground.size
    bright_grey = np.searchsorted(darker, 0.9)
    if bright_grey < limits.dark_grey:
        return "too_dark"
    if 1.0 - darker[limits.white_grey - 1] > limits.white_share:
        return "overexposed"
    energy, ratio = _sharpness(grey[min(ground_rows.start, round(_GROUND_FROM * grey.shape[0])) :])
    if energy < limits.plain_energy:
        return "blocked_lens"
    if ratio < limits.blur_ratio:
        return "blurred"
    # Averaged over 3 px a cover is plain in spite of the sensor's noise; asphalt, even a smooth one, is not.
    denoised = cv2.absdiff(cv2.blur(ground, (3, 3)), cv2.blur(ground, (9, 9)))
    if _largest_patch_share(denoised <= _PLAIN_GREY) > limits.covered_share:
        return "blocked_lens" if bright_grey > 2 * limits.dark_grey else "too_dark"
    detail = cv2.absdiff(grey, cv2.blur(grey, (5, 5)))
    plain_share = _by_cells(detail <= _PLAIN_GREY, 3, 3).min()
    if plain_share > limits.plain_share and np.count_nonzero(detail >= _EDGE_GREY) > limits.edge_share * detail.size:
        return "not_a_road"
    return None


def _largest_patch_share(plain: NDArray[np.bool_]) -> float:
    """Give the share of the largest connected patch of blocks that are plain nearly all over."""
    rows, columns = max(plain.shape[0] // _BLOCK_PX, 1), max(plain.shape[1] // _BLOCK_PX, 1)
    blocks = (_by_cells(plain, rows, columns) >= _PLAIN_BLOCK_SHARE).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(blocks, connectivity=4)
    return float(stats[1:, cv2.CC_STAT_AREA].max()) / blocks.size if count > 1 else 0.0


def _sharpness(grey: Grey) -> tuple[float, float]:
    """Give the energy of differences over 8 px, and the least ratio to it of that over 2 px in any direction.

    Blur takes the fine differences and leaves the coarse ones, motion does so along one direction; a ratio doesn't
    mind how strong the texture is, so sound smooth asphalt isn't taken for blur.
    """
    if min(grey.shape) <= 8:
        return math.inf, math.inf  # too small to measure, so no reason to refuse
    energies, ratios = [], []
    for columns, rows in _DIRECTIONS:
        near, far = (2, 8) if abs(columns) + abs(rows) < 3 else (1, 4)
        coarse = _difference_energy(grey, far * columns, far * rows)
        energies.append(coarse)
        ratios.append(_difference_energy(grey, near * columns, near * rows) / max(coarse, 1.0))
    return float(np.mean(energies)), min(ratios)


def _difference_energy(grey: Grey, columns: int, rows: int) -> float:
    """Give the mean squared difference between pixels that far apart."""
    height, width = grey.shape
    one = grey[max(0, rows) : height + min(0, rows), columns:]
    other = grey[max(0, -rows) : height - max(0, rows), : width - columns]
    return float(cv2.norm(one, other, cv2.NORM_L2SQR)) / one.size


def _by_cells(flags: NDArray[np.bool_], rows: int, columns: int) -> NDArray[np.float32]:
    """Give the share of flags that are set in each of a grid of equal cells."""
    values = flags.astype(np.float32)
    return cast(NDArray[np.float32], cv2.resize(values, (columns, rows), interpolation=cv2.INTER_AREA))
