"""Tool ``standard``: what the severity standard says about a class."""

from __future__ import annotations

from pydantic import JsonValue

from agents.severity import Standard
from agents.types import Frozen


class AboutClass(Frozen):
    """Which class is meant."""

    class_name: str


class StandardRule(Frozen):
    """The rule for a class as data, or that there is none.

    ``nearby_within_m`` is how far beyond the finding's own edge a neighbour changes its level; 0 where none does.
    """

    standard: str
    edition: str
    applies: bool
    distress: str | None
    rule: dict[str, JsonValue]
    nearby_within_m: float


def look_up_standard(standard: Standard, arguments: AboutClass) -> StandardRule:
    """Look a class up in the standard."""
    rule = standard.classes.get(arguments.class_name)
    return StandardRule(
        standard=standard.standard.name,
        edition=standard.standard.edition,
        applies=rule is not None,
        distress=None if rule is None else rule.distress,
        rule={} if rule is None else rule.model_dump(mode="json"),
        nearby_within_m=0.0 if rule is None else rule.nearby_within_m,
    )
