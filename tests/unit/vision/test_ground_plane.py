"""Pixels on the road: where they lie, how large a thing is there, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.camera import Camera
from vision.ground_plane import footprint, ground_points, image_points, polygon_area, polygon_centroid
from vision.types import Float

CAMERA = Camera(1280, 720, 900.0, 1.4, 6.0, 0.0, 0.05, 0.5, 0.02, "file")

cameras = st.builds(
    replace,
    st.just(CAMERA),
    height_m=st.floats(min_value=0.5, max_value=3.0),
    pitch_deg=st.floats(min_value=-5.0, max_value=60.0),
    roll_deg=st.floats(min_value=-20.0, max_value=20.0),
    focal_px=st.floats(min_value=400.0, max_value=2000.0),
)


def ellipse(forward_m: float, left_m: float, length_m: float, width_m: float) -> Float:
    angle = np.linspace(0.0, 2.0 * math.pi, 60, endpoint=False)
    ring = np.stack([0.5 * length_m * np.cos(angle), 0.5 * width_m * np.sin(angle)], axis=1)
    return np.asarray(ring + np.array([forward_m, left_m]))


@settings(max_examples=50, deadline=None)
@given(cameras, st.floats(min_value=1.0, max_value=60.0), st.floats(min_value=-10.0, max_value=10.0))
def test_a_place_on_the_road_survives_the_trip_through_the_picture(
    camera: Camera, forward_m: float, left_m: float
) -> None:
    place = np.array([[forward_m, left_m]])
    pixel = image_points(camera, place)
    if np.isfinite(pixel).all():
        np.testing.assert_allclose(ground_points(camera, pixel), place, rtol=1e-6, atol=1e-6)


def test_known_places_by_plain_trigonometry() -> None:
    # straight ahead, a ray 10 degrees below the horizontal meets the road at height / tan(10 degrees)
    row = 360.0 + 900.0 * math.tan(math.radians(10.0 - 6.0))
    forward, left = ground_points(CAMERA, np.array([[640.0, row]]))[0]
    assert forward == pytest.approx(1.4 / math.tan(math.radians(10.0)))
    assert left == pytest.approx(0.0, abs=1e-9)


def test_left_is_left_and_lower_is_nearer() -> None:
    places = ground_points(CAMERA, np.array([[300.0, 500.0], [900.0, 500.0], [640.0, 700.0]]))
    assert places[0, 1] > 0 > places[1, 1]
    assert places[2, 0] < places[0, 0]


def test_a_camera_that_leans_to_the_right_sees_the_horizon_rise_to_the_right() -> None:
    leaning = replace(CAMERA, roll_deg=5.0)
    far = image_points(leaning, np.array([[500.0, 200.0], [500.0, -200.0]]))
    assert far[1, 0] > far[0, 0]
    assert far[1, 1] < far[0, 1]


def test_sky_is_no_road() -> None:
    horizon = CAMERA.horizon_row_px
    assert np.isnan(ground_points(CAMERA, np.array([[640.0, horizon - 1.0], [640.0, horizon]]))).all()
    assert np.isnan(image_points(CAMERA, np.array([[-3.0, 0.0]]))).all()
    assert footprint(CAMERA, np.array([[600.0, horizon - 20], [680.0, horizon - 20], [640.0, horizon + 90]])) is None


def test_two_corners_are_no_area() -> None:
    assert footprint(CAMERA, np.array([[600.0, 500.0], [640.0, 520.0]])) is None


@settings(max_examples=50, deadline=None)
@given(
    st.floats(min_value=4.0, max_value=20.0),
    st.floats(min_value=-1.5, max_value=1.5),
    st.floats(min_value=0.2, max_value=1.5),
    st.floats(min_value=0.2, max_value=1.5),
)
def test_a_pothole_is_measured_as_it_is(forward_m: float, left_m: float, length_m: float, width_m: float) -> None:
    outline = ellipse(forward_m, left_m, length_m, width_m)
    laid = footprint(CAMERA, image_points(CAMERA, outline))
    assert laid is not None
    np.testing.assert_allclose(laid.centre_m, [forward_m, left_m], atol=1e-3)
    assert laid.range_m == pytest.approx(math.hypot(forward_m, left_m), rel=1e-3)
    assert laid.area_m2.value == pytest.approx(math.pi / 4.0 * length_m * width_m, rel=0.01)
    assert laid.length_m.value == pytest.approx(max(length_m, width_m), rel=0.02)
    assert laid.width_m.value == pytest.approx(min(length_m, width_m), rel=0.02)


def test_errors_grow_with_distance() -> None:
    laid = [footprint(CAMERA, image_points(CAMERA, ellipse(ahead, 0.5, 0.6, 0.6))) for ahead in (5.0, 10.0, 20.0)]
    known = [one for one in laid if one is not None]
    assert len(known) == 3
    spreads = [math.sqrt(np.trace(one.covariance_m2)) for one in known]
    area_errors = [one.area_m2.error for one in known]
    assert spreads == sorted(spreads)
    assert spreads[2] > 4 * spreads[0]
    assert area_errors == sorted(area_errors)


def test_the_stated_error_covers_a_camera_that_is_wrong_by_its_own_error() -> None:
    generator = np.random.default_rng(3)
    truth = np.array([9.0, 1.0])
    outline = ellipse(9.0, 1.0, 0.8, 0.5)
    misses = []
    for _ in range(120):
        real = replace(
            CAMERA,
            pitch_deg=CAMERA.pitch_deg + generator.normal(0.0, CAMERA.pitch_error_deg),
            height_m=CAMERA.height_m + generator.normal(0.0, CAMERA.height_error_m),
            focal_px=CAMERA.focal_px * (1.0 + generator.normal(0.0, CAMERA.focal_error_fraction)),
        )
        laid = footprint(CAMERA, image_points(real, outline))
        assert laid is not None
        misses.append((laid.centre_m - truth) / np.sqrt(np.diag(laid.covariance_m2)))
    spread = np.std(misses, axis=0)
    assert 0.5 < spread[0] < 1.3  # along the road, where the pitch tells
    assert spread[1] < 1.3


@pytest.mark.parametrize(
    ("shift", "cut"),
    [((0.0, 0.0), False), ((-600.0, 0.0), True), ((600.0, 0.0), True), ((0.0, 190.0), True), ((0.0, -498.0), True)],
)
def test_an_outline_at_any_edge_is_cut(shift: tuple[float, float], cut: bool) -> None:
    steep = replace(CAMERA, pitch_deg=40.0)  # such a camera sees road up to the top of its picture
    square = np.array([[600.0, 500.0], [680.0, 500.0], [680.0, 530.0], [600.0, 530.0]])
    outline = np.clip(square + np.array(shift), 0.0, [1280.0, 720.0])
    laid = footprint(steep, outline)
    assert laid is not None
    assert laid.cut is cut


@settings(max_examples=50, deadline=None)
@given(st.floats(min_value=0.1, max_value=50.0), st.floats(min_value=0.1, max_value=50.0), st.floats(-1e3, 1e3))
def test_area_and_centroid_of_a_rectangle_anywhere(width: float, height: float, offset: float) -> None:
    corners = np.array([[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]]) + offset
    assert polygon_area(corners) == pytest.approx(width * height, rel=1e-4, abs=1e-6)
    np.testing.assert_allclose(
        polygon_centroid(corners), [offset + width / 2, offset + height / 2], rtol=1e-6, atol=1e-6
    )


def test_the_centroid_of_a_line_is_its_middle() -> None:
    line = np.array([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]])
    np.testing.assert_allclose(polygon_centroid(line), [2.0, 2.0])
