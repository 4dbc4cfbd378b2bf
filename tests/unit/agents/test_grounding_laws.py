"""Laws: what the record says always stands, and any other number, place, date or id never does."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from agents.grounding import Record, make_record
from agents.types import FindingFacts, Quantity, Treatment
from tests.builders_agents import make_facts
from tests.builders_grounding import ALL, INSPECTED_ON, VOCABULARY, make_assessment, problems

sizes = st.floats(min_value=0.05, max_value=9.0).map(lambda value: round(value, 3))


@st.composite
def records(draw: st.DrawFn) -> tuple[FindingFacts, Record]:
    facts = make_facts(
        finding_id=draw(st.from_regex(r"[a-f0-9]{6}[a-f][0-9][a-f0-9]{4}", fullmatch=True)),
        class_name=draw(st.sampled_from(sorted(VOCABULARY.classes))),
        area_m2=Quantity(value=draw(sizes), error=draw(sizes)),
        length_m=Quantity(value=draw(sizes), error=draw(sizes)),
        width_m=Quantity(value=draw(sizes), error=draw(sizes)),
        chainage_m=draw(st.floats(min_value=0, max_value=99_000)),
        latitude_deg=draw(st.floats(min_value=-80, max_value=80)),
        longitude_deg=draw(st.floats(min_value=-179, max_value=179)),
        confidence=draw(st.floats(min_value=0, max_value=1)),
    )
    days = draw(st.integers(min_value=0, max_value=400))
    treatment = Treatment(
        action="patch", response_days=days, priority=3, due=INSPECTED_ON + timedelta(days=days), reason="By policy."
    )
    made = make_assessment(facts, severity=None, treatment=treatment, notes=())
    return facts, make_record(VOCABULARY, [facts], [made], INSPECTED_ON)


def plus(metres: float) -> str:
    whole = round(metres)
    return f"{whole // 1000}+{whole % 1000:03d}"


def sentence_about(
    facts: FindingFacts,
    *,
    area: float | None = None,
    chainage: float | None = None,
    latitude: float | None = None,
    due: date | None = None,
    days: int = 0,
) -> str:
    assert facts.area_m2 is not None
    assert facts.chainage_m is not None
    assert facts.latitude_deg is not None
    word = VOCABULARY.classes[facts.class_name][0]
    at = plus(facts.chainage_m if chainage is None else chainage)
    lat = facts.latitude_deg if latitude is None else latitude
    covers = facts.area_m2.value if area is None else area
    return (
        f"The {word} at BR-386 {at} ({lat:.5f}, {facts.longitude_deg:.5f}) covers {covers:.2f} m², "
        f"confidence {facts.confidence:.2f}: act within {days} days, by {due}."
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records())
def test_what_the_record_says_stands(made: tuple[FindingFacts, Record]) -> None:
    facts, record = made
    treatment = record.evidence[facts.finding_id].assessment.treatment
    assert treatment is not None
    text = sentence_about(facts, due=treatment.due, days=treatment.response_days)
    assert problems(text, facts.finding_id, record=record) == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records(), st.sampled_from(["area", "chainage", "latitude", "due", "days", "id", "class"]), st.data())
def test_one_planted_falsehood_is_caught(made: tuple[FindingFacts, Record], kind: str, data: st.DataObject) -> None:
    facts, record = made
    treatment = record.evidence[facts.finding_id].assessment.treatment
    assert treatment is not None
    assert treatment.due is not None
    assert facts.area_m2 is not None
    assert facts.chainage_m is not None
    assert facts.latitude_deg is not None
    due, days, cited = treatment.due, treatment.response_days, facts.finding_id
    planted: dict[str, float] = {}
    if kind == "area":
        planted["area"] = data.draw(st.floats(min_value=0.05, max_value=9.0))
        assume(abs(planted["area"] - facts.area_m2.value) > 0.011)
    elif kind == "chainage":
        planted["chainage"] = data.draw(st.floats(min_value=0, max_value=99_000))
        assume(abs(planted["chainage"] - facts.chainage_m) > 1.01)
    elif kind == "latitude":
        planted["latitude"] = data.draw(st.floats(min_value=-80, max_value=80))
        assume(abs(planted["latitude"] - facts.latitude_deg) > 0.00002)
    elif kind == "due":
        due = INSPECTED_ON + timedelta(days=data.draw(st.integers(min_value=-300, max_value=800)))
        assume(due != treatment.due)
    elif kind == "days":
        days = data.draw(st.integers(min_value=0, max_value=800))
        assume(days != treatment.response_days)
    text = sentence_about(facts, due=due, days=days, **planted)
    if kind == "id":
        other = data.draw(st.from_regex(r"[a-f0-9]{6}[a-f][0-9][a-f0-9]{4}", fullmatch=True))
        assume(other != cited)
        text = text.replace("BR-386", f"{other} on BR-386")
    elif kind == "class":
        wrong = data.draw(st.sampled_from(sorted(set(VOCABULARY.classes) - {facts.class_name})))
        text = text.replace(VOCABULARY.classes[facts.class_name][0], VOCABULARY.classes[wrong][0])
    assert problems(text, cited, record=record) != ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(sorted(VOCABULARY.classes)), min_size=1, max_size=8), st.integers(0, 12))
def test_a_count_stands_only_if_it_is_right(class_names: list[str], claimed: int) -> None:
    facts = [make_facts(finding_id=f"f-{place:04d}", class_name=name) for place, name in enumerate(class_names)]
    record = make_record(VOCABULARY, facts, [make_assessment(one) for one in facts], INSPECTED_ON)
    name = class_names[0]
    text = f"There are {claimed} {VOCABULARY.classes[name][1]}."
    stands = problems(text, *(one.finding_id for one in facts), record=record) == ()
    assert stands == (claimed == class_names.count(name))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=80))
def test_any_text_at_all_is_judged_without_an_error(text: str) -> None:
    problems(text, *ALL)
    assert problems(text) or not any(character.isdigit() for character in text.replace("0", ""))
