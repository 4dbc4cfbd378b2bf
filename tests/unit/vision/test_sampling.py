from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vision.errors import ConfigError
from vision.sampling import DEFAULT_EVERY, Every, plan_samples
from vision.types import FootageInfo

SECOND = 1_000_000_000


def _info(frame_pts_ns: NDArray[np.int64]) -> FootageInfo:
    return FootageInfo(
        footage_id="f" * 64,
        path="drive.mp4",
        kind="video",
        width_px=64,
        height_px=48,
        frame_pts_ns=frame_pts_ns,
        keyframe_pts_ns=frame_pts_ns[:1],
        codec="h264",
        clock="container",
    )


def _at_fps(fps: float, count: int) -> FootageInfo:
    return _info(np.round(np.arange(count) * SECOND / fps).astype(np.int64))


def _indices(info: FootageInfo, chosen: NDArray[np.int64]) -> list[int]:
    return np.searchsorted(info.frame_pts_ns, chosen).tolist()


@pytest.mark.parametrize(
    ("text", "every"),
    [("3m", Every(3, "m")), ("1.5m", Every(1.5, "m")), (" 0.5 s ", Every(0.5, "s")), ("all", Every(0, "all"))],
)
def test_intervals_are_read(text: str, every: Every) -> None:
    assert Every.parse(text) == every
    assert Every.parse(str(every)) == every


@pytest.mark.parametrize("text", ["", "3", "m", "-3m", "0m", "3 km", "3mm", "nan s", "1e3m", "every 3m", "0.0s"])
def test_other_intervals_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="every"):
        Every.parse(text)


def test_by_metres_the_nearest_frame_to_each_multiple_is_taken() -> None:
    info = _at_fps(10, 31)
    distance_m = np.arange(31) * 0.7
    chosen = _indices(info, plan_samples(info, Every(3, "m"), distance_m))
    assert chosen == [0, 4, 9, 13, 17, 21, 26, 30]


def test_standing_still_costs_nothing() -> None:
    info = _at_fps(30, 30 * 600 + 30)
    distance_m = np.concatenate((np.linspace(0, 12, 15), np.full(30 * 600, 12.0), np.linspace(12, 24, 15)))
    assert len(plan_samples(info, DEFAULT_EVERY, distance_m)) == 9


def test_without_a_track_the_clock_decides() -> None:
    info = _at_fps(30, 91)
    assert _indices(info, plan_samples(info, DEFAULT_EVERY, None)) == [0, 15, 30, 45, 60, 75, 90]
    unknown = np.full(91, np.nan)
    assert _indices(info, plan_samples(info, DEFAULT_EVERY, unknown, fallback_s=1.0)) == [0, 30, 60, 90]


def test_a_drop_out_falls_back_to_the_clock_and_back() -> None:
    info = _at_fps(10, 61)
    distance_m = np.arange(61) * 1.0
    distance_m[20:41] = np.nan
    chosen = np.array(_indices(info, plan_samples(info, Every(2, "m"), distance_m)))
    assert np.all(np.diff(chosen[chosen <= 18]) == 2)
    assert np.all(np.diff(chosen[(chosen >= 22) & (chosen <= 40)]) == 5)
    assert np.all(np.diff(chosen[chosen >= 44]) == 2)


def test_low_rate_footage_is_taken_whole() -> None:
    info = _at_fps(4, 50)
    assert _indices(info, plan_samples(info, DEFAULT_EVERY, np.arange(50) * 5.0 + 1.3)) == list(range(50))


def test_stills_a_second_apart_are_all_taken_without_a_track() -> None:
    info = _at_fps(1, 9)
    assert len(plan_samples(info, DEFAULT_EVERY, None)) == 9


def test_by_seconds_the_distance_is_not_asked() -> None:
    info = _at_fps(10, 31)
    chosen = plan_samples(info, Every(1, "s"), np.zeros(31))
    assert _indices(info, chosen) == [0, 10, 20, 30]


def test_all_takes_all_and_one_frame_is_taken() -> None:
    info = _at_fps(10, 7)
    assert len(plan_samples(info, Every.parse("all"), np.zeros(7))) == 7
    assert plan_samples(_at_fps(10, 1), DEFAULT_EVERY, None).tolist() == [0]


def test_a_jump_in_the_track_is_no_catastrophe() -> None:
    info = _at_fps(10, 5)
    distance_m = np.array([0.0, 0.1, 1e12, 1e12 + 0.1, 1e12 + 0.2])
    assert _indices(info, plan_samples(info, DEFAULT_EVERY, distance_m)) == [0, 1, 2]


def test_an_interval_of_no_length_is_refused() -> None:
    with pytest.raises(ConfigError, match="more than 0"):
        plan_samples(_at_fps(10, 5), DEFAULT_EVERY, None, fallback_s=0)


@given(st.lists(st.floats(0, 20, allow_nan=False), min_size=1, max_size=200), st.floats(0.5, 10))
def test_no_stretch_longer_than_two_intervals_goes_unseen(steps_m: list[float], interval_m: float) -> None:
    distance_m = np.concatenate(([0.0], np.cumsum(steps_m)))
    info = _at_fps(10, len(distance_m))
    chosen = _indices(info, plan_samples(info, Every(interval_m, "m"), distance_m))
    assert chosen[0] == 0 or distance_m[chosen[0]] == 0
    assert len(set(chosen)) == len(chosen)
    for before, after in itertools.pairwise(chosen):
        nothing_between = after == before + 1
        assert nothing_between or distance_m[after] - distance_m[before] <= 2 * interval_m * (1 + 1e-6)
    # Never much more often than asked for, but where frames are that far apart.
    far_apart = int(np.sum(np.array(steps_m) >= interval_m))
    assert len(chosen) <= distance_m[-1] / interval_m + 2 + 2 * far_apart
