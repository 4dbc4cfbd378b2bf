"""What may be said of one finding: every number, date, place and name in its facts and its assessment."""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property

from agents.grading import mean_diameter_mm
from agents.reader import Reader
from agents.types import Assessment, FindingFacts, Quantity
from agents.verdicts import agreement
from agents.vocabulary import spoken

_NAME = re.compile(r"\w(?:[\w\-./]*\w)?")


class Evidence:
    """One finding as the grounding check sees it. Its texts are read only when a sentence needs them."""

    def __init__(self, facts: FindingFacts, assessment: Assessment, inspected_on: date, reader: Reader) -> None:
        """Hold on to the facts, and to the reader for the texts."""
        self.facts = facts
        self.assessment = assessment
        self._inspected_on = inspected_on
        self._reader = reader

    @property
    def action(self) -> str | None:
        """What is to be done, in the policy's words."""
        return None if self.assessment.treatment is None else self.assessment.treatment.action

    @property
    def due(self) -> date | None:
        """By when."""
        return None if self.assessment.treatment is None else self.assessment.treatment.due

    @cached_property
    def other_dates(self) -> frozenset[date]:
        """The inspection's date, and when the finding was first and last seen."""
        seen = (self.facts.first_seen_at, self.facts.last_seen_at)
        return frozenset({self._inspected_on, *(moment.date() for moment in seen if moment is not None)})

    @cached_property
    def values(self) -> dict[str, tuple[float, ...]]:
        """Numbers by what they are; lengths in metres, areas in square metres, shares in percent."""
        facts, treatment = self.facts, self.assessment.treatment
        diameter = mean_diameter_mm(facts)
        share = agreement(facts)
        sizes = (facts.length_m, facts.width_m)
        found: dict[str, tuple[float | None, ...]] = {
            "area": (_value(facts.area_m2),),
            "area_error": (_error(facts.area_m2),),
            "length": (_value(facts.length_m),),
            "width": (_value(facts.width_m),),
            "diameter": (None if diameter is None else diameter.value / 1000.0,),
            "size_error": (*(_error(size) for size in sizes), None if diameter is None else diameter.error / 1000.0),
            "position_error": (facts.position_error_m,),
            "lateral": (None if facts.lateral_m is None else abs(facts.lateral_m),),
            "chainage": (facts.chainage_m,),
            "latitude": (facts.latitude_deg,),
            "longitude": (facts.longitude_deg,),
            "heading": (facts.heading_deg,),
            "confidence": (facts.confidence,),
            "percent": (100.0 * facts.confidence, None if share is None else 100.0 * share),
            "time": (facts.first_pts_s, facts.last_pts_s, facts.frame_pts_s),
            "frame_seen": (float(facts.frames_seen),),
            "frame_expected": (float(facts.frames_expected),),
            "sighting": (float(facts.sightings),),
            "footage": (float(facts.footages),),
            "day": (None if treatment is None or treatment.due is None else float(treatment.response_days),),
            "priority": (None if treatment is None else float(treatment.priority),),
        }
        return {key: tuple(v for v in values if v is not None) for key, values in found.items()}

    @cached_property
    def text_values(self) -> dict[str, tuple[float, ...]]:
        """Numbers in the assessment's own words, by unit; ``number`` for those without. Not of verdicts' thresholds."""
        found: dict[str, list[float]] = {}
        for text in self._texts:
            for token in self._reader.read(text):
                if token.kind in ("quantity", "number"):
                    found.setdefault(token.unit or "number", []).extend(token.values)
        return {unit: tuple(values) for unit, values in found.items()}

    @cached_property
    def place_names(self) -> frozenset[str]:
        """Names of the route and the footage, whole and in their parts, in lower case."""
        route = self.facts.route or ""
        return _names(route) | _names(self.facts.footage_name) | ({route.lower()} if route else set())

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of its texts, in lower case."""
        return _names(self.text)

    @cached_property
    def text(self) -> str:
        """All its words, in lower case."""
        class_name = self.facts.class_name
        return " ".join((class_name, spoken(class_name), self.assessment.verdict_reason, *self._texts)).lower()

    @property
    def _texts(self) -> tuple[str, ...]:
        grade, treatment, cause = self.assessment.severity, self.assessment.treatment, self.assessment.cause
        return (
            *((grade.standard, grade.basis) if grade is not None else ()),
            *((treatment.action, treatment.reason) if treatment is not None else ()),
            *((cause,) if cause is not None else ()),
            *self.assessment.notes,
        )


def _names(text: str) -> frozenset[str]:
    whole = [name.lower() for name in _NAME.findall(text)]
    return frozenset(whole) | {part for name in whole for part in re.split(r"[\-./_]", name) if part}


def _value(quantity: Quantity | None) -> float | None:
    return None if quantity is None else quantity.value


def _error(quantity: Quantity | None) -> float | None:
    return None if quantity is None else quantity.error
