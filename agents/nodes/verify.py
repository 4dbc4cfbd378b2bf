"""Node ``verify``: confirmed, rejected or unverified, with who says so and why."""

from __future__ import annotations

from typing import TypedDict

from agents.deps import AgentDeps
from agents.nodes.surroundings import seen_nearby
from agents.state import AgentState
from agents.verdicts import JUDGE, Judgement, judge


class Verified(TypedDict):
    """What the node writes."""

    judgements: dict[str, Judgement]


def verify(state: AgentState, deps: AgentDeps) -> Verified:
    """Judge every finding; one whose investigation failed is unverified, with the failure as the reason."""
    notebooks = state["notebooks"]
    judgements: dict[str, Judgement] = {}
    for finding_id, notebook in notebooks.items():
        if notebook.failure is not None:
            failure = notebook.failure
            reason = f"Could not be investigated: {failure.error_type}: {failure.message}"
            judgements[finding_id] = Judgement(verdict="unverified", by=JUDGE, reason=reason)
            continue
        rivals = [
            (neighbour, notebooks[neighbour.finding_id].facts.confidence)
            for neighbour in seen_nearby(notebook, notebooks)
        ]
        judgements[finding_id] = judge(deps.verdicts, notebook.facts, rivals)
    return {"judgements": judgements}
