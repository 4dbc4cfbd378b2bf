from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders_position import make_drive
from vision.track_cleaning import measure_white_noise, merge_repeats, piece_starts, refuse_outliers


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.integers(0, 60), max_size=6),
    st.floats(35, 80),
    st.floats(0, 6.28),
    st.sampled_from([0.1, 1.0]),
)
def test_lone_jumps_are_refused_and_good_fixes_kept(
    rows: set[int], jump_m: float, direction: float, every_s: float
) -> None:
    lone = sorted(row for row in rows if not rows & ({*range(row - 5, row + 6)} - {row}))
    drive = make_drive(60.0 * every_s)
    time_s, fixes = drive.fixes(np.random.default_rng(5), every_s)
    fixes[lone] += jump_m * np.array([np.cos(direction), np.sin(direction)])
    refused = set(range(61)) - set(refuse_outliers(time_s, fixes, 1.0).tolist())
    # An end that a jump cuts off from the rest can't be told from a jump itself.
    assert set(lone) <= refused <= set(lone) | ({0} if 1 in lone else set()) | ({60} if 59 in lone else set())


def test_a_hard_stop_and_a_sharp_turn_are_no_outliers() -> None:
    drive = make_drive(120.0, stop=(60.0, 80.0))
    time_s, fixes = drive.fixes(np.random.default_rng(1))
    assert len(refuse_outliers(time_s, fixes, 1.0)) == len(fixes)
    corner = np.concatenate(
        (np.outer(np.arange(20), [0.0, 8.0]), np.array([0.0, 152.0]) + np.outer(np.arange(1, 20), [8.0, 0.0]))
    )
    assert len(refuse_outliers(np.arange(39.0), corner, 0.5)) == 39


def test_a_few_fixes_from_another_country_are_refused_together() -> None:
    time_s, fixes = make_drive(60.0).fixes(np.random.default_rng(2))
    fixes[:2] += 50_000.0
    assert refuse_outliers(time_s, fixes, 1.0).tolist() == list(range(2, 61))


def test_a_track_in_two_places_is_two_pieces() -> None:
    time_s, fixes = make_drive(60.0).fixes(np.random.default_rng(2))
    fixes[30:] += 5000.0
    kept = refuse_outliers(time_s, fixes, 1.0)
    assert len(kept) == 61
    assert np.flatnonzero(piece_starts(time_s, fixes)).tolist() == [0, 30]
    assert np.flatnonzero(piece_starts(np.array([0.0, 1.0, 40.0]), np.zeros((3, 2)))).tolist() == [0, 2]


def test_a_fix_that_is_written_thirty_times_counts_once() -> None:
    time_s, fixes = make_drive(10.0).fixes(np.random.default_rng(3))
    frames_s = np.arange(0, 11, 1 / 30)
    kept = merge_repeats(frames_s, np.repeat(fixes, 30, axis=0)[: len(frames_s)])
    assert np.allclose(frames_s[kept], time_s[: len(kept)])


def test_standing_still_keeps_a_fix_each_usual_step() -> None:
    xy = np.concatenate((np.outer(np.arange(5), [10.0, 0.0]), np.tile([[40.0, 0.0]], (20, 1))))
    assert merge_repeats(np.arange(25.0), xy).tolist() == list(range(25))


@pytest.mark.parametrize("sigma_m", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("cleaned", [True, False])
def test_the_noise_of_a_winding_drive_is_measured(sigma_m: float, cleaned: bool) -> None:
    rng = np.random.default_rng(4)
    drive = make_drive(300.0, stop=(100.0, 120.0))
    time_s, exact = drive.time_s[::10], drive.xy_m[::10]
    measured = measure_white_noise(time_s, exact + rng.normal(0, sigma_m, exact.shape), cleaned=cleaned)
    assert measured == pytest.approx(sigma_m, rel=0.2, abs=0.1)


def test_outliers_do_not_swell_the_noise_of_a_short_track() -> None:
    rng = np.random.default_rng(6)
    drive = make_drive(21.0)
    fixes = drive.xy_m[::10] + rng.normal(0, 1.0, (22, 2))
    fixes[[6, 14]] += 60.0
    measured = measure_white_noise(drive.time_s[::10], fixes, cleaned=False)
    assert measured is not None
    assert measured < 3.0


def test_noise_is_not_made_up_where_it_can_not_be_seen() -> None:
    rng = np.random.default_rng(7)
    assert measure_white_noise(np.arange(0, 200, 10.0), rng.normal(0, 5, (20, 2)), cleaned=True) is None
    assert measure_white_noise(np.arange(5.0), rng.normal(0, 5, (5, 2)), cleaned=True) is None
