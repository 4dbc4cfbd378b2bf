"""Node ``grade``: severity by the standard, from facts and neighbours."""

from __future__ import annotations

from typing import TypedDict

from agents.deps import AgentDeps
from agents.grading import Grading
from agents.grading import grade as grade_finding
from agents.nodes.surroundings import seen_nearby
from agents.state import AgentState


class Graded(TypedDict):
    """What the node writes."""

    gradings: dict[str, Grading]


def grade(state: AgentState, deps: AgentDeps) -> Graded:
    """Grade every finding but the repaired ones and those whose investigation failed: they have no severity."""
    gradings: dict[str, Grading] = {}
    for finding_id, notebook in state["notebooks"].items():
        if notebook.failure is not None or notebook.facts.status == "repaired":
            gradings[finding_id] = Grading(severity=None)
        else:
            nearby = seen_nearby(notebook, state["notebooks"])
            gradings[finding_id] = grade_finding(deps.standard, notebook.facts, nearby)
    return {"gradings": gradings}
