"""camera.toml: what is read from it, and what is refused with a line that says what to do."""

from __future__ import annotations

import math
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.camera import Camera, default_camera, read_camera
from vision.errors import ConfigError

GOOD = "[camera]\nheight_m = 1.35\npitch_deg = 6.5\nhorizontal_fov_deg = 72.0\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "camera.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_file_gives_the_camera_for_the_footage(tmp_path: Path) -> None:
    camera = read_camera(write(tmp_path, GOOD + "[camera.errors]\nheight_m = 0.02\npitch_deg = 0.3\n"), 1280, 720)
    assert camera.source == "file"
    assert (camera.height_m, camera.pitch_deg, camera.roll_deg) == (1.35, 6.5, 0.0)
    assert camera.horizontal_fov_deg == pytest.approx(72.0)
    assert (camera.height_error_m, camera.pitch_error_deg) == (0.02, 0.3)


def test_focal_length_in_pixels_is_of_the_pictures_that_the_file_names(tmp_path: Path) -> None:
    text = "[camera]\nheight_m = 1.4\npitch_deg = 5\nfocal_px = 1400\nwidth_px = 1920\nheight_px = 1080\n"
    camera = read_camera(write(tmp_path, text), 960, 540)
    assert (camera.width_px, camera.height_px, camera.focal_px) == (960, 540, 700.0)


def test_a_camera_of_another_shape_of_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="1280x720 pictures, the footage has 640x480"):
        read_camera(write(tmp_path, GOOD + "width_px = 1280\nheight_px = 720\n"), 640, 480)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("height_m = 1.4\n", r"no \[camera\] table"),
        ("[camera\n", "not a TOML file"),
        (GOOD + "hieght_m = 1.4\n", "keys that no camera has: hieght_m"),
        (GOOD + "[camera.errors]\nyaw_deg = 1\n", "yaw_deg"),
        (GOOD + "[lens]\nk1 = 0.1\n", "lens"),
        ("[camera]\nheight_m = 1.4\nhorizontal_fov_deg = 70\n", "pitch_deg is missing"),
        ("[camera]\nheight_m = 1.4\npitch_deg = 5\n", "horizontal_fov_deg is missing"),
        (GOOD.replace("1.35", "'high'"), "height_m must be a number, not 'high'"),
        (GOOD.replace("1.35", "true"), "height_m must be a number"),
        (GOOD.replace("1.35", "nan"), "height_m must be a number"),
        (GOOD.replace("1.35", "135"), "a camera on a vehicle is 0.2 to 10 m"),
        (GOOD.replace("6.5", "-40"), "down is positive"),
        (GOOD.replace("6.5", "-15").replace("72.0", "20"), "sky only"),
        (GOOD.replace("72.0", "0"), "has 20 to 150"),
        (GOOD.replace("72.0", "360"), "has 20 to 150"),
        (GOOD + "roll_deg = 90\n", "not a mounted camera"),
        (GOOD + "focal_px = 800\n", "leave one of them out"),
        ("[camera]\nheight_m = 1.4\npitch_deg = 5\nfocal_px = 4\n", "field of view"),
        ("[camera]\nheight_m = 1.4\npitch_deg = 5\nfocal_px = 0\n", "above 0"),
        (GOOD + "width_px = 0\nheight_px = 0\n", "above 0"),
        (GOOD + "[camera.errors]\nheight_m = -0.1\n", "can't be negative"),
        (GOOD + "errors = 3\n", "must be a table"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=message) as refused:
        read_camera(path, 1280, 720)
    assert str(path) in str(refused.value)
    assert pickle.loads(pickle.dumps(refused.value)).args == refused.value.args


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no camera file at .*camera\.toml"):
        read_camera(tmp_path / "camera.toml", 1280, 720)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "camera.toml"
    path.write_bytes(b"\xff\xd8\xff\xe0 a picture")
    with pytest.raises(ConfigError, match="not a TOML file"):
        read_camera(path, 1280, 720)


def test_the_default_says_that_it_is_one_and_is_unsure() -> None:
    camera = default_camera(1920, 1080)
    assert camera.source == "default"
    assert camera.horizontal_fov_deg == pytest.approx(70.0)
    assert camera.pitch_error_deg >= 2.0
    assert camera.height_error_m >= 0.2


@settings(max_examples=50, deadline=None)
@given(st.integers(min_value=1, max_value=8), st.floats(min_value=-10.0, max_value=60.0))
def test_scaling_keeps_the_view(factor: int, pitch_deg: float) -> None:
    small = Camera(320, 180, 250.0, 1.4, pitch_deg, 0.0, 0.1, 1.0, 0.05, "file")
    large = small.scaled_to(320 * factor, 180 * factor)
    assert large.horizontal_fov_deg == pytest.approx(small.horizontal_fov_deg)
    assert large.horizon_row_px == pytest.approx(small.horizon_row_px * factor, abs=1e-6)


def test_the_horizon_of_a_level_camera_is_in_the_middle_and_rises_as_it_looks_down() -> None:
    level = Camera(640, 360, 457.0, 1.4, 0.0, 0.0, 0.1, 1.0, 0.05, "file")
    down = Camera(640, 360, 457.0, 1.4, 30.0, 0.0, 0.1, 1.0, 0.05, "file")
    assert level.horizon_row_px == 180.0
    assert down.horizon_row_px == pytest.approx(180.0 - 457.0 * math.tan(math.radians(30.0)))
    assert down.horizon_row_px < 0
