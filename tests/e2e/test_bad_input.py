"""Bad input: one line that says what to do, the right exit code, nothing half-written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Home, inspect_arguments


def _refused(home: Home, code: int, *arguments: str | Path) -> str:
    done = home.run(*arguments, expect=code)
    lines = [line for line in done.stderr.splitlines() if line.startswith("walkdown: ")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return lines[0]


def test_missing_footage(home: Home) -> None:
    assert "nowhere.mp4" in _refused(home, 3, "inspect", "nowhere.mp4")
    assert "left out" not in home.run("inspect", "nowhere.mp4", expect=3).stderr


def test_an_inspection_that_is_not_there(home: Home) -> None:
    assert "walkdown inspections" in _refused(home, 2, "findings", "--inspection", "abc")


def test_text_that_calls_itself_a_video(home: Home) -> None:
    (home.folder / "notes.mp4").write_text("not a video\n" * 100)
    _refused(home, 3, "inspect", "notes.mp4")
    assert not (home.folder / "walkdown-report").exists()


def test_a_track_of_another_day(home: Home, drives: Path) -> None:
    track = home.folder / "other.gpx"
    text = (drives / "first" / "drive.gpx").read_text(encoding="utf-8")
    year = text.split("<time>")[1][:4]
    points = text.replace(f"<time>{year}", "<time>1999").split("<trkpt")
    track.write_text("<trkpt".join([points[0], *points[1:4]]) + "</trkseg></trk></gpx>", encoding="utf-8")
    message = _refused(home, 3, "inspect", drives / "first" / "drive.mp4", "--telemetry", track)
    assert "clock-offset" in message


@pytest.mark.parametrize(("points", "times"), [(1, True), (3, False)], ids=["one point", "no times"])
def test_a_track_that_is_none(home: Home, drives: Path, points: int, times: bool) -> None:
    stamp = "<time>2026-05-01T10:00:0{}Z</time>"
    body = "".join(f'<trkpt lat="50.{i}" lon="8.0">{stamp.format(i) if times else ""}</trkpt>' for i in range(points))
    (home.folder / "odd.gpx").write_text(
        f'<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{body}</trkseg></trk></gpx>'
    )
    assert "odd.gpx" in _refused(home, 3, "inspect", drives / "first" / "drive.mp4", "--telemetry", "odd.gpx")


def test_a_camera_that_makes_no_sense(home: Home, drives: Path) -> None:
    (home.folder / "camera.toml").write_text("[camera]\nheight_m = -2\npitch_deg = 5\nhorizontal_fov_deg = 70\n")
    message = _refused(home, 2, "inspect", drives / "first" / "drive.mp4", "--camera", "camera.toml")
    assert "height_m" in message


def test_a_clock_offset_that_is_no_number(home: Home, drives: Path) -> None:
    arguments = inspect_arguments(drives / "first", home.folder / "report", "--clock-offset", "nan")
    assert "--clock-offset nan" in _refused(home, 2, *arguments)


def test_weights_that_are_not_there(home: Home, drives: Path) -> None:
    (home.folder / "walkdown.toml").write_text('[detector]\nweights = "missing.pt"\n')
    assert "missing.pt" in _refused(home, 4, *inspect_arguments(drives / "first", home.folder / "report"))


def test_an_unknown_setting_is_refused_by_name(home: Home, drives: Path) -> None:
    (home.folder / "walkdown.toml").write_text("[sampling]\nevry = '3m'\n")
    assert "evry" in _refused(home, 2, *inspect_arguments(drives / "first", home.folder / "report"))


def test_a_ledger_that_is_no_database(home: Home, drives: Path) -> None:
    home.database.write_text("this is a diary, not a database\n" * 50)
    before = home.database.read_bytes()
    _refused(home, 6, *inspect_arguments(drives / "first", home.folder / "report"))
    assert home.database.read_bytes() == before


def test_a_report_folder_that_holds_other_things(home: Home, drives: Path) -> None:
    (home.folder / "thesis").mkdir()
    (home.folder / "thesis" / "chapter.txt").write_text("do not lose me")
    _refused(home, 2, *inspect_arguments(drives / "first", home.folder / "thesis"))
    assert (home.folder / "thesis" / "chapter.txt").read_text() == "do not lose me"
