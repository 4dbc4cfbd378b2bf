from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import ExifTags
from PIL import Image as PillowImage

from vision.errors import Failure, FootageError
from vision.footage.decode import read_frames
from vision.footage.probe import probe
from vision.footage.runs import plan_runs
from vision.types import FootageInfo, Frame

MakeClip = Callable[..., Path]
NumberOf = Callable[[NDArray[np.uint8]], int]


def _frames(info: FootageInfo, numbers: Sequence[int], threads: int = 1) -> list[Frame | Failure]:
    return list(read_frames(info, info.frame_pts_ns[list(numbers)], threads))


def _numbers(results: Sequence[Frame | Failure], number_of: NumberOf) -> list[int | None]:
    return [number_of(r.image) if isinstance(r, Frame) else None for r in results]


@pytest.mark.parametrize("threads", [0, 1, 3])
@pytest.mark.parametrize("b_frames", [0, 3])
@pytest.mark.parametrize("wanted", [range(50), [0, 7, 8, 23, 49], [31], []])
def test_exactly_the_wanted_frames_come_in_order(
    make_clip: MakeClip, number_of: NumberOf, b_frames: int, threads: int, wanted: Sequence[int]
) -> None:
    info = probe(make_clip(b_frames=b_frames))
    results = _frames(info, wanted, threads)
    assert _numbers(results, number_of) == list(wanted)
    assert [r.pts_ns for r in results] == info.frame_pts_ns[list(wanted)].tolist()


@pytest.mark.parametrize(
    ("name", "codec"),
    [("clip.mkv", "libx264"), ("clip.ts", "libx264"), ("clip.mov", "libx264"), ("clip.avi", "mpeg4")],
)
def test_every_container_gives_the_same_frames(make_clip: MakeClip, number_of: NumberOf, name: str, codec: str) -> None:
    info = probe(make_clip(name, codec=codec))
    assert len(info.frame_pts_ns) == 50
    assert _numbers(_frames(info, [3, 20, 41]), number_of) == [3, 20, 41]


def test_groups_that_lean_on_the_one_before_can_be_started_from(make_clip: MakeClip, number_of: NumberOf) -> None:
    x264 = "open-gop=1:bframes=3:scenecut=0:b-adapt=0:ref=4"
    info = probe(make_clip(pts=range(0, 4800, 40), keyframe_every=12, b_frames=3, codec_options={"x264-params": x264}))
    assert len(info.keyframe_pts_ns) == 10
    for number in range(30, 60):
        assert _numbers(_frames(info, [number]), number_of) == [number]


def test_a_decoder_that_cannot_leave_out_single_pictures_gives_them_all(
    make_clip: MakeClip, number_of: NumberOf
) -> None:
    options = {"preset": "12", "svtav1-params": "keyint=12"}
    info = probe(make_clip("av1.mp4", range(0, 1600, 40), codec="libsvtav1", codec_options=options))
    assert info.codec == "av1"
    for wanted in ([1, 4, 7, 22], [13, 30]):
        assert _numbers(_frames(info, wanted), number_of) == wanted


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=st.sets(st.integers(0, 255), min_size=1, max_size=5))
def test_seeking_never_gives_another_frame(long_clip: Path, number_of: NumberOf, wanted: set[int]) -> None:
    numbers = sorted(wanted)
    assert _numbers(_frames(probe(long_clip), numbers), number_of) == numbers


def test_frames_are_bgr_upright_and_read_only(make_clip: MakeClip, number_of: NumberOf) -> None:
    (frame,) = _frames(probe(make_clip()), [5])
    assert isinstance(frame, Frame)
    assert frame.image.dtype == np.uint8
    assert frame.image.shape == (96, 128, 3)
    blue, green, red = frame.image[-8, 8]
    assert red > 150 > 90 > max(blue, green)
    with pytest.raises(ValueError, match="read-only"):
        frame.image[0, 0] = 0


@pytest.mark.parametrize(("rotation_deg", "quarter_turns"), [(90, 1), (180, 2), (-90, 3)])
def test_a_turned_picture_is_set_upright(make_clip: MakeClip, rotation_deg: int, quarter_turns: int) -> None:
    plain, turned = (
        _frames(probe(make_clip(name, rotation_deg=deg)), [5])[0]
        for name, deg in (("plain.mp4", None), ("turned.mp4", rotation_deg))
    )
    assert isinstance(plain, Frame)
    assert isinstance(turned, Frame)
    assert np.array_equal(turned.image, np.rot90(plain.image, quarter_turns))


def test_pixels_that_are_not_square_are_stretched(make_clip: MakeClip) -> None:
    (frame,) = _frames(probe(make_clip(pixel_aspect=Fraction(4, 3))), [5])
    assert isinstance(frame, Frame)
    assert frame.image.shape == (96, 171, 3)


def test_frames_before_a_late_edit_stay_hidden(make_clip: MakeClip, number_of: NumberOf) -> None:
    path = make_clip("late.ts", pts=range(0, 2000, 40), b_frames=2)
    data = path.read_bytes()
    path.write_bytes(data[188 * (len(data) // 188 // 3) :])  # a transport stream cut in the middle of a group
    info = probe(path)
    numbers = _numbers(_frames(info, range(len(info.frame_pts_ns))), number_of)
    assert numbers == list(range(50 - len(numbers), 50))
    assert numbers[0] is not None
    assert numbers[0] % 10 == 0


def test_times_that_no_frame_has_are_refused_at_once(make_clip: MakeClip) -> None:
    info = probe(make_clip())
    with pytest.raises(FootageError, match=r"no frame at 0\.000 s"):
        read_frames(info, [1])
    with pytest.raises(FootageError, match="ascending"):
        read_frames(info, info.frame_pts_ns[[3, 2]])
    with pytest.raises(FootageError, match="no frame at"):
        read_frames(info, [int(info.frame_pts_ns[-1]) + 1])


def _lose_packets(path: Path, numbers: Sequence[int]) -> None:
    """Overwrite whole packets, counted as they are stored, as a lost block of a memory card does."""
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0)]
    data = bytearray(path.read_bytes())
    for number in numbers:
        start, size = places[number]
        assert start is not None
        data[start : start + size] = b"\x5a" * size
    path.write_bytes(data)


@pytest.mark.parametrize("threads", [1, 0, 3])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_damage_costs_the_frames_it_spoils_and_no_others(make_clip: MakeClip, threads: int, b_frames: int) -> None:
    path = make_clip(b_frames=b_frames)
    info = probe(path)
    whole = _frames(info, range(50))
    _lose_packets(path, [23, 24])
    results = _frames(info, range(50), threads)
    failed = [k for k, r in enumerate(results) if isinstance(r, Failure)]
    assert set(failed) <= set(range(21, 30))
    assert set(failed) >= set(range(25, 30))  # behind the damage, up to the keyframe
    for k, (before, now) in enumerate(zip(whole, results, strict=True)):
        assert before.pts_ns == now.pts_ns == info.frame_pts_ns[k]
        if isinstance(now, Failure):
            assert now.error_type == "FootageError"
            assert "damaged" in now.message
        else:
            assert isinstance(before, Frame)
            assert np.array_equal(before.image, now.image)
    assert pickle.loads(pickle.dumps(results[failed[0]])) == results[failed[0]]


def test_a_lost_keyframe_costs_its_group(make_clip: MakeClip, number_of: NumberOf) -> None:
    path = make_clip()
    info = probe(path)
    _lose_packets(path, [20])
    numbers = _numbers(_frames(info, range(0, 50, 2)), number_of)
    assert numbers == [None if 20 <= k < 30 else k for k in range(0, 50, 2)]


def test_damage_is_the_same_wherever_decoding_starts_and_however_many_threads(make_clip: MakeClip) -> None:
    path = make_clip(pts=range(0, 5000, 40), b_frames=2)
    info = probe(path)
    _lose_packets(path, [34, 61, 62, 90])
    whole = {r.pts_ns: type(r) for r in _frames(info, range(0, 125, 3))}
    assert Failure in whole.values()
    for threads in (1, 3):
        for start in (0, 33, 72, 93):
            part = {r.pts_ns: type(r) for r in _frames(info, range(start, 125, 3), threads)}
            assert part == {pts: whole[pts] for pts in part}


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    suffix=st.sampled_from([".mp4", ".ts", ".mkv"]),
    start=st.floats(0, 1),
    length=st.integers(1, 4000),
    lost=st.booleans(),
    threads=st.sampled_from([1, 3]),
    step=st.sampled_from([1, 3, 13]),
)
def test_whatever_is_damaged_each_frame_comes_once_or_the_file_is_refused(
    make_clip: MakeClip, suffix: str, start: float, length: int, lost: bool, threads: int, step: int
) -> None:
    path = make_clip(f"fuzzed{suffix}", b_frames=2, options={"movflags": "faststart"} if suffix == ".mp4" else None)
    data = bytearray(path.read_bytes())
    at = int(start * len(data))
    data[at : at + length] = b"" if lost else np.random.default_rng(length).bytes(len(data[at : at + length]))
    path.write_bytes(data)
    try:
        info = probe(path)
    except FootageError:
        return
    wanted = info.frame_pts_ns[::step]
    assert [r.pts_ns for r in read_frames(info, wanted, threads)] == wanted.tolist()


def test_the_frames_of_a_missing_end_are_failures(make_clip: MakeClip, number_of: NumberOf) -> None:
    path = make_clip(options={"movflags": "faststart"})
    info = probe(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.6)])
    results = _frames(info, range(0, 50, 5))
    numbers = _numbers(results, number_of)
    there = [n for n in numbers if n is not None]
    assert there == list(range(0, 5 * len(there), 5))
    assert numbers[-1] is None
    assert len(results) == 10


def test_a_file_that_went_away_is_an_error(make_clip: MakeClip) -> None:
    path = make_clip()
    info = probe(path)
    path.unlink()
    with pytest.raises(FootageError, match=str(path)):
        list(read_frames(info, info.frame_pts_ns[:1]))


def test_decoding_jumps_over_long_gaps_only(make_clip: MakeClip) -> None:
    info = probe(make_clip(pts=range(0, 5000, 40), keyframe_every=25))
    runs = plan_runs(info, info.frame_pts_ns[[1, 5, 24, 26, 100, 101]])
    assert [(r.key_ns // 40_000_000, len(r.wanted_ns)) for r in runs] == [(0, 4), (100, 2)]


# --- stills ------------------------------------------------------------------------------------------------------


def test_stills_come_upright_by_their_exif_orientation(tmp_path: Path) -> None:
    picture = np.zeros((24, 32, 3), np.uint8)
    picture[:8, :8] = (255, 0, 0)  # red, top left, as stored
    exif = PillowImage.Exif()
    exif[ExifTags.Base.Orientation] = 6  # the stored top is the right-hand side
    PillowImage.fromarray(picture).save(tmp_path / "a.png", exif=exif)
    (frame,) = _frames(probe(tmp_path), [0])
    assert isinstance(frame, Frame)
    assert frame.image.shape == (32, 24, 3)
    assert frame.image[2, -3].tolist() == [0, 0, 255]
    assert not frame.image.flags.writeable


def test_a_still_that_breaks_off_is_a_failure_between_good_ones(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in "abc":
        PillowImage.fromarray(rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)).save(tmp_path / f"{name}.jpg")
    whole = (tmp_path / "b.jpg").read_bytes()
    (tmp_path / "b.jpg").write_bytes(whole[: len(whole) // 2])
    results = _frames(probe(tmp_path), [0, 1, 2])
    assert [type(r) for r in results] == [Frame, Failure, Frame]
    assert "b.jpg" in results[1].message  # type: ignore[union-attr]


def test_grey_and_transparent_stills_are_bgr_too(tmp_path: Path) -> None:
    PillowImage.new("L", (16, 16), 90).save(tmp_path / "a.png")
    PillowImage.new("RGBA", (16, 16), (10, 20, 30, 255)).save(tmp_path / "b.png")
    grey, coloured = _frames(probe(tmp_path), [0, 1])
    assert isinstance(grey, Frame)
    assert isinstance(coloured, Frame)
    assert grey.image[0, 0].tolist() == [90, 90, 90]
    assert coloured.image[0, 0].tolist() == [30, 20, 10]
