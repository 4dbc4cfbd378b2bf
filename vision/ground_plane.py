"""From pixels to metres on the road: where an outline's ground lies ahead of the camera, and how well that is known.

The road is taken as a plane under the camera. Vehicle coordinates: forward (along the camera's heading) and left, in
metres from the point under the lens. Source: pinhole projection, Hartley and Zisserman, Multiple View Geometry, 2nd
ed., section 6.1; errors by first-order propagation, differences taken numerically.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.camera import Camera
from vision.types import Float, Measure

OUTLINE_ERROR_PX = 1.5
"""1 sigma of where a detector draws the edge of a defect, in pixels of a 640 px wide picture."""

_MIN_DROP = 1e-3  # a ray must fall at least this steeply (tangent) to be called ground: 1.4 km ahead at 1.4 m


@dataclass(frozen=True, slots=True)
class GroundFootprint:
    """A defect's outline laid on the road, in vehicle coordinates.

    Attributes:
        polygon_m: (K, 2) float64 (forward, left).
        centre_m: (2,) centroid of the polygon.
        covariance_m2: (2, 2) of the centre, from camera and outline errors alone.
        range_m: From the point under the lens to the centre.
        area_m2: Of the polygon.
        length_m: Longer side of the smallest rectangle around it.
        width_m: Shorter side.
        cut: The outline touches the edge of the picture, so that the defect goes on outside it.
    """

    polygon_m: Float
    centre_m: Float
    covariance_m2: Float
    range_m: float
    area_m2: Measure
    length_m: Measure
    width_m: Measure
    cut: bool


def ground_points(camera: Camera, pixels: NDArray[np.floating]) -> Float:
    """Lay pixels on the road.

    Args:
        camera: Whose pixels.
        pixels: (N, 2) column and row.

    Returns:
        (N, 2) float64 forward and left in metres; NaN for pixels at or above the horizon.
    """
    roll, pitch = math.radians(camera.roll_deg), math.radians(camera.pitch_deg)
    column = (pixels[:, 0] - camera.width_px / 2.0) / camera.focal_px
    row = (pixels[:, 1] - camera.height_px / 2.0) / camera.focal_px
    right = math.cos(roll) * column - math.sin(roll) * row
    down = math.sin(roll) * column + math.cos(roll) * row
    drop = math.sin(pitch) + math.cos(pitch) * down
    ahead = math.cos(pitch) - math.sin(pitch) * down
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(drop > _MIN_DROP, camera.height_m / drop, np.nan)
    return np.stack([scale * ahead, -scale * right], axis=1).astype(np.float64)


def image_points(camera: Camera, ground_m: Float) -> Float:
    """Give the pixels of points on the road; NaN for points behind the lens.

    Args:
        camera: Whose pixels.
        ground_m: (N, 2) forward and left.

    Returns:
        (N, 2) float64 column and row, which may lie outside the picture.
    """
    roll, pitch = math.radians(camera.roll_deg), math.radians(camera.pitch_deg)
    forward, right, drop = ground_m[:, 0], -ground_m[:, 1], camera.height_m
    depth = math.cos(pitch) * forward + math.sin(pitch) * drop
    down = math.cos(pitch) * drop - math.sin(pitch) * forward
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = np.where(depth > 1e-6, depth, np.nan)
        column = (math.cos(roll) * right + math.sin(roll) * down) / depth
        row = (math.cos(roll) * down - math.sin(roll) * right) / depth
    pixels = np.stack([column, row], axis=1) * camera.focal_px
    return np.asarray(pixels + np.array([camera.width_px / 2.0, camera.height_px / 2.0]), dtype=np.float64)


def footprint(camera: Camera, outline_px: NDArray[np.floating]) -> GroundFootprint | None:
    """Lay a defect's outline on the road and measure it.

    Args:
        camera: Whose pixels.
        outline_px: (K, 2) polygon, column and row.

    Returns:
        None where the outline is no area (under three corners), or reaches the horizon: such a thing is not a ground
        defect that this camera can measure.
    """
    if len(outline_px) < 3:
        return None
    outline = np.asarray(outline_px, dtype=np.float64)
    nominal = _shape(camera, outline)
    if nominal is None:
        return None
    centre, area, length, width, polygon = nominal
    edge_px = OUTLINE_ERROR_PX * camera.width_px / 640.0
    variants = [
        _shape(replace(camera, pitch_deg=camera.pitch_deg + camera.pitch_error_deg), outline),
        _shape(replace(camera, height_m=camera.height_m + camera.height_error_m), outline),
        _shape(replace(camera, focal_px=camera.focal_px * (1.0 + camera.focal_error_fraction)), outline),
        _shape(camera, outline + np.array([0.0, edge_px])),
        _shape(camera, _grown(outline, edge_px)),
    ]
    known = [variant for variant in variants if variant is not None]
    covariance = np.zeros((2, 2))
    for variant in known:
        shift = variant[0] - centre
        covariance += np.outer(shift, shift)
    return GroundFootprint(
        polygon_m=polygon,
        centre_m=centre,
        covariance_m2=covariance + 1e-4 * np.eye(2),
        range_m=float(np.hypot(*centre)),
        area_m2=Measure(area, _spread(area, [v[1] for v in known])),
        length_m=Measure(length, _spread(length, [v[2] for v in known])),
        width_m=Measure(width, _spread(width, [v[3] for v in known])),
        cut=_touches_edge(camera, outline),
    )


def polygon_area(polygon: Float) -> float:
    """Give the area of a simple polygon (shoelace).

    >>> polygon_area(np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]]))
    2.0
    """
    x, y = polygon[:, 0], polygon[:, 1]
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2.0)


def polygon_centroid(polygon: Float) -> Float:
    """Give the centroid of a simple polygon; of its corners where it has no area."""
    x, y = polygon[:, 0] - polygon[0, 0], polygon[:, 1] - polygon[0, 1]
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    total = cross.sum()
    if abs(total) < 1e-9:
        return np.asarray(polygon.mean(axis=0), dtype=np.float64)
    centre_x = ((x + np.roll(x, -1)) * cross).sum() / (3.0 * total)
    centre_y = ((y + np.roll(y, -1)) * cross).sum() / (3.0 * total)
    return np.asarray(polygon[0] + np.array([centre_x, centre_y]), dtype=np.float64)


_Shape = tuple[Float, float, float, float, Float]


def _shape(camera: Camera, outline: Float) -> _Shape | None:
    polygon = ground_points(camera, outline)
    if not np.isfinite(polygon).all():
        return None
    _, sides, _ = cv2.minAreaRect((polygon - polygon[0]).astype(np.float32))
    return polygon_centroid(polygon), polygon_area(polygon), float(max(sides)), float(min(sides)), polygon


def _grown(outline: Float, edge_px: float) -> Float:
    centre = outline.mean(axis=0)
    arm = outline - centre
    reach = np.linalg.norm(arm, axis=1, keepdims=True)
    return np.asarray(centre + arm * (1.0 + edge_px / np.maximum(reach, edge_px)), dtype=np.float64)


def _spread(nominal: float, variants: list[float]) -> float:
    return math.sqrt(sum((value - nominal) ** 2 for value in variants))


def _touches_edge(camera: Camera, outline: Float) -> bool:
    margin = 0.006 * camera.width_px
    low, high = outline.min(axis=0), outline.max(axis=0)
    size = np.array([camera.width_px, camera.height_px])
    # the top edge too: a camera that looks down steeply has road there
    return bool((low < margin).any() or (high > size - margin).any())
