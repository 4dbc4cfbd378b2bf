"""What the agent needs from the rooms outside it, named by the agent and implemented by them; and its planner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from agents.notebook import Notebook, ToolCall, ToolSpec
from agents.types import FindingFacts, HistoryEntry, Neighbour


class LedgerView(Protocol):
    """What the ledger tells the agent's tools. Read-only.

    The agent asks from several threads, one at a time. A ledger that can't be read raises StoreError, which ends the
    run (it goes on from its checkpoint later); any other WalkdownError costs only the finding that was asked about.
    """

    def facts(self, finding_id: str) -> FindingFacts:
        """Give one finding as the ledger knows it."""
        ...

    def neighbours(self, finding_id: str, radius_m: float) -> tuple[Neighbour, ...]:
        """Give the findings within a radius, nearest first; none for a finding without a place."""
        ...

    def history(self, finding_id: str) -> tuple[HistoryEntry, ...]:
        """Give what earlier inspections measured of it, oldest first."""
        ...


class Planner(Protocol):
    """Decides what to look at next. Rules now; a chat model that calls tools fits the same place."""

    @property
    def name(self) -> str:
        """Who decided: stored with every result, such as ``rules`` or a model's name."""
        ...

    def next_call(self, notebook: Notebook, tools: Sequence[ToolSpec]) -> ToolCall | Literal["done"]:
        """Give the next tool call for a finding, or ``done`` when its notebook is enough to grade and verify it.

        Raises:
            ModelError: The model behind it failed; the finding is then unverified.
            ReasoningError: Its answer makes no sense; likewise.
        """
        ...
