from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders_position import HOME, SECOND, make_chainage, make_examined, make_info, make_track
from vision.coverage import coverage_bins, covered_length_m, merge_coverage
from vision.route import Route
from vision.site import Site
from vision.trajectory import Trajectory, fit_trajectory
from vision.types import CoverageBin, Float, Int


def straight(duration_s: float = 30.0, speed_mps: float = 10.0, lost: tuple[float, float] = (99.0, 99.0)) -> Trajectory:
    """A drive due east from HOME, with a fix each second but for a time."""
    time_s = np.array([t for t in np.arange(0.0, duration_s + 0.5) if not lost[0] < t < lost[1]])
    return along_x(time_s, time_s * speed_mps, duration_s)


def along_x(time_s: Float, x_m: Float, duration_s: float) -> Trajectory:
    return fit_trajectory(make_track(time_s, np.stack((x_m, np.zeros(len(x_m))), axis=1)), make_info(duration_s))


def every(step_s: float, duration_s: float = 30.0) -> Int:
    return np.round(np.arange(0.0, duration_s + 1e-6, step_s) * SECOND).astype(np.int64)


def east_road(length_m: float, start_chainage_m: float = 0.0, name: str = "B7") -> Route:
    located = HOME.to_geographic(np.array([0.0, length_m]), np.zeros(2))
    assert located is not None
    return Route(name, located[1], located[0], start_chainage_m)


def states(bins: tuple[CoverageBin, ...]) -> list[tuple[float, str]]:
    return [(one.start_m, one.state) for one in bins]


# --- along the drive ---------------------------------------------------------------------------------------------


def test_a_drive_that_is_seen_throughout_is_valid_throughout() -> None:
    bins = coverage_bins("f", make_examined(every(0.3)), straight(), None)
    assert states(bins) == [(10.0 * k, "valid") for k in range(31)]
    assert all(one.reasons == {} and one.route is None and one.carriageway is None for one in bins)
    assert covered_length_m(bins) == {"valid": 310.0, "invalid": 0.0, "not_driven": 0.0}


def test_a_bin_names_the_frames_that_show_it() -> None:
    bins = coverage_bins("f" * 3, make_examined(every(1.0)), straight(), None)
    seen = next(one for one in bins if one.start_m == 100.0)
    # At 10 m/s the view of 4 to 14 m ahead shows [100, 110) from 86 m to 106 m.
    assert (seen.first_pts_ns, seen.last_pts_ns) == (9 * SECOND, 10 * SECOND)
    assert seen.footage_id == "fff"


def test_a_line_lies_on_the_road() -> None:
    bins = coverage_bins("f", make_examined(every(0.3)), straight(), None)
    longitude, latitude = np.array([one.line for one in bins]).transpose(2, 0, 1)
    x_m, y_m = HOME.to_local(latitude, longitude)
    assert np.allclose(y_m, 0.0, atol=0.3)
    assert np.allclose(x_m, [[one.start_m, one.start_m + 5.0, one.end_m] for one in bins], atol=0.5)


def test_refused_frames_make_bins_invalid_with_their_number_by_reason() -> None:
    examined = make_examined(every(0.5), {20: "too_dark", 21: "too_dark", 22: "blurred", 23: "too_dark", 24: "blurred"})
    bins = {one.start_m: one for one in coverage_bins("f", examined, straight(), None)}
    assert Counter(one.state for one in bins.values()) == {"valid": 29, "invalid": 2}
    assert bins[110.0].reasons == {"blurred": 1, "too_dark": 3}
    assert bins[120.0].reasons == {"blurred": 2, "too_dark": 1}
    assert bins[100.0].state == "valid"


def test_a_lone_accepted_frame_among_refused_ones_makes_its_bin_valid() -> None:
    moments = every(0.5)
    examined = make_examined(moments, {row: "overexposed" for row in range(len(moments)) if row != 30})
    bins = coverage_bins("f", examined, straight(), None)
    assert [one.start_m for one in bins if one.state == "valid"] == [150.0]


def test_samples_too_far_apart_are_no_proof_of_what_lies_between() -> None:
    bins = coverage_bins("f", make_examined(every(3.0)), straight(), None)
    assert Counter(one.state for one in bins) == {"valid": 11, "invalid": 20}
    assert all(one.reasons == {"not_examined": 0} for one in bins if one.state == "invalid")


def test_frames_in_a_gap_of_the_track_count_as_without_position() -> None:
    bins = coverage_bins("f", make_examined(every(0.5)), straight(40.0, lost=(10.0, 27.0)), None)
    lost = [one for one in bins if one.state == "invalid"]
    assert [one.start_m for one in lost] == [120.0 + 10 * k for k in range(len(lost))]
    assert len(lost) == 14
    assert all(set(one.reasons) == {"no_position"} and one.reasons["no_position"] >= 2 for one in lost)
    assert all(one.line == () for one in lost[1:-1])


def test_without_any_position_or_frame_there_are_no_bins() -> None:
    assert coverage_bins("f", make_examined(every(0.5)), None, None) == ()
    assert coverage_bins("f", [], straight(), None) == ()


def test_standing_still_sees_no_more_road() -> None:
    time_s = np.arange(0.0, 61.0)
    trajectory = along_x(time_s, np.minimum(time_s, 20.0) * 10.0, 60.0)
    bins = coverage_bins("f", make_examined(every(0.5, 60.0)), trajectory, None)
    assert 200.0 <= covered_length_m(bins)["valid"] <= 220.0


# --- along a site's routes ---------------------------------------------------------------------------------------


def test_a_route_says_what_was_not_driven() -> None:
    elsewhere = replace(east_road(45.0, name="K3"), latitude_deg=east_road(45.0).latitude_deg + 1.0)
    site = Site("s", "road", (east_road(500.0, 1000.0), elsewhere))
    bins = coverage_bins("f", make_examined(every(0.3)), straight(), site)
    road = [one for one in bins if one.route == "B7"]
    assert states(tuple(road)) == [(1000.0 + 10 * k, "valid" if k < 31 else "not_driven") for k in range(50)]
    assert {one.carriageway for one in road} == {"forward"}
    assert {one.footage_id for one in road if one.state == "not_driven"} == {None}
    other = [one for one in bins if one.route == "K3"]
    assert [(one.start_m, one.end_m, one.carriageway) for one in other[-2:]] == [
        (30.0, 40.0, None),
        (40.0, pytest.approx(44.0, abs=0.1), None),
    ]
    assert {one.state for one in other} == {"not_driven"}
    assert all(len(one.line) == 2 for one in bins)


def test_driving_back_covers_the_other_carriageway() -> None:
    time_s = np.arange(0.0, 61.0)
    x_m = np.where(time_s <= 30, time_s * 10.0, 300.0 - (time_s - 30) * 10.0)
    site = Site("s", "road", (east_road(300.0),))
    bins = coverage_bins("f", make_examined(every(0.3, 60.0)), along_x(time_s, x_m, 60.0), site)
    for carriageway in ("forward", "backward"):
        mine = [one for one in bins if one.carriageway == carriageway]
        assert len(mine) == 30
        assert sum(one.state == "valid" for one in mine) >= 27
    backward = next(one for one in bins if one.carriageway == "backward" and one.start_m == 200.0)
    assert backward.first_pts_ns is not None
    assert 37.5 * SECOND < backward.first_pts_ns < 39 * SECOND  # seen up to 14 m before it is reached at 39 s


def test_off_every_route_bins_run_along_the_drive() -> None:
    site = Site("s", "road", (east_road(100.0),))
    bins = coverage_bins("f", make_examined(every(0.3)), straight(), site)
    assert {one.state for one in bins if one.route == "B7"} == {"valid"}
    along = [one for one in bins if one.route is None]
    assert along[0].start_m == 150.0  # further than 50 m from the route's end
    assert along[-1].start_m == 300.0


def test_a_gap_on_a_route_is_invalid_not_undriven() -> None:
    site = Site("s", "road", (east_road(600.0),))
    bins = coverage_bins("f", make_examined(every(0.5)), straight(40.0, lost=(10.0, 27.0)), site)
    by_start = {one.start_m: one for one in bins}
    assert by_start[160.0].reasons.keys() == {"no_position"}
    assert by_start[160.0].line != ()
    assert by_start[450.0].state == "not_driven"


# --- along a chainage file ---------------------------------------------------------------------------------------


def test_gaps_of_a_chainage_file_were_not_driven() -> None:
    offsets = [*range(29840, 29870, 5), *range(29950, 29980, 5)]
    info = make_info((len(offsets) - 1) / 4, fps=4.0)
    trajectory = fit_trajectory(make_chainage(offsets), info)
    bins = coverage_bins("f", make_examined(info.frame_pts_ns), trajectory, None)
    assert bins[0].start_m == 29840.0
    undriven = [one.start_m for one in bins if one.state == "not_driven"]
    assert undriven == [29880.0 + 10 * k for k in range(7)]
    assert all(one.route == "B7" and one.carriageway == "forward" and one.line == () for one in bins)


def test_a_chainage_run_takes_extent_and_lines_from_a_site_that_has_its_route() -> None:
    info = make_info(9.0, fps=1.0)
    trajectory = fit_trajectory(make_chainage(list(range(190, 90, -10))), info)
    site = Site("s", "road", (east_road(300.0),))
    bins = coverage_bins("f", make_examined(info.frame_pts_ns), trajectory, site)
    assert len(bins) == 30
    assert {one.carriageway for one in bins} == {"backward"}
    assert [one.start_m for one in bins if one.state == "valid"] == [90.0 + 10 * k for k in range(10)]
    assert all(len(one.line) == 2 for one in bins)


def test_sections_of_one_file_have_bins_of_their_own() -> None:
    offsets, routes = [900.0, 910, 920, 930, 0, 10, 20, 30], ("B7",) * 4 + ("K3",) * 4
    info = make_info(7.0, fps=1.0)
    trajectory = fit_trajectory(make_chainage(offsets, route=None, routes=routes), info)
    bins = coverage_bins("f", make_examined(info.frame_pts_ns), trajectory, None)
    assert {(one.route, one.start_m) for one in bins if one.state == "valid"} == {
        *(("B7", 900.0 + 10 * k) for k in range(4)),
        *(("K3", 10.0 * k) for k in range(4)),
    }


# --- several footages --------------------------------------------------------------------------------------------


def one_bin(
    state: str, footage_id: str | None, start_m: float = 0.0, reason: str = "too_dark", count: int = 1
) -> CoverageBin:
    return CoverageBin(
        start_m=start_m,
        end_m=start_m + 10.0,
        route="B7",
        state=state,  # type: ignore[arg-type]
        reasons={reason: count} if state == "invalid" else {},
        footage_id=footage_id,
        carriageway="forward",
        first_pts_ns=None if footage_id is None else 5,
        last_pts_ns=None if footage_id is None else 9,
    )


bins_of_a_footage = st.builds(
    one_bin,
    state=st.sampled_from(["valid", "invalid"]),
    footage_id=st.sampled_from(["a", "b", "c"]),
    start_m=st.sampled_from([0.0, 10.0]),
    reason=st.sampled_from(["too_dark", "blurred"]),
) | st.builds(one_bin, state=st.just("not_driven"), footage_id=st.none(), start_m=st.sampled_from([0.0, 10.0]))


@given(st.lists(bins_of_a_footage, max_size=6, unique_by=lambda one: (one.footage_id, one.start_m)))
def test_merging_knows_no_order_and_is_done_once(bins: list[CoverageBin]) -> None:
    merged = merge_coverage(bins)
    assert all(merge_coverage(order) == merged for order in itertools.islice(itertools.permutations(bins), 24))
    assert merge_coverage([*bins, *bins]) == merged
    assert merge_coverage(merged) == merged
    for one in merged:
        found = {other.state for other in bins if other.start_m == one.start_m}
        assert one.state == next(state for state in ("valid", "invalid", "not_driven") if state in found)


def test_a_bin_that_is_valid_in_any_footage_is_valid() -> None:
    merged = merge_coverage([one_bin("invalid", "a"), one_bin("valid", "b"), one_bin("not_driven", None)])
    assert [(one.state, one.footage_id, one.reasons) for one in merged] == [("valid", "b", {})]


def test_reasons_of_several_footages_add_up() -> None:
    merged = merge_coverage(
        [one_bin("invalid", "b", count=2), one_bin("invalid", "a", reason="blurred"), one_bin("invalid", "c")]
    )
    assert merged[0].reasons == {"blurred": 1, "too_dark": 3}
    assert merged[0].footage_id == "a"
    sparse = merge_coverage([one_bin("invalid", "a", reason="not_examined", count=0), one_bin("invalid", "b")])
    assert sparse[0].reasons == {"too_dark": 1}


def test_a_route_that_another_footage_drove_is_no_longer_undriven() -> None:
    untouched = replace(one_bin("not_driven", None), carriageway=None)
    assert merge_coverage([untouched]) == (untouched,)
    assert merge_coverage([untouched, one_bin("valid", "a")]) == (one_bin("valid", "a"),)


def test_bins_along_two_drives_are_kept_apart() -> None:
    drives = [replace(one_bin("valid", name), route=None, carriageway=None) for name in ("b", "a")]
    assert [one.footage_id for one in merge_coverage(drives)] == ["a", "b"]
