from __future__ import annotations

import cv2
import numpy as np
import pytest

from vision.quality import QualityLimits, assess
from vision.types import Image


def _road(width_px: int = 1280, height_px: int = 720, seed: int = 0, roughness: float = 12.0) -> Image:
    """A road under a sky: grained asphalt with cracks and a marking, a leafy verge."""
    rng = np.random.default_rng(seed)
    picture = np.full((height_px, width_px, 3), (200, 180, 160), np.float32)
    horizon = int(0.4 * height_px)
    grain = (
        rng.normal(0, roughness, (height_px - horizon, width_px))
        + rng.normal(0, roughness, ((height_px - horizon + 3) // 4, (width_px + 3) // 4))
        .repeat(4, axis=0)
        .repeat(4, axis=1)[: height_px - horizon, :width_px]
    )
    picture[horizon:] = (105 + grain)[..., None]
    leaves = rng.normal(90, 35, (height_px // 6, width_px)).astype(np.float32)
    picture[horizon - height_px // 12 : horizon - height_px // 12 + height_px // 6] = leaves[..., None]
    for number in range(6):
        start = np.array([150 + 180 * number, int(0.6 * height_px)])
        points = start + np.cumsum(rng.integers(-30, 40, (12, 2)), axis=0)
        cv2.polylines(picture, [points.astype(np.int32)], False, (45, 45, 45), 2)
    cv2.line(picture, (width_px // 2, horizon), (width_px // 3, height_px), (230, 230, 230), width_px // 90)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _moved(picture: Image, length_px: int, angle_deg: float) -> Image:
    kernel = np.zeros((length_px, length_px), np.float32)
    kernel[length_px // 2] = 1.0 / length_px
    turn = cv2.getRotationMatrix2D((length_px / 2 - 0.5, length_px / 2 - 0.5), angle_deg, 1.0)
    kernel = np.asarray(cv2.warpAffine(kernel, turn, (length_px, length_px)), np.float32)
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.uint8)


def _covered(picture: Image, share: float, grey: int) -> Image:
    rng = np.random.default_rng(1)
    spoiled = picture.astype(np.float32)
    width = int(share * picture.shape[1])
    spoiled[:, :width] = grey + np.linspace(-8, 8, width)[None, :, None] + rng.normal(0, 1.5, (len(picture), width, 3))
    return np.clip(spoiled, 0, 255).astype(np.uint8)


def _phone_screen(width_px: int = 1280, height_px: int = 720) -> Image:
    """Round buttons with signs on a soft background."""
    rows, columns = np.mgrid[:height_px, :width_px].astype(np.float32)
    picture = np.dstack([90 + columns / 20, 100 + rows / 12, 130 - columns / 30]).astype(np.uint8)
    for x in range(120, width_px, 220):
        for y in range(110, height_px, 200):
            cv2.circle(picture, (x, y), 75, (60, 60, 60), -1)
            cv2.rectangle(picture, (x - 20, y - 20), (x + 20, y + 20), (250, 250, 250), 4)
    return picture


@pytest.mark.parametrize("size", [(640, 360), (960, 600), (1280, 720), (1920, 1080), (720, 1280)])
@pytest.mark.parametrize("roughness", [4.0, 12.0])
def test_a_road_in_daylight_is_kept_whatever_the_camera(size: tuple[int, int], roughness: float) -> None:
    assert assess(_road(*size, roughness=roughness)).reason is None


def test_a_dim_road_is_kept_and_a_dark_one_is_not() -> None:
    rng = np.random.default_rng(0)
    road = _road().astype(np.float32)
    for gain, reason in ((0.5, None), (0.1, "too_dark"), (0.0, "too_dark")):
        dark = np.clip(road * gain + rng.normal(0, 2, road.shape), 0, 255).astype(np.uint8)
        assert assess(dark).reason == reason


def test_a_burnt_out_road_is_refused() -> None:
    assert assess(np.clip(_road().astype(np.float32) * 3, 0, 255).astype(np.uint8)).reason == "overexposed"


def test_a_white_sky_alone_is_no_reason() -> None:
    picture = _road()
    picture[:280] = 255
    assert assess(picture).reason is None


@pytest.mark.parametrize("angle_deg", [0, 30, 45, 90, 100, 150])
def test_motion_in_any_direction_is_blur(angle_deg: float) -> None:
    assert assess(_moved(_road(), 31, angle_deg)).reason == "blurred"


def test_a_lens_out_of_focus_is_blur() -> None:
    assert assess(np.asarray(cv2.GaussianBlur(_road(), (0, 0), 6), np.uint8)).reason == "blurred"


@pytest.mark.parametrize("grey", [30, 100, 170])
def test_a_hand_over_most_of_the_lens_is_refused_over_a_part_not(grey: int) -> None:
    assert assess(_covered(_road(), 0.75, grey)).reason == "blocked_lens"
    assert assess(_covered(_road(), 0.35, grey)).reason is None


def test_a_lens_covered_whole_in_the_light_is_blocked() -> None:
    assert assess(np.full((720, 1280, 3), 120, np.uint8)).reason == "blocked_lens"


def test_a_phone_screen_is_no_road() -> None:
    assert assess(_phone_screen()).reason == "not_a_road"


def test_only_the_ground_rows_are_judged() -> None:
    picture = _road()
    picture[600:] = 10  # a black bonnet
    assert assess(picture, ground_rows=(300, 600)).reason is None
    assert assess(picture, ground_rows=(600, 720)).reason == "too_dark"
    assert assess(picture, ground_rows=(300, 600)).brightness > assess(picture).brightness


def test_sharpness_and_brightness_order_pictures() -> None:
    road = _road()
    assert assess(road).sharpness > 4 * assess(_moved(road, 9, 0)).sharpness
    assert 90 < assess(road).brightness < 120


def test_limits_can_be_switched_off() -> None:
    nothing = QualityLimits.off()
    for picture in (np.zeros((720, 1280, 3), np.uint8), np.full((720, 1280, 3), 255, np.uint8), _phone_screen()):
        assert assess(picture, limits=nothing).reason is None


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 2000, 3), (9, 9, 3), (2000, 4, 3)])
def test_tiny_and_odd_pictures_do_not_break_it(shape: tuple[int, int, int]) -> None:
    assess(np.full(shape, 100, np.uint8))
    assess(np.full(shape, 100, np.uint8), ground_rows=(shape[0] - 1, shape[0]))
