from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from vision.errors import LocationError
from vision.local_frame import ChainageSection, LocalFrame

metres = st.floats(-40_000, 40_000)


@given(st.floats(-80, 80), st.floats(-180, 180), metres, metres)
def test_a_point_comes_back_to_where_it_was(latitude_deg: float, longitude_deg: float, x_m: float, y_m: float) -> None:
    frame = LocalFrame.around(latitude_deg, longitude_deg)
    located = frame.to_geographic(x_m, y_m)
    assert located is not None
    assert np.allclose(frame.to_local(*located), (x_m, y_m), atol=1e-3)


@given(st.floats(-70, 70), st.floats(0, 360), st.floats(1, 40_000))
def test_distance_and_direction_from_the_origin_are_true(
    latitude_deg: float, azimuth_deg: float, distance_m: float
) -> None:
    longitude, latitude, _ = Geod(ellps="WGS84").fwd(10.0, latitude_deg, azimuth_deg, distance_m)
    x_m, y_m = LocalFrame.around(latitude_deg, 10.0).to_local(latitude, longitude)
    assert math.hypot(x_m, y_m) == pytest.approx(distance_m, abs=1e-3)
    turned = (math.degrees(math.atan2(x_m, y_m)) - azimuth_deg + 180.0) % 360.0 - 180.0
    assert math.radians(turned) * distance_m == pytest.approx(0.0, abs=1e-2)


def test_arrays_give_arrays_and_an_unknown_point_stays_unknown() -> None:
    located = LocalFrame.around(51.0, 10.0).to_geographic(np.array([0.0, np.nan]), np.array([100.0, 0.0]))
    assert located is not None
    assert located[0][0] == pytest.approx(51.0 + 100.0 / 111_250, abs=1e-5)
    assert np.isnan(located[0][1])
    assert np.isnan(located[1][1])


def test_numbers_give_numbers() -> None:
    located = LocalFrame.around(51.0, 10.0).to_geographic(1.0, 2.0)
    assert located is not None
    assert [type(value) for value in located] == [float, float]


def test_a_chainage_frame_knows_no_latitude() -> None:
    frame = LocalFrame.along("B7")
    assert frame.to_geographic(100.0, 0.0) is None
    with pytest.raises(LocationError, match="GPS track"):
        frame.to_local(51.0, 10.0)


def test_a_chainage_is_named_by_its_section() -> None:
    one = LocalFrame.along("B7")
    assert one.section_at(1234.5) == ("B7", 1234.5)
    two = LocalFrame.along(
        None, (ChainageSection("B7", -500.0, 500.0, 900.0), ChainageSection("K3", 1400.0, 0.0, 300.0))
    )
    assert two.section_at(0.0) == ("B7", 500.0)
    assert two.section_at(395.0) == ("B7", 895.0)
    assert two.section_at(1410.0) == ("K3", 10.0)
    assert two.section_at(1395.0) == ("K3", -5.0)
    with pytest.raises(LocationError):
        LocalFrame.around(51.0, 10.0).section_at(5.0)


def test_a_frame_survives_pickling() -> None:
    frame = LocalFrame.around(51.0, 10.0)
    assert pickle.loads(pickle.dumps(frame)).to_local(51.001, 10.0) == frame.to_local(51.001, 10.0)
