"""A sentence that says anything that the cited findings don't must not pass, and a true one must."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from agents.grounding import Record, keep_grounded, make_record, problems_in
from agents.types import Assessment, FindingFacts, Quantity, Sentence, SeverityGrade, Treatment
from agents.vocabulary import load_vocabulary
from tests.builders_agents import make_facts

INSPECTED_ON = date(2025, 3, 1)
VOCABULARY = load_vocabulary()


def assessment(facts: FindingFacts, **overrides: object) -> Assessment:
    values: dict[str, object] = {
        "finding_id": facts.finding_id,
        "severity": SeverityGrade(
            low="low",
            high="medium",
            standard="ASTM D6433",
            basis="ASTM D6433, potholes: mean diameter 710 mm (640 to 780 mm with its error), depth not seen.",
        ),
        "verdict": "confirmed",
        "verdict_by": "rules",
        "verdict_reason": "Seen in 4 of 5 frames: enough (at least 2 frames, 40 %).",
        "cause": None,
        "treatment": Treatment(
            action="throw-and-roll patch",
            response_days=14,
            priority=2,
            due=INSPECTED_ON + timedelta(days=14),
            reason="Secondary road: within 14 days.",
        ),
        "notes": ("One patching job with f-0002: 2 within 10 m.",),
    }
    return Assessment.model_validate(values | overrides)


POTHOLE = make_facts()
SECOND = make_facts(
    finding_id="f-0002",
    chainage_m=12_306.0,
    latitude_deg=19.09128,
    longitude_deg=74.73461,
    area_m2=Quantity(value=0.25, error=0.03),
    length_m=Quantity(value=0.60, error=0.04),
    width_m=Quantity(value=0.52, error=0.04),
    confidence=0.64,
)
CRACK = make_facts(
    finding_id="f-0003",
    class_name="alligator_crack",
    status="worse",
    chainage_m=14_120.0,
    latitude_deg=19.10555,
    longitude_deg=74.75001,
    area_m2=Quantity(value=3.1, error=0.4),
    length_m=Quantity(value=2.9, error=0.2),
    width_m=Quantity(value=1.3, error=0.1),
    confidence=0.41,
    frames_seen=2,
    frames_expected=9,
)
FACTS = (POTHOLE, SECOND, CRACK)
RECORD = make_record(
    VOCABULARY,
    FACTS,
    (
        assessment(POTHOLE),
        assessment(SECOND),
        assessment(
            CRACK,
            severity=SeverityGrade(low="medium", high="high", standard="ASTM D6433", basis="ASTM D6433, alligator."),
            verdict="unverified",
            treatment=Treatment(
                action="full-depth patch", response_days=60, priority=3, due=date(2025, 4, 30), reason="In 60 days."
            ),
            notes=("Area grew by 0.62 ± 0.31 m² in 34 days.",),
        ),
    ),
    INSPECTED_ON,
)


def problems(text: str, *finding_ids: str, record: Record = RECORD) -> tuple[str, ...]:
    return problems_in(Sentence(text=text, finding_ids=finding_ids), record)


ONE = ("f-0001",)
BOTH = ("f-0001", "f-0002")
ALL = ("f-0001", "f-0002", "f-0003")
NONE: tuple[str, ...] = ()


TRUE: list[tuple[str, tuple[str, ...]]] = [
    ("The pothole at BR-386 12+300 covers 0.40 ± 0.04 m².", ONE),
    ("Pothole f-0001 lies at km 12.3 of BR-386, 0.81 m long and 0.63 m wide.", ONE),
    ("It lies at 19.09123, 74.73456, known to 1.3 m.", ONE),
    ("It lies at 19.0912° N, 74.7346° E.", ONE),
    ("It lies at latitude 19.09 and chainage 12300 m.", ONE),
    ("Its area is 0.4 square metres, its mean diameter 710 mm.", ONE),
    ("It measures 81 cm by 63 cm.", ONE),
    ("Patch it within 14 days, by 15 March 2025.", ONE),
    ("Patch it within two weeks, due 2025-03-15.", ONE),
    ("It was seen in 4 of 5 frames (80 %) on March 1, 2025, at 63.0 s of drive.mp4, confidence 0.82.", ONE),
    ("It was seen at 1:03 in the footage.", ONE),
    ("It is graded low to medium by ASTM D6433 and confirmed.", ONE),
    ("It has priority 2.", ONE),
    ("Two potholes lie within 10 m on BR-386.", BOTH),
    ("Both potholes are confirmed and new.", BOTH),
    ("The potholes lie between 12+300 and 12+306.", BOTH),
    ("Together they cover 0.65 m².", BOTH),
    ("The largest covers 0.40 m².", BOTH),
    ("3 findings: 2 potholes and 1 alligator crack.", ALL),
    ("2 of the 3 findings are confirmed, 1 is unverified.", ALL),
    ("Of the three findings, two are confirmed.", ALL),
    ("There are 2 potholes.", ONE),
    ("All are due by 30 April 2025.", ALL),
    ("No longitudinal cracks among the 3 findings.", ALL),
    ("No transverse cracks.", NONE),
    ("The crocodile cracking grew by 0.62 m² in 34 days.", ("f-0003",)),
    ("Full-depth patch at BR-386 14+120.", ("f-0003",)),
    ("Potholes: 2, alligator cracks: 1.", ALL),
    ("It is at most 0.8 m long.", ONE),
    ("Severity up to medium.", ONE),
]


@pytest.mark.parametrize(("text", "cited"), TRUE)
def test_true_sentence_stands(text: str, cited: tuple[str, ...]) -> None:
    assert problems(text, *cited) == ()


TRUE_BY_ANOTHER_FACT = {
    "It measures 81 cm by 64 cm.",  # 640 mm stands in the severity's basis
    "It was seen at 1:04 in the footage.",  # last seen at 63.5 s
    "There are 1 potholes.",  # one is cited
}


@pytest.mark.parametrize(("text", "cited"), TRUE)
def test_no_number_in_a_true_sentence_can_be_changed(text: str, cited: tuple[str, ...]) -> None:
    for number in re.finditer(r"\d+", text):
        for step in (1, -1, 7):
            changed = str(max(0, int(number[0]) + step)).zfill(len(number[0]))
            planted = text[: number.start()] + changed + text[number.end() :]
            if planted != text and planted not in TRUE_BY_ANOTHER_FACT:
                assert problems(planted, *cited) != (), planted


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        # wrong numbers
        ("The pothole covers 0.45 m².", ONE),
        ("The pothole covers 0.40 ± 0.09 m².", ONE),
        ("It is 0.63 m long.", ONE),
        ("It is 0.81 m wide.", ONE),
        ("It is 60 mm deep.", ONE),
        ("Patch it within 7 days.", ONE),
        ("Patch it within a dozen days.", ONE),
        ("Patch it within three weeks.", ONE),
        ("It was seen in 5 of 5 frames.", ONE),
        ("It was seen in 2 frames.", ONE),
        ("Confidence 0.92.", ONE),
        ("It was seen at 64.8 s.", ONE),
        ("It was seen at 2:03.", ONE),
        ("It has priority 1.", ONE),
        ("Mean diameter 910 mm.", ONE),
        ("It took 40 kg of mix.", ONE),
        ("It is 80 % worse.", ONE),
        ("About half of the road is broken.", ONE),
        ("It has doubled.", ONE),
        # wrong counts
        ("3 potholes were found.", BOTH),
        ("Seven potholes were found.", BOTH),
        ("2 alligator cracks were found.", ALL),
        ("2 of the 3 findings are unverified.", ALL),
        ("1 of the 2 findings is confirmed.", ALL),
        ("Of the 2 potholes, 1 is low to medium.", BOTH),
        ("There are no potholes.", ("f-0003",)),
        ("No potholes.", NONE),
        ("5 lorries passed.", ONE),
        ("Potholes: 3.", ALL),
        ("2 worse potholes were found.", BOTH),
        # wrong places
        ("The pothole lies at BR-386 12+310.", ONE),
        ("The pothole lies at km 13.2.", ONE),
        ("The pothole lies at chainage 12350 m.", ONE),
        ("The pothole lies on BR-101.", ONE),
        ("The pothole lies in Porto Alegre.", ONE),
        ("Springfield has a pothole.", ONE),
        ("The pothole lies near the school.", ONE),
        ("It lies at 19.09223, 74.73456.", ONE),
        ("It lies at 19.09123, 74.73956.", ONE),
        ("It lies at 19.0912° S, 74.7346° E.", ONE),
        ("It lies at latitude 20.", ONE),
        ("It lies at 19°05'38\" N.", ONE),
        ("It was seen in drive_b.mp4.", ONE),
        # places and values that belong to another finding
        ("The potholes lie at 12+300.", BOTH),
        ("f-0001 lies at 12+306 and f-0002 at 12+300.", BOTH),
        ("The pothole at 14+120 covers 0.40 m².", ONE),
        ("Potholes of 0.81 m and 0.60 m length.", BOTH),
        # wrong dates
        ("Patch it by 2025-03-16.", ONE),
        ("Patch it by 15 April 2025.", ONE),
        ("It is due on 1 March 2025.", ONE),
        ("It was first seen on 2025-02-01.", ONE),
        ("It was first seen in February 2025.", ONE),
        ("It was built in 1998.", ONE),
        ("Patch it tomorrow.", ONE),
        ("All are due by 15 March 2025.", ALL),
        # wrong ids
        ("Pothole f-0002 is confirmed.", ONE),
        ("Pothole f-0009 is confirmed.", ONE),
        ("The pothole is confirmed.", ("f-0009",)),
        # a class that isn't there
        ("The longitudinal crack is confirmed.", ONE),
        ("The alligator crack is confirmed.", ONE),
        ("Cracks at BR-386 12+300.", ONE),
        ("There is rutting at BR-386 12+300.", ONE),
        ("A manhole stands out at 12+300.", ONE),
        ("Block cracking at 14+120.", ("f-0003",)),
        ("D00 at BR-386 12+300.", ONE),
        # attributes that aren't so
        ("The pothole is high.", ONE),
        ("The pothole is medium.", ONE),
        ("The pothole is of severe kind.", ONE),
        ("The pothole is rejected.", ONE),
        ("The pothole is worse.", ONE),
        ("The pothole is repaired.", ONE),
        ("The findings are confirmed.", ALL),
        ("It has high priority.", ONE),
        ("Overlay it.", ONE),
        # denials
        ("The pothole is not confirmed.", ONE),
        ("It is not a pothole.", ONE),
        # nothing cited
        ("The road is in good condition: 2 potholes.", NONE),
        ("2 potholes were found.", NONE),
        ("Everything is fine.", NONE),
    ],
)
def test_false_sentence_falls(text: str, cited: tuple[str, ...]) -> None:
    assert problems(text, *cited) != ()


def test_dropped_sentences_are_told_with_their_problem() -> None:
    true = Sentence(text="The pothole covers 0.40 m².", finding_ids=ONE)
    false = Sentence(text="The pothole covers 0.47 m².", finding_ids=ONE)
    kept, refused = keep_grounded([true, false], RECORD)
    assert kept == (true,)
    assert [refusal.sentence for refusal in refused] == [false]
    assert "0.47 m²" in refused[0].problems[0]


@pytest.mark.parametrize(
    "written", ["12+300", "km 12.3", "km 12.300", "12.3 km", "chainage 12300 m", "chainage 12,300", "km 12+300"]
)
def test_every_way_to_write_a_chainage_is_read(written: str) -> None:
    assert problems(f"The pothole lies at {written}.", *ONE) == ()
    assert problems(f"The alligator cracking lies at {written}.", "f-0003") != ()


@pytest.mark.parametrize(
    "written",
    [
        "2025-03-15",
        "15 March 2025",
        "March 15, 2025",
        "15th of March 2025",
        "15.03.2025",
        "15/03/2025",
        "15 Mar",
        "2025/3/15",
    ],
)
def test_every_way_to_write_a_date_is_read(written: str) -> None:
    assert problems(f"Patch it by {written}.", *ONE) == ()
    assert problems(f"Patch it by {written}.", "f-0003") != ()


# --- laws: what the record says always stands, and any other number, place, date or id never does ----------------

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
    made = assessment(facts, severity=None, treatment=treatment, notes=())
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
    record = make_record(VOCABULARY, facts, [assessment(one) for one in facts], INSPECTED_ON)
    name = class_names[0]
    text = f"There are {claimed} {VOCABULARY.classes[name][1]}."
    stands = problems(text, *(one.finding_id for one in facts), record=record) == ()
    assert stands == (claimed == class_names.count(name))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=80))
def test_any_text_at_all_is_judged_without_an_error(text: str) -> None:
    problems(text, *ALL)
    assert problems(text) or not any(character.isdigit() for character in text.replace("0", ""))


def test_a_number_within_a_road_s_name_is_a_name_and_outside_it_a_number() -> None:
    facts = make_facts(finding_id="f9a8b7", route="R 220", chainage_m=3047.0)
    record = make_record(load_vocabulary(), [facts], [assessment(facts)], date(2026, 11, 2))
    assert problems("The finding lies on R 220 at 3+047.", "f9a8b7", record=record) == ()
    assert problems("The finding lies on R 221 at 3+047.", "f9a8b7", record=record) != ()
    assert problems("There are 220 findings on R 220.", "f9a8b7", record=record) != ()
