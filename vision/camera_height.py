"""The camera's height from its own motion: how fast the road passes, in heights, against how fast it was driven.

Seen from above, the road between two frames moves by ``travelled / height`` heights, whatever the height is. Pictures
of the road are laid flat in units of the height, and the height is the one at which they match after the distance
that the track says was travelled. It needs no lane marking and no known object, only texture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.camera import Camera
from vision.ground_plane import ground_points, image_points
from vision.types import Float, Image

F32 = NDArray[np.float32]

_STEP = 0.02  # of a height, a pixel of the flat picture
_FAR = 7.0  # heights ahead: beyond, a pixel of the camera covers too much road
_HALF_WIDTH = 1.2  # heights to either side
_HEIGHTS_M = np.geomspace(0.5, 15.0, 340)
_SIDESTEPS = (-6, -3, 0, 3, 6)  # flat pixels: the vehicle wanders a little between frames
_LEAST_OVERLAP = 50  # flat pixels along the road
_LEAST_PEAK = 0.06  # of the mean correlation above its median: under this, nothing stands out
_LEAST_PAIRS = 4
_GREATEST_SPREAD = 0.25  # between thirds of the pairs, as part of the height
_PLAUSIBLE_M = (0.8, 3.2)  # on a vehicle; outside, it is the assumed field of view that can't be right
_MAST_M, _MAST_ERROR_M = 2.2, 0.6  # a survey camera on a roof or mast, which is what narrow lenses are mounted on
_NARROW_LENS_ERROR = 0.3
_UNCONFIRMED_HEIGHT_ERROR_M, _UNCONFIRMED_FOCAL_ERROR = 0.6, 0.3
_PITCH_SHARE = 0.04  # of the height for each degree that the pitch may be wrong: measured on simulated drives


@dataclass(frozen=True, slots=True)
class FramePair:
    """Two pictures of one camera, and how far it went between them, straight on.

    Attributes:
        earlier: (H, W, 3) uint8 BGR.
        later: The same size.
        travelled_m: Between the two; 1 to 6 m are useful.
    """

    earlier: Image
    later: Image
    travelled_m: float


def estimate_height(camera: Camera, pairs: Sequence[FramePair]) -> Camera:
    """Give the camera with the height that its motion shows.

    What the motion shows is height times focal length, at the horizon that the camera has. If with the assumed lens no
    vehicle is that high, the lens is narrower: a survey camera's usual height is then taken, and the lens that goes
    with it. Where nothing stands out, the camera stays as it was, with errors as wide as an unconfirmed guess deserves.

    Args:
        camera: With its pitch known or estimated; the height in it is not used.
        pairs: A dozen, spread over the footage.
    """
    found = _effective_height(replace(camera, height_m=1.0), pairs)
    if found is not None and _PLAUSIBLE_M[0] <= found[0] <= _PLAUSIBLE_M[1]:
        height_m, spread_m = found
        error_m = float(np.hypot(spread_m, _PITCH_SHARE * camera.pitch_error_deg * height_m))
        return replace(camera, height_m=round(height_m, 3), height_error_m=round(max(error_m, 0.03 * height_m), 3))
    if found is not None and found[0] > _PLAUSIBLE_M[1]:
        return _with_narrow_lens(camera, found[0])
    return replace(
        camera,
        height_error_m=max(camera.height_error_m, _UNCONFIRMED_HEIGHT_ERROR_M),
        focal_error_fraction=max(camera.focal_error_fraction, _UNCONFIRMED_FOCAL_ERROR),
    )


def _effective_height(unit: Camera, pairs: Sequence[FramePair]) -> tuple[float, float] | None:
    """Give the height at which the flat pictures match best, and how far thirds of the pairs disagree."""
    near = _near_edge(unit)
    if near >= _FAR - 1.0:
        return None
    curves = [curve for pair in pairs if (curve := _match(unit, pair, near)) is not None]
    if len(curves) < _LEAST_PAIRS:
        return None
    height_m, standing_out = _peak(_mean(curves))
    thirds = [_peak(_mean(curves[start::3]))[0] for start in range(3)]
    spread_m = float(np.max(np.abs(np.array(thirds) - height_m)))
    if standing_out < _LEAST_PEAK or not spread_m <= _GREATEST_SPREAD * height_m:
        return None
    return height_m, spread_m


def _with_narrow_lens(camera: Camera, effective_height_m: float) -> Camera:
    """Keep the horizon's row and the product that motion shows; take a mast's height, and solve for the focal length.

    With the horizon ``t`` pixels above the middle, ground distance goes as ``height * (f + t² / f)`` over rows below
    the horizon, so ``f² - f * product / height + t² = 0``.
    """
    rise_px = camera.height_px / 2.0 - camera.horizon_row_px
    product = effective_height_m * (camera.focal_px + rise_px**2 / camera.focal_px)
    half = product / _MAST_M / 2.0
    focal_px = half + math.sqrt(max(half**2 - rise_px**2, 0.0))
    return replace(
        camera,
        focal_px=focal_px,
        pitch_deg=math.degrees(math.atan2(rise_px, focal_px)),
        height_m=_MAST_M,
        height_error_m=_MAST_ERROR_M,
        focal_error_fraction=_NARROW_LENS_ERROR,
    )


def _near_edge(unit: Camera) -> float:
    bottom = np.array([[unit.width_px / 2.0, unit.height_px - 1.0]])
    return float(np.nan_to_num(ground_points(unit, bottom)[0, 0], nan=_FAR)) + 0.1


def _match(unit: Camera, pair: FramePair, near: float) -> Float | None:
    """Give (len(_HEIGHTS_M),) correlation of the two flat pictures, by height; NaN where they don't overlap."""
    earlier, later = _flat(unit, pair.earlier, near), _flat(unit, pair.later, near)
    shifts = np.round(pair.travelled_m / _HEIGHTS_M / _STEP).astype(int)
    by_shift = {int(shift): _correlation(earlier, later, int(shift)) for shift in np.unique(shifts)}
    curve = np.array([by_shift[int(shift)] for shift in shifts])
    return curve if np.isfinite(curve).any() else None


def _flat(unit: Camera, image: Image, near: float) -> F32:
    """Lay a picture on the road, row 0 nearest, and keep what changes along the road."""
    forward = np.arange(near, _FAR, _STEP)
    left = np.arange(-_HALF_WIDTH, _HALF_WIDTH, _STEP)
    grid = np.stack(np.meshgrid(forward, left, indexing="ij"), axis=-1).reshape(-1, 2)
    pixels = image_points(unit, grid).astype(np.float32).reshape(len(forward), len(left), 2)
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    flat = cv2.remap(grey, pixels[..., 0], pixels[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    smooth = cv2.GaussianBlur(flat.astype(np.float32), (0, 0), 2.0)
    # a lane line looks the same after any distance: taking the mean along the road away leaves what can be matched
    along = cv2.GaussianBlur(smooth, (1, 91), sigmaX=0.1, sigmaY=15.0)
    return np.asarray(np.clip(smooth - along, -25.0, 25.0), dtype=np.float32)


def _correlation(earlier: F32, later: F32, shift: int) -> float:
    overlap = len(earlier) - shift
    if overlap < _LEAST_OVERLAP:
        return float("nan")
    return max(_normalised(earlier[shift:], later[:overlap], sidestep) for sidestep in _SIDESTEPS)


def _normalised(a: F32, b: F32, sidestep: int) -> float:
    if sidestep:
        a, b = (a[:, sidestep:], b[:, :-sidestep]) if sidestep > 0 else (a[:, :sidestep], b[:, -sidestep:])
    scale = float(np.sqrt(np.square(a).sum() * np.square(b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 0.0


def _mean(curves: Sequence[Float]) -> Float:
    """Give the mean over pairs, by height, of those that overlap there; NaN where too few do."""
    stacked = np.array(curves)
    known = np.isfinite(stacked)
    counts = known.sum(axis=0)
    total = np.where(known, stacked, 0.0).sum(axis=0)
    return np.where(counts * 2 >= len(curves), total / np.maximum(counts, 1), np.nan)


def _peak(curve: Float) -> tuple[float, float]:
    """Give the height of the peak, and how far it stands above the curve's median."""
    known = np.isfinite(curve)
    if not known.any():
        return float("nan"), 0.0
    index = int(np.nanargmax(curve))
    return float(_HEIGHTS_M[index]), float(curve[index] - np.median(curve[known]))
