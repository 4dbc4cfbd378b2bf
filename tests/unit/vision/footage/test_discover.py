from __future__ import annotations

import logging
from pathlib import Path

import pytest

from vision.errors import FootageError
from vision.footage.discover import discover

JPEG = b"\xff\xd8\xff\xe0 and so on"
MP4 = b"\0\0\0\x18ftypisom and so on"


def _files(folder: Path, **content: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in content.items():
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


def test_a_folder_of_videos_gives_each_in_natural_order(tmp_path: Path) -> None:
    folder = _files(tmp_path / "day", clip_10__mp4=MP4, clip_9__MP4=MP4, track__gpx=b"<gpx/>", camera__toml=b"a=1")
    (folder / ".hidden.mp4").write_bytes(MP4)
    (folder / "clip_9.LRV").write_bytes(MP4)
    assert [p.name for p in discover([folder])] == ["clip_9.MP4", "clip_10.mp4"]


def test_a_folder_of_pictures_is_one_footage(tmp_path: Path) -> None:
    folder = _files(tmp_path / "stills", a__jpg=JPEG, b__jpg=JPEG, places__csv=b"a,b")
    assert discover([folder]) == (folder,)


def test_pictures_beside_videos_are_left_out_aloud(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = _files(tmp_path / "mixed", a__mp4=MP4, a__jpg=JPEG)
    with caplog.at_level(logging.WARNING):
        assert discover([folder]) == (folder / "a.mp4",)
    assert "the pictures are left out" in caplog.text


def test_content_counts_and_a_broken_clip_stays_in_to_be_named(tmp_path: Path) -> None:
    folder = _files(tmp_path / "odd", broken__mp4=b"nonsense", empty__mov=b"", real__dat=MP4)
    assert [p.name for p in discover([folder])] == ["broken.mp4", "empty.mov", "real.dat"]


def test_files_stay_even_when_missing_and_come_once(tmp_path: Path) -> None:
    folder = _files(tmp_path / "day", a__mp4=MP4, b__mp4=MP4)
    missing = tmp_path / "missing.mp4"
    assert discover([missing, folder / "b.mp4", folder]) == (missing, folder / "b.mp4", folder / "a.mp4")


@pytest.mark.parametrize("content", [{}, {"track__gpx": b"<gpx/>"}])
def test_a_folder_without_footage_is_an_error(tmp_path: Path, content: dict[str, bytes]) -> None:
    folder = _files(tmp_path / "empty", **content)
    with pytest.raises(FootageError, match="neither videos nor pictures") as caught:
        discover([folder])
    assert str(folder) in str(caught.value)
