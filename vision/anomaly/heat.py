"""From how odd each patch is to one score and one heat map a picture."""

from __future__ import annotations

import cv2
import numpy as np

from vision.anomaly.features import CELL_PX, F32, PatchFeatures
from vision.types import Image, frozen

_SMOOTH_PX = 4.0
"""Of the heat map, in pixels of the resized picture; as in Roth et al., CVPR 2022, section 3.3."""
_ODDEST_SHARE = 0.03
"""Of the patches whose mean is the score: one odd patch is noise where a thousand are looked at."""
_SEEN_FROM, _FULL_AT = 1.0, 2.0
"""Heat, over what normal pictures reach, from which the overlay shows colour, and at which it is fully red."""


def picture_score(odd: F32) -> float:
    """Give a picture's score: the mean of its oddest patches.

    Args:
        odd: (h, w) float32, of each patch.
    """
    flat = odd.ravel()
    count = max(1, round(_ODDEST_SHARE * len(flat)))
    return float(np.partition(flat, len(flat) - count)[-count:].mean())


def heat_map(odd: F32, features: PatchFeatures) -> F32:
    """Bring the oddness of patches to the picture's pixels.

    Args:
        odd: (h, w) float32, of each patch.
        features: Of the same picture.

    Returns:
        (H, W) float32, at the picture's own size.
    """
    rows, columns = odd.shape
    grid = cv2.resize(odd, (columns * CELL_PX, rows * CELL_PX), interpolation=cv2.INTER_LINEAR)
    inner = grid[: features.resized_wh[1], : features.resized_wh[0]]
    smooth = cv2.GaussianBlur(inner, (0, 0), _SMOOTH_PX, borderType=cv2.BORDER_REFLECT)
    whole = cv2.resize(smooth, features.picture_wh, interpolation=cv2.INTER_LINEAR)
    return frozen(np.asarray(whole, dtype=np.float32))


def overlay(image: Image, heat: F32, usual: float) -> Image:
    """Draw a heat map over its picture: nothing where it is as usual, red where it is oddest.

    Args:
        image: (H, W, 3) uint8 BGR.
        heat: (H, W) float32.
        usual: Heat that a normal picture reaches; colours begin there.

    Returns:
        (H, W, 3) uint8 BGR.
    """
    strength = np.clip((heat / max(usual, 1e-6) - _SEEN_FROM) / (_FULL_AT - _SEEN_FROM), 0.0, 1.0)
    colours = cv2.applyColorMap((strength * 255.0).astype(np.uint8), cv2.COLORMAP_JET).astype(np.float32)
    weight = (0.65 * np.minimum(1.0, strength * 4.0))[..., None]
    return np.asarray(image * (1.0 - weight) + colours * weight, dtype=np.uint8)
