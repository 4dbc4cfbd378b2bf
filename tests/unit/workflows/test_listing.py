"""Tables for people: in few columns, whole where nobody sets a width, and with every name as it is."""

from __future__ import annotations

from typing import Any

import pytest

from workflows.listing import finding_table, inspection_table, print_rows


def finding_row(**overrides: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "finding_id": "c2f89ae13657",
        "class_name": "alligator_crack",
        "status": "not_observed",
        "verdict": "unverified",
        "confidence": 0.841,
        "severity": "medium-high",
        "route": "K 599",
        "chainage_m": 26_566.07,
        "latitude_deg": 51.196992,
        "longitude_deg": 10.39017,
        "position_error_m": 2.04,
        "area_m2": 6.76,
        "action": "partial-depth patch",
        "priority": 2,
        "due": "2027-02-23",
        "inspection_id": "a2fcbe6990ed39a2",
    }
    return values | overrides


def inspection_row(**overrides: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "inspection_id": "a2fcbe6990ed39a2",
        "begun_at": "2026-11-25T23:04:11+00:00",
        "complete": True,
        "recorded_at": None,
        "footage": ["/films/monday/drive.mp4"],
        "frames_examined": 12,
        "frames_refused": 0,
        "findings": 5,
        "valid_km": 0.04,
        "failures": 0,
        "report": "/reports/monday/report.html",
    }
    return values | overrides


def test_a_finding_is_one_line_where_nobody_sets_a_width(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(finding_table([finding_row()]), "no findings")
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "c2f89ae13657" in line]
    for words in ("alligator crack", "medium to high", "unverified", "K 599 26+566 ± 2.0 m", "P2 by 2027-02-23"):
        assert words in line


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"chainage_m": None}, "51.196992° N, 10.390170° E ± 2.0 m"),
        ({"route": None}, "26+566 ± 2.0 m"),
        ({"chainage_m": None, "latitude_deg": None, "position_error_m": None}, None),
        (
            {"chainage_m": None, "latitude_deg": None, "position_error_m": None, "condition": "Works, Line A, S2: pit"},
            "Works, Line A, S2: pit",
        ),
    ],
    ids=["coordinates", "chainage of no named route", "nowhere", "a part on a line"],
)
def test_a_place_is_written_as_far_as_it_is_known(changes: dict[str, Any], place: str | None) -> None:
    assert finding_table([finding_row(**changes)])[0]["place"] == place


def test_what_is_not_known_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    row = finding_row(severity=None, verdict=None, priority=None, due=None)
    print_rows(finding_table([row]), "no findings")
    assert "not graded" in capsys.readouterr().out
    assert finding_table([finding_row(due=None)])[0]["act"] == "P2"


def test_names_in_brackets_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(inspection_table([inspection_row(footage=["/films/drive[b][red].mp4"])]), "none")
    assert "drive[b][red].mp4" in capsys.readouterr().out


def test_an_inspection_says_where_its_report_is_or_that_there_is_none() -> None:
    whole, cut = inspection_table([inspection_row(), inspection_row(complete=False, report=None)])
    assert whole["report"] == "/reports/monday/report.html"
    assert "cut short" in cut["report"]
    assert inspection_table([inspection_row(footage=["/a/1.mp4", "/a/2.mp4", "/a/3.mp4"])])[0]["footage"] == (
        "1.mp4 and 2 more"
    )
