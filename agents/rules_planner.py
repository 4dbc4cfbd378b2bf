"""The planner that is a policy: which tool, in which order, from what the notebook says so far. No model needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from agents.notebook import Notebook, ToolCall, ToolSpec
from agents.tools.measure import Measurements
from agents.tools.standard import StandardRule
from agents.tools.toolbox import HISTORY, MEASURE, NEIGHBOURS, STANDARD
from agents.treatments import OBSERVED
from agents.types import FindingFacts


class RulesPlanner:
    """Measure, look up the standard, look around as far as the rules reach, compare with earlier inspections."""

    name = "rules"

    def __init__(self, radius_m: float) -> None:
        """Set how far to look around at least, in metres: the reach of job clusters."""
        self._radius_m = radius_m

    def next_call(self, notebook: Notebook, tools: Sequence[ToolSpec]) -> ToolCall | Literal["done"]:
        """Give the first step of the policy that applies, can be done with these tools, and isn't done yet."""
        facts = notebook.facts
        if facts.status not in OBSERVED:
            return "done"
        can_do = {tool.name for tool in tools}
        did = {entry.call.tool for entry in notebook.entries}
        for call in self._policy(notebook):
            if call.tool in can_do and call.tool not in did:
                return call
        return "done"

    def _policy(self, notebook: Notebook) -> list[ToolCall]:
        facts = notebook.facts
        calls = [
            ToolCall(tool=MEASURE, arguments={"finding_id": facts.finding_id}),
            ToolCall(tool=STANDARD, arguments={"class_name": facts.class_name}),
        ]
        if _has_place(facts):
            radius_m = self._reach_m(notebook)
            calls.append(ToolCall(tool=NEIGHBOURS, arguments={"finding_id": facts.finding_id, "radius_m": radius_m}))
        if facts.status != "new":
            calls.append(ToolCall(tool=HISTORY, arguments={"finding_id": facts.finding_id}))
        return calls

    def _reach_m(self, notebook: Notebook) -> float:
        """Give a radius that holds both the job cluster and every neighbour that the standard lets count."""
        measured = notebook.latest(MEASURE, Measurements)
        rule = notebook.latest(STANDARD, StandardRule)
        if measured is None or rule is None:
            return self._radius_m
        return max(self._radius_m, measured.half_size_m + rule.nearby_within_m)


def _has_place(facts: FindingFacts) -> bool:
    return facts.latitude_deg is not None or facts.chainage_m is not None
