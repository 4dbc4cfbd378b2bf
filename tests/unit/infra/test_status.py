from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.merge_rules import MergeRules
from infra.observation import Observation
from infra.status import has_grown, last_campaign, latest_campaign, missed_by_chance, status_when_seen
from tests.builders_ledger import day, make_observation
from vision.types import Measure

RULES = MergeRules()


def seen(footage: str, on: float, area_m2: float = 0.5, error: float = 0.02) -> Observation:
    return make_observation(footage, None, footage, observed_at=day(on), area_m2=Measure(area_m2, error))


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ([], "new"),
        ([seen("x", 90)], "new"),
        ([seen("x", 80)], "persisting"),
        ([seen("x", 80), seen("y", 99)], "persisting"),
        ([seen("x", 120)], "new"),
    ],
)
def test_new_is_what_no_earlier_campaign_saw(earlier: list[Observation], expected: str) -> None:
    assert status_when_seen([seen("now", 100)], earlier, RULES) == expected


def test_growth_counts_since_the_last_campaign_not_since_the_first() -> None:
    history = [seen("a", 0, 0.1), seen("b", 50, 0.5)]
    assert status_when_seen([seen("now", 100, 0.55)], history, RULES) == "persisting"
    assert status_when_seen([seen("now", 100, 0.70)], history, RULES) == "worse"


@pytest.mark.parametrize(
    ("now", "was", "expected"),
    [
        (Measure(0.66, 0.01), Measure(0.5, 0.01), True),
        (Measure(0.64, 0.01), Measure(0.5, 0.01), False),  # by 28 %
        (Measure(0.80, 0.15), Measure(0.5, 0.10), False),  # within two sigma of both
        (Measure(0.90, 0.15), Measure(0.5, 0.10), True),
        (Measure(0.90, 0.15), None, False),
        (None, Measure(0.5, 0.1), False),
    ],
)
def test_grown_by_a_share_and_by_more_than_the_error(now: Measure | None, was: Measure | None, expected: bool) -> None:
    assert has_grown(now, was, RULES) is expected


def test_a_survey_of_three_weeks_is_one_campaign() -> None:
    times = {"old": day(-30), "a": day(0), "b": day(10), "c": day(21)}
    assert latest_campaign(times, RULES) == {"a", "b", "c"}
    assert latest_campaign({}, RULES) == frozenset()


def test_the_last_campaign_is_what_lies_near_the_newest() -> None:
    views = [seen("a", 0), seen("b", 50), seen("c", 60)]
    assert [view.footage_id for view in last_campaign(views, RULES)] == ["b", "c"]
    assert last_campaign([], RULES) == []


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 40))
def test_more_frames_and_better_views_leave_less_to_chance(seen_in: int, more: int, shown: int) -> None:
    expected = seen_in + more
    chance = missed_by_chance(seen_in, expected, shown)
    assert 0.0 < chance < 1.0
    assert missed_by_chance(seen_in, expected, shown + 1) < chance
    assert missed_by_chance(seen_in + 1, expected + 1, shown) < chance


def test_two_frames_close_no_order_on_what_was_seen_half_the_time() -> None:
    assert missed_by_chance(2, 4, 2) > RULES.repaired_chance
    assert missed_by_chance(4, 4, 2) < RULES.repaired_chance
