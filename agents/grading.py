"""Grade one finding by a severity standard: an interval wherever what was seen leaves one open.

The interval holds every level that the standard could give within the measuring error and whatever depth, width or
looseness the camera didn't see. Nothing is filled in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from agents.severity import LEVELS, ClassRule, DiameterDepthRule, NearbyRule, OpeningRule, Standard
from agents.types import FindingFacts, Frozen, Neighbour, Quantity, Severity, SeverityGrade
from agents.vocabulary import spoken


class Grading(Frozen):
    """A severity, or none with the reason in ``notes``; and the cause, where a neighbour shows it."""

    severity: SeverityGrade | None
    cause: str | None = None
    notes: tuple[str, ...] = ()


def mean_diameter_mm(facts: FindingFacts) -> Quantity | None:
    """Give the diameter of the circle of the same area, or the mean of length and width; None if neither is known.

    d = 2 sqrt(A / pi), and to first order its error is dA / sqrt(pi A).

    Returns:
        Millimetres, with 1 sigma error.
    """
    if facts.area_m2 is not None and facts.area_m2.value > 0:
        area = facts.area_m2
        return Quantity(
            value=2000.0 * math.sqrt(area.value / math.pi), error=1000.0 * area.error / math.sqrt(math.pi * area.value)
        )
    if facts.length_m is not None and facts.width_m is not None:
        return Quantity(
            value=500.0 * (facts.length_m.value + facts.width_m.value),
            error=500.0 * math.hypot(facts.length_m.error, facts.width_m.error),
        )
    return None


def half_size_m(facts: FindingFacts) -> float:
    """Give how far the finding reaches from its centre: half its length, or its radius by area; 0 if unmeasured."""
    if facts.length_m is not None:
        return facts.length_m.value / 2
    return 0.0 if facts.area_m2 is None else math.sqrt(max(0.0, facts.area_m2.value) / math.pi)


def grade(standard: Standard, facts: FindingFacts, neighbours: Sequence[Neighbour] = ()) -> Grading:
    """Grade a finding.

    Args:
        standard: The rules.
        facts: The finding as measured.
        neighbours: Findings close by that were seen in the same inspection, nearest first.

    Returns:
        A grading whose severity is None where no rule applies; its notes then say why.
    """
    name = standard.standard.name
    rule = standard.classes.get(facts.class_name)
    if rule is None:
        told = () if facts.condition is None else (facts.condition,)
        none = f"{name} as given here has no rule for {_words(facts.class_name)}, so no severity."
        return Grading(severity=None, notes=(*told, none))
    notes: list[str] = []
    match rule:
        case DiameterDepthRule():
            graded = _by_diameter(rule, facts, standard.standard.sigmas, notes, name)
        case OpeningRule():
            graded = _by_opening(rule, facts, standard.standard.sigmas)
        case _:
            graded = (rule.low, rule.high, rule.unseen)
    if graded is None:
        return Grading(severity=None, notes=tuple(notes))
    low, high, seen = graded
    cause = None
    for neighbour_rule, neighbour in _that_count(rule, facts, neighbours):
        cause = cause or neighbour_rule.cause
        if neighbour_rule.raises_to is not None:
            low = _at_least(low, neighbour_rule.raises_to[0])
            high = _at_least(high, neighbour_rule.raises_to[1])
            where = f"{_words(neighbour.class_name)} {neighbour.distance_m:.1f} m away"
            seen += f"; {where}: {neighbour_rule.because}"
    basis = f"{name}, {rule.distress}: {seen}; so {interval_words(low, high)}."
    return Grading(
        severity=SeverityGrade(low=low, high=high, standard=name, basis=basis), cause=cause, notes=tuple(notes)
    )


def interval_words(low: Severity, high: Severity) -> str:
    """Write a severity interval.

    >>> interval_words("low", "high"), interval_words("low", "low")
    ('low to high', 'low')
    """
    return low if low == high else f"{low} to {high}"


def _by_diameter(
    rule: DiameterDepthRule, facts: FindingFacts, sigmas: float, notes: list[str], name: str
) -> tuple[Severity, Severity, str] | None:
    diameter = mean_diameter_mm(facts)
    if diameter is None:
        low, high = _ends([level for row in (*rule.levels, rule.wider_levels) for level in row])
        return low, high, "size not measured, depth not seen"
    smallest, largest = _range_mm(facts, diameter, sigmas)
    edges = rule.diameter_edges_mm
    size = f"mean diameter {_tens(diameter.value)} mm ({_tens(smallest)} to {_tens(largest)} mm with its error)"
    if largest < edges[0]:
        notes.append(
            f"{size[0].upper()}{size[1:]}: below {edges[0]:.0f} mm {name} counts no pothole, so it has no severity."
        )
        return None
    if smallest < edges[0]:
        notes.append(f"May be smaller than {edges[0]:.0f} mm, below which {name} counts no pothole.")
    possible = [
        level
        for row in rule.levels
        for column, level in enumerate(row)
        if smallest <= edges[column + 1] and largest >= edges[column]
    ]
    if largest > edges[-1]:
        possible.extend(rule.wider_levels)
    if diameter.value > edges[-1] and facts.area_m2 is not None:
        count = facts.area_m2.value / rule.wider_count_area_m2
        notes.append(
            f"Wider than {edges[-1]:.0f} mm: {name} counts it as {count:.1f} potholes "
            f"(area / {rule.wider_count_area_m2:g} m²)."
        )
    return *_ends(possible), f"{size}, depth not seen"


def _range_mm(facts: FindingFacts, diameter: Quantity, sigmas: float) -> tuple[float, float]:
    """Give the diameters still possible; through the area where that was measured, since its error is the given one."""
    if facts.area_m2 is None or facts.area_m2.value <= 0:
        return max(0.0, diameter.value - sigmas * diameter.error), diameter.value + sigmas * diameter.error
    area, spread = facts.area_m2.value, sigmas * facts.area_m2.error
    return 2000.0 * math.sqrt(max(0.0, area - spread) / math.pi), 2000.0 * math.sqrt((area + spread) / math.pi)


def _by_opening(rule: OpeningRule, facts: FindingFacts, sigmas: float) -> tuple[Severity, Severity, str]:
    """Bound a crack's opening from above by its outline's width: an outline is never finer than the crack in it.

    From below nothing bounds it, and a soundly filled crack is low at any width.
    """
    if facts.width_m is None:
        return "low", "high", "how wide it stands open is not measured"
    widest_mm = 1000.0 * (facts.width_m.value + sigmas * facts.width_m.error)
    high: Severity = "high"
    if widest_mm < rule.medium_from_mm:
        high = "low"
    elif widest_mm <= rule.high_above_mm:
        high = "medium"
    bound = f"{widest_mm:.0f}" if widest_mm < 100 else _tens(widest_mm)
    return "low", high, f"its outline is at most {bound} mm wide, and it may stand open by less or be filled"


def _that_count(
    rule: ClassRule, facts: FindingFacts, neighbours: Sequence[Neighbour]
) -> list[tuple[NearbyRule, Neighbour]]:
    """Give each nearby rule that applies with the nearest neighbour that makes it so."""
    reach_m = half_size_m(facts)
    found: list[tuple[NearbyRule, Neighbour]] = []
    for nearby in rule.nearby:
        close = [
            n for n in neighbours if n.class_name == nearby.class_name and n.distance_m <= reach_m + nearby.within_m
        ]
        if close:
            found.append((nearby, min(close, key=lambda n: (n.distance_m, n.finding_id))))
    return found


def _ends(levels: Sequence[Severity]) -> tuple[Severity, Severity]:
    return min(levels, key=LEVELS.index), max(levels, key=LEVELS.index)


def _at_least(level: Severity, least: Severity) -> Severity:
    return max(level, least, key=LEVELS.index)


def _tens(millimetres: float) -> str:
    return f"{round(millimetres, -1):.0f}"


def _words(class_name: str) -> str:
    return spoken(class_name)
