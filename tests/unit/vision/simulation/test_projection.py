import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.simulation.projection import CameraModel, View, map_ground, project_to_image
from vision.simulation.route import Route, make_route


def straight_route() -> Route:
    along = np.arange(0.0, 401.0, 0.5)
    return Route("S", 0.0, 10.0, 51.0, along, along.copy(), np.zeros_like(along), np.zeros_like(along))


def camera(pitch_deg: float = 6.0, roll_deg: float = 0.0, height_m: float = 1.4) -> CameraModel:
    return CameraModel(height_m, pitch_deg, roll_deg, 66.0, 1280, 720)


def test_a_point_on_the_axis_is_seen_in_the_middle_of_the_image() -> None:
    model = camera(pitch_deg=8.0)
    ahead_m = model.height_m / np.tan(np.radians(8.0))
    u, v = project_to_image(straight_route(), View(model, 100.0, 0.0, 0.0), np.array([100.0 + ahead_m]), np.zeros(1))
    assert (float(u[0]), float(v[0])) == pytest.approx((640.0, 360.0), abs=1e-6)


def test_left_of_the_road_is_left_in_the_image() -> None:
    view = View(camera(), 100.0, 0.0, 0.0)
    u, _ = project_to_image(straight_route(), view, np.array([110.0, 110.0]), np.array([1.0, -1.0]))
    assert u[0] < 640.0 < u[1]


def test_what_lies_behind_is_not_in_the_image() -> None:
    u, v = project_to_image(straight_route(), View(camera(), 100.0, 0.0, 0.0), np.array([95.0]), np.zeros(1))
    assert np.isnan(u).all()
    assert np.isnan(v).all()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 500),
    pitch_deg=st.floats(2.0, 14.0),
    roll_deg=st.floats(-2.0, 2.0),
    yaw_rad=st.floats(-0.06, 0.06),
    lateral_m=st.floats(-3.0, 3.0),
)
def test_the_rendered_ground_lies_where_the_projection_puts_it(
    seed: int, pitch_deg: float, roll_deg: float, yaw_rad: float, lateral_m: float
) -> None:
    """The rendering maps pixels to the road, the truth maps the road to pixels: two codes, one geometry."""
    route = make_route(seed, 400.0)
    view = View(camera(pitch_deg, roll_deg), 120.0, lateral_m, yaw_rad)
    ground = map_ground(route, view)
    rows = np.array([500, 560, 640, 719])
    columns = np.array([3, 400, 640, 1100, 1279])
    along = ground.enlarge(ground.along_m)[np.ix_(rows - ground.first_row, columns)].astype(float)
    lateral = ground.enlarge(ground.lateral_m)[np.ix_(rows - ground.first_row, columns)].astype(float)
    u, v = project_to_image(route, view, along.ravel(), lateral.ravel())
    np.testing.assert_allclose(u.reshape(4, 5) - 0.5, np.broadcast_to(columns, (4, 5)), atol=1.0)
    np.testing.assert_allclose(v.reshape(4, 5) - 0.5, np.broadcast_to(rows[:, None], (4, 5)), atol=0.6)
