"""The simulator's own pinhole geometry: which place on the road each pixel shows, and where a place is in the image.

Independent of ``vision``'s measuring geometry on purpose: that is tested against this. Image coordinates are
continuous: pixel (column, row) covers [column, column + 1) x [row, row + 1); the principal point is the image's middle.
The camera frame of the ground is metres ahead of and left of the camera's foot, along the camera's heading.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.route import Route

Float = NDArray[np.float64]

FARTHEST_M = 140.0
"""Ground beyond is drawn as if it lay here."""
_COLUMN_STEP_PX = 64
_TABLE_BEHIND_M, _TABLE_AHEAD_M = 4.0, 152.0


@dataclass(frozen=True, slots=True)
class CameraModel:
    """A pinhole camera as it is mounted.

    Attributes:
        height_m: Over the road.
        pitch_deg: Downward tilt of the optical axis, positive down.
        roll_deg: Clockwise turn of the camera as seen from behind it.
        horizontal_fov_deg: Full angle between the left and right image edge.
        width_px: Of the image.
        height_px: Of the image.
    """

    height_m: float
    pitch_deg: float
    roll_deg: float
    horizontal_fov_deg: float
    width_px: int
    height_px: int

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return float(0.5 * self.width_px / np.tan(np.radians(self.horizontal_fov_deg) / 2.0))


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera is at one moment.

    Attributes:
        camera: Mounted as it is at this moment, shake included.
        along_m: Foot of the camera on the route.
        lateral_m: Foot of the camera, left of the centre line positive.
        yaw_rad: Heading against the road's direction there, anticlockwise positive.
    """

    camera: CameraModel
    along_m: float
    lateral_m: float
    yaw_rad: float


def project_to_image(route: Route, view: View, along_m: Float, lateral_m: Float) -> tuple[Float, Float]:
    """Give image (u, v) of places on the road; NaN for what lies behind the image plane.

    Args:
        route: The road.
        view: The camera.
        along_m: (N,) places along the route.
        lateral_m: (N,) left of the centre line positive.
    """
    ahead, left = _to_camera_ground(route, view, *route.plane_point(along_m, lateral_m))
    return project_ground(view.camera, ahead, left, np.zeros_like(ahead))


def project_ground(camera: CameraModel, ahead_m: Float, left_m: Float, up_m: Float) -> tuple[Float, Float]:
    """Give image (u, v) of points given ahead and left of the camera's foot and up from the ground."""
    pitch, roll = np.radians(camera.pitch_deg), np.radians(camera.roll_deg)
    below = camera.height_m - up_m
    depth = ahead_m * np.cos(pitch) + below * np.sin(pitch)
    down = below * np.cos(pitch) - ahead_m * np.sin(pitch)
    depth = np.where(depth > 0.05, depth, np.nan)
    x, y = -left_m / depth, down / depth
    u = camera.focal_px * (x * np.cos(roll) + y * np.sin(roll)) + 0.5 * camera.width_px
    v = camera.focal_px * (y * np.cos(roll) - x * np.sin(roll)) + 0.5 * camera.height_px
    return np.asarray(u), np.asarray(v)


def ground_ahead(route: Route, view: View, along_m: Float, lateral_m: Float) -> tuple[Float, Float]:
    """Give metres (ahead, left) of the camera's foot for places on the road."""
    return _to_camera_ground(route, view, *route.plane_point(along_m, lateral_m))


def _to_camera_ground(route: Route, view: View, east_m: Float, north_m: Float) -> tuple[Float, Float]:
    east, north = route.plane_point(view.along_m, view.lateral_m)
    heading = route.heading_at(view.along_m) + view.yaw_rad
    ahead = (east_m - east) * np.cos(heading) + (north_m - north) * np.sin(heading)
    left = (north_m - north) * np.cos(heading) - (east_m - east) * np.sin(heading)
    return np.asarray(ahead), np.asarray(left)


@dataclass(frozen=True, slots=True)
class GroundMap:
    """Which place on the road each pixel from ``first_row`` down shows, on a grid of every row and each 64th column.

    Attributes:
        first_row: First image row that shows ground.
        width_px: Of the image.
        along_m: (R, C) float64, route coordinate; grid column i lies at the image's u = (i - 0.5) * 64.
        lateral_m: (R, C) float64, left of the centre line positive.
        ahead_m: (R,) float64: distance ahead in the middle column.
    """

    first_row: int
    width_px: int
    along_m: Float
    lateral_m: Float
    ahead_m: Float

    def enlarge(self, grid: Float) -> NDArray[np.float32]:
        """Interpolate values on some rows of the grid, (r, C), to those rows' pixels, (r, W) float32."""
        rows, columns = grid.shape
        size = (columns * _COLUMN_STEP_PX, rows)
        full = cv2.resize(grid.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        # Resize puts the centre of grid column i at (i + 0.5) * 64.
        return np.asarray(full[:, _COLUMN_STEP_PX : _COLUMN_STEP_PX + self.width_px], np.float32)


def map_ground(route: Route, view: View) -> GroundMap:
    """Work out the place that each pixel shows.

    Exact on a grid of every row and each 64th column, linear between (with no roll the truth is linear); a row's
    line across the road meets the curved centre line at a point from which along and lateral are taken off linearly,
    which is short of the truth by under a centimetre within 10 m of the centre line at radii over 450 m.
    """
    camera = view.camera
    pitch, roll = np.radians(camera.pitch_deg), np.radians(camera.roll_deg)
    focal = camera.focal_px
    columns = int(np.ceil(camera.width_px / _COLUMN_STEP_PX)) + 2
    u = (np.arange(columns) - 0.5) * _COLUMN_STEP_PX - 0.5 * camera.width_px
    all_v = np.arange(camera.height_px) + 0.5 - 0.5 * camera.height_px
    x = (u[None, :] * np.cos(roll) - all_v[:, None] * np.sin(roll)) / focal
    y = (u[None, :] * np.sin(roll) + all_v[:, None] * np.cos(roll)) / focal
    down = np.sin(pitch) + y * np.cos(pitch)
    nearest = camera.height_m / (4.0 * FARTHEST_M)
    first_row = int(np.argmax(down.max(axis=1) > nearest)) if bool((down.max(axis=1) > nearest).any()) else len(all_v)
    x, y, down = x[first_row:], y[first_row:], np.maximum(down[first_row:], nearest)
    scale = camera.height_m / down
    ahead, left = scale * (np.cos(pitch) - y * np.sin(pitch)), -scale * x
    shrink = np.minimum(1.0, FARTHEST_M / np.maximum(ahead, 0.1))
    along, lateral = _to_road(route, view, ahead * shrink, left * shrink)
    return GroundMap(first_row, camera.width_px, along, lateral, np.asarray((ahead * shrink)[:, columns // 2]))


def _to_road(route: Route, view: View, ahead: Float, left: Float) -> tuple[Float, Float]:
    """Turn camera-ground coordinates into route coordinates by a table of the centre line ahead."""
    table = np.arange(view.along_m - _TABLE_BEHIND_M, view.along_m + _TABLE_AHEAD_M, 1.0)
    overrun = np.maximum(table - route.length_m, 0.0) + np.minimum(table, 0.0)
    heading = np.interp(table, route.along_m, route.heading_rad)
    east, north = route.plane_point(table, 0.0)
    # Past its ends the road goes on straight.
    east, north = east + overrun * np.cos(heading), north + overrun * np.sin(heading)
    line_ahead, line_left = _to_camera_ground(route, view, east, north)
    turn = heading - route.heading_at(view.along_m) - view.yaw_rad
    along_there = np.interp(ahead, line_ahead, table)
    index = along_there - table[0]
    aside = left - np.interp(index, np.arange(len(table)), line_left)
    angle = np.interp(index, np.arange(len(table)), turn)
    return along_there + aside * np.sin(angle), aside * np.cos(angle)
