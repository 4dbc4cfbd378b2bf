"""The closing words of an inspection say what failed, in the words of the failure."""

from __future__ import annotations

import pytest

from tests.builders_report import FOOTAGE_ID, make_agent, make_meta
from vision.errors import Failure
from workflows.report_builder import build_report
from workflows.summary import print_summary


def printed(capsys: pytest.CaptureFixture[str], failures: tuple[Failure, ...]) -> str:
    print_summary(build_report(make_meta(failures=failures, covered=None), [], make_agent([]), ()))
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_brackets_in_a_name_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    name = "/films/[/red]drive[bold].mp4"
    err = printed(capsys, (Failure(name, None, "FootageError", f"{name}: the file is empty"),))
    assert f"in {name}: {name}: the file is empty\n" in err


def test_one_kind_of_damage_is_one_line_with_its_first_times(capsys: pytest.CaptureFixture[str]) -> None:
    damage = "drive.mp4: the file is damaged here, the frame can't be decoded"
    failures = tuple(Failure(FOOTAGE_ID, second * 10**9, "FootageError", damage) for second in range(40))
    (line,) = [line for line in printed(capsys, failures).splitlines() if line.startswith("failed")]
    assert line.startswith("failed: 40 x FootageError in drive.mp4 at 0:00.0, 0:01.0, 0:02.0, …")


def test_many_kinds_of_failure_do_not_push_the_rest_off_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    failures = tuple(Failure(f"{i}.jpg", None, "FootageError", f"{i}.jpg: damaged") for i in range(25))
    lines = [line for line in printed(capsys, failures).splitlines() if line.startswith("failed")]
    assert len(lines) == 11
    assert "15 more" in lines[-1]


def test_without_a_position_no_road_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert "road: not known" in printed(capsys, ())


def test_time_is_told_as_a_whole_and_no_part_is_counted_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert "seconds: 65.1 in all; decode 38.2 (in examine), examine 61.9, locate 0.8" in printed(capsys, ())
