"""The camera's pitch from lines that meet: found where there are such lines, not made up where there are none."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from vision.camera import Camera, default_camera
from vision.camera_estimate import estimate_camera
from vision.ground_plane import image_points
from vision.types import Image

SIZE = (640, 360)
GRAIN = np.random.default_rng(9).normal(0.0, 4.0, (SIZE[1], SIZE[0], 1))


def make_camera(pitch_deg: float) -> Camera:
    return replace(default_camera(*SIZE), pitch_deg=pitch_deg)


def draw_road(camera: Camera, seed: int, heading_deg: float = 0.0) -> Image:
    """Draw lane lines, a broken centre line, trees and shadows, as seen from a car that wanders in its lane."""
    generator = np.random.default_rng(seed)
    height, width = camera.height_px, camera.width_px
    image = np.full((height, width, 3), 95, np.uint8)
    image[: max(0, int(camera.horizon_row_px))] = 190
    wander = generator.normal(0.0, 0.25)
    start = generator.uniform(0.0, 9.0)
    for left, dashed in ((-5.0, False), (-1.75, True), (1.75, False), (5.2, False)):
        for near in np.arange(0.0, 60.0, 9.0) + start if dashed else [2.0]:
            far = near + (4.0 if dashed else 60.0)
            draw_stripe(image, camera, np.array([near + 0.5, far]), left - wander, heading_deg)
    for _ in range(10):  # what lies about agrees on nothing
        ends = generator.uniform([0, 0, -60, -40], [width, height, 60, 40])
        shade = int(generator.integers(50, 140))
        cv2.line(image, ends[:2].astype(int).tolist(), (ends[:2] + ends[2:]).astype(int).tolist(), (shade,) * 3, 2)
    grain = np.roll(GRAIN, generator.integers(0, 300, 2), axis=(0, 1))
    return np.clip(image + grain, 0, 255).astype(np.uint8)


def draw_stripe(image: Image, camera: Camera, ahead: np.ndarray, left: float, heading_deg: float) -> None:
    turn = np.radians(heading_deg)
    for offset in np.linspace(-0.06, 0.06, 3):
        road = np.stack([ahead, np.full(2, left + offset)], axis=1)
        turned = road @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        ends = image_points(camera, turned)
        if np.isfinite(ends).all():
            points = [tuple(int(v) for v in np.clip(end * 16, -(2**28), 2**28)) for end in ends]
            cv2.line(image, points[0], points[1], (235, 240, 240), 2, cv2.LINE_AA, 4)


def drive(pitch_deg: float, frames: int = 10, heading_deg: float = 0.0) -> list[Image]:
    return [draw_road(make_camera(pitch_deg), seed, heading_deg) for seed in range(frames)]


@pytest.mark.parametrize("pitch_deg", [-4.0, 2.0, 7.5, 15.0, 30.0])
def test_pitch_is_found_with_the_horizon_in_the_picture_or_above_it(pitch_deg: float) -> None:
    camera = estimate_camera(drive(pitch_deg), *SIZE)
    assert camera.source == "estimated"
    assert camera.pitch_deg == pytest.approx(pitch_deg, abs=1.0)
    assert camera.pitch_error_deg >= max(1.0, abs(camera.pitch_deg - pitch_deg))


def test_what_lines_cannot_tell_stays_the_default() -> None:
    default = default_camera(*SIZE)
    camera = estimate_camera(drive(8.0), *SIZE)
    assert (camera.height_m, camera.height_error_m) == (default.height_m, default.height_error_m)
    assert (camera.focal_px, camera.focal_error_fraction) == (default.focal_px, default.focal_error_fraction)
    assert (camera.width_px, camera.height_px) == SIZE


def test_a_steep_camera_is_less_certain_since_its_field_of_view_is_assumed() -> None:
    flat, steep = (estimate_camera(drive(pitch), *SIZE) for pitch in (3.0, 30.0))
    assert steep.pitch_error_deg > 1.8 * flat.pitch_error_deg


def test_a_camera_that_looks_to_one_side_has_the_same_horizon() -> None:
    camera = estimate_camera(drive(6.0, heading_deg=9.0), *SIZE)
    assert camera.source == "estimated"
    assert camera.pitch_deg == pytest.approx(6.0, abs=1.2)


def test_a_shaking_camera_says_so() -> None:
    shakes = np.random.default_rng(5).normal(0.0, 3.0, 14)
    frames = [draw_road(make_camera(8.0 + shake), seed) for seed, shake in enumerate(shakes)]
    camera = estimate_camera(frames, *SIZE)
    assert camera.source == "estimated"
    assert camera.pitch_deg == pytest.approx(8.0, abs=2.0)
    assert 1.8 < camera.pitch_error_deg < 5.0


def test_lines_of_an_overlay_or_a_bonnet_are_not_the_road() -> None:
    frames = drive(7.0)
    for frame in frames:  # burned in: strong lines that meet far below the horizon
        for x in (40, 170, 470, 600):
            cv2.line(frame, (x, 355), (320 + (x - 320) // 6, 247), (0, 220, 255), 4)
    camera = estimate_camera(frames, *SIZE)
    assert camera.source == "estimated"
    assert camera.pitch_deg == pytest.approx(7.0, abs=1.0)


def test_the_camera_is_that_of_the_footage_and_not_of_its_thumbnails() -> None:
    camera = estimate_camera(drive(7.0), 1920, 1080)
    assert camera.pitch_deg == pytest.approx(7.0, abs=1.0)
    assert (camera.width_px, camera.height_px) == (1920, 1080)
    assert camera.horizontal_fov_deg == pytest.approx(70.0)


def test_the_same_footage_gives_the_same_camera() -> None:
    frames = drive(5.0, frames=8)
    assert estimate_camera(frames, *SIZE) == estimate_camera(frames, *SIZE)


def scribbles(seed: int) -> Image:
    generator = np.random.default_rng(seed)
    image = np.full((SIZE[1], SIZE[0], 3), 110, np.uint8)
    for _ in range(30):
        middle, angle = generator.uniform([0, 0], SIZE), generator.uniform(0.0, np.pi)
        arm = 45 * np.array([np.cos(angle), np.sin(angle)])
        cv2.line(image, (middle - arm).astype(int).tolist(), (middle + arm).astype(int).tolist(), (30, 30, 30), 2)
    return image


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [np.full((360, 640, 3), 90, np.uint8)] * 8,
        [np.random.default_rng(seed).integers(0, 255, (360, 640, 3), dtype=np.uint8) for seed in range(8)],
        [scribbles(seed) for seed in range(10)],
        drive(9.0, frames=3),
        [np.rot90(frame).copy() for frame in drive(9.0, frames=8)],
    ],
    ids=["no frames", "grey", "noise", "scribbles", "too few", "another shape"],
)
def test_without_agreement_the_camera_is_the_stated_default(frames: list[Image]) -> None:
    assert estimate_camera(frames, *SIZE) == default_camera(*SIZE)
