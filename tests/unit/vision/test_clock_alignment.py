from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders_position import SECOND, make_chainage, make_info, make_track
from vision.clock_alignment import align
from vision.errors import TelemetryError
from vision.types import TelemetryTrack

NOON = datetime(2025, 5, 21, 12, 0, 0, tzinfo=UTC)
NOON_NS = 1747828800 * SECOND


def utc_track(start_s: float, duration_s: float) -> TelemetryTrack:
    """A fix each second from some seconds after noon."""
    seconds = np.arange(0.0, duration_s + 0.5)
    utc_ns = NOON_NS + np.round((seconds + start_s) * SECOND).astype(np.int64)
    return make_track([], np.zeros((len(seconds), 2)), utc_ns=utc_ns)


def test_the_recording_time_lays_footage_within_a_longer_track() -> None:
    aligned = align(utc_track(-100, 600), make_info(60, recorded_at=NOON))
    assert aligned.time_s[100] == pytest.approx(0.0)
    assert "recorded from 2025-05-21 12:00:00 UTC" in aligned.note


@given(st.floats(-50, 50))
def test_a_clock_offset_is_added_to_the_footage(offset_s: float) -> None:
    aligned = align(utc_track(-100, 600), make_info(60, recorded_at=NOON), offset_s)
    assert aligned.time_s[100] == pytest.approx(-offset_s)


def test_without_a_recording_time_equal_lengths_start_together() -> None:
    aligned = align(utc_track(5000, 58), make_info(60))
    assert aligned.time_s[0] == pytest.approx(0.0)
    assert "start together" in aligned.note
    assert "ends differ by 2.0 s" in aligned.note
    assert align(utc_track(5000, 58), make_info(60), 1.5).time_s[0] == pytest.approx(-1.5)


def test_without_a_recording_time_unequal_lengths_need_an_offset() -> None:
    with pytest.raises(TelemetryError, match=r"track lasts 10 min 00 s, the footage 60\.0 s.*--clock-offset"):
        align(utc_track(0, 600), make_info(60))
    assert align(utc_track(0, 600), make_info(60), 30.0).time_s[30] == pytest.approx(0.0)
    assert align(utc_track(0, 600), make_info(60), 0.0).time_s[0] == pytest.approx(0.0)


def test_a_clock_that_is_hours_off_starts_together_where_the_lengths_agree() -> None:
    local = NOON + timedelta(hours=5, minutes=30)
    aligned = align(utc_track(0, 60), make_info(60, recorded_at=local))
    assert aligned.time_s[0] == pytest.approx(0.0)
    assert "17:30:00 UTC" in aligned.note
    assert "start together" in aligned.note


def test_a_camera_that_states_when_the_recording_ended_starts_together() -> None:
    aligned = align(utc_track(0, 61), make_info(60, recorded_at=NOON + timedelta(seconds=60)))
    assert aligned.time_s[0] == pytest.approx(0.0)


def test_no_shared_moment_states_both_spans_and_suggests_the_zone() -> None:
    footage = make_info(60, recorded_at=NOON + timedelta(hours=5, minutes=32))
    with pytest.raises(TelemetryError) as caught:
        align(utc_track(0, 600), footage)
    message = str(caught.value)
    assert "2025-05-21 12:00:00 UTC to 2025-05-21 12:10:00 UTC" in message
    assert "2025-05-21 17:32:00 UTC to 2025-05-21 17:33:00 UTC" in message
    assert "--clock-offset -19800" in message
    aligned = align(utc_track(0, 600), footage, -19800.0)
    assert aligned.time_s[120] == pytest.approx(0.0)


def test_no_shared_moment_that_no_zone_explains_still_suggests_an_offset() -> None:
    with pytest.raises(TelemetryError, match="--clock-offset SECONDS"):
        align(utc_track(0, 600), make_info(60, recorded_at=NOON + timedelta(days=3)))


def test_an_offset_that_leads_away_from_the_track_says_so() -> None:
    with pytest.raises(TelemetryError, match=r"share no moment.*0 to 60\.0 s.*-500\.0 to -440\.0 s.*--clock-offset"):
        align(utc_track(0, 60), make_info(60), 500.0)


def test_frame_numbers_are_the_frames_own_times() -> None:
    info = make_info(frame_pts_ns=np.array([0, 10, 35, 90]) * SECOND)
    track = make_chainage([5.0, 6.0, 7.0], frame_index=np.array([3, 0, 2]))
    aligned = align(track, info)
    assert aligned.time_s.tolist() == [0.0, 35.0, 90.0]
    assert aligned.rows.tolist() == [1, 2, 0]
    from_one = align(make_chainage([5.0, 6.0, 7.0, 8.0], frame_index=np.arange(1, 5)), info)
    assert from_one.time_s.tolist() == [0.0, 10.0, 35.0, 90.0]
    assert "from 1" in from_one.note


def test_a_row_or_two_beyond_the_last_frame_are_passed_over_but_not_a_third_of_the_file() -> None:
    info = make_info(3.0, fps=10.0)
    assert len(align(make_chainage(np.arange(33.0)), info).rows) == 31
    with pytest.raises(TelemetryError, match="up to 44, the footage has 31"):
        align(make_chainage(np.arange(45.0)), info)


def test_rows_of_one_moment_count_once() -> None:
    track = make_track([2.0, 0.0, 2.0, 1.0], np.zeros((4, 2)))
    assert align(track, make_info()).rows.tolist() == [1, 3, 0]


def test_stills_are_matched_by_their_names_whatever_their_clock() -> None:
    pts_ns = np.arange(3) * SECOND
    info = make_info(kind="images", clock="index", frame_pts_ns=pts_ns, image_paths=("x/a.jpg", "x/b.jpg", "x/c.jpg"))
    track = make_track([], np.zeros((2, 2)), utc_ns=np.array([7, 9]) * SECOND, image_names=("c.jpg", "a.jpg"))
    aligned = align(track, info)
    assert aligned.rows.tolist() == [1, 0]
    assert aligned.time_s.tolist() == [0.0, 2.0]
    with pytest.raises(TelemetryError, match="none of the geotagged images"):
        align(make_track([], np.zeros((1, 2)), utc_ns=np.array([7]), image_names=("z.jpg",)), info)


def test_times_that_are_not_there_are_not_made_up() -> None:
    stills = make_info(kind="images", clock="index", image_paths=("a.jpg",))
    with pytest.raises(TelemetryError, match="stills carry no times"):
        align(utc_track(0, 60), stills)
    untimed = make_track([], np.zeros((2, 2)), frame_index=np.arange(2), image_names=("a.jpg", "b.jpg"))
    with pytest.raises(TelemetryError, match="can't be matched to a video"):
        align(untimed, make_info())
