"""Tracks on the ground where there is nothing to track."""

from __future__ import annotations

from tests.builders_roadside import CAMERA, straight
from vision.ground_tracks import TrackRules, track_on_ground
from vision.types import ExaminedFrame, FrameQuality


def test_frames_without_detections_make_no_tracks() -> None:
    frames = [(pose, ExaminedFrame(pts_ns, FrameQuality(None, 90.0, 120.0), None)) for pts_ns, pose in straight(5)]
    assert track_on_ground(CAMERA, frames, TrackRules()) == []
    assert track_on_ground(CAMERA, [], TrackRules()) == []
