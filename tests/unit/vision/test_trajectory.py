from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders_position import HOME, SECOND, Drive, in_home, make_chainage, make_drive, make_info, make_track
from vision.errors import TelemetryError
from vision.trajectory import Poses, Trajectory, fit_trajectory
from vision.types import Float


def fitted(drive: Drive, seed: int, every_s: float = 1.0, drms_m: float = 2.0) -> tuple[Trajectory, Poses]:
    """Fit a drive whose fixes drop out for 4 to 6 s now and then and jump once in a while; poses at its states."""
    rng = np.random.default_rng(seed)
    time_s, fixes = drive.fixes(rng, every_s, drms_m)
    jumps = rng.random(len(fixes)) < 0.01
    angle, size = rng.uniform(0, 2 * np.pi, len(fixes)), rng.uniform(30, 80, len(fixes))
    fixes = fixes + (jumps * size)[:, None] * np.stack((np.cos(angle), np.sin(angle)), axis=1)
    kept = np.ones(len(fixes), dtype=bool)
    for start in np.arange(40.0, time_s[-1] - 20.0, 90.0):
        kept &= (time_s <= start) | (time_s >= start + rng.uniform(4.0, 6.0))
    trajectory = fit_trajectory(make_track(time_s[kept], fixes[kept]), make_info(float(drive.time_s[-1])))
    return trajectory, trajectory.at_many(np.round(drive.time_s * SECOND).astype(np.int64))


def away(trajectory: Trajectory, poses: Poses, drive: Drive) -> Float:
    """(N, 2) metres from the true place; NaN where there is no pose."""
    return in_home(trajectory, poses) - drive.xy_m


# --- what a report rests on: how far off places are -----------------------------------------------------------------


def test_smoothed_places_are_as_good_as_the_correlated_half_of_the_noise_allows() -> None:
    """2 m radial RMS: the half that drifts over 30 s has a median of 1.18 m, and no smoothing takes it away."""
    drive = make_drive(600.0)
    apart = np.searchsorted(drive.along_m, drive.along_m + 20.0)
    inside = np.flatnonzero(apart < len(apart))
    off_m, relative_m, stated_m = [], [], []
    for seed in range(8):
        trajectory, poses = fitted(drive, seed)
        error = away(trajectory, poses, drive)
        off_m.append(np.hypot(*error[poses.valid].T))
        stated_m.append(poses.error_m[poses.valid])
        difference = error[apart[inside]] - error[inside]
        relative_m.append(np.hypot(*difference[np.isfinite(difference).all(axis=1)].T))
        assert poses.valid.mean() > 0.97
    off, stated = np.concatenate(off_m), np.concatenate(stated_m)
    assert np.median(off) < 1.35
    assert np.median(np.concatenate(relative_m)) < 0.3
    assert math.sqrt(np.mean(off**2)) == pytest.approx(math.sqrt(np.mean(stated**2)), rel=0.2)
    assert np.quantile(off, 0.99) < 5.0


def test_heading_is_right_to_its_stated_error() -> None:
    drive = make_drive(400.0)
    off, stated = [], []
    for seed in range(5):
        _, poses = fitted(drive, seed)
        turned = np.mod(poses.heading_deg - drive.heading_deg + 180.0, 360.0) - 180.0
        off.append(turned[poses.valid])
        stated.append(poses.heading_error_deg[poses.valid])
    assert np.median(np.abs(np.concatenate(off))) < 1.0
    ratio = np.sqrt(np.mean((np.concatenate(off) / np.concatenate(stated)) ** 2))
    assert 0.3 < ratio < 1.5


@pytest.mark.parametrize(
    ("every_s", "speed_mps", "median_m"), [(0.1, 14.0, 1.6), (3.0, 3.0, 1.6), (1.0, 1.4, 1.6), (1.0, 30.0, 1.7)]
)
def test_other_rates_and_speeds_do_as_well(every_s: float, speed_mps: float, median_m: float) -> None:
    drive = make_drive(240.0, speed_mps)
    medians = []
    for seed in range(5):
        trajectory, poses = fitted(drive, seed, every_s)
        off = np.hypot(*away(trajectory, poses, drive)[poses.valid].T)
        assert off.max() < 12.0
        medians.append(np.median(off))
    assert np.mean(medians) < median_m


def test_a_better_receiver_gives_better_places() -> None:
    drive = make_drive(200.0)
    medians = []
    for drms_m in (0.1, 2.0, 6.0):
        trajectory, poses = fitted(drive, 3, drms_m=drms_m)
        medians.append(np.nanmedian(np.hypot(*away(trajectory, poses, drive).T)))
    assert medians == sorted(medians)
    assert medians[0] < 0.2


def test_a_stated_accuracy_sets_the_stated_error() -> None:
    drive = make_drive(100.0)
    time_s, fixes = drive.fixes(np.random.default_rng(0))
    stated = {}
    for sigma_m in (0.03, 2.0, 8.0):
        track = make_track(time_s, fixes, horizontal_error_m=np.full(len(time_s), sigma_m))
        stated[sigma_m] = fit_trajectory(track, make_info(100.0)).at(50 * SECOND).error_m
    assert 0.02 < stated[0.03] < 0.05
    assert 1.4 <= stated[2.0] < 2.0
    assert 5.6 <= stated[8.0] < 8.0


@settings(max_examples=25, deadline=None)
@given(st.floats(-1000, 1000), st.floats(-1000, 1000), st.floats(0, 360))
def test_moving_and_turning_a_drive_moves_and_turns_its_path(east_m: float, north_m: float, turn_deg: float) -> None:
    drive = make_drive(40.0)
    time_s, fixes = drive.fixes(np.random.default_rng(1))
    turn = np.radians(turn_deg)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    info = make_info(40.0)
    plain, moved = (
        fit_trajectory(make_track(time_s, xy), info) for xy in (fixes, fixes @ matrix.T + [east_m, north_m])
    )
    here, there = plain.at_many(info.frame_pts_ns), moved.at_many(info.frame_pts_ns)
    assert np.allclose(in_home(plain, here) @ matrix.T + [east_m, north_m], in_home(moved, there), atol=0.01)
    assert np.allclose(np.sin(np.radians(there.heading_deg - here.heading_deg - turn_deg)), 0.0, atol=1e-3)
    assert np.allclose(here.distance_m, there.distance_m, atol=0.01)


# --- time without fixes ------------------------------------------------------------------------------------------


def straight(moments_s: Float, speed_mps: float = 10.0) -> Float:
    """(N, 2) on a line due east."""
    return np.stack((moments_s * speed_mps, np.zeros(len(moments_s))), axis=1)


def test_a_short_drop_out_is_bridged_with_a_larger_error() -> None:
    time_s = np.array([t for t in np.arange(0.0, 61.0) if not 20 < t < 28])
    trajectory = fit_trajectory(make_track(time_s, straight(time_s)), make_info(60.0))
    bridged, before = trajectory.at(24 * SECOND), trajectory.at(10 * SECOND)
    assert bridged.valid
    assert in_home(trajectory, trajectory.at_many(np.array([24 * SECOND])))[0] == pytest.approx([240.0, 0.0], abs=0.2)
    assert bridged.error_m > before.error_m
    assert bridged.heading_deg == pytest.approx(90.0, abs=0.5)


@pytest.mark.parametrize(("gap_s", "speed_mps"), [(16.0, 2.0), (12.0, 20.0)])
def test_a_long_drop_out_is_a_gap_that_distance_runs_across(gap_s: float, speed_mps: float) -> None:
    time_s = np.array([t for t in np.arange(0.0, 61.0) if not 20 < t < 20 + gap_s])
    info = make_info(60.0)
    trajectory = fit_trajectory(make_track(time_s, straight(time_s, speed_mps)), info)
    lost = trajectory.at(24 * SECOND)
    assert not lost.valid
    assert math.isnan(lost.x_m)
    assert math.isnan(lost.distance_m)
    distance_m = trajectory.distance_at(info.frame_pts_ns)
    assert np.isnan(distance_m[211 : 10 * (20 + int(gap_s)) - 11]).all()
    assert np.isfinite(distance_m[:210]).all()
    assert distance_m[-1] == pytest.approx(60.0 * speed_mps, rel=0.01)
    assert f"{trajectory.at_many(info.frame_pts_ns).valid.mean():.0%} of the frames" in trajectory.offset_note


def test_nothing_is_known_a_second_before_the_first_fix_and_after_the_last() -> None:
    time_s = np.arange(10.0, 31.0)
    trajectory = fit_trajectory(make_track(time_s, straight(time_s)), make_info(60.0))
    valid = [trajectory.at(round(moment * SECOND)).valid for moment in (8.9, 9.1, 20.0, 30.9, 31.1)]
    assert valid == [False, True, True, True, False]
    early = trajectory.at(round(9.2 * SECOND))
    assert in_home(trajectory, trajectory.at_many(np.array([round(9.2 * SECOND)])))[0, 0] == pytest.approx(92, abs=0.5)
    assert early.error_m > trajectory.at(20 * SECOND).error_m


def test_a_track_that_only_borders_the_footage_is_refused() -> None:
    time_s = np.array([-20.0, -15.0, 80.0, 90.0])
    with pytest.raises(TelemetryError, match=r"gives no frame a place.*15\.0 s"):
        fit_trajectory(make_track(time_s, straight(time_s)), make_info(60.0))


# --- standing, distance, heading ---------------------------------------------------------------------------------


def test_standing_still_is_no_distance_and_keeps_the_heading() -> None:
    drive = make_drive(240.0, stop=(60.0, 180.0))
    stands = (drive.time_s > 80.0) & (drive.time_s < 178.0)
    creeps = []
    for seed in range(5):
        _, poses = fitted(drive, seed)
        known = stands & poses.valid
        creeps.append(float(np.ptp(poses.distance_m[known])))
        turned = np.mod(poses.heading_deg[known] - drive.heading_deg[stands][0] + 180.0, 360.0) - 180.0
        assert np.abs(turned).max() < 25.0
    assert np.mean(creeps) < 3.0


def test_distance_is_what_was_driven_from_the_first_frame() -> None:
    drive = make_drive(300.0)
    time_s, fixes = drive.fixes(np.random.default_rng(2))
    info = make_info(200.0)
    trajectory = fit_trajectory(make_track(time_s - 50.0, fixes), info)
    distance_m = trajectory.distance_at(info.frame_pts_ns)
    assert distance_m[0] == pytest.approx(0.0, abs=1e-6)
    assert distance_m[-1] == pytest.approx(200.0 * 14.0, rel=0.01)
    assert np.all(np.diff(distance_m) >= 0)


def test_a_camera_that_never_moves_has_a_place_but_no_heading() -> None:
    time_s = np.arange(0.0, 61.0)
    fixes = np.random.default_rng(3).normal(0.0, 0.3, (61, 2))
    trajectory = fit_trajectory(make_track(time_s, fixes), make_info(60.0))
    pose = trajectory.at(30 * SECOND)
    assert pose.valid
    assert pose.heading_error_deg == 180.0
    assert trajectory.at(60 * SECOND).distance_m == pytest.approx(0.0, abs=0.5)


def test_heading_goes_through_north_the_short_way() -> None:
    time_s = np.arange(0.0, 41.0)
    heading = np.radians(np.linspace(-40.0, 40.0, 41))
    xy = np.cumsum(np.stack((np.sin(heading), np.cos(heading)), axis=1) * 10.0, axis=0)
    poses = fit_trajectory(make_track(time_s, xy), make_info(40.0)).at_many(np.arange(0, 41 * SECOND, SECOND // 7))
    turned = np.mod(poses.heading_deg + 180.0, 360.0) - 180.0
    assert np.nanmax(np.abs(turned)) < 45.0


def test_the_note_says_what_was_done() -> None:
    time_s, fixes = make_drive(60.0).fixes(np.random.default_rng(5))
    fixes[20] += 60.0
    note = fit_trajectory(make_track(time_s, fixes), make_info(60.0)).offset_note
    assert "counts time from the first frame" in note
    assert "61 fixes, 1 refused" in note
    assert "correlated" in note
    assert "100% of the frames" in note


def test_a_trajectory_survives_pickling() -> None:
    time_s, fixes = make_drive(30.0).fixes(np.random.default_rng(5))
    trajectory = fit_trajectory(make_track(time_s, fixes), make_info(30.0))
    assert pickle.loads(pickle.dumps(trajectory)).at(SECOND) == trajectory.at(SECOND)


# --- stills ------------------------------------------------------------------------------------------------------


def test_stills_without_a_clock_keep_their_own_places_and_head_for_the_next() -> None:
    xy = np.array([[0.0, 0.0], [300.0, 0.0], [300.0, 400.0], [0.0, 400.0]])
    names = tuple(f"{n}.jpg" for n in range(4))
    info = make_info(
        kind="images", clock="index", frame_pts_ns=np.arange(4) * SECOND, image_paths=tuple(f"x/{n}" for n in names)
    )
    track = make_track([], xy, frame_index=np.arange(4), image_names=names)
    trajectory = fit_trajectory(track, info)
    poses = trajectory.at_many(info.frame_pts_ns)
    assert poses.valid.all()
    assert np.allclose(in_home(trajectory, poses), xy, atol=0.01)
    assert poses.heading_deg[[0, 3]] == pytest.approx([90.0, 270.0], abs=0.1)
    assert poses.distance_m == pytest.approx([0.0, 300.0, 700.0, 1000.0], abs=0.5)


def test_a_single_still_has_a_place_but_no_heading() -> None:
    info = make_info(kind="images", clock="index", frame_pts_ns=np.zeros(1, np.int64), image_paths=("a.jpg",))
    track = make_track([], np.array([[5.0, 7.0]]), utc_ns=np.array([123]), image_names=("a.jpg",))
    trajectory = fit_trajectory(track, info)
    assert trajectory.at(0).valid
    assert trajectory.at(0).heading_error_deg == 180.0
    assert trajectory.frame.to_geographic(trajectory.at(0).x_m, trajectory.at(0).y_m) == pytest.approx(
        HOME.to_geographic(5.0, 7.0)
    )


# --- chainage ----------------------------------------------------------------------------------------------------


def test_offsets_are_taken_as_they_are() -> None:
    info = make_info(1.0, fps=4.0)
    trajectory = fit_trajectory(make_chainage([29840, 29845, 29850, 29930, 29935]), info)
    poses = trajectory.at_many(info.frame_pts_ns)
    assert trajectory.frame.kind == "chainage"
    assert trajectory.frame.route == "B7"
    assert poses.valid.all()
    assert poses.x_m.tolist() == [29840, 29845, 29850, 29930, 29935]
    assert poses.y_m.tolist() == [0.0] * 5
    assert poses.heading_deg == pytest.approx([90.0] * 5)
    assert poses.error_m.tolist() == [1.0] * 5
    assert poses.distance_m.tolist() == [0, 5, 10, 90, 95]
    assert poses.speed_mps == pytest.approx([20.0] * 5)
    assert "1 sigma of 1 m" in trajectory.offset_note


def test_falling_offsets_are_driven_backward() -> None:
    info = make_info(2.0, fps=1.0)
    poses = fit_trajectory(make_chainage([500, 490, 480]), info).at_many(info.frame_pts_ns)
    assert poses.heading_deg == pytest.approx([270.0] * 3)
    assert poses.distance_m.tolist() == [0, 10, 20]


def test_offsets_rounded_to_the_metre_at_each_frame_do_not_turn_the_camera_round() -> None:
    exact = np.arange(0, 60.0) * 0.4
    offsets = np.round(exact)
    offsets[30] -= 1
    info = make_info(5.9, fps=10.0)
    poses = fit_trajectory(make_chainage(offsets.tolist()), info).at_many(info.frame_pts_ns)
    assert poses.heading_deg == pytest.approx([90.0] * 60)
    assert np.abs(poses.x_m - exact).max() <= 1.5


def test_an_unbridged_gap_of_offsets_is_unknown_between_its_ends() -> None:
    info = make_info(6.0, fps=10.0)
    track = make_chainage([0, 10, 20, 320, 330, 340, 350], frame_index=np.arange(7) * 10)
    poses = fit_trajectory(track, info).at_many(info.frame_pts_ns)
    assert poses.valid[[0, 5, 10, 15, 20, 30, 35, 60]].all()
    assert not poses.valid[21:30].any()
    assert poses.distance_m[60] == 350


def test_several_sections_are_pieces_of_one_frame() -> None:
    routes = ("B7",) * 4 + ("K3",) * 4 + ("B7",) * 2
    info = make_info(9.0, fps=1.0)
    track = make_chainage([900, 910, 920, 930, 40, 30, 20, 10, 940, 950], route=None, routes=routes)
    trajectory = fit_trajectory(track, info)
    poses = trajectory.at_many(info.frame_pts_ns)
    assert poses.valid.all()
    assert [trajectory.frame.section_at(x) for x in poses.x_m] == list(
        zip(routes, [900.0, 910.0, 920.0, 930.0, 40.0, 30.0, 20.0, 10.0, 940.0, 950.0], strict=True)
    )
    assert poses.heading_deg == pytest.approx([90.0] * 4 + [270.0] * 4 + [90.0] * 2)
    assert not trajectory.at(round(3.5 * SECOND)).valid
    assert trajectory.frame.route is None


def test_a_camera_that_never_moved_is_said_to_look_nobody_knows_where() -> None:
    time_s = np.arange(0.0, 10.0)
    still = fit_trajectory(make_track(time_s, np.zeros((10, 2))), make_info(8.0))
    moving = fit_trajectory(make_track(time_s, np.stack((10.0 * time_s, np.zeros(10)), axis=1)), make_info(8.0))
    assert "100% of the frames have a place, 0% a direction of view" in still.offset_note
    assert moving.offset_note.endswith("100% of the frames have a place.")
