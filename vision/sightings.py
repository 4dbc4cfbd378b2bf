"""From tracks to sightings: one defect as one footage shows it, with its place, its size and its best views."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import shapely

from vision.calibration import Calibration
from vision.camera import Camera
from vision.ground_plane import image_points
from vision.ground_tracks import (
    CRACK_KINDS,
    SOUND_KINDS,
    GroundTrack,
    GroundView,
    TrackRules,
    track_on_ground,
    turn_matrix,
)
from vision.types import ExaminedFrame, Float, Measure, Place, Pose, Sighting, SightingFrame

PlaceOf = Callable[[Float, float, Pose], Place]
"""(x, y) in the local frame, position error in metres, pose of the nearest view -> Place."""


@dataclass(frozen=True, slots=True)
class SightingRules:
    """How tracks become sightings.

    Attributes:
        tracks: When two views are one defect.
        measure_range_m: Sizes are taken from views nearer than this where there are any.
        good_view_m: (near, far): a place is in good view when it lies this far ahead and inside the picture.
        evidence_frames: How many of the best views to name.
        min_confidence: A track whose calibrated confidence stays under this is no candidate.
    """

    tracks: TrackRules = field(default_factory=TrackRules)
    measure_range_m: float = 12.0
    good_view_m: tuple[float, float] = (3.0, 12.0)
    evidence_frames: int = 2
    min_confidence: float = 0.55


def ground_sightings(
    camera: Camera,
    frames: Sequence[tuple[Pose, ExaminedFrame]],
    place_of: PlaceOf,
    calibration: Calibration,
    rules: SightingRules,
) -> tuple[list[Sighting], int]:
    """Make the sightings of one footage.

    Args:
        camera: That took every frame.
        frames: With valid poses, ascending in time, refused ones too.
        place_of: Names a point of the trajectory's local frame.
        calibration: Turns a track's evidence into a probability.
        rules: How.

    Returns:
        The sightings by time, and how many tracks were left out under ``min_confidence``. What most views take for
        something sound (a manhole cover) is neither.
    """
    tracks = [one for one in track_on_ground(camera, frames, rules.tracks) if one.class_name not in SOUND_KINDS]
    by_time = {frame.pts_ns: (pose, frame) for pose, frame in frames}
    views = _ViewFinder(camera, frames, rules.good_view_m)
    sightings = []
    for track in tracks:
        sighting = _sighting(track, by_time, views, place_of, calibration, rules)
        if sighting.confidence >= rules.min_confidence:
            sightings.append(sighting)
    return sightings, len(tracks) - len(sightings)


def sighting_id(footage_id: str, class_name: str, pts_ns: int, index: int) -> str:
    """Name a sighting by its content: footage, class, first frame and the detection's row in it."""
    return hashlib.sha256(f"{footage_id}|{class_name}|{pts_ns}|{index}".encode()).hexdigest()[:20]


class _ViewFinder:
    """Counts the valid frames that had a place in good view."""

    def __init__(
        self, camera: Camera, frames: Sequence[tuple[Pose, ExaminedFrame]], good_view_m: tuple[float, float]
    ) -> None:
        accepted = [(pose, frame.pts_ns) for pose, frame in frames if frame.quality.reason is None]
        self._camera = camera
        self._good_view_m = good_view_m
        self._pts_ns = np.array([pts for _, pts in accepted], dtype=np.int64)
        self._places = np.array([[pose.x_m, pose.y_m] for pose, _ in accepted]).reshape(-1, 2)
        self._turns = np.array([turn_matrix(pose) for pose, _ in accepted]).reshape(-1, 2, 2)

    def frames_with(self, centre_m: Float) -> frozenset[int]:
        """Give the pts_ns of the valid frames that had the point in good view."""
        near = np.flatnonzero(np.hypot(*(self._places - centre_m).T) <= self._good_view_m[1] + 1.0)
        if not len(near):
            return frozenset()
        ground = np.einsum("nji,nj->ni", self._turns[near], centre_m - self._places[near])
        pixels = image_points(self._camera, ground)
        margin = 0.02 * self._camera.width_px
        inside = (
            (ground[:, 0] >= self._good_view_m[0])
            & (ground[:, 0] <= self._good_view_m[1])
            & (pixels[:, 0] > margin)
            & (pixels[:, 0] < self._camera.width_px - margin)
            & (pixels[:, 1] < self._camera.height_px - margin)
            & (pixels[:, 1] > 0)
        )
        return frozenset(self._pts_ns[near[inside]].tolist())


def _sighting(
    track: GroundTrack,
    by_time: dict[int, tuple[Pose, ExaminedFrame]],
    finder: _ViewFinder,
    place_of: PlaceOf,
    calibration: Calibration,
    rules: SightingRules,
) -> Sighting:
    track = GroundTrack([view for view in track.views if view.class_name not in SOUND_KINDS])
    views = _one_a_frame(track.views)
    centre, covariance = _centre(track, views, rules)
    seen = frozenset(view.pts_ns for view in views)
    expected = finder.frames_with(centre) | seen
    nearest = min(views, key=lambda view: view.footprint.range_m)
    pose = by_time[nearest.pts_ns][0]
    area, length, width = (_if_known(measure) for measure in _measures(track, views, rules))
    first = track.views[0]
    footage_id = _footage_id(by_time[first.pts_ns][1])
    name = track.class_name
    frames = tuple(sighting_frame(by_time[v.pts_ns][1], v.index, v.footprint.range_m) for v in views)
    return Sighting(
        sighting_id=sighting_id(footage_id, name, first.pts_ns, first.index),
        footage_id=footage_id,
        class_name=name,
        confidence=calibration.probability(name, [view.confidence for view in views], len(expected)),
        frames=frames,
        frames_expected=len(expected),
        evidence_pts_ns=evidence_order(frames, rules.evidence_frames),
        place=place_of(centre, _position_error(pose, covariance, nearest), pose),
        area_m2=area,
        length_m=length,
        width_m=width,
    )


def _one_a_frame(views: Sequence[GroundView]) -> list[GroundView]:
    """Give the most confident view of each frame, by time."""
    best: dict[int, GroundView] = {}
    for view in views:
        if view.pts_ns not in best or view.confidence > best[view.pts_ns].confidence:
            best[view.pts_ns] = view
    return [best[pts_ns] for pts_ns in sorted(best)]


def _usable(views: Sequence[GroundView], rules: SightingRules) -> list[GroundView]:
    """Give the views that a size may be taken from: whole and near, else whole, else all."""
    whole = [view for view in views if not view.footprint.cut]
    near = [view for view in whole if view.footprint.range_m <= rules.measure_range_m]
    return near or whole or list(views)


def _centre(track: GroundTrack, views: Sequence[GroundView], rules: SightingRules) -> tuple[Float, Float]:
    if track.class_name in CRACK_KINDS:
        outline = track.outline()
        _, covariance = track.centre()
        point = shapely.centroid(outline)
        return np.array([point.x, point.y]), covariance
    return GroundTrack(_usable(views, rules)).centre()


def _position_error(pose: Pose, covariance: Float, nearest: GroundView) -> float:
    swing = math.radians(pose.heading_error_deg) * nearest.footprint.range_m
    # a wrong pitch or height shifts every view the same way: averaging frames takes none of that off
    shared = float(np.trace(nearest.footprint.covariance_m2))
    return math.sqrt(pose.error_m**2 + swing**2 + max(shared, float(np.trace(covariance))))


def _measures(
    track: GroundTrack, views: Sequence[GroundView], rules: SightingRules
) -> tuple[Measure, Measure, Measure]:
    usable = _usable(views, rules)
    prints = [view.footprint for view in usable]
    area = _weighted_median([p.area_m2 for p in prints])
    length = _weighted_median([p.length_m for p in prints])
    width = _weighted_median([p.width_m for p in prints])
    if track.class_name not in CRACK_KINDS:
        return area, length, width
    near = _usable(track.views, rules)
    outline = shapely.union_all([shapely.make_valid(shapely.Polygon(view.polygon_m)) for view in near])
    corners = shapely.get_coordinates(outline)
    _, sides, _ = cv2.minAreaRect((corners - corners[0]).astype(np.float32))
    whole_length, whole_area = float(max(sides)), float(shapely.area(outline))
    return (
        Measure(whole_area, area.error * max(1.0, whole_area / max(area.value, 1e-6)) ** 0.5),
        Measure(whole_length, length.error * max(1.0, whole_length / max(length.value, 1e-6)) ** 0.5),
        Measure(max(float(min(sides)), width.value), width.error),
    )


def _if_known(measure: Measure) -> Measure | None:
    """Give a size, or None where it may as well be nothing: seen from so far that its error is as large as itself."""
    return measure if measure.error < measure.value else None


def _weighted_median(measures: Sequence[Measure]) -> Measure:
    values = np.array([measure.value for measure in measures])
    weights = 1.0 / np.square([max(measure.error, 1e-3) for measure in measures])
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    middle = float(values[order][np.searchsorted(cumulative, cumulative[-1] / 2.0)])
    scatter = 1.4826 * float(np.median(np.abs(values - middle))) / math.sqrt(len(values))
    least = min(measure.error for measure in measures)  # shared by all views, so that many views don't shrink it
    return Measure(middle, math.hypot(least, scatter))


def sighting_frame(examined: ExaminedFrame, row: int, range_m: float | None) -> SightingFrame:
    """Give one detection of a frame as a view of a defect.

    Args:
        examined: The frame; it has detections.
        row: Which of them.
        range_m: Ground distance; None without geometry.
    """
    if examined.detections is None:
        raise ValueError("a view always comes from a frame with detections")
    left, top, right, bottom = (float(value) for value in examined.detections.xyxy[row])
    return SightingFrame(
        pts_ns=examined.pts_ns,
        xyxy=(left, top, right, bottom),
        confidence=float(examined.detections.confidence[row]),
        outline=tuple((float(x), float(y)) for x, y in examined.detections.outlines[row]),
        range_m=range_m,
        sharpness=examined.quality.sharpness,
    )


def evidence_order(frames: Sequence[SightingFrame], count: int) -> tuple[int, ...]:
    """Give the frames that show a defect best, best first: near, sharp and confident."""
    typical_sharpness = float(np.median([frame.sharpness for frame in frames])) or 1.0

    def worth(frame: SightingFrame) -> float:
        distance = frame.range_m if frame.range_m is not None else 8.0
        sharp = min(frame.sharpness / typical_sharpness, 1.5)
        return frame.confidence * sharp / max(distance, 3.0)

    return tuple(frame.pts_ns for frame in sorted(frames, key=lambda frame: (-worth(frame), frame.pts_ns))[:count])


def _footage_id(frame: ExaminedFrame) -> str:
    if frame.detections is None:
        raise ValueError("a view always comes from a frame with detections")
    return frame.detections.footage_id
