"""What the empty belt looks like, and what in a frame is not belt.

A belt moves, and its slats, seams and stains with it: a pixel shows several things in turn, but all of them in colours
that the belt has somewhere. So the belt is its palette, once the light, which stands still, is taken off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.errors import InputError
from vision.plant import Region
from vision.types import Image

Box = tuple[float, float, float, float]

LEAST_PICTURES = 5
"""Of the empty belt, to learn it from."""

_BIN_BITS = 2
"""A bin of the palette is 2**2 = 4 grey levels wide in each channel."""

_BINS = 256 >> _BIN_BITS
_RARE = 2e-5
"""Share of the belt's pixels that a colour must have to be the belt's: noise and dust have less."""

_LIGHT_PX = 41
_MOST_LIGHTER = 3
_UNEXPLAINED_SHARE = 0.001

_THIN_PX, _GAP_PX = 7, 35
_START_LEVELS = 25.0
_CUT_SHARE = 0.004
"""Of the region; so little that comes in at the start is seen."""


@dataclass(frozen=True, slots=True)
class Belt:
    """The empty belt within a station's region.

    Attributes:
        region: Where parts are seen.
        light: (H, W, 3) float32: by what a crop of the region is multiplied so that the light is even.
        palette: (B, B, B) bool: colours of the belt under even light, in bins of BGR.
        picture_wh: Width and height of the whole picture.
    """

    region: Region
    light: NDArray[np.float32]
    palette: NDArray[np.bool_]
    picture_wh: tuple[int, int]

    def boxes(self, image: Image, least_share: float) -> list[Box]:
        """Give boxes, in pixels of the picture, round what is no belt and covers so much of the region.

        Args:
            image: (H, W, 3) uint8 BGR: the whole picture.
            least_share: Of the region's area.

        Raises:
            InputError: The picture is of another size than those that the belt was learnt from.
        """
        if (image.shape[1], image.shape[0]) != self.picture_wh:
            width, height = self.picture_wh
            raise InputError(
                f"the picture is {image.shape[1]} x {image.shape[0]} pixels, the belt was learnt at {width} x {height}"
            )
        crop, corner = _cut(image, self.region)
        bins = _even(crop, self.light) >> _BIN_BITS
        return _boxes(~self.palette[bins[..., 0], bins[..., 1], bins[..., 2]], corner, least_share)

    @property
    def share_of_colours(self) -> float:
        """How much of all colours the belt has: where it is large, parts can hardly be told from it."""
        return float(self.palette.mean())


def learn_belt(images: Sequence[Image], region: Region) -> Belt:
    """Learn the empty belt from pictures of it.

    Args:
        images: (H, W, 3) uint8 BGR, at least 5, of one size.
        region: Where parts are seen.

    Raises:
        InputError: Too few pictures, or of different sizes.
    """
    if len(images) < LEAST_PICTURES:
        raise InputError(f"{len(images)} pictures are too few to learn the belt from: give at least {LEAST_PICTURES}")
    if len({image.shape for image in images}) > 1:
        raise InputError("pictures of the empty belt are of different sizes: take them all with the station's camera")
    crops = np.stack([_cut(image, region)[0] for image in images])
    light = _light(crops)
    counts = np.stack([_counts(_even(crop, light) >> _BIN_BITS) for crop in crops])
    lighter = next((one for one in range(_MOST_LIGHTER) if _holds_for_others(crops, light, counts, one)), _MOST_LIGHTER)
    palette = _palette(counts.sum(axis=0), lighter)
    return Belt(region, light, palette, (images[0].shape[1], images[0].shape[0]))


def belt_at_start(images: Sequence[Image], region: Region) -> Belt | None:
    """Learn the belt from the first frames of footage, while nothing comes in over the region's edges.

    Args:
        images: From the first frame on, (H, W, 3) uint8 BGR.
        region: Where parts are seen.

    Returns:
        None if the belt isn't empty for the first 5 frames.
    """
    still: list[Image] = list(images[:LEAST_PICTURES])
    if len(still) < LEAST_PICTURES:
        return None
    belt = learn_belt(still, region)
    if any(_uneven(image, region) for image in still):
        return None
    for image in images[LEAST_PICTURES:]:
        if belt.boxes(image, _CUT_SHARE):
            break
        still.append(image)
    return learn_belt(still, region)


def _uneven(image: Image, region: Region) -> bool:
    """Tell whether the picture's region holds something broad that stands out from the rest of it."""
    crop, corner = _cut(image, region)
    usual = np.median(crop.reshape(-1, 3), axis=0)
    return bool(_boxes(np.abs(crop.astype(np.float32) - usual).max(axis=2) > 2.0 * _START_LEVELS, corner, _CUT_SHARE))


def _cut(image: Image, region: Region) -> tuple[Image, tuple[int, int]]:
    """Give a region, smoothed so that the sensor's noise counts little, and its upper left corner."""
    left, top, right, bottom = region.in_pixels(image.shape[1], image.shape[0])
    crop = np.ascontiguousarray(image[top:bottom, left:right])
    return np.asarray(cv2.GaussianBlur(crop, (5, 5), 0), np.uint8), (left, top)


def _light(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Give the factor that makes the light even: from each pixel's median, smoothed over what is thin."""
    usual = np.median(crops, axis=0).astype(np.uint8)
    flat = cv2.morphologyEx(usual, cv2.MORPH_CLOSE, np.ones((_THIN_PX, _THIN_PX), np.uint8))
    smooth = cv2.GaussianBlur(cv2.blur(flat, (_LIGHT_PX, _LIGHT_PX)), (_LIGHT_PX, _LIGHT_PX), 0).astype(np.float32)
    whole = smooth.reshape(-1, 3).mean(axis=0)
    return np.asarray(np.clip(whole / np.maximum(smooth, 1.0), 0.4, 2.5), np.float32)


def _even(crop: Image, light: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.asarray(cv2.multiply(crop, light, dtype=cv2.CV_8U), np.uint8)


def _counts(bins: NDArray[Any]) -> NDArray[np.int64]:
    """Count the pixels of each colour: (B, B, B) int64."""
    flat = np.ravel_multi_index(tuple(np.moveaxis(bins, -1, 0).reshape(3, -1)), (_BINS,) * 3)
    return np.bincount(flat, minlength=_BINS**3).reshape((_BINS,) * 3)


def _holds_for_others(
    crops: NDArray[np.uint8], light: NDArray[np.float32], counts: NDArray[np.int64], lighter: int
) -> bool:
    """Tell whether the palette of all pictures but one explains that one too, whichever it is."""
    whole = counts.sum(axis=0)
    for crop, own in zip(crops, counts, strict=True):
        bins = _even(crop, light) >> _BIN_BITS
        palette = _palette(whole - own, lighter)
        if _broad(~palette[bins[..., 0], bins[..., 1], bins[..., 2]]).mean() > _UNEXPLAINED_SHARE:
            return False
    return True


def _palette(counts: NDArray[np.int64], lighter: int) -> NDArray[np.bool_]:
    """Give the colours that are common enough, with their neighbours.

    Args:
        counts: (B, B, B) pixels of each colour.
        lighter: How many bins lighter or darker than a common colour another stretch of the belt may be.
    """
    common = counts >= max(_RARE * counts.sum(), 1)
    padded = np.pad(common, lighter + 1)
    around = np.zeros_like(common)
    for step in product((-1, 0, 1), repeat=3):
        for all_channels in range(-lighter, lighter + 1):
            first = [one + all_channels + lighter + 1 for one in step]
            around |= padded[tuple(slice(start, start + _BINS) for start in first)]
    return np.asarray(around, np.bool_)


def _boxes(other: NDArray[np.bool_], corner: tuple[int, int], least_share: float) -> list[Box]:
    """Give boxes round what is broad of a mask, with its gaps closed."""
    broad = np.pad(_broad(other), _GAP_PX)  # else closing would draw what is near an edge of the region to that edge
    mask = cv2.morphologyEx(broad, cv2.MORPH_CLOSE, np.ones((_GAP_PX, _GAP_PX), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        if cv2.contourArea(contour) >= least_share * other.size:
            x, y, width, height = (float(value) for value in cv2.boundingRect(contour))
            left, top = x - _GAP_PX + corner[0], y - _GAP_PX + corner[1]
            found.append((left, top, left + width, top + height))
    return found


def _broad(other: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Leave out what is thin of a mask."""
    mask = cv2.morphologyEx(other.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((_THIN_PX, _THIN_PX), np.uint8)), np.uint8)
