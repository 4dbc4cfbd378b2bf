"""Where a thing beside the road stands: from its boxes in many frames to a place, a height and a size.

Every box centre is a ray from a known pose; its height in the picture tells the distance if the thing's size is known.
Both go into one least-squares estimate (bundle adjustment with the poses given; Hartley and Zisserman, Multiple View
Geometry, 2nd ed., section 18.1) together with what is known beforehand: the usual size of such a thing, and how far
heading, pitch and focal length may be off. Where the rays cross at wide angles they decide; where they are nearly
parallel, or there is only one, the usual size does, with its wide error. Nothing else is assumed.

The unknowns, in order: bearing (rad clockwise from +y) and logarithm of the ground distance (m) from the last camera
place; height of the box centre over the road (m); logarithm of the size (m); and the errors of heading (rad), pitch
(rad) and the logarithm of the focal length, which all views share.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vision.camera import Camera
from vision.ground_plane import OUTLINE_ERROR_PX
from vision.roadside.kinds import typical_size
from vision.types import Float, Measure, Pose

_JITTER_M = 0.1  # 1 sigma of what the trajectory's shape adds between frames a few metres apart, across the ray
_YAW_JITTER_RAD = math.radians(0.2)  # of the vehicle against its smoothed heading, frame by frame
_SHAKE_RAD = math.radians(0.5)  # of a vehicle's pitch over uneven road, at most
_BOX_FRACTION = 0.04  # 1 sigma of a box's centre and edges, of its size
_HEIGHT_M = (2.5, 2.0)  # mean and 1 sigma of a box centre over the road: StVO signs hang at 2.0 to 2.5 m, gantries at 6
_ROBUST_SIGMA = 2.5  # views that lie further off than this count less (Huber)
_SPACING_M = 0.5  # views from nearer places share their errors: they are no further witnesses
_MOST_VIEWS = 40
_FAR_SHARE = 0.3  # of the tallest view's height: farther ones are left out
_STEP = 1e-5


@dataclass(frozen=True, slots=True)
class RoadsideView:
    """One detection, with where the camera was.

    Attributes:
        pts_ns: Of its frame.
        index: Row in the frame's roadside Detections.
        class_name: As detected.
        confidence: The detector's.
        xyxy: Box in pixels.
        pose: Of the camera.
        cut: The box touches the edge of the picture, so that its centre and size are not the thing's.
    """

    pts_ns: int
    index: int
    class_name: str
    confidence: float
    xyxy: tuple[float, float, float, float]
    pose: Pose
    cut: bool

    @property
    def measured(self) -> Float:
        """(3,) column, row, logarithm of the height in pixels."""
        left, top, right, bottom = self.xyxy
        return np.array([(left + right) / 2.0, (top + bottom) / 2.0, math.log(max(bottom - top, 1.0))])

    @property
    def height_px(self) -> float:
        """Of the box."""
        return self.xyxy[3] - self.xyxy[1]


@dataclass(frozen=True, slots=True)
class Standing:
    """The estimate for one thing.

    Attributes:
        point_m: (2,) x and y in the trajectory's local frame.
        covariance_m2: (2, 2) of the point relative to the trajectory.
        height_m: Of the box's centre over the road.
        size_m: Height of the box.
        ranged_by: ``rays`` where their crossing tells the distance better than the usual size does.
        misfit: Mean squared residual in sigmas; about 1 where all views are of one thing.
        origin_m: (2,) camera place that the unknowns are counted from.
        unknowns: (7,) see above.
        unknowns_covariance: (7, 7).
    """

    point_m: Float
    covariance_m2: Float
    height_m: Measure
    size_m: Measure
    ranged_by: Literal["rays", "size"]
    misfit: float
    origin_m: Float
    unknowns: Float
    unknowns_covariance: Float


@dataclass(frozen=True, slots=True)
class Expected:
    """What a frame should show of a thing.

    Attributes:
        measured: (3,) column, row, logarithm of the height in pixels.
        covariance: (3, 3), of the estimate alone.
        range_m: Ground distance from the camera.
        depth_m: Along the optical axis; behind the lens where not above 0.
    """

    measured: Float
    covariance: Float
    range_m: float
    depth_m: float


def stand(camera: Camera, views: Sequence[RoadsideView], near: Standing | None = None) -> Standing:
    """Estimate where a thing stands.

    Args:
        camera: That took every frame.
        views: Of one thing, by time, at least one.
        near: An earlier estimate to start from; None to start from the usual size.
    """
    used = _spaced(views)
    seen = _arrays(used)
    origin = _camera_place(used[-1].pose)
    prior, weight = _prior(camera, used)
    starts = [prior + np.array([0.0, step, 0.0, 0.0, 0.0, 0.0, 0.0]) for step in (0.0, -0.5, 0.5)]
    if near is not None:
        starts = [_moved(near, origin)]
    fits = [_descend(camera, seen, origin, start, prior, weight) for start in starts]
    unknowns, _ = min(fits, key=lambda fit: fit[1])
    residuals, slopes = _linearised(camera, seen, origin, unknowns)
    robust = _robust_weights(residuals)
    scaled = slopes * np.sqrt(robust)[:, None, None]
    information = np.einsum("nki,nkj->ij", scaled, scaled) + np.diag(weight)
    freedom = max(1, residuals.size - 4)
    misfit = float((robust[:, None] * residuals**2).sum() / freedom)
    covariance = np.linalg.inv(information) * max(1.0, misfit)
    rays = scaled[:, :2]
    by_rays = np.linalg.inv(np.einsum("nki,nkj->ij", rays, rays) + np.diag(weight) + 1e-9 * np.eye(7))[1, 1]
    return _standing(camera, unknowns, covariance, origin, misfit, math.sqrt(by_rays), used[-1].class_name)


def expect(camera: Camera, pose: Pose, standing: Standing) -> Expected:
    """Give what a frame from another place should show."""
    predicted, all_slopes = _with_slopes(
        camera, _camera_places([pose]), _headings([pose]), standing.origin_m, standing.unknowns
    )
    base, slopes = predicted[0], all_slopes[0]
    away = standing.point_m - _camera_place(pose)
    return Expected(
        measured=base[:3],
        covariance=slopes[:3] @ standing.unknowns_covariance @ slopes[:3].T,
        range_m=float(np.hypot(*away)),
        depth_m=float(base[3]),
    )


def measuring_sigma(camera: Camera, height_px: Float, range_m: Float) -> Float:
    """Give (N, 3) 1 sigma of boxes' column, row and logarithm of height, shake of the vehicle included.

    Args:
        camera: That took them.
        height_px: (N,) of the boxes.
        range_m: (N,) ground distances.
    """
    edge_px = OUTLINE_ERROR_PX * camera.width_px / 640.0 / math.sqrt(2.0)
    across_px = camera.focal_px * np.hypot(_YAW_JITTER_RAD, _JITTER_M / np.maximum(range_m, 1.0))
    shake_px = camera.focal_px * min(_SHAKE_RAD, math.radians(max(camera.pitch_error_deg, 0.05)))
    centre_px = np.hypot(edge_px, _BOX_FRACTION * height_px)
    log_height = np.hypot(2.0 * edge_px / np.maximum(height_px, 1.0), 2.0 * _BOX_FRACTION)
    return np.stack([np.hypot(centre_px, across_px), np.hypot(centre_px, shake_px), log_height], axis=1)


@dataclass(frozen=True, slots=True)
class _Seen:
    """Views as arrays: (N, 2) camera places, (N,) headings in rad, (N, 3) what was measured."""

    places: Float
    headings: Float
    measured: Float


def _arrays(views: Sequence[RoadsideView]) -> _Seen:
    poses = [view.pose for view in views]
    return _Seen(_camera_places(poses), _headings(poses), np.array([view.measured for view in views]))


def _spaced(views: Sequence[RoadsideView]) -> list[RoadsideView]:
    """Give the views that tell something new: whole ones, from places some way apart, nearest last.

    Far ones are left out once there are nearer ones: over hundreds of metres the heading's error is not one and the
    same, as the estimate takes it to be.
    """
    whole = [view for view in views if not view.cut] or list(views)
    tallest_px = max(view.height_px for view in whole)
    whole = [view for view in whole if view.height_px >= _FAR_SHARE * tallest_px]
    kept = [whole[-1]]
    for view in reversed(whole[:-1]):
        if np.hypot(*(_camera_place(view.pose) - _camera_place(kept[-1].pose))) >= _SPACING_M:
            kept.append(view)
    kept.reverse()
    if len(kept) > _MOST_VIEWS:
        kept = [kept[row] for row in np.linspace(0, len(kept) - 1, _MOST_VIEWS).astype(int)]
    return kept


def _prior(camera: Camera, views: Sequence[RoadsideView]) -> tuple[Float, Float]:
    """Give what is known beforehand, (7,), and (7,) inverse variances; bearing and distance are not."""
    last, size = views[-1], typical_size(views[-1].class_name)
    column, row, log_height = last.measured
    depth = camera.focal_px * size.height_m / math.exp(log_height)
    ahead, right = _ray(camera, column, row)
    distance = max(depth * math.hypot(ahead, right), 1.0)
    bearing = math.radians(last.pose.heading_deg) + math.atan2(right, ahead)
    weight = np.zeros(7)
    weight[2:] = [
        1.0 / _HEIGHT_M[1] ** 2,
        1.0 / size.error_fraction**2,
        1.0 / math.radians(max(last.pose.heading_error_deg, 0.05)) ** 2,
        1.0 / math.radians(max(camera.pitch_error_deg, 0.05)) ** 2,
        1.0 / max(camera.focal_error_fraction, 0.002) ** 2,
    ]
    start = [bearing, math.log(distance), _HEIGHT_M[0], math.log(size.height_m), 0.0, 0.0, 0.0]
    return np.array(start), weight


def _descend(
    camera: Camera, seen: _Seen, origin: Float, start: Float, prior: Float, weight: Float
) -> tuple[Float, float]:
    """Give the least-squares unknowns and their cost (Levenberg-Marquardt with Huber weights)."""
    unknowns, damping = start.copy(), 1e-3
    residuals, slopes = _linearised(camera, seen, origin, unknowns)
    cost = _cost(residuals, unknowns - prior, weight)
    for _ in range(25):
        scaled = slopes * np.sqrt(_robust_weights(residuals))[:, None, None]
        pulled = residuals * np.sqrt(_robust_weights(residuals))[:, None]
        information = np.einsum("nki,nkj->ij", scaled, scaled) + np.diag(weight)
        gradient = np.einsum("nki,nk->i", scaled, pulled) + weight * (unknowns - prior)
        step = -np.linalg.solve(information + damping * np.diag(np.diag(information)), gradient)
        tried = unknowns + np.clip(step, -1.0, 1.0)
        new_residuals, new_slopes = _linearised(camera, seen, origin, tried)
        new_cost = _cost(new_residuals, tried - prior, weight)
        if new_cost <= cost:
            done = cost - new_cost < 1e-6 * (1.0 + cost)
            unknowns, residuals, slopes, cost, damping = tried, new_residuals, new_slopes, new_cost, damping / 5.0
            if done:
                break
        else:
            damping *= 8.0
            if damping > 1e8:
                break
    return unknowns, cost


def _cost(residuals: Float, off_prior: Float, weight: Float) -> float:
    size = np.linalg.norm(residuals, axis=1)
    huber = np.where(size <= _ROBUST_SIGMA, size**2, 2.0 * _ROBUST_SIGMA * size - _ROBUST_SIGMA**2)
    return float(huber.sum() + (weight * off_prior**2).sum())


def _robust_weights(residuals: Float) -> Float:
    size = np.linalg.norm(residuals, axis=1)
    return np.asarray(np.minimum(1.0, _ROBUST_SIGMA / np.maximum(size, 1e-9)), dtype=np.float64)


def _linearised(camera: Camera, seen: _Seen, origin: Float, unknowns: Float) -> tuple[Float, Float]:
    """Give (N, 3) residuals in sigmas and (N, 3, 7) their slopes."""
    predicted, slopes = _with_slopes(camera, seen.places, seen.headings, origin, unknowns)
    ranges = np.hypot(*(origin + _offset(unknowns) - seen.places).T)
    sigma = measuring_sigma(camera, np.exp(seen.measured[:, 2]), ranges)
    return (predicted[:, :3] - seen.measured) / sigma, slopes[:, :3] / sigma[:, :, None]


def _with_slopes(camera: Camera, places: Float, headings: Float, origin: Float, unknowns: Float) -> tuple[Float, Float]:
    """Give (N, 4) what is predicted and (N, 4, 7) its slopes, by central differences."""
    steps = np.concatenate([np.zeros((1, 7)), _STEP * np.eye(7), -_STEP * np.eye(7)])
    all_at_once = _predict(camera, places, headings, origin, unknowns + steps)
    slopes = (all_at_once[1:8] - all_at_once[8:]) / (2.0 * _STEP)
    return all_at_once[0], np.moveaxis(slopes, 0, -1)


def _predict(camera: Camera, places: Float, headings: Float, origin: Float, unknowns: Float) -> Float:
    """Give (M, N, 4) column, row, logarithm of height and depth, for (M, 7) unknowns and cameras at (N, 2) places."""
    bearing, log_range, height, log_size, yaw, nod, log_focal = unknowns.T[:, :, None]
    east = origin[0] + np.exp(log_range) * np.sin(bearing) - places[:, 0]
    north = origin[1] + np.exp(log_range) * np.cos(bearing) - places[:, 1]
    heading = headings + yaw
    ahead = east * np.sin(heading) + north * np.cos(heading)
    right = east * np.cos(heading) - north * np.sin(heading)
    drop = camera.height_m - height
    pitch, roll = math.radians(camera.pitch_deg) + nod, math.radians(camera.roll_deg)
    focal_px = camera.focal_px * np.exp(log_focal)
    depth = np.cos(pitch) * ahead + np.sin(pitch) * drop
    down = np.cos(pitch) * drop - np.sin(pitch) * ahead
    divisor = np.maximum(depth, 0.3)  # what lies behind the lens is still predicted somewhere, far from any box
    column = focal_px * (math.cos(roll) * right + math.sin(roll) * down) / divisor + camera.width_px / 2.0
    row = focal_px * (math.cos(roll) * down - math.sin(roll) * right) / divisor + camera.height_px / 2.0
    return np.stack([column, row, np.log(focal_px) + log_size - np.log(divisor), depth], axis=-1)


def _ray(camera: Camera, column: float, row: float) -> tuple[float, float]:
    """Give a pixel's direction: ahead and right of the vehicle, at 1 along the optical axis."""
    roll, pitch = math.radians(camera.roll_deg), math.radians(camera.pitch_deg)
    x, y = (column - camera.width_px / 2.0) / camera.focal_px, (row - camera.height_px / 2.0) / camera.focal_px
    right, down = math.cos(roll) * x - math.sin(roll) * y, math.sin(roll) * x + math.cos(roll) * y
    return math.cos(pitch) - math.sin(pitch) * down, right


def _standing(
    camera: Camera, unknowns: Float, covariance: Float, origin: Float, misfit: float, by_rays: float, class_name: str
) -> Standing:
    bearing, distance = unknowns[0], math.exp(unknowns[1])
    turn = distance * np.array([[math.cos(bearing), math.sin(bearing)], [-math.sin(bearing), math.cos(bearing)]])
    size = math.exp(unknowns[3])
    return Standing(
        point_m=origin + _offset(unknowns),
        covariance_m2=turn @ covariance[:2, :2] @ turn.T,
        height_m=Measure(float(unknowns[2]), math.hypot(math.sqrt(covariance[2, 2]), camera.height_error_m)),
        size_m=Measure(size, size * math.sqrt(covariance[3, 3])),
        ranged_by="rays" if by_rays < typical_size(class_name).error_fraction else "size",
        misfit=misfit,
        origin_m=origin,
        unknowns=unknowns,
        unknowns_covariance=covariance,
    )


def _moved(standing: Standing, origin: Float) -> Float:
    """Give an estimate's unknowns counted from another place."""
    away = standing.point_m - origin
    start = standing.unknowns.copy()
    start[0], start[1] = math.atan2(away[0], away[1]), math.log(max(float(np.hypot(*away)), 0.5))
    return start


def _offset(unknowns: Float) -> Float:
    return math.exp(unknowns[1]) * np.array([math.sin(unknowns[0]), math.cos(unknowns[0])])


def _camera_place(pose: Pose) -> Float:
    return np.array([pose.x_m, pose.y_m])


def _camera_places(poses: Sequence[Pose]) -> Float:
    return np.array([[pose.x_m, pose.y_m] for pose in poses])


def _headings(poses: Sequence[Pose]) -> Float:
    return np.radians([pose.heading_deg for pose in poses])
