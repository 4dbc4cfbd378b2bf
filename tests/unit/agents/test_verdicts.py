"""Confirmed, rejected, unverified: never without the numbers that say why."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.types import Neighbour, Verdict
from agents.verdicts import judge, load_verdicts
from tests.builders_agents import make_facts

POLICY = load_verdicts()


@pytest.mark.parametrize(
    ("confidence", "seen", "expected", "footages", "verdict"),
    [
        (0.82, 4, 5, 1, "confirmed"),
        (0.50, 2, 5, 1, "confirmed"),
        (0.82, 1, 1, 1, "unverified"),  # one frame is one frame
        (0.82, 2, 9, 1, "unverified"),  # too few of them agree
        (0.49, 5, 5, 1, "unverified"),
        (0.60, 1, 4, 2, "confirmed"),  # two drives agree
        (0.20, 1, 8, 1, "rejected"),
        (0.20, 1, 5, 1, "unverified"),  # not looked at often enough to reject
        (0.60, 1, 8, 1, "unverified"),  # too sure to reject
        (0.90, 3, 0, 1, "unverified"),  # no good view at all
    ],
)
def test_verdict_by_confidence_and_agreement(
    confidence: float, seen: int, expected: int, footages: int, verdict: Verdict
) -> None:
    facts = make_facts(confidence=confidence, frames_seen=seen, frames_expected=expected, footages=footages)
    judgement = judge(POLICY, facts)
    assert judgement.verdict == verdict
    assert judgement.by == "rules"
    assert f"confidence {confidence:.2f}" in judgement.reason
    assert str(seen) in judgement.reason


def test_unverified_asks_for_a_look() -> None:
    assert "look at it" in judge(POLICY, make_facts(confidence=0.4)).reason


def rival(class_name: str, distance_m: float, confidence: float) -> tuple[tuple[Neighbour, float], ...]:
    return ((Neighbour(finding_id="f-9", class_name=class_name, distance_m=distance_m), confidence),)


def test_a_surer_finding_of_another_name_on_the_spot_keeps_it_unverified() -> None:
    judgement = judge(POLICY, make_facts(), rival("surface_damage", 0.3, 0.9))
    assert judgement.verdict == "unverified"
    assert "f-9" in judgement.reason
    assert "0.3 m away" in judgement.reason


@pytest.mark.parametrize(
    ("class_name", "distance_m", "confidence"),
    [("surface_damage", 0.3, 0.6), ("surface_damage", 0.8, 0.9), ("alligator_crack", 0.3, 0.9), ("pothole", 0.3, 0.9)],
)
def test_no_contradiction_where_less_sure_or_farther_or_of_another_kind(
    class_name: str, distance_m: float, confidence: float
) -> None:
    assert judge(POLICY, make_facts(), rival(class_name, distance_m, confidence)).verdict == "confirmed"


def test_of_two_equally_sure_only_one_is_held_back() -> None:
    first, second = make_facts(finding_id="f-1"), make_facts(finding_id="f-2", class_name="surface_damage")
    to_second = Neighbour(finding_id="f-2", class_name="surface_damage", distance_m=0.2)
    to_first = Neighbour(finding_id="f-1", class_name="pothole", distance_m=0.2)
    verdicts = {
        judge(POLICY, first, [(to_second, second.confidence)]).verdict,
        judge(POLICY, second, [(to_first, first.confidence)]).verdict,
    }
    assert verdicts == {"confirmed", "unverified"}


@pytest.mark.parametrize(
    ("seen", "expected", "verdict"), [(0, 3, "confirmed"), (0, 1, "unverified"), (1, 4, "unverified")]
)
def test_a_repair_is_confirmed_only_by_looking_often_enough(seen: int, expected: int, verdict: Verdict) -> None:
    facts = make_facts(status="repaired", frames_seen=seen, frames_expected=expected)
    assert judge(POLICY, facts).verdict == verdict


def test_not_observed_says_nothing() -> None:
    facts = make_facts(status="not_observed", frames_seen=0, frames_expected=0)
    assert judge(POLICY, facts).verdict == "unverified"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.floats(0, 1), st.integers(0, 40), st.integers(0, 40), st.floats(0, 1))
def test_more_confidence_never_turns_a_confirmation_down(
    confidence: float, seen: int, unseen: int, more: float
) -> None:
    order = ("rejected", "unverified", "confirmed")
    facts = make_facts(confidence=confidence, frames_seen=seen, frames_expected=seen + unseen)
    surer = facts.model_copy(update={"confidence": max(confidence, more)})
    assert order.index(judge(POLICY, surer).verdict) >= order.index(judge(POLICY, facts).verdict)
