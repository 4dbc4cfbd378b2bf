from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders_position import HOME, make_chainage, make_info, make_track
from vision.lane_keeping import fix_across, keep_to_lane, lane_middles
from vision.route import Route
from vision.site import Site
from vision.trajectory import Trajectory, fit_trajectory
from vision.types import Float

LANE_M = 3.5


def make_route(**overrides: Any) -> Route:
    """A straight road due east through HOME."""
    located = HOME.to_geographic(np.array([-500.0, 3000.0]), np.array([0.0, 0.0]))
    assert located is not None
    fields: dict[str, Any] = {"lane_width_m": LANE_M, "lanes": 2, "centre_line_error_m": 0.2}
    return Route("B7", located[1], located[0], **fields | overrides)


def make_site(**overrides: Any) -> Site:
    return Site("test", "road", (make_route(**overrides),), "right")


def driven(left_m: float, *, east: bool = True, count: int = 60) -> Trajectory:
    """A steady drive along the road, as the receiver tells it: so far left of the line's rising direction."""
    time_s = np.arange(count, dtype=np.float64)
    along = 14.0 * time_s if east else 14.0 * (count - time_s)
    xy = np.stack((along, np.full(count, left_m)), axis=1)
    xy += np.random.default_rng(1).normal(0.0, 0.8, xy.shape)
    return fit_trajectory(make_track(time_s, xy), make_info(count - 1.0))


def lateral_m(trajectory: Trajectory) -> Float:
    """Metres north of the road's line, which runs east, at each knot."""
    located = trajectory.frame.to_geographic(trajectory.knots.xy_m[:, 0], trajectory.knots.xy_m[:, 1])
    assert located is not None
    return np.asarray(HOME.to_local(*located)[1])


@pytest.mark.parametrize(("east", "lane_m"), [(True, -LANE_M / 2), (False, LANE_M / 2)])
@pytest.mark.parametrize("off_m", [-2.0, 2.0])
def test_a_receivers_drift_across_the_road_is_taken_off(east: bool, lane_m: float, off_m: float) -> None:
    drifted = driven(lane_m + off_m, east=east)
    kept = keep_to_lane(drifted, make_site())

    assert np.median(np.abs(lateral_m(kept) - lane_m)) < 0.8
    assert np.median(np.abs(lateral_m(drifted) - lane_m)) > 1.5
    assert (kept.knots.error_m < drifted.knots.error_m).all()
    assert "keep to one of its own" in kept.offset_note


def test_left_hand_traffic_keeps_left() -> None:
    site = replace(make_site(), driving_side="left")
    assert lateral_m(keep_to_lane(driven(0.3), site)).mean() == pytest.approx(LANE_M / 2, abs=0.5)


def test_the_place_along_the_road_and_the_distance_stay_the_receivers() -> None:
    drifted = driven(0.0)
    kept = keep_to_lane(drifted, make_site())
    east = [HOME.to_local(*t.frame.to_geographic(*t.knots.xy_m.T))[0] for t in (drifted, kept)]  # type: ignore[misc]
    assert np.abs(east[0] - east[1]).max() < 0.02
    assert (kept.knots.distance_m == drifted.knots.distance_m).all()


def test_a_vehicle_that_is_clearly_in_no_lane_stays_where_it_is() -> None:
    on_the_verge = driven(-14.0)
    kept = keep_to_lane(on_the_verge, make_site())
    assert np.abs(lateral_m(kept) - lateral_m(on_the_verge)).max() < 0.1


@pytest.mark.parametrize("missing", [{"lanes": None}, {"lane_width_m": None}])
def test_a_site_that_does_not_tell_its_lanes_changes_nothing(missing: dict[str, None]) -> None:
    drifted = driven(0.0)
    assert keep_to_lane(drifted, make_site(**missing)) is drifted
    assert keep_to_lane(drifted, replace(make_site(), driving_side=None)) is drifted


def test_a_road_across_the_way_driven_says_nothing() -> None:
    time_s = np.arange(40, dtype=np.float64)
    xy = np.stack((np.zeros(40), 5.0 * (time_s - 20.0)), axis=1)
    northward = fit_trajectory(make_track(time_s, xy), make_info(39.0))
    assert keep_to_lane(northward, make_site()) is northward


def test_a_chainage_track_has_no_place_to_correct() -> None:
    along = fit_trajectory(make_chainage([float(m) for m in range(0, 300, 5)]), make_info(59.0, fps=1.0))
    assert keep_to_lane(along, make_site()) is along


@pytest.mark.parametrize(
    ("lanes", "oneway", "way", "middles"),
    [
        (2, False, 1, [-1.75]),
        (2, False, -1, [1.75]),
        (3, False, 1, [-3.5, 0.0]),
        (4, False, -1, [1.75, 5.25]),
        (1, False, 1, [0.0]),
        (2, True, -1, [-1.75, 1.75]),
    ],
)
def test_own_lanes(lanes: int, oneway: bool, way: int, middles: list[float]) -> None:
    assert lane_middles(make_route(lanes=lanes, oneway=oneway), "right", way).tolist() == middles


@given(st.floats(-30, 30), st.floats(0.01, 25), st.floats(0.01, 4))
def test_the_answer_lies_between_receiver_and_lanes(lateral: float, variance: float, lane_variance: float) -> None:
    lanes = np.array([-5.25, -1.75])
    fix = fix_across(np.array([lateral]), np.array([variance]), lanes, lane_variance)
    assert min(lateral, -5.25) - 1e-9 <= lateral + fix.shift_m[0] <= max(lateral, -1.75) + 1e-9
    assert fix.variance_m2[0] > 0.0


def test_between_two_lanes_nothing_is_claimed() -> None:
    fix = fix_across(np.array([-3.5]), np.array([1.0]), np.array([-5.25, -1.75]), 0.2)
    assert fix.shift_m[0] == pytest.approx(0.0, abs=1e-9)
    assert fix.variance_m2[0] > 1.0
