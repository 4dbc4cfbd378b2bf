"""Associate ground defects from frame to frame by where they lie on the road, not by where they lie in the picture.

At one frame every 3 m a pothole moves by half the picture between frames, so boxes can't be followed; its place on the
road stays. Each detection's outline is laid on the road, moved into the trajectory's local frame, and joined to the
track whose place it shares within both errors.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from shapely import Polygon

from vision.camera import Camera
from vision.ground_plane import GroundFootprint, footprint
from vision.types import Detections, ExaminedFrame, Float, Pose

CRACK_KINDS = frozenset({"longitudinal_crack", "transverse_crack", "alligator_crack", "crack"})
_HOLE_KINDS = frozenset({"pothole", "surface_damage"})
SOUND_KINDS = frozenset({"manhole"})
"""What a detector knows so that it takes it for no defect. A hole and a manhole cover at one place are one thing."""
_UNMATCHABLE = 1e6


@dataclass(frozen=True, slots=True)
class TrackRules:
    """When two views are of one defect.

    Attributes:
        max_range_m: A detection further away than this is too coarse to place and is left to nearer frames.
        gate_sigma: Views further apart than this many of their joint errors are two defects.
        gate_m: And never further apart than this, between centres or, for cracks, between outlines.
        jitter_m: 1 sigma of what the trajectory's shape adds between frames a few metres apart.
        forget_m: A track this far behind the camera takes no more views.
        overlap: Tracks whose outlines share this part of the smaller one are one defect.
    """

    max_range_m: float = 22.0
    gate_sigma: float = 3.0
    gate_m: float = 2.5
    jitter_m: float = 0.25
    forget_m: float = 6.0
    overlap: float = 0.25


@dataclass(frozen=True, slots=True)
class GroundView:
    """One detection laid on the road, in the trajectory's local frame.

    Attributes:
        pts_ns: Of its frame.
        index: Row in the frame's Detections.
        class_name: As detected.
        confidence: The detector's.
        centre_m: (2,) x and y.
        polygon_m: (K, 2) x and y.
        covariance_m2: (2, 2) of the centre relative to the trajectory.
        footprint: The same in vehicle coordinates, with its measures.
    """

    pts_ns: int
    index: int
    class_name: str
    confidence: float
    centre_m: Float
    polygon_m: Float
    covariance_m2: Float
    footprint: GroundFootprint


@dataclass(slots=True)
class GroundTrack:
    """Views of one defect, by time."""

    views: list[GroundView] = field(default_factory=list)

    @property
    def class_name(self) -> str:
        """The class that most confidence speaks for."""
        votes: defaultdict[str, float] = defaultdict(float)
        for view in self.views:
            votes[view.class_name] += view.confidence
        return max(sorted(votes), key=lambda name: votes[name])

    def centre(self) -> tuple[Float, Float]:
        """Give the inverse-variance mean of the views' centres and its (2, 2) covariance."""
        weights = [np.linalg.inv(view.covariance_m2) for view in self.views]
        covariance = np.linalg.inv(np.sum(weights, axis=0))
        centre = covariance @ np.sum([w @ v.centre_m for w, v in zip(weights, self.views, strict=True)], axis=0)
        return centre, covariance

    def outline(self) -> shapely.Geometry:
        """Give the union of the views' outlines on the road."""
        return shapely.union_all([_valid(view.polygon_m) for view in self.views])


def lay_on_road(camera: Camera, pose: Pose, detections: Detections, rules: TrackRules) -> list[GroundView]:
    """Give the detections of one frame that lie on the road within range."""
    views = []
    turn = turn_matrix(pose)
    for index, outline in enumerate(detections.outlines):
        laid = footprint(camera, outline if len(outline) >= 3 else _box_corners(detections.xyxy[index]))
        if laid is None or laid.range_m > rules.max_range_m:
            continue
        views.append(
            GroundView(
                pts_ns=detections.pts_ns,
                index=index,
                class_name=detections.class_names[int(detections.class_id[index])],
                confidence=float(detections.confidence[index]),
                centre_m=turn @ laid.centre_m + np.array([pose.x_m, pose.y_m]),
                polygon_m=laid.polygon_m @ turn.T + np.array([pose.x_m, pose.y_m]),
                covariance_m2=turn @ laid.covariance_m2 @ turn.T + rules.jitter_m**2 * np.eye(2),
                footprint=laid,
            )
        )
    return views


def turn_matrix(pose: Pose) -> Float:
    """Give the (2, 2) matrix from vehicle coordinates (forward, left) to the local frame's (x, y)."""
    heading = math.radians(pose.heading_deg)
    sin, cos = math.sin(heading), math.cos(heading)
    return np.array([[sin, -cos], [cos, sin]])


def track_on_ground(
    camera: Camera, frames: Iterable[tuple[Pose, ExaminedFrame]], rules: TrackRules
) -> list[GroundTrack]:
    """Join the detections of a footage into tracks.

    Args:
        camera: That took every frame.
        frames: With valid poses, ascending in time; refused frames give no detections.
        rules: When two views are one.

    Returns:
        Tracks in the order of their first view.
    """
    finished: list[GroundTrack] = []
    active: list[GroundTrack] = []
    for pose, frame in frames:
        if frame.detections is None:
            continue
        active, left_behind = _split_left_behind(active, pose, rules)
        finished.extend(left_behind)
        views = lay_on_road(camera, pose, frame.detections, rules)
        for view, track in zip(views, _assign(active, views, rules), strict=True):
            if track is None:
                active.append(GroundTrack([view]))
            else:
                track.views.append(view)
    tracks = _merge_overlapping(finished + active, rules)
    for track in tracks:
        track.views.sort(key=lambda view: (view.pts_ns, view.index))
    return sorted(tracks, key=lambda track: (track.views[0].pts_ns, track.views[0].index))


def _split_left_behind(
    active: list[GroundTrack], pose: Pose, rules: TrackRules
) -> tuple[list[GroundTrack], list[GroundTrack]]:
    ahead = turn_matrix(pose)[:, 0]
    here = np.array([pose.x_m, pose.y_m])
    kept: list[GroundTrack] = []
    left: list[GroundTrack] = []
    for track in active:
        reach = max(float(((view.polygon_m - here) @ ahead).max()) for view in track.views[-3:])
        (kept if reach > -rules.forget_m else left).append(track)
    return kept, left


def _assign(tracks: Sequence[GroundTrack], views: Sequence[GroundView], rules: TrackRules) -> list[GroundTrack | None]:
    """Give each view its track: one to one for holes; several fragments of one crack may join one track."""
    if not tracks or not views:
        return [None] * len(views)
    cost = np.array([[_distance(track, view, rules) for track in tracks] for view in views])
    assigned: list[GroundTrack | None] = [None] * len(views)
    rows, columns = linear_sum_assignment(cost)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        if cost[row, column] < _UNMATCHABLE:
            assigned[row] = tracks[column]
    for index, view in enumerate(views):
        nearest = int(cost[index].argmin())
        if assigned[index] is None and view.class_name in CRACK_KINDS and cost[index, nearest] < _UNMATCHABLE:
            assigned[index] = tracks[nearest]
    return assigned


def _distance(track: GroundTrack, view: GroundView, rules: TrackRules) -> float:
    """Give how far a view is from a track, in joint sigmas; _UNMATCHABLE where they can't be one defect."""
    name = track.class_name
    if not same_kind(name, view.class_name):
        return _UNMATCHABLE
    centre, covariance = track.centre()
    apart = view.centre_m - centre
    joint = covariance + view.covariance_m2
    sigmas = math.sqrt(float(apart @ np.linalg.inv(joint) @ apart))
    if view.class_name in CRACK_KINDS:
        gap = shapely.distance(_valid(view.polygon_m), track.outline())
        if gap > min(rules.gate_m, rules.gate_sigma * math.sqrt(float(np.trace(joint)) / 2.0)):
            return _UNMATCHABLE
        sigmas = min(sigmas, gap / rules.jitter_m + 0.5)
    elif float(np.hypot(*apart)) > rules.gate_m + 0.5 * view.footprint.length_m.value or sigmas > rules.gate_sigma:
        return _UNMATCHABLE
    return sigmas + (0.0 if view.class_name == name else 0.5)


def same_kind(a: str, b: str) -> bool:
    """Tell whether a detector may call one defect by both names in two frames."""
    return a == b or {a, b} <= CRACK_KINDS or {a, b} <= _HOLE_KINDS | SOUND_KINDS


def _merge_overlapping(tracks: list[GroundTrack], rules: TrackRules) -> list[GroundTrack]:
    """Join tracks that lie on one another: one defect that was lost from view for a while, or seen in two parts."""
    if not tracks:
        return []
    outlines = [_typical_outline(track) for track in tracks]
    tree = shapely.STRtree(outlines)
    parent = list(range(len(tracks)))

    def root(index: int) -> int:
        while parent[index] != index:
            index = parent[index]
        return index

    pairs = tree.query(outlines, predicate="intersects").T
    for a, b in sorted((int(a), int(b)) for a, b in pairs if a < b):
        if not same_kind(tracks[a].class_name, tracks[b].class_name):
            continue
        shared = shapely.area(shapely.intersection(outlines[a], outlines[b]))
        if shared >= rules.overlap * min(shapely.area(outlines[a]), shapely.area(outlines[b])):
            low, high = sorted((root(a), root(b)))
            parent[high] = low
    merged: dict[int, GroundTrack] = {}
    for index, track in enumerate(tracks):
        merged.setdefault(root(index), GroundTrack()).views.extend(track.views)
    return list(merged.values())


def _typical_outline(track: GroundTrack) -> shapely.Geometry:
    """Give the outline to compare tracks by: all of a crack's, the nearest view's of a hole moved to its mean place."""
    if track.class_name in CRACK_KINDS:
        return track.outline()
    centre, _ = track.centre()
    best = min(track.views, key=lambda view: (view.footprint.cut, view.footprint.range_m))
    return _valid(best.polygon_m - best.centre_m + centre)


def _valid(polygon_m: Float) -> shapely.Geometry:
    return shapely.make_valid(Polygon(polygon_m))


def _box_corners(xyxy: NDArray[np.float32]) -> Float:
    left, top, right, bottom = (float(value) for value in xyxy)
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
