"""A report's folder is replaced as a whole or not at all."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.builders_report import make_report
from vision.errors import ConfigError, StoreError
from workflows.output_folder import check_output_folder, swap_by_two_renames, write_output_folder

FILES = ["coverage.geojson", "evidence", "findings.csv", "findings.geojson", "inspection.json", "report.html"]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let the system refuse larger files in this process, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_everything_promised_is_there_and_nothing_else(tmp_path: Path) -> None:
    content = make_report(count=2)

    report = write_output_folder(tmp_path / "new" / "report", content)

    assert report == tmp_path / "new" / "report" / "report.html"
    assert names_in(report.parent) == FILES
    assert names_in(report.parent / "evidence") == sorted(
        picture.file_name for entry in content.findings for picture in entry.pictures
    )
    assert names_in(report.parent.parent) == ["report"]


def test_a_second_report_replaces_the_first(tmp_path: Path) -> None:
    out = tmp_path / "report"
    write_output_folder(out, make_report(count=4))

    write_output_folder(out, make_report(count=1))

    assert len(names_in(out / "evidence")) == 2
    assert names_in(tmp_path) == ["report"]


def test_other_peoples_files_in_the_folder_are_kept(tmp_path: Path) -> None:
    out = tmp_path / "report"
    write_output_folder(out, make_report(count=2))
    (out / "notes.txt").write_text("ring the county")

    write_output_folder(out, make_report(count=1))

    assert (out / "notes.txt").read_text() == "ring the county"
    assert names_in(out) == sorted([*FILES, "notes.txt"])


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    out = tmp_path / "report"
    out.mkdir()

    assert write_output_folder(out, make_report(count=1)).is_file()


def test_a_folder_with_something_else_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"beach")

    with pytest.raises(ConfigError, match="something else than a report"):
        write_output_folder(tmp_path, make_report(count=1))

    assert names_in(tmp_path) == ["holiday.jpg"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("")

    with pytest.raises(ConfigError, match="is a file"):
        check_output_folder(tmp_path / "report")


def test_the_current_folder_is_refused_with_a_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigError, match="--out report"):
        check_output_folder(Path())


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "report").symlink_to(tmp_path / "disk")

    write_output_folder(tmp_path / "report", make_report(count=1))

    assert (tmp_path / "report").is_symlink()
    assert names_in(tmp_path / "disk") == FILES


def test_a_full_disk_leaves_the_old_report_and_no_rubbish(tmp_path: Path) -> None:
    out = tmp_path / "report"
    write_output_folder(out, make_report(count=1))
    before = (out / "report.html").read_bytes()

    with files_of_at_most(50_000), pytest.raises(StoreError, match="no room"):
        write_output_folder(out, make_report(count=3))

    assert (out / "report.html").read_bytes() == before
    assert names_in(out) == FILES
    assert names_in(tmp_path) == ["report"]


def test_a_folder_that_can_not_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="name another folder"):
        write_output_folder(tmp_path / "file" / "report", make_report(count=1))


def test_what_a_killed_run_left_is_cleared_and_nothing_of_others_with_it(tmp_path: Path) -> None:
    out = tmp_path / "report"
    write_output_folder(out, make_report(count=1))
    stale = tmp_path / ".report.partial"
    (stale / "evidence").mkdir(parents=True)
    (stale / "report.html").write_text("<half")
    (stale / "notes.txt").write_text("ring the county")

    write_output_folder(out, make_report(count=2))

    assert names_in(tmp_path) == ["report"]
    assert (out / "notes.txt").read_text() == "ring the county"


def test_a_report_set_aside_when_the_run_was_killed_comes_back_first(tmp_path: Path) -> None:
    out = tmp_path / "report"
    write_output_folder(out, make_report(count=1))
    out.rename(tmp_path / ".report.old")

    with files_of_at_most(50_000), pytest.raises(StoreError):
        write_output_folder(out, make_report(count=3))

    assert names_in(out) == FILES
    assert names_in(tmp_path) == ["report"]


def test_where_folders_can_not_be_exchanged_two_renames_do_and_undo(tmp_path: Path) -> None:
    partial, target, aside = tmp_path / "partial", tmp_path / "report", tmp_path / "aside"
    for folder in (partial, target):
        folder.mkdir()
        (folder / folder.name).touch()

    swap_by_two_renames(partial, target, aside)
    with pytest.raises(OSError, match="partial"):
        swap_by_two_renames(partial, target, tmp_path / "aside2")

    assert names_in(target) == ["partial"]
    assert names_in(aside) == ["report"]


def test_a_place_that_takes_no_files_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="another folder"):
        check_output_folder(Path("/proc/report"))
    check_output_folder(tmp_path / "new" / "report")
    assert names_in(tmp_path) == []
