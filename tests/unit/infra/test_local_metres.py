from __future__ import annotations

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local_metres import east_north_m, on_plane_m

GEOD = pyproj.Geod(ellps="WGS84")


@given(
    latitude_deg=st.floats(-80, 80), longitude_deg=st.floats(-180, 180), azimuth_deg=st.floats(0, 360),
    distance_m=st.floats(0.1, 200),
)  # fmt: skip
def test_distances_and_bearings_are_those_of_the_ellipsoid(
    latitude_deg: float, longitude_deg: float, azimuth_deg: float, distance_m: float
) -> None:
    other_longitude_deg, other_latitude_deg, _ = GEOD.fwd(longitude_deg, latitude_deg, azimuth_deg, distance_m)
    found = east_north_m((longitude_deg, latitude_deg), (other_longitude_deg, other_latitude_deg))
    expected = distance_m * np.array([np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))])
    assert found == pytest.approx(expected, abs=0.02)


def test_the_plane_crosses_the_antimeridian_the_short_way() -> None:
    plane = on_plane_m(np.array([[-179.9999, 0.0]]), (179.9999, 0.0))
    assert plane[0] == pytest.approx([22.26, 0.0], abs=0.01)
