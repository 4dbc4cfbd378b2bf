"""Tool ``history``: how a finding changed since earlier inspections."""

from __future__ import annotations

import math
from datetime import date

from agents.protocols import LedgerView
from agents.tools.tool import AboutFinding
from agents.types import FindingFacts, Frozen, HistoryEntry, Quantity

SIGMAS = 2.0
"""A change counts as measured from so many standard errors on (2: about 95 %)."""
DAYS_A_MONTH = 30.0


class Growth(Frozen):
    """Change of size since the last earlier inspection that measured it; None where two measures are missing.

    ``measured`` tells whether the change is larger than its error allows for. The rate is per 30 days, and None where
    a date is missing or both fall on one day.
    """

    inspections_before: int
    since: date | None
    days: int | None
    quantity: str | None
    change: Quantity | None
    change_per_30_days: Quantity | None
    measured: bool


def history(ledger: LedgerView, arguments: AboutFinding) -> Growth:
    """Compare a finding's size with the last one that an earlier inspection measured.

    A change of the area goes before one of the length, but a measured one before one that its error explains: a crack
    may grow longer while nobody can tell whether its area did.
    """
    facts = ledger.facts(arguments.finding_id)
    entries = ledger.history(arguments.finding_id)
    for entry in reversed(entries):
        growths = [
            _growth(facts, entry, len(entries), quantity, before, now)
            for quantity, before, now in (
                ("area_m2", entry.area_m2, facts.area_m2),
                ("length_m", entry.length_m, facts.length_m),
            )
            if before is not None and now is not None
        ]
        if growths:
            return next((growth for growth in growths if growth.measured), growths[0])
    return Growth(
        inspections_before=len(entries),
        since=None,
        days=None,
        quantity=None,
        change=None,
        change_per_30_days=None,
        measured=False,
    )


def growth_words(growth: Growth) -> str | None:
    """Write a growth as a sentence; None where nothing was compared."""
    if growth.change is None or growth.quantity is None:
        return None
    unit = "m²" if growth.quantity == "area_m2" else "m"
    what = "Area" if growth.quantity == "area_m2" else "Length"
    span = f" in {growth.days} {'day' if growth.days == 1 else 'days'}" if growth.days is not None else ""
    change = f"{abs(growth.change.value):.2f} ± {growth.change.error:.2f} {unit}"
    if not growth.measured:
        return f"{what} changed{span} by no more than twice its error ({change})."
    return f"{what} {'grew' if growth.change.value > 0 else 'shrank'} by {change}{span}."


def _growth(
    facts: FindingFacts, entry: HistoryEntry, inspections: int, quantity: str, before: Quantity, now: Quantity
) -> Growth:
    change = Quantity(value=now.value - before.value, error=math.hypot(now.error, before.error))
    days = (
        (facts.last_seen_at - entry.seen_at).days
        if facts.last_seen_at is not None and entry.seen_at is not None
        else None
    )
    rate = None
    if days is not None and days > 0:
        months = days / DAYS_A_MONTH
        rate = Quantity(value=change.value / months, error=change.error / months)
    return Growth(
        inspections_before=inspections,
        since=entry.seen_at.date() if entry.seen_at is not None else None,
        days=days,
        quantity=quantity,
        change=change,
        change_per_30_days=rate,
        measured=abs(change.value) > SIGMAS * change.error,
    )
