"""Follow signs and signal heads from frame to frame by where they stand.

At one frame every 3 m a near sign moves by far more than its box, so boxes can't be followed. Where a thing stands, how
high and how large it is are known after one view, though not well, and tell where the next frame must show it and how
large; each view makes that surer. The vehicle nods and sways: what all things in a frame are off by together is taken
off before they are told apart, so that two heads on one mast stay two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from vision.camera import Camera
from vision.roadside.kinds import SIGNAL_STATES
from vision.roadside.standing import Expected, RoadsideView, Standing, expect, measuring_sigma, stand
from vision.types import Detections, Float, Pose

_UNMATCHABLE = 1e6


@dataclass(frozen=True, slots=True)
class RoadsideRules:
    """When two views are of one thing.

    Attributes:
        gate: Greatest squared distance in joint sigmas: 99.7 % of three normal variables (chi-squared).
        other_kind: Added where a sign is called another kind of sign than before.
        min_height_px: A smaller box tells too little of its distance.
        forget_m: A thing unseen for this long a way takes no more views.
        same_misfit: Two tracks never seen in one frame are one thing if all their views together fit this well.
        same_m: And if they stand no further apart than this.
        same_off: Or if the views of the one, all before the other's, lie no further off than this, in squared joint
            sigmas (their median), from where the other stands.
        other_size: A view whose logarithm of height is further than this off what the place and size that come out
            would give is of something else.
        edge: A box this near to the edge of the picture, of its width, is cut.
        anew_m: A place is estimated anew after so many metres of travel,
        anew_share: and after so much of the way to it.
    """

    gate: float = 14.0
    other_kind: float = 3.0
    min_height_px: float = 6.0
    forget_m: float = 40.0
    same_misfit: float = 2.0
    same_m: float = 4.0
    same_off: float = 7.0
    other_size: float = 0.25
    edge: float = 0.004
    anew_m: float = 0.5
    anew_share: float = 0.03


@dataclass(slots=True)
class RoadsideTrack:
    """Views of one thing, by time, and where it stands by them."""

    views: list[RoadsideView]
    standing: Standing

    @property
    def is_signal(self) -> bool:
        """Whether it is a signal head; else it is a sign."""
        return self.views[0].class_name in SIGNAL_STATES

    @property
    def class_name(self) -> str:
        """The class that most confidence speaks for."""
        votes: defaultdict[str, float] = defaultdict(float)
        for view in self.views:
            votes[view.class_name] += view.confidence
        return max(sorted(votes), key=lambda name: votes[name])


def track_roadside(
    camera: Camera, frames: Iterable[tuple[Pose, Detections]], rules: RoadsideRules
) -> list[RoadsideTrack]:
    """Join the roadside detections of a footage into tracks.

    Args:
        camera: That took every frame.
        frames: With valid poses, ascending in time.
        rules: When two views are one.

    Returns:
        Tracks in the order of their first view. Every detection tall enough is in exactly one.
    """
    finished: list[RoadsideTrack] = []
    active: list[RoadsideTrack] = []
    for pose, detections in frames:
        expected = [expect(camera, pose, track.standing) for track in active]
        gone = [_is_gone(track, seen, pose, rules) for track, seen in zip(active, expected, strict=True)]
        finished.extend(track for track, left in zip(active, gone, strict=True) if left)
        expected = [seen for seen, left in zip(expected, gone, strict=True) if not left]
        active = [track for track, left in zip(active, gone, strict=True) if not left]
        views = _views(camera, pose, detections, rules)
        for view, row in zip(views, _assign(camera, active, expected, views, rules), strict=True):
            if row is None:
                active.append(RoadsideTrack([view], stand(camera, [view])))
            else:
                _add(camera, active[row], view, rules)
    tracks = _join_same(camera, finished + active, rules)
    for track in tracks:
        track.standing = stand(camera, track.views, track.standing)
        track.views = _of_its_size(camera, track, rules)
    return sorted(tracks, key=lambda track: (track.views[0].pts_ns, track.views[0].index))


def _add(camera: Camera, track: RoadsideTrack, view: RoadsideView, rules: RoadsideRules) -> None:
    """Add a view; estimate anew where the camera has come far enough for it to tell something new."""
    track.views.append(view)
    origin, here = track.standing.origin_m, np.array([view.pose.x_m, view.pose.y_m])
    to_go_m = float(np.hypot(*(track.standing.point_m - here)))
    if float(np.hypot(*(here - origin))) >= max(rules.anew_m, rules.anew_share * to_go_m):
        track.standing = stand(camera, track.views, track.standing if len(track.views) > 3 else None)


def _views(camera: Camera, pose: Pose, detections: Detections, rules: RoadsideRules) -> list[RoadsideView]:
    margin = rules.edge * camera.width_px
    views = []
    for index, box in enumerate(detections.xyxy):
        left, top, right, bottom = (float(value) for value in box)
        if bottom - top < rules.min_height_px:
            continue
        within = min(left, top, camera.width_px - right, camera.height_px - bottom) > margin
        name = detections.class_names[int(detections.class_id[index])]
        confidence = float(detections.confidence[index])
        views.append(
            RoadsideView(detections.pts_ns, index, name, confidence, (left, top, right, bottom), pose, not within)
        )
    return views


def _is_gone(track: RoadsideTrack, seen: Expected, pose: Pose, rules: RoadsideRules) -> bool:
    return seen.depth_m < 0.5 or pose.distance_m - track.views[-1].pose.distance_m > rules.forget_m


def _assign(
    camera: Camera,
    tracks: Sequence[RoadsideTrack],
    expected: Sequence[Expected],
    views: Sequence[RoadsideView],
    rules: RoadsideRules,
) -> list[int | None]:
    """Give each view the row of its track, one to one."""
    if not tracks or not views:
        return [None] * len(views)
    shift = np.zeros(2)
    pairs: list[tuple[int, int]] = []
    for settled in (False, True):
        cost = np.array(
            [
                [_distance(camera, t, e, v, rules, shift, settled) for t, e in zip(tracks, expected, strict=True)]
                for v in views
            ]
        )
        rows, columns = linear_sum_assignment(cost)
        pairs = [(r, c) for r, c in zip(rows.tolist(), columns.tolist(), strict=True) if cost[r, c] < _UNMATCHABLE]
        if len(pairs) < 2:
            break  # one thing alone can't tell the vehicle's nod from its own error
        shift = _common_shift(camera, [(views[r], expected[c]) for r, c in pairs])
    assigned: list[int | None] = [None] * len(views)
    for row, column in pairs:
        assigned[row] = column
    return assigned


def _common_shift(camera: Camera, pairs: Sequence[tuple[RoadsideView, Expected]]) -> Float:
    """Give (2,) pixels that a whole frame is off by: the mean over its things, each by its own error."""
    total, weighted = np.zeros(2), np.zeros(2)
    for view, seen in pairs:
        shake = measuring_sigma(camera, np.array([view.height_px]), np.array([seen.range_m]))[0, :2]
        weight = 1.0 / (np.diag(seen.covariance)[:2] + 0.05 * shake**2)
        total += weight
        weighted += weight * (view.measured - seen.measured)[:2]
    return np.asarray(weighted / total, dtype=np.float64)


def _distance(
    camera: Camera,
    track: RoadsideTrack,
    seen: Expected,
    view: RoadsideView,
    rules: RoadsideRules,
    shift: Float,
    settled: bool,
) -> float:
    """Give how badly a view fits a track, twice the negative logarithm of its likelihood; _UNMATCHABLE beyond the gate.

    Likelihood, not distance: a track that hardly knows where it stands is near everything in its own sigmas, and would
    take views from one that knows.
    """
    if (view.class_name in SIGNAL_STATES) != track.is_signal or seen.depth_m < 0.5:
        return _UNMATCHABLE
    off = view.measured - seen.measured - np.array([*shift, 0.0])
    sigma = measuring_sigma(camera, np.array([view.height_px]), np.array([seen.range_m]))[0]
    if settled and shift.any():
        sigma = sigma * np.array([0.5, 0.5, 1.0])
    if view.cut:
        sigma = sigma + np.array([view.height_px / 2.0, view.height_px / 2.0, 0.5])
    joint = seen.covariance + np.diag(sigma**2)
    squared = float(off @ np.linalg.solve(joint, off))
    if squared > rules.gate:
        return _UNMATCHABLE
    return (
        squared
        + float(np.linalg.slogdet(joint)[1])
        + (0.0 if track.is_signal or view.class_name == track.class_name else rules.other_kind)
    )


def _join_same(camera: Camera, tracks: list[RoadsideTrack], rules: RoadsideRules) -> list[RoadsideTrack]:
    """Join tracks of one thing that was lost for a while: never in one frame together, and one place fits all views."""
    kept: list[RoadsideTrack] = []
    for track in sorted(tracks, key=lambda one: -len(one.views)):
        for other in kept:
            joined = _joined(camera, other, track, rules)
            if joined is not None:
                other.views, other.standing = joined.views, joined.standing
                break
        else:
            kept.append(track)
    return kept


def _of_its_size(camera: Camera, track: RoadsideTrack, rules: RoadsideRules) -> list[RoadsideView]:
    """Leave out far views that are of something else, by their height: all that a far view tells surely."""
    kept = []
    for view in track.views:
        expected = float(expect(camera, view.pose, track.standing).measured[2])
        if view.cut or abs(float(view.measured[2]) - expected) <= rules.other_size:
            kept.append(view)
    return kept or track.views


def _joined(camera: Camera, one: RoadsideTrack, two: RoadsideTrack, rules: RoadsideRules) -> RoadsideTrack | None:
    if one.is_signal != two.is_signal or {v.pts_ns for v in one.views} & {v.pts_ns for v in two.views}:
        return None
    near, far = sorted((one, two), key=lambda track: -max(view.height_px for view in track.views))
    if far.views[-1].pts_ns < near.views[0].pts_ns and _off(camera, near.standing, far.views) <= rules.same_off:
        return RoadsideTrack(far.views + near.views, near.standing)  # it shows where the far one can hardly tell
    apart = one.standing.point_m - two.standing.point_m
    joint = one.standing.covariance_m2 + two.standing.covariance_m2 + 0.01 * np.eye(2)
    if float(apart @ np.linalg.solve(joint, apart)) > rules.gate or float(np.hypot(*apart)) > rules.same_m:
        return None
    views = sorted(one.views + two.views, key=lambda view: (view.pts_ns, view.index))
    standing = stand(camera, views, one.standing)
    return RoadsideTrack(views, standing) if standing.misfit <= rules.same_misfit else None


def _off(camera: Camera, standing: Standing, views: Sequence[RoadsideView]) -> float:
    """Give the median squared distance, in joint sigmas, of views from what a standing would have them show."""
    squared = []
    for view in views:
        seen = expect(camera, view.pose, standing)
        if seen.depth_m < 0.5:
            return _UNMATCHABLE
        sigma = measuring_sigma(camera, np.array([view.height_px]), np.array([seen.range_m]))[0]
        off = view.measured - seen.measured
        squared.append(float(off @ np.linalg.solve(seen.covariance + np.diag(sigma**2), off)))
    return float(np.median(squared))
