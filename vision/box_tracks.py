"""Follow detections from frame to frame by their boxes, where no position says how far the camera went.

ByteTrack (Zhang et al., ECCV 2022; ultralytics' implementation) with a constant-velocity Kalman filter, one tracker a
class. Its settings are for video at full rate: at two frames a second a thing leaves its own box between frames, so
that no overlap is left to go by. Boxes are therefore widened before they are compared (buffered IoU; Yang et al.,
C-BIoU, WACV 2023), the more so the further frames lie apart, and every detection may start or go on with a track.

Beyond about a defect's own length of movement between frames nothing can be followed by boxes: a drive without
telemetry, sampled by time, gives mostly tracks of one view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision.types import ExaminedFrame
from vision.ultralytics_import import importing_ultralytics

F32 = NDArray[np.float32]

# Measured on a walk over potholes and a drive among cars (links between a thing's consecutive views, against tracks at
# full rate that optical flow helped with): ultralytics' own settings find 0.26 of them at 0.4-0.6 s, these 0.89.
_MARGIN_PER_S = 1.6  # of a box's longer side, for each second between frames
_MAX_MARGIN = 0.8
_SHAKE = 0.01  # of the picture's width: a far sign moves by more than its size when the camera nods
_MEMORY_S = 0.6  # a thing that stays unseen for longer than this and one frame more starts anew
_MATCH_COST = 0.8  # greatest 1 - IoU of widened boxes
_NO_BOXES = np.zeros((0, 4), np.float32)


@dataclass(frozen=True, slots=True)
class BoxTrack:
    """Views of one thing, by time.

    Attributes:
        class_name: The same in all views.
        views: (pts_ns, row in that frame's Detections) each.
    """

    class_name: str
    views: tuple[tuple[int, int], ...]


class _Boxes:
    """What BYTETracker wants to be given: detections that can be indexed by a mask."""

    def __init__(self, xywh: F32, conf: F32) -> None:
        self.xywh = xywh
        self.conf = conf
        self.cls = np.zeros(len(conf), np.float32)

    def __len__(self) -> int:
        return len(self.conf)

    def __getitem__(self, mask: NDArray[np.bool_]) -> _Boxes:
        return _Boxes(self.xywh[mask], self.conf[mask])


def track_by_box(frames: Sequence[ExaminedFrame], resolution_wh: tuple[int, int]) -> list[BoxTrack]:
    """Join the detections of a footage into tracks.

    Args:
        frames: Ascending in time; a refused frame counts as one without detections.
        resolution_wh: Of the pictures that the boxes are in.

    Returns:
        Tracks in the order of their first view. Every detection is in exactly one; what was seen once is a track of one
        view.
    """
    class_names = sorted({name for frame in frames for name in _class_names(frame)})
    interval_s = _interval_s(frames)
    tracks = [track for name in class_names for track in _track_class(frames, name, interval_s, resolution_wh[0])]
    return sorted(tracks, key=lambda track: track.views[0])


def _class_names(frame: ExaminedFrame) -> set[str]:
    if frame.detections is None:
        return set()
    return {frame.detections.class_names[index] for index in frame.detections.class_id.tolist()}


def _interval_s(frames: Sequence[ExaminedFrame]) -> float:
    if len(frames) < 2:
        return 0.0
    return float(np.median(np.diff([frame.pts_ns for frame in frames]))) / 1e9


def _track_class(frames: Sequence[ExaminedFrame], class_name: str, interval_s: float, width_px: int) -> list[BoxTrack]:
    tracker = _tracker(interval_s)
    margin = min(_MAX_MARGIN, _MARGIN_PER_S * interval_s)
    views: dict[int, list[tuple[int, int]]] = {}
    alone: list[tuple[int, int]] = []
    for frame in frames:
        rows, xyxy, confidence = _of_class(frame, class_name)
        tracker.update(_Boxes(_widened(xyxy, margin, _SHAKE * width_px), confidence))
        left = set(rows)
        for track in tracker.tracked_stracks:
            if track.frame_id == tracker.frame_id:
                track.is_activated = True  # else a thing that is missed in its second frame would be forgotten
                row = rows[int(track.idx)]
                views.setdefault(track.track_id, []).append((frame.pts_ns, row))
                left.discard(row)
        alone.extend((frame.pts_ns, row) for row in sorted(left))  # the tracker drops what doubles a lost track
    return [BoxTrack(class_name, tuple(seen)) for seen in [*views.values(), *([view] for view in alone)]]


def _tracker(interval_s: float) -> Any:
    with importing_ultralytics():
        from ultralytics.trackers.byte_tracker import BYTETracker

    return BYTETracker(
        SimpleNamespace(
            track_high_thresh=0.0,
            track_low_thresh=0.0,
            new_track_thresh=0.0,
            track_buffer=max(1, round(_MEMORY_S / interval_s)) if interval_s > 0 else 1,
            match_thresh=_MATCH_COST,
            fuse_score=False,
        )
    )


def _of_class(frame: ExaminedFrame, class_name: str) -> tuple[list[int], F32, F32]:
    found = frame.detections
    if found is None or class_name not in found.class_names:
        return [], _NO_BOXES, np.zeros(0, np.float32)
    rows = np.flatnonzero(found.class_id == found.class_names.index(class_name))
    return rows.tolist(), found.xyxy[rows], found.confidence[rows]


def _widened(xyxy: F32, margin: float, least_px: float) -> F32:
    """Give (N, 4) centre and size of the boxes with a margin on every side, in parts of the longer side."""
    size = xyxy[:, 2:] - xyxy[:, :2]
    centre = (xyxy[:, :2] + xyxy[:, 2:]) / 2.0
    added = np.maximum(margin * size.max(axis=1, keepdims=True), least_px) if len(size) else size
    return np.concatenate([centre, size + 2.0 * added], axis=1).astype(np.float32)
