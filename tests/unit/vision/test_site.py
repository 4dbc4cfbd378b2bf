from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders_position import HOME
from vision.route import Route
from vision.site import Site


def route_of(*xy_m: tuple[float, float], name: str = "B7", start_chainage_m: float = 0.0) -> Route:
    """A route through points in metres east and north of HOME."""
    located = HOME.to_geographic(*np.array(xy_m, dtype=np.float64).T)
    assert located is not None
    return Route(name, located[1], located[0], start_chainage_m)


def site_of(*routes: Route) -> Site:
    return Site("test", "road", routes)


def place(x_m: float, y_m: float) -> tuple[float, float]:
    located = HOME.to_geographic(x_m, y_m)
    assert located is not None
    return located


# --- where on which route ----------------------------------------------------------------------------------------


@given(st.floats(0, 900), st.floats(-30, 30), st.booleans())
def test_a_place_on_a_straight_road_has_its_chainage_and_side(along_m: float, left_m: float, forward: bool) -> None:
    site = site_of(route_of((0, 0), (300, 0), (900, 0), start_chainage_m=5000))
    found = site.locate(*place(along_m, left_m), 90.0 if forward else 270.0)
    assert found is not None
    assert found.route == "B7"
    assert found.chainage_m == pytest.approx(5000 + along_m, abs=0.01)
    assert found.lateral_m == pytest.approx(left_m, abs=0.01)
    assert found.distance_m == pytest.approx(abs(left_m), abs=0.01)
    assert found.carriageway == ("forward" if forward else "backward")


@given(st.floats(0, 1199), st.floats(-5, 5))
def test_a_point_of_a_route_is_found_where_it_was_put(chainage_m: float, left_m: float) -> None:
    route = route_of((0, 0), (300, 40), (500, 300), (500, 800), (650, 1000))
    latitude, longitude = route.points_at(np.array([chainage_m]), left_m)
    found = site_of(route).locate(float(latitude[0]), float(longitude[0]), None)
    assert found is not None
    assert found.carriageway is None
    assert found.distance_m <= abs(left_m) + 0.01
    if abs(left_m) < 0.01 or np.abs(route.point_chainage_m - chainage_m).min() > 10.0:  # off a bend
        assert found.chainage_m == pytest.approx(chainage_m, abs=0.02)
        assert found.lateral_m == pytest.approx(left_m, abs=0.02)


def test_chainage_runs_on_past_the_ends_up_to_50_m() -> None:
    site = site_of(route_of((0, 0), (1000, 0)))
    before, after = site.locate(*place(-20, 3), 90.0), site.locate(*place(1040, 0), 90.0)
    assert before is not None
    assert after is not None
    assert (before.chainage_m, before.lateral_m) == pytest.approx((-20, 3), abs=0.02)
    assert after.chainage_m == pytest.approx(1040, abs=0.02)
    assert site.locate(*place(1060, 0), 90.0) is None
    assert site.locate(*place(500, 51), 90.0) is None


def test_at_a_crossing_the_road_along_the_heading_is_meant() -> None:
    site = site_of(route_of((-500, 0), (500, 0), name="east"), route_of((0, -500), (0, 500), name="north"))
    names = [site.locate(*place(3, 2), heading) for heading in (92.0, 271.0, 3.0, 181.0)]
    assert [(found.route, found.carriageway) for found in names if found] == [
        ("east", "forward"),
        ("east", "backward"),
        ("north", "forward"),
        ("north", "backward"),
    ]


def test_many_places_at_once_are_as_one_by_one_and_unknown_ones_stay_unknown() -> None:
    site = site_of(route_of((0, 0), (500, 0), (500, 500)), route_of((0, 100), (400, 100), name="K3"))
    rng = np.random.default_rng(0)
    xy, heading = rng.uniform(-80, 580, (40, 2)), rng.uniform(0, 360, 40)
    located = HOME.to_geographic(xy[:, 0], xy[:, 1])
    assert located is not None
    latitude, longitude = np.append(located[0], np.nan), np.append(located[1], np.nan)
    many = site.locate_many(latitude, longitude, np.append(heading, 0.0))
    assert many.route_index[-1] == -1
    for row in range(40):
        one = site.locate(float(latitude[row]), float(longitude[row]), float(heading[row]))
        assert (one is None) == (many.route_index[row] == -1)
        if one is not None:
            assert site.routes[many.route_index[row]].name == one.route
            assert many.chainage_m[row] == one.chainage_m
            assert many.lateral_m[row] == one.lateral_m


def test_the_line_between_two_chainages_goes_through_its_bends() -> None:
    route = route_of((0, 0), (100, 0), (100, 100))
    line = route.line_between(90.0, 115.0)
    assert len(line) == 3
    xy = np.stack(HOME.to_local(np.array([p[1] for p in line]), np.array([p[0] for p in line])), axis=1)
    assert np.allclose(xy, [[90, 0], [100, 0], [100, 15]], atol=0.05)


def test_a_site_survives_pickling_after_use() -> None:
    site = site_of(route_of((0, 0), (100, 0)))
    before = site.locate(*place(50, 1), 90.0)
    assert pickle.loads(pickle.dumps(site)).locate(*place(50, 1), 90.0) == before
