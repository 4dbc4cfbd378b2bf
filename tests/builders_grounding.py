"""A record of three made-up findings, and what the grounding check says of a sentence about them."""

from __future__ import annotations

from datetime import date, timedelta

from agents.grounding import Record, make_record, problems_in
from agents.types import Assessment, FindingFacts, Quantity, Sentence, SeverityGrade, Treatment
from agents.vocabulary import load_vocabulary
from tests.builders_agents import make_facts

INSPECTED_ON = date(2025, 3, 1)
VOCABULARY = load_vocabulary()


def make_assessment(facts: FindingFacts, **overrides: object) -> Assessment:
    """Grade a pothole low to medium, to be patched within 14 days."""
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
        make_assessment(POTHOLE),
        make_assessment(SECOND),
        make_assessment(
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
    """Give what is wrong with a sentence that cites those findings."""
    return problems_in(Sentence(text=text, finding_ids=finding_ids), record)


ONE = ("f-0001",)
BOTH = ("f-0001", "f-0002")
ALL = ("f-0001", "f-0002", "f-0003")
NONE: tuple[str, ...] = ()
