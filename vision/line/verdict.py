"""What is said of a part: ok, reject, or not assessable with the reason; against the limits of its class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vision.plant import Level, Limit, PartClass

Verdict = Literal["ok", "reject", "not_assessable"]


@dataclass(frozen=True, slots=True)
class PartDefect:
    """One defect of one part, merged over the frames that show the part.

    Attributes:
        kind: Such as ``scratch``.
        length_mm: Along its longest axis; None where the station's scale is not known. So are the others.
        width_mm: Across it.
        area_mm2: Of its outline.
    """

    kind: str
    length_mm: float | None
    width_mm: float | None
    area_mm2: float | None


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that a part exceeds.

    Attributes:
        kind: Of defect.
        severity: Of it.
        reason: In words.
        defects: Which of the part's defects exceed it, by their place in its list.
    """

    kind: str
    severity: Level
    reason: str
    defects: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PartVerdict:
    """What is said of a part.

    Attributes:
        verdict: ``reject`` wherever a limit is exceeded for certain, even if other checks could not be made.
        breaches: Of limits; at least one where rejected.
        reasons: Why it is not assessable; empty otherwise.
    """

    verdict: Verdict
    breaches: tuple[Breach, ...] = ()
    reasons: tuple[str, ...] = ()


def judge_part(defects: Sequence[PartDefect], part_class: PartClass, unmade: Sequence[str] = ()) -> PartVerdict:
    """Hold a part's defects against the limits of its class.

    A kind of defect without a limit is never acceptable. A size that a limit asks for and that is not known leaves the
    part not assessable; so does a check that was asked for and not made.

    Args:
        defects: All of the part's.
        part_class: With its limits.
        unmade: Why checks that the station asks for were not made, a sentence each.
    """
    breaches: list[Breach] = []
    reasons = list(unmade)
    for kind, count in sorted(Counter(defect.kind for defect in defects).items()):
        own = tuple(index for index, defect in enumerate(defects) if defect.kind == kind)
        limit = part_class.limit(kind)
        if limit is None:
            breaches.append(Breach(kind, "high", f"{kind}: never acceptable on a {part_class.name}", own))
            continue
        if limit.max_count is not None and count > limit.max_count:
            reason = f"{kind}: {count}, at most {limit.max_count} allowed"
            breaches.append(Breach(kind, limit.severity, reason, own))
        for index in own:
            _hold(index, defects[index], limit, breaches, reasons)
    if breaches:
        return PartVerdict("reject", tuple(breaches))
    if reasons:
        return PartVerdict("not_assessable", reasons=tuple(dict.fromkeys(reasons)))
    return PartVerdict("ok")


def _hold(index: int, defect: PartDefect, limit: Limit, breaches: list[Breach], reasons: list[str]) -> None:
    bounds = (
        ("long", "mm", defect.length_mm, limit.max_length_mm),
        ("wide", "mm", defect.width_mm, limit.max_width_mm),
        ("in area", "mm²", defect.area_mm2, limit.max_area_mm2),
    )
    for how, unit, size, most in bounds:
        if most is None:
            continue
        if size is None:
            reasons.append(f"{defect.kind}: its limit is in {unit}, and the station has no mm_per_px")
        elif size > most:
            reason = f"{defect.kind}: {size:.1f} {unit} {how}, at most {most:g} {unit} allowed"
            breaches.append(Breach(defect.kind, limit.severity, reason, (index,)))
