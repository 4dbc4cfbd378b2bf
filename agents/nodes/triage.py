"""Node ``triage``: open a notebook for each finding."""

from __future__ import annotations

from typing import TypedDict

from agents.deps import AgentDeps
from agents.notebook import Notebook
from agents.state import AgentState
from agents.treatments import OBSERVED
from vision.errors import ReasoningError


class Triaged(TypedDict):
    """What the node writes."""

    notebooks: dict[str, Notebook]


def triage(state: AgentState, deps: AgentDeps) -> Triaged:
    """Read every finding's facts; of what this inspection didn't see, or saw mended, there is nothing more to learn.

    Raises:
        ReasoningError: The ledger gave another finding than the one asked for.
    """
    notebooks: dict[str, Notebook] = {}
    for finding_id in state["finding_ids"]:
        facts = deps.ledger.facts(finding_id)
        if facts.finding_id != finding_id:
            raise ReasoningError(f"asked the ledger for finding {finding_id} and was given {facts.finding_id}")
        notebooks[finding_id] = Notebook(facts=facts, closed=facts.status not in OBSERVED)
    return {"notebooks": notebooks}
