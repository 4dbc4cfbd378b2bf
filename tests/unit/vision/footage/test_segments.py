from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vision.footage.segments import split
from vision.types import FootageInfo

SECOND = 1_000_000_000


def _info(frame_pts_ns: list[int], keyframe_pts_ns: list[int]) -> FootageInfo:
    return FootageInfo(
        footage_id="f" * 64,
        path="drive.mp4",
        kind="video",
        width_px=64,
        height_px=48,
        frame_pts_ns=np.array(frame_pts_ns, dtype=np.int64),
        keyframe_pts_ns=np.array(keyframe_pts_ns, dtype=np.int64),
        codec="h264",
        clock="container",
    )


@st.composite
def _footage(draw: st.DrawFn) -> tuple[FootageInfo, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    gaps = draw(st.lists(st.integers(1, 5 * SECOND), max_size=60))
    frames = np.concatenate(([0], np.cumsum(gaps))).astype(np.int64)
    is_key = draw(st.lists(st.booleans(), min_size=len(frames), max_size=len(frames)))
    is_sample = draw(st.lists(st.booleans(), min_size=len(frames), max_size=len(frames)))
    keys = frames[np.array(is_key) | (frames == 0)]
    return _info(frames.tolist(), keys.tolist()), frames[np.array(is_sample)]


@given(_footage(), st.floats(0.1, 60), st.integers(1, 10))
def test_windows_cover_the_footage_once_and_start_at_keyframes(
    footage: tuple[FootageInfo, np.ndarray[tuple[int], np.dtype[np.int64]]], target_s: float, max_samples: int
) -> None:
    info, samples = footage
    segments = split(info, samples, target_s, max_samples)
    assert segments[0].start_pts_ns == 0
    assert segments[-1].end_pts_ns == info.frame_pts_ns[-1] + 1
    for before, after in itertools.pairwise(segments):
        assert before.end_pts_ns == after.start_pts_ns
    assert [s.index for s in segments] == list(range(len(segments)))
    assert {s.start_pts_ns for s in segments} <= set(info.keyframe_pts_ns.tolist())
    assert np.concatenate([s.sample_pts_ns for s in segments]).tolist() == samples.tolist()
    for segment in segments:
        inside = (samples >= segment.start_pts_ns) & (samples < segment.end_pts_ns)
        assert segment.sample_pts_ns.tolist() == samples[inside].tolist()
        keys_inside = np.sum(
            (info.keyframe_pts_ns > segment.start_pts_ns) & (info.keyframe_pts_ns < segment.end_pts_ns)
        )
        assert len(segment.sample_pts_ns) <= max_samples or keys_inside == 0


def test_windows_end_at_the_first_keyframe_after_the_aimed_length() -> None:
    frames = [k * SECOND for k in range(100)]
    segments = split(_info(frames, frames[::8]), np.array(frames[::2]), target_s=20)
    assert [s.start_pts_ns // SECOND for s in segments] == [0, 24, 48, 72, 96]


def test_many_samples_make_short_windows() -> None:
    frames = [k * SECOND // 10 for k in range(1000)]
    segments = split(_info(frames, frames[::10]), np.array(frames), target_s=20, max_samples=64)
    assert [len(s.sample_pts_ns) for s in segments[:3]] == [60, 60, 60]


def test_one_still_is_one_window() -> None:
    (segment,) = split(_info([0], [0]), np.array([0]))
    assert (segment.start_pts_ns, segment.end_pts_ns, segment.sample_pts_ns.tolist()) == (0, 1, [0])
