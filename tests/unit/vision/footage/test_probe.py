from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import ExifTags
from PIL import Image as PillowImage

from vision.errors import FootageError
from vision.footage.probe import probe

MakeClip = Callable[..., Path]
MS = 1_000_000


def test_times_of_a_variable_frame_rate_are_exact_and_begin_at_zero(make_clip: MakeClip) -> None:
    pts = [0, 33, 67, 100, 1234, 1235, 2000, 5001]
    info = probe(make_clip(pts=pts, keyframe_every=4))
    assert (info.frame_pts_ns / MS).tolist() == pts
    assert (info.keyframe_pts_ns / MS).tolist() == [0, 1234]
    assert info.duration_s == pytest.approx(5.001)


def test_frames_stored_out_of_order_come_out_in_the_order_of_showing(make_clip: MakeClip) -> None:
    info = probe(make_clip(pts=range(0, 1000, 40), b_frames=3))
    assert (info.frame_pts_ns / MS).tolist() == list(range(0, 1000, 40))
    assert (info.kind, info.codec, info.clock) == ("video", "h264", "container")
    assert (info.width_px, info.height_px) == (128, 96)


def test_a_late_start_in_the_container_is_still_zero(make_clip: MakeClip) -> None:
    info = probe(make_clip("late.mkv", pts=range(7000, 7400, 40)))
    assert (info.frame_pts_ns / MS).tolist() == list(range(0, 400, 40))


def test_a_time_base_that_no_float_holds_does_not_drift(tmp_path: Path) -> None:
    path = tmp_path / "ntsc.mp4"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=Fraction(30000, 1001))
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(60):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number, np.uint8), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1001, 30000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    exact = [round(Fraction(number * 1001, 30000) * 1_000_000_000) for number in range(60)]
    assert probe(path).frame_pts_ns.tolist() == exact


@pytest.mark.parametrize(("rotation_deg", "size_wh"), [(90, (96, 128)), (180, (128, 96)), (-90, (96, 128))])
def test_a_turned_phone_gives_the_size_of_the_upright_picture(
    make_clip: MakeClip, rotation_deg: int, size_wh: tuple[int, int]
) -> None:
    info = probe(make_clip(rotation_deg=rotation_deg))
    assert (info.width_px, info.height_px) == size_wh


def test_pixels_that_are_not_square_are_stretched(make_clip: MakeClip) -> None:
    info = probe(make_clip(pixel_aspect=Fraction(4, 3)))
    assert (info.width_px, info.height_px) == (171, 96)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("2024-05-21T05:34:00.000000Z", datetime(2024, 5, 21, 5, 34, tzinfo=UTC)),
        ("1904-01-01T00:00:00.000000Z", None),
        (None, None),
    ],
)
def test_recording_time_is_utc_or_nothing(make_clip: MakeClip, stated: str | None, expected: datetime | None) -> None:
    info = probe(make_clip(metadata={"creation_time": stated} if stated else None))
    assert info.recorded_at == expected


def test_the_id_is_the_hash_of_the_content_whatever_the_name(make_clip: MakeClip, tmp_path: Path) -> None:
    path = make_clip()
    renamed = tmp_path / "holiday.txt"
    renamed.write_bytes(path.read_bytes())
    assert probe(path).footage_id == hashlib.sha256(path.read_bytes()).hexdigest()
    assert probe(renamed).footage_id == probe(path).footage_id
    assert len(probe(renamed).frame_pts_ns) == 50


def test_an_edit_list_that_starts_late_hides_frames(make_clip: MakeClip) -> None:
    path = make_clip(pts=range(0, 1000, 40), keyframe_every=10)
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 4 + 4 + 4 + 4  # version and flags, count, duration: then the time where showing starts
    data[at : at + 4] = (int.from_bytes(data[at : at + 4], "big") + 15 * _track_units(path, 40)).to_bytes(4, "big")
    path.write_bytes(data)
    info = probe(path)
    assert (info.frame_pts_ns / MS).tolist() == list(range(0, 400, 40))
    assert (info.keyframe_pts_ns / MS).tolist() == [0, 200]  # frame 15 is shown first, frame 20 is a keyframe


def _track_units(path: Path, milliseconds: int) -> int:
    with av.open(str(path)) as container:
        time_base = container.streams.video[0].time_base
        assert time_base is not None
        return round(Fraction(milliseconds, 1000) / time_base)


def _cut_in_two(path: Path, keep: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


def test_a_file_cut_behind_its_index_is_probed_as_far_as_it_goes(make_clip: MakeClip) -> None:
    whole = make_clip("whole.mp4", options={"movflags": "faststart"})
    info = probe(_cut_in_two(whole, 0.6))
    assert 10 < len(info.frame_pts_ns) < 45
    assert "missing at its end" in info.warnings[0]


def _empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def _text(path: Path) -> Path:
    path.write_text("Dear diary, today the road was bumpy.\n" * 50, encoding="utf-8")
    return path


def _locked(path: Path) -> Path:
    path.write_bytes(b"\0" * 100)
    path.chmod(0)
    return path


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: folder / "missing.mp4", "no such file"),
        (lambda folder: _empty(folder / "empty.mp4"), "empty"),
        (lambda folder: _text(folder / "diary.mp4"), "neither a video nor a picture"),
        (lambda folder: _text(folder / "diary.jpg"), "neither a video nor a picture"),
        (lambda folder: folder, "holds no pictures"),
        (lambda folder: Path("/dev/null"), "neither a file nor a folder"),
    ],
)
def test_what_is_no_footage_is_refused_by_name(make: Callable[[Path], Path], says: str, tmp_path: Path) -> None:
    path = make(tmp_path)
    with pytest.raises(FootageError, match=says) as caught:
        probe(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    path = _locked(tmp_path / "locked.mp4")
    try:
        path.read_bytes()
    except PermissionError:
        with pytest.raises(FootageError, match="may not read"):
            probe(path)
    else:
        pytest.skip("optional: this user may read every file")


def test_a_recording_that_was_cut_off_says_that_its_index_is_missing(make_clip: MakeClip) -> None:
    with pytest.raises(FootageError, match=r"index \(moov\)"):
        probe(_cut_in_two(make_clip(), 0.5))


def test_sound_alone_is_no_footage(make_sound: Callable[[str], Path]) -> None:
    with pytest.raises(FootageError, match="only sound"):
        probe(make_sound("sound.mp4"))


def test_sound_beside_pictures_does_no_harm(make_clip: MakeClip) -> None:
    assert len(probe(make_clip(with_sound=True)).frame_pts_ns) == 50


@pytest.mark.parametrize("name", ["none.mkv", "none.mp4", "none.avi"])
def test_a_video_of_no_length_is_refused(make_clip: MakeClip, name: str) -> None:
    with pytest.raises(FootageError, match=r"holds no (frame|pictures)|neither a video"):
        probe(make_clip(name, pts=()))


def test_a_play_list_does_not_open_other_files(make_clip: MakeClip, tmp_path: Path) -> None:
    clip = make_clip()
    listing = tmp_path / "list.mp4"
    listing.write_text(f"ffconcat version 1.0\nfile '{clip.name}'\n", encoding="utf-8")
    with pytest.raises(FootageError, match="neither a video nor a picture"):
        probe(listing)


def test_pictures_that_no_decoder_takes_are_refused(make_clip: MakeClip) -> None:
    path = make_clip(options={"movflags": "faststart"})
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    data[start:] = bytes(len(data) - start)
    path.write_bytes(data)
    with pytest.raises(FootageError, match="can't be decoded"):
        probe(path)


# --- stills ------------------------------------------------------------------------------------------------------


def _picture(
    path: Path, grey: int = 100, size_wh: tuple[int, int] = (32, 24), taken: str = "", offset: str = "", turn: int = 1
) -> Path:
    exif = PillowImage.Exif()
    exif[ExifTags.Base.Orientation] = turn
    details = exif.get_ifd(ExifTags.IFD.Exif)
    if taken:
        details[ExifTags.Base.DateTimeOriginal], _, fraction = taken.partition(".")
        details[ExifTags.Base.SubsecTimeOriginal] = fraction
    if offset:
        details[ExifTags.Base.OffsetTimeOriginal] = offset
    PillowImage.new("RGB", size_wh, (grey, grey, grey)).save(path, format="JPEG", exif=exif)
    return path


def test_stills_with_exif_times_keep_them(tmp_path: Path) -> None:
    for number, taken in ((2, "08:00:01.5"), (10, "08:00:03.25"), (1, "08:00:00")):
        _picture(tmp_path / f"shot_{number}.jpg", number, taken=f"2024:06:01 {taken}", offset="+02:00")
    info = probe(tmp_path)
    assert [Path(p).name for p in info.image_paths] == ["shot_1.jpg", "shot_2.jpg", "shot_10.jpg"]
    assert (info.frame_pts_ns / MS).tolist() == [0, 1500, 3250]
    assert (info.clock, info.codec, info.kind) == ("exif", "jpeg", "images")
    assert info.recorded_at == datetime(2024, 6, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize("second", ["", "2024:06:01 08:00:00"])
def test_stills_without_rising_times_count_a_second_each(tmp_path: Path, second: str) -> None:
    _picture(tmp_path / "a.jpg", 1, taken="2024:06:01 08:00:00")
    _picture(tmp_path / "b.jpg", 2, taken=second)
    info = probe(tmp_path)
    assert (info.clock, info.recorded_at) == ("index", None)
    assert info.frame_pts_ns.tolist() == [0, 1_000_000_000]


def test_local_exif_times_without_a_zone_are_no_utc(tmp_path: Path) -> None:
    info = probe(_picture(tmp_path / "a.jpg", taken="2024:06:01 08:00:00"))
    assert (info.clock, info.recorded_at) == ("exif", None)


def test_the_id_of_a_folder_is_that_of_its_pictures_in_order(tmp_path: Path) -> None:
    files = [_picture(tmp_path / f"{k}.jpg", 10 * k) for k in (1, 2, 3)]
    digests = "".join(hashlib.sha256(f.read_bytes()).hexdigest() for f in files)
    assert probe(tmp_path).footage_id == hashlib.sha256(digests.encode()).hexdigest()


def test_one_picture_is_a_footage_whatever_its_name(tmp_path: Path) -> None:
    info = probe(_picture(tmp_path / "clip.mp4", turn=6))
    assert (info.kind, info.width_px, info.height_px) == ("images", 24, 32)
    assert info.frame_pts_ns.tolist() == [0]


def test_the_picture_of_another_size_is_named(tmp_path: Path) -> None:
    for k in range(3):
        _picture(tmp_path / f"{k}.jpg", k)
    _picture(tmp_path / "odd.jpg", size_wh=(48, 24))
    with pytest.raises(FootageError, match=r"odd\.jpg is 48 x 24"):
        probe(tmp_path)


def test_a_broken_picture_among_good_ones_is_named_and_left_out(tmp_path: Path) -> None:
    _picture(tmp_path / "a.jpg", 1)
    _picture(tmp_path / "c.jpg", 2)
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8\xff nonsense")
    info = probe(tmp_path)
    assert [Path(p).name for p in info.image_paths] == ["a.jpg", "c.jpg"]
    assert "b.jpg" in info.warnings[0]


def test_a_phone_picture_in_heif_says_to_convert_it(tmp_path: Path) -> None:
    path = tmp_path / "IMG_1.HEIC"
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(200))
    with pytest.raises(FootageError, match="convert it to JPEG"):
        probe(path)
