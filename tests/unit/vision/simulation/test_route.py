import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from vision.simulation.route import make_route

SEEDS = st.integers(0, 10_000)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_a_route_curves_gently_and_is_as_long_as_asked(seed: int) -> None:
    route = make_route(seed, 400.0)
    steps = np.hypot(np.diff(route.east_m), np.diff(route.north_m))
    assert abs(steps.sum() - 400.0) < 0.05
    curvature = np.abs(np.diff(route.heading_rad)) / np.diff(route.along_m)
    assert curvature.max() < 1.0 / 400.0


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.floats(0.0, 400.0), st.floats(-8.0, 8.0))
def test_distances_on_the_plane_are_distances_on_the_earth(seed: int, along_m: float, lateral_m: float) -> None:
    route = make_route(seed, 400.0)
    origin = route.lonlat(0.0, 0.0)
    east, north = route.plane_point(along_m, lateral_m)
    longitude, latitude = route.lonlat(east, north)
    _, _, distance_m = Geod(ellps="WGS84").inv(float(origin[0]), float(origin[1]), float(longitude), float(latitude))
    assert abs(distance_m - float(np.hypot(east, north))) < 0.005


def test_left_is_left_of_the_direction_of_travel() -> None:
    route = make_route(3, 100.0)
    east, north = route.plane_point(np.array([50.0, 51.0, 50.0]), np.array([0.0, 0.0, 1.0]))
    forward = np.array([east[1] - east[0], north[1] - north[0]])
    sideways = np.array([east[2] - east[0], north[2] - north[0]])
    assert forward[0] * sideways[1] - forward[1] * sideways[0] > 0.99


def test_a_longer_route_begins_as_the_shorter_one() -> None:
    short, long = make_route(7, 200.0), make_route(7, 600.0)
    np.testing.assert_allclose(long.east_m[:400], short.east_m[:400], atol=1e-9)
    assert (long.longitude_deg, long.latitude_deg) == (short.longitude_deg, short.latitude_deg)
