"""Estimate the camera's pitch from where the road's lines meet, for footage that comes without ``camera.toml``.

Lines along a straight road meet at a vanishing point on the horizon. Each frame's line segments vote for where that
is; the votes of many frames are added up, so that kerbs, cars and buildings, which agree on nothing, drown. The
horizon's row gives the pitch at an assumed field of view. Source: projective geometry of parallel lines, Hartley and
Zisserman, Multiple View Geometry, 2nd ed., section 8.6; segments by LSD, von Gioi et al., IPOL 2012.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.camera import Camera, default_camera
from vision.types import Float, Image

MIN_PITCH_ERROR_DEG = 1.0
MAX_VOTE_ERROR_DEG = 3.0
"""1 sigma of the voted pitch, from resampling the frames; a vote less certain than the default camera convinces no one.
"""

_MIN_FRAMES = 5
_WIDTH_PX = 640  # frames are looked at in this width
_LSD_SCALES = (0.5, 0.25)  # soft verges are lines only in a coarse picture, and a coarse one takes less time
_MIN_LENGTH_PX = 30.0
_MAX_SEGMENTS = 70  # a frame: the longest
_STEEPNESS_DEG = (8.0, 83.0)  # flatter lines lie across the road, steeper ones are posts
_MIN_CROSSING_DEG = 8.0  # lines that are nearly parallel meet anywhere
_TOLERANCE_DEG = 2.0  # between a segment and the line to the vanishing point that it votes for
_PERSISTENT = 0.6  # of a burned-in overlay, a bonnet or a dirty windscreen

_ROW_STEP_PX, _COLUMN_STEP_PX = 6, 20
_ROWS = (-1.3, 0.75)  # of the picture's height: where a horizon is looked for
_COLUMNS = (-0.25, 1.25)  # of its width
_UNSEEN_LENGTH_PX = 200.0  # added to a frame's line length, so that a frame with two short lines has little say
_AHEAD_PX = 200.0  # 1 sigma of the vanishing point's column about the middle: cameras look ahead, roads bend
_NEAR_PEAK_PX = (60.0, 100.0)  # 1 sigma, rows and columns: a frame's own vanishing point, about that of all frames
_RESAMPLES = 64


@dataclass(frozen=True, slots=True)
class _Segments:
    """Line segments of one frame, in pixels of the small picture.

    Attributes:
        middle: (N, 2).
        direction: (N, 2) unit vectors.
        length: (N,).
        top: (N,) upper row.
    """

    middle: Float
    direction: Float
    length: Float
    top: Float


@dataclass(frozen=True, slots=True)
class _Votes:
    """One frame's candidates for the vanishing point, (M, 2) column and row, with their weights (M,)."""

    points: Float
    weights: Float


def estimate_camera(frames: Sequence[Image], width_px: int, height_px: int) -> Camera:
    """Estimate the camera that took a footage.

    Field of view and height can't be told from lines alone and stay those of ``default_camera``; the error of the
    pitch holds that of the field of view.

    Args:
        frames: Upright pictures spread over the footage, of its size or scaled. A mounted camera is told from 12, one
            that is held by hand from about 36.
        width_px: Of the footage's upright picture.
        height_px: Of that picture.

    Returns:
        ``source="estimated"`` where the frames agree on a horizon, else ``default_camera``.
    """
    fallback = default_camera(width_px, height_px)
    small_height = round(_WIDTH_PX * height_px / width_px)
    greys = [_small_grey(frame, small_height) for frame in frames if _has_shape(frame, width_px, height_px)]
    if len(greys) < _MIN_FRAMES:
        return fallback
    fixed = _persistence(greys)
    votes = [_vote(_find_segments(grey, fixed), small_height) for grey in greys]
    small = fallback.scaled_to(_WIDTH_PX, small_height)
    found = _agree(votes, small)
    if found is None:
        return fallback
    pitch_deg, error_deg = found
    # the row of the horizon is seen, the focal length is assumed: d pitch = sin(2 pitch) / 2 * d focal / focal
    focal_part_deg = math.degrees(abs(math.sin(2.0 * math.radians(pitch_deg))) / 2.0 * fallback.focal_error_fraction)
    return replace(
        fallback,
        pitch_deg=pitch_deg,
        pitch_error_deg=max(MIN_PITCH_ERROR_DEG, math.hypot(error_deg, focal_part_deg)),
        source="estimated",
    )


def _has_shape(frame: Image, width_px: int, height_px: int) -> bool:
    height, width = frame.shape[:2]
    return bool(abs(width * height_px - height * width_px) <= 0.02 * width * height_px)


def _small_grey(frame: Image, height: int) -> NDArray[np.uint8]:
    small = cv2.resize(frame, (_WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)


def _persistence(greys: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Give how far an edge stays in its place over all frames, 0 to 1, in a picture of half the size.

    An edge that stays is no part of the road: an overlay, the bonnet, a mark on the lens. Lane lines drift by a few
    pixels from frame to frame, which is enough for their gradients to cancel.
    """
    size = (greys[0].shape[1] // 2, greys[0].shape[0] // 2)
    right = np.zeros((size[1], size[0]), np.float32)
    down, strength = right.copy(), right.copy()
    for grey in greys:
        half = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        gx, gy = cv2.Sobel(half, cv2.CV_32F, 1, 0), cv2.Sobel(half, cv2.CV_32F, 0, 1)
        right += gx
        down += gy
        strength += np.hypot(gx, gy)
    noise = 12.0 * len(greys)  # grey levels: what flat asphalt may show
    return np.asarray(np.hypot(right, down) / (strength + noise), np.float32)


def _find_segments(grey: NDArray[np.uint8], fixed: NDArray[np.float32]) -> _Segments:
    """Find the longest straight segments that may run along the road."""
    detector = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD)
    found = [np.zeros((0, 4))]
    for scale in _LSD_SCALES:
        picture = grey if scale == 1.0 else cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        lines = detector.detect(picture)[0]
        if lines is not None:
            found.append((lines.reshape(-1, 4).astype(np.float64) + 0.5) / scale - 0.5)
    ends = np.concatenate(found)
    along = ends[:, 2:] - ends[:, :2]
    length = np.hypot(along[:, 0], along[:, 1])
    steepness_deg = np.degrees(np.arctan2(np.abs(along[:, 1]), np.abs(along[:, 0])))
    usable = (length > _MIN_LENGTH_PX) & (steepness_deg > _STEEPNESS_DEG[0]) & (steepness_deg < _STEEPNESS_DEG[1])
    usable[usable] = ~_stays(ends[usable], fixed)
    chosen = np.flatnonzero(usable)
    chosen = chosen[np.argsort(-length[chosen], kind="stable")][:_MAX_SEGMENTS]
    ends, length = ends[chosen], length[chosen]
    return _Segments(
        middle=(ends[:, :2] + ends[:, 2:]) / 2.0,
        direction=along[chosen] / length[:, None],
        length=length,
        top=np.minimum(ends[:, 1], ends[:, 3]),
    )


def _stays(ends: Float, fixed: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which segments lie on edges that are in one place in every frame."""
    part = np.linspace(0.05, 0.95, 12)[None, :, None]
    points = (ends[:, None, :2] * (1.0 - part) + ends[:, None, 2:] * part) / 2.0
    columns = np.clip(np.rint(points[..., 0]).astype(int), 0, fixed.shape[1] - 1)
    rows = np.clip(np.rint(points[..., 1]).astype(int), 0, fixed.shape[0] - 1)
    return np.asarray(np.median(fixed[rows, columns], axis=1) > _PERSISTENT, np.bool_)


def _vote(segments: _Segments, height: int) -> _Votes:
    """Give every crossing of two segments a weight: how much of the frame's line length leads to it.

    Only what lies below a candidate's row counts, since the road does. Segments that are all of one direction fix no
    point, so the weight is the length that is balanced by length of other directions.
    """
    points = _crossings(segments, height)
    if len(points) == 0:
        return _Votes(points, np.zeros(0))
    to_middle = segments.middle[None] - points[:, None]
    reach = np.maximum(np.hypot(to_middle[..., 0], to_middle[..., 1]), 1e-6)
    direction = segments.direction[None]
    sine = np.abs(to_middle[..., 0] * direction[..., 1] - to_middle[..., 1] * direction[..., 0]) / reach
    deviation = np.degrees(np.arcsin(np.minimum(sine, 1.0))) / _TOLERANCE_DEG
    below = segments.length * (segments.top[None] > points[:, 1:] - 3.0)
    support = np.clip(1.0 - deviation**2, 0.0, None) * below
    doubled = np.exp(2j * np.arctan2(segments.direction[:, 1], segments.direction[:, 0]))
    balanced = support.sum(axis=1) - np.abs((support * doubled).sum(axis=1))
    return _Votes(points, np.maximum(balanced, 0.0) / (below.sum(axis=1) + _UNSEEN_LENGTH_PX))


def _crossings(segments: _Segments, height: int) -> Float:
    first, second = np.triu_indices(len(segments.length), 1)
    a, b = segments.direction[first], segments.direction[second]
    cross = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    crossing = np.abs(cross) > math.sin(math.radians(_MIN_CROSSING_DEG))
    first, second, a, b, cross = first[crossing], second[crossing], a[crossing], b[crossing], cross[crossing]
    apart = segments.middle[second] - segments.middle[first]
    step = (apart[:, 0] * b[:, 1] - apart[:, 1] * b[:, 0]) / cross
    points = segments.middle[first] + step[:, None] * a
    inside = (
        (points[:, 0] > _COLUMNS[0] * _WIDTH_PX)
        & (points[:, 0] < _COLUMNS[1] * _WIDTH_PX)
        & (points[:, 1] > _ROWS[0] * height)
        & (points[:, 1] < _ROWS[1] * height)
    )
    return np.asarray(points[inside], np.float64)


def _agree(votes: Sequence[_Votes], small: Camera) -> tuple[float, float] | None:
    """Give pitch and its 1 sigma error in degrees, shake included; None where the frames do not agree."""
    maps = np.stack([_vote_map(frame, small.height_px) for frame in votes])
    peak_column, peak_row = _peak(maps.sum(axis=0), small.height_px)
    own = [_near_peak(frame, peak_column, peak_row) for frame in votes]
    rows = np.array([row for row, _ in own])
    weights = np.array([weight for _, weight in own])
    if np.count_nonzero(weights) < _MIN_FRAMES:
        return None
    pitches_deg = _pitch_deg(rows, small)
    pitch_deg = _weighted_median(pitches_deg, weights)
    vote_error_deg = _resampled_error_deg(maps, small)
    if vote_error_deg > MAX_VOTE_ERROR_DEG:
        return None
    shake_deg = math.sqrt(float(np.average((pitches_deg - pitch_deg) ** 2, weights=weights)))
    return pitch_deg, math.hypot(shake_deg, vote_error_deg)


def _pitch_deg(rows: Float, camera: Camera) -> Float:
    return np.asarray(np.degrees(np.arctan((camera.height_px / 2.0 - rows) / camera.focal_px)), np.float64)


def _vote_map(votes: _Votes, height: int) -> NDArray[np.float32]:
    """Lay a frame's votes on a grid of rows and columns; a cell has its best candidate's weight."""
    shape = (round((_ROWS[1] - _ROWS[0]) * height / _ROW_STEP_PX), _grid_columns())
    grid = np.zeros(shape, np.float32)
    columns = ((votes.points[:, 0] - _COLUMNS[0] * _WIDTH_PX) / _COLUMN_STEP_PX).astype(int)
    rows = ((votes.points[:, 1] - _ROWS[0] * height) / _ROW_STEP_PX).astype(int)
    cells = np.clip(rows, 0, shape[0] - 1), np.clip(columns, 0, shape[1] - 1)
    np.maximum.at(grid, cells, votes.weights.astype(np.float32))
    spread = cv2.GaussianBlur(cv2.dilate(grid, np.ones((3, 5), np.uint8)), (0, 0), sigmaX=2.5, sigmaY=2.2)
    middles = _COLUMNS[0] * _WIDTH_PX + (np.arange(shape[1]) + 0.5) * _COLUMN_STEP_PX
    ahead = np.exp(-(((middles - _WIDTH_PX / 2.0) / _AHEAD_PX) ** 2) / 2.0)
    return np.asarray(spread * ahead, np.float32)


def _grid_columns() -> int:
    return round((_COLUMNS[1] - _COLUMNS[0]) * _WIDTH_PX / _COLUMN_STEP_PX)


def _peak(total: NDArray[np.float32], height: int) -> tuple[float, float]:
    """Give column and row, in pixels, of the cell with most votes."""
    row, column = divmod(int(total.argmax()), total.shape[1])
    return (
        _COLUMNS[0] * _WIDTH_PX + (column + 0.5) * _COLUMN_STEP_PX,
        _ROWS[0] * height + (row + 0.5) * _ROW_STEP_PX,
    )


def _near_peak(votes: _Votes, peak_column: float, peak_row: float) -> tuple[float, float]:
    """Give the row of a frame's own vanishing point, looked for about the peak, and its weight."""
    if len(votes.weights) == 0:
        return peak_row, 0.0
    away = ((votes.points[:, 1] - peak_row) / _NEAR_PEAK_PX[0]) ** 2
    away += ((votes.points[:, 0] - peak_column) / _NEAR_PEAK_PX[1]) ** 2
    best = int((votes.weights * np.exp(-away / 2.0)).argmax())
    return float(votes.points[best, 1]), float(votes.weights[best])


def _weighted_median(values: Float, weights: Float) -> float:
    order = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(cumulative, cumulative[-1] / 2.0)])


def _resampled_error_deg(maps: NDArray[np.float32], small: Camera) -> float:
    """Give the 1 sigma error of the peak's pitch by drawing the frames anew (bootstrap; Efron 1979)."""
    generator = np.random.default_rng(0)
    drawn = generator.multinomial(len(maps), np.full(len(maps), 1.0 / len(maps)), size=_RESAMPLES)
    totals = (drawn.astype(np.float32) @ maps.reshape(len(maps), -1)).reshape(_RESAMPLES, *maps.shape[1:])
    rows = np.array([_peak(total, small.height_px)[1] for total in totals])
    return float(_pitch_deg(rows, small).std())
