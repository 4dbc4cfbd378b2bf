"""How well anomaly scores part defects from normals, picture by picture and pixel by pixel."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from vision.anomaly.features import F32
from vision.errors import InputError
from vision.types import Float

Mask = NDArray[np.bool_]

PRO_LIMIT = 0.3
"""False-positive rate up to which the per-region overlap is integrated (Bergmann et al., CVPR 2020, section 4.2)."""
_LEVELS = 200


def auroc(normal: Float | F32, defective: Float | F32) -> float:
    """Give the chance that a defective one scores above a normal one, a tie counting half (Mann and Whitney, 1947).

    Args:
        normal: (N,) scores.
        defective: (M,) scores.

    Raises:
        InputError: Either is empty.

    >>> auroc(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    0.875
    """
    if len(normal) == 0 or len(defective) == 0:
        raise InputError("an AUROC needs both normal and defective ones")
    ranks = rankdata(np.concatenate([normal, defective]))
    count = len(defective)
    above = ranks[len(normal) :].sum() - count * (count + 1) / 2.0
    return float(above / (count * len(normal)))


def auroc_interval(
    normal: Float, defective: Float, coverage: float = 0.9, draws: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Give the bootstrap interval of an AUROC, pictures drawn anew on both sides.

    Pictures of one part count as different ones here: where a part was shot several times, the interval is too narrow.
    """
    random = np.random.default_rng(seed)
    values = [auroc(random.choice(normal, len(normal)), random.choice(defective, len(defective))) for _ in range(draws)]
    low, high = np.quantile(values, [(1.0 - coverage) / 2.0, (1.0 + coverage) / 2.0])
    return float(low), float(high)


def region_overlap(heats: Sequence[F32], masks: Sequence[Mask], limit: float = PRO_LIMIT) -> float:
    """Give the area under the per-region overlap over the false-positive rate, up to ``limit``, over ``limit``.

    A small region counts as much as a large one, which a pixel-wise AUROC doesn't do.

    Args:
        heats: (H, W) float32 each.
        masks: (H, W) bool each, all False on a normal picture.
        limit: Of the false-positive rate.

    Raises:
        InputError: There is no defective region, or no normal pixel.
    """
    normal = np.concatenate([heat[~mask] for heat, mask in zip(heats, masks, strict=True)])
    regions: list[F32] = []
    for heat, mask in zip(heats, masks, strict=True):
        count, labels = cv2.connectedComponents(mask.astype(np.uint8))
        regions.extend(heat[labels == index] for index in range(1, count))
    if not regions or len(normal) == 0:
        raise InputError("a per-region overlap needs masked regions and normal pixels")
    rates = np.linspace(0.0, limit, _LEVELS)
    levels = np.quantile(normal, 1.0 - rates)
    overlaps = np.array([np.mean([(region > level).mean() for region in regions]) for level in levels])
    return float(np.trapezoid(overlaps, rates) / limit)
