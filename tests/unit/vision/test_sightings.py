"""From detections in frames to one sighting with a place and a size, on a straight drive along +y."""

from __future__ import annotations

import numpy as np
import pytest

from vision.calibration import Calibration
from vision.camera import Camera
from vision.ground_plane import image_points
from vision.sightings import SightingRules, ground_sightings
from vision.types import Detections, ExaminedFrame, Float, FrameQuality, Place, Pose, Sighting

CAMERA = Camera(
    width_px=1280,
    height_px=720,
    focal_px=1000.0,
    height_m=1.4,
    pitch_deg=6.0,
    roll_deg=0.0,
    height_error_m=0.02,
    pitch_error_deg=0.3,
    focal_error_fraction=0.01,
    source="file",
)
NAMES = ("pothole", "longitudinal_crack", "manhole")


def ellipse(length_m: float, width_m: float, x_m: float, y_m: float) -> Float:
    """An outline around a point of the road, long side along +y."""
    angle = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    return np.stack([x_m + width_m / 2 * np.cos(angle), y_m + length_m / 2 * np.sin(angle)], axis=1)


def make_frame(y_m: float, things: list[tuple[int, Float]]) -> tuple[Pose, ExaminedFrame]:
    """What a camera at (0, y) that looks along +y detects of outlines (x, y) on the road in its picture."""
    pts_ns = int(y_m * 1e8)
    pose = Pose(0.0, y_m, 0.0, 10.0, y_m, 0.5, 0.2, True)
    outlines, classes = [], []
    for class_id, outline in things:
        ground = np.stack([outline[:, 1] - y_m, -outline[:, 0]], axis=1)
        pixels = image_points(CAMERA, ground)
        inside = (pixels >= 12) & (pixels <= [CAMERA.width_px - 12, CAMERA.height_px - 12])
        if ground[:, 0].min() > 1.0 and inside.all():
            outlines.append(pixels.astype(np.float32))
            classes.append(class_id)
    xyxy = np.array([[*o.min(axis=0), *o.max(axis=0)] for o in outlines], np.float32).reshape(-1, 4)
    confidence = np.full(len(outlines), 0.8, np.float32)
    found = Detections("f", pts_ns, xyxy, confidence, np.array(classes, np.int64), NAMES, tuple(outlines))
    return pose, ExaminedFrame(pts_ns, FrameQuality(None, 100.0, 110.0), found)


def sightings_of(things: list[tuple[int, Float]], stations_m: list[float]) -> list[Sighting]:
    def place(point_m: Float, error_m: float, pose: Pose) -> Place:
        return Place(float(point_m[1]), float(point_m[0]), error_m)  # metres north and east; only they matter here

    frames = [make_frame(y_m, things) for y_m in stations_m]
    found, _ = ground_sightings(CAMERA, frames, place, Calibration(), SightingRules(min_confidence=0.0))
    return found


EVERY_3_M = [float(y) for y in range(0, 40, 3)]


def test_one_hole_in_many_frames_is_one_sighting_in_its_place_with_its_size() -> None:
    (sighting,) = sightings_of([(0, ellipse(0.9, 0.6, 1.2, 30.0))], EVERY_3_M)

    assert sighting.class_name == "pothole"
    assert len(sighting.frames) >= 5
    assert sighting.place is not None
    assert sighting.place.latitude_deg == pytest.approx(30.0, abs=0.05)
    assert sighting.place.longitude_deg == pytest.approx(1.2, abs=0.05)
    assert sighting.area_m2 is not None
    assert sighting.area_m2.value == pytest.approx(np.pi * 0.45 * 0.3, rel=0.05)
    assert sighting.evidence_pts_ns[0] == max(frame.pts_ns for frame in sighting.frames), "the nearest view comes first"


def test_holes_a_metre_apart_stay_two() -> None:
    found = sightings_of([(0, ellipse(0.5, 0.5, 0.0, 30.0)), (0, ellipse(0.5, 0.5, 1.2, 30.3))], EVERY_3_M)
    assert len(found) == 2


def test_a_long_crack_is_measured_over_all_its_frames() -> None:
    (sighting,) = sightings_of([(1, ellipse(7.0, 0.3, -0.5, 30.0))], EVERY_3_M)
    assert sighting.length_m is not None
    assert sighting.length_m.value == pytest.approx(7.0, rel=0.1)


def test_a_size_whose_error_is_as_large_as_itself_is_not_told() -> None:
    (sighting,) = sightings_of([(0, ellipse(0.3, 0.3, 0.0, 30.0))], [10.0])

    assert sighting.place is not None
    assert sighting.area_m2 is None


def test_what_most_views_take_for_a_manhole_cover_is_no_sighting() -> None:
    outline = ellipse(0.66, 0.66, 1.0, 30.0)
    frames = [make_frame(y_m, [(2 if y_m < 22.0 else 0, outline)]) for y_m in EVERY_3_M]
    cover_most, hole_most = frames, [make_frame(y_m, [(0 if y_m < 24.0 else 2, outline)]) for y_m in EVERY_3_M]

    def found(those: list[tuple[Pose, ExaminedFrame]]) -> list[Sighting]:
        place = lambda point, error, _: Place(float(point[1]), float(point[0]), error)  # noqa: E731
        return ground_sightings(CAMERA, those, place, Calibration(), SightingRules(min_confidence=0.0))[0]

    assert found(cover_most) == []
    (hole,) = found(hole_most)
    assert hole.class_name == "pothole"
    assert hole.frames_expected > len(hole.frames), "frames that call it a cover speak against it"
