"""Flat pictures stood up in the scene: projected in true perspective, antialiased, blurred by the drive's motion."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.frame_canvas import FrameCanvas, Raster
from vision.simulation.projection import View, ground_ahead, project_ground
from vision.simulation.route import Route

Float = NDArray[np.float64]

_FINE_SIDE_PX, _MIDDLING_SIDE_PX = 160, 420
"""Up to these sides a panel is drawn at 3 and 2 times the frame's resolution, then shrunk."""
_FARTHEST_PX = 8000.0
_LEAST_BLUR_PX = 0.7
_NEAREST_M = 1.5


@dataclass(frozen=True, slots=True)
class Picture:
    """What a panel shows.

    Attributes:
        colour: (H, W, 3) uint8 BGR, already multiplied by coverage.
        cover: (H, W) uint8, 255 where all is covered.
        light: (H, W, 3) uint8 BGR that the panel gives off by itself; None for none.
    """

    colour: Raster
    cover: Raster
    light: Raster | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """A flat rectangle in the scene.

    Attributes:
        picture: What it shows.
        along_m: (4,) of its corners as the driver sees them: top left, top right, bottom right, bottom left.
        lateral_m: (4,), left of the centre line positive.
        up_m: (4,) over the ground.
        key: Under which its visible share is followed; None for not.
    """

    picture: Picture
    along_m: Float
    lateral_m: Float
    up_m: Float
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Air:
    """What lies between a panel and the picture.

    Attributes:
        haze_m: Distance at which haze has taken 63 % of the contrast.
        haze_bgr: Its colour.
        blur_m: Way driven while the shutter was open.
    """

    haze_m: float
    haze_bgr: tuple[float, float, float]
    blur_m: float


def project_corners(route: Route, view: View, panel: Panel, nearer_m: float = 0.0) -> Float | None:
    """Give a panel's corners in the image, (4, 2) pixels; None where one of them is beside or behind the lens."""
    ahead, left = ground_ahead(route, view, panel.along_m, panel.lateral_m)
    u, v = project_ground(view.camera, ahead - nearer_m, left, panel.up_m)
    corners = np.stack([u, v], axis=1)
    if not np.isfinite(corners).all() or float(ahead.min()) < _NEAREST_M or np.abs(corners).max() > _FARTHEST_PX:
        return None
    return corners


def draw_panel(canvas: FrameCanvas, route: Route, view: View, panel: Panel, air: Air) -> None:
    """Draw one panel; what lies outside the frame is cut off."""
    corners = project_corners(route, view, panel)
    if corners is None:
        return
    motion = _motion_px(route, view, panel, air, corners)
    reach = int(np.ceil(0.5 * float(np.hypot(*motion)))) + 1
    rows, columns = canvas.frame.shape[:2]
    x0, y0 = (max(0, int(np.floor(low)) - reach) for low in corners.min(axis=0))
    x1, y1 = (min(m, int(np.ceil(high)) + reach) for m, high in zip((columns, rows), corners.max(axis=0), strict=True))
    if x1 - x0 < 1 or y1 - y0 < 1:
        return
    side = max(x1 - x0, y1 - y0)
    fineness = 3 if side <= _FINE_SIDE_PX else 2 if side <= _MIDDLING_SIDE_PX else 1
    picture = _shrunk_for(panel.picture, corners * fineness)
    height, width = picture.cover.shape
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - np.float32(0.5)
    target = ((corners - [x0, y0]) * fineness - 0.5).astype(np.float32)
    warp = cv2.getPerspectiveTransform(source, target)
    size = x1 - x0, y1 - y0

    def lay(layer: Raster) -> Raster:
        fine = cv2.warpPerspective(layer, warp, (size[0] * fineness, size[1] * fineness), flags=cv2.INTER_LINEAR)
        own = fine if fineness == 1 else cv2.resize(fine, size, interpolation=cv2.INTER_AREA)
        return _blurred(np.asarray(own, np.uint8), motion)

    ahead = float(ground_ahead(route, view, panel.along_m, panel.lateral_m)[0].mean())
    clear = float(np.exp(-ahead / air.haze_m))
    cover = lay(picture.cover)
    mist = np.multiply.outer(cover.astype(np.float32) * np.float32(1.0 - clear), np.array(air.haze_bgr) / 255.0)
    own = cv2.add(cv2.convertScaleAbs(lay(picture.colour), alpha=clear), mist.astype(np.uint8))
    canvas.paint(x0, y0, np.asarray(own, np.uint8), np.asarray(cv2.merge([255 - cover] * 3), np.uint8))
    if picture.light is not None:
        canvas.shine(x0, y0, np.asarray(cv2.convertScaleAbs(lay(picture.light), alpha=clear), np.uint8))
    if panel.key is not None:
        share = float(picture.cover.mean()) / 255.0
        canvas.follow(panel.key, x0, y0, cover, share * float(cv2.contourArea(corners.astype(np.float32))))


def _motion_px(route: Route, view: View, panel: Panel, air: Air, corners: Float) -> Float:
    """Give how far a panel's middle moves in the image while the shutter is open, (2,) pixels."""
    later = project_corners(route, view, panel, air.blur_m) if air.blur_m > 0.0 else None
    return (later - corners).mean(axis=0) if later is not None else np.zeros(2)


def _blurred(layer: Raster, motion: Float) -> Raster:
    length = float(np.hypot(*motion))
    if length < _LEAST_BLUR_PX:
        return layer
    half = int(np.ceil(0.5 * length)) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for part in np.linspace(-0.5, 0.5, 4 * half + 1):
        kernel[half + round(part * float(motion[1])), half + round(part * float(motion[0]))] += 1.0
    return np.asarray(cv2.filter2D(layer, -1, kernel / kernel.sum(), borderType=cv2.BORDER_CONSTANT), np.uint8)


def _shrunk_for(picture: Picture, corners: Float) -> Picture:
    """Halve a picture until another halving would lose detail at these corners, each direction apart."""
    top, right, bottom, left = (
        float(np.hypot(*(corners[(i + 1) % 4] - corners[i]))) for i in range(4)
    )  # sides in order round the panel
    rows, columns = picture.cover.shape
    while rows >= 4 and rows // 2 >= max(left, right):
        rows //= 2
    while columns >= 4 and columns // 2 >= max(top, bottom):
        columns //= 2
    if (rows, columns) == picture.cover.shape:
        return picture

    def shrink(layer: Raster) -> Raster:
        return np.asarray(cv2.resize(layer, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)

    light = shrink(picture.light) if picture.light is not None else None
    return Picture(shrink(picture.colour), shrink(picture.cover), light)
