"""Node ``check_grounding``: drop and count every sentence that the facts don't bear out."""

from __future__ import annotations

from typing import TypedDict

from agents.deps import AgentDeps
from agents.grounding import keep_grounded, make_record
from agents.state import AgentState
from agents.types import AgentResult, ReportText


class Checked(TypedDict):
    """What the node writes."""

    result: AgentResult


def check_grounding(state: AgentState, deps: AgentDeps) -> Checked:
    """Check the draft against the facts, and put the result together."""
    notebooks = state["notebooks"]
    record = make_record(
        deps.vocabulary,
        [notebook.facts for notebook in notebooks.values()],
        state["assessments"],
        state["inspected_on"],
    )
    kept, refused = keep_grounded(state["draft"], record)
    return {
        "result": AgentResult(
            assessments=tuple(state["assessments"]),
            text=ReportText(summary=kept, dropped_sentences=len(refused)),
            planner=deps.planner.name,
            failures=tuple(notebook.failure for notebook in notebooks.values() if notebook.failure is not None),
            refused=refused,
        )
    }
