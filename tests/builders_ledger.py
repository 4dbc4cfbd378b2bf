"""Footage, frames, sightings and observations for the tests of the ledger."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from infra.local_metres import metres_a_degree
from infra.observation import Observation
from vision.protocols import ModelInfo
from vision.types import (
    CoverageBin,
    Detections,
    ExaminedFrame,
    FootageInfo,
    FrameQuality,
    Measure,
    Place,
    Segment,
    Sighting,
    SightingFrame,
)

DAY_0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
ORIGIN_LATITUDE_DEG, ORIGIN_LONGITUDE_DEG = 48.1, 11.5
CLASSES = ("longitudinal_crack", "transverse_crack", "alligator_crack", "pothole", "surface_damage")
MODEL = ModelInfo("road-test", "ab" * 32, "openvino-f32", CLASSES)
SECOND_NS = 1_000_000_000


def content_id(name: str) -> str:
    """Make a footage id out of a name."""
    return hashlib.sha256(name.encode()).hexdigest()


def day(number: float) -> datetime:
    """Give a time so many days after the first drive."""
    return DAY_0 + timedelta(days=number)


def place_at(east_m: float, north_m: float, error_m: float = 2.0, **overrides: Any) -> Place:
    """Give a place so far from the origin, seen driving north."""
    east_scale, north_scale = metres_a_degree(ORIGIN_LATITUDE_DEG)
    values: dict[str, Any] = {
        "latitude_deg": ORIGIN_LATITUDE_DEG + north_m / float(north_scale),
        "longitude_deg": ORIGIN_LONGITUDE_DEG + east_m / float(east_scale),
        "position_error_m": error_m,
        "heading_deg": 0.0,
    }
    return Place(**(values | overrides))


def chainage_place(chainage_m: float, lateral_m: float | None = 0.0, error_m: float = 1.0, **overrides: Any) -> Place:
    """Give a place that only a route says."""
    values: dict[str, Any] = {"route": "BR-386", "chainage_m": chainage_m, "lateral_m": lateral_m}
    return Place(None, None, error_m, **({"carriageway": "forward"} | values | overrides))


def make_observation(name: str, place: Place | None, footage: str = "a", **overrides: Any) -> Observation:
    """A pothole of half a square metre, seen on the first day."""
    values: dict[str, Any] = {
        "inspection_id": f"inspection of {footage}",
        "inspected_at": DAY_0,
        "sighting_id": name,
        "footage_id": footage,
        "observed_at": DAY_0,
        "class_name": "pothole",
        "confidence": 0.8,
        "place": place,
        "area_m2": Measure(0.5, 0.05),
        "length_m": Measure(0.8, 0.08),
        "width_m": Measure(0.7, 0.07),
    }
    return Observation(**(values | overrides))


def make_footage(name: str = "drive", **overrides: Any) -> FootageInfo:
    """Ten seconds of video at 10 frames a second."""
    pts_ns = np.arange(100, dtype=np.int64) * (SECOND_NS // 10)
    values: dict[str, Any] = {
        "footage_id": content_id(name),
        "path": f"footage/{name}.mp4",
        "kind": "video",
        "width_px": 1280,
        "height_px": 720,
        "frame_pts_ns": pts_ns,
        "keyframe_pts_ns": pts_ns[::25],
        "codec": "h264",
        "clock": "container",
        "recorded_at": DAY_0,
    }
    return FootageInfo(**(values | overrides))


def make_segment(footage: FootageInfo, index: int = 0, seconds: int = 5) -> Segment:
    """Give the segment of that index, each so many seconds long."""
    start, end = index * seconds * SECOND_NS, (index + 1) * seconds * SECOND_NS
    return Segment(footage.footage_id, index, start, end, np.arange(start, end, SECOND_NS, dtype=np.int64))


def make_detections(footage: FootageInfo, pts_ns: int, count: int = 1) -> Detections:
    """Give detections with outlines of different lengths, one of them empty."""
    random = np.random.default_rng([pts_ns % 2**32, count])
    return Detections(
        footage_id=footage.footage_id,
        pts_ns=pts_ns,
        xyxy=random.uniform(0, 700, (count, 4)).astype(np.float32),
        confidence=random.uniform(0.2, 1, count).astype(np.float32),
        class_id=random.integers(0, len(CLASSES), count).astype(np.int64),
        class_names=CLASSES,
        outlines=tuple(random.uniform(0, 700, (3 * index, 2)).astype(np.float32) for index in range(count)),
    )


def make_examined(footage: FootageInfo, segment: Segment, detections: int = 1) -> list[ExaminedFrame]:
    """Give the segment's sampled frames, all accepted."""
    quality = FrameQuality(None, 120.5, 96.25)
    return [
        ExaminedFrame(int(pts_ns), quality, make_detections(footage, int(pts_ns), detections))
        for pts_ns in segment.sample_pts_ns
    ]


def make_sighting(footage: FootageInfo, number: int, place: Place | None, **overrides: Any) -> Sighting:
    """A pothole seen in two frames of a footage; its number says when."""
    first = number * SECOND_NS // 10
    views = (
        SightingFrame(first, (10.0, 20.0, 60.0, 50.0), 0.7, ((10.0, 20.0), (60.0, 20.0), (30.0, 50.0)), 9.5, 110.0),
        SightingFrame(first + SECOND_NS // 2, (12.5, 20.0, 90.0, 80.0), 0.9, (), 6.25, 120.0),
    )
    values: dict[str, Any] = {
        "sighting_id": content_id(f"{footage.footage_id} {number}")[:20],
        "footage_id": footage.footage_id,
        "class_name": "pothole",
        "confidence": 0.8,
        "frames": views,
        "frames_expected": 3,
        "evidence_pts_ns": (views[1].pts_ns, views[0].pts_ns),
        "place": place,
        "area_m2": Measure(0.5, 0.05),
        "length_m": Measure(0.8, 0.08),
        "width_m": Measure(0.7, 0.07),
    }
    return Sighting(**(values | overrides))


def make_bin(footage: FootageInfo | None, index: int, state: str = "valid", **overrides: Any) -> CoverageBin:
    """Ten metres of a road that runs north from the origin, seen over a second of footage."""
    line = tuple(
        (place.longitude_deg, place.latitude_deg)
        for place in (place_at(0, 10.0 * index), place_at(0, 10.0 * index + 10))
    )
    values: dict[str, Any] = {
        "start_m": 10.0 * index,
        "end_m": 10.0 * index + 10.0,
        "route": None,
        "state": state,
        "reasons": {"blurred": 2} if state == "invalid" else {},
        "line": line,
        "footage_id": footage.footage_id if footage is not None else None,
        "first_pts_ns": 0 if footage is not None else None,
        "last_pts_ns": 3 * SECOND_NS if footage is not None else None,
    }
    return CoverageBin(**(values | overrides))
