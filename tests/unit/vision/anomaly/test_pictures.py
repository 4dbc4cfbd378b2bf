"""Which pictures of a folder a station learns from, and what is said of the others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.builders_anomaly import make_texture, write_pictures
from vision.anomaly.pictures import check_normals, read_pictures
from vision.errors import InputError


def test_a_picture_that_cannot_be_read_is_named_and_left_out(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path, [make_texture(seed) for seed in range(3)])
    (folder / "shot_1.png").write_bytes((folder / "shot_1.png").read_bytes()[:200])
    pictures = read_pictures(folder)
    assert [path.name for path in pictures.paths] == ["shot_0.png", "shot_2.png"]
    assert ["shot_1.png" in failure.message for failure in pictures.failures] == [True]


def test_a_pattern_takes_some_of_a_folder(tmp_path: Path) -> None:
    write_pictures(tmp_path, [make_texture(1)], "good")
    write_pictures(tmp_path, [make_texture(2)], "bad")
    assert [path.name for path in read_pictures(tmp_path / "good_*").paths] == ["good_0.png"]


@pytest.mark.parametrize("where", ["nowhere", "nowhere/good_*", "good_*"])
def test_no_pictures_is_an_error_that_names_the_place(tmp_path: Path, where: str) -> None:
    with pytest.raises(InputError, match=r"nowhere|good"):
        read_pictures(tmp_path / where)


def test_none_readable_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    with pytest.raises(InputError, match="none of its 1 pictures can be read"):
        read_pictures(tmp_path)


def test_too_few_says_how_many_more(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path, [make_texture(seed) for seed in range(7)])
    shutil.copy(folder / "shot_0.png", folder / "shot_9.png")
    with pytest.raises(InputError, match=r"7 normal pictures of station S2 .* 1 are copies: at least 20.* 13 more"):
        check_normals(read_pictures(folder), "S2", 20)


def test_all_identical_is_an_error_even_where_the_files_differ(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path, [make_texture(0)] * 25)
    with pytest.raises(InputError, match="all 25 normal pictures of station S2 are identical"):
        check_normals(read_pictures(folder), "S2", 20)
    for index, file in enumerate(sorted(folder.iterdir())):
        file.write_bytes(file.read_bytes() + bytes(index))  # PNG readers stop at the end mark
    with pytest.raises(InputError, match="show the same pixels"):
        check_normals(read_pictures(folder), "S2", 20)


def test_pictures_of_very_different_size_are_warned_of(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path, [make_texture(seed) for seed in range(4)])
    write_pictures(folder, [make_texture(9, width_px=200)], "other")
    assert "1 of 5 pictures differ in size" in read_pictures(folder).warnings[0]
    assert read_pictures(folder / "shot_*").warnings == ()
