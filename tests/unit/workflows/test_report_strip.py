"""Strip diagrams: everything on a road is on its strip, once, at its place."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest

from tests.builders_report import (
    FOOTAGE_ID,
    make_agent,
    make_assessment,
    make_bins,
    make_facts,
    make_footage,
    make_meta,
    make_record,
    make_report,
)
from workflows.report_builder import build_report
from workflows.report_content import ReportContent
from workflows.report_drawings import StripDrawing


def numbers_on(strip: StripDrawing) -> list[int]:
    return sorted(mark.number for row in strip.rows for mark in row.marks)


def report_of(*facts_overrides: Mapping[str, object], mode: str = "map") -> ReportContent:
    facts = [make_facts(i + 1, **overrides) for i, overrides in enumerate(facts_overrides)]
    bins = make_bins(mode)  # type: ignore[arg-type]
    agent = make_agent([make_assessment(one.finding_id) for one in facts])
    return build_report(make_meta(bins), [make_record(one) for one in facts], agent, bins)


@pytest.mark.parametrize(
    ("mode", "axis"), [("map", "chainage"), ("chainage", "chainage"), ("drive", "distance"), ("nothing", "time")]
)
def test_every_finding_is_on_one_strip_once(mode: str, axis: str) -> None:
    content = make_report(count=40, mode=mode)  # type: ignore[arg-type]

    (strip,) = content.strips
    assert strip.axis == axis
    assert numbers_on(strip) == list(range(1, 41))


def test_a_mark_stands_between_the_ticks_of_its_chainage() -> None:
    (strip,) = report_of({"chainage_m": 2450.0}).strips
    row = strip.rows[1]
    ticks = {tick.text: tick.x for tick in row.ticks}

    assert row.marks[0].x == pytest.approx((ticks["2+400"] * 3 + ticks["2+600"]) / 4)


def test_left_of_the_centre_line_is_up() -> None:
    (strip,) = report_of(
        {"chainage_m": 1100.0, "lateral_m": 3.0},
        {"chainage_m": 1300.0, "lateral_m": -3.0},
        {"chainage_m": 1500.0, "lateral_m": None},
    ).strips
    left, right, unknown = sorted(strip.rows[0].marks, key=lambda mark: mark.number)

    assert left.y < 64 < right.y
    assert unknown.y < left.y


def test_a_place_on_a_drive_gives_its_distance_and_side() -> None:
    at = make_bins("drive")[80].line[1]
    (strip,) = report_of(
        {"route": None, "chainage_m": None, "lateral_m": None, "longitude_deg": at[0], "latitude_deg": at[1] + 3e-5},
        mode="drive",
    ).strips
    (mark,) = strip.rows[0].marks
    ticks = {tick.text: tick.x for tick in strip.rows[0].ticks}

    assert ticks["800 m"] < mark.x < ticks["1.00 km"]
    assert mark.x - ticks["800 m"] == pytest.approx((ticks["1.00 km"] - ticks["800 m"]) * 5 / 200, abs=0.2)
    assert mark.y < 64


def test_a_place_far_from_its_drive_is_counted_and_not_drawn() -> None:
    (strip,) = report_of(
        {"route": None, "chainage_m": None, "lateral_m": None, "latitude_deg": 53.5}, mode="drive"
    ).strips

    assert strip.unplaced == 1
    assert numbers_on(strip) == []


def test_findings_without_place_in_a_drive_with_places_get_a_time_strip() -> None:
    nowhere = {"route": None, "chainage_m": None, "lateral_m": None, "latitude_deg": None, "longitude_deg": None}

    strips = report_of({}, nowhere).strips

    assert [(strip.axis, numbers_on(strip)) for strip in strips] == [("chainage", [1]), ("time", [2])]


def test_coverage_on_the_strip_leaves_no_gap() -> None:
    (strip,) = make_report().strips

    for row in strip.rows:
        bands = sorted(row.bands, key=lambda band: band.x1)
        assert all(a.x2 == pytest.approx(b.x1) for a, b in itertools.pairwise(bands))


def test_footage_without_position_and_findings_still_has_its_time_strip() -> None:
    footage = make_footage(position_source=None, camera=None)

    content = build_report(make_meta(footages=(footage,), routes=()), [], make_agent([]), ())

    (strip,) = content.strips
    assert (strip.axis, strip.title) == ("time", "drive.mp4")
    assert strip.rows[0].start_text == "0:00"
    assert footage.footage_id == FOOTAGE_ID
