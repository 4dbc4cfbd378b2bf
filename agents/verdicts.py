"""Confirmed, rejected or unverified: by calibrated confidence and by how many frames agree, with thresholds as data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, NonNegativeInt, PositiveFloat, model_validator

from agents.toml_files import Origin, Rules, read_rules
from agents.types import FindingFacts, Frozen, Neighbour, Verdict

SHIPPED_VERDICTS = "verdicts.toml"
JUDGE = "rules"
"""Who says so, in a verdict by these rules."""

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class VerdictRule(Rules):
    """Bounds that must all hold; ``min_`` is inclusive, ``below_`` is not."""

    verdict: Verdict
    min_confidence: Share | None = None
    below_confidence: Share | None = None
    min_agreement: Share | None = None
    below_agreement: Share | None = None
    min_frames_seen: NonNegativeInt | None = None
    min_frames_expected: NonNegativeInt | None = None
    min_footages: NonNegativeInt | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if not self.model_dump(exclude={"verdict"}, exclude_none=True):
            raise ValueError("a rule needs at least one bound, or it would decide everything")
        return self

    def holds(self, facts: FindingFacts) -> bool:
        """Tell whether every bound holds; agreement bounds never do where no frame had a good view."""
        share = agreement(facts)
        measured = {
            "confidence": facts.confidence,
            "agreement": share,
            "frames_seen": facts.frames_seen,
            "frames_expected": facts.frames_expected,
            "footages": facts.footages,
        }
        for bound, limit in self.model_dump(exclude={"verdict"}, exclude_none=True).items():
            kind, _, name = bound.partition("_")
            value = measured[name]
            if value is None or (value < limit if kind == "min" else value >= limit):
                return False
        return True

    def words(self) -> str:
        """Write the bounds for people."""
        parts = []
        for bound, limit in self.model_dump(exclude={"verdict"}, exclude_none=True).items():
            kind, _, name = bound.partition("_")
            value = f"{100 * limit:.0f} %" if name == "agreement" else f"{limit:g}"
            parts.append(f"{_NAMES[name]} {'at least' if kind == 'min' else 'below'} {value}")
        return ", ".join(parts)


_NAMES = {
    "confidence": "confidence",
    "agreement": "agreement",
    "frames_seen": "frames",
    "frames_expected": "frames with a good view",
    "footages": "footages",
}


class RepairRule(Rules):
    """What confirms a repair."""

    min_frames_expected: NonNegativeInt


class ContradictionRule(Rules):
    """Pairs of classes that may be two names for one defect when closer than ``within_m``, centre to centre."""

    within_m: PositiveFloat
    pairs: tuple[tuple[str, str], ...]


class VerdictPolicy(Rules):
    """The whole policy."""

    policy: Origin
    rules: tuple[VerdictRule, ...]
    repaired: RepairRule
    contradiction: ContradictionRule


class Judgement(Frozen):
    """A verdict, who said so, and why, with its numbers."""

    verdict: Verdict
    by: str
    reason: str


def load_verdicts(path: Path | None = None) -> VerdictPolicy:
    """Read the verdict policy: the shipped one, or a user's own file.

    Raises:
        ConfigError: The file is missing or wrong; the message names file and key.
    """
    return read_rules(VerdictPolicy, SHIPPED_VERDICTS, path)


def agreement(facts: FindingFacts) -> float | None:
    """Give the share of frames with a good view in which it was detected; None if there was no good view."""
    return facts.frames_seen / facts.frames_expected if facts.frames_expected else None


def judge(policy: VerdictPolicy, facts: FindingFacts, rivals: Sequence[tuple[Neighbour, float]] = ()) -> Judgement:
    """Judge whether a finding is real.

    Args:
        policy: The thresholds.
        facts: The finding.
        rivals: Findings close by that were seen in the same inspection, each with its confidence.
    """
    if facts.status == "not_observed":
        return _by_rules("unverified", "Not observed in this inspection, which therefore says nothing of it.")
    if facts.status == "repaired":
        return _judge_repair(policy, facts)
    numbers = evidence_words(facts)
    for rule in policy.rules:
        if not rule.holds(facts):
            continue
        rival = _rival(policy, facts, rivals) if rule.verdict == "confirmed" else None
        if rival is not None:
            other = f"{rival.class_name.replace('_', ' ')} {rival.finding_id} {rival.distance_m:.1f} m away"
            return _by_rules("unverified", f"{numbers}; but {other} is as sure and may be the same defect: look at it.")
        return _by_rules(rule.verdict, f"{numbers}: enough for {rule.verdict} ({rule.words()}).")
    return _by_rules("unverified", f"{numbers}: neither enough to confirm nor to reject: look at it.")


def evidence_words(facts: FindingFacts) -> str:
    """Write what speaks for a finding: frames and confidence."""
    share = agreement(facts)
    if share is None:
        return f"Seen in {_count(facts.frames_seen, 'frame')}, none with a good view, confidence {facts.confidence:.2f}"
    return (
        f"Seen in {facts.frames_seen} of {_count(facts.frames_expected, 'frame')} with a good view "
        f"({100 * share:.0f} %), in {_count(facts.footages, 'footage')}, confidence {facts.confidence:.2f}"
    )


def _judge_repair(policy: VerdictPolicy, facts: FindingFacts) -> Judgement:
    views = _count(facts.frames_expected, "frame")
    least = policy.repaired.min_frames_expected
    if facts.frames_seen > 0:
        seen = _count(facts.frames_seen, "frame")
        return _by_rules("unverified", f"Taken as repaired, yet detected in {seen} of this inspection: look at it.")
    if facts.frames_expected >= least:
        return _by_rules("confirmed", f"Repaired: the spot was in good view in {views} and the defect in none.")
    return _by_rules(
        "unverified",
        f"Taken as repaired, but the spot was in good view in only {views} (at least {least}): look at it.",
    )


def _rival(policy: VerdictPolicy, facts: FindingFacts, rivals: Sequence[tuple[Neighbour, float]]) -> Neighbour | None:
    """Give the nearest finding that may be the same defect under another name and is at least as sure."""
    names = {frozenset(pair) for pair in policy.contradiction.pairs}
    close = [
        neighbour
        for neighbour, confidence in rivals
        if neighbour.distance_m <= policy.contradiction.within_m
        and frozenset((facts.class_name, neighbour.class_name)) in names
        and (confidence, neighbour.finding_id) > (facts.confidence, facts.finding_id)
    ]
    return min(close, key=lambda n: (n.distance_m, n.finding_id), default=None)


def _by_rules(verdict: Verdict, reason: str) -> Judgement:
    return Judgement(verdict=verdict, by=JUDGE, reason=reason)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
