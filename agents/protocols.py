"""What the agent needs from the rooms outside it, named by the agent and implemented by them."""

from __future__ import annotations

from typing import Protocol

from agents.types import FindingFacts, HistoryEntry, Neighbour


class LedgerView(Protocol):
    """What the ledger tells the agent's tools. Read-only."""

    def facts(self, finding_id: str) -> FindingFacts:
        """Give one finding as the ledger knows it."""
        ...

    def neighbours(self, finding_id: str, radius_m: float) -> tuple[Neighbour, ...]:
        """Give the findings within a radius, nearest first; none for a finding without a place."""
        ...

    def history(self, finding_id: str) -> tuple[HistoryEntry, ...]:
        """Give what earlier inspections measured of it, oldest first."""
        ...
