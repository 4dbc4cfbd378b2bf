"""The map drawn without tiles: north is up, distances are true, numbers don't cover each other."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders_report import make_assessment, make_bins, make_facts, make_record, make_report
from workflows.report_coverage import merge_stretches
from workflows.report_drawings import MapDrawing
from workflows.report_map import draw_map, nice_below
from workflows.report_ranking import rank_findings


def drawn(*places: tuple[float, float]) -> MapDrawing:
    facts = [make_facts(i + 1, latitude_deg=lat, longitude_deg=lon) for i, (lat, lon) in enumerate(places)]
    entries = rank_findings([make_record(one) for one in facts], [make_assessment(one.finding_id) for one in facts])
    drawing = draw_map((), (), entries)
    assert drawing is not None
    return drawing


def test_north_is_up_and_east_is_right() -> None:
    by_number = {mark.number: mark for mark in drawn((50.0, 8.0), (50.01, 8.0), (50.0, 8.01)).marks}

    assert by_number[2].y < by_number[1].y
    assert by_number[3].x > by_number[1].x
    assert by_number[2].x == by_number[1].x


def test_the_scale_bar_is_true() -> None:
    drawing = drawn((50.0, 8.0), (50.0, 8.02))
    first, second = drawing.marks
    metres = 0.02 * 111_195 * math.cos(math.radians(50))

    units_per_m = math.dist((first.x, first.y), (second.x, second.y)) / metres
    assert drawing.scale_bar_width == pytest.approx(drawing.scale_bar_m * units_per_m, rel=0.01)


@given(st.lists(st.tuples(st.floats(-60, 60), st.floats(-170, 170)), min_size=1, max_size=12))
def test_everything_lies_on_the_sheet(places: list[tuple[float, float]]) -> None:
    drawing = drawn(*places)

    assert all(0 <= mark.x <= drawing.width and 0 <= mark.y <= drawing.height for mark in drawing.marks)


def test_numbers_do_not_cover_each_other_and_the_most_urgent_keep_theirs() -> None:
    drawing = make_report(count=200).map
    assert drawing is not None
    numbered = [mark for mark in drawing.marks if mark.numbered]

    assert any(mark.number == 1 for mark in numbered)
    assert len(drawing.marks) == 200
    assert all(abs(a.x - b.x) >= 24 or abs(a.y - b.y) >= 24 for a, b in itertools.combinations(numbered, 2))


def test_chainage_posts_stand_at_their_chainage() -> None:
    bins = make_bins()
    drawing = draw_map(bins, merge_stretches(bins, {}), ())
    assert drawing is not None
    post = next(one for one in drawing.labels if one.text == "2+000")

    assert (post.longitude_deg, post.latitude_deg) == pytest.approx(bins[100].line[0])
    assert len(drawing.labels) >= 8


def test_without_any_coordinates_there_is_no_map() -> None:
    assert make_report(mode="chainage").map is None
    assert make_report(mode="nothing").map is None


@given(st.floats(1e-3, 1e7))
def test_nice_lengths_are_at_most_two_and_a_half_times_shorter(value: float) -> None:
    assert value / 2.5 * (1 - 1e-6) <= nice_below(value) <= value * (1 + 1e-6)
