"""Tool ``neighbours``: what else was found close by."""

from __future__ import annotations

from collections import Counter

from pydantic import Field

from agents.protocols import LedgerView
from agents.tools.tool import AboutFinding
from agents.types import Frozen, Neighbour


class WithinRadius(AboutFinding):
    """Which finding, and how far to look."""

    radius_m: float = Field(gt=0.0, le=1000.0)


class Surroundings(Frozen):
    """Findings within the radius, nearest first, and how many there are of each class."""

    radius_m: float
    neighbours: tuple[Neighbour, ...]
    count_by_class: dict[str, int]


def neighbours(ledger: LedgerView, arguments: WithinRadius) -> Surroundings:
    """Look around a finding."""
    found = ledger.neighbours(arguments.finding_id, arguments.radius_m)
    return Surroundings(
        radius_m=arguments.radius_m,
        neighbours=found,
        count_by_class=dict(sorted(Counter(neighbour.class_name for neighbour in found).items())),
    )
